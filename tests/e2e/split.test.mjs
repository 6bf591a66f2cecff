// A site that shows a visitor another log than before, in Chromium, before the real Worker: another log's notes are put in
// on the way, signed by the site's own key, as only the site itself could.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { Client } from "../edge/client.mjs";
import { startSite } from "../edge/support.mjs";
import { MadeLog } from "../package/made-log.mjs";
import { ConsentPage } from "./consent-page.mjs";
import { visitor } from "./support.mjs";

const CONSISTENCY = "**/.consentry/log/consistency/*";
const KEPT = "consentry.checkpoint";

let browser;
let site;
let context;
let page;
let consent;

before(async () => {
  [browser, site] = await Promise.all([startBrowser(), startSite()]);
  ({ context, page } = await visitor(browser));
  consent = new ConsentPage(page, site.url);
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

const kept = () => page.evaluate((key) => localStorage.getItem(key), KEPT);
const size = (note) => Number(note.split("\n")[1]);
const verify = () => page.evaluate(() => window.consentry.verify());

/** What the preferences say of the receipt and the log. */
async function said() {
  await consent.visit();
  await consent.reopen();
  return consent.untilProved();
}

/** Answers in the log's place while something is looked at. */
async function instead(answer, look) {
  await page.route(CONSISTENCY, (route) => route.fulfill(answer(Number(route.request().url().split("/").at(-1)))));
  try {
    return await look();
  } finally {
    await page.unroute(CONSISTENCY);
  }
}

/** Another log under the site's name, signed by its key, of so many entries. */
function other(entries) {
  const log = new MadeLog("localhost/.consentry/log", Buffer.from(site.secrets.SIGNING_KEY.log[0], "base64url"));
  log.show(entries);
  return log;
}

const text = (body) => ({ status: 200, contentType: "text/plain", body });

test("who refuses keeps nothing of the log and asks nothing of it", async () => {
  const refuser = await visitor(browser);
  const asked = [];
  refuser.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const refusing = new ConsentPage(refuser.page, site.url);
  await refusing.visit();
  await refusing.rejectAll.click();
  await refusing.untilDecided();
  await refusing.reopen();
  assert.deepEqual((await refusing.stored()).local, []);
  assert.ok(!asked.some((path) => path.includes("/log/")));
  await refuser.context.close();
});

test("the log is the one of the receipt, and grows", async () => {
  await consent.visit();
  await consent.acceptAll.click();
  await consent.untilGiven("analytics", "marketing", "media");
  const words = await said();
  assert.match(words, /^Receipt verified: .* The log is still the one this browser saw before \(entries then: \d+, now: \d+\)\.$/);
  const [first] = JSON.parse(await kept());
  assert.ok(first.startsWith("localhost/.consentry/log\n"));
  for (const choice of ["reject-all", "accept-all"]) await new Client(site).decide(choice);
  const found = await verify();
  assert.deepEqual([found.ok, found.consistency, found.seen, found.uncompared, found.evidence], [true, true, size(first), null, null]);
  assert.ok(found.now >= size(first) + 2);
  assert.equal(size(JSON.parse(await kept())[0]), found.now, "what it saw last");
});

test("a log that could not be compared is none that does not hold", async () => {
  const before = await kept();
  const words = await instead(() => ({ status: 404, body: "" }), said);
  assert.match(words, /^Receipt verified: .* could not be checked: the log answered 404\.$/);
  for (const answer of [() => ({ status: 500, body: "" }), () => text("<!doctype html>"), () => text("")]) {
    const found = await instead(answer, verify);
    assert.deepEqual([found.ok, found.consistency, found.evidence], [true, null, null]);
    assert.ok(found.uncompared);
  }
  assert.equal(await kept(), before);
});

test("another log is found out, with both sizes and both signed checkpoints", async () => {
  const before = await kept();
  const [last] = JSON.parse(before);
  const entries = size(last) + 5;
  const split = other(entries);
  const words = await instead((old) => text(split.consistency(old)), said);
  const problem = `the log had ${size(last)} leaves and is now shown with ${entries}: these are not the same with more after them`;
  assert.equal(words, `The receipt could not be verified: ${problem}.`);
  const found = await instead((old) => text(split.consistency(old)), verify);
  assert.deepEqual([found.ok, found.consistency, found.seen, found.now], [false, false, size(last), entries]);
  assert.deepEqual(found.problems, [problem]);
  assert.deepEqual(found.evidence, { seen: last, now: split.note });
  assert.deepEqual([found.signature, found.inclusion, found.checkpoint], [true, true, true], "the receipt itself is good");

  const lost = other(size(last) - 1);
  const smaller = await instead((old) => text(lost.consistency(old)), verify);
  assert.equal(smaller.consistency, false);
  assert.match(smaller.problems[0], /it lost some$/);
  const same = other(size(last));
  assert.equal((await instead((old) => text(same.consistency(old)), verify)).consistency, false);
  assert.equal(await kept(), before, "what was seen stays");
  assert.equal((await verify()).ok, true);
});

test("a checkpoint by another key is none of the log", async () => {
  const forged = new MadeLog("localhost/.consentry/log");
  forged.show(500);
  const found = await instead((old) => text(forged.consistency(old)), verify);
  assert.deepEqual([found.ok, found.consistency], [false, false]);
  assert.match(found.problems[0], /not signed with a key that the site publishes/);
});

test("a new receipt is compared as well: it may be of a tree that nobody else was shown", async () => {
  const asked = [];
  page.on("request", (request) => request.url().includes("/log/consistency/") && asked.push(request.url()));
  await page.evaluate(() => window.consentry.accept(["analytics"]));
  await page.waitForFunction(() => window.consentry.receipt()?.record.sequence === 2);
  const found = await verify();
  assert.equal(found.consistency, true);
  assert.equal(new Set(asked).size, 2, "the last one seen, and the receipt's");
  asked.length = 0;
  await verify();
  assert.equal(asked.length, 1);
});

test("what was seen goes with the erasure", async () => {
  await consent.visit();
  await consent.reopen();
  await consent.confirmErasure.check();
  await consent.eraseButton.click();
  await page.waitForFunction(() => /erased/.test(document.getElementById("consentry-status").textContent));
  assert.equal(await kept(), null);
  await context.close();
});
