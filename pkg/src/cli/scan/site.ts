import { setTimeout as pause } from "node:timers/promises";
import { get, type Page } from "../fetch.js";
import { Problem } from "../problem.js";
import { progress } from "../terminal.js";
import { extract, hints, links } from "./extract.js";
import type { Scan } from "./found.js";

export interface Reach {
  /** How many links away from the first page. */
  depth: number;
  pages: number;
  /** Seconds that one answer may take. */
  timeout: number;
}

/** Scripts of the site's own that are read for what they load. */
const MOST_SCRIPTS = 20;
/** Between two requests, so that a small server is not in a hurry for us. */
const PAUSE = 100;

/** Reads a site as its server gives it, one request at a time. Scripts are read, not run. */
export async function scanSite(start: URL, reach: Reach): Promise<Scan> {
  const scan: Scan = { found: [], own: [start.hostname], read: 0, skipped: [], hints: {} };
  const seen = new Set<string>();
  const scripts = new Map<string, URL>();
  const queue: { url: URL; depth: number }[] = [{ url: start, depth: 0 }];
  for (let next = queue.shift(); next && scan.read < reach.pages; next = queue.shift()) {
    const { url, depth } = next;
    if (seen.has(url.href)) continue;
    seen.add(url.href);
    progress(`page ${scan.read + 1}: ${url.href}`);
    const page = await polite(url, scan, reach, depth === 0);
    if (!page) continue;
    if (depth === 0 && page.status >= 400) {
      throw new Problem(`${url} answered ${page.status}; name a page that is there`);
    }
    // A first page that leads elsewhere says what the site is called; another one leads out of it.
    if (depth === 0) scan.own.push(page.url.hostname);
    else if (page.url.origin !== url.origin) continue;
    seen.add(page.url.href);
    for (const cookie of page.cookies) scan.found.push({ cookie, kind: "cookie", place: page.url.href });
    if (page.type !== "text/html" && page.type !== "application/xhtml+xml") continue;
    scan.read++;
    scan.found.push(...extract(page.text, (line) => `${page.url.href}:${line}`));
    scan.hints = { ...hints(page.text, page.url), ...scan.hints };
    const more = links(page.text, page.url);
    for (const script of more.scripts) scripts.set(script.href, script);
    if (depth < reach.depth) queue.push(...more.pages.map((found) => ({ url: found, depth: depth + 1 })));
  }
  for (const script of [...scripts.values()].slice(0, MOST_SCRIPTS)) {
    progress(`script ${script.href}`);
    const page = await polite(script, scan, reach, false);
    if (page?.status === 200) scan.found.push(...extract(page.text, (line) => `${script.href}:${line}`));
  }
  const over = scripts.size - MOST_SCRIPTS;
  if (over > 0) scan.skipped.push(`${over} scripts: more than ${MOST_SCRIPTS}`);
  return scan;
}

/** One request. That of the first page has to succeed. */
async function polite(url: URL, scan: Scan, reach: Reach, needed: boolean): Promise<Page | undefined> {
  try {
    return await get(url, { timeout: reach.timeout });
  } catch (error) {
    if (needed || !(error instanceof Problem)) throw error;
    scan.skipped.push(error.message);
    return undefined;
  } finally {
    await pause(PAUSE);
  }
}
