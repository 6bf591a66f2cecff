// The site's other systems: asked to do their part of what people want, believed only when they sign, and waited for before
// anything is called complete.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Webhook } from "standardwebhooks";
import { unpackBytes } from "../archive.mjs";
import { Backend } from "./backend.mjs";
import { Client, newId } from "./client.mjs";
import { contents, eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const whsec = () => `whsec_${randomBytes(32).toString("base64")}`;
const secrets = { crm: whsec(), mail: whsec(), hook: whsec() };
const name = (text) => ({ en: text, de: text });
const category = (id, more) => ({ id, purposes: ["necessary"], name: name(id), retention: "P1Y", source: "provided", ...more });
/** Nobody works when a month is over, so terms end later than it says. */
const holidays = Array.from({ length: 8 }, (_, n) => new Date(Date.now() + (26 + n) * 86_400_000).toISOString().slice(0, 10));
const policy = {
  ...shopPolicy(),
  records: [category("profile", { rectifiable: ["/city"] }), category("orders")],
  rights: {
    country: "IE",
    holidays,
    connectors: [
      { id: "crm", name: name("Customers"), rights: ["access", "erasure", "rectification", "restriction"] },
      { id: "mail", name: name("Mail"), rights: ["erasure"] },
    ],
  },
};

let site, systems;
/** What each system was asked, in order; `modes` has how it answers, where it is not 202 with nothing. */
const asked = { crm: [], mail: [], hook: [] };
const modes = {};

before(async () => {
  systems = createServer((request, response) => {
    const system = request.url.slice(1);
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      const body = Buffer.concat(parts).toString();
      new Webhook(secrets[system]).verify(body, request.headers);
      const { status = 202, headers = {}, says = "", silent } = modes[system] ?? {};
      asked[system].push({ headers: request.headers, status: silent ? 0 : status, ...JSON.parse(body) });
      if (!silent) response.writeHead(status, headers).end(says);
    });
  }).listen(0, "127.0.0.1");
  await once(systems, "listening");
  const url = (system) => `http://127.0.0.1:${systems.address().port}/${system}`;
  const vars = {
    LATE_DELETE: "1", WEBHOOK_URL: url("hook"), WEBHOOK_SECRET: secrets.hook,
    CONNECTORS: ["crm", "mail"].map((system) => `${system} ${url(system)} ${secrets[system]}`).join("\n"),
  };
  site = await startSite({ policy, vars: { ...backend.vars, ...vars } });
});
after(async () => {
  await site?.stop();
  systems?.closeAllConnections();
  systems?.close();
});

async function read(response) {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return { status: response.status, headers: response.headers, type, text, body: /json/.test(type) && text ? JSON.parse(text) : undefined };
}
async function mine(sub, path, body, method = "POST") {
  const auth_time = Math.floor(Date.now() / 1000) - 5;
  const headers = { authorization: `Bearer ${backend.token(sub, { auth_time })}`, origin: site.url, connection: "close" };
  if (body) headers["content-type"] = "application/json";
  return read(await site.api(`me/${path}`, { method, headers, body: body && JSON.stringify(body) }));
}
const operator = async (path, body) =>
  read(await site.operator(path, body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }));
/** A system's answer, signed as it should be but for what a test changes. */
function answer(system, id, body, { secret = secrets[system], at = new Date(), as = system, about = id, message = newId(), text = JSON.stringify({ request: about, ...body }) } = {}) {
  const headers = {
    "content-type": "application/json", "webhook-id": message, "webhook-timestamp": String(Math.floor(at / 1000)), connection: "close",
  };
  headers["webhook-signature"] = new Webhook(secret).sign(headers["webhook-id"], at, text);
  return site.api(`connectors/${as}/${id}`, { method: "POST", headers, body: text }).then(read);
}
const of = (system, id) => asked[system].filter(({ data }) => data.request === id);
const forwarded = (system, id) => eventually(() => of(system, id)[0], `${system} to be asked`);
const told = (type, id) => eventually(() => asked.hook.find((one) => one.type === type && (one.data.request?.id ?? one.data.request) === id), type);
const entries = async (action, id) => (await site.trail()).filter((one) => one.action === action && one.details?.request === id);
const one = async (sub, id) => (await mine(sub, `requests/${id}`, undefined, "GET")).body.request;
async function download({ download }) {
  const response = await fetch(new URL(download, site.url));
  assert.equal(response.status, 200);
  return unpackBytes(Buffer.from(await response.arrayBuffer()));
}
const json = (files, file) => JSON.parse(files[file].toString());

