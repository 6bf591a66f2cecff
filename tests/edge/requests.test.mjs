// People's requests under Articles 15 to 22: taken in from whoever may ask, carried out, answered in time, and undone by
// nobody else.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test, { after, before } from "node:test";
import { Backend } from "./backend.mjs";
import { unpackBytes } from "../archive.mjs";
import { Client, DEVICE, newId } from "./client.mjs";
import { eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const category = (id, purposes, more) => ({ id, purposes, name: { en: id, de: id }, retention: "P1Y", source: "provided", ...more });
const security = { id: "security", essential: true, basis: "legitimate-interests", name: { en: "Security", de: "Sicherheit" }, description: { en: "We look for fraud.", de: "Wir suchen nach Betrug." } };
const policy = {
  ...shopPolicy(),
  purposes: [...shopPolicy().purposes, security],
  rights: { country: "IE" },
  records: [
    category("profile", ["necessary"], { rectifiable: ["/city", "/street"], withheld: ["/password_hash"] }),
    category("orders", ["necessary"]),
    category("brief", ["necessary"], { retention: "PT3S" }),
    category("interests", ["marketing"]),
    category("notes", ["marketing"], { rectifiable: ["/city"] }),
    category("visits", ["analytics", "marketing"]),
    category("signals", ["security"]),
    category("alarms", ["security", "marketing"]),
  ],
};

let site;
before(async () => {
  site = await startSite({ policy, vars: { ...backend.vars, LATE_DELETE: "4" } });
});
after(() => site?.stop());

const put = (sub, path, body, headers) => backend.put(site, sub, path, body, headers);
const ask = (sub, path, init) => backend.ask(site, sub, path, init);

/** Something that an account's holder asks for; with `at`, shortly after the site asked for the password. */
async function mine(sub, path, { method = "POST", recent, body } = {}) {
  const auth_time = recent ? Math.floor(Date.now() / 1000) - 10 : undefined;
  const headers = { authorization: `Bearer ${backend.token(sub, { auth_time })}`, origin: site.url, connection: "close" };
  if (body) headers["content-type"] = "application/json";
  return answer(await site.api(`me/${path}`, { method, headers, body: body && JSON.stringify(body) }));
}

async function answer(response) {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return { status: response.status, headers: response.headers, type, text, body: /json/.test(type) && text ? JSON.parse(text) : undefined };
}

const request = (sub, body, more) => mine(sub, "requests", { body, ...more });
const listed = async (sub) => (await mine(sub, "requests", { method: "GET" })).body;
const operator = async (path, body) =>
  answer(await site.operator(path, body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }));
const act = (id, body) => operator(`requests/${id}`, body);
const entries = async (action) => (await site.trail()).filter((entry) => entry.action === action);
const entryOf = async (action, id) => (await entries(action)).find(({ details }) => details?.request === id);
const open = async (over) => (await operator(`requests${over ? "?over=yes" : ""}`)).body.requests;

test("a correction that is people's own is made at once, with what was there before sealed in the trail", async () => {
  await put("ann", "/profile/main", { name: "Ann", city: "Crok", password_hash: "x" });
  const was = (await ask("ann", "")).body.records[0];
  const made = await request("ann", { right: "rectification", record: { category: "profile", name: "main" }, changes: { "/city": "Cork", "/street": "1 Quay" } });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.request.phase, "completed");
  assert.equal(made.headers.get("location"), `/.consentry/me/requests/${made.body.request.id}`);
  assert.deepEqual((await ask("ann", "/profile/main")).body, { name: "Ann", city: "Cork", password_hash: "x", street: "1 Quay" });
  const is = (await ask("ann", "")).body.records[0];
  assert.equal(is.retain_until, was.retain_until, "having been wrong does not make it last longer");
  const entry = await entryOf("record.rectified", made.body.request.id);
  assert.deepEqual(entry.details.before, { "/city": "Crok", "/street": null });
  assert.deepEqual(entry.details.after, { "/city": "Cork", "/street": "1 Quay" });
  await eventually(async () => (await site.keys("record/")).length === 1, "the old one to go");
  assert.ok(await entryOf("request.received", made.body.request.id));
});

