// Measures the audit log: what it takes in beside logs that do less, what an entry takes on disk, and how long a browser
// verifies.
//
//   node bench/log/run.mjs [--rounds 5] [--seconds 3] [--lanes 1,16,64,256] [--build target/edge/release] [--only id,id]
//     [--out bench/results]
//
// What is in `log-native.json` there, which `cargo xtask bench log` writes first, is told along. Nothing is asserted of speed;
// that every acknowledged entry has a place is.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { options, tell, write } from "../command.mjs";
import { summary } from "../statistics.mjs";
import { WAYS, appends } from "./appends.mjs";
import { measureVerifying } from "./browser.mjs";
import { markdown, picture, table } from "./report.mjs";
import { SIDES, startSide } from "./sides.mjs";
import { measureStorage } from "./storage.mjs";

const asked = options({ seconds: "3", lanes: "1,16,64,256", only: Object.keys(SIDES).join() });
const { build, out } = asked;
const lanes = asked.lanes.split(",").map(Number);
const [rounds, seconds] = [Number(asked.rounds), Number(asked.seconds)];
const only = asked.only.split(",");

/** How many at a time where not all of these are measured. */
const USUAL = 64;

/** Every way and number of lanes, with what each round measured. */
async function measureAppends(sides) {
  // Until the engine has compiled what is hot.
  for (const side of sides) for (const way of Object.keys(WAYS)) await appends(side, way, 16, 2);
  const counts = (way) => (way === "persons" ? [USUAL] : lanes);
  const rows = Object.keys(WAYS).flatMap((way) => counts(way).flatMap((lanes) => sides.map((side) => ({ side, way, lanes, found: [] }))));
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < rows.length; step++) {
      // Beginning elsewhere each time, so that what else the machine does meets all alike.
      const row = rows[(step + round) % rows.length];
      row.found.push(await appends(row.side, row.way, row.lanes, seconds));
    }
    tell(`appends, round ${round + 1} of ${rounds}`);
  }
  return rows.map(({ side, way, lanes, found }) => {
    const of = (what) => summary(found.map((one) => one[what]));
    return { side: side.id, way, lanes, rate: of("rate"), p50: of("p50"), p99: of("p99"), batch: of("batch"), cpu: of("cpu") };
  });
}

async function taken() {
  const sides = [];
  try {
    for (const id of only) sides.push(await startSide(id, asked));
    const results = await measureAppends(sides);
    for (const side of sides) await side.check();
    return results;
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
  }
}

const results = {
  bench: "log", rounds, seconds, names: SIDES,
  appends: await taken(),
  storage: await measureStorage({ build, seconds: 2 * seconds, only, tell }),
  browser: await measureVerifying({ build, rounds, tell }),
};
mkdirSync(out, { recursive: true });
write(out, "log.json", results);
const native = join(out, "log-native.json");
const told = { ...JSON.parse(readFileSync(join(out, "log.json"), "utf8")), native: existsSync(native) ? JSON.parse(readFileSync(native, "utf8")) : undefined };
console.log(table(told));
writeFileSync(join(out, "log.md"), markdown(told));
writeFileSync(join(out, "log.svg"), picture(told));
tell(`written: log.json, log.md and log.svg in ${out}`);
