// Pages of other origins: those that the policy names may ask and decide, without a cookie of this host; others may not.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Afar } from "./afar.mjs";
import { Client, newId } from "./client.mjs";
import { contents, isProblem, shopPolicy, startSite } from "./support.mjs";

const BLOG = "https://blog.fern.example";
const SHOP = "https://other.example:8443";

let site;
before(async () => {
  const policy = shopPolicy();
  Object.assign(policy.site, { origins: [BLOG, SHOP], cookie_domain: "fern.example" });
  site = await startSite({ policy });
});
after(() => site?.stop());

const visitor = (origin = BLOG, headers) => new Afar(site, origin, headers);
const allowed = ({ headers }) => headers.get("access-control-allow-origin");

test("a declared origin's page is given dialogs and plan, every address with its host", async () => {
  const answer = await visitor().page();
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual([allowed(answer), answer.headers.get("vary")], [BLOG, "origin"]);
  assert.equal(answer.headers.get("access-control-allow-credentials"), null);
  const { html, css, plan } = answer.body;
  for (const at of [css, plan.base, plan.more, plan.sdk, plan.dialogs]) assert.ok(at.startsWith(site.url + "/"), at);
  for (const [, at] of html.matchAll(/action="([^"]*)"/g)) assert.ok(at.startsWith(`${site.url}/.consentry/`), at);
  assert.match(html, /href="\/privacy"/, "the site's own pages are where the reader is");
  for (const at of [css, plan.more, plan.sdk]) {
    const file = await site.fetch(at);
    assert.deepEqual([file.status, allowed(file)], [200, "*"]);
    assert.equal(file.headers.get("cross-origin-resource-policy"), "cross-origin");
  }
  const own = await new Client(site).request("banner?locale=en");
  assert.ok(own.body.plan.base === "/.consentry/" && !allowed(own));
});

/** What came along with the tag. */
const along = ({ text }) => JSON.parse(/^document\.currentScript\.consentry=(\{.*?\});"use strict"/s.exec(text)?.[1] ?? "null");
const tag = (headers, query = "") => new Client(site).request(`a/c.js${query}`, { headers });

