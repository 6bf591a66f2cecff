// One visitor's whole journey on the real parts. workerd is killed and started again between any two steps.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { unpack } from "../archive.mjs";
import { ConsentPage } from "./consent-page.mjs";
import { readLog } from "./public-log.mjs";
import { VISITOR_IP, eventually, picture, startShop, visitor } from "./support.mjs";

let shop;
let browser;
/** The visitor who agrees, followed through all steps. */
let her;
let page;
/** What only the visitor and the site may know. */
let receipt;

before(async () => {
  shop = await startShop();
  browser = await startBrowser();
  her = await visitor(browser);
  page = new ConsentPage(her.page, shop.url);
});

after(async () => {
  await browser?.close();
  await shop?.stop();
});

test("1a. the banner is in the HTML, with three choices", async () => {
  const html = await (await fetch(shop.url)).text();
  const dialog = /<dialog id="consentry"[^>]*>/.exec(html)?.[0];
  assert.match(dialog, / open(?=[ >=])/);
  for (const choice of ["reject-all", "accept-all", "choose"]) assert.ok(html.includes(`value="${choice}"`), choice);
  assert.ok(html.includes('id="consentry-plan"'));
  for (const { host } of [shop.vendors.metrics, shop.vendors.ads]) {
    assert.ok(!html.includes(` src="http://${host}`), `${host} is still live`);
    assert.ok(html.includes(`data-src="http://${host}`), `${host} is gone`);
  }
});

test("1b. the banner is visible at first paint, before any script has run", async () => {
  const { context, page: plain } = await visitor(browser);
  // The loader never arrives.
  await plain.route(/\/\.consentry\/a\/c\.[^/]*js$/, () => {});
  await plain.goto(shop.url, { waitUntil: "commit" });
  await plain.locator("#consentry").waitFor({ state: "visible" });
  await plain.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  assert.equal(await plain.evaluate(() => typeof window.consentry?.given), "undefined");
  await picture(plain, "first-paint");
  await context.close();
});

test("1c. the three choices are equal", async () => {
  await page.visit();
  const look = await page.choices.evaluateAll((buttons) =>
    buttons.map((button) => {
      const { width, height, top } = button.getBoundingClientRect();
      const style = getComputedStyle(button);
      const names = ["color", "backgroundColor", "backgroundImage", "border", "borderRadius", "boxShadow", "cursor",
        "filter", "font", "letterSpacing", "opacity", "outline", "padding", "textDecoration", "textTransform"];
      return { box: [width, height, top].map(Math.round), style: names.map((name) => `${name}: ${style[name]}`) };
    }),
  );
  assert.equal(look.length, 3);
  for (const other of look.slice(1)) assert.deepEqual(other, look[0]);
  assert.ok(look[0].box[1] >= 44, "large enough to hit");
  await picture(her.page, "banner-light-desktop");
});

test("1d. before a choice no vendor is contacted and nothing is stored", async () => {
  await her.page.waitForLoadState("networkidle");
  assert.equal(shop.contacts(), 0);
  assert.deepEqual([...her.hosts], [new URL(shop.url).host]);
  assert.deepEqual(await page.cookies(), []);
  assert.deepEqual(await page.stored(), { local: [], session: [], databases: 0, caches: 0 });
  assert.deepEqual(her.errors, []);
});

test("2a. a refusal applies at once and leaves nothing unique", async () => {
  await shop.restart();
  const { context, page: his, hosts, errors } = await visitor(browser);
  const refuser = new ConsentPage(his, shop.url);
  let answer;
  const held = new Promise((release) => (answer = release));
  await his.route("**/.consentry/consent", async (route) => {
    await held;
    await route.continue();
  });
  await refuser.visit();
  await refuser.rejectAll.click();
  // Hidden although the edge has not answered.
  await refuser.banner.waitFor({ state: "hidden" });
  answer();
  await refuser.untilDecided();
  assert.deepEqual(await refuser.cookies(), ["consentry"]);
  const [first] = await context.cookies(shop.url);
  assert.deepEqual(await refuser.stored(), { local: [], session: [], databases: 0, caches: 0 });

  await his.unroute("**/.consentry/consent");
  await refuser.visit("/about");
  assert.equal(await refuser.banner.isVisible(), false, "a refusal is remembered");
  await his.waitForLoadState("networkidle");
  assert.equal(shop.contacts(), 0);
  assert.deepEqual([...hosts], [new URL(shop.url).host]);
  assert.deepEqual(errors, []);
  await context.close();

  const { context: another, page: other } = await visitor(browser);
  const second = new ConsentPage(other, shop.url);
  await second.visit();
  await second.rejectAll.click();
  await second.untilDecided();
  const [same] = await another.cookies(shop.url);
  assert.equal(same.value, first.value, "everyone who refuses gets the same cookie");
  await another.close();
});

