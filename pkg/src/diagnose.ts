/** What a site's maker wants to know: what waits, what went wrong, and what was never declared. */

import { cookies, declares, keys } from "./left.js";
import { placeholders } from "./placeholders.js";
import { asks, byId, page, permittedService, state } from "./state.js";
import { address, needs, waiting } from "./tags.js";
import type { Tools } from "./tools.js";
import type { Diagnosis, Undeclared } from "./types.js";

function undeclared(): Undeclared[] {
  const { services, cookie } = page.plan_;
  const found = new Map<string, Undeclared>();
  const add = (kind: Undeclared["kind"], name: string, line: object) => {
    if (name && !/^consentry/.test(name) && name !== cookie) {
      found.set(kind + name, { kind, name, line: JSON.stringify(line).slice(1, -1) });
    }
  };
  for (const host of contacted()) {
    if (!services.some(({ hosts }) => hosts.includes(host))) add("host", host, { hosts: [host] });
  }
  for (const name of cookies()) {
    if (!services.some((service) => declares(service, name, true))) {
      add("cookie", name, { cookies: [{ name, lifetime: "session" }] });
    }
  }
  for (const key of [...keys("localStorage"), ...keys("sessionStorage")]) {
    if (!services.some((service) => declares(service, key))) add("storage", key, { storage: [key] });
  }
  return [...found.values()];
}

const contacted = () =>
  new Set(
    performance
      .getEntriesByType("resource")
      .map(({ name }) => new URL(name, location.href).host)
      .filter((host) => host && host !== location.host),
  );

/** Looks at the page as it stands. */
export function diagnose({ queued_ }: Tools): Diagnosis {
  const { plan_: plan, problems_ } = page;
  const hosts = [...contacted()];
  let storage = true;
  try {
    void localStorage.length;
  } catch {
    storage = false;
  }
  const problems = [...problems_];
  const known = [...plan.purposes, "statistics"];
  for (const tag of waiting()) {
    for (const name of needs(tag)[1].map((name) => name.replace("!", ""))) {
      if (known.includes(name)) continue;
      problems.push(
        `a ${tag.localName} waits for “${name}”, which is no purpose of the policy that may be refused, and never runs: ` +
          "correct the name, or take the mark off a tag that is essential",
      );
    }
  }
  if (!byId("consentry") && asks() && !page.headless_) problems.push("the first layer was removed from the page");
  return {
    ...state(),
    policy: plan.policy,
    inert: waiting().map((tag) => [...needs(tag)[1], address(tag)].join(" ").trim()),
    placeholders: placeholders(),
    queued: queued_().length,
    storage,
    cookies: navigator.cookieEnabled,
    early: hosts.filter((host) => plan.services.some((service, j) => {
      return service.hosts.includes(host) && !permittedService(j);
    })),
    undeclared: undeclared(),
    problems,
  };
}
