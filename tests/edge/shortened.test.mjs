// Where a category is kept for less time than before, what is stored follows at the sweep's next walk. Where it is kept for
// longer, or is declared no more, what is stored stays as it was.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { unpackBytes } from "../archive.mjs";
import { Backend } from "./backend.mjs";
import { newId } from "./client.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

const DAY = 86_400;
const backend = new Backend();
const vars = { ...backend.vars, LATE_DELETE: "1", SWEEP_EVERY: "0" };
let retentions = Object.fromEntries(["orders", "profile", "notes", "over", "soon", "claims", "reported", "killed"].map((id) => [id, "P1Y"]));
const policy = () => {
  const declared = Object.entries(retentions).filter(([, retention]) => retention);
  const records = declared.map(([id, retention]) => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention, source: "provided" }));
  return { ...shopPolicy(), records };
};

let site, kv;
before(async () => {
  site = await startSite({ policy: policy(), vars });
  kv = await site.kv();
});
after(() => site?.stop());

async function restart(options) {
  await site.restart(options);
  kv = await site.kv();
}
/** Brings a policy into force that keeps these categories for so long. */
async function adopt(changes) {
  retentions = { ...retentions, ...changes };
  const response = await site.adopt(policy());
  assert.equal(response.status, 200, await response.text());
}
const operator = async (path, body) => {
  const response = await site.operator(path, body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  return response.json();
};
/** Goes through the whole store once. */
async function sweep() {
  const started = (await operator("retention")).last?.ended;
  // When a walk ended is told to the second.
  await wait(1_000);
  return eventually(async () => {
    await site.scheduled();
    const { last, running } = await operator("retention");
    return !running && last && last.ended !== started && last;
  }, "the walk to end");
}
async function mine(sub, path, body) {
  const auth_time = Math.floor(Date.now() / 1000) - 5;
  const headers = { authorization: `Bearer ${backend.token(sub, { auth_time })}`, origin: site.url, connection: "close" };
  if (body) headers["content-type"] = "application/json";
  const response = await site.api(`me/${path}`, { method: "POST", headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}
async function put(sub, path, body = { n: 1 }) {
  const stored = await backend.put(site, sub, path, body);
  assert.ok(stored.status < 300, stored.text);
  return stored.body;
}
const ask = (sub, path, init) => backend.ask(site, sub, path, init);
/** Until when each record is kept, as the backend is told. */
async function dates(sub, headers) {
  const { records } = (await ask(sub, "", { headers })).body;
  return Object.fromEntries(records.map(({ category, name, retain_until }) => [`${category}/${name}`, retain_until]));
}
const written = (milliseconds) => new Date(milliseconds).toISOString().replace(".000", "");
const plus = (time, seconds) => written(Date.parse(time) + seconds * 1_000);
/** When KV drops each record of an account by itself, in order; without an expiry, never. */
async function expiries(sub) {
  const { keys } = await kv.list({ prefix: `record/${site.storeOf("account", Buffer.from(sub))}/` });
  return keys.map(({ expiration }) => expiration && written(expiration * 1_000)).sort();
}
const entries = async (action) => (await site.trail()).filter((one) => one.action === action);
const shortened = async () => (await entries("retention.repaired")).filter(({ details }) => details.found === "longer");

test("what is stored follows a shorter retention, once, and neither a longer one nor none", async () => {
  const stored = {};
  for (const path of ["orders/1", "orders/2", "profile/main", "notes/1"]) stored[path] = await put("ann", `/${path}`);
  await put("ben", "/profile/main");
  const before = await dates("ann");
  assert.deepEqual(before, Object.fromEntries(Object.entries(stored).map(([path, { retain_until }]) => [path, retain_until])));
  await adopt({ orders: "P30D", profile: "P2Y", notes: undefined });
  const { found, repaired, failed } = await sweep();
  assert.deepEqual([found, repaired, failed], [{ longer: 2 }, { longer: 2 }, 0]);

  const [one, two] = ["orders/1", "orders/2"].map((path) => plus(stored[path].stored, 30 * DAY));
  const now = { ...before, "orders/1": one, "orders/2": two };
  assert.deepEqual(await dates("ann"), now);
  const [entry, ...more] = await shortened();
  assert.deepEqual(more, [], "one for all of them");
  const { actor, subject, outcome, details } = entry;
  assert.deepEqual([actor.class, outcome], ["system", "done"]);
  assert.equal(subject, (await entries("record.stored")).find(({ details }) => details.category === "orders").subject);
  assert.deepEqual(details, { found: "longer", kind: "record", categories: { orders: { records: 2, first: [one, two].sort()[0], last: [one, two].sort()[1] } } });
  // KV's own expiry is a day later, and the content is what it was.
  const backstops = Object.values(now).map((until) => plus(until, DAY)).sort();
  await eventually(async () => JSON.stringify(await expiries("ann")) === JSON.stringify(backstops), "KV's expiries to follow");
  assert.deepEqual((await ask("ann", "/orders/1")).body, { n: 1 });
  // People are told the same.
  const { download } = await mine("ann", "exports", { right: "access" });
  const files = unpackBytes(Buffer.from(await (await site.fetch(download)).arrayBuffer()));
  const told = JSON.parse(files["records/orders/orders.json"]).map(({ retain_until }) => retain_until);
  assert.deepEqual(told.sort(), [one, two].sort());

  assert.deepEqual((await sweep()).found, {});
  await adopt({ orders: "P1Y" });
  assert.deepEqual((await sweep()).found, {});
  assert.deepEqual(await dates("ann"), now, "what was promised is not taken back");
  assert.equal((await shortened()).length, 1);
  // Written again, it is kept for as long as its category is then.
  await eventually(async () => Date.parse((await put("ann", "/orders/1")).retain_until) > Date.now() + 300 * DAY * 1_000, "the policy to be known");
  assert.equal((await dates("ann"))["orders/2"], two);
});

test("it is deleted when its new time is over, or at once where that has passed", async () => {
  await put("bob", "/over/1");
  const { stored } = await put("bob", "/soon/1");
  await adopt({ over: "PT1S", soon: "PT20S" });
  const { found, repaired } = await sweep();
  assert.deepEqual([found, repaired], [{ longer: 2 }, { longer: 2 }]);
  const until = plus(stored, 20);
  assert.deepEqual(await dates("bob"), { "soon/1": until });
  await eventually(async () => (await expiries("bob")).length === 1, "the value to go");
  await eventually(async () => (await ask("bob", "/soon/1")).status === 404, "the other to go", 40_000);
  const deleted = (await entries("record.deleted")).map(({ details, time }) => ({ ...details, time }));
  assert.deepEqual(deleted.map(({ category, why }) => [category, why]), [["over", "retention"], ["soon", "retention"]]);
  assert.ok(Date.parse(deleted[1].time) >= Date.parse(until), "not before");
  await eventually(async () => (await expiries("bob")).length === 0, "its value to go");
});

test("what is restricted or held gets its date, and goes when nothing keeps it any more", async () => {
  const ground = { "consentry-ground": "legal-claims" };
  const stored = { cleo: await put("cleo", "/claims/1"), dora: await put("dora", "/claims/1") };
  await mine("cleo", "requests", { right: "restriction", ground: "claims" });
  const { hold } = await operator("holds", { id: newId(), account: "dora", reason: "Case 7." });
  await adopt({ claims: "PT1S" });
  const { found, repaired } = await sweep();
  assert.deepEqual([found, repaired], [{ longer: 2 }, { longer: 2 }]);
  await wait(3_000);
  for (const sub of ["cleo", "dora"]) {
    assert.deepEqual(await dates(sub, ground), { "claims/1": plus(stored[sub].stored, 1) });
    assert.deepEqual((await ask(sub, "/claims/1", { headers: ground })).body, { n: 1 });
    assert.deepEqual(await expiries(sub), [undefined], "the store drops nothing that is kept");
  }
  assert.deepEqual((await sweep()).found, {});
  await mine("cleo", "restriction/lift");
  assert.ok((await operator(`holds/${hold.id}`, { do: "release" })).released);
  for (const sub of ["cleo", "dora"]) {
    await eventually(async () => (await ask(sub, "/claims/1")).status === 404, `${sub}'s to go`);
  }
});

test("a walk that only counts says how many it would be", async () => {
  const { stored, retain_until } = await put("eve", "/reported/1");
  const before = (await shortened()).length;
  await restart({ vars: { ...vars, SWEEP: "report" } });
  await adopt({ reported: "P7D" });
  const only = await sweep();
  assert.deepEqual([only.found, only.repaired], [{ longer: 1 }, {}]);
  assert.deepEqual(await dates("eve"), { "reported/1": retain_until });
  assert.equal((await shortened()).length, before);
  await restart({ vars });
  assert.deepEqual((await sweep()).repaired, { longer: 1 });
  assert.deepEqual(await dates("eve"), { "reported/1": plus(stored, 7 * DAY) });
});

test("killed while KV is to follow, it is done afterwards, with one entry", async () => {
  const { stored } = await put("fay", "/killed/1");
  await adopt({ killed: "P30D" });
  await site.faults({ hang_at: "after-lift" });
  assert.deepEqual((await sweep()).repaired, { longer: 1 });
  await eventually(() => site.log.some((line) => line.includes("fault-point")), "it to hang");
  await restart({ kill: true });
  await eventually(async () => (await expiries("fay")).join() === plus(stored, 31 * DAY), "KV's expiry");
  assert.deepEqual(await dates("fay"), { "killed/1": plus(stored, 30 * DAY) });
  assert.deepEqual((await sweep()).found, {});
  assert.equal((await shortened()).filter(({ details }) => details.categories.killed).length, 1);
  const waiting = [];
  const between = () => site.databases("Subject", (db) => waiting.push(db.prepare("SELECT count(*) AS n FROM outbox").get().n));
  await eventually(async () => {
    waiting.length = 0;
    await wait(3_000);
    await restart({ between });
    return waiting.every((n) => n === 0);
  }, "every outbox to be empty", 30_000);
});
