// The records that the site's backend keeps about people: stored, read, listed and deleted; sealed, indexed, kept for as
// long as the policy says, and never lost between.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import test, { after, before } from "node:test";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { unpackBytes } from "../archive.mjs";
import { Backend } from "./backend.mjs";
import { newId } from "./client.mjs";
import { contents, eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const MIB = 1 << 20;
const backend = new Backend();
const category = (id, retention = "P1Y") => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention, source: "provided" });
const policy = { ...shopPolicy(), records: [{ ...category("profile"), withheld: ["/password_hash"] }, category("orders", "P10Y"), category("photos", "PT24H"), category("brief", "PT3S")] };

let site;
before(async () => {
  site = await startSite({ policy, vars: { ...backend.vars, LATE_DELETE: "1" } });
});
after(() => site?.stop());

const put = (sub, path, body, headers) => backend.put(site, sub, path, body, headers);
const ask = (sub, path, init) => backend.ask(site, sub, path, init);
const stored = async () => (await site.keys("record/")).length;
const actions = async () => (await site.trail()).filter(({ action }) => action.startsWith("record"));

test("a record is stored, read, replaced, listed and deleted", async () => {
  const made = await put("ann", "/profile/main", { name: "Ann", city: "Cork" });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.category, "profile");
  assert.equal(made.body.media_type, "application/json");
  const read = await ask("ann", "/profile/main");
  assert.equal(read.status, 200);
  assert.equal(read.type, "application/json");
  assert.deepEqual(read.body, { name: "Ann", city: "Cork" });
  assert.equal(read.headers.get("etag"), made.headers.get("etag"));

  const replaced = await put("ann", "/profile/main", { name: "Ann", city: "Galway" });
  assert.equal(replaced.status, 200);
  assert.deepEqual((await ask("ann", "/profile/main")).body, { name: "Ann", city: "Galway" });
  await put("ann", "/orders/1001", { total: 42 });
  const { body } = await ask("ann", "");
  assert.deepEqual(body.records.map(({ category, name }) => `${category}/${name}`).sort(), ["orders/1001", "profile/main"]);
  assert.deepEqual((await ask("ann", "/orders")).body.records.map(({ name }) => name), ["1001"]);
  isProblem(await ask("bob", "/profile/main"), 404, "not-found");
  assert.deepEqual((await ask("bob", "")).body, { records: [], next: null });

  assert.equal((await ask("ann", "/profile/main", { method: "DELETE" })).status, 204);
  isProblem(await ask("ann", "/profile/main"), 404, "not-found");
  isProblem(await ask("ann", "/profile/main", { method: "DELETE" }), 404, "not-found");
  const entries = await actions();
  for (const action of ["record.stored", "record.read", "records.listed", "record.deleted"]) {
    assert.ok(entries.some((entry) => entry.action === action && entry.actor.class === "backend" && entry.details.key === "shop"), action);
  }
});

test("contents of every size and type come back as they were", async () => {
  for (const size of [0, 1, 1000, MIB - 100, MIB, 3 * MIB + 7, 24 * MIB]) {
    const content = randomBytes(size);
    const made = await put("sizes", "/photos/p", content, { "content-type": "image/png" });
    assert.ok([200, 201].includes(made.status), `${size}: ${made.text}`);
    assert.equal(made.body.size, size);
    const read = await ask("sizes", "/photos/p");
    assert.equal(read.status, 200, read.text);
    assert.equal(read.type, "image/png");
    assert.equal(read.headers.get("content-length"), String(size));
    assert.ok(read.bytes.equals(content), `${size} bytes`);
  }
});

test("nothing of it lies anywhere in the open", async () => {
  const marks = ["mark-name-7Q", "mark-content-8Q", "mark-account-9Q", "x-mark-type-5Q"];
  await put("mark-account-9Q", "/photos/mark-name-7Q", Buffer.from("mark-content-8Q".repeat(10)), { "content-type": "image/x-mark-type-5Q" });
  assert.equal((await ask("mark-account-9Q", "/photos/mark-name-7Q")).status, 200);
  const held = await contents(site);
  for (const mark of [...marks, "photos"]) {
    for (const [where, values] of Object.entries(held)) {
      // The policy names its categories.
      const found = values.filter((value) => Buffer.from(value).includes(mark) && !(mark === "photos" && Buffer.from(value).includes("retention")));
      assert.equal(found.length, 0, `${mark} in ${where}`);
    }
    if (mark !== "photos") assert.ok(!site.log.join("\n").includes(mark), `${mark} in the log`);
  }
});

