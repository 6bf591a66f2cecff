// By when a request is to be answered: said to the site a week ahead, and again when the term is over; and for what an agent asked,
// counted from when it asked, however late its person confirms it. Time cannot be turned forward, so what is on disk is moved back.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Webhook } from "standardwebhooks";
import { Agent, BUSINESS } from "./agent.mjs";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

const DAY = 86_400;
const backend = new Backend();
const secret = `whsec_${randomBytes(32).toString("base64")}`;
const name = (text) => ({ en: text, de: text });
const policy = {
  ...shopPolicy(),
  records: [{ id: "orders", purposes: ["necessary"], name: name("orders"), retention: "P1Y", source: "provided" }],
  rights: { country: "US", contacts: true, connectors: [{ id: "crm", name: name("Customers"), rights: ["access"] }] },
};

let site, receiver, agent;
/** What came: to the webhook, and to the agent. */
const [told, called] = [[], []];

before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      const body = Buffer.concat(parts).toString();
      if (request.url === "/hook") told.push(new Webhook(secret).verify(body, request.headers));
      if (request.url === "/status") called.push(JSON.parse(body));
      response.writeHead(202).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const base = `http://127.0.0.1:${receiver.address().port}`;
  agent = new Agent("AGENT_1", base);
  const vars = {
    WEBHOOK_URL: `${base}/hook`, WEBHOOK_SECRET: secret, CONNECTORS: `crm ${base}/crm ${secret}`,
    DRP_BUSINESS: BUSINESS, DRP_AGENTS: JSON.stringify([agent.entry]),
  };
  site = await startSite({ policy, region: "US-CA", vars: { ...backend.vars, ...vars } });
  agent.site = site;
  assert.equal((await agent.setup()).status, 200);
});
after(async () => {
  await site?.stop();
  receiver?.close();
});

const day = (moment) => new Date(moment).toISOString().slice(0, 10);
/** The day so many days after a moment, as California counts. */
const daysAfter = (moment, days) => day(Date.parse(moment) - 8 * 3_600_000 + days * DAY * 1000);
const seconds = (day) => Date.parse(day) / 1000;
/** When a day is over in California, in summer. */
const end = (day) => seconds(day) + DAY + 7 * 3_600;
const open = async (over) => (await (await site.operator(`requests${over ? "?over=yes" : ""}`)).json()).requests;
const entries = async (action, id) => (await site.trail()).filter((one) => one.action === action && one.details?.request === id);
const noticed = (id) => told.filter(({ type, data }) => type === "request.due" && data.request.id === id);

/** Looks at the registry's tables, or changes them; then it is woken. */
async function inside(callback) {
  let seen;
  await site.restart({ between: () => site.databases("Registry", (db) => (seen = callback(db))) });
  await site.scheduled();
  return seen;
}
const row = (id) => inside((db) => ({ ...db.prepare("SELECT latest, warn FROM cases WHERE request = ?").get(id) }));
/** A term ends on another day, of which the site is warned when it said it would be. */
const move = (id, latest, warn) => inside((db) => {
  db.prepare("UPDATE cases SET latest = ?, warn = ?, body = json_set(body, '$.latest', ?) WHERE request = ?").run(latest, warn, latest, id);
  // Nothing is due before it came in.
  if (Date.parse(latest) < Date.now()) {
    db.prepare("UPDATE cases SET body = json_set(body, '$.received', ?) WHERE request = ?").run(`${latest}T12:00:00Z`, id);
  }
});

const proved = (contact, client = new Client(site)) => client.prove(contact, told);

test("the site is warned a week before a term ends, and when it is over", async () => {
  const headers = { authorization: `Bearer ${backend.token("ann")}` };
  const made = await new Client(site).post("me/requests", { right: "human-review", statement: "Look again." }, { headers });
  assert.equal(made.status, 201, made.text);
  const { id, latest, received } = made.body.request;
  assert.equal(latest, daysAfter(received, 45));
  assert.deepEqual(await row(id), { latest, warn: end(latest) - 8 * DAY });
  assert.deepEqual(await entries("request.due", id), [], "nothing is due yet");

  const soon = day(Date.now() + 7 * DAY * 1000);
  await move(id, soon, seconds(soon) - 7 * DAY);
  const [entry] = await eventually(async () => { const found = await entries("request.due", id); return found.length && found; }, "the entry");
  assert.deepEqual([entry.actor.class, entry.details], ["system", { request: id, right: "human-review", latest: soon, overdue: false }]);
  const notice = await eventually(() => noticed(id)[0], "the webhook");
  assert.deepEqual([notice.data.request.latest, notice.data.request.phase], [soon, "in-progress"]);
  assert.equal((await open()).find((one) => one.id === id).overdue, false);
  assert.deepEqual(await row(id), { latest: soon, warn: end(soon) }, "the next is when its last day is over");
  assert.equal((await entries("request.due", id)).length, 1, "once");

  const past = day(Date.now() - 2 * DAY * 1000);
  await move(id, past, end(past));
  await eventually(async () => (await entries("request.due", id)).length === 2, "the second entry");
  assert.deepEqual((await entries("request.due", id)).map(({ details }) => details.overdue), [false, true]);
  await eventually(() => noticed(id).length === 2, "the webhook, again");
  assert.equal((await open()).find((one) => one.id === id).overdue, true);
  assert.deepEqual(await row(id), { latest: past, warn: null }, "that was the last");
});

