// Pages that are broken, careless or hostile; two copies; the tag alone; the handle.

import assert from "node:assert/strict";
import test from "node:test";
import { arrive, open, site } from "./stage.mjs";
import { LOADER, REOPEN, cookieValue, dialogs, eventually, moment, plan, planScript, today, untilGiven } from "./support.mjs";

const GATED = `<script type="text/plain" data-category="analytics">window.leaked = 1</script>`;
const shown = (page) => page.locator("#consentry").isVisible();
const given = (page) => page.evaluate(() => window.consentry.given());

for (const text of ["", "{", "null", "[]", '{"v":1}', '{"v":2}', '{"__proto__":{"v":2}}', '{"v":2,"purposes":{}}']) {
  test(`a plan that is none: ${text || "empty"}`, async () => {
    const { page, errors } = await arrive(site.page("/", { p: text || "  ", body: GATED }),
      { cookie: cookieValue({ given: "3" }) });
    await moment();
    assert.deepEqual(await given(page), []);
    assert.equal(await page.evaluate(() => window.leaked), undefined);
    assert.match(await page.evaluate(() => window.consentry.diagnose().catch(String)), /Error: ./);
    assert.deepEqual(errors, []);
    await page.click('#consentry [value="reject-all"]');
    await page.waitForURL("**/.consentry/consent");
  });
}

test("cookies that are none", async () => {
  const url = site.page("/", { html: dialogs({ open: false }), body: GATED });
  const mac = "m".repeat(22);
  for (const cookie of [
    "garbage", "2.........", `1.materialnow.3.0.0.${today()}.1.k1.${mac}`, `2.materialnow.3.0.0.${today()}.1.k1.short`,
    `2.materialnow.x.0.0.${today()}.1.k1.${mac}`, `2.materialnow.-1.0.0.${today()}.1.k1.${mac}`,
    `2.constructor.3.0.0.${today()}.1.k1.${mac}`, `2.materialold.3.0.0.${today()}.1.k1.${mac}`,
    `2.materialnow.3.0.0.${"9".repeat(30)}.1.k1.${mac}`, `2.materialnow.3.0.0.${today()}x.1.k1.${mac}`,
  ]) {
    const { page, errors } = await arrive(url, { cookie });
    assert.deepEqual([cookie, await given(page), await shown(page), errors], [cookie, [], true, []]);
  }
});

test("bits beyond what the plan knows mean nothing, and thirty-two digits are read", async () => {
  const services = Array.from({ length: 128 }, (_, i) => ({ id: "s" + i, purpose: i ? 0 : 1, hosts: [] }));
  const url = site.page("/", { html: REOPEN, p: plan(site.vendor, { services }) });
  const { page } = await arrive(url, {
    cookie: cookieValue({ given: "fffffffffe", refused: "1", services: "8" + "0".repeat(31) }),
  });
  const { given, services: on } = await page.evaluate(() => window.consentry.state());
  assert.deepEqual([given, on], [["marketing"], ["s0", "s127"]]);
});

test("a page that breaks its own globals keeps everything denied and its forms", async () => {
  for (const [name, init] of Object.entries({
    json: () => (JSON.parse = () => { throw new Error("mine"); }),
    observer: () => (window.MutationObserver = undefined),
    channel: () => (window.BroadcastChannel = undefined),
    fetch: () => (window.fetch = () => { throw new Error("mine"); }),
    then: () => (window.fetch = () => ({ then: 1 })),
    includes: () => (Array.prototype.includes = () => { throw new Error("mine"); }),
  })) {
    const { page } = await open(site.page("/", { body: GATED }), { init });
    await moment();
    assert.equal(await page.evaluate(() => window.leaked), undefined, name);
    await page.click('#consentry [value="reject-all"]');
    await Promise.race([
      page.waitForURL("**/.consentry/consent"),
      page.locator("#consentry").waitFor({ state: "hidden" }),
    ]);
  }
});

test("other members of prototypes do no harm", async () => {
  const init = () => {
    Object.prototype.analytics = 1;
    Array.prototype.marketing = 1;
  };
  const { page, errors } = await arrive(site.page("/", { body: GATED }), { init });
  assert.deepEqual(await given(page), []);
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
  assert.deepEqual(errors, []);
});

test("storage that throws, cookies that do not stick", async () => {
  const init = () => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get() { throw new Error("denied"); } });
    }
    Object.defineProperty(Document.prototype, "cookie", { get: () => "", set() {} });
  };
  const { page, errors } = await arrive(site.page("/", { body: GATED }), { init });
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
  await page.evaluate(() => dispatchEvent(new Event("pageshow")));
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })));
  assert.deepEqual(await given(page), ["analytics", "marketing"], "for this page it stands");
  await page.evaluate(() => window.consentry.reject());
  assert.deepEqual([await given(page), errors], [[], []]);
  const { storage, receipt } = await page.evaluate(async () => ({
    ...(await window.consentry.diagnose()), receipt: window.consentry.receipt(),
  }));
  assert.deepEqual([storage, receipt], [false, null]);
});

