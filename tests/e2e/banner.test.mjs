// The banner's other ways: without JavaScript, by keyboard alone, from two tabs, when things fail.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, afterEach, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { ConsentPage } from "./consent-page.mjs";
import { eventually, picture, startShop, visitor } from "./support.mjs";

let shop;
let browser;
const contexts = [];

async function arrive(options, path) {
  const someone = await visitor(browser, options);
  contexts.push(someone.context);
  const page = new ConsentPage(someone.page, shop.url);
  await page.page.goto(shop.url + (path ?? "/"));
  if (options?.javaScriptEnabled !== false) await page.ready();
  return { ...someone, page };
}

const forget = () => {
  shop.vendors.metrics.hits.length = 0;
  shop.vendors.ads.hits.length = 0;
};

before(async () => {
  shop = await startShop();
  browser = await startBrowser();
});

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  forget();
});

after(async () => {
  await browser?.close();
  await shop?.stop();
});

test("without JavaScript the banner stands and its forms work", async () => {
  for (const [choice, given] of [["rejectAll", false], ["acceptAll", true]]) {
    forget();
    const { page, context } = await arrive({ javaScriptEnabled: false }, "/about");
    assert.equal(await page.banner.isVisible(), true);
    if (!given) await picture(page.page, "without-javascript");
    const answered = page.page.waitForResponse((response) => response.request().method() === "POST");
    await page[choice].click();
    assert.equal((await answered).status(), 303);
    await page.page.waitForLoadState();
    assert.equal(new URL(page.page.url()).pathname, "/about", "back where it came from");
    assert.equal(await page.banner.isVisible(), false);
    const names = (await context.cookies(shop.url)).map(({ name }) => name);
    assert.equal(names.includes("__Host-consentry-device"), given);
    // The edge itself lets the vendors' tags through, or not.
    if (given) await eventually(() => shop.vendors.ads.hits.length > 0, "the advertisement");
    else assert.equal(shop.contacts(), 0);
  }
});

test("without JavaScript the preferences are a page", async () => {
  const { page } = await arrive({ javaScriptEnabled: false }, "/stoneware-vase");
  await page.choose.click();
  assert.equal(new URL(page.page.url()).pathname, "/.consentry/preferences");
  await picture(page.page, "preferences-page", { fullPage: true });
  await page.page.locator('[name="purpose"][value="analytics"]').check();
  await page.page.locator('button[value="selection"]').click();
  await page.page.waitForLoadState();
  assert.equal(new URL(page.page.url()).pathname, "/stoneware-vase");
  assert.equal(await page.banner.isVisible(), false);
  assert.equal(shop.vendors.ads.hits.length, 0, "only what was ticked");
});

test("by keyboard alone: order, Escape, focus return", async () => {
  const { page } = await arrive();
  const { keyboard } = page.page;
  const order = [];
  for (let i = 0; i < 40 && !order.includes("choose"); i++) {
    await keyboard.press("Tab");
    order.push(await page.focus());
  }
  const banner = order.filter((name) => ["reject-all", "accept-all", "choose"].includes(name));
  assert.deepEqual(banner, ["reject-all", "accept-all", "choose"]);

  await keyboard.press("Enter");
  await page.preferences.waitFor();
  assert.equal(await page.isModal(), true);
  assert.equal(await page.page.evaluate(() => document.activeElement.closest("dialog")?.id), "consentry-preferences");
  for (let i = 0; i < 40; i++) {
    await keyboard.press("Tab");
    const where = await page.page.evaluate(() => {
      const { activeElement } = document;
      return activeElement.closest("dialog")?.id ?? activeElement.tagName;
    });
    // Between the last and the first control the browser's own bar has its turn.
    assert.ok(["consentry-preferences", "BODY"].includes(where), `the focus escaped to ${where}`);
  }
  assert.equal(await page.preferences.locator('[name="purpose"]:checked').count(), 0);

  await keyboard.press("Escape");
  assert.equal(await page.preferences.isVisible(), false);
  assert.equal(await page.focus(), "choose");
  assert.deepEqual(await page.given(), []);
  assert.deepEqual(await page.cookies(), []);

  await keyboard.press("Enter");
  await page.preferences.waitFor();
  await page.purpose("marketing").focus();
  await keyboard.press("Space");
  await page.save.focus();
  await keyboard.press("Enter");
  await page.untilGiven("marketing");
  assert.equal(await page.banner.isVisible(), false);
  assert.equal(await page.focus(), "consentry-open", "where the choice can be found again");
  assert.equal(shop.vendors.metrics.hits.length, 0, "only what was ticked");

  await keyboard.press("Enter");
  assert.equal(await page.purpose("marketing").isChecked(), true);
  assert.equal(await page.purpose("analytics").isChecked(), false);
});

