// What somebody has a lot of is handed over, restricted, freed and erased within the number of operations that the platform allows
// an invocation: here one more fails, as it does there.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Uint8ArrayReader, ZipReader } from "@zip.js/zip.js";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

/** What the platform allows. */
const ALLOWED = 1_000;
/** More of each kind than fit into one invocation, one operation for each. */
const MANY = 1_050;
/** More than are handed over at a time: two operations for each. */
const DECISIONS = 220;

const category = (id) => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention: "P1Y", source: "provided" });
const policy = { ...shopPolicy(), records: [category("orders"), category("files")] };
const backend = new Backend();

let site;
before(async () => {
  site = await startSite({ policy, operations: ALLOWED, vars: { ...backend.vars, LATE_DELETE: "1" } });
});
after(() => site?.stop());

/** Does something many times, some at once. */
async function often(count, each) {
  let next = 0;
  await Promise.all(Array.from({ length: 12 }, async () => {
    while (next < count) await each(next++);
  }));
}

const store = (sub, count, kind) => often(count, async (i) => {
  const put = kind === "files" ? Buffer.from(`file ${i}`) : { n: i };
  assert.equal((await backend.put(site, sub, `/${kind}/${i}`, put)).status, 201);
});

/** What somebody asks about their own data. */
async function ask(sub, path, body) {
  const response = await backend.rights(site.url, sub, path, body, { auth_time: Math.floor(Date.now() / 1000) });
  return { status: response.status, body: await response.json() };
}

/** Asks, and once more when it has gone on by itself: who asks meanwhile would be counted with it. */
async function askTwice(sub, path, body, isDone) {
  const first = await ask(sub, path, body);
  await eventually(isDone, path, 90_000);
  return first.status === 503 ? ask(sub, path, body) : first;
}

/** The files of a copy, by their folders. */
async function unpacked(response) {
  assert.equal(response.status, 200);
  const entries = await new ZipReader(new Uint8ArrayReader(new Uint8Array(await response.arrayBuffer()))).getEntries();
  return entries.map(({ filename }) => filename);
}

const metered = () => site.log.filter((line) => line.includes('"metered"')).map((line) => JSON.parse(line));
const most = () => Math.max(...metered().map(({ operations }) => operations ?? 0));
const exceeded = () => metered().filter(({ exceeded }) => exceeded).length;

async function expiring() {
  const kv = await site.kv();
  let [count, cursor] = [0, undefined];
  do {
    const page = await kv.list({ prefix: "record/", cursor });
    count += page.keys.filter(({ expiration }) => expiration).length;
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor);
  return count;
}

test("a copy of many files and records is whole", async () => {
  await store("eve", MANY, "files");
  await store("eve", MANY, "orders");
  const { status, body } = await ask("eve", "exports", { right: "access" });
  assert.equal(status, 201);
  const names = await unpacked(await site.fetch(body.download));
  assert.equal(names.filter((name) => /^records\/files\//.test(name)).length, MANY);
});

test("all of it is restricted, and free again", async () => {
  const asked = { right: "restriction", ground: "accuracy", statement: "It is wrong." };
  const { status } = await askTwice("eve", "requests", asked, async () => (await expiring()) === 0);
  assert.equal(status, 201);
  const lifted = await askTwice("eve", "restriction/lift", {}, async () => (await expiring()) === 2 * MANY);
  assert.equal(lifted.status, 200);
});

test("all of it is erased", async () => {
  const { status, body } = await askTwice("eve", "erasure", { confirm: true }, async () => (await site.keys("record/")).length === 0);
  assert.deepEqual([status, body.erased.records], [200, 2 * MANY]);
});

test("it stayed within what is allowed", (t) => {
  t.diagnostic(`the most operations of an invocation: ${most()}`);
  assert.ok(most() > ALLOWED / 2, "they were counted");
  assert.equal(exceeded(), 0);
});

test("decisions are handed over some at a time", async () => {
  const client = new Client(site);
  await client.page();
  for (let i = 0; i < DECISIONS; i++) assert.equal((await client.decide(i % 2 ? "reject-all" : "accept-all")).status, 200);
  await site.restart({ operations: 2 * DECISIONS - 10 });
  const { body } = await client.requestExport();
  const names = await unpacked(await site.fetch(body.download));
  assert.equal(names.filter((name) => /^receipts\//.test(name)).length, DECISIONS);
  assert.equal(exceeded(), 0);
});

test("one operation more than is allowed fails", async () => {
  await store("bob", 120, "orders");
  const copy = async () => {
    const { status, body } = await ask("bob", "exports", { right: "access" });
    assert.equal(status, 201);
    const response = await site.fetch(body.download);
    assert.equal(response.status, 200);
    const bytes = Buffer.from(await response.arrayBuffer().catch(() => Buffer.alloc(0)));
    // What was aborted may still end as if it were whole, where the connection is closed after it: the archive has no end then.
    return bytes.subarray(-64).includes("PK\x05\x06");
  };
  assert.ok(await copy());
  assert.equal(exceeded(), 0);
  await site.restart({ operations: 100 });
  assert.ok(!(await copy()));
  assert.ok(exceeded() > 0);
});
