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
const put = (sub, path, body) => backend.put(site, sub, path, body);
async function sweep() {
  const { last: before } = await operator("retention");
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
  await eventually(async () => {
    const { people, entries } = (await uses()).uses;
    return [people, entries].every((uses) => Object.keys(uses).join() === "k2");
  }, "people and entries to be under the new key", 30_000);
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

test("without a key that is needed nothing is answered, and nothing is lost but what is erased", async () => {
  assert.equal((await put("lea", "/orders/1", { n: 1 })).status, 201);
  await keyring("k3", { k3: k1 });
  const answer = await backend.ask(site, "ann", "/orders/1");
  assert.equal(answer.status, 500);
  assert.ok(!answer.text.includes("k2"));
  assert.equal((await new Client(site).page()).status, 200, "the site is still served");
  // Whose key is gone can be erased all the same.
  const erased = await mine("lea", "requests", { right: "erasure", confirm: true });
  assert.equal(erased.status, 201, JSON.stringify(erased.body));
  assert.equal(erased.body.request.phase, "completed");
  await keyring("k2", { k2 });
  assert.deepEqual((await backend.ask(site, "ann", "/orders/1")).body, { n: 1 });
});
