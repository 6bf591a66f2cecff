// People whose rights, choices, records and deadlines meet: each has a handful of them at once, some while workerd is killed, and
// what is left must be what some order of them would have left.
//
// `race` runs one wave of people. Its clock is the retention alarm: what is brief falls due while everything else happens.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "@zip.js/zip.js";
import { Backend } from "./backend.mjs";
import { Client, DEVICE } from "./client.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

const category = (id, retention, more) => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention, source: "provided", ...more });
const policy = {
  ...shopPolicy(),
  rights: { country: "IE" },
  records: [category("orders", "P1Y"), category("profile", "P1Y", { rectifiable: ["/v"] }), category("brief", "PT1S"), category("liked", "P1Y", { purposes: ["marketing"] })],
};

/** For how long, in seconds, what comes late for somebody erased is refused. Everything of a race falls into it. */
const LATE = 4;
/** Within so many milliseconds everything begins. */
const SPREAD = 250;

/** A site for races. */
export async function startRaces() {
  const backend = new Backend();
  const site = await startSite({ policy, vars: { ...backend.vars, LATE_DELETE: String(LATE) } });
  return { site, backend, people: 0, erased: 0 };
}

/** What happened, in numbers. */
export const nothing = () => ({ people: 0, calls: 0, kills: 0, erased: 0, copies: 0, broken: 0, expired: 0, cut: 0, statuses: {} });

const some = (list) => list[randomInt(list.length)];
let versions = 0;

/** What was asked and how it was answered, in the order of this clock; `status` 0 is no answer at all. */
class Person {
  calls = [];

  constructor(races, counts, name) {
    Object.assign(this, races, { counts, name });
  }

  async call(what, details, ask) {
    const call = { what, ...details, begun: performance.now() };
    this.calls.push(call);
    this.counts.calls += 1;
    try {
      Object.assign(call, await ask());
    } catch (problem) {
      // The connection is gone, where workerd was killed.
      if (!this.killed || problem instanceof assert.AssertionError) throw problem;
      call.status = 0;
      this.counts.cut += 1;
    }
    call.ended = performance.now();
    const key = `${what} ${call.status}`;
    this.counts.statuses[key] = (this.counts.statuses[key] ?? 0) + 1;
    assert.ok(ALLOWED[what].includes(call.status), `${this.name}: ${what} was answered ${call.status} ${call.text ?? ""}`);
    return call;
  }

  /** What was asked, for whoever reads of a failure. */
  told() {
    const [{ begun: zero }] = this.calls;
    const line = ({ what, name, choice, v, begun, ended, status, text }) =>
      [Math.round(begun - zero), Math.round(ended - zero), what, choice ?? name ?? "", v ?? "", status, status >= 400 ? text?.slice(0, 160) : ""].join(" ");
    return this.calls.map(line).join("\n");
  }

  of(...whats) {
    return this.calls.filter(({ what }) => whats.includes(what));
  }

  /** The first erasure that was accepted, or may have been. */
  get erasing() {
    return this.of("erase").find(({ status }) => [0, 200, 503].includes(status));
  }

