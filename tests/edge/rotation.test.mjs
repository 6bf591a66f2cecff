// The keys that keep what is stored are exchanged while everything goes on: put under the new one, then the old one goes.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test, { after, before } from "node:test";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { eventually, secret, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const name = (id) => ({ en: id, de: id });
const category = (id) => ({ id, purposes: ["necessary"], name: name(id), retention: "P1Y", source: "provided" });
const policy = { ...shopPolicy(), records: [category("orders"), category("photos")] };
const [k1, k2] = [secret(), secret()];
const vars = { ...backend.vars, LATE_DELETE: "1", SWEEP_EVERY: "0" };

let site;
before(async () => {
  site = await startSite({ policy, vars });
  site.secrets.KEYRING = { active: "k1", keys: { k1: site.secrets.KEYRING.keys.k1 } };
});
after(() => site?.stop());

const keyring = async (active, keys) => {
  site.secrets.KEYRING = { active, keys };
  await site.restart();
};
async function mine(sub, path, body, method = "POST") {
  const auth_time = Math.floor(Date.now() / 1000) - 5;
  const headers = { authorization: `Bearer ${backend.token(sub, { auth_time })}`, origin: site.url, connection: "close" };
  if (body) headers["content-type"] = "application/json";
  const response = await site.api(`me/${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
const operator = async (path, body) => {
  const response = await site.operator(path, body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  return response.json();
};
const uses = async () => (await operator("retention")).keys;
/** Waits until the store alone may have something under an earlier key. */
const exchanged = (id) => eventually(async () => {
  const { people, entries, waiting, notices } = (await uses()).uses;
  const are = (uses) => Object.keys(uses).every((key) => key === id);
  return [people, entries, waiting, notices].every(are) && people[id] && entries[id];
}, `everything to be under ${id}`, 30_000);
const put = (sub, path, body) => backend.put(site, sub, path, body);
async function sweep() {
  const { last: before } = await operator("retention");
  // When a walk ended is told to the second.
  await new Promise((later) => setTimeout(later, 1_000));
  return eventually(async () => {
    await site.scheduled();
    const { last } = await operator("retention");
    return last && last.ended !== before?.ended && last;
  }, "a walk");
}

test("a key is exchanged for another while everything goes on", async () => {
  const old = site.secrets.KEYRING.keys.k1;
  const photo = randomBytes(2 << 20);
  const her = new Client(site);
  await her.page();
  await her.decide("accept-all");
  await new Client(site).decide("reject-all");
  const gone = new Client(site);
  await gone.page();
  await gone.decide("accept-all");
  assert.equal((await gone.erase()).status, 200);
  await put("ann", "/orders/1", { n: 1 });
  await put("ann", "/photos/1", photo);
  // Of this one nothing is in KV.
  const only = await mine("only", "requests", { right: "human-review", statement: "mark-only" });
  assert.equal(only.status, 201);
  await sweep();
  // What was forgotten with the erasure stays forgotten; all else is to open afterwards as it does now.
  const opening = async () => (await operator("audit?limit=500")).entries.map(({ actor }) => actor !== undefined);
  const open = await opening();
  assert.ok(open.includes(false) && open.includes(true));
  const ledger = (await operator("erasures")).erasures;
  assert.equal(ledger.length, 1);
  const before = await uses();
  assert.deepEqual([before.active, Object.keys(before.uses.people), Object.keys(before.uses.entries), Object.keys(before.uses.values)], ["k1", ["k1"], ["k1"], ["k1"]]);
  assert.equal(before.uses.people.k1, 3);
  const { size } = await site.readLog();

  // Readable first, active later; and people come and go meanwhile.
  await keyring("k1", { k1: old, k2 });
  await put("bob", "/orders/1", { n: 1 });
  await keyring("k2", { k1: old, k2 });
  let goes = true;
  const traffic = (async () => {
    for (let i = 0; goes; i++) {
      assert.ok((await put("ann", "/orders/2", { n: i })).status < 300);
      assert.equal((await backend.ask(site, "ann", "/orders/1")).status, 200);
      const one = new Client(site);
      await one.page();
      assert.equal((await one.decide("accept-all")).status, 200);
    }
  })();
  await site.get("log/checkpoint");
  await exchanged("k2");
  goes = false;
  await traffic;
  const { rekeyed, keys, failed } = await sweep();
  assert.ok(rekeyed >= 2, `refusal and proof: ${rekeyed}`);
  assert.deepEqual([Object.keys(keys), failed], [["k2"], 0]);
  const [entry] = await eventually(async () => {
    const found = (await site.trail()).filter(({ action }) => action === "keys.rewrapped");
    return found.length && found;
  }, "the entry");
  assert.deepEqual([entry.details.active, entry.details.failed], ["k2", 0]);
  assert.ok(entry.details.people >= 4 && entry.details.entries > 0);

  // The old one goes.
  await keyring("k2", { k2 });
  assert.deepEqual((await backend.ask(site, "ann", "/orders/1")).body, { n: 1 });
  assert.ok((await backend.ask(site, "ann", "/photos/1")).bytes.equals(photo));
  assert.deepEqual((await backend.ask(site, "bob", "/orders/1")).body, { n: 1 });
  assert.equal((await mine("only", "requests", undefined, "GET")).body.requests.length, 1);
  const receipt = await her.request("consent/receipt");
  assert.equal(receipt.status, 200);
  const copy = await site.fetch((await her.requestExport()).body.download);
  assert.equal(copy.status, 200);
  assert.ok((await copy.arrayBuffer()).byteLength > 1_000);
  assert.deepEqual((await opening()).slice(0, open.length), open);
  // What was signed holds, and a ledger saved before is of use.
  assert.ok((await site.readLog()).size > size);
  assert.deepEqual(Object.keys((await uses()).uses.notices), []);
  assert.equal((await operator("erasures", { erasures: ledger })).people, 0);
});

test("without a key that is needed nothing is answered, and nothing is lost", async () => {
  await keyring("k3", { k3: k1 });
  const answer = await backend.ask(site, "ann", "/orders/1");
  assert.equal(answer.status, 500);
  assert.ok(!answer.text.includes("k2"));
  assert.equal((await new Client(site).page()).status, 200, "the site is still served");
  await keyring("k2", { k2 });
  assert.deepEqual((await backend.ask(site, "ann", "/orders/1")).body, { n: 1 });
});

test("what could not be put under the new key is told to be under the old one", async () => {
  const kv = await site.kv();
  const refusals = await site.keys("refusal/");
  const all = [...refusals, ...(await site.keys("proof/"))];
  assert.ok(refusals.length && all.length > refusals.length);
  // One is to be dropped too early besides: it is found, and is under a key like any other.
  const soon = Math.floor(Date.now() / 1000) + 3_600;
  const { value, metadata: beside } = await kv.getWithMetadata(refusals[0], "arrayBuffer");
  await kv.put(refusals[0], value, { metadata: beside, expiration: soon });
  const k4 = secret();
  await keyring("k4", { k2, k4 });
  await site.faults({ refuse_puts: 10_000 });
  const refused = await sweep();
  assert.deepEqual(refused.keys, { k2: all.length }, "nothing was written");
  assert.deepEqual([refused.rekeyed, refused.failed, refused.found, refused.repaired], [0, all.length, { early: 1 }, {}]);
  assert.deepEqual((await uses()).uses.values, { k2: all.length });

  await site.faults();
  // What does not open cannot be put under another key.
  const store = await site.kv();
  const until = new Date(Date.now() + 300 * 86_400_000).toISOString().replace(/\.\d+/, "");
  await store.put("refusal/broken", "x", { metadata: { k: "k2", r: until, s: 1 }, expiration: Date.parse(until) / 1000 + 86_400 });
  const done = await sweep();
  assert.deepEqual(done.keys, { k2: 1, k4: all.length });
  assert.deepEqual([done.rekeyed, done.failed, done.found, done.repaired], [all.length, 1, { early: 1 }, { early: 1 }]);
  const [listed] = (await store.list({ prefix: refusals[0] })).keys;
  assert.equal(listed.metadata.k, "k4");
  assert.ok(listed.expiration >= Date.parse(listed.metadata.r) / 1000, "both in one go");
  await store.delete("refusal/broken");
  assert.deepEqual((await sweep()).keys, { k4: all.length });
  await exchanged("k4");
  await keyring("k4", { k4 });
});

test("who has nothing in the store, and nothing left in the log, is found all the same", async () => {
  const { k4 } = site.secrets.KEYRING.keys;
  const review = { right: "human-review", statement: "mark-idle" };
  assert.equal((await mine("idle", "requests", review)).status, 201);
  const entry = (await site.trail()).findLast(({ action }) => action === "request.received");
  const handle = entry.subject;
  const people = (await uses()).uses.people.k4;
  // Of whom only an upload was begun, there never was an entry.
  await site.faults({ refuse_puts: 1 });
  assert.equal((await put("begun", "/orders/1", { n: 1 })).status, 503);
  await eventually(async () => (await uses()).uses.people.k4 === people + 1, "who began to be known");
  // Their entries are as old as they would be in two years.
  await site.restart({
    between: () => site.databases("AuditLog", (db) => {
      db.prepare("UPDATE leaves SET time = time - ? WHERE handle = ?").run(730 * 86_400, handle);
      db.prepare("INSERT INTO jobs (job, due) VALUES ('retention', 1) ON CONFLICT DO UPDATE SET due = 1").run();
    }),
  });
  await eventually(async () => (await site.trail()).some(({ action }) => action === "payloads.dropped"), "their entries to go");
  let left;
  const k5 = secret();
  site.secrets.KEYRING = { active: "k5", keys: { k4, k5 } };
  await site.restart({
    between: () => site.databases("AuditLog", (db) => {
      left = db.prepare("SELECT count(*) AS n FROM leaves WHERE handle = ?").get(handle).n;
    }),
  });
  assert.equal(left, 0);
  const counted = Object.values((await uses()).uses.people);
  assert.equal(counted.reduce((sum, count) => sum + count), people + 1, "nobody is missing");
  await exchanged("k5");
  await sweep();
  await keyring("k5", { k5 });
  const { body } = await mine("idle", "requests", undefined, "GET");
  assert.equal(body.requests.length, 1);
  assert.ok((await put("begun", "/orders/1", { n: 1 })).status < 300);
});

test("what waits on its way is put under the new key as well", async () => {
  const { k5 } = site.secrets.KEYRING.keys;
  const known = new Client(site);
  await known.page();
  await known.decide("accept-all");
  const opened = async (wanted) => (await site.trail()).filter(({ action, actor }) => action === wanted && actor).length;
  const [refused, withdrawn] = [await opened("consent.refused"), await opened("consent.withdrawn")];
  await site.faults({ close_log: true });
  // Nobody known, and somebody: each leaves what is not logged yet.
  await new Client(site).decide("reject-all");
  await known.page();
  await known.decide("reject-all");
  const sealed = [];
  const look = (db) => {
    for (const { task } of db.prepare("SELECT task FROM outbox").all()) {
      const { entry } = JSON.parse(task);
      if (entry) sealed.push(entry.sealed.key.key ?? entry.sealed.key);
    }
  };
  const k6 = secret();
  site.secrets.KEYRING = { active: "k6", keys: { k5, k6 } };
  await site.restart({ between: () => site.databases("Subject", look) });
  assert.deepEqual(sealed, ["k5", "k5"]);
  const arrived = async () => (await opened("consent.refused")) === refused + 1 && (await opened("consent.withdrawn")) === withdrawn + 1;
  await eventually(arrived, "both entries");
  await exchanged("k6");
  await sweep();
  await keyring("k6", { k6 });
  assert.equal((await known.request("consent/receipt")).status, 200);
  assert.ok(await arrived(), "both open");
});

test("whose key is gone is erased all the same", async () => {
  const { active, keys } = site.secrets.KEYRING;
  assert.equal((await put("lea", "/orders/1", { n: 1 })).status, 201);
  await keyring("lost", { lost: secret() });
  assert.equal((await backend.ask(site, "lea", "/orders/1")).status, 500);
  const erased = await mine("lea", "requests", { right: "erasure", confirm: true });
  assert.equal(erased.status, 201, JSON.stringify(erased.body));
  assert.equal(erased.body.request.phase, "completed");
  await keyring(active, { ...keys, lost: site.secrets.KEYRING.keys.lost });
  assert.ok([404, 409].includes((await backend.ask(site, "lea", "/orders/1")).status));
});
