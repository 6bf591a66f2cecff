// The public log, checked from its specifications and with nothing of ours: c2sp.org/signed-note,
// c2sp.org/tlog-checkpoint, c2sp.org/tlog-tiles, RFC 6962.

import { createHash, createPublicKey, verify } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** Fetches the log and checks it. Gives its size and the texts anyone may read. */
export async function readLog(api) {
  const note = await read(api, "log/checkpoint");
  const key = (await read(api, "log/key")).trim();
  const [origin, size, root] = checkpoint(note, key);
  const tile = size ? await read(api, `log/tile/0/000${size < 256 ? `.p/${size}` : ""}`, true) : Buffer.alloc(0);
  if (size > 256) throw new Error("this reader knows logs of one tile only");
  const leaves = Array.from({ length: size }, (_, i) => tile.subarray(32 * i, 32 * (i + 1)));
  if (!treeHash(leaves).equals(root)) throw new Error("the tree does not hash to the checkpoint's root");
  return { origin, size, leaves: leaves.map((leaf) => leaf.toString("base64")), texts: [note, key] };
}

function checkpoint(note, key) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [name, id, ...rest] = key.split("+");
  const public_key = Buffer.from(rest.join("+"), "base64");
  if (public_key[0] !== 1) throw new Error("the log's key is not Ed25519");
  const line = note.slice(end + 2).split("\n").find((line) => line.startsWith(`\u2014 ${name} `));
  if (!line) throw new Error("the checkpoint is not signed by the log's key");
  const signature = Buffer.from(line.split(" ")[2], "base64");
  if (signature.subarray(0, 4).toString("hex") !== id) throw new Error("the signature is of another key");
  const spki = createPublicKey({ key: Buffer.concat([SPKI, public_key.subarray(1)]), format: "der", type: "spki" });
  const genuine = verify(null, Buffer.from(text), spki, signature.subarray(4));
  if (!genuine) throw new Error("the checkpoint's signature is wrong");
  const [origin, size, root] = text.split("\n");
  return [origin, Number(size), Buffer.from(root, "base64")];
}

function treeHash(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)));
}

async function read(api, path, binary = false) {
  const response = await fetch(`${api}/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return binary ? Buffer.from(await response.arrayBuffer()) : response.text();
}
