// Agents that act for people by the Data Rights Protocol 1.0: nothing is done before the person has confirmed it.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Webhook } from "standardwebhooks";
import { unpackBytes } from "../archive.mjs";
import { Agent, BUSINESS } from "./agent.mjs";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { contents, eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const secret = `whsec_${randomBytes(32).toString("base64")}`;
const orders = { id: "orders", purposes: ["necessary"], name: { en: "Orders", de: "Bestellungen" }, retention: "P1Y", source: "provided" };
const policy = { ...shopPolicy(), records: [orders] };
policy.rights = { country: "US", contacts: true };

let site, receiver, base;
/** What came: to the webhook, and to the agent. */
const [told, called] = [[], []];
let refuse = 0;

let agent, other;
before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      const body = Buffer.concat(parts).toString();
      if (request.url === "/hook") told.push(new Webhook(secret).verify(body, request.headers));
      else if (refuse > 0) return void (refuse--, response.writeHead(503).end());
      else called.push(JSON.parse(body));
      response.writeHead(200).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  base = `http://127.0.0.1:${receiver.address().port}`;
  [agent, other] = [new Agent("AGENT_1", base), new Agent("AGENT_2", base)];
  const vars = { LATE_DELETE: "1", WEBHOOK_URL: `${base}/hook`, WEBHOOK_SECRET: secret, DRP_BUSINESS: BUSINESS, DRP_AGENTS: JSON.stringify([agent.entry, other.entry]) };
  site = await startSite({ policy, region: "US-CA", vars: { ...backend.vars, ...vars } });
  agent.site = other.site = site;
  assert.equal((await agent.setup()).status, 200);
  assert.equal((await other.setup()).status, 200);
});
after(async () => {
  await site?.stop();
  receiver?.close();
});

const put = (email, path, body) => backend.put(site, undefined, path, body, { "consentry-subject": backend.token(undefined, { sub_id: { format: "email", email } }) });

const proved = (contact, client = new Client(site)) => client.prove(contact, told);

test("an agent asks, the person confirms, the agent is told, the person has the copy", async () => {
  await put("mark-drp-1@mail.example", "/orders/1", { n: 1 });
  const made = await agent.exercise({ email: "Mark-DRP-1@mail.example", email_verified: true, "agent-request-id": "foo", status_callback: `${base}/status` });
  assert.equal(made.status, 200, made.text);
  const { request_id: id } = made.body;
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([made.body.status, made.body.reason, made.body.agent_request_id], ["in_progress", "need_user_verification", "foo"]);
  assert.ok(made.body.user_verification_url.endsWith(`/.consentry/contact/agents/${id}`));
  const days = (Date.parse(made.body.expected_by) - Date.parse(made.body.received_at)) / 864e5;
  assert.ok(days > 43 && days < 47, `45 days, in California: ${days}`);
  const notice = await eventually(() => told.find(({ type }) => type === "agent.requested"), "the notice");
  assert.deepEqual([notice.data.contact, notice.data.agent], ["mailto:mark-drp-1@mail.example", "AGENT_1 & Sons"]);
  const client = new Client(site);
  assert.match((await client.request(`contact/agents/${id}`)).text, /AGENT_1 &amp; Sons asks for this on your behalf/);
  isProblem(await client.post(`contact/agents/${id}`, { confirm: true }), 401, "code-needed");
  isProblem(await (await proved("somebody-else@mail.example")).post(`contact/agents/${id}`, { confirm: true }), 404, "not-found");
  await proved("mark-drp-1@mail.example", client);
  refuse = 1;
  const confirmed = await client.post(`contact/agents/${id}`, { confirm: true });
  assert.equal(confirmed.status, 200, confirmed.text);
  assert.equal(confirmed.body.status.status, "fulfilled");
  assert.equal((await agent.status(id)).body.status, "fulfilled");
  const call = await eventually(() => called.find(({ request_id }) => request_id === id), "the callback, once it was refused", 20_000);
  assert.deepEqual(call, (await agent.status(id)).body);
  isProblem(await client.post(`contact/agents/${id}`, { confirm: true }), 404, "not-found");
  const { requests } = (await client.request("contact/requests")).body;
  assert.deepEqual(requests.map(({ right, phase }) => [right, phase]), [["access", "completed"]]);
  assert.ok("records/orders/orders.json" in unpackBytes((await client.request(confirmed.body.download)).bytes));
  const trail = (await site.trail()).map(({ action }) => action);
  for (const action of ["agent.registered", "agent.requested", "agent.confirmed"]) assert.ok(trail.includes(action), action);
  for (const [where, what] of Object.entries(await contents(site))) {
    for (const value of [what].flat()) assert.ok(!/mark-drp-1/i.test(value), `${where} has the address`);
  }
});