test("other corrections are the site's to make, and their answer is the person's to read", async () => {
  await put("bob", "/orders/7", { total: 42 });
  const asks = [
    { right: "rectification", record: { category: "orders", name: "7" }, changes: { "/total": 24 }, statement: "It was 24." },
    { right: "rectification", statement: "My name has two n." },
  ];
  for (const body of asks) {
    const made = await request("bob", body);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.request.phase, "in-progress");
    assert.deepEqual(made.body.request.steps, { site: { state: "open" } });
    const { id } = made.body.request;
    assert.ok((await open()).some((one) => one.id === id && one.right === "rectification" && !one.overdue));
    const shown = await operator(`requests/${id}`);
    assert.equal(shown.status, 200, shown.text);
    assert.deepEqual(shown.body.asked, body);
    assert.ok(await entryOf("request.viewed", id));
    assert.equal((await act(id, { do: "done", note: "Put right, and sorry." })).body.request.phase, "completed");
    const own = (await listed("bob")).requests.find((one) => one.id === id);
    assert.equal(own.steps.site.note, "Put right, and sorry.");
    assert.ok(!(await open()).some((one) => one.id === id));
    assert.ok((await open(true)).some((one) => one.id === id && one.phase === "completed"));
    isProblem(await act(id, { do: "done" }), 404, "not-found");
  }
  assert.deepEqual((await ask("bob", "/orders/7")).body, { total: 42 }, "nobody but the site changed it");
});

test("what cannot be put right is refused, and nothing is taken in", async () => {
  await put("carl", "/profile/main", { city: "Cork" });
  await put("carl", "/profile/text", Buffer.from("no JSON"), { "content-type": "application/json" });
  const record = { category: "profile", name: "main" };
  const refused = async (body, field, status = 422) => {
    const made = await request("carl", { right: "rectification", ...body });
    isProblem(made, status, status === 422 ? "invalid-field" : undefined);
    if (field) assert.equal(made.body.field, field, made.text);
  };
  await refused({ record, changes: { "/city": "Cork" } }, "changes");
  await refused({ record: { ...record, name: "text" }, changes: { "/city": "Cork" } }, "record");
  await refused({ record: { ...record, name: "gone" }, changes: { "/city": "Cork" } }, undefined, 404);
  await refused({ changes: { "/city": "Cork" } }, "record");
  await refused({ record, changes: { city: "Cork" } }, "changes");
  await refused({ record, changes: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`/${at}`, 1])) }, "changes");
  await refused({}, "statement");
  await refused({ statement: "x".repeat(4_001) }, "statement");
  await refused({ statement: "wrong", ground: "accuracy" }, "ground");
  for (const [body, field] of [
    [{ right: "restriction" }, "ground"], [{ right: "restriction", ground: "boredom" }, "ground"], [{ right: "objection" }, "purposes"],
    [{ right: "objection", purposes: ["necessary"] }, "purposes"], [{ right: "objection", purposes: ["nothing"] }, "purposes"],
    [{ right: "human-review" }, "statement"], [{ right: "erasure" }, "confirm"], [{ right: "access", confirm: true }, "confirm"],
    [{ right: "forgiveness" }, "right"], [{}, "right"], [{ right: "access", extra: 1 }, "extra"],
  ]) {
    const made = await request("carl", body);
    isProblem(made, 422, "invalid-field");
    assert.equal(made.body.field, field, made.text);
  }
  assert.deepEqual(await listed("carl"), { requests: [], restriction: null });
});

