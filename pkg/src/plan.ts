import { against, bit, page, type Choices } from "./state.js";
import { stored } from "./storage.js";

/** The key under which decisions wait that could not be sent. */
export const QUEUE = "consentry.queue";

/** The cookie's parts: material, given, refused and services as bits, day, number, key, seal. */
export const cookie = () => {
  const shape = "=2\\.([\\w-]{11}(\\.[\\da-f]+){3}\\.\\d+g?r?\\.\\d+\\.[\\w-]+\\.[\\w-]{22});";
  return `; ${document.cookie};`.match("; " + page.plan_.cookie + shape)?.[1] ?? "";
};

/** What decisions are read from, to notice that another page changed it. */
export const raw = () => cookie() + stored(QUEUE);

/**
 * The decision this browser holds; empty when it has none that counts.
 *
 * Only the edge can check the cookie's seal. A forged one frees no more than its forger could free by hand.
 */
export function read(): Choices {
  const choices: Choices = { purposes_: [], services_: [] };
  const { purposes_, services_ } = choices;
  const { plan_: plan } = page;
  page.raw_ = raw();
  const [material, given, refused, services, day, seq] = cookie().split(".");
  const age = Math.floor(Date.now() / 864e5) - parseInt(day!);
  // A day ahead is a clock a little slow; more than that is a clock not to be trusted.
  if (!(age >= -1)) return choices;
  page.seen_ = +seq!;
  const same = (_: unknown, i: number) => i;
  const { p = [], s = [] } =
    material === plan.material
      ? { p: plan.purposes.map(same), s: plan.services.map(same) }
      : // A material may be called like something every object has; that has no `p`.
        (plan.was?.[material!] ?? {});
  // With the signal on, only a choice made in its presence counts against it.
  const ignored = (i: number) => !/g/.test(day!) && against(i);
  const place = (to: number) => (to < 0 ? ~to : to);
  p.forEach((to, from) => {
    if (to == null) return;
    const i = place(to);
    if (bit(refused, from)) {
      // An objection counts until it is taken back.
      if (plan.on || age < plan.refusal_days) purposes_[i] = false;
    } else if (bit(given, from)) {
      if (to < 0 || age >= plan.days) choices.lapsed_ = true;
      else if (!ignored(i)) purposes_[i] = true;
    }
  });
  s.forEach((to, from) => {
    if (to == null || !bit(services, from)) return;
    const i = plan.services[place(to)]!.purpose;
    const counts = to >= 0 && age < plan.days;
    // Under a refusal the exception is a grant, else an objection.
    if (purposes_[i] === false ? counts && !ignored(i) : plan.on || counts) services_[place(to)] = true;
    else if (!counts) choices.lapsed_ = true;
  });
  return choices;
}
