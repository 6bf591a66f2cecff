// Every route and every process, walked: what changes something, hands something about people out, or lets an operator
// see something, leaves the entries that are named here, and no others.

import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test, { after, before } from "node:test";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { sha256 } from "./proof.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

/** What changes without an entry of its own, and why that is right. */
const WITHOUT = {
  "a person looks at what they decided": "their own, shown to them; nothing changes",
  "late deletions": "part of the erasure, which has its entries",
  "a record's address that is taken by no category": "nothing is begun",
};

const backend = new Backend();
let site;
before(async () => {
  site = await startSite({ vars: { ...backend.vars, LATE_DELETE: "2", LOG_DENIALS: "2", LOG_CADENCE: "1" } });
});
after(() => site?.stop());

/** The rows of an object's tables. The files are copied: workerd goes on with its own. */
function rows(object) {
  const folder = join(site.stateDir, `do/consentry-${object}`);
  const copies = mkdtempSync(join(tmpdir(), "consentry-walk-"));
  const all = [];
  for (const name of readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
    for (const end of ["", "-wal"]) {
      if (existsSync(join(folder, name + end))) copyFileSync(join(folder, name + end), join(copies, name + end));
    }
    const db = new DatabaseSync(join(copies, name));
    const tables = db.prepare(String.raw`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_cf%' ESCAPE '\' AND name NOT LIKE 'sqlite%'`).all();
    for (const { name: table } of tables) {
      for (const row of db.prepare(`SELECT * FROM ${table}`).all()) all.push({ object: name, table, row });
    }
    db.close();
  }
  rmSync(copies, { recursive: true, force: true });
  return all;
}

const text = (value) => JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? Buffer.from(part).toString("base64") : part));

/** Everything that is kept but the log itself, and the list of what is deleted once more in a while. */
async function kept() {
  const kv = await site.kv();
  const keys = (await site.keys()).filter((key) => !key.startsWith("log/tile/"));
  const values = await Promise.all(keys.map(async (key) => `${key} ${sha256(Buffer.from(await kv.get(key, "arrayBuffer"))).toString("hex")}`));
  const tables = ["Subject", "Registry"].flatMap(rows).filter(({ table }) => table !== "late_deletes");
  return [...values, ...tables.map(text)].sort();
}

const entries = () => rows("AuditLog").filter(({ table }) => table === "leaves").map(({ row }) => row).sort((a, b) => a.idx - b.idx);

/** Waits until nothing is left to be done. */
const settled = () => eventually(() => !rows("Subject").concat(rows("Registry")).some(({ table }) => table === "outbox"), "the outbox to be empty");

