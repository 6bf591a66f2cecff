// What the site's own systems are told: signed as their own library wants it, until it has arrived.

import assert from "node:assert/strict";
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Webhook } from "standardwebhooks";
import { Backend } from "./backend.mjs";
import { newId } from "./client.mjs";
import { contents, eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const secret = `whsec_${randomBytes(32).toString("base64")}`;
const category = (id) => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention: "P1Y", source: "provided" });

let site, receiver;
/** What came, in order; `status` answers in place of 204. */
const came = [];
let status;

before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      came.push({ headers: request.headers, body: Buffer.concat(parts).toString(), answered: status ?? 204 });
      if (status === 302) response.setHeader("location", "http://127.0.0.1:1/");
      response.writeHead(status ?? 204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  const policy = { ...shopPolicy(), records: [category("orders")] };
  site = await startSite({ policy, vars: { ...backend.vars, LATE_DELETE: "1", WEBHOOK_URL: url, WEBHOOK_SECRET: secret } });
});
after(async () => {
  await site?.stop();
  receiver?.close();
});

async function mine(sub, path, body, claims) {
  const headers = { authorization: `Bearer ${backend.token(sub, claims)}`, origin: site.url, "content-type": "application/json" };
  const response = await site.api(`me/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const operator = async (path, body) => {
  const response = await site.operator(path, body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text, body: JSON.parse(text) };
};
const arrived = (type) => came.filter(({ body, answered }) => answered < 300 && JSON.parse(body).type === type);
const review = { right: "human-review", statement: "mark-statement-3Q" };

test("a request and its answer are told, signed in both ways, with the site's own name for the account", async () => {
  const made = await mine("mark-account-1Q", "requests", review);
  const [message] = await eventually(() => arrived("request.received").length && arrived("request.received"), "the notice");
  const { type, timestamp, data } = new Webhook(secret).verify(message.body, message.headers);
  assert.equal(type, "request.received");
  assert.ok(Date.parse(timestamp));
  assert.deepEqual([data.account, data.request.id, data.request.phase], ["mark-account-1Q", made.body.request.id, "in-progress"]);
  assert.ok(!message.body.includes("mark-statement"), "what was said is for operators to look at");
  assert.throws(() => new Webhook(secret).verify(message.body.replace("human-review", "erasure"), message.headers));
  // The second signature is anybody's to check.
  const { key } = (await operator("notices")).body;
  const raw = Buffer.from(key.slice("whpk_".length), "base64");
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  const own = Buffer.from(/v1a,(\S+)/.exec(message.headers["webhook-signature"])[1], "base64");
  const content = `${message.headers["webhook-id"]}.${message.headers["webhook-timestamp"]}.${message.body}`;
  assert.ok(verify(null, Buffer.from(content), createPublicKey({ key: spki, format: "der", type: "spki" }), own));
  await operator(`requests/${made.body.request.id}`, { do: "done", note: "Looked at." });
  const [done] = await eventually(() => arrived("request.completed").length && arrived("request.completed"), "the answer");
  assert.equal(JSON.parse(done.body).data.request.steps.site.note, "Looked at.");
  await eventually(async () => (await site.trail()).some(({ action, details }) => action === "notice.delivered" && details.type === "request.completed"), "its entry");
});

test("an erasure is confirmed to whom nobody here knows any more", async () => {
  await backend.put(site, "mark-account-2Q", "/orders/1", { n: 1 });
  await mine("mark-account-2Q", "requests", review);
  await mine("mark-account-2Q", "erasure", { confirm: true }, { auth_time: Math.floor(Date.now() / 1000) });
  const [message] = await eventually(() => arrived("erasure.completed").length && arrived("erasure.completed"), "the confirmation");
  const { data } = new Webhook(secret).verify(message.body, message.headers);
  assert.deepEqual([data.account, data.erased.records], ["mark-account-2Q", 1]);
  await eventually(async () => (await operator("notices")).body.notices.every(({ state }) => state === "delivered"), "all to arrive");
  const held = await contents(site);
  for (const [where, what] of Object.entries(held)) {
    for (const value of [what].flat()) assert.ok(!value.includes("mark-account-2Q") || where === "none", `${where} still has the account`);
  }
});

test("what does not arrive waits, is shown, and is delivered when it can be", async () => {
  status = 503;
  const before = came.length;
  await mine("ann", "requests", review);
  await eventually(() => came.length > before, "the first attempt");
  const waiting = await eventually(async () => (await operator("notices")).body.notices.find(({ state, attempts }) => state === "waiting" && attempts), "it to wait");
  assert.deepEqual([waiting.type, waiting.status, waiting.attempts], ["request.received", 503, 1]);
  isProblem(await operator(`notices/${waiting.id}`, { do: "retry" }), 404, "not-found");
  status = undefined;
  // A crash loses nothing.
  await site.restart({ kill: true });
  await site.scheduled();
  await eventually(() => arrived("request.received").some(({ headers }) => headers["webhook-id"] === waiting.id), "the second attempt", 20_000);
  assert.equal(came.filter(({ headers }) => headers["webhook-id"] === waiting.id).length, 2);
});

test("whoever is gone, or leads elsewhere, is not followed; an operator tries again", async () => {
  status = 410;
  await mine("bob", "requests", review);
  const failed = await eventually(async () => (await operator("notices?failed=yes")).body.notices[0], "it to fail");
  assert.deepEqual([failed.state, failed.status], ["failed", 410]);
  assert.ok((await site.trail()).some(({ action, details }) => action === "notice.failed" && details.notice === failed.id));
  status = 302;
  assert.equal((await operator(`notices/${failed.id}`, { do: "retry" })).status, 202);
  await eventually(() => came.at(-1).answered === 302, "the attempt");
  status = undefined;
  await eventually(() => arrived("request.received").some(({ headers }) => headers["webhook-id"] === failed.id), "it to arrive", 20_000);
  assert.deepEqual((await operator("notices?failed=yes")).body.notices, []);
});

test("a restriction is not lifted before its person could be informed (GDPR Article 18(3))", async () => {
  await backend.put(site, "eve", "/orders/1", { n: 1 });
  const { id } = (await mine("eve", "requests", { right: "restriction", ground: "accuracy", statement: "x" })).body.request;
  status = 503;
  const lift_at = new Date(Date.now() + 2_000).toISOString().replace(/\.\d+/, "");
  assert.equal((await operator(`requests/${id}`, { do: "announce-lift", reason: "It is right.", lift_at })).status, 200);
  await eventually(() => came.some(({ body, answered }) => answered === 503 && JSON.parse(body).type === "restriction.announced"), "the first try");
  const read = () => backend.ask(site, "eve", "/orders/1");
  // When the time comes it is put off, since nobody took the announcement.
  const putOff = () => {
    let at;
    site.databases("Subject", (db) => (at ??= db.prepare("SELECT value FROM meta WHERE name = 'lift_at'").get()?.value));
    return Number(at) > Date.parse(lift_at) / 1000;
  };
  await new Promise((done) => setTimeout(done, Date.parse(lift_at) + 2_500 - Date.now()));
  isProblem(await read(), 423, "frozen");
  let wasPutOff;
  await site.restart({ between: () => (wasPutOff = putOff()) });
  assert.ok(wasPutOff);
  status = undefined;
  await site.scheduled();
  await eventually(() => arrived("restriction.announced").length, "the announcement", 30_000);
  isProblem(await read(), 423, "frozen");
  await site.restart({
    between: () => site.databases("Subject", (db) => db.exec("UPDATE meta SET value = '1' WHERE name = 'lift_at'")),
  });
  // Whatever is asked of the person sets the alarm.
  assert.equal((await mine("eve", "requests", review)).status, 201);
  await eventually(async () => (await read()).status === 200, "it to be lifted");
  const [placed, announced, lifted] = (await site.trail()).filter(({ action }) => /^restriction/.test(action));
  assert.deepEqual([placed.action, announced.action, lifted.action], ["restriction.placed", "restriction.announced", "restriction.lifted"]);
});

test("only operators see and try again, and bad input is named", async () => {
  assert.equal((await site.api("notices")).status, 401);
  assert.equal((await site.api(`notices/${newId()}`, { method: "POST" })).status, 401);
  isProblem(await operator("notices?failed=perhaps"), 422, "invalid-field");
  isProblem(await operator(`notices/${newId()}`, { do: "retry" }), 404, "not-found");
  isProblem(await operator(`notices/${newId()}`, { do: "forget" }), 422);
  isProblem(await operator("notices/x", { do: "retry" }), 404, "not-found");
});