test("a copy waits for the systems that hold a part of it, and is handed out again with theirs", async () => {
  await backend.put(site, "ann", "/orders/1", { n: 1 });
  const made = await mine("ann", "requests", { right: "access" });
  assert.equal(made.status, 201, made.text);
  const { id, phase, steps } = made.body.request;
  assert.deepEqual([phase, steps], ["in-progress", { store: { state: "done" }, "connector:crm": { state: "open" } }]);
  const { type, data } = await forwarded("crm", id);
  assert.equal(type, "request.forwarded");
  assert.deepEqual([data.right, data.account, data.law], ["access", "ann", "gdpr"]);
  assert.ok(data.latest > new Date().toISOString());
  assert.ok(data.answer_to.endsWith(`/.consentry/connectors/crm/${id}`));
  // What the store has is there at once, and what is still to come is named.
  const first = await download(made.body);
  assert.ok("records/orders/orders.json" in first);
  assert.match(JSON.stringify(json(first, "manifest.json").not_included), /systems\/crm.*has not answered yet/);

  const part = (part, state) => answer("crm", id, { state, data: { part, mark: `mark-supplied-${part}` }, part });
  assert.deepEqual((await part(1, "in-progress")).body, { state: "open" });
  assert.deepEqual((await part(2, "in-progress")).body, { state: "open" });
  assert.deepEqual((await answer("crm", id, { state: "done", note: "All that the customer file has." })).body, { state: "done" });
  const done = await one("ann", id);
  assert.deepEqual([done.phase, done.steps["connector:crm"].note], ["completed", "All that the customer file has."]);
  await told("request.completed", id);
  assert.equal((await entries("request.supplied", id)).length, 2);
  assert.deepEqual((await entries("request.completed", id))[0].details.steps, { "connector:crm": "done" });

  const again = await mine("ann", `requests/${id}/copy`);
  assert.equal(again.status, 201, again.text);
  const whole = await download(again.body);
  assert.deepEqual([json(whole, "systems/crm/01.json").part, json(whole, "systems/crm/02.json").part], [1, 2]);
  assert.deepEqual(json(whole, "manifest.json").not_included, []);
  assert.ok(!("systems/crm/01.json" in await download((await mine("ann", "requests", { right: "portability" })).body)));
  for (const [where, what] of Object.entries(await contents(site))) {
    for (const value of [what].flat()) assert.ok(!value.includes("mark-supplied"), `${where} has what the system handed over, in the clear`);
  }
  // Others' requests are nobody's to see or have copied.
  isProblem(await mine("bob", `requests/${id}`, undefined, "GET"), 404, "not-found");
  isProblem(await mine("bob", `requests/${id}/copy`), 404, "not-found");
  const review = await mine("ann", "requests", { right: "human-review", statement: "x" });
  isProblem(await mine("ann", `requests/${review.body.request.id}/copy`), 409, "request");
});

test("what a system answers at once is taken in at once", async () => {
  modes.crm = { status: 200, headers: { "content-type": "application/json" }, says: JSON.stringify({ state: "done", data: { tier: "gold" } }) };
  const made = await mine("cleo", "requests", { right: "access" });
  await told("request.completed", made.body.request.id);
  const files = await download((await mine("cleo", `requests/${made.body.request.id}/copy`)).body);
  assert.deepEqual(json(files, "systems/crm/01.json"), { tier: "gold" });
  modes.crm = undefined;
});

