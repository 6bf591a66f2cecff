import { once } from "node:events";
import { stdout } from "node:process";
import type { Counts } from "../anonymizer.js";
import { bytes } from "./lines.js";
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
    const through = scrubStream((counts) => (found = counts));
    const writer = through.writable.getWriter();
    const fed = (async () => {
      for await (const chunk of bytes(rest)) await writer.write(chunk);
      await writer.close();
    })();
    fed.catch((problem) => writer.abort(problem));
    const reader = through.readable.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (!stdout.write(read.value)) await once(stdout, "drain");
    }
    await fed;
    if (given.report) printError(JSON.stringify(found));
    return EXIT.fine;
  },
};