test("two copies of the loader, and the module, are one", async () => {
  const body = LOADER + `<script type="module">import { init } from "/.consentry/a/index.js";
const one = init(); window.same = one === window.consentry && init() === one;</script>`;
  const { page } = await arrive(site.page("/", { body }));
  await page.waitForFunction(() => window.same !== undefined);
  assert.equal(await page.evaluate(() => window.same), true);
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
  await moment();
  assert.equal(site.bodies.length, 1);
});

test("a page that removes the first layer gets nothing, and is told so", async () => {
  const body = "<script>document.getElementById('consentry').remove()</script>" + GATED;
  const { page } = await arrive(site.page("/", { body, p: plan(site.vendor, { on: 3 }) }));
  await moment();
  assert.deepEqual(await given(page), []);
  assert.equal(await page.evaluate(() => window.leaked), undefined);
  assert.equal(await page.locator("#consentry").count(), 0);
  const { problems } = await page.evaluate(() => window.consentry.diagnose());
  assert.match(problems.join(), /removed/);
  await page.evaluate(() => window.consentry.show());
  assert.equal(await shown(page), true);
  await page.click('#consentry [value="reject-all"]');
  await page.locator("#consentry").waitFor({ state: "hidden" });
});

test("by the tag alone", async () => {
  site.dialogs = dialogs();
  const loader = `<script async src="/.consentry/a/t.js" data-locale="de"></script>`;
  const p = plan(site.vendor);
  const url = site.page("/", { html: "", p: undefined, loader, body: GATED });
  site.pages["/"] = site.pages["/"].replace(planScript(p), "");
  const { page, errors } = await arrive(url);
  assert.equal(await shown(page), true);
  assert.equal(await page.evaluate(() => document.body.firstElementChild.id), "consentry");
  await page.click('#consentry [value="accept-all"]');
  await page.waitForFunction(() => window.leaked === 1);
  assert.deepEqual(errors, []);
});

test("by one file: what came along with the tag is all that a page needs", async () => {
  const p = plan(site.vendor);
  const come = async (tag, along) => {
    site.along = { html: dialogs(), words: {}, css: "/.consentry/a/c.css", style: "#consentry{color:rgb(1,2,3)}", plan: p, ...along };
    site.headers = { "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'" };
    const url = site.page("/", { html: "", p: undefined, loader: tag, body: GATED });
    site.pages["/"] = site.pages["/"].replace(planScript(p), "");
    site.hits = {};
    const { page, errors } = await arrive(url);
    await page.locator("#consentry").waitFor();
    return { page, errors, asked: Object.keys(site.hits).filter((path) => /consentry/.test(path)).toSorted() };
  };
  const { page, errors, asked } = await come('<script async src="/.consentry/a/t.js"></script>');
  assert.deepEqual(asked, ["/.consentry/a/t.js"]);
  assert.equal(await page.evaluate(() => getComputedStyle(document.getElementById("consentry")).color), "rgb(1, 2, 3)");
  await page.click('#consentry [value="choose"]');
  await page.locator("#consentry-preferences").waitFor();
  assert.equal(await page.locator("link[rel=stylesheet]").count(), 0, "it has its styles");
  assert.deepEqual(errors, []);
  const other = await come('<script async src="/.consentry/a/t.js" data-locale="de"></script>');
  assert.ok(other.asked.includes("/.consentry/banner"), "in a language that did not come along");
  const named = await come('<script async src="/.consentry/a/t.js?locale=de"></script>');
  assert.deepEqual(named.asked, ["/.consentry/a/t.js"], "the edge was asked for it by the address");
});

test("by one file: the banner does not wait for a page that goes on for long", async () => {
  const p = plan(site.vendor);
  site.along = { html: dialogs(), words: {}, css: "", style: "dialog{position:fixed}", plan: p };
  const slow = '<script src="/own/slow.js"></script><p>The end</p>';
  const url = site.page("/", { html: "", p: undefined, loader: '<script async src="/.consentry/a/t.js"></script>', body: slow });
  site.pages["/"] = site.pages["/"].replace(planScript(p), "");
  const { page } = await open("about:blank");
  const held = Promise.withResolvers();
  await page.route("**/own/slow.js", async (route) => (await held.promise, route.continue()));
  await page.goto(url, { waitUntil: "commit" });
  await page.locator("#consentry").waitFor();
  assert.equal(await page.evaluate(() => document.readyState), "loading");
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
  held.resolve();
  await page.waitForFunction(() => window.ran?.includes("slow"));
  assert.equal(await shown(page), false);
});

