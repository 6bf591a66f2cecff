/** What someone decides: as it is sent, and what it comes to here. */

import { bit, page, permitted, permittedService, type Choices } from "./state.js";
import type { Decision } from "./types.js";

/** The members of a decision that say what was decided. */
export interface Wish {
  /** `stop` refuses the purposes it names and leaves the others as they are; `import` takes over an earlier tool's. */
  choice: "accept-all" | "reject-all" | "selection" | "stop" | "import";
  layer: string;
  /** Purposes consent is given for, or those to be stopped. */
  purposes?: string[];
  /** Services consent is given for alone, where it is refused for their purpose. */
  services?: string[];
  /** Purposes objected to. */
  objections?: string[];
  /** Services objected to alone. */
  service_objections?: string[];
  confirmed?: boolean;
  /** Earlier tools' records, by tool. */
  imported?: Record<string, string>;
}

/** A decision on its way. */
export interface Body extends Wish {
  id: string;
  policy: string;
  notice: string;
  locale: string;
  regime: string;
  seen: number;
  age?: string;
  gpc?: true;
  /** The decision cookie, where the browser does not send it. */
  cookie?: string;
}

/** A selection that says what holds already. */
export function current(): Required<Pick<Wish, "purposes" | "services" | "objections" | "service_objections">> {
  const { plan_: plan, purposes_, services_ } = page;
  const excepted = (where: boolean | undefined) =>
    plan.services.flatMap(({ id, purpose }, j) => (services_[j] && purposes_[purpose] === where ? id : []));
  return {
    purposes: plan.purposes.filter((_, i) => purposes_[i]),
    services: excepted(false),
    objections: plan.purposes.filter((_, i) => purposes_[i] === false && bit(plan.on, i)),
    service_objections: excepted(undefined),
  };
}

/** What holds once a wish is recorded, after what held before. */
export function target(wish: Wish, before: Choices = page): Choices {
  const { choice, purposes, services, objections, service_objections } = wish;
  const { plan_: plan } = page;
  const purposes_ = plan.purposes.map((id, i) => {
    if (choice === "stop") return !purposes?.includes(id) && before.purposes_[i];
    if (choice !== "selection") return choice === "accept-all";
    if (purposes?.includes(id)) return true;
    return bit(plan.on, i) && !objections?.includes(id) ? undefined : false;
  });
  const services_ = plan.services.map(({ id, purpose }, j) => {
    if (choice === "stop") return purposes?.includes(plan.purposes[purpose]!) ? undefined : before.services_[j];
    if (choice !== "selection" || purposes_[purpose]) return;
    return (purposes_[purpose] == null ? service_objections : services)?.includes(id) || undefined;
  });
  return { purposes_, services_ };
}

/** What holds by a decision of the edge. */
export const recorded = ({ given, refused, services }: Decision): Choices => ({
  purposes_: page.plan_.purposes.map((id) => (given.includes(id) ? true : refused.includes(id) ? false : undefined)),
  services_: page.plan_.services.map(({ id }) => services.includes(id) || undefined),
});

/** As much of it as needs nobody's record: what was refused, and of what is given only what was permitted before. */
export function meanwhile(wanted: Choices, before: Choices = page): Choices {
  const purposes_ = wanted.purposes_.map((given, i) =>
    given !== false && permitted(i, wanted) && !permitted(i, before) ? before.purposes_[i] : given,
  );
  const services_ = wanted.services_.map((exception, j) =>
    permittedService(j, { purposes_, services_: wanted.services_ }) && !permittedService(j, before)
      ? purposes_[page.plan_.services[j]!.purpose] == null || undefined
      : exception,
  );
  return { purposes_, services_ };
}

const reached = (choices: Choices) => [
  page.plan_.purposes.map((_, i) => permitted(i, choices)),
  page.plan_.services.map((_, j) => permittedService(j, choices)),
];

/** Whether anything is permitted by the one that is not by the other. */
export function exceeds(more: Choices, less: Choices): boolean {
  const other = reached(less);
  return reached(more).some((list, k) => list.some((is, i) => is && !other[k]![i]));
}
