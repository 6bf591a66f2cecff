// What the benches' command lines have in common, and the files that they leave.

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The project's folder. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * The options of the command line, by their defaults: a text, `false` for what is a flag, nothing for what has no default. All have
 * `rounds`, `build` and `out`.
 *
 * @param {Record<string, string | boolean | undefined>} defaults
 */
export function options(defaults) {
  const all = { rounds: "5", build: join(root, "target/edge/release"), out: join(root, "bench/results"), ...defaults };
  const option = (value) => ({ type: typeof value === "boolean" ? "boolean" : "string", ...(value !== undefined && { default: value }) });
  return parseArgs({ options: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, option(value)])) }).values;
}

/** Says how it goes. */
export const tell = (line) => process.stderr.write(`${line}\n`);

/** Writes results down, with the circumstances. */
export function write(folder, name, results) {
  mkdirSync(folder, { recursive: true });
  const circumstances = {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    load: loadavg().map((load) => Math.round(load * 10) / 10),
    node: process.version.slice(1),
  };
  writeFileSync(join(folder, name), JSON.stringify({ ...circumstances, ...results }, null, 1) + "\n");
}
