// How the shop's own server speaks to the edge about its customers: with a key of its own, and tokens that say whose records
// are meant. Nothing here is particular to this shop.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A key for a backend, and what of it is deployed: its hash and its scopes. */
export function apiKey(id, scopes) {
  const key = `csk_${id}_${randomBytes(32).toString("base64url")}`;
  return { key, deployed: { [id]: { hash: createHash("sha256").update(key).digest("base64url"), scopes } } };
}

/** Fresh keys, as they are kept: the backend's, its hash, and the one that signs tokens. */
export function freshKeys(id = "shop", scopes = ["records:read", "records:write"]) {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { ...apiKey(id, scopes), signing: privateKey.export({ format: "pem", type: "pkcs8" }) };
}

export class Backend {
  #key;
  #signing;
  #deployed;

  /** `keys` as `freshKeys` makes them; `site` is the Worker's `SITE_ID`. */
  constructor({ keys, site = "localhost" }) {
    this.#key = keys.key;
    this.#deployed = keys.deployed;
    this.#signing = createPrivateKey(keys.signing);
    this.site = site;
  }

  /** What is deployed of the keys, as the Worker's variables. */
  get vars() {
    const jwk = { ...createPublicKey(this.#signing).export({ format: "jwk" }), kid: "site" };
    return { ACCOUNT_KEYS: JSON.stringify({ keys: [jwk] }), API_KEYS: JSON.stringify(this.#deployed) };
  }

  /** A token about an account, good for five minutes. */
  token(sub, { header, ...claims } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const signed = `${part({ alg: "EdDSA", kid: "site", ...header })}.${part({ sub, aud: this.site, iat: now, exp: now + 300, ...claims })}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#signing).toString("base64url")}`;
  }

  /** The headers of a request about an account's records. */
  headers(sub, more) {
    return { authorization: `Bearer ${this.#key}`, "consentry-subject": this.token(sub), ...more };
  }

  /** A request about an account's records: `path` is what follows `records`. */
  records(worker, sub, path, { headers, ...init } = {}) {
    return fetch(`${worker}/.consentry/records${path}`, { ...init, headers: this.headers(sub, headers) });
  }

  /** Something that the account's holder asks for about their own data, here on the shop's pages. */
  rights(worker, sub, path, body, claims) {
    const headers = { authorization: `Bearer ${this.token(sub, claims)}`, origin: worker, "content-type": "application/json" };
    return fetch(`${worker}/.consentry/me/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  }
}
