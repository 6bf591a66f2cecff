// What is left of requests: kept for the operator where that is switched on, and of some people nothing at all.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { eventually, startSite } from "./support.mjs";

let site;
before(async () => (site = await startSite({ vars: { KEEP_LINES: "100" }, analytics: true })));
after(() => site?.stop());

const written = () => site.log.filter((line) => line.includes('"t":"request"')).map((line) => JSON.parse(line));
const operator = () => ({ headers: { authorization: `Bearer ${site.secrets.ADMIN_TOKEN}` } });
const kept = async (query = "") => (await (await site.fetch(`/.consentry/lines${query}`, operator())).json()).lines;

test("an operator sees the lines of recent requests, latest first", async () => {
  const client = new Client(site, { "cf-connecting-ip": "203.0.113.77", "user-agent": "Mozilla/5.0 Firefox/150.0" });
  await client.page("/?visit=1");
  await client.page("/?visit=2");
  await new Promise((done) => setTimeout(done, 1100));
  await client.page("/?visit=3");
  const pages = await eventually(async () => {
    const pages = (await kept()).filter(({ route }) => route === "site");
    return pages.length >= 3 && pages;
  }, "three lines");
  const console = written().filter(({ route }) => route === "site").toReversed();
  assert.deepEqual(pages.slice(0, 3), console.slice(0, 3));
  assert.equal(pages[0].ip, "203.0.113.0/24");
  assert.equal((await kept("?limit=1")).length, 1);
});

test("nobody else does, and a request for too many or none is told so", async () => {
  assert.equal((await site.fetch("/.consentry/lines")).status, 401);
  const wrong = await site.fetch("/.consentry/lines?limit=all", operator());
  assert.equal(wrong.status, 422);
  assert.equal((await wrong.json()).field, "limit");
  assert.equal((await site.fetch("/.consentry/lines", { ...operator(), method: "POST" })).status, 405);
});

test("pages for somebody whose data is restricted are served, stripped and unrecorded", async () => {
  const { cookie } = await (await site.fetch("/.consentry/testing/restricted")).json();
  const client = new Client(site);
  client.cookies.set("consentry", cookie);
  const before = written().length;
  const page = await client.page();
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /<script[^>]* src="http:\/\/127\.0\.0\.1:91/);
  assert.match(page.text, /data-service="metrics"/);
  assert.ok(!page.plan.asks, "they are not asked");
  assert.equal((await client.request("/own/app.js")).status < 500, true);
  await new Promise((done) => setTimeout(done, 200));
  assert.equal(written().length, before, "no line");
  const forged = new Client(site);
  forged.cookies.set("consentry", cookie.replace(/r\./, "."));
  await forged.page();
  assert.equal(written().length, before + 1, "a forged cookie is none");
});

test("restricted means stopped also where everything runs until an objection", async () => {
  const { cookie } = await (await site.fetch("/.consentry/testing/restricted")).json();
  const there = new Client(site, { "x-testing-region": "GB" });
  assert.match((await there.page()).text, /<script[^>]* src="http:\/\/127\.0\.0\.1:9101/, "statistics run");
  there.cookies.set("consentry", cookie);
  assert.doesNotMatch((await there.page()).text, /<script[^>]* src="http:\/\/127\.0\.0\.1:9101/);
});

test("a share that is none is said at once", async () => {
  await site.restart({ vars: { KEEP_LINES: "101" } });
  const { status, body } = await new Client(site).request("audit");
  assert.equal(status, 503);
  assert.match(body.detail, /KEEP_LINES/);
  await site.restart({ vars: { KEEP_LINES: "0" } });
  await new Client(site).page();
  assert.ok((await kept()).every(({ route }) => route !== "audit"), "nothing new is kept");
});
