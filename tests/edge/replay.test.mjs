// A backup that was restored brings back what had been erased; the ledger sees to it that it goes again.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const CLI = fileURLToPath(new URL("../../pkg/dist/cli.js", import.meta.url));
const backend = new Backend();
const category = (id) => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention: "P1Y", source: "provided" });
const copies = mkdtempSync(join(tmpdir(), "consentry-backup-"));

let site;
before(async () => {
  site = await startSite({ policy: { ...shopPolicy(), records: [category("orders")] }, vars: { ...backend.vars, LATE_DELETE: "1" } });
});
after(async () => {
  await site?.stop();
  rmSync(copies, { recursive: true, force: true });
});

const values = async () => [...await site.keys("record/"), ...await site.keys("consent/")].length;

async function erase(sub) {
  const auth_time = Math.floor(Date.now() / 1000);
  const headers = { authorization: `Bearer ${backend.token(sub, { auth_time })}`, origin: site.url, "content-type": "application/json" };
  const response = await site.api("me/erasure", { method: "POST", headers, body: JSON.stringify({ confirm: true }) });
  assert.equal(response.status, 200);
}

const run = (...args) => new Promise((done) => {
  const env = { ...process.env, CONSENTRY_ADMIN_TOKEN: site.secrets.ADMIN_TOKEN };
  execFile(process.execPath, [CLI, "replay-erasures", site.url, ...args], { env }, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
});

const operator = async (body) => {
  const response = await site.operator("erasures", { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text, body: JSON.parse(text) };
};

test("what a restored backup brings back is named, and erased again", async () => {
  const her = new Client(site);
  await her.page();
  await her.decide("accept-all");
  for (const sub of ["ann", "bob"]) for (const name of ["1", "2"]) await backend.put(site, sub, `/orders/${name}`, { name });
  assert.equal(await values(), 5);
  const part = (folder) => [join(site.stateDir, folder), join(copies, folder)];
  const parts = ["kv", "do/consentry-Subject"].map(part);
  await site.restart({ between: () => parts.forEach(([from, to]) => cpSync(from, to, { recursive: true })) });

  await erase("ann");
  assert.equal((await her.erase()).status, 200);
  await eventually(async () => (await values()) === 2, "bob's alone to be left");
  const nothing = await run();
  assert.deepEqual([nothing.code, nothing.stdout.trim()], [0, "Nothing is back of 2 erasures."], nothing.stderr);
  const saved = join(copies, "ledger.jsonl");
  assert.equal((await run("--save", saved)).code, 0);
  assert.equal(readFileSync(saved, "utf8").trim().split("\n").length, 2);
  assert.equal((await run("--save", saved)).code, 2, "what is there is not written over");

  await site.restart({
    between: () => parts.forEach(([to, from]) => {
      rmSync(to, { recursive: true, force: true });
      cpSync(from, to, { recursive: true });
    }),
  });
  assert.equal(await values(), 5, "the backup is back");
  const look = await run();
  assert.deepEqual([look.code, look.stdout.trim()], [1, "Back are 2 people and 3 values that had been erased."], look.stderr);
  assert.equal(await values(), 5, "nothing was changed");
  const done = await run("--ledger", saved, "--yes");
  assert.deepEqual([done.code, done.stdout.trim()], [0, "Erased again: 2 people and 3 values that had been erased."], done.stderr);
  await eventually(async () => (await values()) === 2, "it to be gone");
  assert.equal((await run()).stdout.trim(), "Nothing is back of 4 erasures.", "each of them is an erasure again");
  assert.equal((await backend.ask(site, "bob", "/orders/1")).status, 200, "who was not erased stays");
  const actions = (await site.trail()).map(({ action }) => action);
  assert.ok(actions.includes("erasures.replayed") && actions.includes("erasures.listed"));
});

test("who came after their erasure is somebody new, and stays", async () => {
  await eventually(async () => (await backend.put(site, "ann", "/orders/9", { n: 9 })).status === 201, "ann to be new");
  const look = await run("--yes");
  assert.equal(look.stdout.trim(), "Nothing is back of 4 erasures.", look.stderr);
  assert.equal((await backend.ask(site, "ann", "/orders/9")).status, 200);
});

test("a value in the store that nothing accounts for goes too", async () => {
  // Ann has one record by now, Bob two.
  const keys = await site.keys("record/");
  const folder = (key) => key.replace(/[^/]+$/, "");
  const hers = keys.find((key) => keys.filter((other) => folder(other) === folder(key)).length === 1);
  const kv = await site.kv();
  const stray = folder(hers) + "A".repeat(22);
  await kv.put(stray, "from an old backup");
  const look = await run("--yes");
  assert.equal(look.stdout.trim(), "Erased again: 0 people and 1 values that had been erased.", look.stderr);
  assert.deepEqual((await site.keys("record/")).sort(), keys.sort());
});

test("another ledger, and no ledger at all, are refused", async () => {
  const { erasures } = await (await site.operator("erasures")).json();
  const [one, two] = erasures;
  isProblem(await operator({ erasures: [{ ...one, subject: two.subject }] }), 422, "invalid-field");
  isProblem(await operator({ erasures: [{ ...one, subject: "k1.AAAA" }] }), 422, "invalid-field");
  isProblem(await operator({ erasures: [{ name: "x" }] }), 422, "invalid-field");
  isProblem(await operator({}), 422, "invalid-field");
  isProblem(await operator({ erasures: Array.from({ length: 51 }, () => one) }), 422, "invalid-field");
  assert.equal((await site.api("erasures")).status, 401);
  assert.equal((await site.api("erasures", { method: "POST", body: "{}" })).status, 401);
  assert.equal((await run("--ledger", "/nowhere")).code, 2);
});
