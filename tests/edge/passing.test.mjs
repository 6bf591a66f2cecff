// What the edge lets through as it is: streams, sockets, ranges, errors; from a server, another Worker, or files.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { isProblem, shopPolicy, startSite } from "./support.mjs";

const HTML = "<!doctype html><html><head><title>x</title></head><body>";
const FILM = Buffer.alloc(1000, "film");
const ACCEPT = { accept: "text/html" };

let site;
let answer;
let sockets = 0;

/** A server that answers as the test at hand says. */
async function startOrigin() {
  const server = createServer((request, response) => answer(request, response));
  server.on("upgrade", (request, socket) => {
    sockets += 1;
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    // One short frame comes, masked (RFC 6455, section 5.2); what is in it goes back.
    socket.on("data", (frame) => {
      if ((frame[0] & 15) !== 1) return socket.end();
      const length = frame[1] & 127;
      const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, at) => byte ^ frame[2 + (at % 4)]));
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
    });
    socket.on("error", () => {});
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

before(async () => {
  answer = (_, response) => response.end("x");
  site = await startSite({ origin: await startOrigin() });
});
after(() => site?.stop());

test("a web socket passes in both directions", async () => {
  const socket = new WebSocket(site.url.replace("http", "ws") + "/live");
  const heard = new Promise((done, failed) => {
    socket.onmessage = ({ data }) => done(data);
    socket.onerror = () => failed(new Error("the socket failed"));
  });
  socket.onopen = () => socket.send("hello");
  assert.equal(await heard, "hello");
  socket.close();
  assert.equal(sockets, 1);
});

test("what is no page is answered in parts", async () => {
  const asked = [];
  answer = (request, response) => {
    asked.push(request.headers.range);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range) ?? [];
    response.writeHead(206, { "content-type": "video/mp4", "content-range": `bytes ${from}-${to}/1000`, etag: '"1"' });
    response.end(FILM.subarray(+from, +to + 1));
  };
  const part = await site.fetch("/film.mp4", { headers: { range: "bytes=10-19" } });
  assert.deepEqual([part.status, part.headers.get("content-range"), part.headers.get("etag")], [206, "bytes 10-19/1000", '"1"']);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), FILM.subarray(10, 20));
  assert.deepEqual(asked, ["bytes=10-19"]);
});

test("a page is never answered in parts, nor as unchanged; a part that comes all the same may load nothing", async () => {
  let headers;
  answer = (request, response) => {
    headers = request.headers;
    response.writeHead(206, { "content-type": "text/html", "content-range": "bytes 0-9/99" });
    response.end('<img src="http://127.0.0.1:9101/x">');
  };
  const part = await site.fetch("/", { headers: { ...ACCEPT, range: "bytes=0-9", "if-none-match": '"1"', "if-range": '"1"' } });
  assert.deepEqual([headers.range, headers["if-none-match"], headers["if-range"]], [undefined, undefined, undefined]);
  assert.match(part.headers.get("content-security-policy"), /^default-src 'self'/);
  assert.equal(await part.text(), '<img src="http://127.0.0.1:9101/x">');
});

test("a page streams: its beginning is there before its end is made", async () => {
  let end;
  answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.write(`${HTML}<p>first</p>`);
    end = () => response.end("<p>last</p></body></html>");
  };
  // Compressed, it would wait for more.
  const page = await site.fetch("/", { headers: { ...ACCEPT, "accept-encoding": "identity" } });
  const reader = page.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("<p>first</p>")) text += (await reader.read()).value;
  assert.ok(text.includes('id="consentry"') && !text.includes("last"));
  end();
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
  assert.ok(text.endsWith("<p>last</p></body></html>"), text.slice(-100));
});

test("of a long page every byte arrives, in order, however slowly it is read", async () => {
  const parts = Array.from({ length: 40_000 }, (_, at) => `<p>${at} ${"x".repeat(at % 997)}</p>`);
  answer = async (_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.write(HTML);
    for (let at = 0; at < parts.length; at += 4000) {
      if (!response.write(parts.slice(at, at + 4000).join(""))) await new Promise((done) => response.once("drain", done));
    }
    response.end("</body></html>");
  };
  const page = await site.fetch("/", { headers: ACCEPT });
  let [text, pieces] = ["", 0];
  for await (const piece of page.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (pieces++ % 50 === 0) await new Promise((done) => setTimeout(done, 5));
  }
  assert.ok(text.includes('id="consentry"'));
  assert.ok(text.endsWith(`${parts.join("")}</body></html>`));
});

