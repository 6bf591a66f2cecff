// The Worker as tests drive it: in real workerd, with its state on disk and the shop's real server behind it.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startWorker } from "../../edge/dev/miniflare.mjs";
import { freshSecrets, secret } from "../../edge/dev/secrets.mjs";
import { startOrigin } from "../../www/shop/origin.mjs";
import { readLog, sha256 } from "./proof.mjs";

const VENDORS = {
  metrics: "127.0.0.1:9101",
  ads: "127.0.0.1:9102",
  films: "127.0.0.1:9103",
  map: "127.0.0.1:9104",
};

export { secret };

/** The shop's policy, as an object of the caller's own. */
export function shopPolicy() {
  const text = readFileSync(new URL("../../www/shop/policy.json", import.meta.url), "utf8");
  return JSON.parse(text.replaceAll(/\{(metrics|ads|films|map)\}/g, (_, vendor) => VENDORS[vendor]));
}

/** Waits until `check` gives something true. */
export async function eventually(check, what, milliseconds = 15_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Checks that an answer is a problem as RFC 9457 and the API want it. */
export function isProblem(answer, status, slug) {
  const { body, type } = answer;
  assert.equal(answer.status, status, answer.text.slice(0, 300));
  assert.match(type, /^application\/problem\+json/);
  assert.equal(body.status, status);
  for (const member of ["type", "title", "detail"]) assert.ok(typeof body[member] === "string" && body[member], member);
  if (slug) assert.equal(body.type, `/.consentry/problems/${slug}`);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
}

/** Everything that is kept, as bytes: KV's values and keys, and the files of the objects and of KV. */
export async function contents(site) {
  const kv = await site.kv();
  const names = await site.keys();
  const values = await Promise.all(names.map((name) => kv.get(name, "arrayBuffer")));
  const files = (folder) => readdirSync(join(site.stateDir, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  return { keys: names, values: values.map((value) => Buffer.from(value)), objects: files("do"), "KV's files": files("kv") };
}

/** A site with fresh state. `origin` is the server behind it; by default the shop's. */
export async function startSite({ policy = shopPolicy(), origin, ...options } = {}) {
  const stateDir = mkdtempSync(join(tmpdir(), "consentry-edge-"));
  const urls = Object.fromEntries(Object.entries(VENDORS).map(([vendor, host]) => [vendor, `http://${host}`]));
  const behind = origin ?? (await startOrigin(urls));
  const secrets = freshSecrets();
  const site = new Site({ stateDir, secrets, behind });
  try {
    // An hour: an entry about denials would come in between where a test counts leaves.
    await site.start({ policy, ...options, vars: { LOG_DENIALS: "3600", ...options.vars } });
    // Whoever comes first brings the deployed policy into force; tests begin after that.
    await site.get("");
    await eventually(async () => (await site.keys()).includes("policy/current"), "the policy in KV");
    await eventually(async () => (await site.readLog()).size > 1, "the policy's leaf");
  } catch (problem) {
    await site.stop();
    throw problem;
  }
  return site;
}

class Site {
  /** What the Worker wrote to its console. */
  log = [];
  #worker;
  #options;

  constructor(parts) {
    Object.assign(this, parts);
  }

  async start(options = this.#options) {
    this.#options = { ...this.#options, ...options };
    const { stateDir, secrets, behind, log } = this;
    this.#worker = await startWorker({
      ...this.#options,
      stateDir,
      secrets,
      origin: behind.url,
      log: (line) => log.push(line),
    });
    this.url = this.#worker.url;
  }

  /**
   * Stops, or kills, workerd and starts it again on the same state. `between` is called in between; it may change what
   * is on disk, since time cannot be turned forward.
   */
  async restart({ kill = false, between, ...options } = {}) {
    await (kill ? this.kill() : this.#worker.stop());
    between?.();
    await this.start(options);
  }

  /** Calls back with the database of each object of a class that has tables. workerd must not be running. */
  databases(object, callback) {
    const folder = join(this.stateDir, `do/consentry-${object}`);
    for (const file of readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
      const db = new DatabaseSync(join(folder, file));
      if (db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'").get()) callback(db);
      db.close();
    }
  }

  kill() {
    return this.#worker.kill();
  }

  /** Everything is stopped, whatever of it fails to: what went on running would keep the test's process from ending. */
  async stop() {
    await Promise.allSettled([this.#worker?.stop(), this.behind.close()]);
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  scheduled() {
    return this.#worker.scheduled();
  }

  /** Sends a request. Redirects are not followed. */
  fetch(path, { headers, ...init } = {}) {
    // A connection that idles is closed by workerd after a while, perhaps just when it is used again.
    return fetch(new URL(path, this.url), { redirect: "manual", ...init, headers: { connection: "close", ...headers } });
  }

  api(path, init) {
    return this.fetch(`/.consentry/${path}`, init);
  }

  /** The bytes of a public resource under the API. */
  async get(path) {
    const response = await (path === "" ? this.fetch("/") : this.api(path));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async json(path, init) {
    const response = await this.api(path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  operator(path, { headers, ...init } = {}) {
    return this.api(path, { ...init, headers: { authorization: `Bearer ${this.secrets.ADMIN_TOKEN}`, ...headers } });
  }

  /** Adopts a policy as the operator. */
  adopt(policy) {
    const body = typeof policy === "string" ? policy : JSON.stringify(policy);
    return this.operator("policy", { method: "PUT", body, headers: { "content-type": "application/json" } });
  }

  /** Stops the world at a place, or makes KV or the log refuse. Without arguments all faults are over. */
  async faults({ hang_at = null, refuse_puts = 0, skip = 0, close_log = false } = {}) {
    const body = JSON.stringify({ hang_at, refuse_puts, close_log, ...(skip && { skip }) });
    await this.json("testing/faults", { method: "POST", body });
  }

  kv() {
    return this.#worker.mf.getKVNamespace("RETENTION");
  }

  /** The names of everything in KV. */
  async keys(prefix = "") {
    const kv = await this.kv();
    const names = [];
    let cursor;
    do {
      const page = await kv.list({ prefix, cursor });
      names.push(...page.keys.map(({ name }) => name));
      cursor = page.list_complete ? undefined : page.cursor;
    } while (cursor);
    return names;
  }

  /** The whole audit trail. Reading it is itself an entry. */
  async trail() {
    const entries = [];
    let after = 0;
    do {
      const page = await (await this.operator(`audit?after=${after}&limit=500`)).json();
      entries.push(...page.entries);
      after = page.next;
    } while (after !== null);
    return entries;
  }

  /** The public log, checked. */
  readLog() {
    return readLog((path) => this.get(path));
  }

  /** The pseudonym of something in a domain. */
  #name(domain, bytes) {
    return createHmac("sha256", Buffer.from(this.secrets.SUBJECT_KEY, "base64url"))
      .update(`consentry/pseudonym/${domain}/v1\n`).update(bytes).digest();
  }

  /** The name of the object of whoever holds a device's secret. */
  #subject(device) {
    return this.#name("device", Buffer.from(device, "base64url"));
  }

  /** The prefix of everything in KV that is about them. */
  store(device) {
    return `consent/${this.storeOf("device", Buffer.from(device, "base64url"))}/`;
  }

  /** The last part of the prefix of everything in KV that is about somebody, by what names them and in which domain. */
  storeOf(domain, bytes) {
    return this.#name("store", this.#name(domain, bytes)).toString("base64url");
  }

  /** The event that a decision becomes: its id is the page's own to choose, so it counts only together with whose it is. */
  event(id, device) {
    const subject = this.#subject(device).toString("base64url");
    return sha256("consentry/event/v1\n", Buffer.from(id, "base64url"), subject).subarray(0, 16).toString("base64url");
  }
}
