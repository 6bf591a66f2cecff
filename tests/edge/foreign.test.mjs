// The Worker's log, verified by what others use for theirs: Go's golang.org/x/mod/sumdb, from Debian's packages. A Go that
// is not there fails the test, and says how to get one.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "./client.mjs";
import { startSite } from "./support.mjs";
import { tilePath } from "./proof.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const VERIFY = join(root, "target/go/verify");
const HOW = "Go and golang.org/x/mod are needed: `cargo xtask setup` installs them on a Debian, as does `apt-get install golang-go golang-golang-x-mod-dev`. Elsewhere, set GO to the program and GOCODE to a folder with src/golang.org/x/mod";

const folders = [];
const fresh = () => folders[folders.push(mkdtempSync(join(tmpdir(), "consentry-go-"))) - 1];

/** What a program ended with. */
function run(program, args, options) {
  return new Promise((done) => {
    execFile(program, args, options, (error, out, err) => done({ code: error ? (error.code ?? 1) : 0, out, err }));
  });
}

/** The log as files, one for each address. */
let log;
let size;
let site;

before(async () => {
  const env = {
    ...process.env,
    GO111MODULE: "off",
    GOFLAGS: "",
    GOPATH: process.env.GOCODE ?? "/usr/share/gocode",
    GOCACHE: join(root, "target/go/cache"),
  };
  const built = await run(process.env.GO ?? "go", ["build", "-o", VERIFY, "verify.go"], { cwd: join(root, "tests/go"), env });
  assert.equal(built.code, 0, `${HOW}.\n${built.err}`);

  site = await startSite();
  log = fresh();
  const put = (path, bytes) => {
    mkdirSync(dirname(join(log, path)), { recursive: true });
    writeFileSync(join(log, path), bytes);
  };
  const person = new Client(site);
  const { receipt } = (await person.decide("accept-all")).body;
  put("proof", receipt.evidence.proof);
  put("leaf", receipt.evidence.leaf);
  const { size: old } = await site.readLog();
  put("older", await site.get("log/checkpoint"));
  const refuse = async () => {
    const client = new Client(site);
    client.plan = person.plan;
    for (let left = 31; left > 0; left -= 1) {
      client.seen = 0;
      assert.equal((await client.decide("reject-all")).status, 200);
    }
  };
  await Promise.all(Array.from({ length: 10 }, refuse));
  ({ size } = await site.readLog());
  for (const path of ["key", "checkpoint"]) put(path, await site.get(`log/${path}`));
  put("consistency", await site.get(`log/consistency/${old}`));
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes >>= 8) {
    for (let index = 0; index * 256 < hashes; index += 1) {
      const path = `tile/${tilePath(level, index, Math.min(256, hashes - index * 256))}`;
      put(path, await site.get(`log/${path}`));
    }
  }
});
after(async () => {
  folders.forEach((path) => rmSync(path, { recursive: true, force: true }));
  await site?.stop();
});

/** What Go says of the log, with files changed. */
function verdict(changes = {}) {
  const folder = fresh();
  cpSync(log, folder, { recursive: true });
  for (const [path, change] of Object.entries(changes)) writeFileSync(join(folder, path), change(readFileSync(join(folder, path))));
  return run(VERIFY, [folder]);
}

test("Go verifies every leaf, that the log only grew, and a receipt's proof", async () => {
  assert.ok(size > 300, "more than a tile");
  const { code, out, err } = await verdict();
  assert.equal(code, 0, err);
  assert.match(out, new RegExp(`^${size} leaves, \\d+ before, leaf \\d+ of \\d+\\n$`));
});

test("and refuses what is changed", async (t) => {
  const flip = (at) => (bytes) => Buffer.from(bytes.map((byte, place) => (place === at ? byte ^ 1 : byte)));
  const text = (from, to) => (bytes) => {
    const changed = bytes.toString().replace(from, to);
    assert.notEqual(changed, bytes.toString());
    return changed;
  };
  const other = await startSite();
  const foreign = await other.get("log/key");
  await other.stop();
  const partial = `tile/${tilePath(0, 1, size - 256)}`;
  const cases = {
    "a byte of a whole tile": [{ "tile/0/000": flip(4000) }, /^leaf 0: /],
    "a byte of the last tile": [{ [partial]: flip(33) }, /tile/],
    "a byte of the tile above": [{ "tile/1/000.p/1": flip(0) }, /tile/],
    "a tile cut short": [{ [partial]: (bytes) => bytes.subarray(32) }, /tile/],
    "another key": [{ key: () => foreign }, /^checkpoint: /],
    "a checkpoint of another size": [{ checkpoint: text(`\n${size}\n`, `\n${size - 1}\n`) }, /^checkpoint: /],
    "another older checkpoint": [{ older: text(/\n\w/, "\n9") }, /^older: /],
    "a consistency proof for another size": [{ consistency: text(/^old \d+/, "old 1") }, /^consistency: /],
    "a hash of the consistency proof": [{ consistency: text(/\n[^\n]/, (found) => (found === "\nA" ? "\nB" : "\nA")) }, /^consistency: /],
    "another leaf": [{ leaf: text("given", "refused") }, /^proof: /],
    "another index": [{ proof: text(/^index \d+/m, "index 0") }, /^proof: /],
  };
  for (const [what, [changes, says]] of Object.entries(cases)) {
    await t.test(what, async () => {
      const { code, err } = await verdict(changes);
      assert.equal(code, 1);
      assert.match(err, says);
    });
  }
});
