import type { Command } from "./options.js";
import { nearest } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { print } from "./terminal.js";

/** The overview, or the help of one command. */
export function help(commands: Command[], name?: string): number {
  if (name === undefined) {
    const width = Math.max(...commands.map((command) => command.name.length));
    const list = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
    print(`consentry ${__VERSION__}

Usage: consentry <command> [options]

${list.join("\n")}
  ${"help".padEnd(width)}  \`consentry help <command>\` explains one

Exit codes: 0 all is well; 1 something was found, or does not hold; 2 the command could not be carried out.
Colours are left out where NO_COLOR is set or the output is no terminal.`);
    return EXIT.fine;
  }
  print(find(commands, name).help);
  return EXIT.fine;
}

/** A command by its name. */
export function find(commands: Command[], name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const near = nearest(name, commands.map((command) => command.name));
  const hint = near ? `did you mean \`consentry ${near}\`?` : "`consentry help` lists them";
  throw new Problem(`${name.startsWith("-") ? "option" : "command"} ${name} is not known; ${hint}`);
}
