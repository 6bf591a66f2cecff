// A visitor on a page of another origin: no cookies, but a key of their own that signs (RFC 9421).

import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { Client } from "./client.mjs";

const base64 = (bytes) => Buffer.from(bytes).toString("base64");

export class Afar extends Client {
  /** The key is P-256; a device has none before it needs one. */
  keys = undefined;

  constructor(site, origin, headers = {}) {
    super(site, { "sec-fetch-site": "cross-site", origin, ...headers });
  }

  get device() {
    return this.keys && this.keyid;
  }

  get keyid() {
    const { x, y } = this.keys.publicKey.export({ format: "jwk" });
    return Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]).toString("base64url");
  }

  makeKey() {
    this.keys ??= generateKeyPairSync("ec", { namedCurve: "P-256" });
    return this;
  }

  /** The headers that sign a request; `more` is what a test signs otherwise. */
  signature(method, path, body = "", { created = Math.floor(Date.now() / 1e3), keyid = this.keyid, covered } = {}) {
    const values = { "@method": method, "@target-uri": new URL(path, `${this.site.url}/.consentry/`).href };
    const digest = `sha-256=:${base64(createHash("sha256").update(body).digest())}:`;
    if (body) values["content-digest"] = digest;
    const names = covered ?? Object.keys(values);
    const input = `(${names.map((name) => `"${name}"`).join(" ")});created=${created};keyid="${keyid}";alg="ecdsa-p256-sha256"`;
    const base = [...names.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${input}`].join("\n");
    const value = sign("sha256", Buffer.from(base), { key: this.keys.privateKey, dsaEncoding: "ieee-p1363" });
    return {
      ...(body && { "content-digest": digest }),
      "signature-input": `device=${input}`,
      signature: `device=:${base64(value)}:`,
    };
  }

  /** Sends a request as the device it is, if it is one. */
  request(path, { headers, body, method = "GET", signed = Boolean(this.keys), ...init } = {}) {
    const signature = signed ? this.signature(method, path, body) : {};
    return super.request(path, { ...init, method, body, headers: { ...signature, ...headers } });
  }

  /** The dialogs and the plan, as the tag fetches them. */
  async page() {
    const answer = await this.request("banner?locale=en");
    this.plan = answer.body?.plan;
    return Object.assign(answer, { plan: this.plan });
  }

  async send(ask, init) {
    const answer = await super.send(this.cookie ? { ...ask, cookie: this.cookie } : ask, init);
    const [pair] = answer.body?.cookie?.split(";") ?? [];
    if (pair) this.cookie = pair.slice(pair.indexOf("=") + 1);
    return answer;
  }
}
