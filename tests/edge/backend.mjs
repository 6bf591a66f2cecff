// The site's backend, as it would speak to the Worker: a key of its own, and tokens about its accounts.

import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A key for the backend, and what of it is deployed. */
export function apiKey(id, scopes) {
  const key = `csk_${id}_${randomBytes(32).toString("base64url")}`;
  return { key, deployed: { [id]: { hash: createHash("sha256").update(key).digest("base64url"), scopes } } };
}

export class Backend {
  #private;

  constructor(scopes = ["records:read", "records:write"]) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    this.#private = createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }));
    this.jwk = { ...publicKey.export({ format: "jwk" }), kid: "site" };
    this.full = apiKey("shop", scopes);
    this.reader = apiKey("reader", ["records:read:orders"]);
  }

  /** What is deployed for it. */
  get vars() {
    return {
      ACCOUNT_KEYS: JSON.stringify({ keys: [this.jwk] }),
      API_KEYS: JSON.stringify({ ...this.full.deployed, ...this.reader.deployed }),
    };
  }

  /** A token about an account. */
  token(sub, { header, ...claims } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const signed = `${part({ alg: "EdDSA", kid: "site", ...header })}.${part({ sub, aud: "localhost", iat: now, exp: now + 300, ...claims })}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#private).toString("base64url")}`;
  }

  headers(sub, more) {
    return { authorization: `Bearer ${this.full.key}`, "consentry-subject": this.token(sub), ...more };
  }

  /** Something about the records of an account. */
  async records(site, sub, path, { headers, ...init } = {}) {
    const response = await site.api(`records${path}`, { ...init, headers: this.headers(sub, headers) });
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "";
    const text = type.includes("json") ? bytes.toString() : "";
    return { status: response.status, headers: response.headers, type, bytes, text, body: text ? JSON.parse(text) : undefined };
  }

  put(site, sub, path, body, headers) {
    const json = typeof body === "object" && !Buffer.isBuffer(body);
    return this.records(site, sub, path, {
      method: "PUT", body: json ? JSON.stringify(body) : body,
      headers: { "content-type": json ? "application/json" : "application/octet-stream", ...headers },
    });
  }
}
