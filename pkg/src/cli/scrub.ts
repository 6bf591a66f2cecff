import type { Counts } from "../anonymizer.js";
import { bytes, pipe } from "./lines.js";
import { read, type Command } from "./options.js";
import { EXIT } from "./problem.js";
import { printError } from "./terminal.js";

export const scrub: Command = {
  name: "scrub",
  summary: "Takes personal data and secrets out of text",
  help: `consentry scrub [file…] [--report]

Reads text, from files or standard input, and writes it with each of these replaced by its kind: e-mail addresses,
payment cards, IBANs, telephone numbers, IP addresses, social security numbers and those of other states, tokens, keys,
passwords and whatever is named as a secret, names and passwords in addresses, hardware addresses.

  --report   says on standard error, as JSON, how often each kind was found

Not for user agents: their versions look like numbers of something. \`consentry ua\` reduces those.`,

  async run(args) {
    const { given, rest } = read("scrub", { report: "flag" }, args);
    const { scrubStream } = await import("../anonymize.node.js");
    let found: Counts = {};
    await pipe(bytes(rest), scrubStream((counts) => (found = counts)));
    if (given.report) printError(JSON.stringify(found));
    return EXIT.fine;
  },
};
