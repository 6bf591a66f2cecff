// Tags that wait: which, until when, and how they come alive.

import assert from "node:assert/strict";
import test from "node:test";
import { arrive, site } from "./stage.mjs";
import { REOPEN, cookieValue, dialogs, eventually, moment, plan, untilGiven } from "./support.mjs";

const ran = (page) => page.evaluate(() => window.ran ?? []);
const inline = (mark, name) => `<script type="text/plain" ${mark}>(window.ran ??= []).push("${name}")</script>`;
const closed = dialogs({ open: false });
const analytics = cookieValue({ given: "1", refused: "2" });

test("every way to mark a script, and only what is permitted of it", async () => {
  const body = [
    ['data-category="analytics"', "category"],
    ['data-category="marketing"', "-category"],
    ['data-category="!marketing"', "refused"],
    ['data-category="!analytics"', "-refused"],
    ['data-category="!unheard-of"', "-unheard-of"],
    ['data-service="metrics"', "service"],
    ['data-service="ads"', "-service"],
    ['data-name="metrics"', "klaro"],
    ['data-name="ads"', "-klaro"],
    ['data-name="other"', "-klaro-other"],
    ['data-cookieconsent="statistics"', "cookiebot"],
    ['data-cookieconsent="statistics, marketing"', "-cookiebot"],
    ['data-category="__proto__"', "-proto"],
    ['data-category="constructor"', "-constructor"],
    ['data-category=""', "-empty"],
    ['data-category="analytics" data-service="ads"', "-both"],
  ].map(([mark, name]) => inline(mark, name)).join("");
  const { page } = await arrive(site.page("/", { html: closed, body }), { cookie: analytics });
  await page.waitForFunction(() => window.ran?.length >= 5);
  await moment();
  assert.deepEqual(await ran(page), ["category", "refused", "service", "klaro", "cookiebot"]);
  assert.equal(await page.evaluate(() => window.__proto__.analytics), undefined);
});

test("order, attributes and kinds of scripts are kept", async () => {
  const tag = (attributes, text = "") =>
    `<script type="text/plain" data-category="analytics" ${attributes}>${text}</script>`;
  const body = tag('data-src="/own/first.js" id="kept" data-own="&quot;<>" referrerpolicy="origin" crossorigin') +
    tag('src="/own/second.js" defer') + tag("", "ran.push('third')") +
    tag('data-type="module"', "ran.push(import.meta.url ? 'module' : '')");
  const { page } = await arrive(site.page("/", { html: closed, body }), { cookie: analytics });
  await page.waitForFunction(() => window.ran?.length === 4);
  assert.deepEqual(await ran(page), ["first", "second", "third", "module"]);
  const kept = await page.locator("#kept").evaluate(({ dataset, referrerPolicy, crossOrigin, async }) =>
    [dataset.own, referrerPolicy, crossOrigin, async]);
  assert.deepEqual(kept, ['"<>', "origin", "anonymous", false]);
});

test("frames, images, media and templates come alive", async () => {
  const body = `<iframe id="f" data-category="analytics" data-src="/own/frame"></iframe>
<img id="i" data-category="analytics" data-src="/own/i.png" data-srcset="/own/i.png 2x" alt="">
<video id="v" data-category="analytics" data-src="/own/v.mp4"></video>
<audio><source id="s" data-category="analytics" data-src="/own/a.mp3"></audio>
<link id="l" rel="stylesheet" data-category="analytics" data-href="/own/l.css">
<object id="o" data-category="analytics" data-src="/own/o"></object>
<embed id="e" data-category="analytics" data-src="/own/e">
<template data-purpose="analytics"><b id="b">inside</b>
<script>(window.ran ??= []).push("one")</script><script src="/own/two.js"></script>
<script>ran.push("three")</script></template>
<template data-purpose="marketing"><b id="never"></b></template>
<ul><li id="li" data-category="analytics" data-name="x">shoes</li></ul>
<img id="lazy" data-category="shoes" data-src="/own/lazy.png" alt="">`;
  const { page } = await arrive(site.page("/", { html: closed, body }), { cookie: analytics });
  await page.waitForFunction(() => window.ran?.length === 3);
  assert.deepEqual(await ran(page), ["one", "two", "three"]);
  const at = (id, name) => page.locator("#" + id).getAttribute(name);
  assert.deepEqual(await Promise.all(["f", "i", "v", "s", "e"].map((id) => at(id, "src"))),
    ["/own/frame", "/own/i.png", "/own/v.mp4", "/own/a.mp3", "/own/e"]);
  assert.deepEqual([await at("i", "srcset"), await at("l", "href"), await at("o", "data")],
    ["/own/i.png 2x", "/own/l.css", "/own/o"]);
  assert.deepEqual([await page.locator("#b").count(), await page.locator("#never").count()], [1, 0]);
  assert.equal(await at("lazy", "src"), null, "not ours");
});

