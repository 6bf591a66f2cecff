// @c15t/backend 2.2.1 on SQLite, in a process of its own: over HTTP, or called without any.
//
//   node bench/choices/c15t.mjs <file of the database> <OFF | FULL>
//
// As its documentation has it, with Kysely. SQLite is Node's own, with a write-ahead log: without waiting for the disk (`OFF`), the
// fastest that loses nothing when the process ends, or with it (`FULL`), as the objects of ours have it.

import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { c15tInstance } from "@c15t/backend";
import { kyselyAdapter } from "@c15t/backend/db/adapters/kysely";
import { migrator } from "@c15t/backend/db/migrator";
import { DB } from "@c15t/backend/db/schema";
import { Kysely, SqliteDialect } from "kysely";
import { HEADERS, SITE, subjectOf } from "./asks.mjs";

const file = new DatabaseSync(process.argv[2]);
file.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${process.argv[3]}`);
const database = {
  prepare(sql) {
    const statement = file.prepare(sql);
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...parameters),
      run: (parameters) => statement.run(...parameters),
      iterate: (parameters) => statement.iterate(...parameters),
    };
  },
  close: () => file.close(),
};
const adapter = kyselyAdapter({ db: new Kysely({ dialect: new SqliteDialect({ database }) }), provider: "sqlite" });
await (await migrator({ db: DB.client(adapter), schema: "latest" })).execute?.();
const { handler } = c15tInstance({ adapter, appName: "bench", basePath: "/api/c15t", trustedOrigins: [SITE], logger: { level: "error" } });

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const { method, url, headers } = request;
  const answer = await handler(new Request(new URL(url, SITE), { method, headers, body: parts.length ? Buffer.concat(parts) : undefined }));
  const bytes = Buffer.from(await answer.arrayBuffer());
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), "content-length": bytes.length }).end(bytes);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

/** So many lanes, for so long, each its own turn of subjects; how long each took. */
async function inside({ lanes, seconds, known }) {
  const latencies = [];
  const begun = performance.now();
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    let now = begun;
    for (let turn = 0; now < begun + 1000 * seconds; turn++) {
      const body = JSON.stringify(subjectOf(known ? known[(turn * lanes + lane) % known.length] : undefined, turn));
      const answer = await handler(new Request(`${SITE}/api/c15t/subjects`, { method: "POST", headers: HEADERS, body }));
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  }));
  return { latencies, seconds: (performance.now() - begun) / 1000 };
}

process.on("message", async (asked) => {
  if (asked === "count") return process.send({ count: file.prepare("SELECT count(*) AS n FROM consent").get().n });
  process.send(await inside(asked).catch((problem) => ({ problem: String(problem) })));
});
process.send({ port: server.address().port });
