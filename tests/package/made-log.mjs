// A log of the test's own, served over HTTP: RFC 6962, c2sp.org/signed-note, c2sp.org/tlog-tiles and
// c2sp.org/tlog-cosignature, with nothing of ours. It can break its word.

import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import { leafHash, sha256, tilePath, treeHash } from "../edge/proof.mjs";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** A note key: a name, a pair (RFC 8032) and a kind, 1 for what signs texts, 4 for a witness. */
export function noteKey(name, kind = 1, seed = randomBytes(32)) {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  const key = Buffer.concat([Buffer.of(kind), publicKey.export({ format: "der", type: "spki" }).subarray(-32)]);
  const id = sha256(name, "\n", key).subarray(0, 4);
  return {
    name,
    line: `${name}+${id.toString("hex")}+${key.toString("base64")}`,
    /** The signature line under a text; a witness says when. */
    under(text, at) {
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(at ?? 0));
      const message = at === undefined ? text : `cosignature/v1\ntime ${at}\n${text}`;
      const signature = sign(null, Buffer.from(message), privateKey);
      return `\u2014 ${name} ${Buffer.concat([id, ...(at === undefined ? [] : [time]), signature]).toString("base64")}\n`;
    },
  };
}

/** Leaf hashes that are numbers, but for some that are others. */
export const leaves = (size, odd = {}) => Array.from({ length: size }, (_, n) => leafHash(odd[n] ?? `leaf ${n}`));

export class MadeLog {
  /** Answers that take the place of the log's own, by path after `/.consentry/`: a function of request and response. */
  instead = {};
  /** The paths that were asked for. */
  asked = [];
  note;

  constructor(name = "shop.example/.consentry/log", seed = undefined) {
    this.name = name;
    this.key = noteKey(name, 1, seed);
    this.signers = [this.key];
    this.show(0);
  }

  /** Shows a tree of so many leaves from now on. */
  show(size, odd) {
    this.leaves = leaves(size, odd);
    this.note = this.checkpoint(this.leaves);
  }

  checkpoint(leaves, name = this.name) {
    const text = `${name}\n${leaves.length}\n${treeHash(leaves).toString("base64")}\n`;
    return `${text}\n${this.signers.map((key) => key.under(text)).join("")}`;
  }

  /** A checkpoint that witnesses have seen. */
  cosigned(leaves, at, ...witnesses) {
    const note = this.checkpoint(leaves);
    const text = note.slice(0, note.indexOf("\n\n") + 1);
    return note + witnesses.map((witness) => witness.under(text, at)).join("");
  }

  /** The newest checkpoint, and the proof that the tree of `old` leaves is its beginning (RFC 6962, 2.1.2). */
  consistency(old) {
    const half = (n) => 2 ** Math.floor(Math.log2(n - 1));
    const subproof = (m, leaves, whole) => {
      if (m === leaves.length) return whole ? [] : [treeHash(leaves)];
      const k = half(leaves.length);
      return m <= k
        ? [...subproof(m, leaves.slice(0, k), whole), treeHash(leaves.slice(k))]
        : [...subproof(m - k, leaves.slice(k), false), treeHash(leaves.slice(0, k))];
    };
    const path = old > 0 && old < this.leaves.length ? subproof(old, this.leaves, true) : [];
    return [`old ${old}`, ...path.map((hash) => hash.toString("base64"))].join("\n") + `\n\n${this.note}`;
  }

  /** The bytes of a tile, by its path. */
  tile(path) {
    const [, level, name, width] = /^(\d)\/([x\d/]+)(?:\.p\/(\d+))?$/.exec(path) ?? [];
    if (level === undefined) return undefined;
    const [across, index] = [256 ** Number(level), Number(name.replace(/[x/]/g, ""))];
    const from = index * 256;
    const to = from + Number(width ?? 256);
    if (to > Math.floor(this.leaves.length / across) || path !== tilePath(Number(level), index, Number(width ?? 256))) return undefined;
    const hash = (at) => treeHash(this.leaves.slice(at * across, (at + 1) * across));
    return Buffer.concat(Array.from({ length: to - from }, (_, at) => hash(from + at)));
  }

  answer(path) {
    if (path === "log/checkpoint") return this.note;
    if (path === "log/key") return `${this.key.line}\n`;
    if (path === "log") return JSON.stringify({ origin: this.name, keys: this.signers.map(({ line }) => line), checkpoint: this.note });
    if (path === "log/witnessed") return this.witnessed;
    return path.startsWith("log/tile/") ? this.tile(path.slice("log/tile/".length)) : undefined;
  }

  async start() {
    this.server = createServer((request, response) => {
      const path = request.url.replace(/^\/\.consentry\//, "");
      this.asked.push(path);
      if (this.instead[path]) return this.instead[path](response, this.answer(path));
      const body = this.answer(path);
      return body === undefined ? response.writeHead(404).end("none") : response.end(body);
    });
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}