test("an address never becomes script", async () => {
  const evil = ["javascript:parent.hit=1", " java\nscript:parent.hit=1", "data:text/html,<script>parent.hit=1</script>",
    "blob:x", "vbscript:x", "\"><script>hit=1</script>", "http://["];
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const body = evil.map((url) => ["iframe", "embed", "object", "video"].map((name) => {
    return `<${name} class="evil" data-category="analytics" data-src="${escape(url)}"></${name}>`;
  }).join("")).join("") +
    '<img id="ok" alt="" data-category="analytics" data-src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">' +
    '<iframe id="blank" data-category="analytics" data-src="about:blank"></iframe>' + inline('data-category="analytics"', "end");
  const { page, errors } = await arrive(site.page("/", { html: closed, body }), { cookie: analytics });
  await page.waitForFunction(() => window.ran?.includes("end"));
  await moment();
  assert.equal(await page.evaluate(() => window.hit), undefined);
  const live = await page.locator(".evil").evaluateAll((tags) =>
    tags.map((tag) => tag.getAttribute("src") ?? tag.getAttribute("data")).filter((at) => at && !/^"/.test(at)));
  assert.deepEqual(live, []);
  assert.deepEqual(errors, []);
  assert.match(await page.locator("#ok").getAttribute("src"), /^data:image/);
  assert.equal(await page.locator("#blank").getAttribute("src"), "about:blank");
});

test("tags that come later: inert ones wait, live ones of a denied service do not run", async () => {
  const { page } = await arrive(site.page("/"));
  const at = `http://${site.vendor}`;
  await page.evaluate((at) => {
    const script = Object.assign(document.createElement("script"), { src: at + "/ad.js" });
    const frame = Object.assign(document.createElement("iframe"), { src: at + "/frame" });
    const box = document.createElement("div");
    box.innerHTML = `<iframe src="${at}/nested"></iframe>` +
      '<script type="text/plain" data-category="marketing">(window.ran ??= []).push("inert")</scr' + "ipt>";
    document.body.append(script, frame, box);
  }, at);
  await moment(500);
  assert.deepEqual(await ran(page), []);
  assert.equal(await page.locator("iframe[src]").count(), 0);
  site.contacts.length = 0;
  const { inert } = await page.evaluate(() => window.consentry.diagnose());
  assert.equal(inert.length, 4);
  await page.click('#consentry [value="accept-all"]');
  await eventually(() => ["/frame", "/nested"].every((url) => site.contacts.includes(url)), "the frames");
  await page.waitForFunction(() => window.ran?.length === 2);
});

test("what the parser meets later is stopped before it runs", async () => {
  const late = `<script>document.write('<script src="http://${site.vendor}/late.js"></scr' + 'ipt>')</script>`;
  const { page } = await arrive(site.page("/", { loader: '<script src="/.consentry/a/c.js"></script>', body: late }));
  await moment(400);
  assert.deepEqual(await ran(page), []);
});

test("a live tag of a permitted service runs in its place", async () => {
  const body = `<script src="http://${site.vendor}/live.js"></script><script>window.inOrder = window.ran?.length</script>`;
  const url = site.page("/", { html: REOPEN, loader: '<script src="/.consentry/a/c.js"></script>', body });
  const { page } = await arrive(url, { cookie: cookieValue({ given: "3" }) });
  assert.deepEqual([await page.evaluate(() => window.inOrder), site.contacts], [1, ["/live.js"]]);
});

test("Google's tags run in advanced mode", async () => {
  const signals = { google: { types: {}, advanced: true } };
  const services = [{ id: "ga", purpose: 0, hosts: ["www.googletagmanager.com", site.vendor] }];
  const { page } = await arrive(site.page("/", { p: plan(site.vendor, { signals, services }) }));
  const left = await page.evaluate(async (vendor) => {
    const tag = (src) => document.body.appendChild(Object.assign(document.createElement("script"), { src }));
    const tags = [tag("https://www.googletagmanager.com/gtag/js"), tag(`http://${vendor}/x.js`)];
    await 0;
    return tags.map((tag) => tag.isConnected);
  }, site.vendor);
  assert.deepEqual(left, [true, false]);
});

test("a placeholder holds the place, loads once without consent, or always with it", async () => {
  const frame = `<iframe width="400" height="200" data-service="ads" data-src="http://${site.vendor}/embed"></iframe>`;
  const body = `<p>a</p>${frame}${frame}<p id="below">b</p><iframe hidden data-service="ads" data-src="/own/x"></iframe>`;
  const url = site.page("/", { html: REOPEN, body });
  const { page, context } = await arrive(url, { cookie: cookieValue({ refused: "3" }) });
  const boxes = page.locator(".consentry-placeholder");
  await boxes.first().waitFor();
  assert.equal(await boxes.count(), 2);
  const { width, height } = await boxes.first().boundingBox();
  assert.deepEqual([width, height], [404, 204], "as large as the frame with its border");
  assert.equal(await boxes.first().locator("p").textContent(), `ads from ${site.vendor}`);
  const before = await context.cookies();
  await boxes.first().getByText("Once").click();
  await eventually(() => site.contacts.length === 1, "the frame");
  assert.equal(await boxes.count(), 1);
  assert.deepEqual([site.bodies.length, await context.cookies()], [0, before]);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await boxes.first().getByText("Always ads").click();
  await eventually(() => site.contacts.length >= 2, "the other frame");
  const { choice, purposes, services } = site.bodies[0];
  assert.deepEqual({ choice, purposes, services }, { choice: "selection", purposes: [], services: ["ads"] });
  assert.equal(await boxes.count(), 0);
  assert.equal((await page.evaluate(() => window.consentry.diagnose())).placeholders, 0);
});

test("nothing more is loaded where nothing that waits is permitted", async () => {
  const body = inline('data-category="marketing"', "-a") + inline('data-service="ads"', "-b") +
    `<script type="text/plain" data-category="x" src="http://${site.vendor}/ad.js"></script>`;
  const { page } = await arrive(site.page("/", { html: REOPEN, body }), { cookie: analytics });
  await page.evaluate(() => document.body.append(document.createElement("script")));
  await moment();
  assert.deepEqual([site.hits["/.consentry/a/g.js"], site.hits["/.consentry/a/d.js"]], [undefined, undefined]);
  const late = inline('data-category="analytics"', "late").replace(/^<script |<.script>$/g, "");
  await page.evaluate((late) => {
    const box = document.createElement("div");
    box.innerHTML = `<script ${late}</scr` + "ipt>";
    document.body.append(box);
  }, late);
  await page.waitForFunction(() => window.ran?.[0] === "late");
  assert.equal(site.hits["/.consentry/a/d.js"], undefined);
});

test("without the gate nothing comes alive, and live tags stay out", async () => {
  site.missing.add("g.js");
  const body = inline('data-category="analytics"', "-a");
  const { page, errors } = await arrive(site.page("/", { html: REOPEN, body }), { cookie: analytics });
  await page.evaluate((src) => {
    document.body.append(Object.assign(document.createElement("script"), { src }));
    document.body.append(Object.assign(document.createElement("iframe"), { src }));
  }, `http://${site.vendor}/x.js`);
  await moment();
  assert.deepEqual(await ran(page), []);
  assert.equal(await page.locator("iframe").count(), 0);
  assert.deepEqual(errors, []);
});

test("a placeholder comes when its frame is near, a permitted frame at once", async () => {
  const frame = (id, mark) =>
    `<iframe id="${id}" width="300" height="100" ${mark} data-src="http://${site.vendor}/${id}"></iframe>`;
  const body = `<div style="height:9000px"></div>${frame("far", 'data-service="ads"')}
<div id="box" hidden>${frame("shut", 'data-service="ads"')}</div>
<iframe width="300" height="100" data-category="analytics" data-src="/own/woken"></iframe>`;
  const { page } = await arrive(site.page("/", { html: REOPEN, body }), { cookie: analytics });
  await eventually(() => site.hits["/own/woken"], "the permitted frame");
  await moment();
  assert.deepEqual([site.hits["/.consentry/a/d.js"], site.hits["/.consentry/banner"]], [undefined, undefined]);
  await page.evaluate(() => scrollTo(0, 9000 - 1.6 * innerHeight));
  const boxes = page.locator(".consentry-placeholder");
  await boxes.waitFor();
  assert.equal(await boxes.count(), 1);
  assert.ok((await boxes.boundingBox()).y > (await page.evaluate(() => innerHeight)), "before it is seen");
  await page.evaluate(() => (document.getElementById("box").hidden = false));
  await boxes.nth(1).waitFor();
  assert.deepEqual(site.contacts, []);
  await page.evaluate(() => window.consentry.accept());
  await eventually(() => site.contacts.length === 2, "both frames");
  assert.equal(await boxes.count(), 0);
});

test("a contextual template has a placeholder, and its scripts run once", async () => {
  const body = `<template data-purpose="marketing" data-contextual><b id="b"></b>
<script>(window.ran ??= []).push("tpl")</script><script src="http://${site.vendor}/post.js"></script></template>`;
  const { page } = await arrive(site.page("/", { body }));
  await page.getByText("Once").click();
  await page.waitForFunction(() => window.ran?.length === 2);
  assert.deepEqual(await ran(page), ["tpl", "vendor"], "and the vendor's, though its service is not permitted");
  assert.equal(await page.locator("#b").count(), 1);
  assert.deepEqual(site.bodies, []);
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), []);
});

