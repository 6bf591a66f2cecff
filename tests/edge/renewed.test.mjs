// What happened elsewhere reaches a browser's decision cookie with its next page, once an hour.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Backend } from "./backend.mjs";
import { Client, DEVICE } from "./client.mjs";
import { eventually, secret, shopPolicy, startSite } from "./support.mjs";

const backend = new Backend();
const vars = { ...backend.vars, LATE_DELETE: "1" };

let site;
before(async () => (site = await startSite({ vars })));
after(() => site?.stop());

const as = (client, sub, path, body, claims) => client.post(`me/${path}`, body, { headers: { authorization: `Bearer ${backend.token(sub, claims)}` } });

/** A browser in which everything was accepted. */
async function browser(choice = "accept-all", headers = {}) {
  const client = new Client(site, { accept: "text/html,*/*;q=0.8", ...headers });
  await client.page("/");
  assert.equal((await client.decide(choice)).status, 200);
  return client;
}

/** Two browsers of one account, of which the first is at hand. */
async function two(sub) {
  const [hers, other] = [await browser(), await browser()];
  for (const client of [hers, other]) assert.equal((await as(client, sub, "devices", { linked: true })).status, 200);
  return [hers, other];
}

const decision = (client) => client.cookies.get("consentry");
const given = (client) => decision(client).split(".")[2];
/** Whether the page runs what needs consent. */
const runs = async (client) => /<script[^>]* src="http:\/\/127.0.0.1:9101/.test((await client.page("/")).text);
const kept = async (client) => (await client.request("me/requests")).body;

test("a browser that was told is not told again for an hour, and anything but a page tells nothing", async () => {
  const client = await browser();
  const [before, device] = [decision(client), client.cookies.get(DEVICE)];
  assert.match(device, /^[\w-]{43}\.\d+$/);
  assert.deepEqual((await client.page("/")).setCookies, []);
  client.later();
  assert.deepEqual((await client.request("/", { headers: { accept: "*/*" } })).setCookies, []);
  assert.deepEqual((await client.request("/", { method: "HEAD" })).setCookies, []);
  const { setCookies, headers } = await client.page("/");
  assert.equal(setCookies.length, 1);
  assert.match(setCookies[0], /^__Host-consentry-device=[\w-]{43}\.\d+; Path=\/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax$/);
  assert.equal(headers.get("cache-control"), "private, no-store");
  assert.deepEqual([decision(client), client.cookies.get(DEVICE)], [before, device]);
});

test("a restriction by the account reaches its other browser's pages, and so does the end of it", async () => {
  const [hers, other] = await two("ann");
  const before = decision(other);
  assert.equal((await as(hers, "ann", "requests", { right: "restriction", ground: "claims" })).status, 201);
  await eventually(async () => (await kept(other)).restriction, "the restriction at the device");
  other.cookies.set("consentry", before);
  assert.ok(await runs(other), "it was told within the hour");
  assert.ok(!(await runs(other.later())), "the page itself is stripped");
  assert.match(decision(other), /\d+r\./);
  assert.equal(given(other), "0");
  assert.equal((await as(hers, "ann", "restriction/lift", {})).status, 200);
  const restricted = decision(other);
  await eventually(async () => !(await kept(other)).restriction, "its end at the device");
  other.cookies.set("consentry", restricted);
  assert.ok(await runs(other.later()));
  assert.equal(decision(other), before, "what was chosen holds again");
});

