import { anonymize } from "./anonymize.js";
import { check } from "./check.js";
import { find, help } from "./help.js";
import { init } from "./init.js";
import { keys } from "./keys.js";
import { prerender } from "./prerender.js";
import { EXIT, Problem } from "./problem.js";
import { replay } from "./replay.js";
import { scrub } from "./scrub.js";
import { paintError, plain, print, printError, progressEnd } from "./terminal.js";
import { ua } from "./ua.js";
import { verify } from "./verify.js";
import { watch } from "./watch.js";

const COMMANDS = [init, check, prerender, keys, verify, watch, replay, anonymize, scrub, ua];

async function main([name, ...args]: string[]): Promise<number> {
  if (name === "--version" || name === "-v" || name === "version") {
    print(__VERSION__);
    return EXIT.fine;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return help(COMMANDS, args[0]);
  const command = find(COMMANDS, name);
  if (args.includes("--help") || args.includes("-h")) return help(COMMANDS, name);
  return command.run(args);
}

// A reader that stops early, as `head` does, is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  progressEnd();
  if (error instanceof Problem) {
    printError(`${paintError.red("consentry:")} ${plain(error.message)}`);
    process.exitCode = error.code;
  } else {
    printError(`${paintError.red("consentry:")} this should not have happened; please report it`);
    printError(plain(error instanceof Error ? (error.stack ?? error.message) : String(error)));
    process.exitCode = EXIT.misuse;
  }
}
