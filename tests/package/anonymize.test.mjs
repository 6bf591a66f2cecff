// The anonymiser as people get it: on the command line, in Node.js, in a Worker and in a page.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { Miniflare } from "miniflare";
import { startBrowser } from "../browser.mjs";

const dist = fileURLToPath(new URL("../../pkg/dist/", import.meta.url));
const CLI = join(dist, "cli.js");

let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "consentry-anonymize-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the tool; `input` is a text, or pieces that are written one by one. */
function run(args, input = "") {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder });
    const out = [];
    let err = "";
    child.stdout.on("data", (data) => out.push(data));
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    child.on("error", failed).on("close", (code) => done({ code, out: Buffer.concat(out).toString(), err }));
    child.stdin.on("error", () => {});
    (async () => {
      for (const piece of [input].flat()) if (!child.stdin.write(piece)) await new Promise((go) => child.stdin.once("drain", go));
      child.stdin.end();
    })();
  });
}

const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.8078.79 Safari/537.36";
const ENTRY = {
  ip: "203.0.113.77", user_agent: AGENT, url: "https://www.example.com/orders/83112?mail=greta@example.com", api_key: "sk_live_4711",
  message: "greta@example.com paid with 4111 1111 1111 1111", user_id: "greta", status: 200,
};
const ANONYMOUS = {
  ip: "203.0.113.0/24", user_agent: "Chrome 156; Linux; desktop", url: "https://www.example.com/orders/:id?mail=", api_key: "[secret]",
  message: "[email] paid with [card]", user_id: null, status: 200,
};
const RAW = /203\.0\.113\.77|8078|83112|greta|sk_live|4111/;

test("anonymize: entries in, entries without people out", async () => {
  const { code, out, err } = await run(["anonymize", "--report"], `${JSON.stringify(ENTRY)}\n\r\n${JSON.stringify([ENTRY, 1])}\n`);
  assert.equal(code, 0, err);
  assert.deepEqual(out.trim().split("\n").map((line) => JSON.parse(line)), [ANONYMOUS, [ANONYMOUS, 1]]);
  const report = JSON.parse(err);
  assert.deepEqual([report.entries, report.left_out, report.reduced, report.dropped], [2, 0, 6, 2]);
  assert.deepEqual(report.found, { email: 2, card: 2, secret: 2 });
});

test("anonymize: what cannot be read is left out and counted, never given back", async () => {
  const long = `{"a":"greta@example.com${"x".repeat(1 << 20)}"}`;
  const latin = Buffer.from('{"a":"gret\xe9"}\n', "latin1");
  const { code, out, err } = await run(["anonymize"], ["greta@example.com\n", '{"a":"greta"\n', `${long}\n`, latin, '{"a":"greta\\ud83d"}\n', '{"b":1}']);
  assert.equal(code, 1);
  assert.equal(out, '{"b":1}\n');
  assert.match(err, /^5 of the lines/);
  assert.doesNotMatch(err, RAW);
});

test("anonymize: rules and keys from files, and what is wrong with them", async () => {
  writeFileSync(join(folder, "rules.json"), '{"fields":{"ip":{"v4":16,"v6":32},"url":{"parts":"path"}}}');
  writeFileSync(join(folder, "key.txt"), `k1:${"E".repeat(43)}\n`);
  const { out } = await run(["anonymize", "--rules", "rules.json", "--key-file", "key.txt"], JSON.stringify(ENTRY));
  const entry = JSON.parse(out);
  assert.equal(entry.ip, "203.0.0.0/16");
  assert.equal(entry.url, "https://www.example.com/orders/:id");
  assert.match(entry.user_id, /^k1\.[\w-]{22}$/);
  writeFileSync(join(folder, "wrong.json"), '{"fields":{"ip":{"v4":32,"v6":48}}}');
  for (const [args, says] of [
    [["--rules", "wrong.json"], /wrong\.json: /],
    [["--rules", "nowhere.json"], /nowhere\.json cannot be read/],
    [["--key-file", "rules.json"], /key/],
    [["--rule", "x"], /did you mean --rules/],
  ]) {
    const { code, err } = await run(["anonymize", ...args]);
    assert.equal(code, 2);
    assert.match(err, says);
    assert.doesNotMatch(err, /should not have happened/);
  }
});

