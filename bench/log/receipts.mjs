// Receipts of trees of any size. The record is that of a real decision; keys and siblings are made up here: a proof in a tree of
// 10^9 leaves is as many hashes, and whoever verifies it cannot tell random ones from those of a real tree.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const node = (left, right) => sha256(Buffer.of(1), left, right);

/** RFC 8785, as far as records go: no number in them is broken. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

function key() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { bytes: publicKey.export({ format: "der", type: "spki" }).subarray(-32), sign: (text) => sign(null, Buffer.from(text), privateKey) };
}

const log = { name: "shop.example/.consentry/log", ...key() };
const NOTE_KEY = Buffer.concat([Buffer.of(1), log.bytes]);
log.id = sha256(log.name, "\n", NOTE_KEY).subarray(0, 4);
const site = key();
site.id = sha256(site.bytes).subarray(0, 4).toString("hex");

export const KEYS = {
  log: [`${log.name}+${log.id.toString("hex")}+${NOTE_KEY.toString("base64")}`],
  receipt: [{ id: site.id, alg: "Ed25519", key: site.bytes.toString("base64url") }],
};

/** A tree of `size` leaves with this one in its middle (RFC 9162, 2.1.3.2): the siblings, and the root they lead to. */
function tree(leaf, size) {
  const index = Math.floor(size / 2);
  const path = [];
  let [at, last, hash] = [index, size - 1, sha256(Buffer.of(0), leaf)];
  while (last > 0) {
    // The last node of a level, where it is a left one, is its own parent.
    if (at % 2 === 1 || at !== last) {
      const sibling = randomBytes(32);
      path.push(sibling);
      hash = at % 2 === 1 ? node(sibling, hash) : node(hash, sibling);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return { index, path, root: hash };
}

/** The proof of a leaf in a tree of `size`, as c2sp.org/tlog-proof@v1. */
export function proof(leaf, size) {
  const { index, path, root } = tree(leaf, size);
  const text = `${log.name}\n${size}\n${root.toString("base64")}\n`;
  const signature = Buffer.concat([log.id, log.sign(text)]).toString("base64");
  const hashes = path.map((hash) => `${hash.toString("base64")}\n`).join("");
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${text}\n\u2014 ${log.name} ${signature}\n`;
}

/** A receipt like a real one, in a tree of `size`. */
export function receipt(real, size) {
  const message = `consentry/receipt/v1\n${canonical(real.record)}`;
  const signature = { key: site.id, algorithm: "Ed25519", value: site.sign(message).toString("base64url") };
  return { ...real, signature, evidence: { ...real.evidence, proof: proof(real.evidence.leaf, size) } };
}

export const SIZES = [1e3, 1e6, 1e9];
