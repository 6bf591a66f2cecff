// Measures how many choices a second are recorded, beside @c15t/backend on SQLite: of visitors it has met, and of new ones.
//
//   node bench/choices/run.mjs [--rounds 5] [--seconds 4] [--lanes 16] [--visitors 512] [--build target/edge/release]
//     [--out bench/results]
//
// Ours is acknowledged when it is sealed in KV, kept by the visitor's object, and has its place in the log; the other's when
// SQLite has the row. Nothing is asserted of speed; that everything acknowledged is there is.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { open } from "../../edge/dev/connection.mjs";
import { write } from "../anonymize/rounds.mjs";
import { summary } from "../statistics.mjs";
import { computed } from "../workerd.mjs";
import { HEADERS, SITE, subjectOf } from "./asks.mjs";
import { startOurs } from "./ours.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    lanes: { type: "string", default: "16" },
    visitors: { type: "string", default: "512" },
    build: { type: "string", default: join(root, "target/edge/release") },
    out: { type: "string", default: join(root, "bench/results") },
  },
});
const [rounds, seconds, lanes, visitors] = ["rounds", "seconds", "lanes", "visitors"].map((name) => Number(options[name]));
// A visitor is in one lane at a time.
assert.ok(visitors % lanes === 0, "as many visitors in every lane");
const tell = (line) => process.stderr.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), "consentry-bench-choices-"));
assert.ok(existsSync(options.build), `no build in ${options.build}`);
const ours = await startOurs(folder, options.build);
const peer = fork(new URL("c15t.mjs", import.meta.url), [join(folder, "c15t.sqlite")], { serialization: "advanced" });
const { port: peerPort } = (await once(peer, "message"))[0];
const askPeer = async (what) => {
  peer.send(what);
  const [answer] = await once(peer, "message");
  if (answer.problem) throw new Error(answer.problem);
  return answer;
};

const lines = (headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
const common = lines(HEADERS);
let acknowledged = 0;

/** A visitor of ours: what they say, and what is remembered of them. */
class Visitor {
  cookies = new Map();
  turn = 0;
  seen = ours.plan.seen;

  async choose(connection) {
    const { policy, notice, locale, regime } = ours.plan;
    const choice = this.turn++ % 2 ? "reject-all" : "accept-all";
    const id = randomBytes(16).toString("base64url");
    const cookie = this.cookies.size ? `cookie: ${Array.from(this.cookies, (pair) => pair.join("=")).join("; ")}\r\n` : "";
    const ask = { id, policy, notice, locale, regime, seen: this.seen, choice, layer: "banner" };
    const { status, head, bytes } = await connection.post("/.consentry/consent", JSON.stringify(ask), common + cookie, new URL(SITE).host);
    if (status !== 200) throw new Error(`${status}: ${bytes}`);
    this.seen = JSON.parse(bytes).decision.seq;
    for (const [, name, value] of head.matchAll(/^set-cookie: ([^=]+)=([^;\r]*)/gim)) this.cookies.set(name, value);
    acknowledged++;
  }
}

/** Each lane is a connection of its own, with one choice at a time. */
async function loaded(port, choose) {
  const connections = await Promise.all(Array.from({ length: lanes }, () => open(port)));
  const latencies = [];
  const begun = performance.now();
  await Promise.all(connections.map(async (connection, lane) => {
    let now = begun;
    for (let turn = 0; now < begun + 1000 * seconds; turn++) {
      await choose(connection, turn * lanes + lane, turn);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
    connection.close();
  }));
  return { latencies, seconds: (performance.now() - begun) / 1000 };
}

const met = Array.from({ length: visitors }, () => new Visitor());
const known = Array.from({ length: visitors }, () => subjectOf().subjectId);
const askC15t = async (connection, id, turn) => {
  const { status, bytes } = await connection.post("/api/c15t/subjects", JSON.stringify(subjectOf(id, turn)), common);
  if (status !== 200) throw new Error(`${status}: ${bytes}`);
};

const WAYS = [
  { id: "consentry", who: "known", pid: ours.pid, run: () => loaded(ours.port, (connection, at) => met[at % visitors].choose(connection)) },
  { id: "consentry", who: "new", pid: ours.pid, run: () => loaded(ours.port, (connection) => new Visitor().choose(connection)) },
  { id: "c15t", who: "known", pid: peer.pid, run: () => loaded(peerPort, (connection, at, turn) => askC15t(connection, known[at % visitors], turn)) },
  { id: "c15t", who: "new", pid: peer.pid, run: () => loaded(peerPort, (connection) => askC15t(connection)) },
  { id: "c15t, without HTTP", who: "known", pid: peer.pid, run: () => askPeer({ lanes, seconds, known }) },
  { id: "c15t, without HTTP", who: "new", pid: peer.pid, run: () => askPeer({ lanes, seconds }) },
];

try {
  // Everybody comes once, and what is hot is compiled.
  const first = await open(ours.port);
  for (const visitor of met) await visitor.choose(first);
  first.close();
  const other = await open(peerPort);
  for (const id of known) await askC15t(other, id, 1);
  other.close();

  const found = WAYS.map(() => []);
  let peers = visitors;
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < WAYS.length; step++) {
      const at = (step + round) % WAYS.length;
      const { pid, run, id } = WAYS[at];
      const cpu = computed(pid);
      const { latencies, seconds } = await run();
      const sorted = latencies.sort((a, b) => a - b);
      const part = (of) => sorted[Math.floor((sorted.length - 1) * of)];
      if (id !== "consentry") peers += sorted.length;
      found[at].push({ rate: sorted.length / seconds, p50: part(0.5), p99: part(0.99), cpu: ((computed(pid) - cpu) * 1000) / sorted.length });
    }
    tell(`round ${round + 1} of ${rounds}`);
  }
  assert.ok((await ours.entries()) >= acknowledged, "every choice has its place in the log");
  assert.equal((await askPeer("count")).count, peers, "every choice has its row");

  const results = WAYS.map(({ id, who }, at) => {
    const of = (what) => summary(found[at].map((one) => one[what]));
    return { side: id, who, rate: of("rate"), p50: of("p50"), p99: of("p99"), cpu: of("cpu") };
  });
  for (const { side, who, rate, p99, cpu } of results) {
    tell(`${side.padEnd(20)} ${who.padEnd(6)} ${rate.median} a second, p99 ${p99.median} ms, ${cpu.median} ms of processor each`);
  }
  write(options.out, "choices.json", { bench: "choices", rounds, seconds, lanes, visitors, results });
} finally {
  peer.kill();
  await ours.stop();
  rmSync(folder, { recursive: true, force: true });
}