  /** Takes a copy, and gives the records in it; nothing if it broke off. */
  async copy(right) {
    const asked = await this.rights("exports", { right });
    if (asked.status !== 201) return asked;
    const response = await this.site.fetch(asked.body.download);
    if (response.status !== 200) return { status: response.status, text: await response.text() };
    let bytes;
    try {
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch {
      return { status: 206 };
    }
    // What was aborted may still end as if it were whole, where the connection is closed after it: the archive has no end then.
    const isWhole = Buffer.from(bytes.subarray(-64)).includes(Buffer.from("504b0506", "hex"));
    return isWhole ? { status: 200, bytes } : { status: 206 };
  }

  async rights(path, body, init) {
    const response = await this.site.api(`me/${path}`, { method: "POST", ...init, headers: { ...this.credentials(), origin: this.site.url, "content-type": "application/json" }, body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, text, body: /json/.test(response.headers.get("content-type") ?? "") && text ? JSON.parse(text) : undefined };
  }

  /** Waits until everything of somebody erased is gone. */
  async gone(store) {
    let last;
    const isGone = async () => {
      last = await this.rights("erasure", { confirm: true });
      return last.status === 200 && (await this.site.keys(store)).length === 0;
    };
    await eventually(isGone, `the end of ${this.name}`, 30_000).catch((problem) => {
      throw new Error(`${problem.message}: ${last.status} ${last.text}`);
    });
  }

  erase() {
    return this.call("erase", {}, () => this.rights("erasure", { confirm: true }));
  }
}

async function unzipped(bytes) {
  const reader = new ZipReader(new Uint8ArrayReader(bytes));
  const files = {};
  for (const entry of await reader.getEntries()) {
    if (!entry.directory) files[entry.filename] = Buffer.from(await entry.getData(new Uint8ArrayWriter(), { checkSignature: true })).toString();
  }
  return files;
}

/** What may be answered. 0 is nobody, for the process was killed; 503 is a promise to go on, or to have done nothing. */
const ALLOWED = {
  put: [0, 200, 201, 409, 423, 503], delete: [0, 204, 404, 409, 423, 503], read: [0, 200, 404, 409, 423, 503],
  copy: [0, 200, 206, 404, 409, 503], rectify: [0, 201, 404, 409, 422, 503], restrict: [0, 201, 409, 503],
  withdraw: [0, 200, 201, 202, 409, 503], lift: [0, 200, 404, 409, 503],
  erase: [0, 200, 409, 503], choose: [0, 200, 202, 409, 503],
};

/** An account's holder, whose records the backend writes meanwhile. */
class Account extends Person {
  credentials() {
    return { authorization: `Bearer ${this.backend.token(this.name, { auth_time: Math.floor(Date.now() / 1000) - 5 })}` };
  }

  async prepare() {
    this.names = Array.from({ length: 1 + randomInt(5) }, (_, n) => `orders/${n}`).concat("profile/main", "liked/0");
    for (const name of this.names) await this.put(name);
    this.due = performance.now() + 1000;
    await this.put("brief/now");
  }

  put(name) {
    const v = `v${versions++}`;
    return this.call("put", { name, v }, async () => {
      const { status, text } = await this.backend.put(this.site, this.name, `/${name}`, { v });
      return { status, text };
    });
  }

  send(what, name, method) {
    return this.call(what, { name }, async () => {
      const { status, body, text } = await this.backend.ask(this.site, this.name, `/${name}`, { method });
      return { status, text, v: body?.v };
    });
  }

  steps() {
    const known = () => some(this.names);
    const all = [
      () => this.put(known()), () => this.put(`orders/new${randomInt(3)}`), () => this.put("brief/now"),
      () => this.send("delete", known(), "DELETE"), () => this.send("read", known(), "GET"), () => this.send("read", "brief/now", "GET"),
      () => this.call("copy", { right: "access" }, () => this.copy("access")),
      () => this.call("copy", { right: "portability" }, () => this.copy("portability")),
      () => this.rectify(), () => this.put("liked/0"), () => this.put("liked/1"),
      () => this.call("withdraw", {}, () => this.rights("requests", { right: "withdrawal" })),
      () => this.call("lift", {}, () => this.rights("restriction/lift", {})),
      () => this.call("restrict", {}, () => this.rights("requests", { right: "restriction", ground: "accuracy", statement: "It is wrong." })),
    ];
    const chosen = Array.from({ length: 3 + randomInt(4) }, () => some(all));
    if (randomInt(2)) chosen.push(() => this.erase());
    return chosen;
  }

  rectify() {
    const v = `v${versions++}`;
    return this.call("rectify", { name: "profile/main", v }, () =>
      this.rights("requests", { right: "rectification", record: { category: "profile", name: "main" }, changes: { "/v": v } }));
  }

  /** The records that a copy has: name to version. Each file that it names is there, and what is not is named. */
  static records(files) {
    const manifest = JSON.parse(files["manifest.json"]);
    assert.deepEqual(manifest.files.map(({ name }) => name).sort(), Object.keys(files).filter((name) => name !== "manifest.json").sort());
    for (const { name, bytes } of manifest.files) assert.equal(bytes, Buffer.byteLength(files[name]), name);
    const lists = Object.entries(files).filter(([name]) => /^records\/.*\.json$/.test(name));
    const records = lists.flatMap(([name, text]) => JSON.parse(text).map((one) => [`${name.split("/")[1]}/${one.name}`, one.content.v]));
    return { records: new Map(records), missing: new Set(manifest.not_included.map(({ record }) => record)) };
  }

  /** A copy has nothing that never was, and all that was there before it began and that nobody touched until its end. */
  async check() {
    const written = new Map();
    for (const { name, v } of this.of("put", "rectify")) written.set(v, name);
    const [withdrawn] = this.withdrawn;
    for (const { status, name, begun } of this.of("put")) {
      const isLate = name.startsWith("liked/") && begun > withdrawn?.ended;
      if (isLate && !this.erasing) assert.ok(![200, 201].includes(status), `${this.name}: ${name} was taken in after the withdrawal`);
    }
    for (const { status, name, v } of this.of("read")) if (status === 200) assert.equal(written.get(v), name, "what is read was written");
    for (const copy of this.of("copy")) {
      if (copy.status === 206) {
        // Only an erasure, or a kill, breaks one off.
        assert.ok(this.erasing || this.killed, `${this.name}: a copy broke off`);
        this.counts.broken += 1;
      }
      if (copy.status !== 200) continue;
      this.counts.copies += 1;
      const { records, missing } = Account.records(await unzipped(copy.bytes));
      for (const [name, v] of records) assert.equal(written.get(v), name, `${this.name}: ${name} is ${v}`);
      if (this.erasing) continue;
      for (const [name, call] of this.settled(copy)) {
        assert.ok(records.has(name) || missing.has(name), `${this.name}: ${name} is in the copy`);
        if (call && records.has(name)) assert.equal(records.get(name), call.v, `${this.name}: ${name} as it stood`);
      }
    }
  }

  /** Withdrawals that were taken in: nobody gives anything again. */
  get withdrawn() {
    return this.of("withdraw").filter(({ status }) => [201, 202].includes(status)).sort((a, b) => a.ended - b.ended);
  }

  /** What was written before a call began and not touched until it ended; with the write, where only one can be the last. */
  settled({ begun, ended }) {
    const names = new Map();
    for (const name of new Set(this.of("put").map(({ name }) => name))) {
      if (name.startsWith("brief/") || name.startsWith("liked/") && this.of("withdraw").length) continue;
      const touching = this.of("put", "delete", "rectify").filter((call) => call.name === name && call.begun < ended);
      // Whether it was done is not known.
      if (touching.some(({ status }) => [0, 503].includes(status))) continue;
      const before = touching.filter((call) => call.ended < begun);
      const wrote = before.filter(({ what, status }) => what === "put" && [200, 201].includes(status));
      if (!wrote.length || touching.length > before.length || touching.some(({ what, status }) => what !== "put" && status < 300)) continue;
      const last = wrote.at(-1);
      names.set(name, touching.every((call) => call === last || call.ended < last.begun || call.status >= 300) ? last : undefined);
    }
    return names;
  }

  get store() {
    return `record/${this.site.storeOf("account", Buffer.from(this.name))}/`;
  }

  /** What is left: of somebody erased nothing; of others what the index knows, and what was settled. */
  async left() {
    if (this.erasing) {
      await this.gone(this.store);
      this.counts.erased += 1;
      return;
    }
    // The retention alarm has come, and what falls due is gone from both.
    await wait(Math.max(0, Math.max(...this.of("put").map(({ ended }) => ended)) + 1200 - performance.now()));
    // What was cut off while it was sent stays in the index, as an upload, until its own time is over.
    const cut = this.of("put", "rectify").filter(({ status }) => [0, 503].includes(status)).length;
    const copied = await eventually(async () => {
      const { status, bytes, text } = await this.copy("access");
      assert.equal(status, 200, `${this.name}: ${text}`);
      const { records, missing } = Account.records(await unzipped(bytes));
      const restricted = this.of("restrict").some(({ status }) => [0, 201, 503].includes(status));
      const goes = (name) => name.startsWith("brief/") || name.startsWith("liked/") && this.withdrawn.length;
      const due = [...records.keys()].some(goes) && !restricted;
      const more = (await this.site.keys(this.store)).length - records.size;
      return !missing.size && !due && more >= 0 && more <= cut && records;
    }, `the index and the store of ${this.name} to agree`);
    for (const [name, call] of this.settled({ begun: Infinity, ended: Infinity })) {
      assert.ok(copied.has(name), `${this.name}: ${name} is there still`);
      if (call) assert.equal(copied.get(name), call.v);
    }
    if (!copied.has("brief/now")) this.counts.expired += 1;
  }
}

/** A browser, in two windows. */
class Browser extends Person {
  async prepare() {
    this.client = new Client(this.site);
    await this.client.page();
    await this.choose(this.client, "accept-all");
    this.windows = [this.client, this.client.clone()];
    for (const window of this.windows) await window.page();
    this.device = this.client.device;
    this.due = performance.now() + 300;
  }

  credentials() {
    // The device of the beginning, whatever another window has got for somebody erased.
    return { cookie: `${DEVICE}=${this.device}` };
  }

  choose(client, choice) {
    return this.call("choose", { choice }, async () => {
      const { status, text, body } = await client.decide(choice);
      return { status, text, decision: body.decision };
    });
  }

  steps() {
    const all = [
      () => this.choose(some(this.windows), "accept-all"), () => this.choose(some(this.windows), "reject-all"),
      () => this.choose(some(this.windows), "reject-all"),
      () => this.call("copy", { right: "access" }, () => this.copy("access")),
    ];
    const chosen = Array.from({ length: 3 + randomInt(4) }, () => some(all));
    if (randomInt(2)) chosen.push(() => this.erase());
    return chosen;
  }

  async check() {
    // A withdrawal is taken, whatever came between, unless something was given since or the person is erased.
    for (const call of this.of("choose")) {
      if (call.choice !== "reject-all" || call.status !== 409 || this.erasing) continue;
      const given = this.of("choose").some(({ choice, status, ended }) => choice === "accept-all" && status !== 409 && ended > call.begun);
      assert.ok(given, `${this.name}: a withdrawal was refused`);
    }
    for (const copy of this.of("copy")) {
      if (copy.status === 206) assert.ok(this.erasing || this.killed, `${this.name}: a copy broke off`);
      if (copy.status !== 200) continue;
      this.counts.copies += 1;
      const files = await unzipped(copy.bytes);
      if (!this.erasing) assert.deepEqual(JSON.parse(files["manifest.json"]).not_included, []);
      const decided = JSON.parse(files["consent-history.json"]).length;
      const before = this.of("choose").filter(({ status, ended }) => status === 200 && ended < copy.begun).length;
      if (!this.erasing) assert.ok(decided >= before, `${this.name}: ${decided} decisions of ${before}`);
    }
  }

  async left() {
    const store = this.site.store(this.device);
    if (this.erasing) {
      await this.gone(store);
      this.counts.erased += 1;
      return;
    }
    const taken = this.of("choose").filter(({ status, decision }) => [200, 202].includes(status) && decision);
    // A grant that another decision followed at once is in the history, and was answered that it does not hold.
    const cut = this.of("choose").filter(({ status }) => [0, 409, 503].includes(status)).length;
    await eventually(async () => {
      const { body } = await this.client.status();
      const keys = (await this.site.keys(store)).length;
      assert.ok(body.receipts <= taken.length + cut, `${this.name}: ${body.receipts} receipts of ${taken.length}`);
      return body.receipts >= taken.length && keys === body.receipts;
    }, `the object and the store of ${this.name} to agree`);
  }
}

/** One wave: so many people, all at once; with `kill`, workerd is killed among them. */
export async function race(races, counts, many, { kill = false } = {}) {
  const { site } = races;
  const people = Array.from({ length: many }, (_, n) => new (n % 3 ? Account : Browser)(races, counts, `p${races.people++}`));
  for (let at = 0; at < people.length; at += 8) await Promise.all(people.slice(at, at + 8).map((person) => person.prepare()));
  const before = performance.now();
  const calls = people.flatMap((person) => person.steps().map(async (step) => {
    // Around when what is brief falls due.
    await wait(Math.max(0, person.due - before - SPREAD / 2) + randomInt(SPREAD));
    await step();
  }));
  if (kill) {
    people.forEach((person) => (person.killed = true));
    const latest = Math.max(...people.map(({ due }) => due)) - performance.now();
    await wait(Math.max(0, latest - SPREAD / 2) + randomInt(2 * SPREAD));
    await site.restart({ kill: true });
    counts.kills += 1;
  }
  const ended = await Promise.allSettled(calls);
  for (const { reason } of ended) if (reason) throw reason;
  for (let at = 0; at < people.length; at += 8) {
    await Promise.all(people.slice(at, at + 8).map(async (person) => {
      try {
        await person.check();
        await person.left();
      } catch (problem) {
        problem.message += `\n${person.told()}`;
        throw problem;
      }
    }));
  }
  counts.people += many;
  races.erased += people.filter(({ erasing }) => erasing).length;
}

/**
 * Races until `enough` says so, killing workerd in one wave of four. Each site has some waves; then another one begins, for
 * its trail is read whole.
 */
export async function soak({ each = 12, many = 32, enough, tell = () => {} }) {
  const counts = nothing();
  while (!enough(counts)) {
    const races = await startRaces();
    try {
      for (let wave = 0; wave < each && !enough(counts); wave += 1) {
        await race(races, counts, many, { kill: wave % 4 === 3 });
        tell(counts);
      }
      await trail(races);
    } finally {
      await races.site.stop();
    }
  }
  return counts;
}

/** What happened, in a line. */
export function summary({ people, calls, kills, erased, copies, broken, expired, cut }) {
  return [
    `${people} people with ${calls} calls, workerd killed ${kills} times, which cut ${cut} of them off`,
    `${erased} people were erased, of ${expired} others what was brief was over`,
    `${copies} copies were whole, ${broken} broke off at an erasure or a kill`,
  ].join("; ");
}

/** The trail says each thing once. */
export async function trail(races) {
  const entries = await races.site.trail();
  const completed = entries.filter(({ action }) => action === "erasure.completed").length;
  assert.equal(completed, races.erased, "each erasure is completed once");
}
