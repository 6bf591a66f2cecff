// What every test of the loader starts from: the stand-in site, a browser, and visitors who leave after each test.

import { after, afterEach, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { startSite, visit, visitor } from "./support.mjs";

export let site;
export let browser;
const contexts = [];

async function come(options) {
  const someone = await visitor(browser, { site, ...options });
  contexts.push(someone.context);
  return someone;
}

/** A visitor on a page, whatever its loader does. */
export async function open(url, options) {
  const someone = await come(options);
  await someone.page.goto(url);
  return someone;
}

/** A visitor on a page whose loader has done what it does by itself. */
export async function arrive(url, options) {
  const someone = await come(options);
  await visit(someone.page, url);
  return someone;
}

before(async () => {
  site = await startSite();
  browser = await startBrowser();
});

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  site.reset();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});
