// What is not permitted is held in pages, however it is written; what is permitted, and all the rest, stays as it is.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { startSite } from "./support.mjs";

const VENDOR = "127.0.0.1:9101";

let site;
let page = "";
let type = "text/html; charset=utf-8";
let chunk = 0;
let more = {};

before(async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": type, ...more });
    const bytes = Buffer.isBuffer(page) ? page : Buffer.from(page);
    if (!chunk) return response.end(bytes);
    for (let at = 0; at < bytes.length; at += chunk) response.write(bytes.subarray(at, at + chunk));
    response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  site = await startSite({ origin: { url: `http://127.0.0.1:${server.address().port}`, close } });
});
after(() => site?.stop());

/** A body as the visitor gets it, without what is written in before it. */
async function served(body, { client = new Client(site), of = {} } = {}) {
  page = `<!doctype html><html><head><title>x</title></head><body><main>${body}</main></body></html>`;
  ({ type = "text/html; charset=utf-8", chunk = 0, more = {} } = of);
  const { text } = await client.page();
  return /<main>(.*)<\/main>/s.exec(text)?.[1] ?? text;
}

/** A visitor who agreed to everything. */
async function agreed() {
  const client = new Client(site);
  await served("");
  await client.page();
  assert.equal((await client.decide("accept-all")).status, 200);
  return client;
}

const MARKS = 'data-category="analytics" data-service="metrics"';