test("2b. a grant unblocks only when the edge has recorded it", async () => {
  await shop.restart();
  let recorded = false;
  await her.page.route("**/.consentry/consent", async (route) => {
    const response = await route.fetch();
    await new Promise((done) => setTimeout(done, 700));
    assert.equal(shop.contacts(), 0, "a vendor was contacted before the answer");
    assert.equal(response.status(), 200);
    recorded = true;
    await route.fulfill({ response });
  });
  await page.visit();
  await page.acceptAll.click();
  assert.equal(await page.banner.isVisible(), true, "the banner stays until the answer");
  await page.untilGiven("analytics", "marketing", "media");
  assert.ok(recorded);
  assert.equal(await page.banner.isVisible(), false);
  await eventually(() => shop.vendors.metrics.hits.some(({ url }) => url === "/collect"), "the vendor's beacon");
  await eventually(() => shop.vendors.ads.hits.some(({ url }) => url === "/frame"), "the advertisement");
  await her.page.waitForFunction(() => document.documentElement.dataset.journey === "/");
  await her.page.unroute("**/.consentry/consent");

  const cookies = await page.cookies();
  for (const name of ["__Host-consentry-device", "consentry", "pv_id"]) assert.ok(cookies.includes(name), name);
  receipt = await her.page.evaluate(() => window.consentry.receipt());
  assert.ok(receipt, "the visitor holds a receipt");
});

test("2c. the grant lies sealed in KV under an opaque key, and as a leaf in the log", async () => {
  await shop.restart();
  const keys = await eventually(async () => {
    const keys = await shop.keys();
    return keys.some((key) => key.startsWith("consent/")) && keys;
  }, "the record in KV");
  const known = [VISITOR_IP, "analytics", "marketing", receipt.record.pii_principal_id].filter(Boolean);
  for (const key of keys) for (const word of known) assert.ok(!key.includes(word), `${key} tells ${word}`);
  const log = await eventually(async () => {
    const log = await readLog(`${shop.url}/.consentry`);
    return log.size > 0 && log;
  }, "the leaf in the log");
  assert.ok(log.size >= 1);
});

test("3. the SDK verifies the receipt and says so in the page", async () => {
  await shop.restart();
  await page.visit();
  await page.reopen();
  assert.match(await page.untilProved(), /^Receipt verified: .*entry \d+ of \d+/);
  await page.proof.scrollIntoViewIfNeeded();
  await picture(her.page, "your-data-light-desktop");
  await page.close.click();

  const forged = await her.page.evaluate(async () => {
    const sdk = await import(JSON.parse(document.getElementById("consentry-plan").textContent).sdk);
    const receipt = structuredClone(window.consentry.receipt());
    receipt.record.purposes.reverse();
    return sdk.verify(receipt);
  });
  assert.equal(forged.ok, false);
  assert.equal(forged.signature, false);
  assert.ok(forged.problems.length > 0);
});

test("4. neither the origin nor the Worker's log sees who asks", async () => {
  await shop.restart();
  await page.visit("/stoneware-vase");
  const agent = await her.page.evaluate(() => navigator.userAgent);
  const cookies = await her.context.cookies(shop.url);
  const value = (name) => cookies.find((cookie) => cookie.name === name)?.value;
  const device = value("__Host-consentry-device").split(".")[0];
  assert.ok(device && value("pv_id"));

  const requests = shop.originRequests();
  assert.ok(requests.some(({ url }) => url === "/stoneware-vase"));
  const seen = JSON.stringify(requests);
  assert.ok(!seen.includes(VISITOR_IP), "the origin sees the address");
  assert.ok(!seen.includes(agent), "the origin sees the full user agent");
  assert.ok(!seen.includes("consentry-device"), "the origin sees the device");
  assert.ok(!seen.includes(device), "the origin sees the device's secret");

  const line = await eventually(() => {
    const lines = shop.workerLog.filter((line) => line.includes('"t":"request"')).map((line) => JSON.parse(line));
    return lines.find(({ ip }) => ip === "203.0.113.0/24");
  }, "the Worker's log line");
  assert.match(line.ua, /Chrome/);
  assert.doesNotMatch(line.ua, /\d\.\d/, "no more than the major version");
  const log = shop.workerLog.join("\n");
  for (const word of [VISITOR_IP, agent, device, value("pv_id")]) {
    assert.ok(!log.includes(word), `the Worker's log tells ${word}`);
  }
});

