// A log as one would begin one: an object that inserts a row for each entry, as it comes. Nothing can be proved of it.

import { DurableObject } from "cloudflare:workers";

export class Rows extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.sql = state.storage.sql;
    this.sql.exec(`CREATE TABLE IF NOT EXISTS entries (
      idx INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, leaf TEXT NOT NULL, actor TEXT NOT NULL, payload BLOB NOT NULL)`);
  }

  async fetch(request) {
    const { event, leaf, actor, payload } = await request.json();
    const sealed = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const insert = "INSERT INTO entries (event, leaf, actor, payload) VALUES (?, ?, ?, ?) RETURNING idx";
    return Response.json({ index: this.sql.exec(insert, event, leaf, actor, sealed).one().idx });
  }
}

export default {
  async append(env, entry) {
    const answer = await env.LOG.getByName("site").fetch("https://object/", { method: "POST", body: JSON.stringify(entry) });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    return answer.text();
  },
};