test("a withdrawal stops what ran, clears what it left, and stays", async () => {
  const { page } = await arrive();
  await page.acceptAll.click();
  await page.untilGiven("analytics", "marketing", "media");
  await eventually(async () => (await page.cookies()).includes("pv_id"), "the vendor's cookie");
  await page.reopen();
  await Promise.all([page.page.waitForEvent("load"), page.preferencesReject.click()]);
  await page.untilGiven();
  assert.equal(await page.banner.isVisible(), false);
  await eventually(async () => !(await page.cookies()).includes("pv_id"), "the vendor's cookie to go");
  assert.ok(!(await page.stored()).local.includes("pv-queue"));
  forget();
  await page.visit("/about");
  await page.page.waitForLoadState("networkidle");
  assert.equal(shop.contacts(), 0);
});

test("a withdrawal loads the page anew only for a service that says so", async () => {
  const { page, page: { page: tab } } = await arrive();
  await page.acceptAll.click();
  await page.untilGiven("analytics", "marketing", "media");
  await eventually(() => shop.vendors.ads.hits.some(({ url }) => url === "/frame"), "the advertisement");
  await tab.evaluate(() => (window.stays = true));
  await page.reopen();
  await page.purpose("marketing").uncheck();
  await page.save.click();
  await page.untilGiven("analytics", "media");
  await tab.waitForLoadState("networkidle");
  assert.equal(await tab.evaluate(() => window.stays), true);
});

test("a second tab follows the first", async () => {
  const { page, context } = await arrive();
  const second = new ConsentPage(await context.newPage(), shop.url);
  await second.visit();
  await page.acceptAll.click();
  await second.untilGiven("analytics", "marketing", "media");
  assert.equal(await second.banner.isVisible(), false);
  await second.reopen();
  await second.preferencesReject.click();
  await page.untilGiven();
});

test("a grant from a stale tab grants nothing and asks again", async () => {
  const { page, context } = await arrive();
  const tab = await context.newPage();
  // A tab that hears nothing of the others, as one that was frozen.
  await tab.addInitScript(() => {
    Object.defineProperty(BroadcastChannel.prototype, "onmessage", { set() {} });
  });
  const second = new ConsentPage(tab, shop.url);
  await second.visit();
  await page.acceptAll.click();
  await page.untilGiven("analytics", "marketing", "media");
  await eventually(() => shop.contacts() >= 5, "the vendors in the first tab");
  const contacts = shop.contacts();

  const answered = second.page.waitForResponse((response) => response.url().endsWith("/.consentry/consent"));
  await second.acceptAll.click();
  const answer = await answered;
  assert.equal(answer.status(), 409);
  assert.match((await answer.json()).type, /stale-decision/);
  await second.page.waitForFunction(() => document.querySelector("#consentry [role=status]").textContent.length > 3);
  assert.equal(await second.banner.isVisible(), true);
  assert.deepEqual(await second.given(), []);
  assert.equal(shop.contacts(), contacts, "nothing was unblocked");
  await picture(second.page, "stale-decision");

  await second.acceptAll.click();
  await second.untilGiven("analytics", "marketing", "media");
});

/** What an earlier visitor permitted may still be on its way to the vendors. */
async function vendorsAreQuiet() {
  for (let before = -1; before !== shop.contacts(); await new Promise((done) => setTimeout(done, 400))) {
    before = shop.contacts();
  }
}

