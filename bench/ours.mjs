// This project: the built Worker in workerd, behind a server that compresses as the platform would.

import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { startWorker } from "../edge/dev/miniflare.mjs";
import { freshSecrets } from "../edge/dev/secrets.mjs";
import { startFront, startSite } from "./site.mjs";
import { policy } from "./texts.mjs";

const products = fileURLToPath(new URL("../target/edge/", import.meta.url));
const { version } = createRequire(import.meta.url)("../pkg/package.json");

/** Where our dialogs are in a page. */
const PARTS = {
  banner: "#consentry",
  accept: '#consentry button[value="accept-all"]',
  choose: '#consentry button[value="choose"]',
  preferences: "#consentry-preferences",
};

/**
 * Starts the Worker of a build before a site that knows nothing of it. The build is copied first: it stays the same
 * while it is measured.
 */
export async function startOurs({ build = join(products, "release") } = {}) {
  if (!existsSync(join(build, "index.js"))) {
    throw new Error(`no release build of the Worker in ${build}: run \`cargo xtask build --release\` first`);
  }
  const folder = mkdtempSync(join(tmpdir(), "consentry-bench-"));
  const built = statSync(join(build, "index_bg.wasm")).mtime;
  cpSync(build, join(folder, "worker"), { recursive: true });
  const running = [];
  const stop = async () => {
    for (const part of running.reverse()) await part.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const site = await startSite();
    running.push(site);
    const worker = await startWorker({
      // A path from where the builds are.
      profile: relative(products, join(folder, "worker")),
      stateDir: folder,
      origin: site.url,
      policy,
      secrets: freshSecrets(),
    });
    running.push(worker);
    const front = await startFront({ worker: worker.url });
    running.push(front);
    const assets = await shipped(worker.url);
    return { version, url: front.url, worker: worker.url, assets, built, stop };
  } catch (problem) {
    await stop();
    throw problem;
  }
}

/** With a connection of its own: one that idles is closed by workerd, perhaps just when it is used again. */
const fetchOnce = (url) => fetch(url, { headers: { connection: "close" } });

/** What a page gets from the Worker: its own words in the page, and every file the page and its plan name. */
async function shipped(url) {
  const html = await pageFor(url);
  const inserted = insertion(html, ["consentry", "consentry-plan"]);
  const decided = insertion(await pageFor(url, await decision(url, html)), ["consentry-open", "consentry-plan"]);
  const get = async (path) => {
    const answer = await fetchOnce(new URL(path, url));
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  };
  const named = new Set([...html.matchAll(/"(\/\.consentry\/a\/[^"]+)"/g)].map(([, path]) => path));
  const files = new Map();
  /** A file, and what it imports or names in turn. */
  const follow = async (path) => {
    if (files.has(path)) return;
    const body = await get(path);
    files.set(path, body);
    if (!path.endsWith(".js")) return;
    const inside = body.toString().matchAll(/["'`]\.\/([\w-]+\.[0-9a-f]{12}\.(?:js|wasm))["'`]/g);
    for (const [, name] of inside) await follow(new URL(name, new URL(path, url)).pathname);
  };
  for (const path of named) await follow(path);
  return { html: Buffer.from(inserted), decided: Buffer.from(decided), files };
}

/** The page as a visitor with these cookies is given it. */
async function pageFor(url, cookie = "") {
  const page = await fetch(url, { headers: { connection: "close", cookie } });
  const html = await page.text();
  if (!page.ok) throw new Error(`the page was answered with ${page.status}: ${html.slice(0, 500)}`);
  return html;
}

/** Agrees on a page; gives the answer. */
async function agree(url, html) {
  const plan = JSON.parse(/id="consentry-plan">([^<]*)</.exec(html)[1]);
  const { policy, notice, locale, regime } = plan;
  const body = { id: randomBytes(16).toString("base64url"), policy, notice, locale, regime, seen: 0, choice: "accept-all", layer: "banner" };
  const answer = await fetch(new URL("/.consentry/consent", url), {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(url).origin, connection: "close" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the decision was answered with ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return answer;
}

/** The cookies of who agreed on a page. */
async function decision(url, html) {
  return (await agree(url, html)).headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
}

/** The receipt that somebody new gets for agreeing. */
export async function freshReceipt(url) {
  return (await (await agree(url, await pageFor(url))).json()).receipt;
}

/** What the edge wrote, without the page it was written into. It has to have these ids. */
function insertion(html, ids) {
  const head = html.slice(html.indexOf("<head>"), html.indexOf("</head>"));
  const tags = head.matchAll(/<(?:link|script)\b[^>]*\/\.consentry\/[^>]*>(?:<\/script>)?/g);
  const body = html.slice(html.indexOf("<body>") + "<body>".length, html.indexOf("<header>"));
  const inserted = [...tags].join("") + body.trim();
  for (const id of ids) {
    if (!inserted.includes(`id="${id}"`)) throw new Error(`the Worker wrote no #${id} into the page`);
  }
  return inserted;
}

/** Our two forms, as the measures want them. */
export async function forms(ours) {
  const written = {
    id: "consentry-edge",
    name: `Consentry ${ours.version}, by the edge`,
    ours: true,
    start: async () => ({ url: ours.url, stop: async () => {} }),
    ...PARTS,
    note: "the banner is in the page; a choice is recorded by the Worker, over the network",
  };
  const tag = {
    id: "consentry-tag",
    name: `Consentry ${ours.version}, by its tag`,
    ours: true,
    ...PARTS,
    note: "the page has one script tag; only `/.consentry/` of the site leads to the Worker",
    start: async () => {
      const site = await startSite({ head: (nonce) => `<script async src="/.consentry/a/c.js"${nonce}></script>` });
      const front = await startFront({ worker: ours.worker, site: site.url, paths: ["/.consentry/"] });
      return { url: front.url, stop: () => Promise.all([front.stop(), site.stop()]) };
    },
  };
  // As the page asks for it: from itself.
  const headers = { connection: "close", "sec-fetch-site": "same-origin" };
  const answer = await fetch(`${ours.worker}/.consentry/a/c.js`, { headers });
  tag.file = Buffer.from(await answer.arrayBuffer());
  if (!tag.file.includes('"html":')) throw new Error("the tag brings no dialogs");
  return [written, tag];
}
