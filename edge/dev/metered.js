// The built Worker under a limit that the platform has and workerd on this machine has not: how many operations one invocation may
// make. A request is an invocation, so is a scheduled run, a call of an object, and an object's alarm. Calls of KV and of objects
// count, and of whatever else is bound; what goes out by the global `fetch` does not.
//
// What goes beyond the limit fails as it does when deployed, and the console says so. How many there were, at most, goes there as
// well, as it grows. Which of several invocations of one object makes a call cannot be told while they overlap: together they may make
// what they may make singly. What an object reads as its answer is taken is counted until it is called the next time.

import worker, * as objects from "./index.js";

/** How much more the most has to be before it is told again. */
const STEP = 25;
let told = 0;

/** What one invocation has done, or several that overlap. */
class Meter {
  #calls = 0;
  #running = 0;
  #begun = 0;
  #limit;

  constructor(limit) {
    this.#limit = limit;
  }

  async run(invocation) {
    if (this.#running === 0) [this.#calls, this.#begun] = [0, 0];
    this.#running += 1;
    this.#begun += 1;
    try {
      return await invocation();
    } finally {
      this.#running -= 1;
    }
  }

  count() {
    this.#calls += 1;
    const each = this.#calls / Math.max(this.#begun, 1);
    if (each >= told + STEP) {
      told = each;
      console.log(JSON.stringify({ t: "metered", operations: each }));
    }
    if (each > this.#limit) {
      console.log(JSON.stringify({ t: "metered", exceeded: each }));
      throw new Error("Too many API requests by single Worker invocation.");
    }
  }

  /** The same bindings, their calls counted. */
  bindings(env) {
    return new Proxy(env, { get: (target, name) => this.#counted(target[name]) });
  }

  #counted(binding) {
    if (typeof binding !== "object" || binding === null) return binding;
    return new Proxy(binding, {
      get: (target, name) => {
        const member = target[name];
        if (typeof member !== "function" || name === "constructor") return member;
        // A stub is had without asking anybody; what is then asked of it counts.
        if (name === "get" && target.idFromName) return (...args) => this.#counted(target.get(...args));
        if (name === "getByName") return (...args) => this.#counted(target.getByName(...args));
        if (/^(idFrom|newUniqueId|jurisdiction)/.test(name)) return member.bind(target);
        return (...args) => {
          this.count();
          return member.apply(target, args);
        };
      },
    });
  }
}

const limit = (env) => Number(env.MOST_OPERATIONS);

const once = (handler) => (event, env, context) => {
  const meter = new Meter(limit(env));
  return meter.run(() => handler(event, meter.bindings(env), context));
};

export default { fetch: once(worker.fetch), scheduled: once(worker.scheduled) };

const metered = (Built) =>
  class {
    #meter;
    #object;

    constructor(state, env) {
      this.#meter = new Meter(limit(env));
      this.#object = new Built(state, this.#meter.bindings(env));
    }

    fetch(request) {
      return this.#meter.run(() => this.#object.fetch(request));
    }

    alarm() {
      return this.#meter.run(() => this.#object.alarm());
    }
  };

export const Subject = metered(objects.Subject);
export const AuditLog = metered(objects.AuditLog);
export const Registry = metered(objects.Registry);