test("the tag says language and age, and the module where to ask", async () => {
  site.dialogs = dialogs();
  const bare = { html: "", p: undefined };
  const asked = async (more) => {
    const url = site.page("/", { ...bare, ...more });
    site.pages["/"] = site.pages["/"].replace(planScript(plan(site.vendor)), "");
    const { page } = await open("about:blank");
    const [request] = await Promise.all([page.waitForRequest(/\/banner\?/), page.goto(url)]);
    return request.url().slice(request.url().indexOf("/", 8));
  };
  const loader = '<script async src="/.consentry/a/t.js" data-locale="de" data-age="under-16"></script>';
  assert.equal(await asked({ loader }), "/.consentry/banner?locale=de&age=under-16");
  const body = `<script type="module">import { init } from "/.consentry/a/index.js";
init({ base: location.origin + "/elsewhere/", age: "under-16" });</script>`;
  assert.match(await asked({ loader: "", body }), /^\/elsewhere\/banner\?locale=\w.*&age=under-16$/);
});

test("whoever brings the plan gets the way back to the choices, decided or not", async () => {
  const p = plan(site.vendor);
  site.dialogs = dialogs();
  const url = site.page("/", { html: "", loader: "", p: undefined, body: `<script type="module">
import { init } from "/.consentry/a/index.js";
init({ plan: ${JSON.stringify(p)} });
</script>` });
  site.pages["/"] = site.pages["/"].replace(planScript(p), "");
  const { page } = await arrive(url, { cookie: cookieValue({ refused: "3" }) });
  await page.locator("#consentry-open").waitFor();
  assert.equal(await shown(page), false);
});

test("callbacks, and the module without dialogs", async () => {
  const p = plan(site.vendor);
  const url = site.page("/", { html: "", loader: "", p: undefined, body: `<script type="module">
import * as consentry from "/.consentry/a/index.js";
window.api = consentry;
window.told = [];
consentry.init({ plan: ${JSON.stringify(p)}, ui: false });
for (const name of ["onConsent", "onFirstConsent", "onChange"]) {
  window[name] = consentry[name](({ given }) => told.push(name + ":" + given));
}
</script>` });
  site.pages["/"] = site.pages["/"].replace(planScript(p), "");
  site.plan = p;
  const { page } = await arrive(url);
  await moment();
  assert.equal(await page.locator("dialog").count(), 0);
  const services = await page.evaluate(() => api.accept({ services: ["video"] }).then(() => api.state().services));
  assert.deepEqual(services, ["video"]);
  assert.deepEqual(await page.evaluate(() => told), ["onConsent:", "onFirstConsent:", "onChange:"]);
  await page.evaluate(() => (onConsent(), onChange(), api.accept()));
  assert.deepEqual(await page.evaluate(() => told.length), 3);
  const late = await page.evaluate(() => new Promise((done) => api.onConsent(done)));
  assert.deepEqual(late.given, ["analytics", "marketing"]);
  assert.equal(await page.evaluate(() => api.accepted({ service: "ads" })), true);
  await page.evaluate(() => api.showPreferences());
  assert.equal(await page.locator("#consentry-preferences").isVisible(), true, "only what is asked for is shown");
});

test("diagnose names what nobody declared", async () => {
  const p = plan(site.vendor, { services: [{ id: "m", purpose: 0, hosts: ["m.test"], cookies: ["pv_*"] }] });
  const { page } = await arrive(site.page("/", { p, body: `<img src="http://${site.vendor}/x.png" alt="">` }));
  await eventually(() => site.contacts.length, "the image");
  await page.evaluate(() => {
    document.cookie = "_ga=1";
    document.cookie = "pv_1=1";
    localStorage.setItem("own", "1");
  });
  const { undeclared, early } = await page.evaluate(() => window.consentry.diagnose());
  assert.deepEqual(undeclared.map(({ kind, name }) => kind + " " + name),
    ["host " + site.vendor, "cookie _ga", "storage own"]);
  for (const { line } of undeclared) JSON.parse(`{${line}}`);
  assert.deepEqual(early, []);
});

test("Escape puts the first layer away and decides nothing", async () => {
  const { page } = await arrive(site.page("/"));
  await page.focus('#consentry [value="choose"]');
  await page.keyboard.press("Escape");
  await page.locator("#consentry").waitFor({ state: "hidden" });
  assert.deepEqual((await page.evaluate(() => window.consentry.state())).refused, []);
  assert.equal(await page.evaluate(() => document.activeElement.id), "consentry-open");
});