test("the tag brings plan, dialogs and styles to the pages that may decide", async () => {
  const own = await tag({ "sec-fetch-site": "same-origin" });
  assert.equal(own.headers.get("cache-control"), "private, max-age=600");
  assert.equal(own.headers.get("cross-origin-resource-policy"), "cross-origin");
  const { html, css, style, plan } = along(own);
  assert.deepEqual([plan.base, css.startsWith("/.consentry/a/")], ["/.consentry/", true]);
  assert.match(html, /^<dialog id="consentry"/);
  assert.doesNotMatch(html, /consentry-preferences"/, "the second layer comes when it is used");
  assert.match(style, /#consentry/);
  const declared = await tag({ "sec-fetch-site": "cross-site", referer: `${BLOG}/` });
  assert.deepEqual([along(declared).plan.base, along(declared).plan.policy], [`${site.url}/.consentry/`, plan.policy]);
  for (const headers of [
    { "sec-fetch-site": "cross-site", referer: "https://evil.example/" },
    { "sec-fetch-site": "cross-site" },
    { referer: `${BLOG}.evil.example/` },
    { "sec-fetch-site": "none" },
  ]) {
    const answer = await tag(headers);
    assert.deepEqual([answer.status, along(answer)], [200, null], JSON.stringify(headers));
    assert.match(answer.text, /^"use strict"/, "the loader alone, which asks and is told");
  }
});

test("the tag is of a place and a language, never of a visitor", async () => {
  const here = { "sec-fetch-site": "same-origin" };
  assert.equal(along(await tag({ ...here, "accept-language": "de" })).plan.locale, "de");
  assert.equal(along(await tag({ ...here, "accept-language": "de" }, "?locale=en")).plan.locale, "en");
  assert.equal(along(await tag({ ...here, "x-testing-region": "GB" })).plan.regime, "uk");
  const client = new Client(site);
  await client.page();
  assert.equal((await client.decide("accept-all")).status, 200);
  const cookie = Array.from(client.cookies, (pair) => pair.join("=")).join("; ");
  assert.deepEqual((await tag({ ...here, cookie })).text, (await tag(here)).text);
});

test("what everyone may read, every page may read", async () => {
  for (const path of ["keys", "log/key", "log/checkpoint", "policy"]) {
    assert.equal(allowed(await site.api(path, { headers: { origin: "https://anyone.example" } })), "*", path);
  }
  for (const path of ["preferences", "audit", "health"]) assert.equal(allowed(await site.api(path, { headers: { origin: BLOG } })), null, path);
});

test("browsers are told before they send", async () => {
  for (const path of ["consent", "me/exports", "me/erasure", "banner"]) {
    const answer = await visitor().request(path, { method: "OPTIONS", headers: { "access-control-request-method": "POST" } });
    assert.deepEqual([answer.status, allowed(answer), answer.text], [204, BLOG, ""]);
    assert.match(answer.headers.get("access-control-allow-headers"), /\bsignature-input\b/);
  }
});

test("an origin that is not named reads why, and nothing else", async () => {
  const size = (await site.readLog()).size;
  for (const origin of ["https://evil.example", "https://blog.fern.example.evil.example", "http://blog.fern.example", "https://other.example"]) {
    const stranger = visitor(origin).makeKey();
    const banner = await stranger.request("banner?locale=en");
    isProblem(banner, 403, "cross-origin");
    assert.deepEqual([allowed(banner), /site\.origins/.test(banner.body.detail)], ["*", true]);
    const { policy, notice, locale, regime } = (await visitor().page()).plan;
    const ask = { id: newId(), policy, notice, locale, regime, seen: 0, layer: "banner" };
    for (const choice of ["accept-all", "reject-all"]) isProblem(await stranger.post("consent", { ...ask, choice }), 403, "cross-origin");
    isProblem(await stranger.erase(), 403, "cross-origin");
    isProblem(await stranger.request("consent", { method: "OPTIONS" }), 403, "cross-origin");
  }
  isProblem(await visitor("null").post("consent", {}), 403, "cross-origin");
  assert.equal((await site.readLog()).size, size);
});

test("a refusal makes no device, and the page writes its cookie itself", async () => {
  const client = visitor();
  await client.page();
  const answer = await client.decide("reject-all");
  assert.deepEqual([answer.status, answer.setCookies], [200, []], answer.text);
  assert.match(answer.body.cookie, /^consentry=2\.[^;]+; Path=\/; Max-Age=\d+; Secure; SameSite=Lax; Domain=fern\.example$/);
  assert.equal(answer.body.decision.seq, 0);
  const elsewhere = visitor(SHOP);
  await elsewhere.page();
  assert.doesNotMatch((await elsewhere.decide("reject-all")).body.cookie, /Domain/, "a host outside the domain cannot write for it");
});

test("a grant needs the device's signature, and is proved like any other", async () => {
  const client = visitor();
  await client.page();
  const unsigned = await client.decide("accept-all");
  isProblem(unsigned, 401, "not-signed");
  assert.ok(Math.abs(unsigned.body.now - Date.now() / 1e3) < 60, "the server's time comes along");
  assert.equal(unsigned.headers.get("www-authenticate"), null);
  client.makeKey();
  const answer = await client.decide("accept-all");
  assert.deepEqual([answer.status, answer.body.decision?.seq, answer.setCookies], [200, 1, []], answer.text);
  await client.verify(answer.body.receipt);
  assert.equal((await client.status()).body.receipts, 1);
  assert.deepEqual((await client.request("consent/receipt")).body.record, answer.body.receipt.record);
  const withdrawn = await client.decide("reject-all");
  assert.deepEqual([withdrawn.status, withdrawn.body.decision.seq, withdrawn.body.decision.given], [200, 2, []]);
});

test("the same grant sent twice is one, and an old one grants nothing again", async () => {
  const client = visitor().makeKey();
  await client.page();
  const ask = await client.ask("accept-all");
  const answers = [await client.send(ask), await client.send(ask)];
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  assert.deepEqual(answers[1].body.receipt, answers[0].body.receipt);
  assert.equal((await client.decide("reject-all")).status, 200);
  isProblem(await client.post("consent", ask), 409, "stale-decision");
});

test("a signature counts for the request, the body, the address, the time and the key it was made with", async (t) => {
  const client = visitor().makeKey();
  await client.page();
  await client.decide("accept-all");
  const size = (await site.readLog()).size;
  const ask = await client.ask("reject-all");
  const [body, other] = [JSON.stringify(ask), JSON.stringify({ ...ask, choice: "accept-all" })];
  const stranger = visitor().makeKey();
  const send = (headers, sent = body, path = "consent") =>
    client.request(path, { method: "POST", body: sent, signed: false, headers: { "content-type": "application/json", ...headers } });
  const good = client.signature("POST", "consent", body);
  const seconds = Math.floor(Date.now() / 1e3);
  for (const [name, headers, sent, path] of [
    ["another body", good, other],
    ["another body, its digest right", { ...good, "content-digest": client.signature("POST", "consent", other)["content-digest"] }, other],
    ["another address", good, body, "me/exports"],
    ["another address by its query", good, body, "consent?x=1"],
    ["another method", client.signature("GET", "consent", body)],
    ["no digest covered", client.signature("POST", "consent", body, { covered: ["@method", "@target-uri"] })],
    ["too old", client.signature("POST", "consent", body, { created: seconds - 400 })],
    ["ahead", client.signature("POST", "consent", body, { created: seconds + 400 })],
    ["another's key", stranger.signature("POST", "consent", body, { keyid: client.keyid })],
    ["no point of the curve", client.signature("POST", "consent", body, { keyid: Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]).toString("base64url") })],
    ["half of it", { ...good, signature: "" }],
    ["the other half", { ...good, "signature-input": "" }],
    ["not base64", { ...good, signature: "device=:*:" }],
  ]) {
    await t.test(name, async () => isProblem(await send(headers, sent, path), 401, "not-signed"));
  }
  assert.equal((await site.readLog()).size, size, "nothing happened");
  assert.equal((await send(good)).status, 200, "what it was made for it is good for");
});

