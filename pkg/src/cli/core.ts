import { readFileSync } from "node:fs";
import * as tools from "#tools";
import type { Plan, Verification } from "../shapes.js";
import type { Found } from "./scan/found.js";
import { Problem } from "./problem.js";

/** Something in a policy that should be looked at. */
export interface Finding {
  severity: "error" | "warning";
  path: string;
  message: string;
  /** Why it matters; may be empty. */
  why: string;
  remedy: string;
}

/** A piece of code that gives a known service away. */
export interface Mark {
  service: string;
  mark: string;
}

export interface Proposal {
  policy: Record<string, unknown>;
  services: { id: string; name: string; purpose: string; places: string[] }[];
  unknown: { what: "host" | "cookie" | "key"; name: string; kinds: string[]; places: string[] }[];
  notes: string[];
}

export interface Answers {
  site: { id: string; name: string; url?: string };
  controller: { name: string; address: string; email: string };
  privacy_notice: string;
  locale: string;
  own: string[];
  found: Found[];
}

export interface Wanted {
  policy: string;
  locale: string;
  region: string;
  previous: string[];
  base: string;
  assets: string;
}

export interface Prepared {
  locale: string;
  regime: string;
  reason: string;
  policy: string;
  notice: string;
  html: string;
  css: string;
  words: Record<string, string>;
  plan: Plan;
  plan_script: string;
}

let loaded = false;

/** The core, loaded when first needed: `consentry help` should not wait for it. */
function core(): typeof tools {
  if (!loaded) {
    tools.initSync({ module: readFileSync(new URL("./cli/core.wasm", import.meta.url)) });
    loaded = true;
  }
  return tools;
}

/** What the core refuses, as a problem of that kind. */
function told<T>(question: () => T, Kind: typeof Problem): T {
  try {
    return question();
  } catch (error) {
    // Only what the core says in words; a trap is a mistake of ours.
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw new Kind(error.message);
  }
}

/** What the core refuses is for the user to put right. */
const asked = <T>(question: () => string): T => told(() => JSON.parse(question()) as T, Problem);

export const check = (policy: string): Finding[] => asked(() => core().check(policy));
export const prepare = (wanted: Wanted): Prepared => asked(() => core().prepare(JSON.stringify(wanted)));
export const recognise = (text: string): Mark[] => asked(() => core().recognise(text));
export const serviceOfHost = (host: string): string | undefined => core().serviceOfHost(host);
export const propose = (answers: Answers): Proposal => asked(() => core().propose(JSON.stringify(answers)));
/** What a trail that holds is a trail of. */
export interface TrailReport {
  origin: string;
  size: number;
  key: string;
  key_given: boolean;
  opened: number;
  closed: number;
  left_out: number;
}

/** Something that does not hold. */
export class Broken extends Problem {}

/** A trail that is being checked; without keys, its own are believed. What does not hold is {@link Broken}. */
export function trail(keys: string[]): { push(piece: Uint8Array): void; end(): TrailReport } {
  const check = told(() => new (core().Trail)(JSON.stringify(keys)), Broken);
  return { push: (piece) => told(() => check.push(piece), Broken), end: () => JSON.parse(told(() => check.end(), Broken)) };
}

export const verify = (receipt: string, keys: string): Verification => asked(() => core().verify(receipt, keys));

/** What a log did wrong, with what proves it. */
export interface Fault {
  /** `malformed`, `origin`, `key`, `smaller`, `split`, `rewritten`, `tile` or `unwitnessed`. */
  kind: string;
  /** The earlier checkpoint that is contradicted. */
  seen: string | null;
  /** The roots of the complete subtrees that the entries of `seen` fall into, in base64. */
  edge: string[] | null;
  /** Tiles of the tree that is shown, in base64, by their paths. */
  tiles: Record<string, string>;
}

/** A log that does not hold. */
export class Misbehaviour extends Broken {
  constructor(
    message: string,
    readonly fault: Fault,
  ) {
    super(message);
  }
}

/** What is kept of a log between two rounds. */
export interface WatchState {
  origin: string;
  keys: string[];
  size: number;
  edge: string[];
  note: string;
}

/** A log that is being followed. What it does wrong is {@link Misbehaviour}. */
export interface Watcher {
  /** Takes the checkpoint that was witnessed last, and says when each witness saw it, in seconds since 1970. */
  witnessed(note: string, witnesses: string[]): { name: string; time: number }[];
  /** Begins a round with the newest checkpoint. */
  show(note: string): void;
  /** How many leaves are read, and the tiles that are needed next; none at the round's end. */
  wants(): { read: number; tiles: string[] };
  take(path: string, bytes: Uint8Array): void;
  /** Whether the last checkpoint is also signed by a key that is not believed. */
  stranger(): boolean;
  /** Believes a further key, if the last checkpoint is signed by it as well. Tells whether it was new. */
  learn(line: string): boolean;
  state(): WatchState;
}

/** Follows the log that these verifier lines are of, from where a state was kept. */
export function watcher(keys: string[], state?: WatchState): Watcher {
  const watch = told(() => new (core().Watcher)(JSON.stringify(keys), state && JSON.stringify(state)), Problem);
  const asked = <T>(question: () => T): T => {
    try {
      return told(question, Problem);
    } catch (error) {
      if (error instanceof Problem && watch.fault) throw new Misbehaviour(error.message, JSON.parse(watch.fault));
      throw error;
    }
  };
  return {
    witnessed: (note, witnesses) => JSON.parse(asked(() => watch.witnessed(note, JSON.stringify(witnesses)))),
    show: (note) => asked(() => watch.show(note)),
    wants: () => JSON.parse(asked(() => watch.wants())),
    take: (path, bytes) => asked(() => watch.take(path, bytes)),
    stranger: () => watch.stranger,
    learn: (line) => watch.learn(line),
    state: () => JSON.parse(watch.state!),
  };
}
