import type { Plan } from "./types.js";

/** The plan the edge wrote into the page. Throws where there is none. */
export function readPlan(): Plan {
  return JSON.parse(document.getElementById("consentry-plan")!.textContent!) as Plan;
}

/**
 * The decision this browser holds, or nothing when it has none that counts.
 *
 * Only the edge can check the cookie's seal. A forged one frees no more than its forger could free by hand.
 */
export function readDecision(plan: Plan): { given: string[]; seq: number } | undefined {
  const { cookie, policy, purposes, days } = plan;
  const start = `(?:^|; )${cookie}=1\\.${policy.slice(0, 11)}`;
  const shape = start + "\\.([\\da-f]+)\\.(\\d+)\\.(\\d+)\\.[\\w-]+\\.[\\w-]{22}(?:;|$)";
  const found = RegExp(shape).exec(document.cookie);
  if (!found) return;
  const bits = parseInt(found[1]!, 16);
  const age = Math.floor(Date.now() / 864e5) - +found[2]!;
  // A day ahead is a clock a little slow; more than that is a clock not to be trusted.
  if (age < -1 || age >= days) return;
  return { given: purposes.filter((_, i) => Math.floor(bits / 2 ** i) % 2), seq: +found[3]! };
}
