// What the log shows beyond its object: whole tiles in KV, its keys and how they changed, proofs that it only grew, and
// the signed tree at witnesses and an anchor.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { canonical, checkConsistency, checkpoint, leafHash, readConsistency, readLog, rootFromInclusion, sha256, verifyReceipt } from "./proof.mjs";
import { eventually, isProblem, secret, startSite } from "./support.mjs";
import { cosigned, startWitness } from "./witness.mjs";

let site;
let witnesses;
let anchor;

before(async () => {
  const log = async () => (await site.get("log/key")).toString();
  witnesses = await Promise.all(["witness.example/one", "witness.example/two"].map((name) => startWitness(name, log)));
  anchor = await startAnchor();
  const declared = witnesses.map(({ key, url }) => ({ key, url: `${url}/` }));
  site = await startSite({ vars: { LOG_WITNESSES: JSON.stringify(declared), LOG_ANCHOR: anchor.url, LOG_CADENCE: "1" } });
});
after(() => Promise.allSettled([site?.stop(), anchor?.close(), ...(witnesses ?? []).map((witness) => witness.close())]));

/** Where the operator keeps checkpoints out of the site's reach. */
async function startAnchor() {
  const anchor = { taken: [], status: 204 };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    anchor.taken.push({ method: request.method, type: request.headers["content-type"], body });
    response.writeHead(anchor.status).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  anchor.url = `http://127.0.0.1:${server.address().port}/checkpoints?secret=1`;
  anchor.close = () => new Promise((done) => server.close(done).closeAllConnections());
  return anchor;
}

/** So many refusals by nobody. */
async function refuse(count) {
  const { plan } = await new Client(site).page();
  const one = async (share) => {
    const client = new Client(site);
    client.plan = plan;
    for (let left = share; left > 0; left -= 1) {
      client.seen = 0;
      assert.equal((await client.decide("reject-all")).status, 200);
    }
  };
  await Promise.all(Array.from({ length: 10 }, () => one(count / 10)));
}

const text = async (path) => (await site.get(path)).toString();
const key = () => text("log/key");

test("the log says what it is", async () => {
  const info = await site.json("log");
  assert.equal(info.origin, "localhost/.consentry/log");
  assert.deepEqual(info.keys, [(await key()).trim()]);
  assert.deepEqual(info.witnesses, witnesses.map(({ key, url }) => ({ key, url })));
  assert.equal(checkpoint(info.checkpoint, await key()).origin, info.origin);
  assert.equal(info.history.length, 1);
  checkHistory(info);
  assert.deepEqual(info.history[0].entry.details, { keys: info.keys, witnesses: witnesses.map(({ key }) => key) });
  const answer = await new Client(site).request("log");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*", "any page may read it");
});

/** Checks that what is told of keys and witnesses is what the log committed to. */
function checkHistory({ history, checkpoint: note, keys }) {
  const tree = checkpoint(note, keys[0]);
  for (const { index, leaf, entry, salt, proof } of history) {
    assert.deepEqual([leaf.action, entry.action, entry.outcome], ["log.configured", "log.configured", "done"]);
    assert.equal(leaf.commitment, sha256("consentry/commitment/v1\n", Buffer.from(salt, "base64url"), canonical(entry)).toString("base64url"));
    const path = proof.map((hash) => Buffer.from(hash, "base64"));
    assert.deepEqual(rootFromInclusion(index, tree.size, leafHash(canonical(leaf)), path), tree.root);
  }
}

test("witnesses sign what they are shown, and the anchor is told", async () => {
  const client = new Client(site);
  const { receipt } = (await client.decide("accept-all")).body;
  const { size } = verifyReceipt(receipt, await site.json("keys"));
  const note = await eventually(async () => {
    const response = await site.api("log/witnessed");
    const note = response.ok && (await response.text());
    return note && checkpoint(note, await key()).size >= size && note;
  }, "a witnessed tree");
  const now = Date.now() / 1000;
  for (const witness of witnesses) {
    assert.ok(Math.abs(cosigned(note, witness.key) - now) < 60);
    const [{ path, method, type }] = witness.asked;
    assert.deepEqual([path, method, type], ["/add-checkpoint", "POST", "text/plain; charset=utf-8"]);
  }
  const anchored = await eventually(() => anchor.taken.find(({ body }) => body === note), "the anchor");
  assert.deepEqual([anchored.method, anchored.type], ["POST", "text/plain; charset=utf-8"]);
  // Whoever asks for the newest tree gets it with what the witnesses say of it.
  assert.equal(await text("log/checkpoint"), note);
});

test("a witness that knows more, less or nothing of the log", async () => {
  const [one, two] = witnesses;
  const shown = async () => {
    const asked = one.asked.length;
    await refuse(10);
    await eventually(() => one.asked.slice(asked).find(({ status }) => status === 200), "the witness");
  };
  // Restored from an old copy, it says so, and is shown the proof from there.
  one.seen = { size: 0, root: sha256() };
  await shown();
  assert.ok(one.asked.some(({ status }) => status === 409));
  // One that does not answer well keeps the other from nothing.
  const { size } = checkpoint(await text("log/checkpoint"), await key());
  for (const instead of [() => [500, "no"], () => [200, "nonsense\n"], () => [409, "99999999\n", "text/x.tlog.size"], () => [200, "x".repeat(100_000)]]) {
    one.instead = instead;
    await refuse(10);
    const { size } = checkpoint(await text("log/checkpoint"), await key());
    const note = await eventually(async () => {
      const note = await text("log/witnessed");
      return checkpoint(note, await key()).size >= size && note;
    }, "the other witness");
    cosigned(note, two.key);
    assert.throws(() => cosigned(note, one.key), /no such cosignature/);
  }
  one.instead = undefined;
  await eventually(async () => {
    const note = await text("log/witnessed");
    return checkpoint(note, await key()).size > size && note.includes(`\u2014 witness.example/one `);
  }, "the witness, once it answers again");
});