test("a grant under a policy no longer known grants nothing, and the words of now are shown and asked for", async () => {
  const other = "A".repeat(43);
  for (const members of [["policy"], ["policy", "notice"]]) {
    await vendorsAreQuiet();
    forget();
    const { page, page: { page: tab } } = await arrive();
    await tab.route(`${shop.url}/`, async (route) => {
      const response = await route.fetch();
      let body = (await response.text()).replace("May we use", "Might we use");
      for (const member of members) {
        body = body.replace(new RegExp(`"${member}":"[\\w-]{43}"`), `"${member}":"${other}"`);
      }
      await route.fulfill({ response, body });
    });
    // A page that waits with a frame would hear of the change before anyone decides.
    let asked = false;
    await tab.route("**/.consentry/banner?*", (route) => (asked ? route.continue() : route.abort()));
    await tab.route("**/.consentry/consent", (route) => (asked = true) && route.continue());
    await page.visit();
    assert.match(await page.banner.textContent(), /Might we use/);
    const answer = () => tab.waitForResponse((response) => response.url().endsWith("/.consentry/consent"));
    const [refused] = await Promise.all([answer(), page.acceptAll.click()]);
    assert.equal(refused.status(), 409);
    await tab.waitForFunction(() => /changed/.test(document.querySelector("#consentry [role=status]").textContent));
    assert.equal(await page.banner.isVisible(), true);
    assert.deepEqual(await page.given(), []);
    assert.equal(shop.contacts(), 0);
    // Only where the notice is another one, there are other words to read.
    assert.match(await page.banner.textContent(), members.includes("notice") ? /May we use/ : /Might we use/);

    const [granted] = await Promise.all([answer(), page.acceptAll.click()]);
    assert.equal(granted.status(), 200);
    await page.untilGiven("analytics", "marketing", "media");
  }
});

test("a grant that cannot be sent leaves everything off, says so, and is sent once it can be", async () => {
  const { page } = await arrive();
  await page.page.route("**/.consentry/consent", (route) => route.abort());
  await page.acceptAll.click();
  await page.page.waitForFunction(() => /kept/.test(document.querySelector("#consentry [role=status]").textContent));
  assert.equal(await page.banner.isVisible(), true);
  assert.deepEqual(await page.given(), []);
  assert.equal(shop.contacts(), 0);
  const { problems, queued } = await page.page.evaluate(() => window.consentry.diagnose());
  assert.ok(problems.length > 0);
  assert.equal(queued, 1);
  await picture(page.page, "grant-failed");

  await page.page.unroute("**/.consentry/consent");
  await page.untilGiven("analytics", "marketing", "media");
  assert.equal(await page.banner.isVisible(), false);
  await page.page.waitForFunction(() => !localStorage.getItem("consentry.queue"));
});

test("a refusal overtakes a grant still on its way", async () => {
  const { page, context } = await arrive();
  const network = await context.newCDPSession(page.page);
  await network.send("Network.enable");
  const unlimited = { offline: false, downloadThroughput: -1, uploadThroughput: -1 };
  const throttle = (latency) => network.send("Network.emulateNetworkConditions", { ...unlimited, latency });
  await throttle(600);
  // Within one task: a refusal that comes after the grant is recorded would overtake nothing.
  const buttons = await Promise.all([page.acceptAll, page.rejectAll].map((button) => button.elementHandle()));
  await page.page.evaluate((buttons) => buttons.forEach((button) => button.click()), buttons);
  await page.banner.waitFor({ state: "hidden" });
  await page.untilDecided();
  await new Promise((done) => setTimeout(done, 1000));
  await throttle(0);
  assert.deepEqual(await page.given(), []);
  await page.visit();
  assert.deepEqual(await page.given(), []);
  assert.equal(await page.banner.isVisible(), false);
  assert.equal(shop.contacts(), 0);
});

test("a corrupt or forged decision cookie is no choice", async () => {
  const { page, context } = await arrive();
  const { material } = await page.plan();
  const today = Math.floor(Date.now() / 864e5);
  const mac = "A".repeat(22);
  for (const value of [
    "garbage",
    "2.......",
    `2.AAAAAAAAAAA.7.0.0.${today}.1.k1.${mac}`,
    `2.${material}.7.0.0.${today - 400}.1.k1.${mac}`,
    `2.${material}.7.0.0.${today}.1.k1.${mac}`,
  ]) {
    await page.page.goto("about:blank");
    await context.addCookies([{ name: "consentry", value, url: shop.url }]);
    await page.visit();
    assert.equal(await page.banner.isVisible(), true, value);
    assert.deepEqual(await page.given(), [], value);
  }
  assert.equal(shop.contacts(), 0);
});

test("tags that come later wait like the others", async () => {
  const { page } = await arrive();
  const insert = () =>
    page.page.evaluate(() => {
      const box = document.createElement("div");
      box.innerHTML = ["analytics", "marketing", "unheard-of"]
        .map((purpose) => {
          const text = `(window.ran ??= []).push("${purpose}")`;
          return `<script type="text/plain" data-category="${purpose}">${text}</` + "script>";
        })
        .join("");
      document.body.append(box);
    });
  await insert();
  await page.choose.click();
  await page.purpose("analytics").check();
  await page.save.click();
  await page.untilGiven("analytics");
  await page.page.waitForFunction(() => window.ran?.length === 1);
  await insert();
  await page.page.waitForFunction(() => window.ran?.length === 2);
  assert.deepEqual(await page.page.evaluate(() => window.ran), ["analytics", "analytics"]);
  assert.equal(shop.vendors.ads.hits.length, 0);
});

