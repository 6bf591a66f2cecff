// A site that knows of a visitor that they are under sixteen says so, and nothing of theirs is sold or shared before
// somebody agrees (California: Civil Code 1798.120(c)).

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Client } from "./client.mjs";
import { shopPolicy, startSite } from "./support.mjs";

const AD = '<script src="http://127.0.0.1:9102/ad.js"></script>';

let site;
before(async () => {
  const policy = shopPolicy();
  policy.purposes.find(({ id }) => id === "marketing").uses = ["sale", "targeted-advertising"];
  policy.purposes.find(({ id }) => id === "analytics").uses = ["statistics"];
  const server = createServer(({ url }, response) => {
    response.setHeader("content-type", "text/html");
    if (url === "/young") response.setHeader("Consentry-Age", "under-16");
    if (url === "/odd") response.setHeader("Consentry-Age", "15");
    response.end(`<!doctype html><html><head>${AD}</head><body></body></html>`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => new Promise((done) => server.close(done));
  site = await startSite({ policy, origin: { url: `http://127.0.0.1:${server.address().port}`, close } });
});
after(() => site?.stop());

const from = (region) => new Client(site, { "x-testing-region": region });
const isLive = ({ text }) => /<script[^>]* src="[^"]*\/ad\.js"/.test(text);
const bit = ({ plan }) => (plan.on >> plan.purposes.indexOf("marketing")) & 1;

test("what the site says of its visitor decides their page, and goes no further", async () => {
  for (const [path, age, live] of [["/", undefined, true], ["/odd", undefined, true], ["/young", "under-16", false]]) {
    const page = await from("US-CA").page(path);
    assert.deepEqual([page.plan.age, isLive(page), Boolean(bit(page))], [age, live, live], path);
    assert.equal(page.headers.get("consentry-age"), null);
    assert.equal(page.text.includes('href="/.consentry/preferences?age=under-16"'), !live);
    assert.equal(page.plan.dialogs.endsWith("&age=under-16"), !live);
  }
});

test("the dialogs and the page without JavaScript keep to it", async () => {
  const client = from("US-CA");
  const { plan } = await client.page("/young");
  const dialogs = await client.request(plan.dialogs);
  assert.deepEqual([dialogs.body.plan.notice, dialogs.body.plan.age], [plan.notice, "under-16"]);
  const page = await client.request("preferences?age=under-16");
  assert.match(page.text, /name="age" value="under-16"/);
  const { policy, notice, locale, regime } = plan;
  const choose = { policy, notice, locale, regime, seen: "0", choice: "choose", layer: "banner", age: "under-16", return: "/young" };
  assert.equal((await client.form("consent", choose)).headers.get("location"), "/.consentry/preferences?return=%2Fyoung&age=under-16");
});

test("a grant of the young is consent, with the rule it was given under", async () => {
  const client = from("US-CA");
  await client.page("/young");
  const wanted = { purposes: ["marketing"] };
  const without = await client.decide("selection", wanted);
  assert.deepEqual([without.status, without.body.type], [409, "/.consentry/problems/policy-changed"], "words for others are other words");
  const answer = await client.decide("selection", { ...wanted, age: "under-16" });
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.body.receipt.record.rules.reason, /under sixteen/);
  assert.ok(isLive(await client.page("/young")));
  assert.deepEqual((await client.status()).body.decision.given.includes("marketing"), true);
  const refusing = from("US-CA");
  await refusing.page("/young");
  assert.equal((await refusing.decide("reject-all", { age: "under-16" })).status, 200);
});

test("where everybody is asked, age changes nothing", async () => {
  const client = from("IE");
  const [young, other] = [await client.page("/young"), await client.page("/")];
  assert.deepEqual([young.plan.regime, young.plan.on, isLive(young)], [other.plan.regime, other.plan.on, false]);
});

test("an age that is none is refused", async () => {
  const client = from("US-CA");
  const answer = await client.decide("reject-all", { age: "15" });
  assert.deepEqual([answer.status, answer.body.field], [422, "age"]);
});