/** What loads from a vendor, and what is left of it. */
const HELD = {
  "a script": [`<script src="//${VENDOR}/x.js" async></script>`, `<script async data-src="//${VENDOR}/x.js" ${MARKS} type="text/plain"></script>`],
  "a module": [`<script type=module src=http://${VENDOR}/x.js></script>`, `<script type="text/plain" data-src="http://${VENDOR}/x.js" ${MARKS} data-type="module"></script>`],
  "a frame": [`<iframe src='//${VENDOR}/f'></iframe>`, `<iframe data-src="//${VENDOR}/f" ${MARKS} type="text/plain"></iframe>`],
  "an image": [`<IMG SRC="HTTP://${VENDOR}/p.gif" alt="">`, `<IMG alt="" data-src="HTTP://${VENDOR}/p.gif" ${MARKS} type="text/plain">`],
  "one of several images": [`<img src="/a.png" srcset="/a.png 1x,//${VENDOR}/b.png 2x">`, `<img src="/a.png" data-srcset="/a.png 1x,//${VENDOR}/b.png 2x" ${MARKS} type="text/plain">`],
  "an image of a picture": [`<picture><source srcset="//${VENDOR}/b.webp" type="image/webp"></picture>`, `<picture><source type="text/plain" data-srcset="//${VENDOR}/b.webp" ${MARKS} data-type="image/webp"></picture>`],
  "a style sheet": [`<link rel=stylesheet href="//${VENDOR}/x.css">`, `<link rel=stylesheet data-href="//${VENDOR}/x.css" ${MARKS} type="text/plain">`],
  "a connection ahead": [`<link rel="preconnect" href="//${VENDOR}">`, `<link rel="preconnect" data-href="//${VENDOR}" ${MARKS} type="text/plain">`],
  "images ahead": [`<link rel="preload" as="image" imagesrcset="//${VENDOR}/x 1x">`, `<link rel="preload" as="image" data-imagesrcset="//${VENDOR}/x 1x" ${MARKS} type="text/plain">`],
  "a film": [`<video src="//${VENDOR}/x.mp4" poster="//${VENDOR}/x.jpg"></video>`, `<video data-src="//${VENDOR}/x.mp4" ${MARKS} type="text/plain" data-poster="//${VENDOR}/x.jpg"></video>`],
  "an object": [`<object data="//${VENDOR}/x"></object>`, `<object data-src="//${VENDOR}/x" ${MARKS} type="text/plain"></object>`],
  "an embed": [`<embed src="//${VENDOR}/x">`, `<embed data-src="//${VENDOR}/x" ${MARKS} type="text/plain">`],
  "an image button": [`<input type=image src="//${VENDOR}/x">`, `<input type="text/plain" data-src="//${VENDOR}/x" ${MARKS} data-type="image">`],
  "an old background": [`<table background="//${VENDOR}/x"></table>`, `<table data-background="//${VENDOR}/x" ${MARKS} type="text/plain"></table>`],
  "a script in a drawing": [`<svg><script href="//${VENDOR}/x.js"></script></svg>`, `<svg><script data-href="//${VENDOR}/x.js" ${MARKS} type="text/plain"></script></svg>`],
  "an image in a drawing": [`<svg><image xlink:href="//${VENDOR}/x"/></svg>`, `<svg><image data-xlink-href="//${VENDOR}/x" ${MARKS} type="text/plain" /></svg>`],
  "a base": [`<base href="//${VENDOR}/">`, `<base data-href="//${VENDOR}/" ${MARKS} type="text/plain">`],
  "a report of a click": [`<a href="/" ping="/own //${VENDOR}/x">x</a>`, `<a href="/" data-ping="/own //${VENDOR}/x" ${MARKS} type="text/plain">x</a>`],
  "a page in an attribute": [`<iframe srcdoc="<script src=//${VENDOR}/x></script>"></iframe>`, `<iframe data-srcdoc="<script src=//${VENDOR}/x></script>" ${MARKS} type="text/plain"></iframe>`],
  "a style attribute": [`<p style="background: url(//${VENDOR}/x.gif)">x</p>`, `<p data-style="background: url(//${VENDOR}/x.gif)" ${MARKS} type="text/plain">x</p>`],
  "references in an address": [`<script src="&#47;&#x2f;127&period;0.0.1&colon;9101/x.js"></script>`, `<script data-src="&#47;&#x2f;127&period;0.0.1&colon;9101/x.js" ${MARKS} type="text/plain"></script>`],
  "an address with backslashes and tabs": [`<img src="\t\\\\127.0.0.1:91\n01\\x">`, `<img data-src="\t\\\\127.0.0.1:91\n01\\x" ${MARKS} type="text/plain">`],
  "a script that loads one": [`<script id="x">s.src = "http:\\/\\/${VENDOR}/x.js";</script>`, `<script id="x" type="text/plain" ${MARKS}>s.src = "http:\\/\\/${VENDOR}/x.js";</script>`],
  "a module that imports": [`<script type="module">import "http://${VENDOR}/x.js";</script>`, `<script data-type="module" type="text/plain" ${MARKS}>import "http://${VENDOR}/x.js";</script>`],
  "an import map": [`<script type="importmap">{"imports":{"x":"//${VENDOR}/x.js"}}</script>`, `<script data-type="importmap" type="text/plain" ${MARKS}>{"imports":{"x":"//${VENDOR}/x.js"}}</script>`],
  "a style that imports": [`<style media="all">@import "//${VENDOR}/x.css"; a > b { color: red }</style>`, `<style media="all" type="text/plain" ${MARKS}>@import "//${VENDOR}/x.css"; a > b { color: red }</style>`],
  "what is for browsers without scripts": [`a<noscript><img src="//${VENDOR}/p.gif"></noscript>b`, "ab"],
  "a script within a script's comment": [`<script>x<!--<script>"//${VENDOR}"</script>--></script>c`, `<script type="text/plain" ${MARKS}>x<!--<script>"//${VENDOR}"</script>--></script>c`],
  "a script in a table": [`<table><tr><td><script>f("//${VENDOR}")</script></table>`, `<table><tr><td><script type="text/plain" ${MARKS}>f("//${VENDOR}")</script></table>`],
};

