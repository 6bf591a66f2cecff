// Tools that answer banners for people find ours: the rule in pkg/autoconsent.json, run by the engine of DuckDuckGo's
// browsers against the page as the core draws it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { startBrowser } from "../browser.mjs";
import { startDrawn } from "./drawn.mjs";

const file = (path) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const rule = JSON.parse(file("pkg/autoconsent.json"));
const engine = file("node_modules/@duckduckgo/autoconsent/dist/autoconsent.playwright.js");

let site;
let browser;
before(async () => {
  site = await startDrawn();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Visits a page with the engine at work; gives what the engine said and the page. */
async function visit(autoAction, set) {
  const context = await browser.newContext();
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const said = [];
  await page.exposeBinding("autoconsentSendMessage", async ({ frame }, message) => {
    said.push(message);
    if (message.type !== "init") return;
    const config = { enabled: true, autoAction, disabledCmps: [], enablePrehide: true, detectRetries: 10 };
    const answer = JSON.stringify({ type: "initResp", config, rules: { autoconsent: [rule] } });
    await frame.evaluate(`autoconsentReceiveMessage(${answer})`).catch(() => {});
  });
  await page.addInitScript({ content: engine });
  site.posted.length = 0;
  await page.goto(site.url({ set }));
  const until = async (type) => {
    for (let i = 0; i < 100 && !said.some((message) => message.type === type); i++) {
      await new Promise((done) => setTimeout(done, 50));
    }
    return said.find((message) => message.type === type);
  };
  return { context, page, said, until };
}

for (const [autoAction, choice] of [["optOut", "reject-all"], ["optIn", "accept-all"]]) {
  test(`${autoAction} takes one click`, async () => {
    const { context, page, until } = await visit(autoAction, ["region=IE"]);
    assert.equal((await until("cmpDetected"))?.cmp, "consentry");
    assert.equal((await until("popupFound"))?.cmp, "consentry");
    assert.equal((await until(`${autoAction}Result`))?.result, true);
    await page.waitForFunction(() => document.cookie.includes("consentry="));
    await page.waitForLoadState("networkidle");
    assert.deepEqual(site.posted.map((form) => [form.get("choice"), form.get("layer")]), [[choice, "banner"]]);
    assert.equal(await page.locator("#consentry").isVisible(), false, "and it asks no more");
    await context.close();
  });
}

test("where nobody is asked there is nothing to click", async () => {
  const { context, said, until } = await visit("optOut", ["region=US-CA"]);
  assert.equal((await until("cmpDetected"))?.cmp, "consentry");
  await new Promise((done) => setTimeout(done, 1500));
  assert.ok(!said.some(({ type }) => type === "popupFound"), JSON.stringify(said));
  assert.equal(site.posted.length, 0);
  await context.close();
});