test("what an agent asked runs from when it asked, for the site, the person and the agent", async () => {
  const email = "late@mail.example";
  const made = (await agent.exercise({ email })).body;
  assert.equal(made.expected_by, daysAfter(made.received_at, 45));
  const waiting = (await open()).find(({ phase }) => phase === "identity-pending");
  assert.deepEqual([waiting.right, waiting.law, waiting.received, waiting.latest], ["access", "ccpa", made.received_at, made.expected_by]);
  await inside((db) => db.prepare("UPDATE agent_requests SET received = received - ? WHERE id = ?").run(20 * DAY, made.request_id));

  const client = await proved(email);
  const confirmed = await client.post(`contact/agents/${made.request_id}`, { confirm: true });
  assert.equal(confirmed.status, 200, confirmed.text);
  const { status } = confirmed.body;
  assert.equal(Date.parse(status.received_at), Date.parse(made.received_at) - 20 * DAY * 1000);
  assert.deepEqual([status.status, status.expected_by], ["in_progress", daysAfter(status.received_at, 45)]);
  const [own] = (await client.request("contact/requests")).body.requests;
  assert.deepEqual([own.received, own.latest, own.phase], [status.received_at, status.expected_by, "in-progress"]);
  const listed = (await open()).filter(({ right }) => right === "access");
  assert.deepEqual(listed.map(({ id, received, latest }) => [id, received, latest]), [[own.id, own.received, own.latest]], "once, as the person's own");
  const { warn } = await row(own.id);
  assert.equal(warn, end(own.latest) - 8 * DAY);

  const headers = { "content-type": "application/json" };
  const extended = await site.operator(`requests/${own.id}`, { method: "POST", headers, body: JSON.stringify({ do: "extend", reason: "Two systems." }) });
  assert.equal(extended.status, 200);
  const latest = daysAfter(status.received_at, 90);
  assert.equal((await extended.json()).request.latest, latest);
  const seen = await eventually(async () => { const { body } = await agent.status(made.request_id); return body.processing_details && body; }, "the agent to be told");
  assert.deepEqual([seen.expected_by, seen.processing_details], [latest, "Two systems."]);
});

test("what nobody confirms is warned of, and denied when its term is over", async () => {
  const callback = new URL("/status", agent.base).href;
  const made = (await agent.exercise({ email: "never@mail.example", status_callback: callback })).body;
  const { id } = (await open()).find(({ phase }) => phase === "identity-pending");
  assert.equal(Date.parse(made.expires_at), Date.parse(made.expected_by) + (DAY + 8 * 3_600) * 1000, "it can be confirmed until that day ends in California");
  const soon = day(Date.now() + 3 * DAY * 1000);
  await move(id, soon, seconds(soon) - 7 * DAY);
  const [entry] = await eventually(async () => { const found = await entries("request.due", id); return found.length && found; }, "the entry");
  assert.equal(entry.details.overdue, false);
  await eventually(() => noticed(id).some(({ data }) => data.request.phase === "identity-pending"), "the webhook");

  await inside((db) => db.prepare("UPDATE agent_requests SET expires = 1 WHERE id = ?").run(made.request_id));
  const call = await eventually(() => called.find(({ request_id }) => request_id === made.request_id), "the callback");
  assert.deepEqual([call.status, call.reason], ["denied", "insuf_verification"]);
  assert.deepEqual((await agent.status(made.request_id)).body, call);
  assert.ok(!(await open()).some((one) => one.id === id));
  assert.equal((await open(true)).find((one) => one.id === id).phase, "refused");
  assert.equal((await new Client(site).request(`contact/agents/${made.request_id}`)).status, 404);
  assert.ok((await entries("agent.refused", made.request_id)).some(({ actor }) => actor.class === "system"));
});

test("what an agent takes back, or its person denies, is open no more", async () => {
  for (const [email, phase, end] of [
    ["back@mail.example", "revoked", (id) => agent.send("DELETE", `data-rights-request/${id}`, agent.sign({ reason: "no" }))],
    ["denied@mail.example", "refused", async (id) => (await proved("denied@mail.example")).post(`contact/agents/${id}`, { confirm: false })],
  ]) {
    const made = (await agent.exercise({ email, exercise: "deletion" })).body;
    const { id } = (await open()).find((one) => one.phase === "identity-pending");
    assert.equal((await end(made.request_id)).status, 200);
    assert.ok(!(await open()).some((one) => one.id === id));
    const over = (await open(true)).find((one) => one.id === id);
    assert.deepEqual([over.right, over.phase], ["erasure", phase]);
  }
});