test("storing again under the same key changes nothing", async () => {
  const headers = { "idempotency-key": newId() };
  const first = await put("same", "/orders/1", { n: 1 }, headers);
  const second = await put("same", "/orders/1", { n: 2 }, headers);
  assert.deepEqual([first.status, second.status], [201, 200]);
  assert.deepEqual(second.body, first.body);
  assert.deepEqual((await ask("same", "/orders/1")).body, { n: 1 });
  isProblem(await put("same", "/orders/3", {}, { "idempotency-key": "short" }), 422, "invalid-field");
});

/** The names in KV of an account's records. */
const keysOf = (sub) => site.keys(`record/${site.storeOf("account", Buffer.from(sub))}/`);

test("what is sent at once under the same key is stored once", async () => {
  const headers = { "idempotency-key": newId() };
  const at = await Promise.all(Array.from({ length: 8 }, (_, n) => put("at-once", "/orders/at-once", { n }, headers)));
  assert.deepEqual(at.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 201], at.map(({ text }) => text).join());
  for (const { body, headers } of at) assert.deepEqual([body, headers.get("etag")], [at[0].body, at[0].headers.get("etag")]);
  assert.deepEqual((await ask("at-once", "")).body.records.map(({ name }) => name), ["at-once"]);
  assert.equal((await actions()).filter(({ action, details }) => action === "record.stored" && details.name === "at-once").length, 1);
  await eventually(async () => (await keysOf("at-once")).length === 1, "what else was uploaded to go");
});

test("a key that was used brings nothing back, whatever stands there now", async () => {
  const key = () => ({ "idempotency-key": newId() });
  const [one, two] = [key(), key()];
  const store = (n, headers) => put("again", "/orders/again", { n }, headers);
  const now = async () => (await ask("again", "/orders/again")).body?.n;
  const first = await store(1, one);
  const second = await store(2, two);
  assert.deepEqual([first.status, second.status], [201, 200]);
  /** Sent again, each is answered as what it was, and changes nothing. */
  const again = async () => {
    for (const [n, headers, before] of [[1, one, first], [2, two, second]]) {
      const answer = await store(n, headers);
      assert.deepEqual([answer.status, answer.body, answer.headers.get("etag")], [200, before.body, before.headers.get("etag")]);
    }
  };
  await again();
  assert.equal(await now(), 2);
  // Each on its way while the other arrives.
  await Promise.all(Array.from({ length: 8 }, (_, n) => store((n % 2) + 1, n % 2 ? two : one)));
  assert.equal(await now(), 2);
  assert.equal((await ask("again", "/orders/again", { method: "DELETE" })).status, 204);
  await again();
  isProblem(await ask("again", "/orders/again"), 404, "not-found");
  assert.equal((await store(3, key())).status, 201, "under another it is stored");
  await site.restart({ kill: true });
  await again();
  assert.equal(await now(), 3);
  assert.equal((await actions()).filter(({ action, details }) => action === "record.stored" && details.name === "again").length, 3);
  // After a day it is forgotten.
  await site.restart({ between: () => site.databases("Subject", (db) => db.exec("UPDATE seen SET until = 1")) });
  assert.equal((await store(1, one)).status, 200);
  assert.equal(await now(), 1, "and the key is as good as new");
  await eventually(async () => {
    let left = 0;
    await site.restart({
      between: () => site.databases("Subject", (db) => {
        const count = (until) => db.prepare(`SELECT count(*) AS n FROM seen WHERE until ${until}`).get().n;
        // The objects that nobody has asked anything since wait for the alarm that they had set.
        if (count("> 1")) left += count("= 1");
      }),
    });
    return left === 0;
  }, "the rest to be deleted");
});