test("scrub: text in, text out, whatever the pieces", async () => {
  const text = "From greta@example.com, card 4111 1111 1111 1111, at 203.0.113.77.\npassword=hunter2 ünicode €\n";
  const whole = await run(["scrub", "--report"], text);
  assert.equal(whole.out, "From [email], card [card], at [ip].\npassword=[secret] ünicode €\n");
  assert.deepEqual(JSON.parse(whole.err), { email: 1, card: 1, ip: 1, secret: 1 });
  const pieces = [...Buffer.from(text)].map((byte) => Buffer.of(byte));
  assert.equal((await run(["scrub"], pieces)).out, whole.out);
  assert.equal((await run(["scrub"], Buffer.from("\xff\xfe greta@example.com", "latin1"))).out, "\ufffd\ufffd [email]");
  writeFileSync(join(folder, "a.log"), text);
  assert.equal((await run(["scrub", "a.log", "a.log"])).out, whole.out.repeat(2));
  assert.equal((await run(["scrub", "nowhere.log"])).code, 2);
});

test("scrub: 64 MB go through in a few", async () => {
  const line = "2026-11-22T09:00:00Z INFO request done in 23 ms by greta@example.com\n".repeat(1000);
  const child = spawn(process.execPath, ["--max-old-space-size=48", CLI, "scrub"], { cwd: folder });
  let bytes = 0;
  let raw = false;
  child.stdout.on("data", (data) => {
    bytes += data.length;
    raw ||= data.includes("greta@example.com");
  });
  const ended = new Promise((done) => child.on("close", done));
  for (let i = 0; i < 930; i++) if (!child.stdin.write(line)) await new Promise((go) => child.stdin.once("drain", go));
  child.stdin.end();
  assert.equal(await ended, 0);
  assert.ok(!raw);
  assert.equal(bytes, line.replaceAll("greta@example.com", "[email]").length * 930);
});

test("ua: one a line", async () => {
  const { out } = await run(["ua"], `${AGENT}\nnothing known/1\n`);
  assert.deepEqual(out.trim().split("\n").map((line) => JSON.parse(line)), [
    { browser: "Chrome", major: 156, system: "Linux", device: "desktop" },
    { browser: "Other", major: null, system: "Other", device: "other" },
  ]);
});

test("in Node.js, at once", async () => {
  const own = await import(join(dist, "anonymize.node.js"));
  const before = structuredClone(ENTRY);
  assert.deepEqual(own.anonymize(ENTRY), ANONYMOUS);
  assert.deepEqual(ENTRY, before, "the entry itself stays as it is");
  assert.equal(own.scrub("mail greta@example.com\nnow"), "mail [email]\nnow");
  assert.deepEqual(own.scrubCounted(""), { text: "", found: {} });
  assert.deepEqual(own.anonymizeCounted({ password: "x" }).report, { found: { secret: 1 }, reduced: 0, pseudonyms: 0, dropped: 0 });
  assert.equal(own.reduceIp("[2001:db8:85a3::1]:443"), "2001:db8:85a3::/48");
  assert.equal(own.reduceIp("greta"), undefined);
  await own.ready();
  assert.throws(() => own.anonymize(undefined), /JSON has a form/);
  assert.throws(() => own.anonymize({}, { fields: { nonsense: 1 } }), /nonsense/);
  assert.deepEqual(own.anonymize({ a: "greta@example.com" }), { a: "[email]" }, "an error leaves the module in order");
});

test("in Node.js: an entry as text, and by rules that change", async () => {
  const own = await import(join(dist, "anonymize.node.js"));
  const text = JSON.stringify(ENTRY);
  assert.deepEqual(JSON.parse(own.anonymizeJson(text)), ANONYMOUS);
  assert.equal(own.anonymizeJson('{"b":1, "a":"greta@example.com ü"}'), '{"b":1,"a":"[email] ü"}');
  const long = JSON.stringify({ a: "ü€ greta@example.com ".repeat(5000) });
  assert.equal(own.anonymizeJson(long), long.replaceAll("greta@example.com", "[email]"));
  for (const wrong of ["", "greta", `${text}greta`, '"\\ud83d"']) {
    assert.throws(() => own.anonymizeJson(wrong), (problem) => /not JSON/.test(problem.message) && !RAW.test(problem.message));
  }
  const rules = { key: `k1:${"E".repeat(43)}` };
  const { user_id } = own.anonymize(ENTRY, rules);
  assert.match(user_id, /^k1\.[\w-]{22}$/);
  rules.key = `k2:${"I".repeat(43)}`;
  assert.match(own.anonymize(ENTRY, rules).user_id, /^k2\./);
  rules.fields = { url: { parts: "path" } };
  assert.equal(own.anonymize(ENTRY, rules).url, "https://www.example.com/orders/:id");
  rules.fields.url.parts = "origin";
  assert.equal(own.anonymize(ENTRY, rules).url, "https://www.example.com");
  assert.deepEqual(own.anonymize(ENTRY), ANONYMOUS);
  for (const wrong of [{ keys: 1 }, { key: "k1:greta" }, { key: 1 }]) assert.throws(() => own.anonymize(ENTRY, wrong));
  assert.deepEqual(own.anonymize(ENTRY, {}), ANONYMOUS);
});

