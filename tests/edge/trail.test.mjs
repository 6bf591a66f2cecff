// The audit trail as operators read it and take it away: queries, files that prove themselves, and what is left of it
// once people are forgotten.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "./client.mjs";
import { canonical, checkpoint, leafHash, rootFromInclusion, sha256 } from "./proof.mjs";
import { isProblem, startSite } from "./support.mjs";

const CLI = fileURLToPath(new URL("../../pkg/dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "consentry-trail-"));

let site;
let person;
let handle;

before(async () => {
  site = await startSite();
  person = new Client(site);
  const { receipt } = (await person.decide("accept-all")).body;
  handle = receipt.record.pii_principal_id;
  for (const choice of ["reject-all", "accept-all", "reject-all"]) {
    const other = new Client(site);
    await other.decide(choice);
  }
  await person.decide("reject-all");
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await site?.stop();
});

const ask = async (query) => (await site.operator(`audit?${new URLSearchParams(query)}`)).json();
const take = async (query) => (await site.operator(`audit?${new URLSearchParams(query)}`)).text();

/** Runs the command line. */
function consentry(...args) {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder }, (error, out, err) => done({ code: error?.code ?? 0, out, err }));
  });
}

const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

/** Reads a trail, and checks it from its specification alone. */
function readTrail(text, key) {
  const [head, ...lines] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const tree = checkpoint(head.checkpoint, key);
  /** Complete subtrees, from left to right. */
  const row = [];
  let size = 0;
  const push = (width, hash) => {
    size += width;
    while (row.length && row.at(-1).width === width) {
      hash = nodeHash(row.pop().hash, hash);
      width *= 2;
    }
    row.push({ width, hash });
  };
  const entries = [];
  for (const line of lines) {
    if ("index" in line) {
      assert.equal(line.index, size);
      const leaf = leafHash(canonical(line.leaf));
      assert.equal(line.hash, leaf.toString("base64"));
      if (line.entry) {
        const opened = sha256("consentry/commitment/v1\n", Buffer.from(line.salt, "base64url"), canonical(line.entry));
        assert.equal(line.leaf.commitment, opened.toString("base64url"));
      }
      push(1, leaf);
      entries.push(line);
    } else {
      assert.equal(line.from, size);
      for (const hash of line.hashes) {
        let width = 1;
        while (size % (2 * width) === 0 && size + 2 * width <= line.to) width *= 2;
        push(width, Buffer.from(hash, "base64"));
      }
      assert.equal(size, line.to);
    }
  }
  assert.equal(size, tree.size);
  const root = row.length ? row.reduceRight((right, { hash }) => (right ? nodeHash(hash, right) : hash), undefined) : sha256();
  assert.deepEqual(root, tree.root, "the lines hash to the signed root");
  return { entries, tree };
}

test("the trail is asked by action, actor, person and period", async () => {
  const all = await site.trail();
  const given = (await ask({ action: "consent.given" })).entries;
  assert.deepEqual(given.map(({ index }) => index), all.filter(({ action }) => action === "consent.given").map(({ index }) => index));
  assert.equal(given.length, 2);
  const own = (await ask({ subject: handle })).entries;
  assert.deepEqual(own.map(({ action }) => action), ["consent.given", "consent.withdrawn"]);
  const again = (await ask({ subject: handle })).entries;
  assert.equal(again.at(-1).action, "trail.read", "who read what is about them is about them as well");
  assert.equal(again.at(-1).subject, handle);
  assert.ok((await ask({ actor: "operator" })).entries.every(({ action }) => action === "trail.read"));
  assert.deepEqual((await ask({ actor: "device", action: "policy.adopted" })).entries, []);
  const from = "2020-01-01";
  const to = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  assert.ok((await ask({ from, to })).entries.length > all.length - 1);
  assert.deepEqual((await ask({ to: from })).entries, []);
  assert.deepEqual((await ask({ from: new Date(Date.now() + 60_000).toISOString().replace(/\.\d+/, "") })).entries, []);
});

test("pages follow each other, whatever is asked for", async () => {
  const whole = (await ask({ action: "consent.refused" })).entries.map(({ index }) => index);
  const found = [];
  let after = 0;
  do {
    const { entries, next } = await ask({ action: "consent.refused", after, limit: 1 });
    found.push(...entries.map(({ index }) => index));
    after = next;
  } while (after !== null);
  assert.deepEqual(found, whole);
});

test("what cannot be asked", async (t) => {
  for (const [query, field] of Object.entries({
    "action=consent.eaten": "action", "actor=neighbour": "actor", "subject=nobody-at-all": "subject", "from=yesterday": "from", "to=2026-13-01": "to",
    "from=2026-02-30": "from", "format=xml": "format", "limit=-1": "limit", "order=desc": "query",
  })) {
    await t.test(query, async () => {
      const response = await site.operator(`audit?${query}`);
      const body = await response.json();
      assert.deepEqual([response.status, body.field], [422, field]);
      assert.ok(!JSON.stringify(body).includes(query.split("=")[1]), "what was sent is not shown");
    });
  }
  for (const format of ["jsonl", "csv"]) isProblem(await new Client(site).request(`audit?format=${format}`), 401, "unauthorized");
});