test("a restriction stops everything but storage, until the person was informed and its time has come", async () => {
  const before = (await (await site.kv()).list({ prefix: "record/" })).keys.map(({ name }) => name);
  await put("dora", "/profile/main", { city: "Cork" });
  await put("dora", "/brief/1", { n: 1 });
  const made = await request("dora", { right: "restriction", ground: "accuracy", statement: "That is not my city." });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.request.phase, "completed");
  assert.equal(made.body.restricted, true);
  const { id } = made.body.request;
  // The store's own expiries of hers were lifted before it was said.
  const kv = await site.kv();
  const expiring = async () => (await kv.list({ prefix: "record/" })).keys.filter(({ expiration }) => expiration).map(({ name }) => name);
  assert.deepEqual((await expiring()).filter((name) => !before.includes(name)), []);
  // Read, list and change are closed, but for the grounds of the law; each use of one is in the log.
  isProblem(await ask("dora", "/profile/main"), 423, "frozen");
  isProblem(await ask("dora", ""), 423, "frozen");
  isProblem(await put("dora", "/profile/main", { city: "Galway" }), 423, "frozen");
  isProblem(await ask("dora", "/profile/main", { method: "DELETE" }), 423, "frozen");
  const ground = { "consentry-ground": "legal-claims" };
  assert.equal((await ask("dora", "/profile/main", { headers: ground })).status, 200);
  assert.ok((await entries("record.read")).some(({ details }) => details.ground === "legal-claims"));
  assert.equal((await put("dora", "/orders/9", { n: 9 })).status, 201, "storing is all that is left");
  // Neither we nor the store let it go when its time is over.
  await new Promise((done) => setTimeout(done, 4_000));
  assert.equal((await ask("dora", "/brief/1", { headers: ground })).status, 200);
  // The person's own rights go on.
  const copy = await request("dora", { right: "access" });
  assert.equal(copy.status, 201, copy.text);
  assert.equal((await site.fetch(copy.body.download)).status, 200);
  assert.equal((await request("dora", { right: "rectification", record: { category: "profile", name: "main" }, changes: { "/city": "Cobh" } })).status, 201);
  isProblem(await request("dora", { right: "restriction", ground: "claims" }), 409, "already-restricted");
  // It is announced, and then lifted.
  const soon = new Date(Date.now() + 3_000).toISOString().replace(/\.\d+/, "");
  const restriction = (await operator("requests?over=yes")).body.requests.find((one) => one.id === id);
  assert.deepEqual([restriction.phase, restriction.holds], ["completed", true]);
  const other = (await request("dora", { right: "human-review", statement: "Look again." })).body.request;
  isProblem(await act(other.id, { do: "announce-lift", reason: "x", lift_at: soon }), 409, "not-restricted");
  const past = await act(id, { do: "announce-lift", reason: "It is right.", lift_at: "2026-01-01T00:00:00Z" });
  isProblem(past, 422, "invalid-field");
  const announced = await act(id, { do: "announce-lift", reason: "The city is right now.", lift_at: soon });
  assert.equal(announced.status, 200, announced.text);
  assert.equal((await listed("dora")).restriction.lifting.reason, "The city is right now.");
  isProblem(await ask("dora", "/profile/main"), 423, "frozen");
  await eventually(async () => (await listed("dora")).restriction === null, "the restriction to be lifted");
  await eventually(async () => (await open(true)).every((one) => one.id !== id || !one.holds), "the registry to know");
  assert.deepEqual((await ask("dora", "/profile/main")).body, { city: "Cobh" });
  await eventually(async () => (await ask("dora", "/brief/1")).status === 404, "what was over to go");
  const after = (await site.trail()).filter(({ action }) => /^restriction/.test(action)).map(({ action, actor }) => [action, actor.class]);
  assert.deepEqual(after, [["restriction.placed", "account"], ["restriction.announced", "operator"], ["restriction.lifted", "system"]]);
});

test("an erasure ends a restriction, and the registry forgets whose it was", async () => {
  await put("dan", "/profile/main", { city: "Cork" });
  const { id } = (await request("dan", { right: "restriction", ground: "objection" })).body.request;
  assert.ok((await open(true)).find((one) => one.id === id).holds);
  const erased = await request("dan", { right: "erasure", confirm: true }, { recent: true });
  assert.equal(erased.status, 201, erased.text);
  assert.equal(erased.body.erased.records, 1);
  assert.equal((await open(true)).find((one) => one.id === id).holds, false);
  // That somebody asked for it and was answered is remembered (11 CCR section 7101), not who.
  const last = (await open(true)).find((one) => one.id === erased.body.request.id);
  assert.deepEqual([last.right, last.phase, last.holds, last.ground], ["erasure", "completed", false, null]);
  isProblem(await operator(`requests/${last.id}`), 404, "not-found");
  isProblem(await act(id, { do: "announce-lift", reason: "x", lift_at: "2099-01-01T00:00:00Z" }), 404, "not-found");
});

