// The real parts, started for a test: the shop, its vendors, the Worker in workerd with its state on disk, Chromium.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWorker } from "../../edge/dev/miniflare.mjs";
import { freshSecrets } from "../../edge/dev/secrets.mjs";
import { Backend, freshKeys } from "../../www/shop/backend.mjs";
import { startOrigin } from "../../www/shop/origin.mjs";
import { startVendors } from "../../www/shop/vendors.mjs";

/** A visitor's address as the platform reports it to the Worker, and what must never be seen behind the edge. */
export const VISITOR_IP = "203.0.113.77";

const root = fileURLToPath(new URL("../../", import.meta.url));
const shots = join(root, "target/e2e");

/**
 * Starts the whole shop with fresh state. `strict` is the origin's, see `startOrigin`; `alter` may change the policy.
 */
export async function startShop({ strict = false, alter } = {}) {
  const stateDir = mkdtempSync(join(tmpdir(), "consentry-e2e-"));
  const originLog = join(stateDir, "origin.log");
  const vendors = await startVendors();
  const backend = new Backend({ keys: freshKeys() });
  const origin = await startOrigin({
    logFile: originLog,
    metrics: vendors.metrics.url,
    ads: vendors.ads.url,
    films: vendors.films.url,
    map: vendors.map.url,
    strict,
    accounts: { backend, worker: () => worker.url },
  });
  let worker;
  /** Everything is stopped, whatever of it fails to. */
  const stop = async () => {
    await Promise.allSettled([worker?.stop(), origin.close(), vendors.close()]);
    rmSync(stateDir, { recursive: true, force: true });
  };
  const policy = JSON.parse(readFileSync(join(root, "www/shop/policy.json"), "utf8")
    .replaceAll("{metrics}", vendors.metrics.host)
    .replaceAll("{ads}", vendors.ads.host)
    .replaceAll("{films}", vendors.films.host)
    .replaceAll("{map}", vendors.map.host));
  alter?.(policy);
  const secrets = freshSecrets();
  const workerLog = [];
  const options = {
    stateDir,
    origin: origin.url,
    policy,
    secrets,
    vars: backend.vars,
    log: (line) => workerLog.push(line),
  };
  try {
    worker = await startWorker(options);
  } catch (problem) {
    await stop();
    throw problem;
  }
  const url = worker.url;
  const port = Number(new URL(url).port);

  return {
    url,
    adminToken: secrets.ADMIN_TOKEN,
    vendors,
    workerLog,
    /** Ends workerd without warning and starts it again on the same state. */
    async restart() {
      await worker.kill();
      worker = await startWorker({ ...options, port });
    },
    /** How often any vendor was contacted. */
    contacts: () => vendors.metrics.hits.length + vendors.ads.hits.length,
    /** Every request the origin got: method, url, headers as pairs. */
    originRequests: () => readFileSync(originLog, "utf8").trim().split("\n").map((line) => JSON.parse(line)),
    /** The names of everything in KV. */
    async keys() {
      const kv = await worker.mf.getKVNamespace("RETENTION");
      const names = [];
      let cursor;
      do {
        const page = await kv.list({ cursor });
        names.push(...page.keys.map(({ name }) => name));
        cursor = page.list_complete ? undefined : page.cursor;
      } while (cursor);
      return names;
    },
    async api(path, init) {
      const response = await fetch(`${url}/.consentry/${path}`, init);
      const type = response.headers.get("content-type") ?? "";
      return { status: response.status, type, body: /json/.test(type) ? await response.json() : await response.text() };
    },
    stop,
  };
}

/** One visitor: a context of their own, whose page collects errors and every host it contacts. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({
    acceptDownloads: true,
    extraHTTPHeaders: { "cf-connecting-ip": VISITOR_IP },
    ...options,
  });
  context.setDefaultTimeout(10_000);
  const hosts = new Set();
  context.on("request", (request) => hosts.add(new URL(request.url()).host));
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return { context, page, hosts, errors };
}

/** Takes a picture into target/e2e/. */
export async function picture(page, name, options) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), ...options });
}

/** Waits until `check` gives something true, for what has no event to wait for. */
export async function eventually(check, what, milliseconds = 10_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