test("a page that comes again as it was becomes what it became, for the same visitors only", async () => {
  let price = 10;
  const tag = '<script src="http://127.0.0.1:9101/m.js"></script>';
  answer = (_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`${HTML}${tag}<p>${price} €</p></body></html>`);
  };
  const client = new Client(site);
  const first = (await client.page("/again")).text;
  assert.ok(first.includes("10 €") && first.includes('data-src="http://127.0.0.1:9101/m.js"'));
  for (let time = 0; time < 3; time++) assert.equal((await client.page("/again")).text, first);
  price = 11;
  for (let time = 0; time < 3; time++) assert.equal((await client.page("/again")).text, first.replace("10 €", "11 €"));
  await client.decide("accept-all");
  for (let time = 0; time < 3; time++) {
    const { text } = await client.page("/again");
    assert.ok(text.includes(`${tag}<p>11 €</p>`), "what they permit runs");
    assert.equal((await new Client(site).page("/again")).text, first.replace("10 €", "11 €"), "others permit nothing");
  }
  const elsewhere = (await new Client(site).page("/elsewhere")).text;
  assert.ok(elsewhere.includes("/elsewhere") && !elsewhere.includes("/again"), "the way back is each page's own");
});

test("what is sent streams too: the origin has its beginning before its end is sent", async () => {
  let heard;
  const first = new Promise((done) => (heard = done));
  answer = (request, response) => {
    let body = "";
    request.on("data", (chunk) => heard((body += chunk))).on("end", () => response.end(body));
  };
  const { hostname, port } = new URL(site.url);
  const socket = connect(+port, hostname);
  const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  socket.write("POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("first"));
  assert.equal(await first, "first");
  socket.write(`${chunk(", last")}0\r\n\r\n`);
  let text = "";
  for await (const data of socket) text += data;
  assert.match(text, /^HTTP\/1\.1 200/);
  assert.ok(text.includes("first, last"), text);
});

test("chunks that are none end the request, and the next is served", async () => {
  answer = (request, response) => request.on("data", () => {}).on("error", () => {}).on("end", () => response.end("x"));
  const { hostname, port } = new URL(site.url);
  for (const body of ["zz\r\nx\r\n0\r\n\r\n", "5\r\nx", "ffffffffffffffff\r\nx\r\n"]) {
    const socket = connect(+port, hostname);
    socket.on("error", () => {});
    socket.end(`POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    for await (const _ of socket);
  }
  assert.equal((await site.fetch("/")).status, 200);
});

test("compressed pages are read, and asked for in encodings that can be", async () => {
  const { gzipSync, brotliCompressSync } = await import("node:zlib");
  for (const [encoding, pack] of [["gzip", gzipSync], ["br", brotliCompressSync]]) {
    let asked;
    answer = (request, response) => {
      asked = request.headers["accept-encoding"];
      response.writeHead(200, { "content-type": "text/html", "content-encoding": encoding });
      response.end(pack(`${HTML}<script src="http://127.0.0.1:9101/x"></script></body></html>`));
    };
    const page = await (await site.fetch("/", { headers: { ...ACCEPT, "accept-encoding": "zstd, br, gzip" } })).text();
    assert.equal(asked, "gzip, br");
    assert.ok(page.includes('id="consentry"') && page.includes('data-src="http://127.0.0.1:9101/x"'), encoding);
  }
});

test("the site's errors and redirects are its own", async () => {
  for (const status of [301, 302, 404, 410, 418, 500, 503]) {
    answer = (_, response) => response.writeHead(status, { "content-type": "text/plain", location: "/there", "x-own": "y" }).end("own words");
    const passed = await site.fetch("/here");
    assert.deepEqual([passed.status, passed.headers.get("x-own"), passed.headers.get("location"), await passed.text()], [status, "y", "/there", "own words"]);
  }
});

test("a connection that breaks is no answer of ours", async () => {
  answer = (request) => request.socket.destroy();
  isProblem(await new Client(site).request("/broken"), 503);
  answer = (_, response) => response.end("x");
  assert.equal((await site.fetch("/")).status, 200);
});

test("no address leads anywhere but to the site", async () => {
  const asked = [];
  answer = (request, response) => {
    asked.push(request.url);
    response.end("x");
  };
  const { hostname, port } = new URL(site.url);
  const targets = ["//evil.example/x", "/@evil.example/x", "/https://evil.example/x", "/\\evil.example/x", "/..//evil.example"];
  for (const target of targets) {
    const socket = connect(+port, hostname);
    socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    let text = "";
    for await (const data of socket) text += data;
    assert.match(text, /^HTTP\/1\.1 (200|400)/, target);
  }
  assert.ok(asked.length >= 4, "the site was asked");
  assert.ok(asked.every((url) => url.startsWith("/")), asked.join(" "));
});

test("a flood of headers is answered, or refused by the platform", async () => {
  answer = (_, response) => response.end("x");
  const headers = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x-flood-${at}`, "203.0.113.77 ".repeat(4)]));
  assert.ok([200, 400, 413, 431].includes((await site.fetch("/", { headers })).status));
  assert.equal((await site.fetch("/")).status, 200);
});

