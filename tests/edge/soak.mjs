// Does again and again what a test does a little of: `cargo xtask soak` runs this.
//
//   node tests/edge/soak.mjs log [--many 1000] [--profile testing]     kills the log while it is written to
//   node tests/edge/soak.mjs rights [--many 1000]                      people whose rights, records and deadlines meet

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as log from "./killed.mjs";
import * as rights from "./races.mjs";

const { values: options, positionals: [what] } = parseArgs({
  options: { many: { type: "string", default: "1000" }, profile: { type: "string", default: "testing" } },
  allowPositionals: true,
});
const many = Number(options.many);
/** How often it is told how far it is. */
const EVERY = 100;

if (what === "rights") {
  let told = 0;
  const counts = await rights.soak({
    enough: ({ people }) => people >= many,
    tell({ people, calls, kills }) {
      if (people < told + EVERY) return;
      told = people;
      console.log(`  ${people} of ${many} people: ${calls} calls, workerd killed ${kills} times`);
    },
  });
  console.log(rights.summary(counts));
} else {
  const counts = await log.soak({
    build: fileURLToPath(new URL(`../../target/edge/${options.profile}/`, import.meta.url)),
    each: 50,
    enough: (counts) => counts.kills >= many,
    tell(counts) {
      if (counts.kills % EVERY === 0) console.log(`  ${counts.kills} of ${many}: ${counts.acknowledged} entries acknowledged`);
    },
  });
  console.log(log.summary(counts));
}