test("a trail proves itself, whole or in part", async (t) => {
  const [key] = (await site.json("keys")).log;
  writeFileSync(join(folder, "keys.json"), JSON.stringify(await site.json("keys")));
  for (const query of [{}, { subject: handle }, { action: "consent.refused" }, { to: "2020-01-01" }]) {
    await t.test(JSON.stringify(query), async () => {
      const response = await site.operator(`audit?${new URLSearchParams({ ...query, format: "jsonl" })}`);
      assert.equal(response.headers.get("content-type"), "application/jsonl");
      assert.match(response.headers.get("content-disposition"), /^attachment; filename="trail.jsonl"$/);
      const text = await response.text();
      const { entries, tree } = readTrail(text, key);
      const asked = (await ask({ ...query, limit: 500 })).entries.filter(({ index }) => index < tree.size);
      assert.deepEqual(entries.map(({ index }) => index), asked.map(({ index }) => index));
      writeFileSync(join(folder, "trail.jsonl"), text);
      const verdict = await consentry("verify", "trail.jsonl", "--keys", "keys.json", "--json");
      assert.equal(verdict.code, 0, verdict.out + verdict.err);
      const found = JSON.parse(verdict.out);
      assert.deepEqual([found.size, found.opened + found.closed, found.key_given], [tree.size, entries.length, true]);
    });
  }
  const whole = readFileSync(join(folder, "trail.jsonl"));
  for (const at of [0, 20, whole.length >> 1, whole.length - 1]) {
    const changed = Buffer.from(whole);
    changed[at] ^= 1;
    writeFileSync(join(folder, "changed.jsonl"), changed);
    assert.notEqual((await consentry("verify", "changed.jsonl", "--keys", "keys.json")).code, 0, `byte ${at}`);
  }
  writeFileSync(join(folder, "cut.jsonl"), whole.subarray(0, whole.lastIndexOf("\n", whole.length - 2) + 1));
  const cut = await consentry("verify", "cut.jsonl", "--keys", "keys.json");
  assert.equal(cut.code, 1);
  assert.match(cut.out, /line 1: the trail ends after 0 of \d+ leaves/);
  const alone = await consentry("verify", "trail.jsonl");
  assert.equal(alone.code, 0);
  assert.match(alone.out, /compare it with the one the site publishes/);
});

test("a table has a proof in every row, and no formulas", async () => {
  const [key] = (await site.json("keys")).log;
  const text = await take({ format: "csv" });
  const rows = text.trimEnd().split(/\r\n(?=")/).map((row) => [...row.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell]) => cell.replaceAll('""', '"')));
  const [heads, ...entries] = rows;
  const [word, note] = entries.pop();
  assert.equal(word, "checkpoint");
  const tree = checkpoint(note, key);
  assert.equal(entries.length, tree.size);
  const plain = (cell) => cell.replace(/^'/, "");
  for (const row of entries) {
    const { index, leaf, proof, action } = Object.fromEntries(heads.map((head, at) => [head, plain(row[at])]));
    const path = proof ? proof.split(" ").map((hash) => Buffer.from(hash, "base64")) : [];
    assert.deepEqual(rootFromInclusion(Number(index), tree.size, leafHash(leaf), path), tree.root);
    assert.equal(JSON.parse(leaf).action, action);
    assert.ok(row.every((cell) => !/^[=+\-@\t\r]/.test(cell)));
  }
});

test("every way of reading is an entry", async () => {
  const before = (await site.trail()).at(-1).index;
  await take({ format: "jsonl", action: "consent.given" });
  await take({ format: "csv" });
  assert.equal((await site.operator("log/tile/entries/000.p/3")).status, 200);
  assert.equal((await site.operator("lines?limit=5")).status, 200);
  const entries = (await site.trail()).filter(({ index }) => index > before);
  assert.deepEqual(
    entries.map(({ action }) => action),
    ["trail.read", "trail.exported", "trail.exported", "entries.read", "lines.read"],
  );
  assert.deepEqual(entries[1].details, { format: "jsonl", wanted: { action: "consent.given" } });
  assert.deepEqual(entries[3].details, { tile: "000.p/3" });
  assert.ok(entries.every(({ actor }) => actor.class === "operator"));
});

test("bundles of leaves hash to the tiles", async () => {
  const { leaves } = await site.readLog();
  const width = Math.min(5, leaves.length);
  const bundle = Buffer.from(await (await site.operator(`log/tile/entries/000.p/${width}`)).arrayBuffer());
  let at = 0;
  for (let leaf = 0; leaf < width; leaf++) {
    const length = bundle.readUInt16BE(at);
    assert.deepEqual(leafHash(bundle.subarray(at + 2, at + 2 + length)), leaves[leaf]);
    at += 2 + length;
  }
  assert.equal(at, bundle.length);
  for (const path of ["entries/000", "entries/001.p/1", "entries/", "entries/0"]) {
    const response = await site.operator(`log/tile/${path}`);
    assert.equal(response.status, 404, path);
  }
});

test("who is forgotten leaves leaves", async () => {
  const [key] = (await site.json("keys")).log;
  const before = readTrail(await take({ format: "jsonl" }), key);
  assert.equal((await person.erase()).status, 200);
  assert.deepEqual((await ask({ subject: handle })).entries, [], "nor is anything that was done with their entries theirs any more");
  const text = await take({ format: "jsonl" });
  assert.ok(!text.includes(handle));
  const now = readTrail(text, key);
  const closed = now.entries.filter(({ entry }) => !entry);
  assert.ok(closed.length >= 2 && closed.every(({ salt }) => salt === null));
  assert.deepEqual(now.entries.slice(0, before.entries.length).map(({ hash }) => hash), before.entries.map(({ hash }) => hash));
  writeFileSync(join(folder, "trail.jsonl"), text);
  const verdict = await consentry("verify", "trail.jsonl", "--keys", "keys.json");
  assert.equal(verdict.code, 0, verdict.out);
  assert.match(verdict.out, /have been forgotten/);
});
