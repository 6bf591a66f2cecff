// The site's backend, as tests drive it: the shop's own, and a second key that may less.

import { Backend as Shop, apiKey, freshKeys } from "../../www/shop/backend.mjs";

export class Backend extends Shop {
  constructor() {
    const keys = freshKeys();
    const reader = apiKey("reader", ["records:read:orders"]);
    super({ keys: { ...keys, deployed: { ...keys.deployed, ...reader.deployed } } });
    this.full = keys;
    this.reader = reader;
  }

  /** Something about the records of an account, its answer read. */
  async ask(site, sub, path, init) {
    const response = await this.records(site.url, sub, path, { ...init, headers: { connection: "close", ...init?.headers } });
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "";
    const text = type.includes("json") ? bytes.toString() : "";
    return { status: response.status, headers: response.headers, type, bytes, text, body: text ? JSON.parse(text) : undefined };
  }

  put(site, sub, path, body, headers) {
    const json = typeof body === "object" && !Buffer.isBuffer(body);
    return this.ask(site, sub, path, {
      method: "PUT", body: json ? JSON.stringify(body) : body,
      headers: { "content-type": json ? "application/json" : "application/octet-stream", ...headers },
    });
  }
}
