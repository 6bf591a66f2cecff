// Timing in rounds that alternate, so that what else the machine does meets all alike.

import { summary } from "../statistics.mjs";

/** How long one measurement takes, in ms. */
const SPAN = 250;

/** The time this process has had on a processor, in seconds: all of its threads, for collecting garbage is work too. */
function computed() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** How many units a second, of time on a processor. One call does as many as `units`. */
async function rate(call, units) {
  const [begun, cpu] = [performance.now(), computed()];
  let calls = 0;
  do {
    await call();
    calls++;
  } while (performance.now() - begun < SPAN);
  return (calls * units) / (computed() - cpu);
}

/** Measures `{ job, id, call, units }` in rounds, beginning with another one each time; adds `rate` to each. */
export async function measure(contenders, rounds, tell) {
  const found = contenders.map(() => []);
  // Until the engine has compiled what is hot.
  for (const { call, units } of contenders) for (let i = 0; i < 2; i++) await rate(call, units);
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < contenders.length; step++) {
      const at = (step + round) % contenders.length;
      found[at].push(await rate(contenders[at].call, contenders[at].units));
    }
    tell(`round ${round + 1} of ${rounds}`);
  }
  return contenders.map((contender, at) => ({ ...contender, rate: summary(found[at]) }));
}

/** How many times as fast one is as another, in the middle of the rounds, which both were in. */
export function ratio(one, other) {
  return summary(one.rate.values.map((value, round) => value / other.rate.values[round]))?.median;
}
