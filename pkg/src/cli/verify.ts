import { Broken, trail, verify as examine } from "./core.js";
import { readText } from "./files.js";
import { get } from "./fetch.js";
import { bytes } from "./lines.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { paint, plain, print } from "./terminal.js";

export const verify: Command = {
  name: "verify",
  summary: "Verifies a receipt, or an audit trail, with the site's public keys",
  help: `consentry verify <receipt.json> (--keys keys.json | --site https://example.org) [--json]
consentry verify <trail.jsonl> [--keys keys.json | --site https://example.org] [--json]

Checks every leg a receipt stands on, on this machine:

  signature    the site signed the record
  inclusion    the log commits to the record, and its entry is in the tree of the checkpoint
  checkpoint   the log signed the checkpoint

Of a trail, as GET /.consentry/audit?format=jsonl gives it, every line is checked: that the entries are those that the
log commits to, that none is missing, moved or added, and that the log signed the tree they make. What does not hold is
named with its line. Without keys the trail's own are believed, and the verdict says so.

  --keys <file>   the site's keys, as its /.consentry/keys gave them; nothing is contacted
  --site <url>    asks the site for its keys first
  --json          the verdict as JSON

Exit code: 0 all of it holds, 1 something does not, 2 it could not be tried.`,

  async run(args) {
    const { given, rest } = read("verify", { keys: "value", site: "value", json: "flag" }, args);
    const [file] = rest;
    if (!file || rest.length > 1) throw new Problem("name one file: consentry verify receipt.json --keys keys.json");
    if (given.keys && given.site) throw new Problem("the site's keys are in one place: --keys <file>, or --site <url>");
    const keys = async () => (given.keys ? spelled(readText(given.keys, "key file"), given.keys) : await published(given.site!));
    const pieces = bytes([file]);
    const first = await pieces.next();
    if (isTrail(first.value)) {
      const lines = given.keys || given.site ? logKeys(await keys()) : [];
      return verifyTrail(lines, first.value!, pieces, !!given.json);
    }
    if (!given.keys && !given.site) {
      throw new Problem("say where the site's keys are: --keys <file>, or --site <url> to ask the site");
    }
    return verifyReceipt(spelled(readText(file, "receipt"), file), await keys(), !!given.json);
  },
};

/** Whether a file begins like a trail: its first line names a checkpoint before anything else. */
const isTrail = (start?: Uint8Array | void) => !!start && Buffer.from(start.subarray(0, 15)).toString("latin1") === '{"checkpoint":"';

/** The log's verifier lines. */
function logKeys(keys: string): string[] {
  const { log } = JSON.parse(keys);
  if (!Array.isArray(log) || !log.length) throw new Problem("these are not a site's keys");
  return log.map(String);
}

async function verifyTrail(keys: string[], first: Uint8Array, rest: AsyncIterable<Uint8Array>, json: boolean): Promise<number> {
  const check = trail(keys);
  try {
    check.push(first);
    for await (const piece of rest) check.push(piece);
    const found = check.end();
    if (json) print(JSON.stringify({ ok: true, ...found }, null, 2));
    else {
      print(`${found.opened} entries are as the log of ${plain(found.origin)} has them, in their order; it has ${found.size} in all.`);
      if (found.closed) print(`${found.closed} more are there and have been forgotten: what they said is not known any more.`);
      if (found.left_out) print(`${found.left_out} were not asked for.`);
      print(`signed by ${plain(found.key)}`);
      if (!found.key_given) print(paint.bold("That key comes from the trail itself: compare it with the one the site publishes."));
      print(paint.green("The trail is verified."));
    }
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    if (json) print(JSON.stringify({ ok: false, problem: error.message }, null, 2));
    else {
      print(plain(error.message));
      print(paint.red("The trail is not verified."));
    }
    return EXIT.found;
  }
}

function verifyReceipt(receipt: string, keys: string, json: boolean): number {
  const found = examine(receipt, keys);
  if (json) print(JSON.stringify(found, null, 2));
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
}

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