test("scripts keep the page's order, whatever arrives first", async () => {
  const { page } = await arrive();
  await page.page.route("**/slow.js", async (route) => {
    await new Promise((done) => setTimeout(done, 400));
    await route.fulfill({ contentType: "text/javascript", body: "ran.push('slow')" });
  });
  await page.page.route("**/fast.js", async (route) => {
    await route.fulfill({ contentType: "text/javascript", body: "ran.push('fast')" });
  });
  await page.page.evaluate(() => {
    window.ran = [];
    const box = document.createElement("div");
    const tag = (attributes, text = "") =>
      `<script type="text/plain" data-category="analytics" ${attributes}>${text}</` + "script>";
    box.innerHTML =
      tag('data-src="/slow.js" id="kept" data-own="yes"') +
      tag('data-src="/fast.js"') +
      tag("", "ran.push('inline')") +
      tag('data-type="module"', "ran.push('module')");
    document.body.append(box);
  });
  await page.acceptAll.click();
  await page.page.waitForFunction(() => window.ran.length === 4);
  assert.deepEqual(await page.page.evaluate(() => window.ran), ["slow", "fast", "inline", "module"]);
  assert.equal(await page.page.locator("#kept").getAttribute("data-own"), "yes", "attributes are kept");
});

test("an ordinary form and ordinary files pass through", async () => {
  const { page } = await arrive();
  await page.rejectAll.click();
  await page.untilDecided();
  await page.page.fill("#email", "reader@example.com");
  await page.page.click(".letter button");
  await page.page.waitForURL("**/newsletter");
  assert.equal(await page.page.locator("h1").textContent(), "Thank you");
  assert.match(await page.page.content(), /Fern &amp; Clay/);
  const css = await fetch(`${shop.url}/shop.css`);
  assert.match(css.headers.get("content-type"), /^text\/css/);
  const home = await (await fetch(shop.url)).text();
  assert.ok(home.includes("Déjà vu") && home.includes("€ 64"), "text survives the way through");
});

for (const [name, options] of Object.entries({
  "light-mobile": { viewport: { width: 360, height: 740 } },
  "dark-mobile": { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  "dark-desktop": { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
})) {
  test(`both layers in view: ${name}`, async () => {
    const { page } = await arrive(options);
    await picture(page.page, `banner-${name}`);
    await page.openPreferences();
    await picture(page.page, `preferences-${name}`);
    const { width } = page.page.viewportSize();
    assert.ok((await page.page.evaluate(() => document.documentElement.scrollWidth)) <= width, "no sideways scrolling");
  });
}

test("the first layer is painted once it is whole, and moves nothing", async () => {
  const html = await (await fetch(shop.url)).text();
  // Cut within the buttons, where a browser that reads may stop and paint.
  const at = html.indexOf('value="accept-all"');
  const { server, url } = await new Promise((done) => {
    const server = createServer(async (request, response) => {
      if (request.url !== "/") {
        const file = await fetch(shop.url + request.url);
        return response.writeHead(file.status, { "content-type": file.headers.get("content-type") }).end(await file.text());
      }
      response.writeHead(200, { "content-type": "text/html" });
      response.write(html.slice(0, at));
      setTimeout(() => response.end(html.slice(at)), 1500);
    });
    server.listen(0, "127.0.0.1", () => done({ server, url: `http://127.0.0.1:${server.address().port}/` }));
  });
  try {
    const { context, page } = await visitor(browser);
    contexts.push(context);
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) window.shift += value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto(url, { waitUntil: "commit" });
    await page.waitForFunction(() => {
      const dialog = document.getElementById("consentry");
      return dialog && getComputedStyle(dialog).position === "fixed";
    });
    const half = () => page.evaluate(() => [
      !!document.querySelector(".consentry-say"), document.getElementById("consentry").checkVisibility({ visibilityProperty: true }),
    ]);
    assert.deepEqual(await half(), [false, false]);
    await page.locator("#consentry .consentry-say").waitFor({ state: "attached" });
    await page.waitForTimeout(300);
    assert.deepEqual(await half(), [true, true]);
    assert.equal(await page.evaluate(() => window.shift), 0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
