// What a page is not given at once: the second layer, the words of a newer policy, and, by the tag alone, everything.

import assert from "node:assert/strict";
import test from "node:test";
import { arrive, site } from "./stage.mjs";
import { TAG, first, untilGiven, visit } from "./support.mjs";

const shown = (page) => page.locator("#consentry").isVisible();
const focused = (page) => page.evaluate(() => document.activeElement.closest("dialog")?.id);

test("the first layer alone: the second one comes on use and has the focus", async () => {
  const { page, errors } = await arrive(site.page("/", { html: first() }));
  assert.equal(await shown(page), true);
  assert.equal(site.hits["/.consentry/banner"], undefined);
  let go;
  const held = new Promise((done) => (go = done));
  await page.route("**/.consentry/banner?*", async (route) => (await held, route.continue()));
  await page.focus('#consentry [value="choose"]');
  await page.keyboard.press("Enter");
  // It says so if it takes a while.
  await page.waitForFunction(() => document.querySelector("#consentry .consentry-say").textContent === "Loading");
  go();
  await page.locator("#consentry-preferences").waitFor();
  assert.equal(await focused(page), "consentry-preferences");
  assert.equal(await page.textContent("#consentry .consentry-say"), "");
  assert.equal(await page.textContent("#consentry h2"), "May we?", "what the page has stays");
  assert.deepEqual(await page.$$eval("#consentry,#consentry-open", (all) => all.length), 2);
  await page.keyboard.press("Escape");
  await page.locator("#consentry-preferences").waitFor({ state: "hidden" });
  assert.equal(await shown(page), true);
  await page.click('#consentry [value="choose"]');
  await page.check('#consentry-preferences [name="purpose"][value="analytics"]');
  await page.click('#consentry-preferences [value="selection"]');
  await untilGiven(page, "analytics");
  assert.equal(await shown(page), false);
  assert.equal(site.hits["/.consentry/banner"], 1);
  assert.deepEqual(errors, []);
});

test("where the second layer cannot be fetched the way leads to its page", async () => {
  site.missing.add("banner");
  const url = site.page("/", { html: first() });
  const { page } = await arrive(url);
  await page.click('#consentry [value="choose"]');
  await page.waitForURL("**/.consentry/consent");
  assert.match(await page.textContent("body"), /native .*choice=choose/);
  await visit(page, url);
  await page.evaluate(() => document.getElementById("consentry").remove());
  await page.click("#consentry-open");
  await page.waitForURL("**/.consentry/preferences");
});

test("other words of the policy take the place of the page's, and are asked for", async () => {
  const { page } = await arrive(site.page("/", { html: first() }));
  const newer = { ...site.plan, notice: "B".repeat(43) };
  site.plan = newer;
  site.answer = (body, decide) =>
    body.notice === newer.notice ? decide(body) : [409, { type: "urn:policy-changed", detail: "d", plan: newer }];
  await page.click('#consentry [value="accept-all"]');
  await page.waitForFunction(() => document.querySelector(".consentry-say")?.textContent === "Changed");
  assert.equal(await page.textContent("#consentry h2"), "May we now?");
  assert.equal(await shown(page), true);
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
  assert.equal(await shown(page), false);
});

test("the tag alone shows the banner, decides, remembers and opens again", async () => {
  site.pages["/tag"] = `<!doctype html><html lang="en"><head><title>t</title>${TAG}</head><body><h1>Page</h1>
<script type="text/plain" data-category="analytics">window.counted = true</script></body></html>`;
  const url = site.url + "/tag";
  const { page, errors } = await arrive(url);
  await page.locator("#consentry").waitFor();
  await page.click('#consentry [value="choose"]');
  await page.check('#consentry-preferences [name="purpose"][value="analytics"]');
  await page.click('#consentry-preferences [value="selection"]');
  await page.waitForFunction(() => window.counted);
  assert.equal(await shown(page), false);

  await visit(page, url);
  await page.waitForFunction(() => window.counted);
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), ["analytics"]);
  await page.locator("#consentry-open").click();
  await page.locator("#consentry-preferences").waitFor();
  assert.equal(await page.isChecked('[name="purpose"][value="analytics"]'), true);
  await page.click('#consentry-preferences [value="reject-all"]');
  await untilGiven(page);
  assert.deepEqual(errors, []);
});

test("the tag alone, and an edge out of reach: nothing is permitted and nothing breaks", async () => {
  site.missing.add("banner");
  site.pages["/tag"] = `<!doctype html><html lang="en"><head><title>t</title>${TAG}</head><body><h1>Page</h1></body></html>`;
  const { page, errors } = await arrive(site.url + "/tag");
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
  assert.deepEqual(errors, []);
});