test("cookies of the site's own that nobody declares pass or stop, as the policy says", async () => {
  let sent;
  answer = (request, response) => {
    sent = request.headers.cookie;
    response.setHeader("set-cookie", ["basket=1; Path=/", "consentry=forged; Path=/", "__Host-consentry-device=forged; Path=/; Secure"]);
    response.writeHead(200, { "content-type": "text/html" }).end(`${HTML}</body></html>`);
  };
  const headers = { ...ACCEPT, cookie: "basket=1; pv_1=2" };
  const passed = await site.fetch("/", { headers });
  assert.equal(sent, "basket=1");
  assert.deepEqual(passed.headers.getSetCookie().filter((line) => !/Max-Age=0/.test(line)), ["basket=1; Path=/"]);
  const policy = shopPolicy();
  policy.edge = { undeclared_cookies: "stop" };
  assert.equal((await site.adopt(policy)).status, 200);
  const stopped = await site.fetch("/", { headers });
  assert.equal(sent, undefined);
  assert.deepEqual(stopped.headers.getSetCookie().filter((line) => !/Max-Age=0/.test(line)), []);
  const last = site.log.filter((line) => line.includes('"route":"site"')).map((line) => JSON.parse(line)).at(-1);
  assert.deepEqual(last.cookies_undeclared, ["basket"]);
  await site.adopt(shopPolicy());
});

test("with a page go the ends of cookies that are not permitted, of parent domains too", async () => {
  answer = (_, response) => response.writeHead(200, { "content-type": "text/html" }).end(`${HTML}</body></html>`);
  const { hostname, port } = new URL(site.url);
  const socket = connect(+port, hostname);
  socket.end("GET / HTTP/1.1\r\nHost: www.shop.example\r\nCookie: pv_1=2; theme=dark\r\nConnection: close\r\n\r\n");
  let text = "";
  for await (const data of socket) text += data;
  const ended = [...text.matchAll(/^set-cookie: (.*)\r$/gim)].map(([, line]) => line);
  assert.deepEqual(ended, [
    "pv_1=; Path=/; Max-Age=0",
    "pv_1=; Path=/; Max-Age=0; Domain=www.shop.example",
    "pv_1=; Path=/; Max-Age=0; Domain=shop.example",
  ]);
});

