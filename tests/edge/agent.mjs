// An agent of the Data Rights Protocol 1.0, as tests drive it. Its messages are signed by libsodium, as theirs are.

import sodium from "libsodium-wrappers";

await sodium.ready;

/** The id of the business that agents write to. */
export const BUSINESS = "FERN_CLAY";

export class Agent {
  keys = sodium.crypto_sign_keypair();

  /** `base` is where its home page is. Once there is a `site`, it can write to it. */
  constructor(id, base) {
    this.id = id;
    this.base = base;
  }

  /** What the directory has of it. */
  get entry() {
    return { id: this.id, name: `${this.id} & Sons`, verify_key: Buffer.from(this.keys.publicKey).toString("base64"), web_url: `${this.base}/`, technical_contact: "x@agent.example" };
  }

  sign(body) {
    return Buffer.from(sodium.crypto_sign(JSON.stringify(body), this.keys.privateKey)).toString("base64");
  }

  message(more) {
    const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
    return { "agent-id": this.id, "business-id": BUSINESS, "issued-at": at(-5), "expires-at": at(600), "drp.version": "1.0", ...more };
  }

  async send(method, path, body, token = this.token) {
    const headers = { "content-type": "text/plain", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await this.site.api(`drp/v1/${path}`, { method, headers, body });
    const text = await response.text();
    return { status: response.status, text, body: text ? JSON.parse(text) : undefined };
  }

  async setup(body = this.message()) {
    const answer = await this.send("POST", `agent/${this.id}`, this.sign(body), null);
    if (answer.status === 200) this.token = answer.body.token;
    return answer;
  }

  exercise(more) {
    return this.send("POST", "data-rights-request", this.sign(this.message({ exercise: "access", regime: "ccpa", ...more })));
  }

  status(id) {
    return this.send("GET", `data-rights-request/${id}`);
  }
}
