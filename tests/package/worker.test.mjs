// `consentry/worker` as a project gets it: packed, installed, bundled into a Worker of its own, and run.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Client } from "../edge/client.mjs";
import { eventually, isProblem, startSite } from "../edge/support.mjs";
import { hosted, nothing } from "../library/hosted.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

const WORKER = `import { finish, privacy, scheduled, serve } from "consentry/worker";
import type { Env } from "consentry/worker";
export { AuditLog, Registry, Subject } from "consentry/worker";

const page = () => {
  const headers = new Headers({ "content-type": "text/html; charset=utf-8" });
  headers.append("set-cookie", "basket=1; Path=/");
  headers.append("set-cookie", "pv_id=7; Path=/");
  const body = \`<!doctype html><html lang="en"><head><title>Shop</title></head><body><main>
<script src="http://127.0.0.1:9101/m.js"></script></main></body></html>\`;
  return new Response(body, { headers });
};

export default {
  async fetch(request: Request, env: Env, context: { waitUntil(promise: Promise<unknown>): void }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/hello") return Response.json({ hello: "there" }, { headers: { "set-cookie": "pv_api=1" } });
    if (pathname === "/own") {
      const answer = await privacy(request, env, context);
      return Response.json({ none: answer === undefined, body: await request.text() });
    }
    if (pathname === "/served") return serve(request, env, context);
    if (pathname === "/twice") {
      const used = page();
      await used.text();
      return finish(request, used, env, context);
    }
    if (pathname === "/form") {
      const said = await request.text();
      return finish(request, Response.redirect(new URL("/?" + said, request.url).href, 303), env, context);
    }
    if (pathname === "/file") return finish(request, new Response("pv", { status: 404, headers: { etag: '"1"' } }), env, context);
    if (pathname.startsWith("/trap/")) {
      const trapped = { get url(): string { throw new WebAssembly.RuntimeError("unreachable"); } } as never;
      return pathname === "/trap/finish" ? finish(trapped, page(), env, context) : privacy(trapped, env, context);
    }
    if (pathname === "/wrong") return finish(request, "ann@example.com" as never, env, context);
    return (await privacy(request, env, context)) ?? finish(request, page(), env, context);
  },
  scheduled,
};
`;

let folder;
let site;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "consentry-worker-"));
  const npm = (cwd, ...args) =>
    run("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], { cwd, maxBuffer: 1e7 });
  const { stdout } = await npm(join(root, "pkg"), "pack", "--json", "--pack-destination", folder);
  const [packed] = Object.values(JSON.parse(stdout));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  writeFileSync(join(folder, "worker.ts"), WORKER);
  await npm(folder, "install", join(folder, packed.filename));
  // As wrangler does by its default rules: modules of WebAssembly are taken along.
  await build({
    absWorkingDir: folder,
    entryPoints: ["worker.ts"],
    bundle: true,
    format: "esm",
    loader: { ".wasm": "copy" },
    outfile: "out/index.js",
    logLevel: "error",
  });
  const service = () => new Response("<!doctype html><title>behind</title>", { headers: { "content-type": "text/html" } });
  site = await startSite({ root: join(folder, "out"), origin: nothing, service });
});

after(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

hosted(() => site);

test("what it adds to the package", (t) => {
  const sizes = ["index.js", "assets.js", "index_bg.wasm"].map((name) => {
    const bytes = readFileSync(join(folder, "node_modules/consentry/dist/worker", name));
    return `${name} ${bytes.length >> 10} KiB (${gzipSync(bytes).length >> 10} packed)`;
  });
  t.diagnostic(`consentry/worker of this build: ${sizes.join(", ")}`);
  const { exports: exported } = JSON.parse(readFileSync(join(folder, "node_modules/consentry/package.json"), "utf8"));
  assert.deepEqual(Object.keys(exported).filter((name) => /worker|assets/.test(name)), ["./worker", "./assets"]);
});

test("`privacy` gives nothing for a request that is not ours, and leaves its body alone", async () => {
  const answer = await new Client(site).request("/own", { method: "POST", body: "mine" });
  assert.deepEqual(answer.body, { none: true, body: "mine" });
});

test("`serve` answers with the site behind", async () => {
  const page = await new Client(site).page("/served");
  assert.match(page.text, /<title>behind<\/title>/);
  assert.ok(page.plan, "and writes into its pages");
});

test("`finish` leaves what is no page as it is, also where the request was read", async () => {
  const answer = await new Client(site).request("/file");
  assert.deepEqual([answer.status, answer.text, answer.headers.get("etag")], [404, "pv", '"1"']);
  const sent = await new Client(site).request("/form", { method: "POST", body: "said=1" });
  assert.deepEqual([sent.status, sent.headers.get("location")], [303, `${site.url}/?said=1`]);
});

test("what breaks in these functions is a problem, says nothing of its cause, and harms nobody else", async () => {
  const from = site.log.length;
  for (const path of ["/twice", "/wrong", "testing/panic"]) {
    isProblem(await new Client(site).request(path), 500, "internal");
    assert.ok((await new Client(site).page()).plan, `the next page is served after ${path}`);
  }
  assert.doesNotMatch(site.log.slice(from).join("\n"), /ann@|example\.com|on purpose/);
});

test("a trap ends the instance, and a fresh one serves the next request", async () => {
  for (const path of ["/trap/privacy", "/trap/finish"]) {
    const from = site.log.length;
    isProblem(await new Client(site).request(path), 500, "internal");
    // What is logged comes by another way than the answer.
    await eventually(() => site.log.slice(from).some((line) => line.includes('"t":"trap"')), "the line of the trap");
    const client = new Client(site);
    assert.ok((await client.page()).plan);
    assert.equal((await client.decide("accept-all")).status, 200, "the objects live on");
  }
});

test("its types compile", async () => {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--target", "ES2022", "--lib", "ES2022,DOM,DOM.Iterable", "--types", ""];
  for (const [module, resolution] of [["ESNext", "bundler"], ["NodeNext", "NodeNext"]]) {
    const all = [tsc, ...options, "--module", module, "--moduleResolution", resolution, "worker.ts"];
    await run(process.execPath, all, { cwd: folder }).catch(({ stdout }) => assert.fail(`${module}: ${stdout}`));
  }
  writeFileSync(join(folder, "wrong.ts"), `import { finish } from "consentry/worker";\nvoid finish(new Request("/"));\n`);
  const wrong = [tsc, ...options, "--module", "ESNext", "--moduleResolution", "bundler", "wrong.ts"];
  await assert.rejects(run(process.execPath, wrong, { cwd: folder }), ({ stdout }) => /Expected 4 arguments/.test(stdout));
});