test("the origin is told what the policy says, and no more", async () => {
  let told;
  answer = (request, response) => {
    told = request.headers;
    response.end("x");
  };
  const ua = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.1.2 Safari/537.36";
  const headers = {
    "cf-connecting-ip": "203.0.113.77", "user-agent": ua, referer: "https://a.example/b?c=d", "sec-ch-ua-mobile": "?0", "sec-ch-ua-model": '"X"',
  };
  const policy = shopPolicy();
  for (const [detail, expected] of [
    ["none", [undefined, undefined, undefined, undefined, undefined]],
    ["reduced", ["203.0.113.0", "Chrome 156; Windows; desktop", "https://a.example/", "?0", undefined]],
    ["whole", ["203.0.113.77", ua, "https://a.example/b?c=d", "?0", '"X"']],
  ]) {
    policy.edge = { origin: { address: detail, user_agent: detail, referrer: detail, client_hints: detail } };
    assert.equal((await site.adopt(policy)).status, 200, detail);
    await site.fetch("/", { headers });
    const names = ["x-forwarded-for", "user-agent", "referer", "sec-ch-ua-mobile", "sec-ch-ua-model"];
    assert.deepEqual(names.map((name) => told[name]), expected, detail);
  }
  await site.adopt(shopPolicy());
});

test("a page may be kept from loading anything that is not declared", async () => {
  answer = (_, response) => {
    response.setHeader("content-security-policy", "img-src *");
    response.writeHead(200, { "content-type": "text/html" }).end(`${HTML}</body></html>`);
  };
  const policy = shopPolicy();
  policy.edge = { undeclared_hosts: "stop" };
  assert.equal((await site.adopt(policy)).status, 200);
  const client = new Client(site);
  const csp = async () => (await client.page()).headers.get("content-security-policy");
  assert.equal(await csp(), "img-src *, default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:");
  await client.decide("selection", { purposes: ["analytics"] });
  assert.equal(await csp(), "img-src *, default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: 127.0.0.1:9101");
  await site.adopt(shopPolicy());
});

test("a page that trusts hashes alone is told ours", async () => {
  answer = (_, response) => {
    response.setHeader("content-security-policy", "script-src 'sha256-AAAA' 'strict-dynamic'; style-src 'none'; connect-src 'none'");
    response.writeHead(200, { "content-type": "text/html" }).end(`${HTML}</body></html>`);
  };
  const page = await site.fetch("/", { headers: ACCEPT });
  const [, path, hash] = /<script async src="([^"]+)" integrity="(sha256-[^"]+)">/.exec(await page.text());
  const bytes = Buffer.from(await (await site.fetch(path)).arrayBuffer());
  assert.equal(hash, `sha256-${createHash("sha256").update(bytes).digest("base64")}`);
  const csp = page.headers.get("content-security-policy");
  assert.ok(csp.startsWith(`script-src 'sha256-AAAA' 'strict-dynamic' '${hash}'`), csp);
  assert.ok(csp.endsWith(`; style-src ${site.url}/.consentry/; connect-src ${site.url}/.consentry/`), csp);
});

test("the site may be another Worker", async () => {
  const asked = [];
  const service = async (request) => {
    asked.push([request.url, request.headers.get("x-forwarded-for"), request.method === "POST" ? await request.text() : ""]);
    return new Response(`${HTML}<p>bound</p></body></html>`, { headers: { "content-type": "text/html" } });
  };
  const bound = await startSite({ origin: { url: "", close() {} }, service });
  try {
    const page = await (await bound.fetch("/a?b=c", { headers: { ...ACCEPT, "cf-connecting-ip": "203.0.113.77" } })).text();
    assert.ok(page.includes("<p>bound</p>") && page.includes('id="consentry"'));
    await bound.fetch("/form", { method: "POST", body: "a=b" });
    assert.deepEqual(asked.slice(-2), [[`${bound.url}/a?b=c`, "203.0.113.0", ""], [`${bound.url}/form`, "127.0.0.0", "a=b"]]);
  } finally {
    await bound.stop();
  }
});

test("the site may be a folder of files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "consentry-files-"));
  writeFileSync(join(folder, "index.html"), `${HTML}<p>a file</p></body></html>`);
  writeFileSync(join(folder, "app.js"), "1");
  const files = await startSite({ origin: { url: "", close() {} }, assets: folder });
  try {
    const page = await (await files.fetch("/", { headers: ACCEPT })).text();
    assert.ok(page.includes("<p>a file</p>") && page.includes('id="consentry"'), page.slice(0, 200));
    assert.equal(await (await files.fetch("/app.js")).text(), "1");
  } finally {
    await files.stop();
    rmSync(folder, { recursive: true });
  }
});
