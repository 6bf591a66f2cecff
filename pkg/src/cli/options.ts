import { parseArgs } from "node:util";
import { Problem } from "./problem.js";

/** The options of a command: a flag, a value, or a value that may be given more than once. */
export type Options = Record<string, "flag" | "value" | "values">;

export type Given<O extends Options> = {
  [K in keyof O]: O[K] extends "flag" ? boolean : O[K] extends "values" ? string[] : string | undefined;
};

export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The whole help text of the command. */
  help: string;
  /** Ends with an exit code. */
  run(args: string[]): Promise<number>;
}

/** Reads a command's arguments; whatever it does not know is named, with the nearest it does. */
export function read<const O extends Options>(
  command: string,
  options: O,
  args: string[],
): { given: Given<O>; rest: string[] } {
  const known = Object.fromEntries(
    Object.entries(options).map(([name, kind]) => [
      name,
      { type: kind === "flag" ? ("boolean" as const) : ("string" as const), multiple: kind === "values" },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args,
    options: { ...known, help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(options)) {
    given[name] = kind === "flag" ? false : kind === "values" ? [] : undefined;
  }
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const kind = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!kind) throw new Problem(unknown(command, token.rawName, Object.keys(options).map((name) => `--${name}`)));
    if (kind === "flag") {
      if (token.value !== undefined) throw new Problem(`${token.rawName} takes no value`);
      given[token.name] = true;
      continue;
    }
    // "-" alone stands for standard input.
    const taken = !token.inlineValue && token.value?.startsWith("-") && token.value !== "-";
    if (token.value === undefined || token.value === "" || taken) {
      throw new Problem(`${token.rawName} needs a value: ${token.rawName} <…>`);
    }
    if (kind === "values") (given[token.name] as string[]).push(token.value);
    else given[token.name] = token.value;
  }
  return { given: given as Given<O>, rest: positionals };
}

/** A whole number given as an option, in its bounds. */
export function number(name: string, text: string | undefined, usual: number, least: number, most: number): number {
  if (text === undefined) return usual;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) throw new Problem(`${name} is a whole number from ${least} to ${most}`);
  return value;
}

function unknown(command: string, option: string, known: string[]): string {
  const near = nearest(option, known);
  const hint = near ? `did you mean ${near}?` : `\`consentry help ${command}\` lists what it takes`;
  return `${option} is no option of \`consentry ${command}\`; ${hint}`;
}

/** The known word that is nearest, if any is near enough to have been meant. */
export function nearest(word: string, known: string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(word, name);
    if (!best || distance < best.distance) best = { name, distance };
  }
  return best && best.distance <= Math.max(2, Math.ceil(word.length / 3)) ? best.name : undefined;
}

/** Insertions, deletions and exchanges that lead from one word to another. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= Math.min(from.length, 64); i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const exchange = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(exchange, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
