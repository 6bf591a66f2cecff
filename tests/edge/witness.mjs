// A witness (c2sp.org/tlog-witness) as others run one: it remembers how far it has seen a log, takes only what continues
// that, and signs it with the time (c2sp.org/tlog-cosignature).

import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createServer } from "node:http";
import { checkConsistency, checkpoint, readConsistency, sha256 } from "./proof.mjs";

const KIND = Buffer.of(4);

const signedText = (text, time) => Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);

/** The time at which a witness has signed a note; throws unless it has. */
export function cosigned(note, keyLine) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(keyLine);
  const end = note.lastIndexOf("\n\n");
  const line = note.slice(end + 2).split("\n").find((line) => line.startsWith(`\u2014 ${name} `));
  if (!line) throw new Error("no such cosignature");
  const bytes = Buffer.from(line.split(" ")[2], "base64");
  if (bytes.subarray(0, 4).toString("hex") !== id) throw new Error("the cosignature of another key");
  const time = bytes.readBigUInt64BE(4);
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(encoded, "base64").subarray(1)]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  if (!verify(null, signedText(note.slice(0, end + 1), time), key, bytes.subarray(12))) throw new Error("a false cosignature");
  return Number(time);
}

/** Starts a witness. `log` gives the verifier line of the log it watches. */
export async function startWitness(name, log) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = Buffer.concat([KIND, Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url")]);
  const id = sha256(name, "\n", key).subarray(0, 4);
  const witness = {
    key: `${name}+${id.toString("hex")}+${key.toString("base64")}`,
    /** What it has seen. */
    seen: { size: 0, root: sha256() },
    /** What it was asked, and answered. */
    asked: [],
    /** Answers in its place, where a test sets it. */
    instead: undefined,
  };

  async function answer(body) {
    const { old, path, note } = readConsistency(body);
    const { size, root } = checkpoint(note, await log());
    if (old !== witness.seen.size) return [409, `${witness.seen.size}\n`, "text/x.tlog.size"];
    try {
      checkConsistency(old, witness.seen.root, size, root, path);
    } catch {
      return [422, ""];
    }
    witness.seen = { size, root };
    const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)));
    const signature = sign(null, signedText(text, time.readBigUInt64BE()), privateKey);
    return [200, `\u2014 ${name} ${Buffer.concat([id, time, signature]).toString("base64")}\n`];
  }

  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const body = Buffer.concat(chunks).toString();
    const [status, text, type = "text/plain"] = witness.instead?.(body) ?? (await answer(body).catch(() => [403, ""]));
    witness.asked.push({ path: request.url, method: request.method, type: request.headers["content-type"], body, status });
    response.writeHead(status, { "content-type": type }).end(text);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  witness.url = `http://127.0.0.1:${server.address().port}`;
  witness.close = () => new Promise((done) => server.close(done).closeAllConnections());
  return witness;
}
