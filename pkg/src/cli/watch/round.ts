import { Misbehaviour, watcher, type Watcher } from "../core.js";
import { count, progress, progressEnd } from "../terminal.js";
import type { Kept } from "./kept.js";
import { NotNow, pause, type Log } from "./log.js";

/** How often a smaller log is asked again: a cache on the way may be behind. */
const TRIES = 3;

/** What a round found. */
export interface Found {
  kept: Kept;
  /** How many entries are new; undefined for a log that is seen for the first time. */
  more: number | undefined;
  /** Keys that are believed from now on, as the known one vouches for them. */
  learnt: string[];
  /** When each witness saw the log. */
  witnesses: { name: string; time: number }[];
}

/** What a round is made of. */
export interface Plan {
  log: Log;
  /** The verifier lines that are believed. */
  keys: string[];
  witnesses: string[];
  kept: Kept | undefined;
}

/** A fault, with the checkpoint it is of. */
export class Caught extends Error {
  constructor(
    readonly fault: Misbehaviour,
    readonly shown: string,
  ) {
    super(fault.message);
  }
}

/** Looks at the log once: all of what is new, against all of what was seen. */
export async function round({ log, keys, witnesses, kept }: Plan): Promise<Found> {
  const watch = watcher(keys, kept);
  const caught = <T>(shown: string, look: () => T): T => {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof Misbehaviour)) throw error;
      if (error.fault.kind === "malformed") throw new NotNow(`${log.url} answered with no checkpoint: ${error.message}`);
      throw new Caught(error, shown);
    }
  };
  const sightings = await sighted(log, watch, witnesses, caught);
  const note = await newest(log, watch, caught);
  const before = kept?.size;
  try {
    for (let step = caught(note, () => watch.wants()); step.tiles.length; step = caught(note, () => watch.wants())) {
      progress(`${log.url.host}: ${count(step.read)} entries read`);
      const tiles = await Promise.all(step.tiles.map(async (path) => ({ path, bytes: await log.tile(path) })));
      for (const { path, bytes } of tiles) {
        caught(note, () => taken(watch, path, bytes));
      }
    }
  } finally {
    progressEnd();
  }
  const learnt = watch.stranger() ? await introduced(log, watch) : [];
  const time = new Date().toISOString();
  const now: Kept = { watch: 1, url: log.url.href, since: kept?.since ?? time, time, ...watch.state() };
  return { kept: now, more: before === undefined ? undefined : now.size - before, learnt, witnesses: sightings };
}

type Look = <T>(shown: string, look: () => T) => T;

async function sighted(log: Log, watch: Watcher, witnesses: string[], caught: Look): Promise<Found["witnesses"]> {
  if (!witnesses.length) return [];
  const note = await log.maybe("witnessed");
  if (note === undefined) {
    const fault = { kind: "unwitnessed", seen: null, edge: null, tiles: {} };
    throw new Caught(new Misbehaviour("the log shows no checkpoint that a witness cosigned", fault), "");
  }
  return caught(note, () => watch.witnessed(note, witnesses));
}

async function newest(log: Log, watch: Watcher, caught: Look): Promise<string> {
  for (let tries = 1; ; tries++) {
    const note = await log.checkpoint();
    try {
      caught(note, () => watch.show(note));
      return note;
    } catch (error) {
      if (!(error instanceof Caught && error.fault.fault.kind === "smaller") || tries === TRIES) throw error;
      await pause(tries);
    }
  }
}

/** A tile that does not fit is evidence as well. */
function taken(watch: Watcher, path: string, bytes: Uint8Array): void {
  try {
    watch.take(path, bytes);
  } catch (error) {
    if (error instanceof Misbehaviour) error.fault.tiles[path] = Buffer.from(bytes).toString("base64");
    throw error;
  }
}

/** Learns the keys that the site names and the known key vouches for. */
async function introduced(log: Log, watch: Watcher): Promise<string[]> {
  return (await log.keys()).filter((line) => watch.learn(line));
}
