import { flush, lines, put } from "./lines.js";
import { read, type Command } from "./options.js";
import { EXIT } from "./problem.js";

export const ua: Command = {
  name: "ua",
  summary: "Reduces user agents, one a line",
  help: `consentry ua [file…]

Reads user agents, one a line, from files or standard input, and writes a JSON object for each: browser (or app, crawler,
client), major version, system and kind of device. What is not known is "Other".`,

  async run(args) {
    const { rest } = read("ua", {}, args);
    const { reduceUserAgent } = await import("../anonymize.node.js");
    for await (const line of lines(rest)) await put(JSON.stringify(reduceUserAgent(line ?? "")));
    await flush();
    return EXIT.fine;
  },
};
