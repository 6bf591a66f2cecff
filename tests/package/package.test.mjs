// The package as a project gets it: packed, installed into empty folders, built by what people build with, and run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { Miniflare } from "miniflare";
import { build as vite } from "vite";
import webpack from "webpack";
import { startBrowser } from "../browser.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
/** npm of the system, without a network: the package depends on nothing. */
const npm = (folder, ...args) =>
  run("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, maxBuffer: 1e7 });

const POLICY = {
  version: 1,
  site: { id: "fern-clay", name: "Fern & Clay" },
  controller: { name: "Fern & Clay Ltd", address: "1 Kiln Lane, Dublin", email: "privacy@fern-clay.example" },
  privacy_notice: "/privacy",
  purposes: [
    {
      id: "necessary", essential: true, basis: "contract",
      name: { en: "Necessary" }, description: { en: "Keeps your basket." },
    },
    {
      id: "analytics", essential: false, basis: "consent",
      name: { en: "Analytics" }, description: { en: "Counts visits." },
    },
  ],
  services: [
    {
      id: "metrics", purpose: "analytics", name: "Plain Metrics",
      recipient: { name: "Plain Metrics GmbH", country: "DE" }, hosts: ["metrics.example"],
    },
  ],
  consent: { proof: { retention: "P3Y", ground: "to defend legal claims (GDPR Article 17(3)(e))" } },
  locales: { default: "en" },
};

/** A receipt with the keys of its site. */
const vectors = JSON.parse(readFileSync(join(root, "tests/vectors.json"), "utf8"));
const { receipt, keys } = (vectors.vectors ?? vectors).find(({ name }) => name === "receipt").input;
const { proof } = receipt.evidence;
const checkpoint = proof.slice(proof.indexOf("\n\n") + 2);

/** What every page of these tests does with the package. */
const APP = `import { init, verify } from "consentry";
const handle = init();
handle.ready.then(async () => {
  const found = await verify(${JSON.stringify(receipt)});
  window.result = {
    same: handle === init() && handle === window.consentry,
    accepted: handle.accepted("analytics"),
    undecided: handle.state().undecided,
    verified: found.ok,
    compared: found.consistency,
    problems: found.problems,
  };
}).catch((problem) => (window.result = { failed: String(problem) }));
`;

let work;
let tarball;
let browser;
let parts;

before(async () => {
  work = mkdtempSync(join(tmpdir(), "consentry-package-"));
  const { stdout } = await npm(join(root, "pkg"), "pack", "--json", "--pack-destination", work);
  const [packed] = Object.values(JSON.parse(stdout));
  tarball = join(work, packed.filename);
  browser = await startBrowser();
  const folder = await project("parts", { "policy.json": JSON.stringify(POLICY) });
  const cli = join(folder, "node_modules/consentry/dist/cli.js");
  await run(process.execPath, [cli, "prerender", "policy.json", "--out", "made"], { cwd: folder });
  parts = join(folder, "made");
});

after(async () => {
  await browser?.close();
  rmSync(work, { recursive: true, force: true });
});

/** A fresh project with the package installed. */
async function project(name, files) {
  const folder = join(work, name);
  const own = { "package.json": JSON.stringify({ type: "module", private: true }) };
  for (const [path, text] of Object.entries({ ...own, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await npm(folder, "install", tarball);
  return folder;
}

/** A page that carries what `consentry prerender` made, and a script of the project's. */
function html(script) {
  const page = readFileSync(join(parts, "page.en.opt-in.html"), "utf8").replace(/<script async[^>]*><\/script>/, "");
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
</head><body>${page}${script}</body></html>`;
}

const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Opens a folder's page in Chromium, and gives what its script left behind and what went wrong. */
async function open(folder, path = "/index.html", wait = () => window.result) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://site.invalid");
    const send = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
    if (pathname === "/.consentry/keys") return send("application/json", JSON.stringify(keys));
    // The log has not grown since: the checkpoint is still the receipt's.
    if (pathname === "/.consentry/log/consistency/5") return send("text/plain", `old 5\n\n${checkpoint}`);
    const own = pathname.startsWith("/.consentry/") ? join(parts, pathname.slice(12)) : join(folder, pathname);
    try {
      return send(TYPES[extname(own)] ?? "application/octet-stream", readFileSync(own));
    } catch {
      return response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("response", (response) => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`));
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}${path}`);
    const left = await page.waitForFunction(wait, null, { timeout: 20_000 }).catch((problem) => {
      throw Error([problem.message, ...errors].join("\n"));
    });
    const result = await left.jsonValue();
    return { result, errors, asks: await page.locator("#consentry").isVisible(), cookies: await context.cookies() };
  } finally {
    await context.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

/** What a page does wherever its script was built. */
function assertWorks({ result, errors, asks, cookies }) {
  assert.deepEqual(errors, []);
  assert.deepEqual(result, { same: true, accepted: false, undecided: ["analytics"], verified: true, compared: true, problems: [] });
  assert.equal(asks, true, "the banner is open");
  assert.deepEqual(cookies, [], "nothing is stored before a choice");
}

test("the tarball holds what a project needs, and no more", async () => {
  const { stdout } = await npm(join(root, "pkg"), "pack", "--json", "--dry-run");
  const [packed] = Object.values(JSON.parse(stdout));
  const files = packed.files.map(({ path }) => path);
  for (const file of ["LICENSE", "README.md", "package.json", "policy.schema.json", "dist/index.js", "dist/index.d.ts",
    "dist/loader.js", "dist/sdk.js", "dist/sdk.wasm", "dist/cli.js", "dist/cli/core.wasm", "dist/consentry.css"]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
  assert.deepEqual(files.filter((file) => /^(src|tests)\/|\.test\.|tsconfig|build\.mjs/.test(file)), []);
  const { dependencies, exports: exported } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
  assert.deepEqual(dependencies ?? {}, {});
  const named = Object.values(exported).flatMap((one) => (typeof one === "string" ? [one] : Object.values(one)));
  for (const file of named) assert.ok(files.includes(file.slice(2)), `${file} is exported and not packed`);
  // Lists of blockers match names: what they would stop must not be called that.
  for (const file of files) assert.doesNotMatch(file, /cookie|consent-?banner|cmp|gdpr|track/i);
});

test("the installed command runs", async () => {
  const folder = await project("command", { "policy.json": JSON.stringify(POLICY) });
  const command = join(folder, "node_modules/.bin/consentry");
  const { version } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
  assert.equal((await run(command, ["--version"], { cwd: folder })).stdout, `${version}\n`);
  assert.equal(statSync(command).mode & 0o111 && 1, 1, "it may be run");
  await run(command, ["check", "policy.json"], { cwd: folder });
});

test("its types compile, in a bundler's way and in Node's", async () => {
  const app = `import { accept, init, onChange, verify } from "consentry";
import type { Consentry, Plan, Policy, Verification } from "consentry";
declare const plan: Plan;
const handle: Consentry = init({ plan, ui: false });
const given: string[] = handle.given();
const end: () => void = onChange(() => {});
export const found: Promise<Verification> = verify();
window.consentry?.show();
addEventListener("consentry:consent", ({ detail }) => console.log(detail.given, detail.refused));
// @ts-expect-error a purpose is a text
handle.accepted(1);
export const policy: Policy = ${JSON.stringify(POLICY)};
export { accept, end, given };`;
  const folder = await project("types", { "app.ts": app });
  const tsc = join(dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")), "bin/tsc");
  for (const [module, resolution] of [["ESNext", "bundler"], ["NodeNext", "NodeNext"]]) {
    const options = ["--noEmit", "--strict", "--target", "ES2022", "--lib", "ES2022,DOM,DOM.Iterable", "--types", ""];
    await run(process.execPath, [tsc, ...options, "--module", module, "--moduleResolution", resolution, "app.ts"], {
      cwd: folder,
    }).catch(({ stdout }) => assert.fail(`${module}: ${stdout}`));
  }
});

test("Vite builds it", async () => {
  const page = html(`<script type="module" src="/app.js"></script>`);
  const folder = await project("vite", { "app.js": APP, "index.html": page });
  // What is served as it is lies in Vite's public folder.
  cpSync(parts, join(folder, "public/.consentry"), { recursive: true });
  await vite({ root: folder, logLevel: "error", configFile: false });
  assertWorks(await open(join(folder, "dist")));
});

test("webpack builds it", async () => {
  const page = html(`<script src="/dist/main.js"></script>`);
  const folder = await project("webpack", { "app.js": APP, "index.html": page });
  const compiler = webpack({
    mode: "production",
    context: folder,
    entry: "./app.js",
    output: { path: join(folder, "dist"), publicPath: "/dist/" },
    performance: false,
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors.map(({ message }) => message), []);
  assertWorks(await open(folder));
});

test("esbuild builds it, with the WebAssembly copied beside", async () => {
  const folder = await project("esbuild", {
    "app.js": APP,
    "index.html": html(`<script type="module" src="/out/app.js"></script>`),
  });
  await esbuild({
    absWorkingDir: folder,
    entryPoints: ["app.js"],
    bundle: true,
    format: "esm",
    splitting: true,
    outdir: "out",
    logLevel: "error",
  });
  for (const name of ["sdk.wasm", "ed25519.wasm"]) {
    copyFileSync(join(folder, "node_modules/consentry/dist", name), join(folder, "out", name));
  }
  assertWorks(await open(folder));
});

test("a page without a bundler has the tag", async () => {
  const folder = await project("tag", {
    "index.html": html(`<script async src="/node_modules/consentry/dist/loader.js"></script>`),
  });
  const wait = () => window.consentry?.ready?.then(() => ({ undecided: window.consentry.state().undecided }));
  const { result, errors, asks } = await open(folder, "/index.html", wait);
  assert.deepEqual([result, errors, asks], [{ undecided: ["analytics"] }, [], true]);
});

test("server rendering imports it, and nothing happens", async () => {
  const folder = await project("ssr", {
    "server.mjs": `import { init, accepted, given } from "consentry";
const handle = init();
await handle.ready;
console.log(JSON.stringify([handle.accepted("analytics"), accepted("analytics"), given(), "window" in globalThis]));`,
  });
  const { stdout, stderr } = await run(process.execPath, ["server.mjs"], { cwd: folder });
  assert.deepEqual([JSON.parse(stdout), stderr], [[false, false, [], false], ""]);
});

test("a Worker imports it, and nothing is permitted there", async () => {
  const folder = await project("worker", {
    "worker.js": `import { init } from "consentry";
export default { async fetch() { const handle = init(); await handle.ready; return Response.json(handle.state()); } };`,
  });
  await esbuild({
    absWorkingDir: folder,
    entryPoints: ["worker.js"],
    bundle: true,
    format: "esm",
    outfile: "out/worker.js",
    logLevel: "error",
  });
  const worker = new Miniflare({
    modules: [{ type: "ESModule", path: join(folder, "out/worker.js") }],
    modulesRoot: join(folder, "out"),
    compatibilityDate: "2026-07-01",
  });
  try {
    const answer = await worker.dispatchFetch("http://worker.invalid/");
    const { given, undecided } = await answer.json();
    assert.deepEqual([given, undecided], [[], []]);
  } finally {
    await worker.dispose();
  }
});