test("that the log has only grown is proved from any size", async (t) => {
  await refuse(300);
  const before = await readLog((path) => site.get(path));
  await refuse(10);
  for (const old of [0, 1, 2, 3, 7, 255, 256, 257, before.size]) {
    await t.test(`from ${old}`, async () => {
      const proof = readConsistency(await text(`log/consistency/${old}`));
      const now = checkpoint(proof.note, await key());
      const { treeHash } = await import("./proof.mjs");
      assert.equal(proof.old, old);
      checkConsistency(old, treeHash(before.leaves.slice(0, old)), now.size, now.root, proof.path);
      assert.throws(() => checkConsistency(old + 1, treeHash(before.leaves.slice(0, old)), now.size, now.root, proof.path));
    });
  }
  await t.test("from more than there is", async () => {
    const proof = readConsistency(await text("log/consistency/1000000"));
    assert.deepEqual([proof.old, proof.path], [1_000_000, []]);
    assert.ok(checkpoint(proof.note, await key()).size < 1_000_000, "the signed tree itself says so");
  });
  for (const none of ["", "x", "-1", "1.5", "1/2", "18446744073709551616"]) {
    await t.test(`from ${none}`, async () => isProblem(await new Client(site).request(`log/consistency/${none}`), 404, "not-found"));
  }
});

test("whole tiles are in KV; one that is missing there comes from the object", async () => {
  const log = await readLog((path) => site.get(path));
  const whole = Math.floor(log.size / 256);
  assert.ok(whole >= 1);
  await eventually(async () => (await site.keys("log/tile/0/")).length === whole, "the tiles in KV");
  const kv = await site.kv();
  const bytes = Buffer.concat(log.leaves.slice(0, 256));
  assert.deepEqual(Buffer.from(await kv.get("log/tile/0/000", "arrayBuffer")), bytes);
  const tile = async () => Buffer.from(await site.get("log/tile/0/000"));
  assert.deepEqual(await tile(), bytes);
  await kv.delete("log/tile/0/000");
  assert.deepEqual(await tile(), bytes, "a stale miss");
  await kv.put("log/tile/0/000", bytes.subarray(1));
  assert.deepEqual(await tile(), bytes, "what is not whole is not served");
  await kv.put("log/tile/0/000", bytes);
});

test("keys change, and what was signed before still verifies", async () => {
  const client = new Client(site);
  const { receipt } = (await client.decide("accept-all")).body;
  const [oldKey] = (await site.json("keys")).log;
  const old = await readLog((path) => site.get(path));
  const keys = { old: site.secrets.SIGNING_KEY.log[0], new: secret() };
  const restart = async (...log) => {
    site.secrets.SIGNING_KEY = { ...site.secrets.SIGNING_KEY, log };
    await site.restart();
    await site.get("log/checkpoint");
  };

  await restart(keys.new, keys.old);
  const newKey = (await key()).trim();
  assert.notEqual(newKey, oldKey);
  const both = await text("log/checkpoint");
  for (const line of [oldKey, newKey]) {
    const tree = checkpoint(signedBy(both, line), line);
    const proof = readConsistency(await text(`log/consistency/${old.size}`));
    checkConsistency(old.size, old.root, tree.size, tree.root, proof.path);
  }

  await restart(keys.new);
  const alone = await text("log/checkpoint");
  assert.throws(() => checkpoint(signedBy(alone, oldKey), oldKey));
  checkpoint(alone, newKey);
  const published = await site.json("keys");
  assert.deepEqual(published.log, [newKey], "what was taken out, perhaps because it leaked, is not to be believed");

  const info = await site.json("log");
  assert.deepEqual(info.keys, [newKey, oldKey], "that it once signed is told");
  verifyReceipt(receipt, { ...published, log: [info.keys[1]] });
  assert.deepEqual(info.history.map(({ entry }) => entry.details.keys), [[oldKey], [newKey, oldKey], [newKey]]);
  checkHistory(info);
  await restart(keys.new);
  assert.equal((await site.json("log")).history.length, 3, "what is as it was makes no entry");
});

/** A note with no signature but that of one key. */
function signedBy(note, keyLine) {
  const id = Buffer.from(keyLine.split("+")[1], "hex");
  const end = note.lastIndexOf("\n\n") + 2;
  const lines = note.slice(end).split("\n").filter((line) => {
    const bytes = Buffer.from(line.split(" ")[2] ?? "", "base64");
    return bytes.subarray(0, 4).equals(id);
  });
  return `${note.slice(0, end)}${lines.join("\n")}\n`;
}

test("a deployment that names no witness, or no address, says so", async (t) => {
  const [{ key, url }] = witnesses;
  const plain = (await site.json("log")).keys[0];
  for (const [name, vars] of Object.entries({
    "no JSON": { LOG_WITNESSES: "x" },
    "a log's key": { LOG_WITNESSES: JSON.stringify([{ key: plain, url }]) },
    "no address": { LOG_WITNESSES: JSON.stringify([{ key, url: "ftp://x" }]) },
    "more than is known": { LOG_WITNESSES: JSON.stringify([{ key, url, more: 1 }]) },
    "an anchor over http": { LOG_ANCHOR: "http://example.com/" },
  })) {
    await t.test(name, async () => {
      await site.restart({ vars });
      const answer = await new Client(site).request("log");
      isProblem(answer, 503, "misconfigured");
      assert.match(answer.body.detail, /LOG_(WITNESSES|ANCHOR)/);
      assert.ok(!answer.text.includes("ftp://") && !answer.text.includes("example.com"), "no value is shown");
    });
  }
});
