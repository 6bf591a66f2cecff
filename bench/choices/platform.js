// What the platform alone takes for a choice: a request, a visitor's object that keeps a row and sets its alarm, a value in KV, a row
// in one object that all share, and the alarm taken back. Nothing is sealed, sequenced, signed or decided.

import { DurableObject } from "cloudflare:workers";

export class Log extends DurableObject {
  constructor(state, env) {
    super(state, env);
    state.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)");
  }

  async fetch(request) {
    this.ctx.storage.sql.exec("INSERT INTO rows (body) VALUES (?)", await request.text());
    return new Response("{}");
  }
}

export class Visitor extends Log {
  async fetch(request) {
    const { storage } = this.ctx;
    const body = await request.text();
    storage.sql.exec("INSERT INTO rows (body) VALUES (?)", body);
    storage.setAlarm(Date.now() + 2000);
    await this.env.RETENTION.put(`consent/${crypto.randomUUID()}`, body, { metadata: { size: body.length }, expirationTtl: 86_400 });
    await (await this.env.LOG.getByName("log").fetch("https://object/", { method: "POST", body })).text();
    storage.deleteAlarm();
    return new Response(body);
  }

  async alarm() {}
}

export default {
  async fetch(request, { VISITOR }) {
    const name = new URL(request.url).pathname.slice(1) || crypto.randomUUID();
    const answer = await VISITOR.getByName(name).fetch("https://object/", { method: "POST", body: await request.text() });
    return new Response(await answer.text());
  },
};
