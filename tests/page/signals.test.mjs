// What vendors are told, and when.

import assert from "node:assert/strict";
import test from "node:test";
import { arrive, site } from "./stage.mjs";
import { cookieValue, dialogs, plan, untilGiven } from "./support.mjs";

const SIGNALS = {
  google: {
    types: { analytics_storage: 0, ad_storage: 1, ad_user_data: 1, ad_personalization: 1 },
    wait: 700, redact: true, passthrough: true, granted: ["security_storage"],
  },
  uet: 1,
  clarity: { ad_Storage: 1, analytics_Storage: 0 },
};

const layer = (page) => page.evaluate(() => (window.dataLayer ?? []).map((entry) =>
  entry.event ? entry : [...entry]));

const denied = {
  ad_storage: "denied", ad_user_data: "denied", ad_personalization: "denied", analytics_storage: "denied",
  functionality_storage: "denied", personalization_storage: "denied", security_storage: "granted",
};
const analytics = { ...denied, analytics_storage: "granted" };
const opening = [
  ["consent", "default", { ...denied, wait_for_update: 700 }],
  ["set", "ads_data_redaction", true],
  ["set", "url_passthrough", true],
];

const stub = (state) =>
  `<script src="/.consentry/a/s.js" data-signals='${JSON.stringify(SIGNALS)}' data-state="${state}"></script>`;

test("the stub says the default before anything else, and what is permitted with it", async () => {
  const head = stub(1) + "<script>window.early = dataLayer.length</script>";
  const url = site.page("/", { head, html: dialogs({ open: false }), p: plan(site.vendor, { signals: SIGNALS }) });
  const { page } = await arrive(url, { cookie: cookieValue({ given: "1", refused: "2" }) });
  assert.equal(await page.evaluate(() => window.early), 4);
  const event = { event: "consentry", given: ["analytics"], refused: ["marketing"] };
  assert.deepEqual(await layer(page), [...opening, ["consent", "update", analytics], event]);
  const uet = await page.evaluate(() => window.uetq);
  assert.deepEqual(uet, ["consent", "default", { ad_storage: "denied" }, "consent", "update", { ad_storage: "denied" }]);
  const clarity = await page.evaluate(() => window.clarity.q.map((entry) => [...entry]));
  assert.deepEqual(clarity, [
    ["consentv2", { ad_Storage: "denied", analytics_Storage: "denied" }],
    ["consentv2", { ad_Storage: "denied", analytics_Storage: "granted" }],
  ]);
});

for (const [name, head] of [["with", stub(0)], ["without", ""]]) {
  test(`${name} the stub: default first, then an update for each change, before gated tags run`, async () => {
    const body = '<script type="text/plain" data-category="analytics">window.seen = dataLayer.length</script>';
    const url = site.page("/", { head, body, p: plan(site.vendor, { signals: SIGNALS }) });
    const { page } = await arrive(url);
    assert.deepEqual(await layer(page), opening);
    await page.evaluate(() => window.consentry.accept(["analytics"]));
    await untilGiven(page, "analytics");
    await page.waitForFunction(() => window.seen >= 4);
    await page.evaluate(() => window.consentry.reject());
    const calls = (await layer(page)).slice(3).map((entry) => entry.event ?? entry[2].analytics_storage);
    assert.deepEqual(calls, ["granted", "consentry", "denied", "consentry"]);
  });
}

test("a site that tells nobody has no dataLayer, and one of its own hears the event", async () => {
  const url = site.page("/");
  const { page } = await arrive(url);
  await page.evaluate(() => window.consentry.reject());
  assert.equal(await page.evaluate(() => window.dataLayer), undefined);
  const own = await arrive(url, { init: () => (window.dataLayer = []) });
  await own.page.evaluate(() => window.consentry.reject());
  assert.deepEqual((await layer(own.page)).at(-1), { event: "consentry", given: [], refused: ["analytics", "marketing"] });
});

test("a stub that cannot read what it is told throws nothing and permits nothing", async () => {
  const head = `<script src="/.consentry/a/s.js" data-signals="{" data-state="3"></script>`;
  const { page, errors } = await arrive(site.page("/", { head }));
  assert.deepEqual([errors, await page.evaluate(() => window.consentry.given())], [[], []]);
});
