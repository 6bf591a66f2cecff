// What is measured of one tool: each function is one visit, or two, by someone who was never there.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { CONDITIONS, visit, work } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const PATIENCE = 20_000;
/** After the banner stands, for what comes late: layout shifts, scripts. */
const SETTLE = 700;

const settle = (page, milliseconds = SETTLE) => page.waitForTimeout(milliseconds);

async function open(page, side, query = "") {
  await page.goto(`${side.url}/${query}`, { waitUntil: "load", timeout: PATIENCE });
}

async function untilBanner(page) {
  await page.waitForFunction(() => window.bench.rested !== null, null, { timeout: PATIENCE });
  await settle(page);
}

const isGone = (page, selector) =>
  page
    .waitForFunction(
      (banner) => {
        const box = document.querySelector(banner);
        return !box?.checkVisibility({ opacityProperty: true, visibilityProperty: true });
      },
      selector,
      { timeout: 5000 },
    )
    .then(() => true, () => false);

/**
 * A first visit on a slow phone: when the banner is there, what that cost, and how long the handlers of its accept
 * button keep the page busy.
 */
export function firstVisit(browser, side) {
  return visit(browser, { ...CONDITIONS, banner: side.banner }, async (page, debug) => {
    await open(page, side);
    if (!side.banner) {
      await settle(page);
      return page.evaluate(paint);
    }
    await untilBanner(page);
    const { script } = await work(debug);
    const { seen, rested, text, shift, fcp } = await page.evaluate(paint);
    const accept_sync = await page.evaluate((selector) => {
      const button = document.querySelector(selector);
      const begun = performance.now();
      button.click();
      return performance.now() - begun;
    }, side.accept);
    // The browser's own word for it where it gives one: that is of the same clock.
    const after_fcp = (text ?? seen) - fcp;
    return { fcp, seen, rested, text, after_fcp, shift, script, accept_sync };
  });
}

const paint = () => ({
  ...window.bench,
  fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
});

/**
 * A real click on accept, with a slow processor but a fast network: the event's duration as the browser reports it
 * (Event Timing, in steps of 8 ms, as "interaction to next paint" has it), and all the main thread did in the second
 * after it, whatever was put off included.
 */
export function realClick(browser, side) {
  return visit(browser, { cpu: CONDITIONS.cpu, banner: side.banner }, async (page, debug) => {
    await open(page, side);
    await untilBanner(page);
    await page.evaluate(() => {
      window.events = [];
      const keep = (list) => window.events.push(...list.getEntries().filter((entry) => entry.interactionId));
      new PerformanceObserver(keep).observe({ type: "event", durationThreshold: 16 });
    });
    const { x, y, width, height } = await page.locator(side.accept).boundingBox();
    const before = await work(debug);
    await page.mouse.click(x + width / 2, y + height / 2);
    await settle(page, 1000);
    const after = await work(debug);
    const events = await page.evaluate(() => window.events.map(({ duration }) => duration));
    const hidden = await isGone(page, side.banner);
    if (!hidden) throw new Error("the banner is still there after a click on accept");
    return { interaction: Math.max(8, ...events), accept_work: after.task - before.task };
  });
}

/** What the browser asks for, and what it keeps, before a choice and after accepting all. */
export function traces(browser, side) {
  return visit(browser, { banner: side.banner }, async (page, debug, context) => {
    const requests = [];
    await debug.send("Network.enable");
    let bytes = 0;
    debug.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    page.on("request", (request) => requests.push(request));
    await open(page, side);
    if (side.banner) await untilBanner(page);
    else await settle(page);
    const own = new URL(side.url).host;
    const urls = requests.map((request) => new URL(request.url())).filter(({ protocol }) => protocol !== "data:");
    const before = {
      requests: urls.map(({ host, pathname }) => (host === own ? pathname : host + pathname)),
      third_parties: [...new Set(urls.map(({ host }) => host).filter((host) => host !== own))],
      wire: bytes,
      kept: await kept(page, context),
    };
    if (!side.banner) return before;
    await page.click(side.accept);
    const hidden = await isGone(page, side.banner);
    await settle(page, 1500);
    const after = await kept(page, context);
    return { ...before, hidden, after };
  });
}

async function kept(page, context) {
  const cookie = ({ name, value }) => ({ name, bytes: `${name}=${value}`.length });
  const cookies = (await context.cookies()).map(cookie);
  const storage = await page.evaluate(async () => {
    const item = (area) => (name) => ({ name, bytes: name.length + area.getItem(name).length });
    const of = (area) => Object.keys(area).map(item(area));
    const databases = (await indexedDB.databases()).map(({ name }) => ({ name, bytes: 0 }));
    return [...of(localStorage), ...of(sessionStorage), ...databases];
  });
  return { cookies, storage };
}

/** Violations of WCAG 2.0 to 2.2, A and AA, as axe-core finds them, in each layer. */
export async function accessibility(browser, side) {
  const look = (page) => page.evaluate(examine, { tags: WCAG });
  return visit(browser, { banner: side.banner }, async (page) => {
    await open(page, side);
    await untilBanner(page);
    await page.evaluate(axe);
    const first = await look(page);
    if (!side.choose) return { first, second: null };
    await page.click(side.choose);
    await page.waitForFunction((box) => document.querySelector(box)?.checkVisibility(), side.preferences);
    await settle(page, 1500);
    return { first, second: await look(page) };
  });
}

async function examine({ tags }) {
  const { violations } = await window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => ({ rule: id, elements: nodes.length }));
}

/**
 * Violations of a policy while the banner comes, the second layer opens and everything is accepted: `csp` is a strict
 * content security policy, `types` Trusted Types enforced. Also what still works under it.
 */
export async function strictness(browser, side, query) {
  const found = { shown: false, second: null, accepted: false, violations: [], errors: [] };
  const begin = async (page) => {
    let counting = false;
    await page.exposeFunction("benchViolation", (violation) => counting && found.violations.push(violation));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) => {
        window.benchViolation({ directive: effectiveDirective, blocked: blockedURI, sample });
      });
    });
    page.on("pageerror", (error) => counting && found.errors.push(String(error).slice(0, 160)));
    return (on) => (counting = on);
  };
  const visible = (page, selector) =>
    page.waitForSelector(selector, { state: "visible", timeout: 4000 }).then(() => true, () => false);
  const press = (page, selector) => page.click(selector, { timeout: 4000 }).catch(() => {});

  await visit(browser, {}, async (page) => {
    (await begin(page))(true);
    await open(page, side, `?${query}`);
    found.shown = await visible(page, side.banner);
    await settle(page);
    if (found.shown && side.choose) {
      await press(page, side.choose);
      found.second = await visible(page, side.preferences);
      await settle(page);
    }
  });
  // Afresh, and only what the click brings: how the page begins was counted above.
  await visit(browser, {}, async (page) => {
    const count = await begin(page);
    await open(page, side, `?${query}`);
    if (!(await visible(page, side.banner))) return;
    await settle(page);
    count(true);
    await press(page, side.accept);
    found.accepted = await isGone(page, side.banner);
    await settle(page);
  });
  return found;
}
