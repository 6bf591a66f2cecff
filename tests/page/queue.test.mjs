// Decisions that cannot be sent.

import assert from "node:assert/strict";
import test from "node:test";
import { arrive, site } from "./stage.mjs";
import { cookieValue, dialogs, eventually, moment, plan, untilGiven, visit } from "./support.mjs";

const shown = (page) => page.locator("#consentry").isVisible();
const queue = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("consentry.queue") ?? "[]"));

for (const [what, answer] of [["hangs up", () => null], ["fails", () => [503, {}]]]) {
  test(`an edge that ${what}: a refusal holds on the next page, and is sent again until it is recorded`, async () => {
    // Everything runs unless refused: only the queue keeps it off.
    const p = plan(site.vendor, { on: 3, regime: "us" });
    const url = site.page("/", { p });
    site.answer = answer;
    const { page, errors } = await arrive(url);
    await page.click('#consentry [value="reject-all"]');
    await eventually(async () => (await queue(page)).length === 1, "the queue");
    const [{ id }] = await queue(page);
    await visit(page, url);
    assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
    assert.equal(await shown(page), false);
    await eventually(() => site.bodies.length > 1, "another try");
    site.answer = undefined;
    await page.waitForFunction(() => document.cookie.includes("consentry=2."));
    await eventually(async () => (await queue(page)).length === 0, "the queue to empty");
    assert.ok(site.bodies.every((body) => body.id === id), "one decision, however often it is sent");
    assert.deepEqual(errors, []);
  });
}

test("without stage two nothing is permitted while a refusal waits", async () => {
  const url = site.page("/", { p: plan(site.vendor, { on: 3 }) });
  site.missing.add("d.js");
  const { page } = await arrive(url, { init: () => localStorage.setItem("consentry.queue", "[{}]") });
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
  assert.equal(await shown(page), false);
});

test("a grant in the queue permits nothing until it is recorded", async () => {
  const url = site.page("/");
  site.answer = () => null;
  const { page } = await arrive(url);
  await page.click('#consentry [value="accept-all"]');
  await page.waitForFunction(() => document.querySelector(".consentry-say").textContent === "Queued");
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
  assert.equal(await shown(page), true);
  await visit(page, url);
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
  site.answer = undefined;
  await untilGiven(page, "analytics", "marketing");
  assert.deepEqual(await queue(page), []);
});

test("a refusal overtakes a grant that waits, and one on its way", async () => {
  const url = site.page("/");
  site.answer = () => null;
  const { page } = await arrive(url);
  await page.click('#consentry [value="accept-all"]');
  await eventually(async () => (await queue(page)).length === 1, "the queue");
  await page.click('#consentry [value="reject-all"]');
  await eventually(async () => (await queue(page))[0]?.choice === "reject-all", "the refusal alone");
  assert.equal((await queue(page)).length, 1);
  await page.close();

  const slow = await arrive(url);
  const held = Promise.withResolvers();
  const before = site.bodies.length;
  site.answer = async (body, decide) => (body.choice === "accept-all" && (await held.promise), decide(body));
  await slow.page.click('#consentry [value="accept-all"]');
  await eventually(() => site.bodies.length > before, "the grant on its way");
  await slow.page.click('#consentry [value="reject-all"]');
  await slow.page.locator("#consentry").waitFor({ state: "hidden" });
  // The browser takes the cookie of whatever is answered last: the refusal waits for the grant, and holds meanwhile.
  await moment(300);
  assert.equal(site.bodies.length, before + 1);
  assert.deepEqual((await queue(slow.page)).map(({ choice }) => choice), ["reject-all"]);
  held.resolve();
  await eventually(() => site.bodies.length > before + 1, "the refusal");
  await eventually(async () => (await queue(slow.page)).length === 0, "its answer");
  const { choice, seen } = site.bodies.at(-1);
  assert.ok(choice === "reject-all" && seen > 0, `${choice} knows of the grant: ${seen}`);
  assert.deepEqual(await slow.page.evaluate(() => window.consentry.given()), []);
  assert.equal(await slow.page.evaluate(() => /consentry=2\.[\w-]+\.(\d)/.exec(document.cookie)[1]), "0");
});

test("what was overtaken before its turn is never sent, and a page that goes sends at once", async () => {
  const url = site.page("/");
  const held = Promise.withResolvers();
  const { page } = await arrive(url);
  const before = site.bodies.length;
  const choices = () => site.bodies.slice(before).map(({ choice }) => choice);
  site.answer = async (body, decide) => (await held.promise, decide(body));
  await page.evaluate(() => {
    void window.consentry.accept();
    void window.consentry.reject();
    void window.consentry.accept(["analytics"]);
    void window.consentry.reject();
  });
  await eventually(() => choices().length > 0, "the first");
  await moment();
  assert.deepEqual(choices(), ["accept-all"]);
  await page.evaluate(() => dispatchEvent(new Event("pagehide")));
  await eventually(() => choices().length > 1, "the last");
  held.resolve();
  await eventually(async () => (await queue(page)).length === 0, "its answer");
  assert.deepEqual(choices(), ["accept-all", "reject-all"]);
});

test("at most five wait, and a grant goes before any refusal", async () => {
  site.answer = () => null;
  const { page } = await arrive(site.page("/", { p: plan(site.vendor, { purposes: ["a", "b"], services: [] }) }));
  for (let i = 0; i < 6; i++) {
    await page.evaluate(() => window.consentry.reject());
    await page.evaluate(() => window.consentry.accept(["a"]));
  }
  const kept = await queue(page);
  assert.ok(kept.length <= 5);
  assert.ok(kept.slice(0, 4).every(({ choice }) => choice === "reject-all"));
});

test("a withdrawal that cannot be sent clears, and the page does not fall back on the old cookie", async () => {
  site.answer = () => null;
  const url = site.page("/", { html: dialogs({ open: false }) });
  const { page } = await arrive(url, { cookie: cookieValue({ given: "3" }) });
  await page.evaluate(() => (document.cookie = "pv_id=1;Path=/"));
  await page.click("#consentry-open");
  await page.click('#consentry-preferences [value="reject-all"]');
  await eventually(async () => (await queue(page)).length === 1, "the queue");
  assert.equal(await page.evaluate(() => document.cookie), "");
  await visit(page, url);
  await moment();
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
  assert.equal(await shown(page), false);
});

test("where storage is denied, decisions wait in memory", async () => {
  const init = () => Object.defineProperty(window, "localStorage", { get() { throw new Error("denied"); } });
  site.answer = () => null;
  const { page, errors } = await arrive(site.page("/"), { init });
  await page.click('#consentry [value="reject-all"]');
  await eventually(() => site.bodies.length > 0, "the first try");
  site.answer = undefined;
  await page.waitForFunction(() => document.cookie.includes("consentry=2."));
  assert.deepEqual(errors, []);
});

test("back online, what waits is sent", async () => {
  const { page, context } = await arrive(site.page("/"));
  await page.hover("#consentry");
  await page.evaluate(() => window.consentry.diagnose());
  await context.setOffline(true);
  await page.click('#consentry [value="reject-all"]');
  await eventually(async () => (await queue(page)).length === 1, "the queue");
  assert.equal((await page.evaluate(() => window.consentry.diagnose())).queued, 1);
  await context.setOffline(false);
  await page.waitForFunction(() => document.cookie.includes("consentry=2."));
});
