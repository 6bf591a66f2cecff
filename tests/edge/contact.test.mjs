// Data that is filed under an address: whoever reads what is sent there has the same rights over it as an account's holder,
// and nobody learns from an answer which addresses there are.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Webhook } from "standardwebhooks";
import { unpackBytes } from "../archive.mjs";
import { Backend } from "./backend.mjs";
import { Client } from "./client.mjs";
import { contents, eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const secret = `whsec_${randomBytes(32).toString("base64")}`;
const orders = { id: "orders", purposes: ["necessary"], name: { en: "Orders", de: "Bestellungen" }, retention: "P1Y", source: "provided" };
const policy = { ...shopPolicy(), records: [orders] };
policy.rights = { ...policy.rights, contacts: true };

let site, receiver;
const came = [];

before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part)).on("end", () => {
      came.push(new Webhook(secret).verify(Buffer.concat(parts).toString(), request.headers));
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  site = await startSite({ policy, vars: { ...backend.vars, LATE_DELETE: "1", WEBHOOK_URL: url, WEBHOOK_SECRET: secret } });
});
after(async () => {
  await site?.stop();
  receiver?.close();
});

/** Stores an order of a guest, known by an address alone. */
const put = (email, path, body) => {
  const token = backend.token(undefined, { sub_id: { format: "email", email } });
  return backend.put(site, undefined, path, body, { "consentry-subject": token });
};

/** Asks for a code, and waits for it. */
async function coded(client, contact) {
  const seen = came.length;
  const sent = await client.post("contact/codes", { contact });
  assert.equal(sent.status, 202, sent.text);
  const { data } = await eventually(() => came.slice(seen).find(({ type }) => type === "contact.code-sent"), "the code");
  assert.match(data.code, /^\d{8}$/);
  return { ...sent.body, ...data };
}

async function proved(contact) {
  const client = new Client(site);
  const { challenge, code } = await coded(client, contact);
  const answer = await client.post("contact/proofs", { contact, challenge, code });
  assert.equal(answer.status, 200, answer.text);
  client.token = answer.body.token;
  return client;
}

test("a guest proves an address and has every right over what is filed under it", async () => {
  assert.equal((await put("Guest-mark@mail.example", "/orders/1", { total: 42 })).status, 201);
  assert.equal((await put("other@mail.example", "/orders/1", { total: 7 })).status, 201);
  const client = new Client(site);
  const { challenge, code, known, contact, locale } = await coded(client, " guest-MARK@mail.example");
  assert.deepEqual([known, contact, locale], [true, "mailto:guest-mark@mail.example", "en"]);
  const answer = await client.post("contact/proofs", { contact: "guest-mark@mail.example", challenge, code: `${code.slice(0, 4)} ${code.slice(4)}` });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.setCookies[0], /^__Secure-consentry-contact=[\w-]+; Path=\/\.consentry\/contact; Max-Age=1800; Secure; HttpOnly; SameSite=Lax$/);
  const link = await client.post("contact/exports", { right: "access" });
  assert.equal(link.status, 201, link.text);
  const files = unpackBytes((await client.request(link.body.download)).bytes);
  assert.deepEqual(JSON.parse(files["records/orders/orders.json"]).map(({ content }) => content), [{ total: 42 }]);
  const listed = await client.request("contact/requests");
  assert.deepEqual(listed.body.requests.map(({ right }) => right), ["access"]);
  assert.match((await client.request("contact")).text, /You see what is kept under the address/);
  // The device is somebody else.
  assert.deepEqual((await client.request("me/requests")).body.requests, []);
  const erased = await client.post("contact/erasure", { confirm: true });
  assert.equal(erased.status, 200, erased.text);
  assert.equal(erased.body.erased.records, 1);
  const confirmed = await eventually(() => came.find(({ type }) => type === "erasure.completed"), "the confirmation");
  assert.equal(confirmed.data.contact, "mailto:guest-mark@mail.example");
  const trail = (await site.trail()).map(({ action }) => action);
  for (const action of ["contact.code-sent", "contact.proved", "export.requested", "export.delivered", "erasure.completed"]) assert.ok(trail.includes(action), action);
  for (const [where, what] of Object.entries(await contents(site))) {
    for (const value of [what].flat()) assert.ok(!/guest-mark/i.test(value), `${where} has the address`);
  }
});

test("a token serves where no cookie does, and only under contact/", async () => {
  const { token } = await proved("token@mail.example");
  const ask = (path, authorization) => new Client(site).request(path, { headers: { authorization } });
  assert.equal((await ask("contact/requests", `Bearer ${token}`)).status, 200);
  for (const bad of [`Bearer ${token.slice(0, 40)}${token[40] === "A" ? "B" : "A"}${token.slice(41)}`, "Bearer x", undefined, `Bearer ${backend.token("ann")}`]) {
    isProblem(await ask("contact/requests", bad), 401, "code-needed");
  }
  isProblem(await ask("me/requests", `Bearer ${token}`), 401, "token-refused");
});

