// Receipts and the public log, checked from their specifications and with nothing of ours: RFC 6962, RFC 8785,
// c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-tiles, c2sp.org/tlog-proof. Each function throws what
// is wrong.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";

const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const FULL = 256;

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
export const leafHash = (leaf) => sha256(Buffer.of(0), leaf);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const base64 = (text) => Buffer.from(text, "base64");
const base64url = (text) => Buffer.from(text, "base64url");

function signed(key, message, signature) {
  const spki = createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
  return verify(null, Buffer.from(message), spki, signature);
}

/** RFC 8785, as far as receipts go: no number in them is broken. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

/** Opens a signed checkpoint with the log's verifier key line. */
export function checkpoint(note, keyLine) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(keyLine.trim());
  const key = base64(encoded);
  assert.equal(key[0], 1, "the log's key is Ed25519");
  assert.equal(sha256(name, "\n", key).subarray(0, 4).toString("hex"), id, "the key line's hash is that of its key");
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const line = note.slice(end + 2).split("\n").find((line) => line.startsWith(`\u2014 ${name} `));
  const signature = base64(line.split(" ")[2]);
  assert.equal(signature.subarray(0, 4).toString("hex"), id, "the checkpoint is signed with the log's key");
  assert.ok(signed(key.subarray(1), text, signature.subarray(4)), "the checkpoint's signature");
  const [origin, size, root] = text.split("\n");
  assert.equal(origin, name, "the checkpoint is the log's own");
  return { origin, size: Number(size), root: base64(root) };
}

/** The root that an inclusion proof leads to (RFC 9162, 2.1.3.2). */
export function rootFromInclusion(index, size, leaf, path) {
  assert.ok(index < size, "the leaf is in the tree");
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    assert.ok(sn > 0, "the path is not too long");
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  assert.equal(sn, 0, "the path is long enough");
  return hash;
}

/** Checks that the tree of `old` leaves is the beginning of that of `size` (RFC 9162, 2.1.4.2). */
export function checkConsistency(old, oldRoot, size, root, path) {
  assert.ok(old <= size, "the log did not shrink");
  if (old === size || old === 0) {
    assert.deepEqual(path, [], "nothing to prove");
    if (old === size) assert.deepEqual(oldRoot, root, "the same size is the same tree");
    return;
  }
  const hashes = [...path];
  if (Number.isInteger(Math.log2(old))) hashes.unshift(oldRoot);
  let [fn, sn] = [old - 1, size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let [fr, sr] = [hashes[0], hashes[0]];
  for (const hash of hashes.slice(1)) {
    assert.ok(sn > 0, "the path is not too long");
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(hash, fr), nodeHash(hash, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      sr = nodeHash(sr, hash);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  assert.equal(sn, 0, "the path is long enough");
  assert.deepEqual(fr, oldRoot, "the path leads to the old root");
  assert.deepEqual(sr, root, "the path leads to the new root");
}

/** Reads a consistency proof as witnesses are sent it (c2sp.org/tlog-witness): the old size, the hashes, the note. */
export function readConsistency(text) {
  const [head, ...note] = text.split("\n\n");
  const [old, ...path] = head.split("\n");
  return { old: Number(/^old (\d+)$/.exec(old)[1]), path: path.map(base64), note: note.join("\n\n") };
}

/** The root of a tree over leaf hashes (RFC 6962, 2.1). */
export function treeHash(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return nodeHash(treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)));
}

/** The roots of the trees of the first leaves, by how many. All at once, since each begins as the next does. */
export function rootsAt(leaves, sizes) {
  const wanted = new Set(sizes);
  const [roots, whole] = [new Map(), []];
  for (const [at, leaf] of leaves.entries()) {
    let [hash, width] = [leaf, 1];
    while (whole.at(-1)?.width === width) {
      hash = nodeHash(whole.pop().hash, hash);
      width *= 2;
    }
    whole.push({ hash, width });
    if (wanted.has(at + 1)) roots.set(at + 1, whole.reduceRight((right, { hash }) => (right ? nodeHash(hash, right) : hash), undefined));
  }
  if (wanted.has(0)) roots.set(0, treeHash([]));
  return roots;
}

/** A tile's path after `log/tile/`. */
export function tilePath(level, index, width = FULL) {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0").match(/\d{3}/g);
  const name = digits.map((part, at) => (at < digits.length - 1 ? `x${part}` : part)).join("/");
  return `${level}/${name}${width < FULL ? `.p/${width}` : ""}`;
}

/** Verifies a receipt with the site's public keys. Gives its index and the signed tree it is in. */
export function verifyReceipt(receipt, keys) {
  const { record, signature, evidence } = receipt;
  assert.equal(receipt.schema, "consentry/receipt/1");
  assert.equal(signature.algorithm, "Ed25519");
  const { key } = keys.receipt.find(({ id }) => id === signature.key);
  const message = `consentry/receipt/v1\n${canonical(record)}`;
  assert.ok(signed(base64url(key), message, base64url(signature.value)), "the record's signature");

  const leaf = JSON.parse(evidence.leaf);
  const entry = JSON.parse(evidence.entry);
  assert.equal(evidence.leaf, canonical(leaf), "the leaf is canonical");
  const commitment = sha256("consentry/commitment/v1\n", base64url(evidence.salt), evidence.entry);
  assert.equal(leaf.commitment, commitment.toString("base64url"), "the leaf commits to the entry");
  assert.equal(entry.details.record, sha256("consentry/record/v1\n", canonical(record)).toString("base64url"));
  assert.equal(entry.event, record.record_id);
  assert.deepEqual([leaf.action, leaf.time], [entry.action, entry.time]);

  const [head, ...rest] = evidence.proof.split("\n\n");
  const [format, index, ...path] = head.split("\n");
  assert.equal(format, "c2sp.org/tlog-proof@v1");
  const at = Number(/^index (\d+)$/.exec(index)[1]);
  const tree = checkpoint(rest.join("\n\n"), keys.log[0]);
  const root = rootFromInclusion(at, tree.size, leafHash(evidence.leaf), path.map(base64));
  assert.deepEqual(root, tree.root, "the leaf is in the signed tree");
  return { index: at, entry, leaf: evidence.leaf, ...tree };
}

/** Reads the log's leaf hashes from its tiles, and checks them against the signed root. `get` fetches `log/…`. */
export async function readLog(get) {
  const keyLine = (await get("log/key")).toString();
  const tree = checkpoint((await get("log/checkpoint")).toString(), keyLine);
  const leaves = [];
  while (leaves.length < tree.size) {
    const width = Math.min(FULL, tree.size - leaves.length);
    const tile = await get(`log/tile/${tilePath(0, leaves.length / FULL, width)}`);
    assert.equal(tile.length, 32 * width);
    for (let at = 0; at < width; at += 1) leaves.push(tile.subarray(32 * at, 32 * (at + 1)));
  }
  assert.deepEqual(treeHash(leaves), tree.root, "the tiles hash to the signed root");
  return { ...tree, leaves };
}
