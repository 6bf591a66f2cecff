// A site with a strict content security policy (nonces, no unsafe-inline) and Trusted Types enforced.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { ConsentPage } from "./consent-page.mjs";
import { eventually, picture, startShop, visitor } from "./support.mjs";

let browser;

before(async () => {
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
});

for (const strict of [true, "no-wasm"]) {
  test(`the whole way without a violation: ${strict === true ? "strict" : strict}`, async () => {
    const shop = await startShop({ strict });
    try {
      const { context, page, errors } = await visitor(browser);
      await context.addInitScript(() => {
        window.violations = [];
        document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
          window.violations.push([violatedDirective, blockedURI, sample].join(" "));
        });
      });
      const consent = new ConsentPage(page, shop.url);
      await consent.visit();
      assert.ok(await page.evaluate(() => window.trustedTypes !== undefined));
      await consent.openPreferences();
      await picture(page, `strict-preferences-${strict}`);
      await consent.preferencesAccept.click();
      await consent.untilGiven("analytics", "marketing", "media");
      await eventually(() => shop.vendors.metrics.hits.some(({ url }) => url === "/collect"), "the vendor's beacon");
      await eventually(() => shop.vendors.ads.hits.some(({ url }) => url === "/frame"), "the advertisement");
      await page.waitForFunction(() => document.documentElement.dataset.journey === "/");
      await consent.reopen();
      assert.match(await consent.untilProved(), /^Receipt verified/);

      // Where WebAssembly is refused the SDK has to try once, to know; then it does the same in JavaScript.
      const [tried, ...others] = await page.evaluate(() => window.violations);
      if (strict === true) assert.equal(tried, undefined);
      else assert.match(tried ?? "", /wasm/);
      assert.deepEqual([others, errors], [[], []]);
      const parts = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
      assert.equal(parts.some((name) => /\/sdk-plain\.\w+\.js$/.test(name)), strict !== true);
      assert.equal(parts.some((name) => /\/sdk\.\w+\.wasm$/.test(name)), strict === true);
      assert.deepEqual(await page.evaluate(() => window.consentry.diagnose().then(({ inert }) => inert)), []);
      await context.close();
    } finally {
      await shop.stop();
    }
  });
}
