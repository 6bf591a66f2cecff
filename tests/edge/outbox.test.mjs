// What is too much for one go is done in turns, and what is held up holds up nothing else.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test, { after, before } from "node:test";
import { Backend } from "./backend.mjs";
import { newId } from "./client.mjs";
import { leafHash } from "./proof.mjs";
import { eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const orders = { id: "orders", purposes: ["necessary"], name: { en: "orders", de: "orders" }, retention: "P1Y", source: "provided" };

let site;
before(async () => {
  site = await startSite({ policy: { ...shopPolicy(), records: [orders] }, vars: { ...backend.vars, LATE_DELETE: "1" } });
});
after(() => site?.stop());

const put = (sub, path) => backend.put(site, sub, path, { n: 1 });
async function erase(sub) {
  const auth_time = Math.floor(Date.now() / 1000) - 5;
  const headers = { authorization: `Bearer ${backend.token(sub, { auth_time })}`, origin: site.url, "content-type": "application/json", connection: "close" };
  const response = await site.api("me/erasure", { method: "POST", headers, body: JSON.stringify({ confirm: true }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text, body: JSON.parse(text) };
}

/** What a query gives of a copy of every person's tables, while workerd goes on. */
function inside(query) {
  const copy = mkdtempSync(join(tmpdir(), "consentry-outbox-"));
  cpSync(join(site.stateDir, "do/consentry-Subject"), copy, { recursive: true });
  const rows = [];
  for (const name of readdirSync(copy).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
    const db = new DatabaseSync(join(copy, name));
    try {
      rows.push(...db.prepare(query).all());
    } catch {
      // Nothing was ever written there.
    }
    db.close();
  }
  rmSync(copy, { recursive: true, force: true });
  return rows;
}

const deletes = (db, event, count) => {
  const insert = db.prepare("INSERT INTO outbox (event, task, made, due) VALUES (?, ?, 1, 1)");
  for (let n = 0; n < count; n++) insert.run(event, JSON.stringify({ do: "delete", key: `record/none/${event}-${n}` }));
};

test("rows behind one that fails wait, and a thousand and a half of another event are done, in order", async () => {
  await put("many", "/orders/1");
  const [stuck, free] = [newId(), newId()];
  let filled = 0;
  await site.restart({
    between: () => site.databases("Subject", (db) => {
      if (!db.prepare("SELECT count(*) AS n FROM keys").get().n) return;
      filled += 1;
      db.exec("BEGIN");
      db.prepare("INSERT INTO outbox (event, task, made, due) VALUES (?, ?, 1, 1)").run(stuck, JSON.stringify({ do: "nothing known" }));
      deletes(db, stuck, 2_000);
      deletes(db, free, 1_500);
      db.exec("COMMIT");
    }),
  });
  assert.equal(filled, 1);
  // Whatever is asked of the person sets the alarm.
  assert.equal((await backend.ask(site, "many", "/orders/1")).status, 200);
  await eventually(() => inside("SELECT event, count(*) AS n FROM outbox GROUP BY event").every(({ event, n }) => event === stuck && n === 2_001), "the other event to be done", 60_000);
  assert.equal(inside("SELECT * FROM outbox").length, 2_001, "what waits is not lost");
  // They are deleted once more, some at a time.
  await eventually(() => inside("SELECT key FROM late_deletes").length === 0, "every late deletion", 30_000);
  assert.equal((await put("many", "/orders/2")).status, 201, "and the person is served meanwhile");
  const plan = inside(`EXPLAIN QUERY PLAN SELECT id FROM outbox WHERE id > 0 AND event NOT IN (SELECT value FROM json_each('[]')) AND event = 'x' ORDER BY id LIMIT 1`);
  assert.match(plan.map(({ detail }) => detail).join("\n"), /outbox_by_event/);
});

test("an erasure of more than can be done at once is said to go on, and does", async () => {
  await put("vast", "/orders/1");
  await site.restart({
    between: () => site.databases("Subject", (db) => {
      const known = db.prepare("SELECT retain_until FROM keys").all();
      // Not the one of the test before, of whom there are two records.
      if (known.length !== 1) return;
      const [{ retain_until: until }] = known;
      db.exec("BEGIN");
      const insert = db.prepare("INSERT INTO keys (key, retain_until) VALUES (?, ?)");
      for (let n = 0; n < 1_500; n++) insert.run(`record/none/vast-${n}`, until);
      db.exec("COMMIT");
    }),
  });
  const first = await erase("vast");
  isProblem(first, 503, "unavailable");
  const done = await eventually(async () => {
    const { status, body } = await erase("vast");
    return status === 200 && body;
  }, "the erasure", 60_000);
  assert.ok(done.erased);
  assert.ok((await site.trail()).some(({ action }) => action === "erasure.completed"));
  assert.equal(inside("SELECT key FROM keys WHERE key LIKE 'record/none/%'").length, 0);
});

test("while the log takes nothing, what needs it waits in its order, what does not is done, and nothing is tried again and again", async () => {
  await put("late", "/orders/1");
  const free = newId();
  const random = (bytes) => randomBytes(bytes).toString("base64url");
  const entry = () => {
    const time = `${new Date().toISOString().slice(0, 19)}Z`;
    const leaf = `{"action":"consent.given","commitment":"${random(32)}","time":"${time}","v":1}`;
    return { event: newId(), leaf, payload: random(40), sealed: { by: "site", key: site.secrets.KEYRING.active }, actor: "device" };
  };
  const waiting = Array.from({ length: 900 }, entry);
  let filled = 0;
  await site.restart({
    between: () => site.databases("Subject", (db) => {
      // Of the tests before, one has two records, and one is erased.
      if (db.prepare("SELECT count(*) AS n FROM records").get().n !== 1) return;
      filled += 1;
      db.exec("BEGIN");
      const insert = db.prepare("INSERT INTO outbox (event, task, made, due) VALUES (?, ?, 1, 1)");
      for (const one of waiting) insert.run(one.event, JSON.stringify({ do: "append", entry: one }));
      deletes(db, free, 20);
      db.exec("COMMIT");
    }),
  });
  assert.equal(filled, 1);
  await site.faults({ close_log: true });
  isProblem(await backend.ask(site, "late", "/orders/1"), 503, "unavailable");
  const events = `(${waiting.map(({ event }) => `'${event}'`).join(", ")})`;
  const left = () => inside(`SELECT attempts, due FROM outbox WHERE event IN ${events} ORDER BY id`);
  await eventually(() => inside(`SELECT id FROM outbox WHERE event = '${free}'`).length === 0, "what needs no log to be done", 30_000);
  await eventually(() => left()[0]?.attempts >= 3, "the first to be tried again", 30_000);
  const rows = left();
  // Some may have gone before the log was closed.
  assert.ok(rows.length > 700, "more than one go could try");
  assert.ok(rows[0].attempts < 8, "with pauses");
  assert.ok(rows.slice(1).every(({ attempts, due }) => attempts === 0 && due > 1), "the others wait behind it");
  await site.faults();
  await eventually(() => left().length === 0, "all of them to be logged", 60_000);
  const { leaves } = await site.readLog();
  const places = waiting.map(({ leaf }) => leaves.findIndex((hash) => hash.equals(leafHash(leaf))));
  assert.ok(places[0] > 0);
  assert.ok(places.every((place, n) => n === 0 || place > places[n - 1]), "in their order");
});

test("where nothing goes through at all, it is tried with pauses", async () => {
  await put("last", "/orders/1");
  // The store takes no keys of more than 512 bytes.
  const value = (n) => ({ do: "put", key: `record/none/last-${n}/${"x".repeat(600)}`, value: "", metadata: { k: "k1", s: 0 }, expires: null });
  let filled = 0;
  await site.restart({
    between: () => site.databases("Subject", (db) => {
      if (filled || db.prepare("SELECT count(*) AS n FROM records").get().n !== 1) return;
      filled += 1;
      db.exec("BEGIN");
      const insert = db.prepare("INSERT INTO outbox (event, task, made, due) VALUES (?, ?, 1, 1)");
      for (let n = 0; n < 900; n++) insert.run(newId(), JSON.stringify(value(n)));
      db.exec("COMMIT");
    }),
  });
  // Whatever is asked of the person sets the alarm; it is one of these.
  for (const sub of ["late", "last"]) assert.equal((await backend.ask(site, sub, "/orders/1")).status, 200);
  const rows = () => inside("SELECT attempts, due FROM outbox WHERE task LIKE '%none/last-%' ORDER BY id");
  await eventually(() => rows()[0].attempts >= 2, "it to be tried again", 30_000);
  await new Promise((done) => setTimeout(done, 2_000));
  const tried = rows();
  assert.equal(tried.length, 900);
  assert.ok(tried[0].attempts < 6, `${tried[0].attempts} times`);
  assert.ok(tried.at(-1).due > 1, "what is behind more than one go can try waits as long");
});