test("a deletion is done when it is confirmed; a denied one never; a revoked one no more", async () => {
  const pages = async (email, pairs) => {
    const { request_id: id } = (await agent.exercise({ email, exercise: "deletion" })).body;
    const client = await proved(email);
    const answer = await client.form(`contact/agents/${id}`, pairs);
    return { id, answer };
  };
  await put("gone@mail.example", "/orders/1", { n: 1 });
  const gone = await pages("gone@mail.example", { confirm: "yes", redirect_to: `${base}/done` });
  assert.equal(gone.answer.status, 200);
  assert.ok(gone.answer.text.includes(`href="${base}/done"`), gone.answer.text);
  assert.equal((await agent.status(gone.id)).body.status, "fulfilled");
  const done = async () => {
    const over = (await (await site.operator("requests?over=yes")).json()).requests;
    return over.filter(({ right, phase }) => right === "erasure" && phase === "completed").length;
  };
  assert.equal(await done(), 1, "that it was asked for and done is remembered");
  await put("stays@mail.example", "/orders/1", { n: 1 });
  const stays = await pages("stays@mail.example", { confirm: "no", redirect_to: "https://evil.example/" });
  assert.deepEqual([stays.answer.status, stays.answer.text.includes("evil.example")], [200, false]);
  const shown = await pages("shown@mail.example", { confirm: "yes" });
  assert.equal(shown.answer.status, 200);
  assert.equal(await done(), 2, "of whom nothing was kept too");
  const denied = (await agent.status(stays.id)).body;
  assert.deepEqual([denied.status, denied.reason], ["denied", "suspected_fraud"]);
  const { request_id: id } = (await agent.exercise({ email: "back@mail.example", exercise: "deletion" })).body;
  const revoked = await agent.send("DELETE", `data-rights-request/${id}`, agent.sign({ reason: "no" }));
  assert.deepEqual([revoked.status, revoked.body.status], [200, "revoked"]);
  const opened = (headers) => new Client(site).request(`contact/agents/${id}`, { headers });
  isProblem(await opened({ accept: "application/json" }), 404, "not-found");
  const page = await opened({ accept: "text/html" });
  assert.equal(page.status, 404);
  assert.match(page.text, /^<!doctype html>/i, "whoever followed the link reads a page");
});

test("an account's holder confirms as an account, once the site has asked for the password again", async () => {
  await backend.put(site, "ann", "/orders/1", { n: 1 });
  const { request_id: id } = (await agent.exercise({ email: "ann@mail.example", exercise: "deletion" })).body;
  const confirm = (claims) => new Client(site).post(`me/agents/${id}`, { confirm: true }, { headers: { authorization: `Bearer ${backend.token("ann", claims)}` } });
  const recent = { auth_time: Math.floor(Date.now() / 1000) };
  isProblem(await confirm(recent), 404, "not-found");
  isProblem(await confirm({ ...recent, email: "eve@mail.example" }), 404, "not-found");
  isProblem(await confirm({ email: "ann@mail.example" }), 403, "step-up-needed");
  const done = await confirm({ ...recent, email: "Ann@mail.example" });
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.status.status, "fulfilled");
  isProblem(await new Client(site).post(`me/agents/${id}`, { confirm: true }), 401, "token-refused");
});

