// Whatever is sent, and wherever it goes wrong: no raw value is in an error, in a log line, in KV or in an object. Each
// value that is sent here carries a mark of its own, and everything that is left behind is searched for it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { contents, startSite } from "./support.mjs";

let site;
let origin;
const marks = [];

/** A value that is found again wherever it goes. */
function mark() {
  const made = `mk${marks.length}q${Math.random().toString(36).slice(2, 10)}z`;
  marks.push(made);
  return made;
}

before(async () => {
  const server = createServer((request, response) => {
    request.resume();
    // What the site's own server does with what it is told is its business; this one breaks in several ways.
    if (request.url.startsWith("/broken")) return response.socket.destroy();
    if (request.url.startsWith("/short")) {
      response.writeHead(200, { "content-type": "text/html", "content-length": "1000" });
      response.write("<!doctype html><body>x");
      return setTimeout(() => response.socket.destroy(), 20);
    }
    if (request.url.startsWith("/error")) return response.writeHead(500, { "content-type": "text/html" }).end("<!doctype html><body>500");
    response.writeHead(200, { "content-type": "text/html", "set-cookie": `unknown_${marks.length}=1` }).end("<!doctype html><body>x");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  origin = { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((done) => server.close(done).closeAllConnections()) };
  site = await startSite({ origin, vars: { KEEP_LINES: "100" }, analytics: true });
});
after(() => site?.stop());

/** Every header that a browser, a proxy or somebody curious sends, each with a mark. */
const headers = () => ({
  "user-agent": `Mozilla/5.0 ${mark()} Chrome/156.0.0.0 Safari/537.36`,
  "referer": `https://${mark()}:${mark()}@${mark()}.example/${mark()}?${mark()}=${mark()}#${mark()}`,
  "cookie": `consentry=2.${mark()}.1.0.0.20000.1.k1.${mark()}; __Host-consentry-device=${mark()}; session=${mark()}; ${mark()}=1`,
  "accept-language": `x-${mark()}, de;q=0.5`,
  "accept": `text/html, ${mark()}/x`,
  "cf-connecting-ip": mark(), "x-forwarded-for": mark(), "forwarded": `for=${mark()}`, "x-real-ip": mark(), "true-client-ip": mark(),
  "sec-ch-ua": `"${mark()}";v="1"`, "sec-ch-ua-model": `"${mark()}"`, "sec-gpc": mark(), "dnt": mark(), "x-custom": mark(),
  "if-none-match": `"${mark()}"`, "range": `bytes=${mark()}`, "authorization": `Bearer ${mark()}`, "content-digest": `sha-256=:${mark()}:`,
  "signature-input": `device=("@method");keyid="${mark()}"`, "signature": `device=:${mark()}:`, "x-request-id": mark(), "cf-ray": mark(),
});

const BODIES = [
  () => ["application/json", `{"id":"${mark()}","policy":"${mark()}","choice":"${mark()}","${mark()}":1}`],
  () => ["application/json", `{"id": ${mark()}`],
  () => ["application/json", JSON.stringify({ confirm: mark(), email: mark() })],
  () => ["application/x-www-form-urlencoded", `choice=${mark()}&${mark()}=${mark()}&return=${mark()}`],
  () => ["text/plain", mark()],
  () => [`${mark()}/x`, mark()],
  () => ["application/json", `"${mark()}${"x".repeat(17_000)}"`],
];

const PATHS = ["consent", "consent/receipt", "me/exports", "me/erasure", "banner", "preferences", "policy", "audit", "requests", "log/checkpoint",
  "log/tile/0/000", "keys", "health", "testing/panic", "a/c.js", "a/nothing.js", "style/x.css", "nowhere"];

/** What is not the page of the site's own server says nothing of what was sent. */
async function silent(response, what) {
  const text = await response.text().catch(() => "");
  if (/problem\+json/.test(response.headers.get("content-type"))) {
    const all = text + JSON.stringify([...response.headers]);
    for (const value of marks) assert.ok(!all.includes(value), `${what}: ${response.status} says ${value}: ${text}`);
  }
}

test("whatever is sent to the privacy routes", async () => {
  for (const path of PATHS) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const bodies = method === "GET" || method === "DELETE" ? [() => []] : BODIES;
      for (const body of bodies) {
        const [type, text] = body();
        const address = `/.consentry/${path}?locale=${mark()}&age=${mark()}&${mark()}=${mark()}`;
        const more = { ...(type && { "content-type": type }), origin: method === "PUT" ? `https://${mark()}.example` : site.url };
        await silent(await site.fetch(address, { method, headers: { ...headers(), ...more }, body: text }), `${method} ${path}`);
      }
    }
    await silent(await site.fetch(`/.consentry/${path}/${mark()}`, { headers: headers() }), path);
  }
});

test("whatever goes wrong behind a page", async () => {
  for (const path of ["/", "/broken", "/short", "/error"]) {
    for (const method of ["GET", "POST"]) {
      const address = `${path}/${mark()}?${mark()}=${mark()}`;
      const init = { method, headers: { ...headers(), accept: "text/html" }, body: method === "POST" ? mark() : undefined };
      const response = await site.fetch(address, init).catch(() => undefined);
      if (response) await silent(response, path);
    }
  }
});

test("whatever is no HTTP", async () => {
  const { hostname, port } = new URL(site.url);
  for (const bytes of [
    `GET /${mark()} HTTP/1.1\r\nhost: ${mark()}\r\n${mark()}: \xff\xfe\r\n\r\n`,
    `POST /.consentry/consent HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\nzz${mark()}\r\n`,
    `${mark()} / HTTP/9.9\r\n\r\n`,
    `GET /%ff%fe${mark()}%00?${mark()}=%zz HTTP/1.1\r\nhost: x\r\ncookie: consentry=%ff${mark()}\r\n\r\n`,
  ]) {
    await new Promise((done) => {
      const socket = connect(Number(port), hostname, () => socket.end(Buffer.from(bytes, "latin1")));
      socket.on("data", () => {}).on("close", done).on("error", done).setTimeout(2000, () => socket.destroy());
    });
  }
});

test("what visitors do, with faults in between", async () => {
  const client = new Client(site, headers());
  delete client.headers.cookie;
  delete client.headers["signature-input"];
  await site.fetch("/.consentry/testing/faults", { method: "POST", body: JSON.stringify({ refuse_puts: 2 }) });
  await client.page(`/${mark()}`);
  await client.decide("accept-all");
  await client.request("me/exports", { method: "POST" });
  await client.decide("reject-all");
  await client.erase();
});

test("of all that nothing is left", async () => {
  assert.ok(marks.length > 5000, `${marks.length} marks`);
  const search = /mk\d+q[a-z0-9]{4,10}z/g;
  assert.ok(JSON.stringify(headers()).match(search).length > 20, "they would be found");
  await new Promise((done) => setTimeout(done, 1500));
  await site.fetch("/", { headers: { accept: "text/html" } });
  const asked = await site.fetch("/.consentry/lines?limit=1000", { headers: { authorization: `Bearer ${site.secrets.ADMIN_TOKEN}` } });
  const shown = await asked.text();
  assert.ok(JSON.parse(shown).lines.length > 100, "lines were kept");
  const left = { ...(await contents(site)), log: site.log.map((line) => Buffer.from(line)), lines: [Buffer.from(shown)] };
  for (const [where, all] of Object.entries(left)) {
    const text = all.map((bytes) => Buffer.from(bytes).toString("latin1")).join("\n");
    for (const [found] of text.matchAll(search)) assert.ok(!marks.includes(found), `${where} holds ${found}`);
  }
});
