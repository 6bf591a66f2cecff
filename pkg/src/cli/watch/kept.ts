import { createHash } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import type { WatchState } from "../core.js";
import { readText, reason } from "../files.js";
import { Problem } from "../problem.js";

/** What is known of a log, in a file. */
export interface Kept extends WatchState {
  /** The format. */
  watch: 1;
  url: string;
  /** When the log was first seen, and when it was last. */
  since: string;
  time: string;
}

/** Reads a state file; undefined if there is none yet. */
export function recall(file: string): Kept | undefined {
  if (!existsSync(file)) return undefined;
  let kept: Partial<Kept> | null;
  try {
    kept = JSON.parse(readText(file, "state file"));
  } catch (error) {
    if (error instanceof Problem) throw error;
    kept = null;
  }
  const lists = [kept?.keys, kept?.edge].every((list) => Array.isArray(list) && list.every((one) => typeof one === "string"));
  const texts = [kept?.origin, kept?.note, kept?.since].every((text) => typeof text === "string");
  if (kept?.watch !== 1 || !lists || !texts || !Number.isSafeInteger(kept.size)) {
    throw new Problem(`${file} was not written by \`consentry watch\`; name another file with --state, or move this one away`);
  }
  return kept as Kept;
}

/** Writes a state file, whole or not at all. */
export function remember(file: string, kept: Kept): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    const descriptor = openSync(fresh, "w");
    try {
      writeSync(descriptor, JSON.stringify(kept, null, 2) + "\n");
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Problem(`${file} cannot be written: ${reason(error)}. Name another file with --state.`);
  }
}

/** What a log did wrong, for others to check. */
export interface Evidence {
  kind: string;
  problem: string;
  url: string;
  time: string;
  /** The checkpoint seen before, and the roots of the complete subtrees that its entries fall into. */
  seen: string | null;
  edge: string[] | null;
  /** The checkpoint that does not go with it. */
  shown: string | null;
  /** Tiles under `shown`, in base64. */
  tiles: Record<string, string>;
}

/**
 * Keeps evidence in a file of its own and gives its name. The same evidence is kept once, and other that is there is not
 * overwritten.
 */
export function convict(file: string, evidence: Evidence): string {
  const { seen, shown, problem } = evidence;
  const mark = createHash("sha256").update(JSON.stringify([seen, shown, problem])).digest("hex").slice(0, 8);
  const name = file.replace(/(\.json)?$/, `-${mark}.json`);
  try {
    writeFileSync(name, JSON.stringify(evidence, null, 2) + "\n", { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new Problem(`${name} cannot be written: ${reason(error)}. The evidence is: ${JSON.stringify(evidence)}`);
    }
  }
  return name;
}
