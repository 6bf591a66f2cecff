// Devices that an account's holder links to it: the account's rights reach what is kept about them, their choices stay their own.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { unpackBytes } from "../archive.mjs";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const orders = { id: "orders", purposes: ["necessary"], name: { en: "Orders", de: "Bestellungen" }, retention: "P1Y", source: "provided" };
const recent = () => ({ auth_time: Math.floor(Date.now() / 1000) });

let site;
before(async () => (site = await startSite({ policy: { ...shopPolicy(), records: [orders] }, vars: { ...backend.vars, LATE_DELETE: "4" } })));
after(() => site?.stop());

const as = (client, sub, path, body, claims) => client.post(`me/${path}`, body, { headers: { authorization: `Bearer ${backend.token(sub, claims)}` } });
const link = (client, sub, linked = true) => as(client, sub, "devices", { linked });

async function device() {
  const client = new Client(site);
  await client.page();
  await client.decide("accept-all");
  return client;
}

async function copy(client, sub) {
  const asked = await as(client, sub, "exports", { right: "access" });
  return unpackBytes((await client.request(asked.body.download)).bytes);
}

test("a copy of the account has what is kept about its devices, once they are linked", async () => {
  const [phone, laptop] = [await device(), await device()];
  await backend.put(site, "ann", "/orders/1", { n: 1 });
  const names = async () => Object.keys(await copy(phone, "ann")).filter((name) => name.startsWith("devices/")).sort();
  assert.deepEqual(await names(), [], "logging in links nothing");
  for (const [client, n] of [[phone, 1], [laptop, 2], [laptop, 2]]) {
    const linked = await link(client, "ann");
    assert.deepEqual([linked.status, linked.body], [200, { linked: true, devices: n }]);
  }
  const files = await copy(phone, "ann");
  const histories = ["devices/1/consent-history.json", "devices/2/consent-history.json"].map((name) => JSON.parse(files[name]));
  assert.deepEqual(histories.map((history) => history.length), [1, 1]);
  assert.notEqual(histories[0][0].decision.id, histories[1][0].decision.id);
  assert.ok("devices/1/receipts/0001.json" in files && "records/orders/orders.json" in files);
  assert.match(files["index.html"].toString(), /href="devices\/2\/consent-history\.html"/);
  // What the account never decided is not decided for it, nor does the link change what a device did.
  assert.deepEqual(JSON.parse(files["consent-history.json"]), []);
  assert.equal((await link(laptop, "ann", false)).body.devices, 1);
  assert.ok(!(await names()).some((name) => name.startsWith("devices/2/")));
  const actions = (await site.trail()).map(({ action }) => action);
  assert.deepEqual([2, 1], ["device.linked", "device.unlinked"].map((wanted) => actions.filter((action) => action === wanted).length));
});

test("a restriction and its end reach the devices, and so does an erasure", async () => {
  const [own, other] = [await device(), await device()];
  await link(own, "bob");
  const state = async (client) => (await client.request("me/requests")).body.restriction;
  const made = await as(own, "bob", "requests", { right: "restriction", ground: "claims" });
  assert.equal(made.status, 201, made.text);
  assert.ok((await state(own)) && !(await state(other)));
  assert.match(own.cookies.get("consentry"), /r\./, "the browser at hand knows");
  assert.equal((await as(own, "bob", "restriction/lift", {})).status, 200);
  assert.equal(await eventually(async () => (await state(own)) ?? "lifted", "the end"), "lifted");
  // One that the device asked for itself stays.
  await own.post("me/requests", { right: "restriction", ground: "claims" });
  await as(own, "bob", "requests", { right: "restriction", ground: "claims" });
  await as(own, "bob", "restriction/lift", {});
  assert.ok(await state(own));
  const erased = await as(own, "bob", "erasure", { confirm: true }, recent());
  assert.equal(erased.status, 200, erased.text);
  assert.ok(!own.cookies.has("consentry") && !own.device, "the browser at hand keeps nothing");
  assert.equal((await other.inside()).events, 1);
});

test("a device that is gone, is another's, or is none holds nothing up", async () => {
  const [gone, shared] = [await device(), await device()];
  await link(gone, "cleo");
  await link(shared, "cleo");
  isProblem(await link(shared, "dora"), 409, "linked-elsewhere");
  isProblem(await link(new Client(site), "cleo"), 404, "not-found");
  isProblem(await shared.post("me/devices", { linked: true }), 401, "token-refused");
  isProblem(await as(shared, "cleo", "devices", { linked: "yes" }), 422, "invalid-field");
  assert.equal((await gone.erase()).status, 200);
  const files = await copy(shared, "cleo");
  assert.deepEqual([...new Set(Object.keys(files).filter((name) => name.startsWith("devices/")).map((name) => name.split("/")[1]))], ["2"]);
  assert.equal((await as(shared, "cleo", "erasure", { confirm: true }, recent())).status, 200);
  assert.ok(!shared.device);
});

test("an erasure that breaks off on its way to a device goes on to it", async () => {
  const client = await device();
  await backend.put(site, "eve", "/orders/1", { n: 1 });
  await link(client, "eve");
  await site.faults({ hang_at: "after-also" });
  const asking = as(client, "eve", "erasure", { confirm: true }, recent()).catch(() => {});
  await eventually(() => site.log.some((line) => line.includes("fault-point")), "it to hang");
  await site.restart({ kill: true });
  await asking;
  const again = await as(client, "eve", "erasure", { confirm: true }, recent());
  assert.equal(again.status, 200, again.text);
});
