// A visitor without a browser: cookies, the plan of the page, and the requests that the loader and the forms send.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { verifyReceipt } from "./proof.mjs";
import { eventually } from "./support.mjs";

export const DEVICE = "__Host-consentry-device";
export const newId = () => randomBytes(16).toString("base64url");

export class Client {
  cookies = new Map();
  /** The ids of the decisions that were answered with 200. */
  decided = [];

  constructor(site, headers = {}) {
    this.site = site;
    this.headers = headers;
  }

  /** The same visitor, in a second window: what one is told later, the other does not know. */
  clone() {
    const other = new Client(this.site, this.headers);
    other.cookies = new Map(this.cookies);
    return other;
  }

  /** The device's secret. */
  get device() {
    return this.cookies.get(DEVICE)?.split(".")[0];
  }

  /** Has an hour pass since the browser was told how its choices stand. */
  later() {
    this.cookies.set(DEVICE, this.device);
    return this;
  }

  async request(path, { headers, body, ...init } = {}) {
    const sent = { ...this.headers, ...headers };
    if (this.cookies.size && !("cookie" in sent)) sent.cookie = Array.from(this.cookies, (pair) => pair.join("=")).join("; ");
    if (init.method && init.method !== "GET" && !("origin" in sent)) sent.origin = this.site.url;
    // Undefined is how a test leaves out what would be sent otherwise.
    for (const name of Object.keys(sent)) if (sent[name] === undefined) delete sent[name];
    const { href } = new URL(path, `${this.site.url}/.consentry/`);
    const response = await this.site.fetch(href, { ...init, headers: sent, body });
    const answer = await Answer.of(response);
    for (const line of answer.setCookies) this.#take(line);
    return answer;
  }

  post(path, body, { headers, ...init } = {}) {
    const type = { "content-type": "application/json" };
    return this.request(path, { method: "POST", body: JSON.stringify(body), ...init, headers: { ...type, ...headers } });
  }

  form(path, pairs, init) {
    return this.request(path, { method: "POST", body: new URLSearchParams(pairs), ...init });
  }

  async page(path = "/", init) {
    const answer = await this.request(path, init);
    answer.plan = JSON.parse(/id="consentry-plan">([^<]*)</.exec(answer.text)?.[1] ?? "null");
    this.plan = answer.plan;
    return answer;
  }

  /** A decision as the page would ask for it. */
  async ask(choice, more) {
    const { policy, notice, locale, regime, seen } = this.plan ?? (await this.page()).plan;
    return { id: newId(), policy, notice, locale, regime, seen: this.seen ?? seen, choice, layer: "banner", ...more };
  }

  /** Decides; `more` goes into the body. */
  async decide(choice, more, init) {
    return this.send(await this.ask(choice, more), init);
  }

  async send(ask, init) {
    const answer = await this.post("consent", ask, init);
    // Where there was nothing to record, nothing was decided.
    if (answer.status === 200 && answer.body.decision) {
      this.seen = answer.body.decision.seq;
      if (!this.decided.includes(ask.id)) this.decided.push(ask.id);
    }
    return answer;
  }

  /** Proves an address by the code that the webhook is told, whose messages are in `told`. */
  async prove(contact, told) {
    const seen = told.length;
    const { challenge } = (await this.post("contact/codes", { contact })).body;
    const { data } = await eventually(() => told.slice(seen).find(({ type }) => type === "contact.code-sent"), "the code");
    assert.equal((await this.post("contact/proofs", { contact, challenge, code: data.code })).status, 200);
    return this;
  }

  erase(init) {
    return this.post("me/erasure", { confirm: true }, init);
  }

  requestExport(init) {
    return this.request("me/exports", { method: "POST", ...init });
  }

  status() {
    return this.request("consent");
  }

  /** Verifies a receipt with the keys that the site publishes. */
  async verify(receipt) {
    return verifyReceipt(receipt, await this.site.json("keys"));
  }

  /** What the Subject of this visitor's device holds. */
  async inside() {
    return (await this.request("testing/subject")).body;
  }

  #take(line) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (/;\s*max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** An answer, read to its end. */
class Answer {
  /** Every answer that was read so far, as text: what must be in none of them is looked for here. */
  static all = [];

  static async of(response) {
    const answer = new Answer();
    answer.status = response.status;
    answer.headers = response.headers;
    answer.type = response.headers.get("content-type") ?? "";
    answer.setCookies = response.headers.getSetCookie();
    answer.bytes = Buffer.from(await response.arrayBuffer());
    answer.text = answer.bytes.toString();
    if (answer.text && /[/+]json/.test(answer.type)) answer.body = JSON.parse(answer.text);
    Answer.all.push(`${JSON.stringify([...response.headers])}\n${answer.text}`);
    return answer;
  }
}

export const answers = Answer.all;