test("of an address under which nothing is kept the answers are the same, and nothing stays", async () => {
  await put("known@mail.example", "/orders/1", { n: 1 });
  const shape = async (contact) => {
    const sent = await new Client(site).post("contact/codes", { contact });
    const wrong = await new Client(site).post("contact/proofs", { contact, challenge: sent.body.challenge, code: "0" });
    const never = await new Client(site).post("contact/proofs", { contact, challenge: "none", code: "00000000" });
    const headers = ({ headers }) => [...headers.keys()].sort().join();
    return [sent, wrong, never].map((answer) => [answer.status, headers(answer), answer.type, answer.text.replace(/[\w-]{22}|\d{4}-\d\d-\d\dT[\d:]+Z/g, "…")]);
  };
  const [known, unknown, never] = [await shape("known@mail.example"), await shape("unknown@mail.example"), await shape("+353 1 234 5678")];
  assert.deepEqual(unknown, known);
  assert.deepEqual(never, known);
  assert.deepEqual(known.map(([status]) => status), [202, 403, 403]);
  const told = await eventually(() => came.find(({ data }) => data.contact === "tel:+35312345678"), "the notice");
  assert.equal(told.data.known, false);
});

/** How long each of two requests takes in the middle, in milliseconds. In turn, so that what else the machine does falls on both. */
async function medians(one, other, rounds) {
  const pairs = [one, other].map((ask) => ({ ask, times: [] }));
  for (let n = 0; n < rounds; n += 1) {
    for (const { ask, times } of n % 2 ? pairs : pairs.toReversed()) {
      const begun = performance.now();
      await ask(n);
      times.push(performance.now() - begun);
    }
  }
  return pairs.map(({ times }) => times.sort((a, b) => a - b)[times.length >> 1]);
}

test("neither what is answered nor how long it takes tells whether anything is kept under an address", async (t) => {
  const rounds = 30;
  const address = (kind) => (n) => `${kind}-${n}@timed.example`;
  const [known, unknown] = [address("known"), address("unknown")];
  for (let n = 0; n <= rounds; n += 1) assert.equal((await put(known(n), "/orders/1", { n })).status, 201);
  const client = new Client(site);
  const prove = (contact) => client.post("contact/proofs", { contact, challenge: "none", code: "00000000" });
  const code = (contact) => client.post("contact/codes", { contact });
  await t.test("status, headers and body, where no code was ever sent", async () => {
    const seen = async (contact) => {
      const { status, headers, text } = await prove(contact);
      // What is random in each, and the time, are no one's.
      const plain = (value) => value.replace(/[\w-]{16,}/g, "…");
      return [status, [...headers].filter(([name]) => name !== "date").map((pair) => plain(pair.join())).sort(), plain(text)];
    };
    const [one, other] = [await seen(known(rounds)), await seen(unknown(rounds))];
    assert.equal(one[0], 403);
    assert.deepEqual(other, one);
  });
  for (const [what, ask] of [["a proof, where no code was ever sent", prove], ["a code", code], ["a proof, where one was", prove]]) {
    await t.test(what, async () => {
      const [one, other] = await medians((n) => ask(known(n)), (n) => ask(unknown(n)), rounds);
      // A coarse net, so that it never catches chance: what makes the answers alike is that codes have an object of their own.
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      assert.ok(high < 2 * low + 5, `${what}: ${one.toFixed(1)} ms where something is kept, ${other.toFixed(1)} ms where nothing is`);
    });
  }
  // Else the next test would take one of these codes for its own.
  const sent = () => came.map(({ data }) => data).filter(({ contact }) => contact?.endsWith("@timed.example"));
  await eventually(() => sent().length === 2 * rounds, "all codes to be sent", 60_000);
  for (const { contact, known } of sent()) assert.equal(known, contact.startsWith("mailto:known-"), contact);
});

test("a code is good once, in the challenge it was sent for, for a few tries", async (t) => {
  const contact = "once@mail.example";
  const client = new Client(site);
  const [first, second] = [await coded(client, contact), await coded(client, contact)];
  const tried = async (challenge, code, of = contact) => (await client.post("contact/proofs", { contact: of, challenge, code })).status;
  assert.equal(await tried(first.challenge, second.code), 403, "of another challenge");
  assert.equal(await tried(first.challenge, first.code, "twice@mail.example"), 403, "of another address");
  const at_once = await Promise.all(Array.from({ length: 20 }, () => tried(first.challenge, first.code)));
  assert.deepEqual(at_once.filter((status) => status === 200).length, 1, "at once");
  assert.equal(await tried(first.challenge, first.code), 403, "again");
  await t.test("a thousand guesses at once are five", async () => {
    const guesses = Array.from({ length: 1000 }, (_, n) => String(n).padStart(8, "0"));
    const statuses = await Promise.all(guesses.map((code) => tried(second.challenge, code)));
    assert.deepEqual([...new Set(statuses)], [403]);
    assert.equal(await tried(second.challenge, second.code), 403, "the right one comes too late");
  });
  await t.test("so many codes an hour, and no more", async () => {
    assert.equal((await client.post("contact/codes", { contact })).status, 202);
    const refused = await client.post("contact/codes", { contact });
    isProblem(refused, 429, "too-many");
    assert.ok(refused.body.retry_after > 3500, refused.text);
    const others = await Promise.all(Array.from({ length: 30 }, () => client.post("contact/codes", { contact: "flood@mail.example" })));
    assert.equal(others.filter(({ status }) => status === 202).length, 3);
  });
});

