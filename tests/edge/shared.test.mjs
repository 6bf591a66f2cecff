// Pages that are made once for many: only what is the same for all of them, and only where both sides want it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

let site;
let asked = 0;
let headers = {};

before(async () => {
  const server = createServer((request, response) => {
    asked++;
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers });
    response.end(`<!doctype html><html><head><title>x</title></head><body><p>answer ${asked}</p></body></html>`);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  const policy = { ...shopPolicy(), edge: { share_pages: true } };
  site = await startSite({ policy, origin: { url: `http://127.0.0.1:${server.address().port}`, close } });
});
after(() => site?.stop());

const PUBLIC = { "cache-control": "public, max-age=60" };

/** The number of the origin's answer that a new visitor's page was made from. */
async function answer(path, more = {}, client = new Client(site, more)) {
  const page = await client.page(path);
  assert.equal(page.status, 200);
  assert.equal(page.headers.get("cache-control"), "private, no-store", "a browser keeps none");
  assert.ok(page.plan, "each has its plan");
  return /answer (\d+)/.exec(page.text)[1];
}

const isShared = (path) => eventually(async () => (await answer(path)) === (await answer(path)), "a page for two");

test("visitors of whom nothing is known get one page", async () => {
  headers = PUBLIC;
  await isShared("/one");
  const before = asked;
  const [first, second] = [await answer("/one"), await answer("/one")];
  assert.equal(first, second);
  assert.equal(asked, before, "the site's server is not asked");
});

test("all that a page depends on keeps pages apart", async () => {
  headers = PUBLIC;
  await isShared("/apart");
  const first = await answer("/apart");
  for (const [what, more] of Object.entries({
    language: { "accept-language": "de" },
    region: { "x-testing-region": "US-CA" },
    signal: { "sec-gpc": "1" },
    cookie: { cookie: "theme=dark" },
    authorization: { authorization: "Basic eDp5" },
  })) {
    assert.notEqual(await answer("/apart", more), first, what);
  }
  assert.notEqual(await answer("/apart?x=1"), first, "query");
  assert.equal(await answer("/apart"), first);
});

test("who has decided gets a page of their own", async () => {
  headers = PUBLIC;
  await isShared("/decided");
  const client = new Client(site);
  await client.page("/decided");
  assert.equal((await client.decide("accept-all")).status, 200);
  const [first, second] = [await answer("/decided", {}, client), await answer("/decided", {}, client)];
  assert.notEqual(first, second);
});

test("what the site's server wants for one person is kept for nobody", async (t) => {
  for (const [what, more] of Object.entries({
    "nothing said": {},
    "private": { "cache-control": "private, max-age=60" },
    "no-store": { "cache-control": "no-store" },
    "stale already": { "cache-control": "public, max-age=60", "age": "60" },
    "a cookie": { ...PUBLIC, "set-cookie": "session=1" },
    "a stopped cookie": { ...PUBLIC, "set-cookie": "pv_id=1" },
    "variants": { ...PUBLIC, "vary": "Accept-Encoding, User-Agent" },
    "an age": { ...PUBLIC, "consentry-age": "under-16" },
    "a nonce": { ...PUBLIC, "content-security-policy": "script-src 'nonce-abc'" },
  })) {
    await t.test(what, async () => {
      headers = more;
      const path = `/never-${what.replaceAll(" ", "-")}`;
      await answer(path);
      await new Promise((done) => setTimeout(done, 50));
      assert.notEqual(await answer(path), await answer(path));
    });
  }
});

test("another policy has other pages", async () => {
  headers = PUBLIC;
  await isShared("/policy");
  const first = await answer("/policy");
  const policy = { ...shopPolicy(), edge: { share_pages: true, stop_known_services: true } };
  const { status } = await site.fetch("/.consentry/policy", {
    method: "PUT",
    body: JSON.stringify(policy),
    headers: { "authorization": `Bearer ${site.secrets.ADMIN_TOKEN}`, "content-type": "application/json" },
  });
  assert.equal(status, 200);
  await eventually(async () => (await answer("/policy")) !== first, "a page of the new policy", 70_000);
});
