// The public log, read as any auditor's tool would: signed, append-only, and silent about people.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { checkpoint, readLog, tilePath, treeHash } from "./proof.mjs";
import { isProblem, startSite } from "./support.mjs";

let site;
/** Somebody who decided while the log was small. */
let early;
let receipt;
let small;

before(async () => {
  site = await startSite();
  early = new Client(site);
  receipt = (await early.decide("accept-all")).body.receipt;
  small = await site.readLog();
});
after(() => site?.stop());

const tile = (path) => new Client(site).request(`log/tile/${path}`);

test("an empty journey is signed too", async () => {
  const [key] = (await site.json("keys")).log;
  assert.equal((await site.get("log/key")).toString(), `${key}\n`, "one key under both addresses");
  const tree = checkpoint((await site.get("log/checkpoint")).toString(), key);
  assert.equal(tree.origin, "localhost/.consentry/log");
  assert.deepEqual([tree.size, tree.root], [small.size, small.root]);
});

test("more than one tile of leaves, many at a time", async () => {
  const refuse = async () => {
    const client = new Client(site);
    client.plan = early.plan;
    for (let left = 30; left > 0; left -= 1) {
      client.seen = 0;
      const answer = await client.decide("reject-all");
      assert.equal(answer.status, 200, answer.text);
    }
  };
  await Promise.all(Array.from({ length: 10 }, refuse));
  const { size } = await site.readLog();
  assert.equal(size, small.size + 300, "one leaf for each");
});

test("what was signed before is the beginning of what is signed now", async () => {
  const { leaves } = await site.readLog();
  assert.deepEqual(leaves.slice(0, small.size), small.leaves);
  assert.deepEqual(treeHash(leaves.slice(0, small.size)), small.root);
  await early.decide("reject-all");
  const later = await site.readLog();
  assert.deepEqual(treeHash(later.leaves.slice(0, leaves.length)), treeHash(leaves));
});

test("tiles of every level, whole and partial", async () => {
  const { size, leaves } = await site.readLog();
  const whole = await tile("0/000");
  assert.deepEqual(whole.bytes, Buffer.concat(leaves.slice(0, 256)));
  assert.equal(whole.type, "application/octet-stream");
  assert.match(whole.headers.get("cache-control"), /\bimmutable\b/);
  for (const width of [1, 2, 255]) {
    assert.deepEqual((await tile(tilePath(0, 0, width))).bytes, Buffer.concat(leaves.slice(0, width)), `0/000.p/${width}`);
  }
  const rest = size - 256;
  assert.deepEqual((await tile(tilePath(0, 1, rest))).bytes, Buffer.concat(leaves.slice(256)));
  assert.deepEqual((await tile("1/000.p/1")).bytes, treeHash(leaves.slice(0, 256)), "one hash for a whole tile");
});

test("a tile that is none", async (t) => {
  const { size } = await site.readLog();
  const none = ["", "0", "0/", "0/0", "0/00", "00/000", "0/001", `0/001.p/${size - 255}`, "0/000.p/0", "0/000.p/256", "0/000.p/01",
    "0/000.p/-1", "0/000.p/1/", "0/x000/000", "0/x001", "0/-01", "1/000", "1/000.p/2", "1/001.p/1", "2/000.p/1", "64/000", "255/000",
    "-1/000", "a/000", "0/000.p/1e1", `0/${"x999/".repeat(20)}999`, "0/000?p=1/../..", "%30/000", "data/000"];
  for (const path of none) {
    if (path.includes("?")) continue;
    await t.test(path, async () => isProblem(await tile(path), 404, "not-found"));
  }
});

test("entries are not public", async () => {
  for (const path of ["entries/000", "entries/000.p/1", "entries/x001/000", "entries/"]) isProblem(await tile(path), 401, "unauthorized");
});

test("a receipt of long ago verifies, and so does a fresh proof of it", async () => {
  const then = await early.verify(receipt);
  assert.ok(then.size <= small.size);
  const { leaves, size } = await site.readLog();
  assert.deepEqual(treeHash(leaves.slice(0, then.size)), then.root, "its tree is the beginning of today's");
  const newest = (await early.request("consent/receipt")).body;
  const now = await early.verify(newest);
  assert.equal(newest.record.sequence, 2);
  assert.equal(now.size, size);
  assert.deepEqual(now.root, treeHash(leaves));
});

test("a changed receipt does not", async (t) => {
  const keys = await site.json("keys");
  const changes = {
    purposes: ({ record }) => record.purposes.reverse(),
    time: ({ record }) => (record.event_time = "2026-01-01T00:00:00Z"),
    signature: ({ signature }) => (signature.value = signature.value.replace(/^./, (first) => (first === "A" ? "B" : "A"))),
    salt: ({ evidence }) => (evidence.salt = "A".repeat(22)),
    leaf: ({ evidence }) => (evidence.leaf = evidence.leaf.replace("given", "refused")),
    index: ({ evidence }) => (evidence.proof = evidence.proof.replace(/^index \d+$/m, "index 0")),
    tree: ({ evidence }) => (evidence.proof = evidence.proof.replace("\n\nlocalhost", "\n\nelsewhere")),
  };
  for (const [what, change] of Object.entries(changes)) {
    await t.test(what, async () => {
      const forged = structuredClone(receipt);
      change(forged);
      await assert.rejects(early.verify(forged));
    });
  }
  assert.ok(keys.receipt[0].id === receipt.signature.key);
});

test("what is public does not tell about whom", async () => {
  const person = new Client(site);
  const grant = (await person.decide("accept-all")).body.receipt;
  await person.requestExport();
  const handles = [grant.record.pii_principal_id, receipt.record.pii_principal_id];
  const ids = (await site.trail()).flatMap(({ event, subject }) => [event, subject].filter(Boolean));
  assert.ok(handles.every((handle) => ids.includes(handle)), "the operator can tell");
  const secrets = [...ids, person.device, early.device, ...[person, early].map(({ device }) => site.store(device).split("/")[1])];
  const { size } = await site.readLog();
  const tiles = ["0/000", tilePath(0, 1, size - 256), "1/000.p/1"].map((tile) => `log/tile/${tile}`);
  const paths = ["health", "policy", "preferences", "log/checkpoint", "log/key", "keys", ...tiles];
  const bodies = await Promise.all(paths.map((path) => site.get(path)));
  bodies.push(await site.get(""));
  for (const [at, body] of bodies.entries()) {
    for (const secret of secrets) {
      assert.ok(!body.includes(secret) && !body.includes(Buffer.from(secret, "base64url")), `${paths[at]} tells ${secret}`);
    }
  }
});

test("the log is the same for everybody and takes no orders", async () => {
  const read = (client) => readLog(async (path) => (await client.request(path)).bytes);
  const [anybody, person] = [await read(new Client(site)), await read(early)];
  assert.deepEqual(anybody.root, person.root);
  for (const path of ["log/checkpoint", "log/key", "keys", "log/tile/0/000"]) {
    const head = await new Client(site).request(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.bytes.length], [200, 0]);
  }
});
