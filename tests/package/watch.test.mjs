// `consentry watch` as people call it: its own process, against a log of the test's own that can do anything, and against
// the real Worker's.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "../edge/client.mjs";
import { treeHash } from "../edge/proof.mjs";
import { startSite } from "../edge/support.mjs";
import { MadeLog, leaves, noteKey } from "./made-log.mjs";

const CLI = fileURLToPath(new URL("../../pkg/dist/cli.js", import.meta.url));

let log;
let folder;
const folders = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "consentry-watch-"));
  folders.push(folder);
  log = await new MadeLog().start();
});
afterEach(() => log.stop());
after(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

function start(args) {
  const child = spawn(process.execPath, [CLI, "watch", ...args], { cwd: folder });
  const ended = new Promise((done, failed) => {
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    child.on("error", failed).on("close", (code) => done({ code, out, err }));
  });
  return { child, ended };
}

/** One look at the log, for people. */
const look = (...args) => start([log.url, "--once", "--state", "w.json", ...args]).ended;

/** One look at the log, for machines. */
async function told(...args) {
  const { code, out, err } = await look("--json", ...args);
  assert.equal(err, "");
  assert.match(out, /^[^\n]+\n$/, "one line");
  return { code, ...JSON.parse(out) };
}

const json = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const state = () => json("w.json");

/** A look that finds something wrong, of this kind. Gives the evidence too. */
async function caught(kind, ...args) {
  const before = readdirSync(folder).includes("w.json") && readFileSync(join(folder, "w.json"), "utf8");
  const found = await told(...args);
  assert.deepEqual([found.code, found.ok, found.kind], [1, false, kind], JSON.stringify(found));
  if (before) assert.equal(readFileSync(join(folder, "w.json"), "utf8"), before, "what was seen stays");
  const evidence = json(found.evidence);
  assert.deepEqual([evidence.kind, evidence.problem], [kind, found.problem]);
  return { problem: found.problem, evidence };
}

// ── a log that holds ──

test("a log that grows", async () => {
  log.show(3);
  const first = await look();
  assert.equal(first.code, 0, first.out + first.err);
  assert.match(first.out, /^Nobody gave the log's key, so the site's own word for it is believed, from now on:\n  shop\.example/);
  assert.ok(first.out.includes(log.key.line));
  assert.match(first.out, /^\d\d:\d\d:\d\d  3 entries, shop\.example\/\.consentry\/log, seen for the first time$/m);
  assert.match((await look()).out, /^\S+  3 entries, none more, the same log since \d{4}-\d\d-\d\d \d\d:\d\d UTC\n$/);
  log.show(1204);
  log.asked.length = 0;
  assert.match((await look()).out, /^\S+  1 204 entries, 1 201 more, the same log since /);
  const tiles = ["0/004.p/180", "1/000.p/4", "0/000", "0/001", "0/002", "0/003"].map((path) => `log/tile/${path}`);
  assert.deepEqual(log.asked.sort(), ["log/checkpoint", ...tiles].sort(), "each tile once");
  for (const size of [1205, 1279, 1280, 1281, 2000]) {
    log.show(size);
    log.asked.length = 0;
    const found = await told();
    assert.deepEqual([found.code, found.ok, found.size, found.key_given], [0, true, size, false]);
    assert.ok(!log.asked.includes("log/tile/0/000"), "nothing is read twice");
  }
  const { watch, origin, keys, size, edge, note } = state();
  assert.deepEqual([watch, origin, keys, size, note], [1, log.name, [log.key.line], 2000, log.note]);
  assert.equal(edge.length, 6, "2000 is 1024 + 512 + 256 + 128 + 64 + 16");
  assert.deepEqual(readdirSync(folder), ["w.json"]);
});

test("an address of a log itself, and a state in this folder by itself", async () => {
  log.show(5);
  const { host } = new URL(log.url);
  for (const path of ["", "/", "/.consentry/log", "/.consentry/log/"]) {
    const { code, out } = await start([log.url + path, "--once", "--key", log.key.line]).ended;
    assert.equal(code, 0, out);
    assert.doesNotMatch(out, /Nobody gave/);
  }
  assert.deepEqual(readdirSync(folder), [`consentry-watch-${host.replace(":", "_")}.json`]);
});

test("an empty log", async () => {
  assert.equal((await told()).size, 0);
  log.show(1);
  assert.match((await look()).out, /1 entry, 1 more/);
});

test("again and again, until it breaks its word", async () => {
  log.show(10);
  const { child, ended } = start([log.url, "--state", "w.json", "--every", "1", "--json"]);
  try {
    let lines = 0;
    await new Promise((done) => child.stdout.on("data", () => ++lines === 2 && done()));
    log.instead["log/checkpoint"] = (response) => response.writeHead(403).end();
    await new Promise((done) => child.stdout.on("data", () => lines === 3 && done()));
    delete log.instead["log/checkpoint"];
    log.show(11, { 4: "another" });
    const { code, out } = await ended;
    assert.equal(code, 1);
    const found = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(found.map(({ ok }) => ok).slice(0, 3), [true, true, null]);
    assert.deepEqual([found.at(-1).ok, found.at(-1).kind], [false, "rewritten"]);
  } finally {
    child.kill();
  }
});

// ── a log that does not ──

test("lost entries", async () => {
  log.show(300);
  await told();
  const { note } = log;
  log.show(299);
  const { problem, evidence } = await caught("smaller");
  assert.equal(problem, "the log had 300 entries and is now shown with 299: it lost some, or goes back");
  assert.deepEqual([evidence.seen, evidence.shown], [note, log.note]);
  const people = await look();
  assert.equal(people.code, 1);
  assert.match(people.out, /^\S+  The log does not hold: the log had 300 entries/);
  assert.match(people.out, /What proves it is in w-evidence-[0-9a-f]{8}\.json\. w\.json is left as it was\./);
  assert.deepEqual(readdirSync(folder).length, 2, "the same evidence is kept once");
  log.show(301);
  assert.equal((await told()).code, 0, "it was an old checkpoint, after all");
});

test("a cache that is behind for a moment is none of it", async () => {
  log.show(300);
  await told();
  const old = log.checkpoint(leaves(200));
  let times = 2;
  log.instead["log/checkpoint"] = (response, own) => response.end(times-- > 0 ? old : own);
  assert.equal((await told()).code, 0);
});

test("two trees of the same size", async () => {
  log.show(300);
  await told();
  const { note } = log;
  log.show(300, { 299: "another" });
  const { problem, evidence } = await caught("split");
  assert.match(problem, /two trees of 300 entries were signed/);
  assert.deepEqual([evidence.seen, evidence.shown], [note, log.note]);
});

test("entries changed, taken out or put in", async () => {
  log.show(700);
  await told();
  const { note } = log;
  for (const [odd, range] of [[0, "0 to 511"], [511, "0 to 511"], [512, "512 to 639"], [650, "640 to 671"], [699, "696 to 699"]]) {
    log.show(800, { [odd]: "another" });
    const { problem, evidence } = await caught("rewritten", "--evidence", `${odd}.json`);
    assert.equal(problem, `the 700 entries seen before are not the beginning of the 800 that are shown now: leaves ${range} are others now`);
    assert.deepEqual([evidence.seen, evidence.shown, evidence.edge], [note, log.note, state().edge]);
    // Whoever has the evidence can see for themselves: the tiles make the root that was signed last.
    const hashes = (path) => Buffer.from(evidence.tiles[path], "base64");
    assert.deepEqual(hashes("0/003.p/32"), Buffer.concat(log.leaves.slice(768)));
    assert.deepEqual(hashes("1/000.p/3").subarray(0, 32), treeHash(log.leaves.slice(0, 256)));
  }
  log.show(800);
  log.leaves.splice(100, 1);
  log.note = log.checkpoint(log.leaves);
  await caught("rewritten");
  log.show(800);
  log.leaves.splice(100, 0, log.leaves[5]);
  log.note = log.checkpoint(log.leaves);
  await caught("rewritten");
});

test("tiles that are not those of the signed tree", async () => {
  log.show(600);
  const change = (path, how) => (log.instead = { [`log/tile/${path}`]: (response, own) => response.end(how(own)) });
  const flip = (bytes) => Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)));
  change("0/001", flip);
  const { problem, evidence } = await caught("tile");
  assert.equal(problem, "the tile 0/001 (leaves 256 to 511) is not the one of the signed tree, whose hash the tile 1/000.p/2 has");
  assert.deepEqual(Buffer.from(evidence.tiles["0/001"], "base64"), flip(log.tile("0/001")));
  for (const path of ["0/002.p/88", "1/000.p/2"]) {
    change(path, flip);
    assert.match((await caught("tile")).problem, /^the tiles 0\/002\.p\/88, 1\/000\.p\/2 \(leaves 0 to 599\) do not make the tree of 600/);
  }
  for (const [how, bytes] of [[(own) => own.subarray(1), 8191], [(own) => own.subarray(32), 8160], [() => "", 0], [() => "<!doctype html>", 15]]) {
    change("0/000", how);
    assert.equal((await caught("tile")).problem, `the tile 0/000 (leaves 0 to 255) has ${bytes} bytes instead of 8192`);
  }
  change("0/000", (own) => Buffer.concat(Array.from({ length: 5000 }, () => own)));
  assert.match((await caught("tile")).problem, /^the tile 0\/000 \(leaves 0 to 255\) has \d+ bytes instead of 8192$/);
  log.instead = {};
  assert.equal((await told()).size, 600);
});

