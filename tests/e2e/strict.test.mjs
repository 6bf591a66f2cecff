// A site with a strict content security policy (nonces, no unsafe-inline) and Trusted Types enforced.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { ConsentPage } from "./consent-page.mjs";
import { eventually, picture, startBrowser, startShop, visitor } from "./support.mjs";

let browser;

before(async () => {
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
});

for (const [strict, proof] of [[true, /^Receipt verified/], ["no-wasm", /could not be checked here: .*WebAssembly/]]) {
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
      await consent.choose.click();
      await picture(page, `strict-preferences-${strict}`);
      await consent.preferencesAccept.click();
      await consent.untilGiven("analytics", "marketing");
      await eventually(() => shop.vendors.metrics.hits.some(({ url }) => url === "/collect"), "the vendor's beacon");
      await eventually(() => shop.vendors.ads.hits.some(({ url }) => url === "/frame"), "the advertisement");
      await page.waitForFunction(() => document.documentElement.dataset.journey === "/");
      await page.waitForFunction(() => document.getElementById("consentry-proof").textContent !== "");
      assert.match(await consent.proof.textContent(), proof);

      // What the SDK itself tries is refused where WebAssembly is; nothing else ever is.
      const violations = await page.evaluate(() => window.violations);
      if (strict === true) assert.deepEqual([violations, errors], [[], []]);
      else assert.ok(violations.every((violation) => /wasm/.test(violation)), violations.join("\n"));
      assert.deepEqual(await page.evaluate(() => window.consentry.diagnose().inert), []);
      await context.close();
    } finally {
      await shop.stop();
    }
  });
}