test("an erasure is not complete before every system has erased, whatever is gone here", async () => {
  await backend.put(site, "mark-account-1E", "/orders/1", { n: 1 });
  await mine("mark-account-1E", "requests", { right: "human-review", statement: "x" });
  const made = await mine("mark-account-1E", "requests", { right: "erasure", confirm: true });
  assert.equal(made.status, 201, made.text);
  const { id, phase, steps } = made.body.request;
  assert.equal(phase, "in-progress");
  assert.deepEqual(steps, { store: { state: "done" }, "connector:crm": { state: "open" }, "connector:mail": { state: "open" } });
  assert.equal(made.body.erased.records, 1);
  assert.deepEqual((await backend.ask(site, "mark-account-1E", "")).body.records, []);
  for (const system of ["crm", "mail"]) assert.equal((await forwarded(system, id)).data.account, "mark-account-1E");
  // Asked again, it is the same erasure.
  const again = await mine("mark-account-1E", "requests", { right: "erasure", confirm: true });
  assert.equal(again.body.request.id, id);

  assert.deepEqual((await answer("crm", id, { state: "done" })).body, { state: "done" });
  assert.equal((await entries("erasure.completed", id)).length, 0);
  // Whose it was is known to nobody here, so its id is enough to see how it stands.
  const stranger = (await (await site.api(`me/requests/${id}`)).json()).request;
  assert.deepEqual([stranger.phase, stranger.steps["connector:mail"].state], ["in-progress", "open"]);
  assert.ok((await operator("requests")).body.requests.some((one) => one.id === id && one.steps["connector:crm"] === "done"));
  assert.equal((await operator(`requests/${id}`)).body.request.phase, "in-progress");
  assert.deepEqual((await answer("mail", id, { state: "in-progress" })).body, { state: "open" });
  assert.deepEqual((await answer("mail", id, { state: "done" })).body, { state: "done" });
  assert.equal((await (await site.api(`me/requests/${id}`)).json()).request.phase, "completed");
  const confirmed = await told("erasure.completed", id);
  assert.deepEqual([confirmed.data.account, confirmed.data.erased.records, confirmed.data.phase], ["mark-account-1E", 1, "completed"]);
  const [entry] = await eventually(async () => { const found = await entries("erasure.completed", id); return found.length && found; }, "the entry");
  assert.equal(entry.details.records, 1);
  await eventually(async () => (await operator("notices")).body.notices.every(({ state }) => ["delivered", "over"].includes(state)), "all to arrive");
  for (const [where, what] of Object.entries(await contents(site))) {
    for (const value of [what].flat()) assert.ok(!value.includes("mark-account-1E"), `${where} still has the account`);
  }
});

test("somebody whom only the other systems know is erased there", async () => {
  const made = await mine("dora", "erasure", { confirm: true });
  assert.equal(made.status, 200, made.text);
  assert.deepEqual([made.body.request.phase, made.body.request.steps["connector:crm"].state], ["in-progress", "open"]);
  const { data } = await eventually(() => asked.mail.find(({ data }) => data.account === "dora"), "mail to be asked");
  for (const system of ["crm", "mail"]) await answer(system, data.request, { state: "done" });
  assert.equal((await (await site.api(`me/requests/${data.request}`)).json()).request.phase, "completed");
});

