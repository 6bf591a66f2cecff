// What entries say goes when its time is over; that something happened stays, and verifies. Time cannot be turned
// forward, so the past is moved back on disk while workerd is stopped.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "./client.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

const CLI = fileURLToPath(new URL("../../pkg/dist/cli.js", import.meta.url));
const DAY = 86_400;
const folder = mkdtempSync(join(tmpdir(), "consentry-expiry-"));

let site;
let old;
let young;
let receipt;
before(async () => {
  site = await startSite({ policy: { ...shopPolicy(), log: { retention: "P100D" } } });
  [old, young] = [new Client(site), new Client(site)];
  receipt = (await old.decide("accept-all")).body.receipt;
  await old.decide("reject-all");
  await new Client(site).decide("reject-all");
  await young.decide("accept-all");
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await site?.stop();
});

/** Looks at the log's tables, or changes them. workerd must not be running. */
function inside(callback) {
  let seen;
  site.databases("AuditLog", (db) => (seen = callback(db)));
  return seen;
}

const handleOf = async (client) => (await client.request("consent/receipt")).body.record.pii_principal_id;

test("payloads whose time is over go, the younger ones stay, and an entry says so", async () => {
  const [oldHandle, youngHandle] = [await handleOf(old), await handleOf(young)];
  const before = await site.trail();
  const young_ = before.filter(({ subject }) => subject === youngHandle).map(({ index }) => index);
  const tree = await site.readLog();
  await site.restart({
    between: () => inside((db) => {
      // All but the young one's entries become 101 days older, but for what was read just now.
      db.prepare(`UPDATE leaves SET time = time - ? WHERE handle IS NOT ? AND action <> 'trail.read'`).run(101 * DAY, youngHandle);
      db.prepare("INSERT INTO jobs (job, due) VALUES ('retention', 1) ON CONFLICT DO UPDATE SET due = 1").run();
    }),
  });
  // The alarm that was set is for another time: whatever wakes the object next sets it anew.
  const entry = await eventually(async () => (await site.trail()).find(({ action }) => action === "payloads.dropped"), "the entry");
  const gone = before.filter(({ action, index }) => action !== "trail.read" && !young_.includes(index));
  assert.deepEqual([entry.actor.class, entry.outcome, entry.details.entries, entry.details.retention], ["system", "done", gone.length, "P100D"]);

  const after_ = await site.trail();
  for (const { index, action } of gone) {
    const left = after_.find((entry) => entry.index === index);
    assert.deepEqual([left.action, left.event, left.subject, left.details], [action, undefined, undefined, undefined], "the leaf alone");
  }
  for (const index of young_) assert.ok(after_.find((entry) => entry.index === index).subject, "the young one's are there");
  assert.equal((await (await site.operator(`audit?subject=${oldHandle}`)).json()).entries.length, 0, "and are not found by the handle");

  const now = await site.readLog();
  assert.deepEqual(now.leaves.slice(0, tree.size), tree.leaves, "no leaf went");
  await old.verify(receipt);
  const info = await site.json("log");
  assert.ok(info.history[0].entry.details.keys, "what everyone may know of the log is no payload");
});

test("what is left of them is in no table, and the trail verifies", async () => {
  const file = join(folder, "trail.jsonl");
  writeFileSync(file, await (await site.operator("audit?format=jsonl")).text());
  const { code, out } = await new Promise((done) => {
    execFile(process.execPath, [CLI, "verify", file], (error, out, err) => done({ code: error?.code ?? 0, out: out + err }));
  });
  assert.equal(code, 0, out);
  assert.match(out, /have been forgotten/);
  const oldHandle = receipt.record.pii_principal_id;
  await site.restart({
    between: () => {
      const counts = inside((db) => ({
        handles: db.prepare("SELECT count(*) AS n FROM handles WHERE handle = ?").get(oldHandle).n,
        leaves: db.prepare("SELECT action FROM leaves WHERE handle = ?").all(oldHandle).map(({ action }) => action),
        payloads: db.prepare(`SELECT count(*) AS n FROM leaves WHERE payload IS NOT NULL AND time < ?`).get(Date.now() / 1000 - 100 * DAY).n,
        due: db.prepare("SELECT due FROM jobs WHERE job = 'retention'").get().due,
      }));
      // That somebody is kept stays known until they are erased: their key has to be found when the site changes its own.
      assert.deepEqual([counts.handles, counts.payloads], [1, 0]);
      assert.deepEqual(counts.leaves, ["trail.read"], "that somebody asked about them just now");
      const ahead = counts.due - Date.now() / 1000;
      assert.ok(ahead > 0.9 * DAY && ahead <= DAY, "it is looked again within a day");
    },
  });
});
