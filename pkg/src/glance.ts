import { cookie, raw } from "./plan.js";
import { bit, page, type Choices } from "./state.js";

/**
 * The decision this browser holds, if it is a plain one or there is none: about what the plan is about, in its time,
 * and not at odds with a signal. Anything else is stage two's to read.
 */
export function glance(): Choices | undefined {
  const { plan_: plan } = page;
  page.raw_ = raw();
  const [material, given, refused, services, day, seq] = cookie().split(".");
  const age = Math.floor(Date.now() / 864e5) - parseInt(day!);
  if (!material) return { purposes_: [], services_: [] };
  const timely = age >= -1 && age < plan.days && age < plan.refusal_days;
  if (material !== plan.material || !timely || (page.signal_ && !/g/.test(day!))) return;
  page.seen_ = +seq!;
  return {
    purposes_: plan.purposes.map((_, i) => (bit(refused, i) ? false : bit(given, i) ? true : undefined)),
    services_: plan.services.map((_, j) => (bit(services, j) ? true : undefined)),
  };
}
