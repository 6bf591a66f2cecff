// The builds of the SDK's core: WebAssembly and JavaScript, with the platform's Ed25519 and with our own. They give the
// same answers, and a page loads no more of them than it needs. The package is the one in pkg/dist/.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { MadeLog, leaves } from "../package/made-log.mjs";

const dist = new URL("../../pkg/dist/", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("../vectors.json", import.meta.url), "utf8"));
const receipts = vectors.filter(({ op }) => op === "receipt");
const { input: genuine } = receipts.find(({ name }) => name === "receipt");
const load = (name) => import(new URL(name, dist));

/** What a browser should find in a vector's receipt. */
function expected({ record, checkpoint, included, index, size, origin, problems }, claimed) {
  const wrong = [
    !record && claimed && "the signature is not the site's signature over this record",
    !checkpoint && claimed && "the signature is not the log's signature over this checkpoint",
  ];
  const all = [...problems, ...wrong.filter(Boolean)];
  const ok = all.length === 0;
  return { ok, signature: record, inclusion: included, checkpoint, index, size, origin, problems: all };
}

test("the core as JavaScript answers the vectors as the core does natively", async () => {
  const { verifyReceipt } = await load("sdk-plain.js");
  assert.ok(receipts.length >= 5);
  for (const { name, input, expect } of receipts) {
    const claimed = name !== "receipt-other-keys";
    assert.deepEqual(await verifyReceipt(input.receipt, input.keys), expected(expect, claimed), name);
  }
  assert.deepEqual((await verifyReceipt("no receipt", {})).problems, ["this is not a receipt"]);
});

test("the core as JavaScript works on after its memory has grown", async () => {
  const { verifyReceipt } = await load("sdk-plain.js");
  for (const length of [10_000, 4_000_000, 10]) {
    const receipt = structuredClone(genuine.receipt);
    receipt.record.privacy_notice.url = "\u{1f600}".repeat(length);
    const found = await verifyReceipt(receipt, genuine.keys);
    assert.deepEqual([found.ok, found.signature, found.checkpoint, found.size], [false, false, true, 5]);
    assert.equal((await verifyReceipt(genuine.receipt, genuine.keys)).ok, true);
  }
});

test("the core as JavaScript compares what a log was with what it is", async () => {
  const { verifyConsistency } = await load("sdk-plain.js");
  const log = new MadeLog();
  const keys = { log: [log.key.line], receipt: [] };
  const shown = log.checkpoint(leaves(123));
  for (const [size, odd, consistency, problem] of [
    [123, {}, true, null],
    [300, {}, true, null],
    [300, { 299: "another" }, true, null],
    [300, { 7: "another" }, false, "the log had 123 leaves and is now shown with 300: these are not the same with more after them"],
    [123, { 7: "another" }, false, "the log had 123 leaves and is now shown with 123: these are not the same with more after them"],
    [122, {}, false, "the log had 123 leaves and is now shown with 122: it lost some"],
  ]) {
    log.show(size, odd);
    const found = await verifyConsistency(shown, log.consistency(123), keys);
    assert.deepEqual(found, { consistency, seen: 123, now: size, checkpoint: log.note, problem });
  }
  log.show(300);
  const proof = log.consistency(123);
  const changed = proof.replace(/(\u2014 \S+ .{20})(.)/, (_, before, letter) => before + (letter === "A" ? "B" : "A"));
  const forged = await verifyConsistency(shown, changed, keys);
  assert.deepEqual([forged.consistency, forged.problem], [false, "the signature is not the log's signature over today's checkpoint"]);
  assert.equal((await verifyConsistency(shown, proof, { log: [], receipt: [] })).consistency, false, "an unknown key");
  assert.equal((await verifyConsistency(shown, "<!doctype html>", keys)).consistency, null);
});

