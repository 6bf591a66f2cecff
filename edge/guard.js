// What the platform calls, or a Worker of somebody else's, as `consentry/worker`. It stands between the runtime and the
// Rust half for the day something breaks.
//
// A panic unwinds: the one call fails with PanicError, and everything else goes on. A trap (out of memory, stack
// overflow, abort) leaves the instance unusable: a fresh one takes its place at once, what waited on the old one is
// answered with an error, and objects are rebuilt from their storage when they are next called.

import * as core from "consentry:core";

const log = (t, place) => console.error(JSON.stringify({ t, place }));

/** The instance in use, as a number. The glue replaces one that broke unnoticed when it is next called: by this. */
const current = () => core.__worker_init_state().instanceId;

let instance = current();
/** How to end each call that waits on the present instance. */
const waiting = new Set();

function startAfresh(trap) {
  core.__wbg_reset_state();
  letGo(trap);
}

function letGo(reason) {
  log("trap", String(reason));
  instance = current();
  for (const end of waiting) end(reason);
  waiting.clear();
}

const isTrap = (error) => error instanceof WebAssembly.RuntimeError;

// A trap in what runs later (after an await) reaches no caller, only this event. In a Worker of somebody else's it may be
// that of another module: ours then starts afresh for nothing, which costs what waits on it an error, and no state.
addEventListener("error", (event) => {
  if (isTrap(event.error)) startAfresh(event.error);
});

async function run(call) {
  if (instance !== current()) letGo("Unnoticed trap");
  const begun = instance;
  const { promise: lost, reject: end } = Promise.withResolvers();
  waiting.add(end);
  try {
    return await Promise.race([call(), lost]);
  } catch (error) {
    if (isTrap(error) && begun === instance) startAfresh(error);
    throw error;
  } finally {
    waiting.delete(end);
  }
}

/** The Rust half's own words for a fault, which it cannot say any more. */
function internalError() {
  const title = "Internal error";
  const detail = "The request failed here. Sending it again does no harm.";
  const problem = { type: "/.consentry/problems/internal", title, status: 500, detail };
  const headers = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
  };
  return Response.json(problem, { status: 500, headers });
}

/** An answer to a request, whatever breaks. */
async function answered(call) {
  try {
    return await run(call);
  } catch (error) {
    // The message stays out of the answer and out of the log: it may quote what a visitor sent.
    log("fault", error?.name ?? "Error");
    return internalError();
  }
}

/** Answers every request: the privacy routes, and all else with the site behind. */
export const serve = (request, env, context) => answered(() => core.fetch(request, env, context));

/** Answers the privacy routes alone; undefined for what is the caller's own to answer. */
export const privacy = (request, env, context) => answered(() => core.privacy(request, env, context));

/** Makes an answer of the caller's own what its visitor may have, as if a site behind had given it. */
export const finish = (request, response, env, context) =>
  answered(() => {
    // The Rust half believes what it is given.
    if (!(response instanceof Response)) throw new TypeError();
    return core.finish(request, response, env, context);
  });

/** Delivers what is due; to be called minute by minute. */
export const scheduled = (event, env, context) => run(() => core.scheduled(event, env, context));

export default { fetch: serve, scheduled };

/** A Durable Object whose Rust half is made anew when the instance it lived in is gone. */
const durable = (Rust) =>
  class {
    #parts;
    #object;
    #instance;

    constructor(state, env) {
      this.#parts = [state, env];
    }

    #current() {
      if (this.#instance !== instance) {
        this.#object = new Rust(...this.#parts);
        this.#instance = instance;
      }
      return this.#object;
    }

    // An error goes on to the caller of the object, which answers for it.
    fetch(request) {
      return run(() => this.#current().fetch(request));
    }

    alarm() {
      return run(() => this.#current().alarm());
    }
  };

export const Subject = durable(core.Subject);
export const AuditLog = durable(core.AuditLog);
export const Registry = durable(core.Registry);
