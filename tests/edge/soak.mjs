// Kills the log again and again: `cargo xtask soak` runs this.
//
//   node tests/edge/soak.mjs [--kills 1000] [--profile testing]

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { soak, summary } from "./killed.mjs";

const { values: options } = parseArgs({
  options: { kills: { type: "string", default: "1000" }, profile: { type: "string", default: "testing" } },
});
const kills = Number(options.kills);
const build = fileURLToPath(new URL(`../../target/edge/${options.profile}/`, import.meta.url));
/** How often it is told how far it is. */
const EVERY = 100;

const counts = await soak({
  build,
  each: 50,
  enough: (counts) => counts.kills >= kills,
  tell(counts) {
    if (counts.kills % EVERY === 0) console.log(`  ${counts.kills} of ${kills}: ${counts.acknowledged} entries acknowledged`);
  },
});
console.log(summary(counts));