test("what is sent wrong is said", async (t) => {
  const client = new Client(site);
  for (const contact of ["ann", "", "ann@mail.example\r\nbcc: x@y.example", "+1", 7, null, "a".repeat(5000)]) {
    await t.test(String(contact).slice(0, 20), async () => {
      const answer = await client.post("contact/codes", { contact });
      isProblem(answer, 422, "invalid-field");
      assert.equal(answer.body.field, "contact");
    });
  }
  isProblem(await client.post("contact/codes", { contact: "a@mail.example" }, { headers: { origin: "https://evil.example" } }), 403, "cross-origin");
  isProblem(await client.request("contact/requests"), 401, "code-needed");
  isProblem(await client.request("contact/codes"), 405, "method-not-allowed");
  const token = backend.token(undefined, { sub_id: { format: "opaque", id: "7" } });
  isProblem(await backend.put(site, undefined, "/orders/1", {}, { "consentry-subject": token }), 401, "token-refused");
});

test("without a script: a form has the code sent, another takes it", async () => {
  await put("form@mail.example", "/orders/1", { n: 1 });
  const client = new Client(site);
  assert.match((await client.request("me")).text, /action="\/\.consentry\/contact\/codes"/);
  const seen = came.length;
  const page = await client.form("contact/codes", { contact: "form@mail.example", return: "/" });
  assert.equal(page.status, 202);
  const hidden = Object.fromEntries([...page.text.matchAll(/name="(contact|challenge)" value="([^"]+)"/g)].map(([, name, value]) => [name, value]));
  const { data } = await eventually(() => came.slice(seen).find(({ type }) => type === "contact.code-sent"), "the code");
  const wrong = await client.form("contact/proofs", { ...hidden, code: "1" });
  assert.deepEqual([wrong.status, /not right, or no longer good/.test(wrong.text)], [403, true]);
  const right = await client.form("contact/proofs", { ...hidden, code: data.code });
  assert.deepEqual([right.status, right.headers.get("location")], [303, "/.consentry/contact"]);
  const sent = await client.form("contact/requests", { right: "human-review", statement: "Look again.", return: "/" });
  assert.deepEqual([sent.status, sent.headers.get("location")], [303, "/.consentry/contact?sent=yes&return=%2F"]);
  const ended = await client.form("contact/end", { return: "/" });
  assert.deepEqual([ended.status, ended.headers.get("location")], [303, "/.consentry/me"]);
  isProblem(await client.request("contact/requests"), 401, "code-needed");
});

test("one network has codes sent to so many addresses a minute, where the deployment says so", async () => {
  // The counter is of minutes by the clock.
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 8_000) await new Promise((done) => setTimeout(done, left));
  await site.restart({ codes: 3 });
  const ask = (n, ip) => new Client(site, { "cf-connecting-ip": ip }).post("contact/codes", { contact: `stranger${n}@mail.example` });
  const asked = [];
  for (let n = 0; n < 6; n += 1) asked.push(await ask(n, `203.0.113.${n}`));
  assert.deepEqual(asked.map(({ status }) => status), [202, 202, 202, 429, 429, 429]);
  isProblem(asked[3], 429, "too-many");
  assert.ok(asked[3].body.retry_after <= 60);
  assert.equal((await ask(7, "198.51.100.7")).status, 202, "another network has not asked yet");
  // What is given back is counted by itself.
  const prove = (ip) => new Client(site, { "cf-connecting-ip": ip }).post("contact/proofs", { contact: "stranger0@mail.example", challenge: "x", code: "1" });
  const tried = [];
  for (let n = 0; n < 5; n += 1) tried.push(await prove(`203.0.113.${n}`));
  assert.deepEqual(tried.map(({ status }) => status), [403, 403, 403, 429, 429]);
  isProblem(tried[4], 429, "too-many");
  assert.equal((await prove("198.51.100.7")).status, 403);
  await site.restart({ codes: 0 });
});

test("a site that files nothing under addresses, or cannot send codes, says so", async () => {
  await site.adopt({ ...policy, rights: { ...policy.rights, contacts: false } });
  isProblem(await new Client(site).post("contact/codes", { contact: "ann@mail.example" }), 404, "not-found");
  assert.doesNotMatch((await new Client(site).request("me")).text, /contact\/codes/);
});