test("in Node.js: a log as a stream, however it is cut", async () => {
  const own = await import(join(dist, "anonymize.node.js"));
  const log = Buffer.from(`${JSON.stringify(ENTRY)}\ngreta\n\n{"a":"gretä@example.com €"}\r\n{"b":2}`);
  for (const size of [1, 7, 64, log.length]) {
    let report;
    const stream = own.anonymizeStream({}, (given) => (report = given));
    const pieces = Array.from({ length: Math.ceil(log.length / size) }, (_, at) => log.subarray(at * size, (at + 1) * size));
    const out = await new Response(ReadableStream.from(pieces).pipeThrough(stream)).text();
    assert.deepEqual(out.split("\n").slice(0, -1).map((line) => JSON.parse(line)), [ANONYMOUS, { a: "[email] €" }, { b: 2 }]);
    assert.deepEqual(report, { entries: 3, left_out: 1, found: { email: 2, card: 1, secret: 1 }, reduced: 3, pseudonyms: 0, dropped: 1 });
  }
  assert.throws(() => own.anonymizeStream({ fields: { nonsense: 1 } }), /nonsense/);
});

const TELLS = `import * as own from "consentry/anonymize";
await own.ready();
export const result = { entry: own.anonymize(${JSON.stringify(ENTRY)}), text: own.scrub("greta@example.com") };
`;

/** The package by its name, as its `exports` say under a condition. */
const byName = (condition) => ({
  name: "by-name",
  setup({ onResolve }) {
    const { exports } = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
    onResolve({ filter: /^consentry\// }, () => ({ path: join(dist, "..", exports["./anonymize"][condition]) }));
  },
});

test("in a Worker, at once", async () => {
  const file = join(folder, "worker.js");
  const contents = `${TELLS}export default { fetch: () => Response.json(result) };`;
  await esbuild({
    stdin: { contents, resolveDir: folder }, outfile: file, bundle: true, format: "esm", target: "es2022", logLevel: "error",
    plugins: [byName("workerd")], external: ["./anonymize-fast.wasm"],
  });
  const modules = [
    { type: "ESModule", path: "worker.js", contents: readFileSync(file, "utf8") },
    { type: "CompiledWasm", path: "anonymize-fast.wasm", contents: readFileSync(join(dist, "anonymize-fast.wasm")) },
  ];
  const mf = new Miniflare({ modules, compatibilityDate: "2026-07-01" });
  try {
    assert.deepEqual(await (await mf.dispatchFetch("http://x/")).json(), { entry: ANONYMOUS, text: "[email]" });
  } finally {
    await mf.dispose();
  }
});

test("in a page, before anything leaves it", async () => {
  const made = await esbuild({
    stdin: { contents: `${TELLS}globalThis.result = result;`, resolveDir: folder }, bundle: true, format: "esm", target: "es2022", write: false,
    logLevel: "error", plugins: [byName("default")],
  });
  const files = {
    "/": ["text/html", '<!doctype html><meta charset="utf-8"><title>x</title><script type="module" src="/app.js"></script>'],
    "/app.js": ["text/javascript", made.outputFiles[0].text],
    "/anonymize.wasm": ["application/wasm", readFileSync(join(dist, "anonymize.wasm"))],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ["text/plain", ""];
    response.writeHead(files[request.url] ? 200 : 404, {
      "content-type": type, "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
    }).end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const left = await page.waitForFunction(() => globalThis.result, null, { timeout: 20_000 });
    assert.deepEqual(await left.jsonValue(), { entry: ANONYMOUS, text: "[email]" });
  } finally {
    await browser.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});