test("no message counts but its agent's, for this business, in its time", async (t) => {
  const refused = async (name, answer) => t.test(name, async () => {
    const { status, body } = await answer();
    assert.deepEqual([status, body.code], [403, "403"], JSON.stringify(body));
    assert.ok(body.message);
  });
  const send = (body, signer = agent, token = agent.token) => agent.send("POST", "data-rights-request", signer.sign(body), token);
  const good = agent.message({ exercise: "access", email: "x@mail.example" });
  const hour = (hours) => new Date(Date.now() + hours * 36e5).toISOString();
  await refused("signed by another", () => send(good, other));
  await refused("with another's token", () => send(good, agent, other.token));
  await refused("another's id", () => send({ ...good, "agent-id": "AGENT_2" }));
  await refused("another business", () => send({ ...good, "business-id": "OTHER" }));
  await refused("of the future", () => send({ ...good, "issued-at": hour(1) }));
  await refused("too late", () => send({ ...good, "expires-at": hour(-1) }));
  await refused("without a token", () => send(good, agent, "x"));
  await refused("no base64", () => agent.send("POST", "data-rights-request", "{}"));
  await refused("changed", () => {
    const message = Buffer.from(agent.sign(good), "base64");
    message[message.length - 2] ^= 1;
    return agent.send("POST", "data-rights-request", message.toString("base64"));
  });
  const { request_id: id } = (await agent.exercise({ email: "own@mail.example" })).body;
  await refused("another's request", () => other.status(id));
  await refused("an unknown request", () => agent.status(randomUUID()));
  await refused("another's revocation", () => other.send("DELETE", `data-rights-request/${id}`, other.sign({})));
  await refused("an unsigned revocation", () => agent.send("DELETE", `data-rights-request/${id}`, other.sign({})));
  await refused("another's information", () => agent.send("GET", "agent/AGENT_2"));
  await t.test("a setup that fails says nothing", async () => {
    for (const body of [agent.message({ "business-id": "OTHER" }), agent.message({ "agent-id": "AGENT_2" })]) {
      const answer = await agent.setup(body);
      assert.deepEqual([answer.status, answer.text], [403, ""]);
    }
    assert.deepEqual((await agent.send("GET", "agent/AGENT_1")).body, {});
    const before = agent.token;
    assert.notEqual((await agent.setup()).body.token, before);
    assert.equal((await agent.send("GET", "agent/AGENT_1", undefined, before)).status, 403, "the earlier token is no more");
  });
  for (const [name, more, pattern] of [
    ["a sale", { exercise: "sale:opt-in", email: "x@mail.example" }, /deletion/],
    ["another law", { regime: "lgpd", email: "x@mail.example" }, /ccpa/],
    ["nobody", {}, /email/],
    ["a callback elsewhere", { email: "x@mail.example", status_callback: "https://evil.example/" }, /status_callback/],
    ["another version", { email: "x@mail.example", "drp.version": "0.5" }, /1\.0/],
  ]) {
    await t.test(name, async () => {
      const answer = await agent.exercise(more);
      assert.deepEqual([answer.status, answer.body.code], [400, "400"]);
      assert.match(answer.body.message, pattern);
    });
  }
});

test("where it is not known what law the person is under, the strictest term is told", async () => {
  const days = ({ body }) => (Date.parse(body.expected_by) - Date.parse(body.received_at)) / 864e5;
  for (const more of [{ regime: undefined }, { regime: "voluntary" }]) {
    const made = await agent.exercise({ email: "somewhere@mail.example", ...more });
    assert.equal(made.status, 200, made.text);
    assert.ok(days(made) > 26 && days(made) < 35, `a month: ${days(made)}`);
  }
  assert.ok(days(await agent.exercise({ email: "somewhere@mail.example" })) > 43);
});

test("the same message is one request", async () => {
  const message = agent.sign(agent.message({ exercise: "access", email: "same@mail.example" }));
  const ids = await Promise.all(Array.from({ length: 4 }, async () => (await agent.send("POST", "data-rights-request", message)).body.request_id));
  assert.equal(new Set(ids).size, 1);
});

test("a site without agents has no such address", async () => {
  await site.restart({ vars: { DRP_BUSINESS: "", DRP_AGENTS: "" } });
  isProblem(await new Client(site).request("drp/v1/agent/AGENT_1"), 404, "not-found");
});
