/** Decisions that could not be sent. They are kept in this browser until the edge has them. */

import { QUEUE } from "./plan.js";
import { store, stored } from "./storage.js";
import type { Body } from "./wish.js";

// Where the browser denies storage, they live as long as the page.
let memory: Body[] = [];

export function queued(): Body[] {
  try {
    const kept = JSON.parse(stored(QUEUE) ?? "[]") as Body[];
    return kept[0] ? kept : memory;
  } catch {
    return memory;
  }
}

const save = (bodies: Body[]) => {
  memory = store(QUEUE, bodies[0] ? JSON.stringify(bodies) : null) ? [] : bodies;
};

/** Whether a decision asks for more than there was. */
export const grants = ({ choice, purposes, services }: Body) =>
  choice === "accept-all" || (choice === "selection" && (!!purposes?.length || !!services?.length));

/** A newer decision overtakes every grant still waiting. Refusals stay: they were made. */
export const overtake = () => queued()[0] && save(queued().filter((body) => !grants(body)));

export function enqueue(body: Body): void {
  const bodies = [...queued().filter(({ id }) => id !== body.id), body];
  if (bodies.length > 5) bodies.splice(Math.max(bodies.findIndex(grants), 0), 1);
  save(bodies);
}

export const dequeue = (done?: Body) => queued()[0] && save(queued().filter(({ id }) => done && id !== done.id));
