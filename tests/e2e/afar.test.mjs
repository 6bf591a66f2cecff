// A site that another server serves, with one tag: the edge is on another host, and sees no cookie of the site.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { unpack } from "../archive.mjs";
import { ConsentPage } from "./consent-page.mjs";
import { eventually, picture, startShop, visitor } from "./support.mjs";

let blog;
let shop;
let browser;

/** A page of the site, under a policy that lets it talk to nobody but the edge and one vendor. */
function answer(request, response) {
  const { url, vendors } = shop;
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.setHeader("content-security-policy",
    `default-src 'none'; script-src ${url} ${vendors.metrics.url}; connect-src ${url} ${vendors.metrics.url}; style-src ${url}`);
  response.end(`<!doctype html><html lang="en"><title>Blog</title>
<script async src="${url}/.consentry/a/c.js"></script>
<script type="text/plain" data-category="analytics" data-src="${vendors.metrics.url}/m.js"></script>
<h1>A blog</h1><p>Its pages come from a server of its own.</p>`);
}

before(async () => {
  blog = createServer((...what) => answer(...what)).listen(0, "127.0.0.1");
  await once(blog, "listening");
  // Another host than 127.0.0.1, and a secure one for browsers.
  blog.url = `http://localhost:${blog.address().port}`;
  shop = await startShop({ alter: ({ site }) => (site.origins = [blog.url]) });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  blog?.close();
});

/** A visitor without a header of the test's own: another origin's requests may carry none that nobody asked about. */
const someone = () => visitor(browser, { extraHTTPHeaders: {} });

async function arrive() {
  const who = await someone();
  const page = new ConsentPage(who.page, blog.url);
  await page.visit();
  await page.banner.waitFor();
  return { ...who, own: page };
}

const databases = (page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
const cookies = (page) => page.evaluate(() => document.cookie);
const given = (page) => page.evaluate(() => window.consentry.given());

/** The device's key as the browser keeps it; looking for it must not make the database. */
const kept = async (page) => (await databases(page)).length > 0 && page.evaluate(() => new Promise((resolve) => {
  indexedDB.open("consentry").onsuccess = ({ target: { result } }) => {
    result.transaction("device").objectStore("device").get("device").onsuccess = ({ target }) => {
      result.close();
      const key = target.result?.privateKey;
      resolve(key && [key.algorithm.namedCurve, key.extractable]);
    };
  };
}));

test("a refusal: recorded, remembered, and no key made", async () => {
  const { page, own, hosts, errors, context } = await arrive();
  await picture(page, "afar");
  assert.deepEqual([...hosts].toSorted(), [new URL(blog.url).host, new URL(shop.url).host].toSorted());
  assert.deepEqual([await cookies(page), await databases(page), shop.contacts()], ["", [], 0]);
  const size = (await shop.keys()).length;
  await own.rejectAll.click();
  await page.waitForFunction(() => document.cookie.startsWith("consentry=2."));
  await eventually(async () => (await shop.keys()).length > size, "the record of the refusal");
  assert.deepEqual([await databases(page), await given(page)], [[], []]);
  await own.visit();
  assert.equal(await own.banner.isVisible(), false);
  await own.open.waitFor();
  assert.deepEqual([shop.contacts(), errors], [0, []]);
  await context.close();
});

test("a grant: signed by a key that cannot leave, proved, found again, and taken back with one click", async () => {
  const { page, own, errors, context } = await arrive();
  await own.acceptAll.click();
  await page.waitForFunction(() => window.consentry.accepted("analytics"));
  await eventually(() => shop.vendors.metrics.hits.length > 0, "the vendor");
  assert.deepEqual(await kept(page), ["P-256", false]);
  const found = await page.evaluate(() => window.consentry.verify());
  assert.deepEqual([found.ok, found.problems], [true, []]);
  await own.visit();
  assert.ok((await given(page)).includes("analytics"), "the next page knows");
  await own.reopen();
  assert.equal(await own.purpose("analytics").isChecked(), true);
  assert.match(await own.untilProved(), /./);
  const before = shop.vendors.metrics.hits.length;
  // This service says that only a new page stops it.
  await Promise.all([page.waitForEvent("load"), own.preferencesReject.click()]);
  await page.waitForFunction(() => window.consentry.receipt()?.record.sequence === 2);
  await own.visit();
  assert.deepEqual([await given(page), await own.banner.isVisible()], [[], false]);
  assert.equal(shop.vendors.metrics.hits.length, before);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a clock that is years off signs all the same", async () => {
  const who = await someone();
  await who.context.clock.setFixedTime(new Date(Date.now() + 3 * 365 * 864e5));
  const late = new ConsentPage(who.page, blog.url);
  await late.visit();
  await late.banner.waitFor();
  await late.acceptAll.click();
  await who.page.waitForFunction(() => window.consentry.receipt()?.record.sequence === 1);
  await who.context.close();
});

test("what is kept is taken and erased from the same panel, and the next grant is another device's", async () => {
  const { page, own, errors, context } = await arrive();
  await own.acceptAll.click();
  await page.waitForFunction(() => window.consentry.receipt());
  await own.reopen();
  const [download] = await Promise.all([page.waitForEvent("download"), own.download.click()]);
  assert.ok(unpack(await download.path())["metadata.json"]);
  await own.confirmErasure.check();
  await own.eraseButton.click();
  await page.waitForFunction(() => !window.consentry.receipt());
  await eventually(async () => !(await kept(page)), "the end of the key");
  assert.equal(await cookies(page), "");
  await own.close.click();
  await own.banner.waitFor();
  await own.acceptAll.click();
  await page.waitForFunction(() => window.consentry.receipt()?.record.sequence === 1);
  assert.deepEqual(errors, []);
  await context.close();
});

test("an origin that the policy does not name is told which line to add", async () => {
  const { port } = blog.address();
  const { page, context } = await someone();
  await page.goto(`http://stranger.localhost:${port}`);
  const problems = await page.evaluate(async () => {
    await window.consentry.ready;
    return (await window.consentry.diagnose().catch((problem) => ({ problems: [problem.message] }))).problems.join();
  });
  assert.match(problems, /site\.origins/);
  assert.deepEqual([await given(page), shop.vendors.ads.hits.length], [[], 0]);
  await context.close();
});