test("a visitor whose data is restricted is served stripped, may refuse and not grant, and lifts it at any time", async () => {
  const her = new Client(site);
  await her.page();
  assert.equal((await her.decide("accept-all")).status, 200);
  assert.match((await her.page()).text, /src="http:\/\/127\.0\.0\.1:9101/);
  const made = await her.post("me/requests", { right: "restriction", ground: "unlawful" });
  assert.equal(made.status, 201, made.text);
  const page = await her.page();
  assert.doesNotMatch(page.text, / src="http:\/\/127\.0\.0\.1:9101/);
  assert.equal(JSON.parse(site.log.findLast((line) => line.includes('"t":"request"'))).visitor, undefined);
  const grant = await her.decide("accept-all", { seen: 1 });
  isProblem(grant, 409, "restricted");
  assert.equal((await her.decide("reject-all", { seen: 1 })).status, 200);
  assert.match(her.cookies.get("consentry"), /^2\.[^.]+\.[^.]*\.[^.]*\.[^.]*\.\d+r\./);
  assert.equal((await her.request("me/restriction/lift", { method: "POST" })).status, 200);
  assert.doesNotMatch(her.cookies.get("consentry"), /\dr\./);
  assert.equal((await her.decide("accept-all", { seen: 2 })).status, 200);
  isProblem(await her.request("me/restriction/lift", { method: "POST" }), 409, "not-restricted");
  // Somebody who decided nothing can ask for it too, and loses the mark again.
  const him = new Client(site);
  assert.equal((await him.post("me/requests", { right: "restriction", ground: "claims" })).status, 201);
  assert.ok(him.device);
  assert.match(him.cookies.get("consentry"), /\dr\./);
  const { id } = (await him.request("me/requests")).body.requests[0];
  const soon = new Date(Date.now() + 1_500).toISOString().replace(/\.\d+/, "");
  assert.equal((await act(id, { do: "announce-lift", reason: "No claims.", lift_at: soon })).status, 200);
  await eventually(async () => (await him.request("me/requests")).body.restriction === null, "it to be lifted");
  assert.equal(him.cookies.get("consentry"), undefined, "the page learns that it was lifted");
});

test("an objection and a withdrawal end uses of data, and what was kept for nothing else", async () => {
  for (const name of ["a", "b"]) await put("eve", `/interests/${name}`, { name });
  await put("eve", "/visits/1", { page: "/" });
  await put("eve", "/profile/main", { city: "Cork" });
  const names = async () => (await ask("eve", "")).body.records.map(({ category }) => category).sort();
  const objected = await request("eve", { right: "objection", purposes: ["marketing"] });
  assert.equal(objected.status, 201, objected.text);
  assert.equal(objected.body.request.phase, "completed");
  assert.deepEqual(await names(), ["profile", "visits"]);
  isProblem(await put("eve", "/interests/c", {}), 409, "not-permitted");
  assert.equal((await put("eve", "/visits/2", {})).status, 201, "there is still a purpose");
  const withdrawn = await request("eve", { right: "withdrawal" });
  assert.equal(withdrawn.body.request.phase, "completed");
  assert.deepEqual(await names(), ["profile"]);
  isProblem(await put("eve", "/visits/3", {}), 409, "not-permitted");
  const gone = (await entries("record.deleted")).filter(({ details }) => details.why === "purpose");
  assert.equal(gone.length, 4);
  assert.equal((await request("eve", { right: "withdrawal" })).status, 201, "asking again is no mistake");
});

test("an objection to what cannot be refused is weighed first, and what can be refused ends at once", async () => {
  await put("ivy", "/interests/a", { name: "a" });
  isProblem(await request("ivy", { right: "objection", purposes: ["necessary"] }), 422, "invalid-field");
  const both = await request("ivy", { right: "objection", purposes: ["marketing", "security"], statement: "I live in a shelter." });
  assert.equal(both.status, 201, both.text);
  const { id, phase, steps, latest } = both.body.request;
  assert.deepEqual([phase, steps.store.state, steps.site.state], ["in-progress", "done", "open"]);
  assert.deepEqual((await ask("ivy", "")).body.records, [], "what can be refused ended");
  assert.ok(Date.parse(latest) > Date.now() + 20 * 86_400_000, "a month, as any request that has to be answered");
  isProblem(await mine("ivy", `requests/${id}/revoke`), 409, "request");
  assert.equal((await operator(`requests/${id}`)).body.asked.statement, "I live in a shelter.");
  for (const path of ["/signals/1", "/alarms/1"]) assert.equal((await put("ivy", path, { n: 1 })).status, 201, "it is not decided yet");
  assert.equal((await act(id, { do: "done", note: "We no longer do." })).body.request.phase, "completed");
  // Where the site gives way, what was kept for that alone goes, and nothing more is taken in; whatever is decided afterwards.
  assert.deepEqual((await ask("ivy", "")).body.records, []);
  assert.equal((await entries("record.deleted")).filter(({ details }) => details.why === "purpose" && details.category === "signals").length, 1);
  assert.equal((await request("ivy", { right: "withdrawal" })).status, 201);
  for (const path of ["/signals/2", "/alarms/2"]) isProblem(await put("ivy", path, {}), 409, "not-permitted");
  // Weighed is what had to be when it came in, however the policy has it by then.
  await put("iris", "/signals/1", { n: 1 });
  const before = (await request("iris", { right: "objection", purposes: ["security"], statement: "x" })).body.request;
  const refusable = { ...security, essential: false, basis: "consent" };
  assert.equal((await site.adopt({ ...policy, purposes: [...shopPolicy().purposes, refusable] })).status, 200);
  assert.equal((await act(before.id, { do: "done", note: "You are asked now." })).status, 200);
  assert.deepEqual((await ask("iris", "")).body.records, []);
  isProblem(await put("iris", "/signals/2", {}), 409, "not-permitted");
  assert.equal((await site.adopt(policy)).status, 200);
  const weighed = (await request("ivy", { right: "objection", purposes: ["security"] })).body.request;
  const refused = await act(weighed.id, { do: "refuse", ground: "compelling-grounds", reason: "Fraud is looked for by law." });
  assert.equal(refused.body.request.phase, "refused", refused.text);
  assert.equal((await open(true)).find((one) => one.id === weighed.id).ground, "compelling-grounds");
  // Of nobody known it takes a device, by which it can be answered.
  const nobody = new Client(site);
  await nobody.page();
  const asked = await nobody.post("me/requests", { right: "objection", purposes: ["security"] });
  assert.equal(asked.status, 201, asked.text);
  assert.ok(nobody.device);
  assert.equal((await act(asked.body.request.id, { do: "done" })).status, 200);
  assert.equal((await nobody.request("me/requests")).body.requests[0].phase, "completed");
});

test("what was given again while records were going brings none of them back", async () => {
  // More than go in one go, while something keeps them.
  for (const n of [1, 2, 3]) await put("joy", `/interests/${n}`, { n });
  const hold = { id: newId(), account: "joy", reason: "mark-case-9", told: "We need it in court." };
  const placed = (await operator("holds", hold)).body.hold;
  await request("joy", { right: "withdrawal" });
  assert.equal((await ask("joy", "/interests")).body.records.length, 3, "kept by the hold");
  // An objection to something else is another decision.
  await request("joy", { right: "objection", purposes: ["analytics"] });
  assert.equal((await operator(`holds/${placed.id}`, { do: "release" })).status, 200);
  await eventually(async () => (await ask("joy", "/interests")).body.records.length === 0, "what was ended to go");
  // What an operator wrote down for operators is not part of the person's copy.
  const { download } = (await request("joy", { right: "access" })).body;
  const zip = await unpackBytes(Buffer.from(await (await site.fetch(download)).arrayBuffer()));
  const all = Object.values(zip).map(String).join();
  assert.ok(all.includes("We need it in court.") && !all.includes("mark-case-9"));
});

test("what was put right meanwhile goes with its purpose all the same", async () => {
  await put("kay", "/notes/1", { city: "Crok" });
  await request("kay", { right: "restriction", ground: "accuracy" });
  await request("kay", { right: "withdrawal" });
  const right = await request("kay", { right: "rectification", record: { category: "notes", name: "1" }, changes: { "/city": "Cork" } });
  assert.equal(right.body.request.phase, "completed", right.text);
  assert.equal((await mine("kay", "restriction/lift")).status, 200);
  await eventually(async () => (await ask("kay", "/notes/1")).status === 404, "it to go");
});

test("a correction that no entry could hold is not made", async () => {
  await put("lou", "/orders/1", { history: "x".repeat(30_000), n: 1 });
  const { id } = (await request("lou", { right: "rectification", statement: "Forget my history." })).body.request;
  const record = { category: "orders", name: "1" };
  const long = await act(id, { do: "done", record, changes: { "/history": "" } });
  isProblem(long, 422, "invalid-field");
  assert.equal(long.body.field, "changes");
  assert.equal((await act(id, { do: "done", record, changes: { "/n": 2 } })).body.request.phase, "completed");
  assert.equal((await ask("lou", "/orders/1")).body.n, 2);
});

test("an erasure that is asked for again under its id, with the proof it lacked, is open nowhere", async () => {
  await put("meg", "/orders/1", { n: 1 });
  const body = { id: newId(), right: "erasure", confirm: true };
  const waits = await request("meg", body);
  isProblem(waits, 403, "step-up-needed");
  assert.ok((await open()).some(({ id }) => id === waits.body.request.id));
  const erased = await request("meg", body, { recent: true });
  assert.equal(erased.body.request.phase, "completed", erased.text);
  assert.equal(erased.body.request.id, waits.body.request.id);
  await eventually(async () => !(await open()).some(({ id }) => id === waits.body.request.id), "the registry to know");
});

test("a device's withdrawal by request is the same as in the dialogs", async () => {
  const her = new Client(site);
  await her.page();
  await her.decide("accept-all");
  const stopped = await her.post("me/requests", { right: "objection", purposes: ["analytics"] });
  assert.equal(stopped.status, 201, stopped.text);
  assert.deepEqual(stopped.body.decision.refused, ["analytics"]);
  assert.doesNotMatch((await her.page()).text, / src="http:\/\/127\.0\.0\.1:9101/, "refused on the request path");
  const all = await her.post("me/requests", { right: "withdrawal" });
  assert.deepEqual(all.body.decision.given, []);
  const trail = await (await site.operator("audit?action=consent.withdrawn&limit=500")).json();
  assert.ok(trail.entries.some(({ details }) => details.method === "web/request"));
  assert.equal((await her.request("consent")).body.receipts, 3);
  // Who was erased, and still has the secret, is nobody known.
  const secret = her.device;
  assert.equal((await her.erase()).status, 200);
  her.cookies.set(DEVICE, secret);
  const late = await her.post("me/requests", { right: "withdrawal" });
  assert.deepEqual([late.status, late.body.request], [200, null]);
  isProblem(await her.post("me/requests", { right: "human-review", statement: "x" }), 409, "erased");
  // Nobody is made somebody by saying no.
  const nobody = new Client(site);
  const refused = await nobody.post("me/requests", { right: "withdrawal" });
  assert.equal(refused.status, 200, refused.text);
  assert.equal(refused.body.request, null);
  assert.equal(nobody.device, undefined);
  assert.equal((await nobody.page()).plan.seen, 0);
});

test("a copy of everything has the requests too, and what may be taken along has not", async () => {
  await request("kim", { right: "human-review", statement: "Look at it." });
  const copy = async (right) => {
    const { download } = (await request("kim", { right })).body;
    return Buffer.from(await (await site.fetch(download)).arrayBuffer());
  };
  assert.ok((await copy("access")).includes("requests.json"));
  assert.ok(!(await copy("portability")).includes("requests.json"));
});

test("a person looks at a decision again; more time is taken once, a refusal says why", async () => {
  const review = { right: "human-review", statement: "You refused me payment by invoice." };
  const { id, received, target, latest, law } = (await request("finn", review)).body.request;
  assert.equal(law, "gdpr");
  const month = new Date(received);
  month.setUTCMonth(month.getUTCMonth() + 1);
  if (new Date(received).getUTCDate() <= 28) assert.equal(target, month.toISOString().slice(0, 10));
  assert.ok(latest >= target);
  isProblem(await act(id, { do: "extend", reason: " " }), 422, "invalid-field");
  const extended = await act(id, { do: "extend", reason: "Three systems are involved." });
  assert.equal(extended.status, 200, extended.text);
  assert.ok(extended.body.request.latest > latest);
  isProblem(await act(id, { do: "extend", reason: "And more." }), 409, "request");
  assert.equal((await listed("finn")).requests[0].extended.reason, "Three systems are involved.");
  isProblem(await act(id, { do: "failed", note: "" }), 422, "invalid-field");
  isProblem(await act(id, { do: "failed", note: "The decision was made by a bank." }), 409, "request");
  isProblem(await act(id, { do: "refuse", ground: "unfounded", reason: " " }), 422, "invalid-field");
  for (const ground of ["legal-claims", "compelling-grounds", "accurate"]) {
    const unfit = await act(id, { do: "refuse", ground, reason: "We need it in court." });
    isProblem(unfit, 422, "invalid-field");
    assert.equal(unfit.body.field, "ground", "a right is refused on its own grounds alone");
  }
  const refused = await act(id, { do: "refuse", ground: "not-applicable", reason: "The decision was made by a bank." });
  assert.equal(refused.status, 200, refused.text);
  const [told] = (await listed("finn")).requests;
  assert.equal(told.phase, "refused");
  assert.deepEqual(told.refused, { ground: "not-applicable", reason: "The decision was made by a bank." });
  assert.deepEqual(told.remedies, ["supervisory-authority", "court"], "Article 12(4)");
  isProblem(await act(id, { do: "done", note: "We looked again." }), 404, "not-found");
  // What the site's people have not begun with may be taken back.
  const other = (await request("finn", review)).body.request;
  const back = await mine("finn", `requests/${other.id}/revoke`);
  assert.equal(back.body.request.phase, "revoked", back.text);
  assert.equal(back.body.request.remedies, undefined);
  const third = (await request("finn", review)).body.request;
  assert.equal((await act(third.id, { do: "done", note: "A person decided: you may pay by invoice." })).body.request.phase, "completed");
  isProblem(await mine("finn", `requests/${third.id}/revoke`), 409, "request");
  for (const [action, of] of [["request.extended", id], ["request.refused", id], ["request.revoked", other.id], ["request.completed", third.id]]) {
    assert.ok(await entryOf(action, of), action);
  }
  isProblem(await act(other.id, { do: "nothing" }), 422);
  isProblem(await act(newId(), { do: "done" }), 404, "not-found");
  isProblem(await operator("requests/x"), 404, "not-found");
  isProblem(await answer(await site.api("requests")), 401, "unauthorized");
  isProblem(await answer(await site.api(`requests/${other.id}`)), 401, "unauthorized");
});

test("nothing is begun before it is shown who asks, and the term runs meanwhile", async () => {
  await put("gil", "/orders/1", { n: 1 });
  const asked = await request("gil", { right: "erasure", confirm: true });
  isProblem(asked, 403, "step-up-needed");
  const { id, phase, needs } = asked.body.request;
  assert.deepEqual([phase, needs], ["identity-pending", "recent"]);
  isProblem(await request("gil", { right: "erasure", confirm: true }), 403, "step-up-needed");
  assert.equal((await listed("gil")).requests.length, 1, "the same request");
  assert.ok((await open()).some((one) => one.id === id));
  isProblem(await mine("gil", `requests/${id}/identify`), 403, "step-up-needed");
  assert.equal((await ask("gil", "/orders/1")).status, 200);
  // Taken back, and asked for anew.
  assert.equal((await mine("gil", `requests/${id}/revoke`)).body.request.phase, "revoked");
  isProblem(await mine("gil", `requests/${id}/identify`, { recent: true }), 409, "request");
  const again = (await request("gil", { right: "erasure", confirm: true })).body.request;
  assert.notEqual(again.id, id);
  // Another person's is nobody's.
  isProblem(await mine("hal", `requests/${again.id}/identify`, { recent: true }), 404, "not-found");
  const refusal = await act(again.id, { do: "refuse", ground: "unidentified", reason: "Nobody came back to it." });
  assert.equal(refusal.body.request.refused.ground, "unidentified");
  const third = (await request("gil", { right: "erasure", confirm: true })).body.request;
  const erased = await mine("gil", `requests/${third.id}/identify`, { recent: true });
  assert.equal(erased.status, 200, erased.text);
  assert.equal(erased.body.erased.records, 1);
  await eventually(async () => (await ask("gil", "/orders/1")).status === 404, "the last of it to go");
  assert.ok(!(await open()).some((one) => one.id === third.id), "the registry no longer waits");
});

test("the same request twice is one, and twenty open ones are enough", async () => {
  const body = { right: "human-review", statement: "Look again.", id: newId() };
  const [one, two] = [await request("ida", body), await request("ida", body)];
  assert.equal(one.body.request.id, two.body.request.id);
  assert.equal((await listed("ida")).requests.length, 1);
  for (let n = 1; n < 20; n += 1) assert.equal((await request("ida", { ...body, id: newId() })).status, 201);
  isProblem(await request("ida", { ...body, id: newId() }), 409, "too-many-open");
  assert.equal((await request("ida", body)).status, 201, "the first is still the first");
  // What ends a use of data, or is done at once, waits for nobody.
  assert.equal((await request("ida", { right: "objection", purposes: ["marketing"] })).status, 201);
  assert.equal((await request("ida", { right: "withdrawal" })).status, 201);
  assert.equal((await request("ida", { right: "access" })).status, 201);
  assert.equal((await request("ida", { right: "restriction", ground: "claims" })).status, 201);
  isProblem(await request("ida", { right: "objection", purposes: ["security"], statement: "x" }), 409, "too-many-open");
  const both = await request("ida", { right: "objection", purposes: ["marketing", "security"], statement: "x" });
  assert.equal(both.status, 201, "some of it ends at once");
  isProblem(await mine("ida", "requests", { method: "PATCH" }), 405);
});

test("other sites ask for nothing, and nobody's requests are shown to nobody", async () => {
  const body = JSON.stringify({ right: "human-review", statement: "x" });
  const headers = { "content-type": "application/json", origin: "https://evil.example", authorization: `Bearer ${backend.token("ann")}` };
  assert.equal((await site.api("me/requests", { method: "POST", headers, body })).status, 403);
  const nobody = await answer(await site.api("me/requests"));
  assert.deepEqual(nobody.body, { requests: [], restriction: null });
  isProblem(await answer(await site.api("me/requests", { headers: { authorization: "Bearer x" } })), 401, "token-refused");
});

test("requests outlive a crash, and terms that end are said", async () => {
  const made = await request("jan", { right: "human-review", statement: randomBytes(4).toString("hex") });
  const { id } = made.body.request;
  await eventually(async () => (await open()).some((one) => one.id === id), "the registry to know");
  await site.restart({
    kill: true,
    between: () => site.databases("Registry", (db) => {
      db.exec(`UPDATE cases SET warn = 1, latest = '2026-01-05', body = json_set(body, '$.latest', '2026-01-05', '$.received', '2025-12-05T12:00:00Z') WHERE request = '${id}'`);
    }),
  });
  await site.scheduled();
  const due = await eventually(() => entryOf("request.due", id), "the entry");
  assert.equal(due.details.overdue, true);
  const [first] = await open();
  assert.deepEqual([first.id, first.overdue], [id, true], "what is due first is at the top");
  assert.equal((await listed("jan")).requests[0].phase, "in-progress");
  assert.equal((await act(id, { do: "done", note: "Sorry it took so long." })).status, 200);
});

test("the request of a restriction that holds is there, however many follow", async () => {
  const { id } = (await request("deb", { right: "restriction", ground: "claims" })).body.request;
  await new Promise((done) => setTimeout(done, 1_100));
  for (let many = 0; many < 21; many++) {
    const made = await Promise.all(Array.from({ length: 10 }, () => request("deb", { right: "access" })));
    assert.ok(made.every(({ status }) => status === 201), made.find(({ status }) => status !== 201)?.text);
  }
  const { requests, restriction } = await listed("deb");
  assert.ok(requests.length < 205, "what is over is forgotten");
  assert.ok(requests.some((one) => one.id === id));
  assert.equal(restriction.request, id);
});
