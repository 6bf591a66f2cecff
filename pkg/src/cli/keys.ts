import { webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import { reason } from "./files.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { paintError, print, printError } from "./terminal.js";

const USES = `SUBJECT_KEY   names people: their objects, their records. Never change it: nobody would be found again
KEYRING       wraps data keys and authenticates the decision cookie. Add a key, deploy, then make it active
SIGNING_KEY   signs checkpoints and receipts. Append a seed, deploy, then move it to the front
ADMIN_TOKEN   the operator's token; change it at any time`;

export const keys: Command = {
  name: "keys",
  summary: "Makes the four secrets of the Worker",
  help: `consentry keys [--out secrets.json] [--json]
consentry keys api <name> <scope>...

Makes the secrets the Worker needs, as JSON for \`wrangler secret bulk\`:

${USES.replace(/^/gm, "  ")}

  --out <file>   writes a file that only its owner may read; one that is there is never overwritten
  --json         without the explanation on standard error

Never commit them, and keep a copy where you keep such things: what they seal cannot be read without them.

With \`api\`, makes a key for the site's own backend: the key itself, and what of it is deployed in API_KEYS, which is its
hash and its scopes. Scopes are records:read and records:write, for all categories or for one: records:read:orders. Keys
that are in API_KEYS already stay there beside it.`,

  async run(args) {
    const { given, rest } = read("keys", { out: "value", json: "flag" }, args);
    if (rest[0] === "api") return api(rest.slice(1));
    if (rest.length) throw new Problem("`consentry keys` takes no arguments but `api`; write --out <file> for a file");
    const text = JSON.stringify(fresh(), null, 2);
    if (given.out) write(given.out, text + "\n");
    else print(text);
    if (!given.json) {
      printError(`\n${USES}\n`);
      printError(paintError.bold("Never commit these. Keep a copy: what they seal cannot be read without them."));
      printError(`Put them in place with: npx wrangler secret bulk ${given.out ?? "<file>"}`);
    }
    return EXIT.fine;
  },
};

/** Every value is a string, as secrets are. */
function fresh(): Record<string, string> {
  return {
    SUBJECT_KEY: random(),
    KEYRING: JSON.stringify({ active: "k1", keys: { k1: random() } }),
    SIGNING_KEY: JSON.stringify({ log: [random()], receipt: [random()] }),
    ADMIN_TOKEN: random(),
  };
}

/** A key for the site's backend. */
async function api([name = "", ...scopes]: string[]): Promise<number> {
  if (!/^[a-z0-9]{1,16}$/.test(name)) throw new Problem("name the key first, in 1 to 16 lower-case letters or digits: consentry keys api shop records:read");
  const wrong = scopes.find((scope) => !/^records:(read|write)(:[a-z][a-z0-9-]{0,31})?$/.test(scope));
  if (wrong !== undefined || !scopes.length) {
    throw new Problem("a scope is records:read or records:write, and may name a category: records:read:orders");
  }
  const key = `csk_${name}_${random()}`;
  const hash = Buffer.from(await webcrypto.subtle.digest("SHA-256", Buffer.from(key))).toString("base64url");
  print(JSON.stringify({ key, API_KEYS: { [name]: { hash, scopes } } }, null, 2));
  return EXIT.fine;
}

/** 32 random bytes, as URL-safe base64. */
function random(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === "EEXIST";
    const advice = there ? "; what its secrets seal would be lost, so choose another name" : "";
    throw new Problem(`${file} cannot be written: ${reason(error)}${advice}`);
  }
}