test("what a system cannot erase is said, and nothing is called complete", async () => {
  await backend.put(site, "fay", "/orders/1", { n: 1 });
  const { id } = (await mine("fay", "requests", { right: "erasure", confirm: true })).body.request;
  await forwarded("mail", id);
  await answer("crm", id, { state: "failed", note: "Invoices are kept for ten years (tax law)." });
  // The operator has seen to the other by hand.
  const act = (body) => operator(`requests/${id}`, body);
  isProblem(await act({ do: "done", step: "store" }), 422, "invalid-field");
  isProblem(await act({ do: "done", step: "connector:none" }), 409, "request");
  isProblem(await act({ do: "failed", step: "connector:mail", note: " " }), 422, "invalid-field");
  const extended = await act({ do: "extend", reason: "Two systems." });
  assert.equal(extended.body.request.extended.reason, "Two systems.");
  const done = await act({ do: "done", step: "connector:mail", note: "By hand." });
  assert.deepEqual([done.status, done.body.request.phase], [200, "partially-completed"]);
  const { data } = await told("erasure.completed", id);
  assert.equal(data.phase, "partially-completed");
  assert.deepEqual(data.words, ["Invoices are kept for ten years (tax law).", "Two systems.", "By hand."]);
  const later = await (await site.api(`me/requests/${id}`)).text();
  for (const words of [...data.words, "fay"]) assert.ok(!later.includes(words), "by its id alone no words are seen");
  assert.equal((await entries("erasure.completed", id)).length, 0);
  const [entry] = await entries("request.completed", id);
  assert.deepEqual([entry.actor.class, entry.details.phase], ["operator", "partially-completed"]);
  // Late, and otherwise than what counts now.
  isProblem(await answer("mail", id, { state: "failed", note: "x" }), 409, "step-ended");
});

test("only who was asked is believed, once, and only what was asked for is kept", async () => {
  const made = await mine("gil", "requests", { right: "access" });
  const { id } = made.body.request;
  const done = { state: "done", data: { ok: true } };
  const late = new Date(Date.now() - 301_000), early = new Date(Date.now() + 310_000);
  for (const [what, options] of [
    ["another's secret", { secret: secrets.mail }], ["an old message", { at: late }], ["one of the future", { at: early }],
    ["an unknown system", { as: "erp" }], ["a name that is none", { as: "X_1" }],
  ]) isProblem(await answer("crm", id, done, options), 401, "not-signed", what);
  const signed = await answer("crm", id, done, { secret: whsec() });
  isProblem(signed, 401, "not-signed");
  isProblem(await read(await site.api(`connectors/crm/${id}`, { method: "POST", body: "{}" })), 401, "not-signed");
  isProblem(await answer("mail", id, done), 404, "not-found");
  isProblem(await answer("crm", newId(), done), 404, "not-found");
  isProblem(await answer("crm", "x", done), 404, "not-found");
  isProblem(await answer("crm", id, undefined, { text: "{" }), 400, "malformed-body");
  for (const [body, field] of [
    [{ state: "perhaps" }, "state"], [{ state: "failed" }, "note"], [{ state: "done", data: 1, part: 65 }, "part"],
    [{ state: "done", part: 1 }, "data"], [{ state: "done", more: 1 }, "more"], [{}, "state"],
  ]) {
    const refused = await answer("crm", id, body);
    isProblem(refused, 422, "invalid-field");
    assert.equal(refused.body.field, field);
  }
  isProblem(await answer("crm", id, { state: "done", data: "x".repeat(1 << 20) }), 413, "body-too-large");
  const others = (await mine("gil", "requests", { right: "access" })).body.request.id;
  const moved = await answer("crm", others, done, { about: id });
  isProblem(moved, 422, "invalid-field");
  assert.equal(moved.body.field, "request", "an answer counts for the request it names alone");
  // A megabyte of almost nothing is more once it is laid out for people.
  assert.equal((await answer("crm", others, { state: "done", data: Array.from({ length: 500_000 }, () => 0) })).status, 200);
  assert.equal((await one("gil", id)).phase, "in-progress");
  const twice = await Promise.all([1, 2, 3].map(() => answer("crm", id, done)));
  assert.deepEqual(twice.map(({ status, body }) => [status, body.state]), [[200, "done"], [200, "done"], [200, "done"]]);
  isProblem(await answer("crm", id, { state: "failed", note: "No." }), 409, "step-ended");
  assert.equal((await entries("request.completed", id)).length, 1);
  const erasure = (await mine("gil", "requests", { right: "erasure", confirm: true })).body.request;
  const more = await answer("crm", erasure.id, { state: "done", data: {} });
  isProblem(more, 422, "invalid-field");
  assert.equal(more.body.field, "data");
});

