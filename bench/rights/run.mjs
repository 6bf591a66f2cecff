// Measures what one person's copy and erasure cost: beside how much the store has of others, how much it has of them, and a
// gigabyte in files.
//
//   node bench/rights/run.mjs [--rounds 5] [--others 1000,1000000] [--own 100,1000,10000,100000] [--files 52]
//     [--build target/edge/release] [--out bench/results]
//
// In the local emulator of the platform, with its state on disk; other people's records are written into its files. Nothing is
// asserted of speed; that every copy is whole and every erasure complete is. An invocation may make as many operations as the
// platform allows, and no more.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startWorker } from "../../edge/dev/miniflare.mjs";
import { freshSecrets, secret } from "../../edge/dev/secrets.mjs";
import { Backend, freshKeys } from "../../www/shop/backend.mjs";
import { options, tell, write } from "../command.mjs";
import { summary } from "../statistics.mjs";
import { policy as text } from "../texts.mjs";
import { computed } from "../workerd.mjs";

const asked = options({ others: "1000,1000000", own: "100,1000,10000,100000", files: "52", only: "others,own,gigabyte" });
const rounds = Number(asked.rounds);
const only = asked.only.split(",");
const numbers = (list) => list.split(",").map(Number);
const category = (id) => ({ id, purposes: ["necessary"], name: { en: id, de: id }, retention: "P1Y", source: "provided" });
const policy = { ...JSON.parse(text), records: [category("orders"), category("files")] };
policy.records.forEach((one) => (one.purposes = [policy.purposes.find(({ essential }) => essential).id]));
const MIB = 1 << 20;
const OPERATIONS = 1_000;
/** After so many records stored it is told how fast that goes. */
const STEP = 5_000;

const backend = new Backend({ keys: freshKeys() });
const stateDir = mkdtempSync(join(tmpdir(), "consentry-bench-rights-"));
const secrets = freshSecrets();
let worker;
const start = async () => (worker = await startWorker({
  profile: basename(asked.build), stateDir, policy, secrets, operations: OPERATIONS, vars: { ...backend.vars, LATE_DELETE: "1", SWEEP: "off" },
}));

/** Puts records of others into the emulator's KV, all with the same content. */
async function seed(count) {
  await worker.stop();
  const folder = join(stateDir, "kv/miniflare-KVNamespaceObject");
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const db = new DatabaseSync(join(folder, file));
  const { blob_id: blob } = db.prepare("SELECT blob_id FROM _mf_entries LIMIT 1").get();
  const { n: there } = db.prepare("SELECT count(*) AS n FROM _mf_entries WHERE key LIKE 'record/other%'").get();
  const insert = db.prepare("INSERT INTO _mf_entries (key, blob_id, expiration, metadata) VALUES (?, ?, NULL, NULL)");
  db.exec("BEGIN");
  for (let i = there; i < count; i++) insert.run(`record/other${String(i).padStart(9, "0")}/${secret().slice(0, 22)}`, blob);
  db.exec("COMMIT");
  db.close();
  await start();
}

/** A call that may be repeated: a connection that idled may have been closed just when it is used again. */
async function again(call) {
  try {
    return await call();
  } catch (problem) {
    if (problem.cause?.code !== "UND_ERR_SOCKET") throw problem;
    return call();
  }
}

