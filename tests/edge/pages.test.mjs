// What is written into pages, whichever of HTML's optional tags they leave out; and what is no page is left as it is.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { startSite } from "./support.mjs";

const VENDOR = '<script src="http://127.0.0.1:9101/m.js"></script>';

const PAGES = {
  "every tag": `<!doctype html><html><head><title>x</title></head><body><p>x</p>${VENDOR}</body></html>`,
  "upper case": `<!DOCTYPE HTML><HTML><HEAD><TITLE>x</TITLE></HEAD><BODY><P>x</P>${VENDOR}</BODY></HTML>`,
  "no head": `<!doctype html><title>x</title><body><p>x</p>${VENDOR}</body>`,
  "a head without an end": `<!doctype html><html><head><title>x</title><body><p>x</p>${VENDOR}</html>`,
  "no body": `<!doctype html><html><head><title>x</title></head><p>x</p>${VENDOR}</html>`,
  "neither": `<!doctype html><title>x</title><p>x</p>${VENDOR}`,
  "neither, nor an html": `<!doctype html><p>x</p>${VENDOR}`,
  "a second body": `<!doctype html><html><head><title>x</title></head><body><p>x</p>${VENDOR}<body class="y"></body></html>`,
  "tags in a comment and in a script": `<!doctype html><html><!-- <head></head><body> --><head><script>"<body>"</script></head><body>${VENDOR}</body></html>`,
};

const FRAGMENTS = { nothing: "", text: "x", "a part of a page": "<p>x</p>" };

let site;
before(async () => {
  const server = createServer(({ url }, response) => {
    const name = decodeURIComponent(url.slice(1));
    response.setHeader("content-type", "text/html; charset=utf-8").end(PAGES[name] ?? FRAGMENTS[name] ?? PAGES["every tag"]);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  site = await startSite({ origin: { url: `http://127.0.0.1:${server.address().port}`, close } });
});
after(() => site?.stop());

const get = async (name) => (await site.fetch(`/${encodeURIComponent(name)}`)).text();

test("a page gets its banner, plan, styles and loader once", async (t) => {
  for (const name of Object.keys(PAGES)) {
    await t.test(name, async () => {
      const html = await get(name);
      const times = (pattern) => html.match(pattern)?.length ?? 0;
      const found = {
        banner: times(/<dialog id="consentry" /g),
        preferences: times(/<dialog id="consentry-preferences" /g),
        reopen: times(/<a id="consentry-open" /g),
        plan: times(/id="consentry-plan">\{/g),
        styles: times(/<link rel="stylesheet" href="\/\.consentry\/a\/c\.\w+\.css">/g),
        loader: times(/<script async src="\/\.consentry\/a\/c\.\w+\.js">/g),
      };
      assert.deepEqual(found, { banner: 1, preferences: 0, reopen: 1, plan: 1, styles: 1, loader: 1 });
      assert.ok(!html.includes(' src="http://127.0.0.1:9101'), "the vendor is inert");
    });
  }
});

test("what is only a part of a page is left alone", async () => {
  for (const [name, html] of Object.entries(FRAGMENTS)) assert.equal(await get(name), html);
});