test("a message that comes again is answered as before and changes nothing", async () => {
  const { id } = (await mine("ivo", "requests", { right: "access" })).body.request;
  await forwarded("crm", id);
  const [at, message] = [new Date(), newId()];
  const part = (version, more) => answer("crm", id, { state: "in-progress", data: { version }, part: 1 }, more);
  const first = await part(1, { at, message });
  assert.deepEqual([first.status, first.body], [200, { state: "open" }]);
  assert.equal((await part(2)).status, 200, "what is sent anew takes its place");
  const again = await Promise.all([1, 2, 3].map(() => part(1, { at, message })));
  assert.deepEqual(again.map(({ status, body }) => [status, body]), Array(3).fill([200, { state: "open" }]));
  assert.equal((await entries("request.supplied", id)).length, 2);
  assert.equal((await answer("crm", id, { state: "done" })).status, 200);
  const files = await download((await mine("ivo", `requests/${id}/copy`)).body);
  assert.deepEqual(json(files, "systems/crm/01.json"), { version: 2 });
  const other = (await mine("ivo", "requests", { right: "access" })).body.request.id;
  assert.equal((await answer("crm", other, { state: "done" }, { message })).body.state, "done", "about another request it is another message");
});

test("a system that hangs, redirects or is gone holds up no other, and is shown to the operator", async () => {
  modes.crm = { silent: true };
  modes.mail = { status: 302, headers: { location: "http://127.0.0.1:1/private" } };
  const { id } = (await mine("hal", "requests", { right: "erasure", confirm: true })).body.request;
  await forwarded("mail", id);
  await forwarded("crm", id);
  const notice = async (to) => (await operator("notices")).body.notices.find((one) => one.request === id && one.to === to);
  const redirected = await eventually(async () => { const one = await notice("mail"); return one.status === 302 && one; }, "the answer");
  assert.equal(redirected.state, "waiting");
  modes.mail = { status: 410 };
  const gone = await eventually(async () => { const one = await notice("mail"); return one.state === "failed" && one; }, "mail to be given up", 20_000);
  assert.equal(gone.status, 410);
  assert.ok((await operator("notices?failed=yes")).body.notices.some((one) => one.id === gone.id));
  await eventually(async () => (await notice("crm")).attempts > 0, "crm not to be waited for any more", 20_000);
  modes.mail = modes.crm = undefined;
  const before = of("mail", id).length;
  assert.equal((await operator(`notices/${gone.id}`, { do: "retry" })).status, 202);
  await eventually(() => of("mail", id).length > before, "mail to be asked again");
  await eventually(async () => (await notice("mail")).state === "delivered", "its state");
  // It has taken it in, and never says anything more: it can be asked once more.
  assert.equal((await operator(`notices/${gone.id}`, { do: "retry" })).status, 202);
  await eventually(() => of("mail", id).length > before + 1, "mail to be asked once more");
  for (const system of ["crm", "mail"]) await answer(system, id, { state: "done" });
  const after = await notice("mail");
  isProblem(await operator(`notices/${after.id}`, { do: "retry" }), 404, "not-found");
  assert.equal((await notice("crm")).state, "over", "what is done is not asked for any more");
});