test("a strict policy: nonces, no inline styles, Trusted Types", async () => {
  const csp = "default-src 'self'; script-src 'self' 'nonce-n'; style-src 'self'; frame-src *; " +
    "require-trusted-types-for 'script'; trusted-types consentry";
  const body = `<script nonce="n" type="text/plain" data-category="analytics">(window.ran ??= []).push("nonce")</script>
<script nonce="n" type="text/plain" data-category="analytics" data-src="/own/good.js"></script>
<iframe width="300" height="100" data-category="marketing" data-src="/own/x"></iframe>
<template data-purpose="analytics"><script nonce="n">ran.push("template")</script></template>`;
  const url = site.page("/", { body, loader: '<script async nonce="n" src="/.consentry/a/c.js"></script>' });
  site.headers = { "content-security-policy": csp };
  const init = () => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.sample));
  };
  const { page, errors } = await arrive(url, { init });
  await page.locator(".consentry-placeholder").waitFor();
  await page.evaluate(() => window.consentry.accept(["analytics"]));
  await page.waitForFunction(() => window.ran?.length === 3);
  assert.deepEqual(await ran(page), ["nonce", "good", "template"]);
  assert.deepEqual([await page.evaluate(() => violations), errors], [[], []]);
});

test("a gated script without the page's nonce does not borrow it", async () => {
  const body = '<script type="text/plain" data-category="analytics" data-src="/own/bad.js"></script>';
  const url = site.page("/", { html: closed, body, loader: '<script async nonce="n" src="/.consentry/a/c.js"></script>' });
  site.headers = { "content-security-policy": "script-src 'nonce-n' 'strict-dynamic'" };
  const { page } = await arrive(url, { cookie: analytics });
  await moment();
  assert.deepEqual(await ran(page), []);
  await page.evaluate(() => window.consentry.accept(["analytics"]));
  await untilGiven(page, "analytics");
  assert.equal(site.hits["/own/bad.js"], undefined);
});