const LEFT = {
  "the site's own": '<script src="/app.js" defer></script><img src="a.png" srcset="b.png 2x"><link rel="stylesheet" href="/x.css">',
  "hosts that are not declared": '<script src="https://cdn.example/x.js"></script>',
  "longer names": `<script src="//x.${VENDOR}/x.js"></script><script src="//${VENDOR}0/x.js"></script>`,
  "code that names nobody": "<script id=x data-y='\"'>if (a < b && c > d) document.write('<b>é</b>');</script>".replace("id=x data-y='\"'", 'id="x" data-y="&quot;"'),
  "an empty script": '<script id="x"></script>',
  "data": `<script type="application/ld+json">{"url":"http://${VENDOR}/"}</script><script type="text/template"><img src="//${VENDOR}/x"></script>`,
  "what nobody runs": `<!-- <script src="//${VENDOR}/x"></script> --><textarea><script src="//${VENDOR}/x"></script></textarea><a href="http://${VENDOR}/">x</a>`,
  "what is for browsers without scripts": '<noscript><p class="x">Please <a href="/help">call</a></p></noscript>',
  "styles": '<style>a::before { content: "é" }</style><p style="color: var(--x)">x</p>',
};

test("what a service loads is held, however the tag is written", async (t) => {
  for (const [name, [before, after]] of Object.entries(HELD)) {
    await t.test(name, async () => assert.equal(await served(before), after));
  }
});

test("what is permitted is left as it is", async () => {
  const client = await agreed();
  for (const [before] of Object.values(HELD)) assert.equal(await served(before, { client }), before);
});

test("what is nobody's is left as it is", async (t) => {
  for (const [name, html] of Object.entries(LEFT)) {
    await t.test(name, async () => assert.equal(await served(html), html));
  }
});

test("it makes no difference where the network cuts a page", async () => {
  const all = Object.values(HELD).map(([before]) => before).join("\n");
  const whole = await served(all);
  assert.ok(!new RegExp(` (src|href|srcset|data|poster|style|ping|background)="[^"]*${VENDOR}`).test(whole));
  for (const chunk of [1, 7]) assert.equal(await served(all, { of: { chunk } }), whole);
});

test("a script that is too long to be read is held", async () => {
  const code = `/* ${"x".repeat(1 << 20)} */`;
  const [tag, data] = [await served(`<script>${code}</script><p>x</p>`), await served(`<script type="application/json">"${code}"</script>`)];
  assert.equal(tag, `<script type="text/plain" data-service="-">${code}</script><p>x</p>`);
  assert.equal(data, `<script type="application/json">"${code}"</script>`);
  assert.equal(await served(`a<noscript>${code}</noscript>b`), "ab");
  assert.ok(!(await served("<script>f()")).includes("f()"), "one without an end does not run");
});

/** The answer to a page that cannot be read. */
async function unread(body, of) {
  ({ type, chunk = 0, more = {} } = of);
  page = body;
  const response = await site.fetch("/", { headers: { accept: "text/html" } });
  return { csp: response.headers.get("content-security-policy"), body: Buffer.from(await response.arrayBuffer()) };
}

test("a page that cannot be read may load from nowhere else", async () => {
  const html = `<!doctype html><html><body><script src="http://${VENDOR}/x.js"></script></body></html>`;
  const utf16 = Buffer.from(`\ufeff${html}`, "utf16le");
  for (const [body, type] of [
    [utf16, "text/html; charset=utf-16"],
    [utf16, "text/html; charset=UTF-16LE"],
    [utf16, "text/html"],
    [utf16, "text/html; charset=utf-8"],
    [Buffer.from(`\ufeff${html}`, "utf16le").swap16(), "text/html"],
    [html, "text/html; charset=iso-2022-jp"],
    [html, "text/html; charset=no-such-thing"],
    [html, 'text/html; charset="utf-7"'],
    [html, "application/xhtml+xml; charset=utf-8"],
  ]) {
    const { csp, body: sent } = await unread(body, { type });
    assert.match(csp ?? "", /^default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:$/, type);
    assert.deepEqual(sent, Buffer.from(body), type);
  }
  const read = await unread(html, { type: "text/html; charset=windows-1252" });
  assert.equal(read.csp, null);
  assert.ok(!read.body.includes(` src="http://${VENDOR}`));
});