/** Stores records, some at a time. */
async function fill(sub, count, body = (i) => JSON.stringify({ n: i, what: "A pot, blue, with a lid", at: "2026-11-21" })) {
  let next = 0;
  let since = performance.now();
  await Promise.all(Array.from({ length: Math.min(count, 16) }, async () => {
    while (next < count) {
      const i = next++;
      if (i && i % STEP === 0) {
        const now = performance.now();
        tell(`  ${i} of ${count} stored, ${((STEP * 1000) / (now - since)).toFixed(0)} a second`);
        since = now;
      }
      const put = { method: "PUT", headers: { "content-type": "application/json" }, body: body(i) };
      const response = await again(() => backend.records(worker.url, sub, `/orders/${i}`, put));
      await response.arrayBuffer();
      // What was stored though its answer was lost is replaced by the same.
      assert.ok([200, 201].includes(response.status), `${response.status}`);
    }
  }));
}

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid}/status`, "utf8"))?.[1]) / 1024;

/** Takes a copy: how long that takes, how many bytes come, the most memory on the way. */
async function copy(sub) {
  const begun = performance.now();
  const cpu = computed(worker.pid);
  const asked = await again(() => backend.rights(worker.url, sub, "exports", { right: "access" }));
  assert.equal(asked.status, 201);
  const { download } = await asked.json();
  let [bytes, most, last] = [0, resident(), Buffer.alloc(0)];
  await new Promise((done, failed) => {
    request(new URL(download, worker.url), (response) => {
      response.on("data", (part) => {
        bytes += part.length;
        last = Buffer.concat([last, part]).subarray(-64);
        most = Math.max(most, resident());
      }).on("end", done).on("error", failed);
    }).on("error", failed).end();
  });
  // The end of a ZIP, so that what broke off is not taken for fast.
  assert.ok(last.includes(Buffer.from("504b0506", "hex")), "the copy is whole");
  return { seconds: (performance.now() - begun) / 1000, cpu: computed(worker.pid) - cpu, bytes, most };
}

async function erase(sub) {
  const begun = performance.now();
  const cpu = computed(worker.pid);
  for (;;) {
    const claims = { auth_time: Math.floor(Date.now() / 1000) };
    const response = await again(() => backend.rights(worker.url, sub, "erasure", { confirm: true }, claims));
    const { erased } = await response.json();
    if (response.status === 200) return { seconds: (performance.now() - begun) / 1000, cpu: computed(worker.pid) - cpu, records: erased.records };
    assert.equal(response.status, 503, "it goes on by itself, and is asked for again");
  }
}

const of = (found) => ({
  copy: summary(found.map(({ copied }) => copied.seconds * 1000)), copyCpu: summary(found.map(({ copied }) => copied.cpu * 1000)),
  erasure: summary(found.map(({ erased }) => erased.seconds * 1000)), erasureCpu: summary(found.map(({ erased }) => erased.cpu * 1000)),
});

async function person(sub, count) {
  await fill(sub, count);
  const copied = await copy(sub);
  return { copied, erased: await erase(sub) };
}

async function beside() {
  const results = [];
  for (const others of numbers(asked.others)) {
    await seed(others);
    await person(`warm-${others}`, 50);
    const found = [];
    for (let round = 0; round < rounds; round++) found.push(await person(`beside-${others}-${round}`, 200));
    results.push({ others, ...of(found) });
    const { copy, erasure } = results.at(-1);
    tell(`beside ${others} of others: a copy ${copy.median} ms, an erasure ${erasure.median} ms`);
  }
  return results;
}

async function own(done) {
  const results = [];
  for (const records of numbers(asked.own)) {
    const found = [];
    for (let round = 0; round < (records > 1_000 ? 1 : rounds); round++) found.push(await person(`own-${records}-${round}`, records));
    results.push({ records, ...of(found) });
    const { copy, erasure } = results.at(-1);
    tell(`${records} of one's own: a copy ${(copy.median / records).toFixed(3)} ms a record, an erasure ${(erasure.median / records).toFixed(3)}`);
    done(results);
  }
}

async function gigabyte() {
  const files = Number(asked.files);
  const content = randomBytes(20 * MIB);
  for (let i = 0; i < files; i++) {
    const response = await backend.records(worker.url, "big", `/files/${i}`, { method: "PUT", headers: { "content-type": "application/octet-stream" }, body: content });
    await response.arrayBuffer();
    assert.equal(response.status, 201);
  }
  const before = resident();
  const found = [];
  for (let round = 0; round < Math.min(rounds, 3); round++) found.push(await copy("big"));
  const rate = summary(found.map(({ bytes, seconds }) => bytes / MIB / seconds));
  const perCpu = summary(found.map(({ bytes, cpu }) => bytes / MIB / cpu));
  const most = Math.max(...found.map(({ most }) => most));
  tell(`${files} files of 20 MiB: ${rate.median} MiB/s, ${perCpu.median} MiB a second of processor, ${Math.round(before)} MiB resident before and ${Math.round(most)} at most`);
  return { files, bytes: found[0].bytes, rate, perCpu, before, most };
}

try {
  assert.ok(existsSync(asked.build), `no build in ${asked.build}`);
  await start();
  await fill("first", 1);
  const results = { bench: "rights", rounds };
  // What was measured stays, whatever breaks off later: the most of one's own takes ten minutes or more to store.
  const measured = (part, found) => write(asked.out, "rights.json", Object.assign(results, { [part]: found }));
  if (only.includes("gigabyte")) measured("gigabyte", await gigabyte());
  if (only.includes("others")) measured("others", await beside());
  if (only.includes("own")) await own((found) => measured("own", found));
  tell(`written: rights.json in ${asked.out}`);
} finally {
  await worker?.stop();
  rmSync(stateDir, { recursive: true, force: true });
}