test("5a. the visitor downloads what is kept", async () => {
  await shop.restart();
  await page.visit();
  await page.reopen();
  const fetched = her.page.waitForResponse((response) => response.url().includes("/me/exports/"));
  const [download] = await Promise.all([her.page.waitForEvent("download"), page.download.click()]);
  const files = unpack(await download.path());
  const history = ["consent-history.json", "consent-history.csv"];
  for (const name of ["metadata.json", ...history, "audit-entries.json", "receipts/0001.json"]) {
    assert.ok(files[name], `${name} is missing from ${Object.keys(files)}`);
  }
  for (const name of Object.keys(files).filter((name) => name.endsWith(".json"))) JSON.parse(files[name]);
  assert.deepEqual(JSON.parse(files["receipts/0001.json"]).record, receipt.record);
  assert.ok(files["consent-history.csv"].includes(receipt.record.record_id));
  assert.ok((await page.status.textContent()).length > 0);
  const again = await fetch((await fetched).url());
  assert.equal(again.ok, false, "the address works once");
});

test("5b. the visitor erases, and nothing but the declared proof remains", async () => {
  await shop.restart();
  const before = await readLog(`${shop.url}/.consentry`);
  await page.visit();
  await page.reopen();
  await page.eraseButton.click();
  assert.equal(await page.confirmErasure.evaluate((box) => box.validity.valid), false, "it has to be confirmed");
  await page.confirmErasure.check();
  await page.eraseButton.click();
  await her.page.waitForFunction(() => /erased/.test(document.getElementById("consentry-status").textContent));
  assert.match(await page.status.textContent(), /Kept until/);
  await picture(her.page, "erased-light-desktop");
  assert.deepEqual(await page.given(), []);

  await shop.restart();
  const keys = await eventually(async () => {
    const keys = await shop.keys();
    return !keys.some((key) => /^(consent|record)\//.test(key)) && keys;
  }, "KV without her records");
  assert.ok(keys.some((key) => key.startsWith("proof/")), "the minimal proof stays");

  const log = await readLog(`${shop.url}/.consentry`);
  assert.ok(log.size >= before.size);
  assert.deepEqual(log.leaves.slice(0, before.size), before.leaves, "nothing was rewritten");
  const visible = log.texts.join("\n");
  for (const word of ["analytics", "marketing", receipt.record.record_id, receipt.record.pii_principal_id]) {
    if (word) assert.ok(!visible.includes(word), `the public log tells ${word}`);
  }

  await Promise.all([her.page.waitForEvent("load"), page.close.click()]);
  await page.ready();
  assert.equal(await page.banner.isVisible(), true, "asked afresh");
  const mine = (await page.cookies()).filter((name) => /consentry/.test(name));
  assert.deepEqual(mine, []);
  assert.deepEqual((await page.stored()).local, []);
  const status = await her.page.evaluate(async () => (await fetch("/.consentry/consent")).json());
  assert.deepEqual(status, { decision: null, receipts: 0 });
});

test("6. an operator reads the audit trail; nobody else does", async () => {
  await shop.restart();
  const authorization = `Bearer ${shop.adminToken}`;
  const { status, body } = await shop.api("audit", { headers: { authorization } });
  assert.equal(status, 200);
  assert.ok(body.entries.length >= 2);
  for (const entry of body.entries) {
    // Of those about an erased person only the leaf is left.
    const fields = entry.forgotten ? ["index", "time", "action"] : ["index", "time", "action", "actor", "outcome"];
    for (const field of fields) assert.ok(field in entry, `${field} of entry ${entry.index}`);
  }
  assert.ok(body.entries.some(({ action }) => action === "consent.given"));
  assert.ok(!JSON.stringify(body).includes(receipt.record.pii_principal_id), "the erased person's handle is gone");
  for (const headers of [{}, { authorization: "Bearer " + "A".repeat(43) }]) {
    const refused = await shop.api("audit", { headers });
    assert.equal(refused.status, 401);
    assert.match(refused.type, /^application\/problem\+json/);
    assert.equal(refused.body.status, 401);
  }
});

test("nothing went wrong in the page on the way", () => {
  assert.deepEqual(her.errors, []);
});