test("another log, and another key", async () => {
  log.show(20);
  await told();
  const { note } = log;
  log.note = log.checkpoint(log.leaves, "other.example/log");
  const foreign = await caught("origin");
  assert.equal(foreign.problem, "line 1: this is the log other.example/log, not shop.example/.consentry/log, and the known key signed it");
  assert.deepEqual([foreign.evidence.seen, foreign.evidence.shown], [note, log.note]);
  const known = log.key;
  log.key = noteKey(log.name);
  log.signers = [log.key];
  log.show(25);
  const stranger = await caught("key");
  assert.match(stranger.problem, /line 5: the checkpoint is not signed by the key known of this log, but by shop\.example\/\.consentry\/log\+[0-9a-f]{8}$/);
  assert.equal((await told("--key", log.key.line)).code, 0, "unless somebody gives the new key");
  assert.deepEqual(state().keys, [log.key.line]);
  await caught("key", "--key", known.line);
  log.note = log.note.replace("\n25\n", "\n26\n");
  assert.match((await caught("key")).problem, /^line 5: this is not the key's signature over lines 1 to 3$/);
});

test("a new key, which the known one vouches for", async () => {
  log.show(20);
  const known = log.key;
  await told("--key", known.line);
  const fresh = noteKey(log.name);
  log.signers = [known, fresh];
  log.show(21);
  assert.deepEqual((await told("--key", known.line)).learnt, [fresh.line], "it signs beside the known one and is named by the log");
  log.key = fresh;
  log.signers = [fresh];
  log.show(22);
  const found = await told("--key", known.line);
  assert.deepEqual([found.code, found.keys], [0, [known.line, fresh.line]]);
  log.signers = [fresh, noteKey("shop.example/other")];
  log.show(23);
  assert.deepEqual((await told()).learnt, [], "another name is nobody");
  const forged = noteKey(log.name);
  log.instead["log/key"] = (response) => response.end(forged.line);
  log.signers = [fresh, noteKey(log.name)];
  log.instead.log = (response) => response.end(JSON.stringify({ keys: [forged.line, 7, "x"] }));
  log.show(24);
  assert.deepEqual((await told()).learnt, [], "a key that did not sign is not believed");
});

test("every changed byte of a checkpoint is caught", async () => {
  log.show(40);
  await told();
  const { note } = log;
  const step = 13;
  for (let at = 0; at < note.length; at += step) {
    log.note = note.slice(0, at) + (note[at] === "A" ? "B" : "A") + note.slice(at + 1);
    const { code } = await look("--json");
    assert.notEqual(code, 0, `byte ${at}`);
  }
});

test("witnesses", async () => {
  const [witness, other] = [noteKey("witness.example/w", 4), noteKey("other.example/w", 4)];
  log.show(500);
  const at = Math.floor(Date.now() / 1000) - 300;
  assert.match((await caught("unwitnessed", "--witness", witness.line)).problem, /shows no checkpoint that a witness cosigned/);
  log.witnessed = log.cosigned(leaves(300), at, witness);
  const found = await told("--witness", witness.line);
  assert.deepEqual(found.witnesses, [{ name: "witness.example/w", time: new Date(at * 1000).toISOString() }]);
  assert.match((await look("--witness", witness.line)).out, /, witnessed by witness\.example\/w 5 min ago$/m);
  const missing = await caught("unwitnessed", "--witness", witness.line, "--witness", other.line);
  assert.equal(missing.problem, "other.example/w has not cosigned the checkpoint that is shown as witnessed");
  for (const [size, kind] of [[300, "rewritten"], [500, "split"], [501, "smaller"]]) {
    log.witnessed = log.cosigned(leaves(size, { 7: "another" }), at, witness);
    const { evidence } = await caught(kind, "--witness", witness.line);
    assert.deepEqual([evidence.seen, evidence.shown], [log.witnessed, log.note], "the witnesses saw another log");
  }
  assert.match((await look("--witness", "nonsense")).err, /not a verifier key line/);
});

// ── what says nothing about the log ──

test("tiles that come a little later than the checkpoint", async () => {
  log.show(300);
  for (const status of [404, 500, 503]) {
    let times = 2;
    const late = (response, own) => (times-- > 0 ? response.writeHead(status).end() : response.end(own));
    log.instead = { "log/tile/0/000": late, "log/tile/0/001.p/44": late };
    rmSync(join(folder, "w.json"), { force: true });
    assert.equal((await told()).size, 300, String(status));
  }
  log.instead = { "log/tile/0/000": (response) => response.writeHead(503).end() };
  rmSync(join(folder, "w.json"));
  const never = await told();
  assert.deepEqual([never.code, never.ok], [2, null]);
  assert.match(never.problem, /answered 503, 5 times/);
  assert.deepEqual(readdirSync(folder), [], "nothing is remembered of what was not seen");
});

test("a tile that is whole by now, and its beginning gone", async () => {
  log.show(300);
  const { note } = log;
  log.show(600);
  log.note = note;
  log.instead["log/tile/0/001.p/44"] = (response) => response.writeHead(404).end();
  assert.equal((await told()).size, 300);
  assert.ok(log.asked.includes("log/tile/0/001"));
});

test("answers that are none of a log", async () => {
  log.show(300);
  const tried = async (instead, problem, ...args) => {
    log.instead = { "log/checkpoint": instead };
    const found = await told(...args);
    assert.deepEqual([found.code, found.ok], [2, null]);
    assert.match(found.problem, problem);
  };
  await tried((response) => response.end("<!doctype html>"), /answered with no checkpoint: a note without an empty line$/);
  await tried((response, own) => response.end(own.slice(0, 60)), /no checkpoint/);
  await tried((response, own) => response.writeHead(200, { "content-length": 999 }).end(own), /cannot be reached|no checkpoint/);
  await tried((response) => response.end("x".repeat(1 << 20)), /a note of over 16384 bytes/);
  await tried((response) => response.writeHead(302, { location: log.url + "/.consentry/log/checkpoint" }).end(), /without an end/);
  await tried((response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(), /cannot be asked/);
  await tried((response) => response.writeHead(403).end(), /answered 403/);
  await tried((response) => response.socket.destroy(), /cannot be reached/);
  await tried(() => {}, /did not answer within 1 seconds/, "--timeout", "1");
  await tried((response) => response.write("shop"), /did not answer within 1 seconds/, "--timeout", "1");
  log.instead = { "log/checkpoint": (response) => response.writeHead(302, { location: "/elsewhere" }).end(), "/elsewhere": (response) => response.end(log.note) };
  assert.equal((await told()).code, 0, "a redirect is followed: what is there is signed");
  log.instead = { "log/key": (response) => response.writeHead(200).end("<!doctype html>") };
  rmSync(join(folder, "w.json"));
  assert.match((await told()).problem, /answered with no verifier line/);
});

test("options and files that are not right", async () => {
  log.show(3);
  const wrong = async (args, says) => {
    const { code, err } = await start(args).ended;
    assert.equal(code, 2);
    assert.match(err, says);
  };
  await wrong([], /name one site/);
  await wrong(["nonsense"], /nonsense is no address/);
  await wrong(["ftp://example.org"], /starts with https/);
  await wrong([log.url, "--once", "--every", "5"], /write one of them/);
  await wrong([log.url, "--every", "0"], /--every is a whole number from 1 to/);
  await wrong([log.url, "--once", "--key", "x+y"], /not a verifier key line/);
  await wrong([log.url, "--once", "--key", noteKey("w", 4).line], /a witness's key was given/);
  await wrong([log.url, "--once", "--state", "none/w.json", "--key", log.key.line], /none\/w\.json cannot be written: it is not there/);
  await told();
  await wrong([log.url, "--once", "--state", "w.json", "--key", noteKey("other.example/log").line], /what is kept is of the log shop\.example/);
  const good = state();
  for (const bad of ["", "{}", "[]", JSON.stringify({ ...good, watch: 2 }), JSON.stringify({ ...good, keys: [7] }), JSON.stringify({ ...good, size: "3" })]) {
    writeFileSync(join(folder, "w.json"), bad);
    await wrong([log.url, "--once", "--state", "w.json"], /was not written by `consentry watch`/);
  }
  writeFileSync(join(folder, "w.json"), JSON.stringify({ ...good, edge: [] }));
  await wrong([log.url, "--once", "--state", "w.json"], /does not fit itself/);
  writeFileSync(join(folder, "w.json"), JSON.stringify({ ...good, size: 4 }));
  await wrong([log.url, "--once", "--state", "w.json"], /w\.json|does not fit itself|left out with/);
  assert.match((await start(["--help"]).ended).out, /--witness <line>/);
});

// ── the real one ──

test("the Worker's log", async () => {
  const site = await startSite();
  try {
    const args = [site.url, "--once", "--json", "--state", "worker.json"];
    const see = async () => {
      const { code, out, err } = await start(args).ended;
      assert.equal(code, 0, out + err);
      return JSON.parse(out);
    };
    const first = await see();
    assert.equal(first.origin, "localhost/.consentry/log");
    for (const choice of ["accept-all", "reject-all", "accept-all"]) await new Client(site).decide(choice);
    const then = await see();
    assert.deepEqual([then.ok, then.size, then.more], [true, first.size + 3, 3]);
    assert.deepEqual(json("worker.json").note, (await site.get("log/checkpoint")).toString());
  } finally {
    await site.stop();
  }
});