/** The routes of the router, as its source names them. */
function patterns() {
  const read = (name) => readFileSync(new URL(`../../edge/src/${name}.rs`, import.meta.url), "utf8");
  const records = [...read("api/records").matchAll(/=> "(records[^"]*)"/g)].map(([, pattern]) => pattern);
  assert.equal(records.length, 3);
  const routes = [...read("router").matchAll(/\(\s*"([^"]+)",\s*(?:on!|api::|Err\(|get\(|assets::|crate::testing)/g)].map(([, pattern]) => pattern);
  assert.ok(routes.length > 20, "the router's routes are found in its source");
  return new Set([...records, ...routes]);
}

/** The patterns of the requests that were made, as their log lines name them. */
const walked = () => new Set(site.log.flatMap((line) => {
  try {
    const { t, route } = JSON.parse(line);
    return t === "request" && route ? [route] : [];
  } catch {
    return [];
  }
}));

test("every route and process", async (t) => {
  const [her, him, nobody] = [new Client(site), new Client(site), new Client(site)];
  const operator = (path, init) => async () => {
    const response = await site.operator(path, init);
    await response.arrayBuffer();
    assert.ok(response.status < 300, `${path}: ${response.status}`);
  };
  const ok = (ask, status = 200) => async () => {
    const answer = await ask();
    assert.equal(answer.status, status, answer.text?.slice(0, 300));
    return answer;
  };
  const see = (path, status) => ok(() => nobody.request(path), status);
  const beyond = (path) => async () => {
    const headers = { ...backend.headers("ann"), authorization: `Bearer ${backend.reader.key}` };
    assert.equal((await site.api(path, { headers })).status, 403);
  };
  const mine = async (path, body, status = 200, auth_time = Math.floor(Date.now() / 1000)) => {
    const headers = { authorization: `Bearer ${backend.token("ann", { auth_time })}`, origin: site.url, "content-type": "application/json" };
    const response = await site.api(`me/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(response.status, status);
    return response.json();
  };
  const late = ["late deletions", async () => new Promise((done) => setTimeout(done, 3_000)), []];
  const own = async (path, init, status = 200) => {
    const headers = { authorization: `Bearer ${backend.token("ann")}`, origin: site.url };
    assert.equal((await site.api(`me/${path}`, { ...init, headers })).status, status);
  };
  const act = (id, body) => operator(`requests/${id}`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } })();
  const json = (body) => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const them = new Client(site);
  const linked = async (linked) => assert.equal((await them.post("me/devices", { linked }, { headers: { authorization: `Bearer ${backend.token("ann")}` } })).status, 200);
  let link, review, hold;
  let policy = shopPolicy();

  const STEPS = [
    ["a page of the site", see("/"), []],
    ["the banner", see("banner"), []],
    ["the preferences", see("preferences"), []],
    ["the policy", see("policy"), []],
    ["a script", async () => {
      const [, script] = /src="\/\.consentry\/(a\/c\.[^"]+)"/.exec((await nobody.page()).text);
      await see(script)();
    }, []],
    ["the script of the tag", see("a/c.js"), []],
    ["a stylesheet of another theme", see("style/other.css"), []],
    ["that the signal is honoured", see("/.well-known/gpc.json"), []],
    ["the site's health", see("health"), []],
    ["the keys", see("keys"), []],
    ["the log", see("log"), []],
    ["its checkpoint", see("log/checkpoint"), []],
    ["its witnesses", see("log/witnessed", 404), []],
    ["its key", see("log/key"), []],
    ["a tile", see("log/tile/0/000.p/1"), []],
    ["that it grew", see("log/consistency/1"), []],
    ["an address that is none", see("nowhere", 404), []],
    ["how consent stands with nobody", see("consent"), []],
    ["a refusal by nobody", ok(() => nobody.decide("reject-all")), ["consent.refused"]],
    ["a grant", ok(() => her.decide("accept-all")), ["consent.given"]],
    ["a person looks at what they decided", ok(() => her.request("consent")), []],
    ["their receipt", ok(() => her.request("consent/receipt")), []],
    ["a withdrawal", ok(() => her.decide("reject-all")), ["consent.withdrawn"]],
    ["a grant that asks too late", ok(async () => him.post("consent", await him.ask("accept-all", { seen: 7 })), 409), []],
    ["a request for a copy", async () => (link = (await ok(() => her.requestExport(), 201)()).body.download), ["export.requested"]],
    ["the copy", ok(() => her.request(link)), ["export.delivered"]],
    ["the copy, once more", ok(() => her.request(link), 404), []],
    ["an erasure", ok(() => her.erase()), ["erasure.requested", "erasure.completed"]],
    late,
    ["a preflight", ok(() => nobody.request("consent", { method: "OPTIONS", headers: { origin: "https://other.example", "access-control-request-method": "POST" } }), 403), ["access.denied"]],
    ["an operator without a token", see("audit", 401), ["access.denied"]],
    ["an operator reads", operator("audit"), ["trail.read"]],
    ["an operator takes a trail", operator("audit?format=jsonl"), ["trail.exported"]],
    ["an operator takes a table", operator("audit?format=csv"), ["trail.exported"]],
    ["an operator reads leaves", operator("log/tile/entries/000.p/1"), ["entries.read"]],
    ["an operator reads lines", operator("lines"), ["lines.read"]],
    ["a record", ok(() => backend.put(site, "ann", "/orders/1", { n: 1 }), 201), ["record.stored"]],
    ["the same in its place", ok(() => backend.put(site, "ann", "/orders/1", { n: 2 }), 200), ["record.stored"]],
    ["a record is read", ok(() => backend.ask(site, "ann", "/orders/1")), ["record.read"]],
    ["a list", ok(() => backend.ask(site, "ann", "")), ["records.listed"]],
    ["a list of a category", ok(() => backend.ask(site, "ann", "/orders")), ["records.listed"]],
    ["a record is deleted", ok(() => backend.ask(site, "ann", "/orders/1", { method: "DELETE" }), 204), ["record.deleted"]],
    ["a record that is not there", ok(() => backend.ask(site, "ann", "/orders/1"), 404), []],
    ["a record's address that is taken by no category", ok(() => backend.put(site, "ann", "/nothing/1", {}), 404), []],
    ["a key beyond its scopes", beyond("records"), ["access.denied"]],
    ["a profile", ok(() => backend.put(site, "ann", "/profile/main", { city: "Cork" }), 201), ["record.stored"]],
    ["a correction of one's own", async () => mine("requests", { right: "rectification", record: { category: "profile", name: "main" }, changes: { "/city": "Cobh" } }, 201),
      ["request.received", "record.rectified"]],
    ["a request for the site's people", async () => (review = (await mine("requests", { right: "human-review", statement: "Look again." }, 201)).request), ["request.received"]],
    ["an operator looks at requests", operator("requests"), ["requests.listed"]],
    ["an operator looks at the ledger", operator("erasures"), ["erasures.listed"]],
    ["a replay that only looks", operator("erasures", { method: "POST", body: '{"erasures":[]}', headers: { "content-type": "application/json" } }), []],
    ["a replay", operator("erasures", { method: "POST", body: '{"erasures":[],"confirm":true}', headers: { "content-type": "application/json" } }), ["erasures.replayed"]],
    ["an operator looks how long what is kept is kept", operator("retention"), []],
    ["an operator looks whom records are about", operator("concerned?category=profile"), ["concerned.listed"]],
    ["a hold", async () => (hold = (await (await site.operator("holds", json({ account: "ann", reason: "Case 7." }))).json()).hold), ["hold.placed"]],
    ["an operator looks at holds", operator("holds"), ["holds.listed"]],
    ["an erasure of what is held", async () => mine("requests", { right: "erasure", confirm: true }, 201), ["request.refused"]],
    ["the hold's end", async () => operator(`holds/${hold.id}`, json({ do: "release" }))(), ["hold.released"]],
    ["an operator looks at notices", operator("notices"), ["notices.listed"]],
    ["a notice that is none", ok(() => nobody.request("notices/x", { method: "POST" }), 401), ["access.denied"]],
    ["an operator looks at a request", async () => operator(`requests/${review.id}`)(), ["request.viewed"]],
    ["more time", async () => act(review.id, { do: "extend", reason: "It takes longer." }), ["request.extended"]],
    ["an answer", async () => act(review.id, { do: "done" }), ["request.completed"]],
    ["a restriction", async () => (review = (await mine("requests", { right: "restriction", ground: "claims" }, 201)).request), ["request.received", "restriction.placed", "request.completed"]],
    ["a lifting announced", async () => act(review.id, { do: "announce-lift", reason: "No claims.", lift_at: "2099-01-01T00:00:00Z" }), ["restriction.announced"]],
    ["one's own requests", async () => own("requests"), []],
    ["one of them", async () => own(`requests/${review.id}`), []],
    ["an answer by a system that is none", ok(() => nobody.request(`connectors/crm/${review.id}`, { method: "POST", body: "{}" }), 401), ["access.denied"]],
    ["the panel", see("me", 200), []],
    ["a restriction lifted", async () => own("restriction/lift", { method: "POST" }), ["restriction.lifted"]],
    ["an objection by request", async () => mine("requests", { right: "objection", purposes: ["marketing"] }, 201), ["request.received", "consent.refused"]],
    ["an erasure that has to wait", async () => (review = (await mine("requests", { right: "erasure", confirm: true }, 403, null)).request), ["request.received", "access.denied"]],
    ["an erasure taken back", async () => mine(`requests/${review.id}/revoke`, {}), ["request.revoked"]],
    ["a copy of an account", async () => (link = await mine("exports", {}, 201)), ["export.requested"]],
    ["the copy, taken", async () => site.get(`me/exports/${link.download.split("/").at(-1)}`), ["export.delivered"]],
    ["a grant on another device", ok(() => them.decide("accept-all")), ["consent.given"]],
    ["the device is linked to the account", async () => linked(true), ["device.linked"]],
    ["it is not any more", async () => linked(false), ["device.unlinked"]],
    ["a code, where none are sent", ok(() => nobody.post("contact/codes", { contact: "ann@mail.example" }), 404), []],
    ["a code given back there", ok(() => nobody.post("contact/proofs", { contact: "ann@mail.example", challenge: "x", code: "1" }), 404), []],
    ["a proof forgotten", ok(() => nobody.post("contact/end", {})), []],
    ["an agent's request that is none", see("contact/agents/00000000", 404), []],
    ["confirmed by an account", async () => mine("agents/00000000", { confirm: true }, 404), []],
    ["an agent, where none may ask", see("drp/v1/agent/AGENT_1", 404), []],
    ["a card, where no tokens are made", ok(() => nobody.post("cards", { number: "4111111111111111" }), 404), []],
    ["an erasure of an account", async () => mine("erasure", { confirm: true }), ["erasure.requested", "erasure.completed"]],
    late,
    ["a policy", async () => {
      policy = structuredClone(policy);
      policy.purposes[1].description.en += " For a year.";
      assert.equal((await site.adopt(policy)).status, 200);
    }, ["policy.adopted"]],
    ["the same policy again", async () => assert.equal((await site.adopt(policy)).status, 200), []],
    ["a policy that is none", async () => assert.equal((await site.adopt("{}")).status, 422), []],
    ["the minute's work: the first walk over the store", () => site.scheduled(), ["retention.swept"]],
    ["the next minute's", () => site.scheduled(), []],
    ["a start with other keys", async () => {
      site.secrets.SIGNING_KEY = { ...site.secrets.SIGNING_KEY, log: [Buffer.alloc(32, 7).toString("base64url"), ...site.secrets.SIGNING_KEY.log] };
      await site.restart();
      await site.get("log/checkpoint");
    }, ["log.configured"]],
  ];

  await settled();
  for (const [what, act, expected] of STEPS) {
    await t.test(what, async () => {
      const [state, log] = [await kept(), entries().length];
      await act();
      await settled();
      // Denials of nobody known become one entry when their minute is over.
      if (expected.includes("access.denied")) await eventually(() => entries().length >= log + expected.length, "the entry of the minute", 8_000);
      const made = entries().slice(log).map(({ action }) => action);
      assert.deepEqual(made, expected);
      const changed = text(await kept()) !== text(state);
      assert.ok(!changed || made.length || WITHOUT[what], `${what} changed something, and no entry says so`);
    });
  }

  await t.test("none was left out", () => {
    const not = new Set(["testing", "unconfigured", "cross-origin", "log/tile/{tile}"]);
    const missing = [...patterns()].filter((pattern) => !walked().has(pattern) && !not.has(pattern));
    assert.deepEqual(missing, []);
  });
});
