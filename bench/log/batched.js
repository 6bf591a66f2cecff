// The floor: the same rows, those that come at the same time inserted together, by as little JavaScript as does it.

import { DurableObject } from "cloudflare:workers";

/** Rows of one statement: it takes 100 parameters. */
const ROWS = 20;

export class Batched extends DurableObject {
  waiting = [];

  constructor(state, env) {
    super(state, env);
    this.storage = state.storage;
    this.storage.sql.exec(`CREATE TABLE IF NOT EXISTS entries (
      idx INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, leaf TEXT NOT NULL, actor TEXT NOT NULL, payload BLOB NOT NULL)`);
    this.size = this.storage.sql.exec("SELECT coalesce(max(idx) + 1, 0) AS size FROM entries").one().size;
  }

  async fetch(request) {
    const entry = await request.json();
    const place = new Promise((done) => this.waiting.push({ entry, done }));
    // One timer for all: the platform lets one end at a time.
    if (this.waiting.length === 1) setTimeout(() => this.insert(), 0);
    return Response.json(await place);
  }

  insert() {
    const batch = this.waiting.splice(0);
    const first = this.size;
    this.storage.transactionSync(() => {
      for (let at = 0; at < batch.length; at += ROWS) {
        const rows = batch.slice(at, at + ROWS);
        const values = rows.flatMap(({ entry: { event, leaf, actor, payload } }, nth) => {
          return [first + at + nth, event, leaf, actor, Uint8Array.fromBase64(payload, { alphabet: "base64url" })];
        });
        const places = rows.map(() => "(?, ?, ?, ?, ?)").join();
        this.storage.sql.exec(`INSERT INTO entries (idx, event, leaf, actor, payload) VALUES ${places}`, ...values);
      }
    });
    this.size += batch.length;
    batch.forEach(({ done }, at) => done({ index: first + at, batch: first }));
  }
}

export default {
  async append(env, entry) {
    const answer = await env.LOG.getByName("site").fetch("https://object/", { method: "POST", body: JSON.stringify(entry) });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer.text();
  },
};
