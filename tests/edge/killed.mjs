// The log alone in bare workerd, killed at any moment while many append to it, and started again on the same state. After
// each start it is read from its tiles and held against what was acknowledged and what was signed before.

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomBytes, randomInt } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as bare from "../../edge/dev/bare.mjs";
import { open } from "../../edge/dev/connection.mjs";
import { asTexts, freshSecrets, secret } from "../../edge/dev/secrets.mjs";
import { checkpoint, leafHash, readLog, rootFromInclusion, rootsAt, sha256 } from "./proof.mjs";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const NAME = "shop.example/.consentry/log";

/** How many append at a time. */
const CLIENTS = 24;
/** At most so many answers come before they are cut off, and so many milliseconds more pass. */
const MOST_ANSWERS = 150;
const MOST_LATER = 12;
/** One kill of so many falls while workerd is still starting. */
const WHILE_STARTING = 8;
/** One request of so many repeats an entry that was acknowledged long ago. */
const REPEATED = 16;

const random = (bytes) => randomBytes(bytes).toString("base64url");

function newEntry() {
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  const leaf = `{"action":"consent.given","commitment":"${secret()}","time":"${time}","v":1}`;
  return { event: random(16), leaf, payload: random(40 + randomInt(800)), sealed: { by: "site", key: "k1" }, actor: "device" };
}

/** The verifier line of the log's key (c2sp.org/signed-note). */
function keyLine(seed) {
  const own = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, "base64url")]), format: "der", type: "pkcs8" });
  const key = Buffer.concat([Buffer.of(1), createPublicKey(own).export({ format: "der", type: "spki" }).subarray(-32)]);
  return `${NAME}+${sha256(NAME, "\n", key).subarray(0, 4).toString("hex")}+${key.toString("base64")}`;
}

/** What happened, for the summary. */
export const nothing = () => ({
  kills: 0, starting: 0, acknowledged: 0, repeated: 0, kept: 0, lost: 0, checkpoints: 0, read: 0, logs: 0, starts: [], cycles: [],
});

/** One log, from its first entry on. */
class Log {
  /** Every entry by the hash of its leaf: with its index once that is known, and whether it was ever acknowledged. */
  #entries = new Map();
  /** Those that were asked for and not answered. */
  #unanswered = new Set();
  #acknowledged = [];
  /** The root that was signed for each size. */
  #signed = new Map();
  /** Leaves that the log wrote of itself when it began. */
  #own;
  #starting = 100;

  constructor(build, counts) {
    this.counts = counts;
    this.folder = mkdtempSync(join(tmpdir(), "consentry-killed-"));
    mkdirSync(join(this.folder, "state"));
    copyFileSync(fileURLToPath(new URL("./log-alone.js", import.meta.url)), join(this.folder, "log-alone.js"));
    const seed = secret();
    this.key = keyLine(seed);
    const variables = { SITE_ID: "shop.example", ...freshSecrets(), SIGNING_KEY: { log: [seed], receipt: [secret()] } };
    const bindings = Object.fromEntries(Object.entries(asTexts(variables)).map(([name, value]) => [name, bare.text(value)]));
    const main = bare.worker({
      modules: [bare.module("log-alone.js"), ...bare.copyBuild(build, this.folder)],
      bindings: { ...bindings, AUDIT_LOG: bare.object("AuditLog") },
      classes: ["AuditLog"],
    });
    bare.configure(this.folder, { workers: { main }, disks: { state: join(this.folder, "state") } });
    counts.logs += 1;
  }