test("cookies of this host mean nothing on another origin's page", async () => {
  const own = new Client(site);
  await own.page();
  assert.equal((await own.decide("accept-all")).status, 200);
  const cookie = Array.from(own.cookies, (pair) => pair.join("=")).join("; ");
  const afar = visitor(BLOG, { cookie });
  await afar.page();
  assert.deepEqual((await afar.status()).body, { decision: null, receipts: 0 });
  isProblem(await afar.request("consent/receipt"), 404);
  assert.deepEqual((await afar.erase()).body.erased, { records: 0 });
  isProblem(await afar.decide("accept-all"), 401, "not-signed");
  assert.equal((await own.status()).body.receipts, 1);
});

test("forms are for this host's own pages", async () => {
  const { policy, notice, locale, regime } = (await visitor().page()).plan;
  const pairs = { policy, notice, locale, regime, seen: "0", choice: "reject-all", layer: "banner" };
  isProblem(await visitor().form("consent", pairs), 415);
});

test("the page's own cookie tells what it objected to, since no other comes", async () => {
  const client = visitor(BLOG, { "x-testing-region": "GB" });
  const { plan } = await client.page();
  assert.equal(plan.regime, "uk");
  const objected = await client.decide("selection", { purposes: [], objections: ["analytics"] });
  assert.deepEqual([objected.status, objected.body.decision?.refused.includes("analytics")], [200, true], objected.text);
  // Nobody objects any more: that is consent, and needs a device.
  client.makeKey();
  const back = await client.decide("selection", { purposes: [], objections: [] });
  assert.deepEqual([back.status, back.body.decision?.given], [200, ["analytics"]], back.text);
});

test("a device takes and erases what is kept about it, and is another one after that", async () => {
  const client = visitor().makeKey();
  await client.page();
  await client.decide("accept-all");
  const link = await client.post("me/exports", {});
  assert.equal(link.status, 201, link.text);
  assert.ok(link.body.download.startsWith(`${site.url}/.consentry/me/exports/`), "an address with its host");
  const archive = await site.fetch(link.body.download);
  assert.deepEqual([archive.status, archive.headers.get("content-type")], [200, "application/zip"]);
  assert.ok((await archive.arrayBuffer()).byteLength > 1000);
  const erased = await client.erase();
  assert.deepEqual([erased.status, erased.body.erased.records, erased.setCookies], [200, 1, []], erased.text);
  client.seen = 0;
  isProblem(await client.decide("accept-all"), 409, "erased");
  client.keys = undefined;
  assert.equal((await client.makeKey().decide("accept-all")).status, 200);
});

test("the key is kept nowhere", async () => {
  const client = visitor().makeKey();
  await client.page();
  assert.equal((await client.decide("accept-all")).status, 200);
  const kept = await contents(site);
  const raw = Buffer.from(client.keyid, "base64url");
  for (const [what, parts] of Object.entries({ ...kept, log: site.log })) {
    for (const part of parts) {
      const bytes = Buffer.from(part);
      assert.ok(!bytes.includes(raw) && !bytes.includes(client.keyid) && !bytes.includes(raw.toString("hex")), what);
    }
  }
});