test("after an erasure by the account its other browser keeps nothing", async () => {
  const [hers, other] = await two("bob");
  const before = new Map(other.cookies);
  assert.equal((await as(hers, "bob", "erasure", { confirm: true }, { auth_time: Math.floor(Date.now() / 1000) })).status, 200);
  await eventually(async () => !(await other.inside()).keys, "the erasure of the device");
  other.cookies = before;
  const page = await other.later().page("/");
  assert.deepEqual(page.setCookies.map((cookie) => cookie.replace(/;.*/, "")), ["consentry=", `${DEVICE}=`]);
  assert.match(page.text, /<dialog id="consentry"/, "who is new is asked");
  assert.match(page.text, /<script[^>]* data-src="http:\/\/127.0.0.1:9101/);
});

test("a withdrawal whose answer was lost is told; a grant that the browser does not know of is not", async () => {
  const client = await browser();
  const [all, stale] = [decision(client), client.clone()];
  assert.equal((await client.decide("reject-all")).status, 200);
  const none = decision(client);
  assert.ok(await runs(stale), "it was told within the hour");
  assert.ok(!(await runs(stale.later())));
  assert.equal(decision(stale), none);
  await client.page("/");
  assert.equal((await client.decide("accept-all")).status, 200);
  stale.cookies.set("consentry", none);
  assert.ok(!(await runs(stale.later())));
  assert.equal(decision(stale), none, "a refusal that is not recorded yet may be behind it");
  // Without a decision cookie nothing is taken from the record either.
  stale.cookies.delete("consentry");
  assert.match((await stale.later().page("/")).text, /<dialog id="consentry"/);
  assert.ok(!stale.cookies.has("consentry") && all);
});

test("a device of which nothing is known is none", async () => {
  const client = await browser();
  client.cookies.set(DEVICE, secret());
  const { setCookies } = await client.page("/");
  assert.deepEqual(setCookies.map((cookie) => cookie.replace(/;.*/, "")), ["consentry=", `${DEVICE}=`]);
});

test("before a key goes, decision cookies are handed out under the next", async () => {
  const [refuser, granter] = [await browser("reject-all"), await browser()];
  const [refused, granted] = [refuser, granter].map(decision);
  const { k1 } = site.secrets.KEYRING.keys;
  site.secrets.KEYRING = { active: "k2", keys: { k1, k2: secret() } };
  await site.restart();
  for (const [client, before] of [[refuser, refused], [granter, granted]]) {
    const { setCookies } = await client.page("/");
    assert.equal(setCookies.length, 1);
    assert.match(setCookies[0], /^consentry=[\w.-]+; Path=\/; Max-Age=(\d+); Secure; SameSite=Lax$/);
    const age = Number(/Max-Age=(\d+)/.exec(setCookies[0])[1]);
    assert.ok(age > 100 * 86_400 && age <= 400 * 86_400, String(age));
    const said = (value) => value.split(".").slice(0, -2);
    assert.deepEqual(said(decision(client)), said(before));
    assert.equal(decision(client).split(".").at(-2), "k2");
    assert.deepEqual((await client.page("/")).setCookies, [], "once");
  }
  site.secrets.KEYRING = { active: "k2", keys: { k2: site.secrets.KEYRING.keys.k2 } };
  await site.restart();
  assert.ok(await runs(granter), "the old key is gone, and nobody is asked again");
});

test("where hosts share the decision, one of them begins restrictions and ends nothing", async () => {
  const policy = shopPolicy();
  policy.site.cookie_domain = "fern.example";
  const shared = await startSite({ policy, vars });
  try {
    const client = new Client(shared, { accept: "text/html" });
    await client.page("/");
    await client.decide("accept-all");
    const all = decision(client);
    const elsewhere = client.clone();
    await elsewhere.decide("reject-all");
    client.cookies.set("consentry", all);
    await client.later().page("/");
    assert.equal(decision(client), all, "it may have been given again on another host");
    await elsewhere.post("me/requests", { right: "restriction", ground: "claims" });
    client.cookies.set("consentry", all);
    const { setCookies } = await client.later().page("/");
    assert.match(setCookies[0], /^consentry=2\.[\w.-]+r\.[\w.-]+; .*; Domain=fern\.example$/);
    const restricted = decision(client);
    await elsewhere.post("me/restriction/lift", {});
    client.cookies.set("consentry", restricted);
    await client.later().page("/");
    assert.equal(decision(client), restricted);
  } finally {
    await shared.stop();
  }
});