test("our own Ed25519, in both forms", async () => {
  const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
  // RFC 8032 section 7.1, tests 1 to 3: key, message, signature.
  const rfc = [
    [
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
  ].map((row) => row.map(bytes));
  const wasm = await load("ed25519.js");
  await wasm.default({ module_or_path: readFileSync(new URL("ed25519.wasm", dist)) });
  for (const { verifyEd25519 } of [wasm, await load("ed25519-plain.js")]) {
    for (const [key, message, signature] of rfc) {
      assert.equal(verifyEd25519(key, message, signature), true);
      for (const [part, at] of [[message, 0], [signature, 0], [signature, 63], [key, 31]]) {
        if (at >= part.length) continue;
        part[at] ^= 1;
        assert.equal(verifyEd25519(key, message, signature), false);
        part[at] ^= 1;
      }
    }
    assert.equal(verifyEd25519(new Uint8Array(32), new Uint8Array(), new Uint8Array(64)), false, "a weak key");
    assert.equal(verifyEd25519(new Uint8Array(31), new Uint8Array(), new Uint8Array(64)), false);
    assert.equal(verifyEd25519(rfc[0][0], rfc[0][1], new Uint8Array(65)), false);
  }
});

test("what the SDK would look for is what ships", () => {
  const sdk = readFileSync(new URL("sdk.js", dist), "utf8");
  assert.ok(!sdk.includes("consentry_bg.wasm"), "the glue's own default path");
  for (const [, part] of sdk.matchAll(/"\.\/((?:sdk|ed25519)[\w-]*\.\w+)"/g)) readFileSync(new URL(part, dist));
});

let browser;
let server;
let base;
const asked = [];

const PAGE = '<!doctype html><meta charset="utf-8"><title>SDK</title><script type="module" src="/page.js"></script>';
const SCRIPT = 'import { verify } from "/dist/sdk.js"; window.check = (receipt) => verify(receipt, { base: "/api/" });';
const TYPES = { js: "text/javascript", wasm: "application/wasm" };

before(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const send = (type, body, headers = {}) => response.writeHead(200, { "content-type": type, ...headers }).end(body);
    if (pathname === "/") {
      const policy = [
        "default-src 'none'",
        `script-src 'self'${searchParams.get("also") ?? ""}`,
        "connect-src 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ];
      return send("text/html", PAGE, { "content-security-policy": policy.join("; ") });
    }
    if (pathname === "/page.js") return send(TYPES.js, SCRIPT);
    if (pathname === "/api/keys") return send("application/json", JSON.stringify(genuine.keys));
    const file = /^\/dist\/([\w-]+\.(js|wasm))$/.exec(pathname);
    if (!file) return response.writeHead(404).end();
    asked.push(file[1]);
    return send(TYPES[file[2]], readFileSync(new URL(file[1], dist)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}/`;
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** As a browser is that has WebCrypto, but not the curve. */
function withoutTheCurve() {
  SubtleCrypto.prototype.importKey = async () => {
    throw new DOMException("Unrecognized name.", "NotSupportedError");
  };
}

const withoutWebAssembly = () => delete globalThis.WebAssembly;
const WASM = " 'wasm-unsafe-eval'";

for (const [what, also, scripts, files] of [
  ["WebAssembly", WASM, [], ["sdk.js", "sdk.wasm"]],
  ["a policy without WebAssembly", "", [], ["sdk-plain.js", "sdk.js"]],
  ["a browser without WebAssembly", WASM, [withoutWebAssembly], ["sdk-plain.js", "sdk.js"]],
  ["no Ed25519", WASM, [withoutTheCurve], ["ed25519.js", "ed25519.wasm", "sdk.js", "sdk.wasm"]],
  [
    "a policy without WebAssembly, and no Ed25519",
    "",
    [withoutTheCurve],
    ["ed25519-plain.js", "sdk-plain.js", "sdk.js"],
  ],
]) {
  test(`in a page: ${what}`, async () => {
    asked.length = 0;
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(error.message));
      for (const script of scripts) await page.addInitScript(script);
      await page.goto(`${base}?also=${encodeURIComponent(also)}`);
      await page.waitForFunction(() => window.check);
      const forged = structuredClone(genuine.receipt);
      forged.record.purposes[0].status = "refused";
      const found = await page.evaluate((them) => Promise.all(them.map((it) => window.check(it))), [genuine.receipt, forged]);
      assert.deepEqual(found.map(({ ok }) => ok), [true, false]);
      assert.deepEqual([found[1].signature, found[1].inclusion, found[1].checkpoint], [false, false, true]);
      assert.deepEqual(asked.toSorted(), files);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}
