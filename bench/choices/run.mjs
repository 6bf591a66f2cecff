// Measures how many choices a second are recorded, beside @c15t/backend on SQLite: of visitors it has met, and of new ones.
//
//   node bench/choices/run.mjs [--rounds 5] [--seconds 4] [--lanes 16] [--visitors 512] [--build target/edge/release]
//     [--out bench/results]
//
// Ours is acknowledged when it is sealed in KV, kept by the visitor's object, and has its place in the log; the other's when
// SQLite has the row. What the platform alone takes for as much is measured beside them. Nothing is asserted of speed; that everything acknowledged is there is.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../edge/dev/connection.mjs";
import { options, tell, write } from "../command.mjs";
import { summary } from "../statistics.mjs";
import { computed } from "../workerd.mjs";
import { HEADERS, SITE, subjectOf } from "./asks.mjs";
import { startOurs, startPlatform } from "./ours.mjs";

const asked = options({ seconds: "4", lanes: "16", visitors: "512" });
const [rounds, seconds, lanes, visitors] = ["rounds", "seconds", "lanes", "visitors"].map((name) => Number(asked[name]));
// A visitor is in one lane at a time.
assert.ok(visitors % lanes === 0, "as many visitors in every lane");

const folder = mkdtempSync(join(tmpdir(), "consentry-bench-choices-"));
assert.ok(existsSync(asked.build), `no build in ${asked.build}`);
const ours = await startOurs(folder, asked.build);
const platform = await startPlatform(join(folder, "platform"));

/** c15t in a process of its own. */
async function startPeer(waits) {
  const file = join(folder, `c15t-${waits}.sqlite`);
  const child = fork(new URL("c15t.mjs", import.meta.url), [file, waits], { serialization: "advanced" });
  const [{ port }] = await once(child, "message");
  const ask = async (what) => {
    child.send(what);
    const [answer] = await once(child, "message");
    if (answer.problem) throw new Error(answer.problem);
    return answer;
  };
  // How many rows it has to have.
  return { child, pid: child.pid, port, ask, rows: 0 };
}
const [fast, safe] = [await startPeer("OFF"), await startPeer("FULL")];

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

/** What a choice of ours is, in length. */
const text = "x".repeat(1500);
const askPlatform = async (connection, name) => {
  const { status } = await connection.post(`/${name}`, text);
  if (status !== 200) throw new Error(status);
};

const over = (peer) => ({
  known: () => loaded(peer.port, (connection, at, turn) => askC15t(connection, known[at % visitors], turn)),
  new: () => loaded(peer.port, (connection) => askC15t(connection)),
});
const SIDES = [
  {
    id: "consentry", pid: ours.pid,
    known: () => loaded(ours.port, (connection, at) => met[at % visitors].choose(connection)),
    new: () => loaded(ours.port, (connection) => new Visitor().choose(connection)),
  },
  {
    id: "the platform alone", pid: platform.pid,
    known: () => loaded(platform.port, (connection, at) => askPlatform(connection, at % visitors)),
    new: () => loaded(platform.port, (connection) => askPlatform(connection, "")),
  },
  { id: "c15t", pid: fast.pid, peer: fast, ...over(fast) },
  { id: "c15t, waiting for the disk", pid: safe.pid, peer: safe, ...over(safe) },
  {
    id: "c15t, without HTTP", pid: fast.pid, peer: fast,
    known: () => fast.ask({ lanes, seconds, known }),
    new: () => fast.ask({ lanes, seconds }),
  },
];
const WAYS = SIDES.flatMap((side) => ["known", "new"].map((who) => ({ ...side, who, run: side[who] })));

try {
  // Everybody comes once, and what is hot is compiled.
  const first = await open(ours.port);
  for (const visitor of met) await visitor.choose(first);
  first.close();
  for (const peer of [fast, safe]) {
    const other = await open(peer.port);
    for (const id of known) await askC15t(other, id, 1);
    other.close();
    peer.rows += visitors;
  }

  const found = WAYS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let step = 0; step < WAYS.length; step++) {
      const at = (step + round) % WAYS.length;
      const { pid, run, peer } = WAYS[at];
      const cpu = computed(pid);
      const { latencies, seconds } = await run();
      const sorted = latencies.sort((a, b) => a - b);
      const part = (of) => sorted[Math.floor((sorted.length - 1) * of)];
      if (peer) peer.rows += sorted.length;
      found[at].push({ rate: sorted.length / seconds, p50: part(0.5), p99: part(0.99), cpu: ((computed(pid) - cpu) * 1000) / sorted.length });
    }
    tell(`round ${round + 1} of ${rounds}`);
  }
  assert.ok((await ours.entries()) >= acknowledged, "every choice has its place in the log");
  for (const peer of [fast, safe]) assert.equal((await peer.ask("count")).count, peer.rows, "every choice has its row");

  const results = WAYS.map(({ id, who }, at) => {
    const of = (what) => summary(found[at].map((one) => one[what]));
    return { side: id, who, rate: of("rate"), p50: of("p50"), p99: of("p99"), cpu: of("cpu") };
  });
  for (const { side, who, rate, p99, cpu } of results) {
    tell(`${side.padEnd(28)} ${who.padEnd(6)} ${rate.median} a second, p99 ${p99.median} ms, ${cpu.median} ms of processor each`);
  }
  write(asked.out, "choices.json", { bench: "choices", rounds, seconds, lanes, visitors, results });
} finally {
  for (const { child } of [fast, safe]) child.kill();
  await Promise.all([ours.stop(), platform.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