  /** Starts, looks at everything, appends for a while, and is killed. */
  async killed() {
    const begun = performance.now();
    if (randomInt(WHILE_STARTING) === 0) {
      const workerd = bare.spawnIn(this.folder);
      await wait(randomInt(Math.ceil(this.#starting)));
      await workerd.kill();
      this.counts.starting += 1;
    } else {
      const workerd = await this.#start();
      await this.#check(workerd.port);
      const answers = await this.#append(workerd);
      for (const answer of answers) this.#take(answer);
    }
    this.counts.kills += 1;
    this.counts.cycles.push(performance.now() - begun);
  }

  async #start() {
    const begun = performance.now();
    const workerd = await bare.start(this.folder);
    this.#starting = performance.now() - begun;
    this.counts.starts.push(this.#starting);
    return workerd;
  }

  /** Many append until workerd is gone. Gives what they were answered; that is looked at later, not to slow them down. */
  async #append({ port, kill }) {
    const answers = [];
    const until = randomInt(MOST_ANSWERS);
    const enough = Promise.withResolvers();
    if (until === 0) enough.resolve();
    const again = [...this.#unanswered];
    const next = () => {
      if (again.length) return again.pop();
      if (this.#acknowledged.length && randomInt(REPEATED) === 0) return this.#acknowledged[randomInt(this.#acknowledged.length)];
      const entry = { asked: newEntry() };
      this.#entries.set(leafHash(entry.asked.leaf).toString("hex"), entry);
      return entry;
    };
    const connections = await Promise.all(Array.from({ length: CLIENTS }, () => open(port)));
    const clients = connections.map(async (connection) => {
      for (;;) {
        const entry = next();
        if (!entry.acknowledged) this.#unanswered.add(entry);
        const answer = await connection.post("/", JSON.stringify({ call: "append", entry: entry.asked })).catch(() => undefined);
        if (!answer) return;
        if (answers.push({ entry, answer }) === until) enough.resolve();
      }
    });
    await Promise.race([enough.promise, ...clients]);
    await wait(randomInt(MOST_LATER));
    await kill();
    await Promise.all(clients);
    return answers;
  }

  /** An answer: a place that holds, and the same as ever before. */
  #take({ entry, answer }) {
    assert.equal(answer.status, 200, answer.bytes.toString());
    const { leaf, index, proof } = JSON.parse(answer.bytes);
    assert.equal(leaf, entry.asked.leaf, "the leaf is the one that was asked for");
    if (entry.index !== undefined) assert.equal(index, entry.index, "asked again, the same place");
    const [head, ...note] = proof.split("\n\n");
    const [, at, ...path] = head.split("\n");
    assert.equal(at, `index ${index}`);
    const tree = this.#sign(note.join("\n\n"));
    const root = rootFromInclusion(index, tree.size, leafHash(leaf), path.map((hash) => Buffer.from(hash, "base64")));
    assert.deepEqual(root, tree.root, "the entry is in the signed tree");
    if (entry.acknowledged) this.counts.repeated += 1;
    else {
      this.#acknowledged.push(entry);
      this.counts.acknowledged += 1;
    }
    Object.assign(entry, { index, acknowledged: true });
    this.#unanswered.delete(entry);
  }

  /** A signed tree, which must not contradict any that was signed before. */
  #sign(note) {
    if (this.last?.note !== note) this.last = { note, ...checkpoint(note, this.key) };
    const { size, root } = this.last;
    if (!this.#signed.has(size)) {
      this.#signed.set(size, root);
      this.counts.checkpoints += 1;
    }
    assert.deepEqual(root, this.#signed.get(size), `one tree of ${size}`);
    return this.last;
  }

  /** Reads the log from its tiles, and holds it against everything that is known of it. */
  async #check(port) {
    const connection = await open(port);
    const ask = async (call) => {
      const { status, bytes } = await connection.post("/", JSON.stringify(call));
      assert.equal(status, 200, bytes.toString());
      return bytes;
    };
    let note;
    const log = await readLog(async (path) => {
      if (path === "log/key") return this.key;
      if (path === "log/checkpoint") return (note = JSON.parse(await ask({ call: "checkpoint" })));
      return ask({ call: "tile", path: path.replace("log/tile/", "") });
    });
    connection.close();
    this.#sign(note);
    this.counts.read += log.size;

    const roots = rootsAt(log.leaves, this.#signed.keys());
    for (const [size, root] of this.#signed) assert.deepEqual(roots.get(size), root, `what was signed of ${size} leaves is the beginning of ${log.size}`);

    const places = new Map(log.leaves.map((hash, index) => [hash.toString("hex"), index]));
    assert.equal(places.size, log.size, "no leaf is there twice");
    for (const { index, asked } of this.#acknowledged) {
      assert.deepEqual(log.leaves[index], leafHash(asked.leaf), `what was acknowledged as ${index} is there`);
    }
    for (const entry of this.#unanswered) {
      const index = places.get(leafHash(entry.asked.leaf).toString("hex"));
      if (entry.index !== undefined) assert.equal(index, entry.index, "what was there stays there");
      this.counts[index === undefined ? "lost" : "kept"] += 1;
      entry.index = index;
    }
    const own = log.size - [...places.keys()].filter((hash) => this.#entries.has(hash)).length;
    assert.equal(own, (this.#own ??= own), "nobody else appends");
    this.size = log.size;
  }

  /** Looks a last time, and into the database itself. */
  async end() {
    const workerd = await this.#start();
    const connection = await open(workerd.port);
    const large = { ...newEntry(), payload: "A".repeat(65_537) };
    const { status } = await connection.post("/", JSON.stringify({ call: "append", entry: large }));
    assert.equal(status, 413, "what is too large is refused, and nothing of it is there");
    connection.close();
    await this.#check(workerd.port);
    await workerd.stop();
    const folder = join(this.folder, "state/AuditLog");
    const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    const db = new DatabaseSync(join(folder, file));
    try {
      assert.deepEqual(db.prepare("PRAGMA integrity_check").all().map((row) => ({ ...row })), [{ integrity_check: "ok" }]);
      const rows = new Map(db.prepare("SELECT idx, event, leaf, payload FROM leaves ORDER BY idx").all().map((row) => [row.event, row]));
      assert.equal(rows.size, this.size, "an event for each leaf");
      for (const { asked, index } of this.#entries.values()) {
        const row = rows.get(asked.event);
        assert.equal(row?.idx, index);
        if (!row) continue;
        assert.deepEqual([row.leaf, Buffer.from(row.payload).toString("base64url")], [asked.leaf, asked.payload], `row ${index} is whole`);
      }
    } finally {
      db.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Kills until `enough` says so. Each log is killed `each` times; then another one begins, for every start reads all of it.
 * What does not hold is thrown, with the folder of the state, which stays.
 */
export async function soak({ build, each, enough, tell = () => {} }) {
  const counts = nothing();
  while (!enough(counts)) {
    const log = new Log(build, counts);
    try {
      for (let kill = 0; kill < each && !enough(counts); kill += 1) {
        await log.killed();
        tell(counts);
      }
      await log.end();
    } catch (problem) {
      throw new Error(`after ${counts.kills} kills, state in ${log.folder}: ${problem.message}`, { cause: problem });
    }
  }
  return counts;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** What happened, in a line. */
export function summary(counts) {
  const { kills, starting, acknowledged, repeated, kept, lost, checkpoints, read, logs, starts, cycles } = counts;
  return [
    `${kills} kills (${starting} while starting) of ${logs} logs`,
    `${acknowledged} entries acknowledged, ${repeated} of them asked for again`,
    `${kept + lost} times one was cut off unanswered: ${kept} times it was in the log, ${lost} times not`,
    `${checkpoints} signed trees, ${read} leaves read`,
    `a start took ${median(starts).toFixed(0)} ms, a kill with all of it ${median(cycles).toFixed(0)} ms`,
  ].join("; ");
}