test("who may not is told so, and whose record it is stays unsaid", async (t) => {
  await put("eve", "/orders/1", {});
  const as = async (headers, path = "/orders/1", method = "GET") => {
    const response = await site.api(`records${path}`, { method, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text, body: text && JSON.parse(text) };
  };
  const token = { "consentry-subject": backend.token("eve") };
  const key = (text) => ({ authorization: `Bearer ${text}` });
  await t.test("without a key, or with another", async () => {
    isProblem(await as(token), 401, "key-needed");
    isProblem(await as({ ...token, ...key(`${backend.full.key}x`) }), 401, "key-needed");
    isProblem(await as({ ...token, ...key(site.secrets.ADMIN_TOKEN) }), 401, "key-needed");
  });
  await t.test("beyond the key's scopes", async () => {
    const reader = key(backend.reader.key);
    assert.equal((await as({ ...token, ...reader })).status, 200);
    isProblem(await as({ ...token, ...reader }, "/orders/1", "DELETE"), 403, "not-in-scope");
    isProblem(await as({ ...token, ...reader }, "/profile/1"), 403, "not-in-scope");
    isProblem(await as({ ...token, ...reader }, ""), 403, "not-in-scope");
    const denied = (await site.trail()).filter(({ action }) => action === "access.denied");
    assert.deepEqual(denied.map(({ details, outcome }) => [details.key, details.operation, outcome]).slice(-3), [
      ["reader", "write", "denied"], ["reader", "read", "denied"], ["reader", "read", "denied"],
    ]);
  });
  await t.test("with a token that counts for nothing", async () => {
    const full = key(backend.full.key);
    const now = Math.floor(Date.now() / 1000);
    const stranger = new Backend();
    for (const bad of [
      undefined, "", "a.b.c", stranger.token("eve"), backend.token("eve", { aud: "elsewhere" }), backend.token("eve", { exp: now - 1 }),
      backend.token("eve", { exp: now + 3600 }), backend.token("eve", { iat: now + 600, exp: now + 700 }), backend.token(""),
      backend.token("eve", { header: { alg: "none" } }), backend.token("eve", { header: { alg: "HS256" } }),
      backend.token("eve").replace(/\.[^.]+$/, "."), backend.token("eve", { header: { kid: "other" } }),
    ]) {
      isProblem(await as({ ...full, ...(bad !== undefined && { "consentry-subject": bad }) }), 401, "token-refused");
    }
  });
});

test("what is no record's address or type is refused, field by field", async () => {
  for (const [path, field] of [["/Orders/1", "category"], ["/orders/a%20b", "name"], ["/orders/..%2f", "name"], [`/orders/${"x".repeat(129)}`, "name"]]) {
    const answer = await put("bad", path, {});
    isProblem(answer, 422, "invalid-field");
    assert.equal(answer.body.field, field);
  }
  isProblem(await put("bad", "/secrets/1", {}), 404, "not-found");
  for (const type of ["json", "a/b/c", "text/plain; x=\u00ff", `a/${"b".repeat(200)}`]) {
    const answer = await put("bad", "/orders/1", Buffer.from("x"), { "content-type": type });
    isProblem(answer, 422, "invalid-field");
    assert.equal(answer.body.field, "content-type");
  }
  assert.equal(await announced("bad", 24 * MIB + 1), 413);
  isProblem(await ask("bad", "/orders/1", { method: "POST" }), 405, "method-not-allowed");
  isProblem(await ask("bad", "?after=x"), 422, "invalid-field");
  isProblem(await ask("bad", "/orders/1", { headers: { "consentry-ground": "because" } }), 422, "invalid-field");
  assert.deepEqual((await ask("bad", "")).body.records, []);
});

/** Says that so many bytes follow, and waits for the answer to that. */
function announced(sub, length) {
  const { hostname, port } = new URL(site.url);
  const headers = { ...backend.headers(sub), "content-type": "image/png", "content-length": length };
  return new Promise((done, fail) => {
    const sent = request({ hostname, port, path: "/.consentry/records/photos/big", method: "PUT", headers }, (answer) => {
      done(answer.statusCode);
      sent.destroy();
    });
    sent.on("error", fail);
    sent.flushHeaders();
  });
}

test("an upload that breaks off leaves nothing", async () => {
  const before = await stored();
  const { hostname, port } = new URL(site.url);
  const headers = { ...backend.headers("cut"), "content-type": "image/png", "content-length": 5 * MIB };
  await new Promise((done) => {
    const sent = request({ hostname, port, path: "/.consentry/records/photos/cut", method: "PUT", headers });
    sent.on("error", done);
    sent.on("close", done);
    sent.write(randomBytes(2 * MIB), () => setTimeout(() => sent.destroy(), 300));
  });
  await eventually(async () => (await stored()) === before, "what came of it to be gone");
  isProblem(await ask("cut", "/photos/cut"), 404, "not-found");
});

test("a list of many comes page by page", async () => {
  const names = Array.from({ length: 520 }, (_, n) => `n${n}`);
  for (let at = 0; at < names.length; at += 40) {
    const answers = await Promise.all(names.slice(at, at + 40).map((name) => put("many", `/orders/${name}`, { name })));
    assert.ok(answers.every(({ status }) => status === 201));
  }
  const first = (await ask("many", "/orders")).body;
  assert.equal(first.records.length, 500);
  const second = (await ask("many", `/orders?after=${first.next}`)).body;
  assert.equal(second.next, null);
  assert.deepEqual([...first.records, ...second.records].map(({ name }) => name).sort(), [...names].sort());
});

test("a record goes when its time is over, and the log says so", async () => {
  const before = await stored();
  const made = await put("short", "/brief/1", { soon: "gone" });
  assert.equal(made.status, 201);
  assert.equal(Date.parse(made.body.retain_until) - Date.parse(made.body.stored), 3000);
  assert.equal(await stored(), before + 1);
  await eventually(async () => (await stored()) === before, "the record to go from the store");
  isProblem(await ask("short", "/brief/1"), 404, "not-found");
  const deleted = (await actions()).filter(({ action, details }) => action === "record.deleted" && details.why === "retention");
  assert.deepEqual(deleted.map(({ details, actor }) => [details.category, details.name, actor.class]), [["brief", "1", "system"]]);
});

test("what was changed in the store is not handed out, and the operator learns of it", async () => {
  const keys = new Set(await site.keys("record/"));
  await put("hurt", "/photos/1", randomBytes(2 * MIB), { "content-type": "image/png" });
  const [key] = (await site.keys("record/")).filter((key) => !keys.has(key));
  const kv = await site.kv();
  const { value, metadata } = await kv.getWithMetadata(key, "arrayBuffer");
  const changed = async (change) => {
    const bytes = Buffer.from(new Uint8Array(value));
    await kv.put(key, change(bytes) ?? bytes, { metadata });
  };
  for (const change of [(bytes) => { bytes[5] ^= 1; }, (bytes) => { bytes[100] ^= 1; }, (bytes) => bytes.subarray(0, 20), (bytes) => bytes.subarray(0, MIB), () => Buffer.alloc(0)]) {
    await changed(change);
    isProblem(await ask("hurt", "/photos/1"), 500, "damaged");
  }
  // What is found late breaks the answer off.
  await changed((bytes) => { bytes[bytes.length - 1] ^= 1; });
  await assert.rejects(ask("hurt", "/photos/1"));
  const incidents = async () => (await actions()).filter(({ action }) => action === "record.damaged").length;
  await eventually(async () => (await incidents()) === 6, "what was found late to be logged as well");
  // So is what a copy comes upon.
  const { "manifest.json": manifest } = await copy("hurt", "access");
  assert.deepEqual(JSON.parse(manifest).not_included, [{ record: "photos/1", why: "damaged" }]);
  await eventually(async () => (await incidents()) === 7, "what the copy found to be logged");
  await kv.delete(key);
  const missing = await ask("hurt", "/photos/1");
  isProblem(missing, 503, "unavailable");
  assert.equal(await incidents(), 7, "what was written just now may only be late");
  assert.equal((await ask("hurt", "/photos/1", { method: "DELETE" })).status, 204);
});

test("the store refuses", async () => {
  await site.faults({ refuse_puts: 1 });
  isProblem(await put("refused", "/orders/1", {}), 503, "unavailable");
  isProblem(await ask("refused", "/orders/1"), 404, "not-found");
  assert.equal((await put("refused", "/orders/1", {})).status, 201);
});

test("the log refuses: nothing is read, and what is stored is known", async () => {
  await put("closed", "/orders/1", { n: 1 });
  await site.faults({ close_log: true });
  isProblem(await ask("closed", "/orders/1"), 503, "unavailable");
  isProblem(await put("closed", "/orders/2", { n: 2 }), 503, "unavailable");
  await site.faults();
  assert.equal((await ask("closed", "/orders/1")).status, 200);
});

/** Something that an account holder asks for on the site's own pages. */
async function mine(sub, path, body, claims) {
  const headers = { authorization: `Bearer ${backend.token(sub, claims)}`, origin: site.url, "content-type": "application/json" };
  const response = await site.api(`me/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text, body: JSON.parse(text) };
}

/** A copy, as stock unzip sees it: names with their bytes. */
async function copy(sub, right) {
  const asked = await mine(sub, "exports", { right });
  assert.equal(asked.status, 201, asked.text);
  const response = await site.fetch(asked.body.download);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/zip");
  return unpackBytes(Buffer.from(await response.arrayBuffer()));
}

test("a copy holds every record, and nothing that is withheld or another's", async () => {
  const photo = randomBytes(3 * MIB);
  await put("cleo", "/profile/main", { name: "Cleo", password_hash: "secret-mark", note: "=1+1" });
  await put("cleo", "/orders/1", { total: 1 });
  await put("cleo", "/orders/2", { total: 2, gift: true });
  await put("cleo", "/photos/Me", photo, { "content-type": "image/png" });
  await put("dora", "/orders/3", { of: "another" });
  const files = await copy("cleo", "access");
  const names = Object.keys(files).sort();
  assert.deepEqual(names, [
    "audit-entries.html", "audit-entries.json", "consent-history.csv", "consent-history.html", "consent-history.json",
    "index.html", "manifest.json", "metadata.json",
    "records/orders/orders.csv", "records/orders/orders.html", "records/orders/orders.json", "records/photos/0001-Me.png",
    "records/profile/profile.csv", "records/profile/profile.html", "records/profile/profile.json", "requests.json",
  ]);
  const json = (name) => JSON.parse(files[name].toString());
  assert.ok(files["records/photos/0001-Me.png"].equals(photo));
  assert.deepEqual(json("records/orders/orders.json").map(({ content }) => content).sort((a, b) => a.total - b.total), [{ total: 1 }, { total: 2, gift: true }]);
  assert.deepEqual(json("records/profile/profile.json")[0].content, { name: "Cleo", note: "=1+1" });
  assert.match(files["records/profile/profile.csv"].toString(), /"'=1\+1"/);
  // Where something is withheld, only JSON of which it can be taken is stored, or handed out.
  isProblem(await put("cleo", "/profile/other", "password_hash=secret-mark", { "content-type": "text/plain" }), 422, "invalid-field");
  isProblem(await put("cleo", "/profile/other", { password_hash: "secret-mark", more: "x".repeat(MIB) }), 422, "invalid-field");
  assert.equal((await put("cleo", "/profile/torn", Buffer.from('{"password_hash": "secret-mark"'), { "content-type": "application/json" })).status, 201);
  const torn = await copy("cleo", "access");
  assert.deepEqual(JSON.parse(torn["manifest.json"]).not_included, [{ record: "profile/torn", why: "withheld by the site" }]);
  const whole = [...Object.values(files), ...Object.values(torn)].map((bytes) => bytes.toString("latin1")).join();
  for (const mark of ["secret-mark", "another", "dora"]) assert.ok(!whole.includes(mark), mark);
  const manifest = json("manifest.json");
  assert.deepEqual(manifest.not_included, []);
  assert.deepEqual(manifest.files.map(({ name }) => name).sort(), names.filter((name) => name !== "manifest.json"));
  for (const { name, bytes } of manifest.files) assert.equal(bytes, files[name].length, name);
  const index = files["index.html"].toString();
  const links = [...index.matchAll(/href="([^"]+)"/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(links)].sort(), names.filter((name) => !["index.html", "manifest.json"].includes(name)));
  for (const said of ["Legal basis", "Kept for", "10 years", "You gave it"]) assert.ok(index.includes(said), said);
  assert.match(files["records/profile/profile.html"].toString(), /<dt>note<\/dt><dd><bdi>=1\+1</);
  const { categories, recipients, right, purposes, decisions, log, rights } = json("metadata.json");
  assert.equal(right, "access");
  assert.ok(categories.some(({ id, retention, source }) => id === "orders" && retention === "P10Y" && source === "provided"));
  // What is left out is named (GDPR Article 12(4)), as are the terms of all that is handed out (Article 15(1)(d)).
  const withheld = Object.fromEntries(categories.map(({ id, withheld }) => [id, withheld]));
  assert.deepEqual(withheld, { profile: ["/password_hash"], orders: [], photos: [], brief: [] });
  assert.ok(rights.includes("judicial remedy (Article 79)"));
  assert.match(decisions.kept, /^Until erasure\./);
  assert.deepEqual(decisions.proof, policy.consent.proof);
  assert.equal(log.retention, policy.log?.retention ?? "P1Y");
  assert.ok(recipients.length && purposes.length);
  const [{ name: _, logic, consequences, ...invoice }] = json("metadata.json").automated_decisions;
  assert.deepEqual(invoice, { id: "invoice", purposes: ["necessary"], records: ["orders"] });
  for (const said of ["Automated decisions", "Whether you may pay by invoice", logic, consequences]) assert.ok(index.includes(said), said);
  const entries = json("audit-entries.json").map(({ entry }) => entry.action);
  for (const action of ["record.stored", "export.requested", "export.delivered"]) assert.ok(entries.includes(action), action);
});

test("a copy asserts of automated decisions what the policy does", async () => {
  const { automated_decisions: _, ...silent } = policy;
  const stated = async (name, declared) => {
    await site.adopt(declared);
    await put(name, "/orders/1", { total: 1 });
    const files = await copy(name, "access");
    return [JSON.parse(files["metadata.json"]).automated_decisions, files["index.html"].toString()];
  };
  const [none, index] = await stated("rae", { ...policy, automated_decisions: [] });
  assert.deepEqual(none, []);
  assert.match(index, /<h2>Automated decisions<\/h2><p>No decision [^<]* is based solely on automated processing/);
  const [nothing, quiet] = await stated("sid", silent);
  assert.equal(nothing, undefined);
  assert.doesNotMatch(quiet, /automated/i);
  await site.adopt(policy);
});

test("a copy names whom the data was received from", async () => {
  const received = { ...category("score"), source: "received", received_from: { en: "A credit agency", de: "Eine Auskunftei" } };
  await site.adopt({ ...policy, records: [...policy.records, received] });
  await put("tom", "/score/1", { n: 1 });
  const files = await copy("tom", "access");
  const { categories } = JSON.parse(files["metadata.json"]);
  assert.deepEqual(categories.map(({ received_from }) => received_from), [...policy.records.map(() => null), "A credit agency"]);
  assert.ok(files["index.html"].toString().includes("<dd><bdi>Received from others</bdi></dd><dd><bdi>A credit agency</bdi></dd>"));
  await site.adopt(policy);
});

test("what was withheld stays so when the policy no longer declares its category", async () => {
  await put("gus", "/profile/main", { name: "Gus", password_hash: "secret-mark" });
  await site.adopt({ ...policy, records: policy.records.filter(({ id }) => id !== "profile") });
  const files = await copy("gus", "access");
  assert.deepEqual(JSON.parse(files["records/profile/profile.json"])[0].content, { name: "Gus" });
  await site.adopt(policy);
});

test("what may be taken along is less than what is shown", async () => {
  const derived = { ...category("score"), source: "derived" };
  const books = { id: "books", essential: true, basis: "legal-obligation", name: { en: "Books", de: "Bücher" }, description: { en: "The law wants it.", de: "Das Gesetz will es." } };
  const ledger = { ...category("ledger"), purposes: ["books"] };
  await site.adopt({ ...policy, purposes: [...policy.purposes, books], records: [...policy.records, derived, ledger] });
  for (const path of ["/orders/1", "/score/1", "/ledger/1"]) assert.equal((await put("fay", path, { n: 1 })).status, 201, path);
  const folders = async (right) => [...new Set(Object.keys(await copy("fay", right)).filter((name) => name.startsWith("records/")).map((name) => name.split("/")[1]))].sort();
  assert.deepEqual(await folders("access"), ["ledger", "orders", "score"]);
  assert.deepEqual(await folders("portability"), ["orders"]);
  assert.ok(!("audit-entries.json" in await copy("fay", "portability")));
  isProblem(await mine("fay", "exports", { right: "erasure" }), 422, "invalid-field");
  isProblem(await mine("fay", "exports", { rights: "access" }), 422, "invalid-field");
});

test("a copy of many comes in pages, and says what it could not take", async () => {
  const files = await copy("many", "access");
  const parts = Object.keys(files).filter((name) => /^records\/orders\/orders(-\d)?\.json$/.test(name)).sort();
  assert.deepEqual(parts, ["records/orders/orders-2.json", "records/orders/orders.json"]);
  assert.equal(parts.flatMap((name) => JSON.parse(files[name])).length, 520);
  const keys = new Set(await site.keys("record/"));
  await put("lost", "/orders/1", { n: 1 });
  const [key] = (await site.keys("record/")).filter((key) => !keys.has(key));
  await (await site.kv()).delete(key);
  assert.deepEqual(JSON.parse((await copy("lost", "access"))["manifest.json"]).not_included, [{ record: "orders/1", why: "not visible in the store yet, or deleted meanwhile" }]);
  assert.equal((await ask("lost", "/orders/1", { method: "DELETE" })).status, 204);
});

test("a copy of many files is read in parts, and one that is damaged costs that one alone", async () => {
  const bytes = (n) => Buffer.from(`file ${n}`.repeat(n % 7));
  const names = Array.from({ length: 260 }, (_, n) => n);
  for (let n = 0; n < names.length; n += 20) {
    const some = names.slice(n, n + 20).map((n) => put("filed", `/photos/${n}`, bytes(n), { "content-type": "image/png" }));
    assert.deepEqual([...new Set((await Promise.all(some)).map(({ status }) => status))], [201]);
  }
  const keys = new Set(await site.keys("record/"));
  await put("filed", "/photos/hurt", randomBytes(2 * MIB), { "content-type": "image/png" });
  const [key] = (await site.keys("record/")).filter((key) => !keys.has(key));
  const kv = await site.kv();
  const { value, metadata } = await kv.getWithMetadata(key, "arrayBuffer");
  const changed = Buffer.from(value);
  changed[changed.length - 1] ^= 1;
  await kv.put(key, changed, { metadata });
  const files = await copy("filed", "access");
  const found = Object.entries(files).filter(([name]) => name.startsWith("records/photos/"));
  assert.equal(found.length, 261);
  for (const [name, content] of found) {
    const n = /-(\d+)\.png$/.exec(name)?.[1];
    if (n) assert.ok(content.equals(bytes(Number(n))), name);
  }
  const manifest = JSON.parse(files["manifest.json"]);
  assert.deepEqual(manifest.not_included, [{ record: "photos/hurt", why: "damaged" }]);
  const hurt = manifest.files.find(({ record }) => record === "hurt");
  assert.deepEqual([hurt.whole, hurt.bytes < 2 * MIB], [false, true]);
  assert.ok(manifest.files.filter(({ record }) => record).every(({ whole, name, bytes }) => (whole || name === hurt.name) && bytes === files[name].length));
  assert.match(files["index.html"].toString(), /photos\/hurt: damaged/);
  assert.equal((await ask("filed", "/photos/hurt", { method: "DELETE" })).status, 204);
});

test("a copy opens with its passphrase alone, by a reader that others wrote", async () => {
  await put("cloaked", "/profile/main", { name: "Cloaked-mark" });
  const passphrase = "violin marble octopus";
  const link = async () => (await mine("cloaked", "exports", { right: "access" })).body;
  const send = (path, body) => site.fetch(path, { method: "POST", headers: { origin: site.url, "content-type": "application/json" }, body: JSON.stringify(body) });
  const { download, bytes } = await link();
  assert.equal(bytes, JSON.stringify({ name: "Cloaked-mark" }).length);
  for (const body of [{ passphrase: "short" }, { passphrase: "x".repeat(1025) }, { passphrase: 1 }, {}]) {
    const refused = await send(download, body);
    assert.equal(refused.status, 422);
    assert.equal((await refused.json()).field, "passphrase");
  }
  const response = await send(download, { passphrase });
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="my-data-encrypted.zip"');
  const sealed = Buffer.from(await response.arrayBuffer());
  for (const seen of ["profile", "index.html", "Cloaked-mark"]) assert.ok(!sealed.includes(seen), seen);
  const open = async (password) => {
    const reader = new ZipReader(new Uint8ArrayReader(sealed), { password });
    const [file, ...others] = await reader.getEntries();
    assert.deepEqual([file.filename, others.length, file.encrypted, file.zipCrypto], ["my-data.zip", 0, true, false]);
    return Buffer.from(await file.getData(new Uint8ArrayWriter()));
  };
  await assert.rejects(open("violin marble octopuS"), /password/i);
  const files = unpackBytes(await open(passphrase));
  assert.deepEqual(JSON.parse(files["records/profile/profile.json"])[0].content, { name: "Cloaked-mark" });
  assert.equal((await send(download, { passphrase })).status, 404, "once");
  // A form brings the passphrase with its request, and takes the copy along.
  const headers = { authorization: `Bearer ${backend.token("cloaked")}`, origin: site.url };
  const form = await site.api("me/exports", { method: "POST", headers, body: new URLSearchParams({ right: "access", passphrase, return: "/" }) });
  assert.equal(form.headers.get("content-type"), "application/zip", await form.clone().text());
  assert.equal(Buffer.from(await form.arrayBuffer()).readUInt16LE(8), 99, "AES, says the method");
  const plain = await site.api("me/exports", { method: "POST", headers, redirect: "manual", body: new URLSearchParams({ right: "access", passphrase: "", return: "/" }) });
  assert.deepEqual([plain.status, /exports\//.test(plain.headers.get("location"))], [303, true]);
});

test("erasure takes the records along, once the site has asked for the password again", async () => {
  const before = await stored();
  await put("gone", "/photos/1", randomBytes(2000));
  await put("gone", "/orders/1", { n: 1 });
  assert.equal(await stored(), before + 2);
  const denied = await mine("gone", "erasure", { confirm: true });
  isProblem(denied, 403, "step-up-needed");
  assert.equal(denied.body.needs, "recent");
  const auth_time = Math.floor(Date.now() / 1000) - 10;
  const asked = await mine("gone", "exports", {});
  const erased = await mine("gone", "erasure", { confirm: true }, { auth_time });
  assert.equal(erased.status, 200, erased.text);
  assert.equal(erased.body.erased.records, 2);
  assert.equal(await stored(), before);
  assert.equal((await site.fetch(asked.body.download)).status, 404);
  await eventually(async () => (await ask("gone", "/orders/1")).status === 404, "the last of it to go");
  assert.equal((await put("gone", "/orders/1", { back: true })).status, 201);
});

test("an upload that an erasure overtakes is told so, and leaves nothing", async () => {
  const before = await stored();
  assert.equal((await put("raced", "/orders/1", {})).status, 201);
  const { hostname, port } = new URL(site.url);
  const headers = { ...backend.headers("raced"), "content-type": "image/png", "content-length": 3 * MIB };
  const [half, rest] = [randomBytes(2 * MIB), randomBytes(MIB)];
  const status = await new Promise((done, fail) => {
    const sent = request({ hostname, port, path: "/.consentry/records/photos/1", method: "PUT", headers }, (answer) => done(answer.resume().statusCode));
    sent.on("error", fail);
    sent.write(half, async () => {
      await new Promise((later) => setTimeout(later, 300));
      const erased = await mine("raced", "erasure", { confirm: true }, { auth_time: Math.floor(Date.now() / 1000) });
      if (erased.status !== 200) fail(new Error(erased.text));
      sent.end(rest);
    });
  });
  assert.equal(status, 409);
  await eventually(async () => (await stored()) === before, "the store to be as before");
  await new Promise((later) => setTimeout(later, 1500));
  assert.equal(await stored(), before);
});

test("killed on the way, nothing is in the store that the index does not know", async (t) => {
  for (const place of ["after-begin", "after-commit", "after-delete", "after-append"]) {
    await t.test(place, async () => {
      await put("killed", "/photos/1", randomBytes(5000));
      await eventually(async () => (await site.keys("record/")).length === (await index()).length, "a quiet store");
      await site.faults({ hang_at: place });
      const hanging = put("killed", "/photos/1", randomBytes(6000)).catch(() => "cut off");
      await eventually(() => site.log.some((line) => line.includes("fault-point") && line.includes(place)), place);
      await site.restart({
        kill: true,
        between: () => site.databases("Subject", (db) => {
          db.exec("UPDATE uploads SET due = 1");
        }),
      });
      site.log.length = 0;
      await hanging;
      // Something is asked of the person, or their alarm comes: either wakes what is to be done.
      await ask("killed", "");
      assert.equal((await put("killed", "/photos/2", randomBytes(10))).status < 300, true);
      await eventually(async () => {
        const [kept, known] = [await site.keys("record/"), await index()];
        return kept.every((key) => known.includes(key)) && known.every((key) => kept.includes(key));
      }, "store and index to agree", 20_000);
      assert.equal((await ask("killed", "/photos/1")).status, 200);
    });
  }
});

/** The keys that the objects know of. */
async function index() {
  const keys = [];
  const { cpSync, mkdtempSync, readdirSync, rmSync } = await import("node:fs");
  const { join } = await import("node:path");
  const { tmpdir } = await import("node:os");
  const { DatabaseSync } = await import("node:sqlite");
  const copy = mkdtempSync(join(tmpdir(), "consentry-index-"));
  cpSync(join(site.stateDir, "do/consentry-Subject"), copy, { recursive: true });
  for (const name of readdirSync(copy).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
    const db = new DatabaseSync(join(copy, name));
    try {
      keys.push(...db.prepare("SELECT key FROM keys WHERE key LIKE 'record/%'").all().map(({ key }) => key));
    } catch {
      // Nothing was ever recorded there.
    }
    db.close();
  }
  rmSync(copy, { recursive: true, force: true });
  return keys;
}

