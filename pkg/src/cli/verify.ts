import { verify as examine } from "./core.js";
import { readText } from "./files.js";
import { get } from "./fetch.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { paint, plain, print } from "./terminal.js";

export const verify: Command = {
  name: "verify",
  summary: "Verifies a receipt with the site's public keys",
  help: `consentry verify <receipt.json> (--keys keys.json | --site https://example.org) [--json]

Checks every leg a receipt stands on, on this machine:

  signature    the site signed the record
  inclusion    the log commits to the record, and its entry is in the tree of the checkpoint
  checkpoint   the log signed the checkpoint

  --keys <file>   the site's keys, as its /.consentry/keys gave them; nothing is contacted
  --site <url>    asks the site for its keys first
  --json          the verdict as JSON

Exit code: 0 all of it holds, 1 something does not, 2 it could not be tried.`,

  async run(args) {
    const { given, rest } = read("verify", { keys: "value", site: "value", json: "flag" }, args);
    const [file] = rest;
    if (!file || rest.length > 1) throw new Problem("name one receipt: consentry verify receipt.json --keys keys.json");
    if (!given.keys === !given.site) {
      throw new Problem("say where the site's keys are: --keys <file>, or --site <url> to ask the site");
    }
    const receipt = spelled(readText(file, "receipt"), file);
    const keys = given.keys ? spelled(readText(given.keys, "key file"), given.keys) : await published(given.site!);
    const found = examine(receipt, keys);
    if (given.json) print(JSON.stringify(found, null, 2));
    else {
      const leg = (name: string, holds: boolean, text: string) =>
        print(`${holds ? paint.green("holds") : paint.red("fails")}  ${name.padEnd(11)} ${text}`);
      const entry = found.size ? `: entry ${found.index + 1} of ${found.size} in ${plain(found.origin)}` : "";
      leg("signature", found.signature, "the site signed the record");
      leg("inclusion", found.inclusion, `the record is in the log${found.inclusion ? entry : ""}`);
      leg("checkpoint", found.checkpoint, "the log signed the checkpoint");
      for (const problem of found.problems) print(`  ${plain(problem)}`);
      print(found.ok ? paint.green("The receipt is verified.") : paint.red("The receipt is not verified."));
    }
    return found.ok ? EXIT.fine : EXIT.found;
  },
};

async function published(site: string): Promise<string> {
  let url: URL;
  try {
    url = new URL("/.consentry/keys", site);
  } catch {
    throw new Problem(`${site} is no address; write --site https://example.org`);
  }
  const { status, text } = await get(url, { accept: "application/json" });
  if (status !== 200) throw new Problem(`${url} answered ${status}; does the site run Consentry's Worker?`);
  return spelled(text, url.href);
}

/** As the core reads it: the way ECMAScript writes JSON, which RFC 8785 took for its canonical form. */
function spelled(text: string, name: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new Problem(`${name} is no JSON`);
  }
}
