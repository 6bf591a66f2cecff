import type { EntryRules, LinesReport } from "../anonymizer.js";
import { readText } from "./files.js";
import { bytes, pipe } from "./lines.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { printError } from "./terminal.js";

export const anonymize: Command = {
  name: "anonymize",
  summary: "Anonymises log entries, one JSON object a line",
  help: `consentry anonymize [file…] [--rules rules.json] [--key-file key.txt] [--report]

Reads log entries as JSON Lines, from files or standard input, and writes them without what identifies people. Each
field is treated by what its name says: addresses are cut to their network, user agents to browser, version, system and
kind of device; URLs, cookies and headers keep what is harmless; identifiers and names of people become null, secrets
[secret]; every other text is scrubbed. A line that cannot be read is left out and counted.

  --rules <file>      {"fields":{"ip":{"v4":16,"v6":32},"url":{"values":["page"]},"keep":["x-cache"]}}, for instance
  --key-file <file>   id:secret, a key that identifiers become pseudonyms of: k1:<32 random bytes as URL-safe base64>
  --report            says on standard error, as JSON, what was done`,

  async run(args) {
    const { given, rest } = read("anonymize", { rules: "value", "key-file": "value", report: "flag" }, args);
    const { anonymizeStream } = await import("../anonymize.node.js");
    const rules = wanted(given.rules, given["key-file"]);
    let all = { left_out: 0 } as LinesReport;
    let stream;
    try {
      stream = anonymizeStream(rules, (report) => (all = report));
    } catch (error) {
      const files = [given.rules, given["key-file"]].filter(Boolean).join(", ");
      throw new Problem(`${files}: ${(error as Error).message}`);
    }
    await pipe(bytes(rest), stream);
    if (given.report) printError(JSON.stringify(all));
    else if (all.left_out) printError(`${all.left_out} of the lines could not be read as JSON and were left out`);
    return all.left_out ? EXIT.found : EXIT.fine;
  },
};

function wanted(rulesFile?: string, keyFile?: string): EntryRules {
  const rules = rulesFile ? parsed(readText(rulesFile, "file of rules")) : {};
  if (typeof rules !== "object" || !rules) throw new Problem(`${rulesFile} is no JSON object`);
  return { ...rules, ...(keyFile && { key: readText(keyFile, "file of the key").trim() }) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