test("corrections and restrictions reach the systems, and so does their end", async () => {
  await backend.put(site, "ida", "/profile/main", { city: "Crok", tier: "gold" });
  const change = (changes) => mine("ida", "requests", { right: "rectification", record: { category: "profile", name: "main" }, changes });
  const made = (await change({ "/city": "Cork" })).body.request;
  assert.deepEqual([made.phase, made.steps.store.state], ["in-progress", "done"]);
  const { data } = await forwarded("crm", made.id);
  assert.deepEqual([data.record, data.changes], [{ category: "profile", name: "main" }, { "/city": "Cork" }]);
  await answer("crm", made.id, { state: "done" });
  assert.equal((await one("ida", made.id)).phase, "completed");
  // What is not people's own to correct is looked into first.
  const other = (await change({ "/tier": "platinum" })).body.request;
  assert.deepEqual(Object.keys(other.steps), ["site"]);
  // What the site's people put right is done by the store, and passed on.
  const wrong = [[{ record: { category: "orders", name: "1" } }, "changes"], [{ changes: { "/n": 2 } }, "record"], [{ step: "connector:crm", record: { category: "orders", name: "1" }, changes: { "/n": 2 } }, "step"]];
  for (const [body, field] of wrong) {
    const bad = await operator(`requests/${other.id}`, { do: "done", ...body });
    isProblem(bad, 422, "invalid-field");
    assert.equal(bad.body.field, field);
  }
  isProblem(await operator(`requests/${other.id}`, { do: "done", record: { category: "orders", name: "none" }, changes: { "/n": 2 } }), 404, "not-found");
  const right = await operator(`requests/${other.id}`, { do: "done", note: "Sorry.", record: { category: "profile", name: "main" }, changes: { "/tier": "platinum" } });
  assert.equal(right.status, 200, right.text);
  assert.deepEqual([right.body.request.phase, right.body.request.steps.site.state, right.body.request.steps["connector:crm"].state], ["in-progress", "done", "open"]);
  assert.deepEqual((await forwarded("crm", other.id)).data.changes, { "/tier": "platinum" });
  assert.deepEqual((await entries("record.rectified", other.id))[0].details.after, { "/tier": "platinum" });
  assert.equal((await answer("crm", other.id, { state: "done" })).status, 200);
  assert.equal((await one("ida", other.id)).phase, "completed");

  const restriction = (await mine("ida", "requests", { right: "restriction", ground: "claims" })).body.request;
  assert.equal((await forwarded("crm", restriction.id)).data.ground, "claims");
  const still = await eventually(async () => {
    const found = (await operator("requests")).body.requests.find(({ id }) => id === restriction.id);
    return found?.steps.store === "done" && found;
  }, "the store's part");
  const { latest, target, steps } = await one("ida", restriction.id);
  assert.equal(steps["connector:crm"].state, "open");
  assert.ok(latest > target && holidays.every((day) => day < latest), latest);
  assert.equal(still.latest, latest, "operators see the term that the person has");
  assert.equal((await mine("ida", "requests", undefined, "GET")).body.restriction.ground, "claims", "it holds here already");
  await answer("crm", restriction.id, { state: "done" });
  assert.equal((await mine("ida", "restriction/lift")).status, 200);
  const lifted = await eventually(() => asked.crm.find(({ type }) => type === "restriction.lifted"), "crm to be told");
  assert.equal(lifted.data.account, "ida");
});

test("devices are known to no other system, which is not asked about them", async () => {
  const her = new Client(site);
  await her.page();
  await her.decide("accept-all");
  const before = asked.crm.length + asked.mail.length;
  const made = await her.post("me/requests", { right: "access" });
  assert.equal(made.body.request.phase, "completed");
  assert.equal((await her.erase()).status, 200);
  assert.equal(asked.crm.length + asked.mail.length, before);
});

test("killed on the way, every system is asked all the same, and nobody twice under another id", async () => {
  for (const place of ["after-commit", "after-erasing", "after-notify", "after-ledger"]) {
    const sub = `kit-${place}`;
    await backend.put(site, sub, "/orders/1", { n: 1 });
    await site.faults({ hang_at: place });
    mine(sub, "requests", { right: "erasure", confirm: true }).catch(() => {});
    await new Promise((later) => setTimeout(later, 700));
    await site.restart({ kill: true });
    const ask = await eventually(() => asked.mail.find(({ data }) => data.account === sub), `mail to be asked after ${place}`, 20_000);
    const { request } = ask.data;
    await eventually(async () => (await (await site.api(`me/requests/${request}`)).json()).request?.steps.store.state === "done", "the store", 20_000);
    await forwarded("crm", request);
    for (const system of ["crm", "mail"]) assert.equal((await answer(system, request, { state: "done" })).status, 200);
    await eventually(async () => (await entries("erasure.completed", request)).length === 1, "the end", 20_000);
    assert.equal(new Set(of("mail", request).map(({ headers }) => headers["webhook-id"])).size, 1);
    assert.deepEqual((await backend.ask(site, sub, "")).body.records, []);
  }
});
