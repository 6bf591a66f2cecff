// Measures the edge beside two Workers in JavaScript: one that passes everything through, one that does the same work.
//
//   node bench/edge/run.mjs [--rounds 5] [--seconds 4] [--build target/edge/release] [--out bench/results]
//
// All run in bare workerd, each in a process of its own, before the same origin. Nothing is asserted.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { asTexts, freshSecrets } from "../../edge/dev/secrets.mjs";
import { options, root, tell, write } from "../command.mjs";
import { policy } from "../texts.mjs";
import { computed, freePort } from "../workerd.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const asked = options({ seconds: "4", connections: "32", only: undefined });

/** What a browser sends with a page. */
const HEADERS = {
  "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "accept-language": "en-IE,en;q=0.9",
  "cache-control": "max-age=0",
  "cf-connecting-ip": "203.0.113.77",
  "cf-ray": "8a2e03707348-DUB",
  "cookie": "basket=1; pv_id=2; theme=dark",
  "referer": "https://www.example.com/shelf?of=pots",
  "sec-ch-ua": '"Chromium";v="156", "Not A(Brand";v="8"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Linux"',
  "sec-fetch-dest": "document",
  "sec-fetch-mode": "navigate",
  "sec-fetch-site": "same-origin",
  "upgrade-insecure-requests": "1",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
};

const folder = mkdtempSync(join(tmpdir(), "consentry-bench-edge-"));
const processes = [];

const embedded = (name, file, kind) => `(name = "${name}", ${kind} = embed "${file}")`;

/** Starts workerd with one Worker. */
async function start(name, modules, { bindings = [], objects = "", services = "" } = {}) {
  const port = await freePort();
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private"])),${services}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-07-01",
  bindings = [${bindings.map(([key, value]) => `(name = "${key}", ${value})`).join(", ")}],${objects}
);
${services && 'const kv :Workerd.Worker = (modules = [(name = "kv.js", esModule = embed "kv.js")], compatibilityDate = "2026-07-01");'}
`;
  const file = join(folder, `${name}.capnp`);
  writeFileSync(file, config);
  const child = spawn(join(root, "node_modules/workerd/bin/workerd"), ["serve", file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-2000)));
  processes.push(child);
  const url = `http://127.0.0.1:${port}`;
  for (let left = 200; ; left--) {
    if (await fetch(url).then((answer) => answer.ok, () => false)) return { name, url, pid: child.pid };
    if (!left) throw new Error(`${name} does not answer: ${said}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const text = (value) => `text = ${JSON.stringify(value)}`;

async function startOurs(origin) {
  cpSync(asked.build, join(folder, "ours"), { recursive: true });
  mkdirSync(join(folder, "state"));
  const files = ["index.js", ...readdirSync(asked.build, { recursive: true }).filter((file) => /\.(wasm|bin)$/.test(file))];
  const kinds = { js: "esModule", wasm: "wasm", bin: "data" };
  const modules = files.map((file) => embedded(file, `ours/${file}`, kinds[/\w+$/.exec(file)[0]]));
  const classes = { SUBJECT: "Subject", AUDIT_LOG: "AuditLog", REGISTRY: "Registry" };
  const values = asTexts({
    ORIGIN: origin,
    SITE_ID: JSON.parse(policy).site.id,
    POLICY: policy,
    ...freshSecrets(),
  });
  return start("consentry", modules, {
    bindings: [
      ...Object.entries(values).map(([key, value]) => [key, text(value)]),
      ...Object.entries(classes).map(([key, value]) => [key, `durableObjectNamespace = "${value}"`]),
      ["RETENTION", 'kvNamespace = "kv"'],
    ],
    services: `
    (name = "kv", worker = .kv),
    (name = "state", disk = (path = "${join(folder, "state")}", writable = true)),`,
    objects: `
  durableObjectNamespaces = [${Object.values(classes).map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`).join(", ")}],
  durableObjectStorage = (localDisk = "state"),`,
  });
}

function load(url) {
  return autocannon({ url, headers: HEADERS, connections: Number(asked.connections), duration: Number(asked.seconds) });
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
/** The time a process has had on a processor, in µs. */
const processor = (pid) => computed(pid) * 1e6;

const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** A page of 100 MB: how long it takes, and the most memory while it passes. */
async function huge({ url, pid }) {
  const before = resident(pid);
  let most = before;
  const begun = performance.now();
  const bytes = await new Promise((done, failed) => {
    get(`${url}/huge`, { headers: HEADERS }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk) => {
        bytes += chunk.length;
        most = Math.max(most, resident(pid));
      }).on("end", () => done(bytes)).on("error", failed);
    }).on("error", failed);
  });
  return { bytes, seconds: (performance.now() - begun) / 1000, before, most };
}

try {
  for (const name of ["origin.js", "pass.js", "rewriting.js", "kv.js"]) cpSync(join(here, name), join(folder, name));
  const origin = await start("origin", [embedded("origin.js", "origin.js", "esModule")]);
  const ours = await startOurs(origin.url);
  // The peer writes what we write.
  const page = await (await fetch(ours.url, { headers: { ...HEADERS, connection: "close" } })).text();
  const inserted = page.slice(page.indexOf("<body>") + 6, page.indexOf("\n<header>"));
  writeFileSync(join(folder, "rewriting.js"), readFileSync(join(here, "rewriting.js"), "utf8").replace('"@INSERTED@"', () => JSON.stringify(inserted)));
  const told = [["ORIGIN", text(origin.url)]];
  const sides = [
    await start("pass-through", [embedded("pass.js", "pass.js", "esModule")], { bindings: told }),
    await start("rewriting", [embedded("rewriting.js", "rewriting.js", "esModule")], { bindings: told }),
    ours,
  ];
  const theirs = await (await fetch(sides[1].url, { headers: { ...HEADERS, connection: "close" } })).text();
  if (theirs !== page) tell("the two rewriting proxies do not answer with the same page");

  const results = [];
  const paths = ["/", "/streamed", "/file.bin"];
  for (const path of paths) {
    // Until the engine has compiled what is hot.
    for (const side of sides) for (let i = 0; i < 3; i++) await load(side.url + path);
    for (let round = 0; round < Number(asked.rounds); round++) {
      for (const side of sides) {
        const before = processor(side.pid);
        const { requests, latency, non2xx, errors } = await load(side.url + path);
        const cpu = (processor(side.pid) - before) / requests.total;
        results.push({ path, side: side.name, rate: requests.average, p99: latency.p99, cpu, failed: non2xx + errors });
      }
      tell(`${path} round ${round + 1} of ${asked.rounds}`);
    }
  }
  const rows = [];
  for (const path of paths) {
    const of = (name, what) => median(results.filter((own) => own.path === path && own.side === name).map((own) => own[what]));
    for (const { name } of sides) {
      rows.push({
        path, side: name, "requests/s": Math.round(of(name, "rate")), "p99 ms": of(name, "p99"), "CPU µs": Math.round(of(name, "cpu")),
        "of pass-through": (of(name, "rate") / of("pass-through", "rate")).toFixed(2), "of rewriting": (of(name, "rate") / of("rewriting", "rate")).toFixed(2),
        failed: results.filter((own) => own.path === path && own.side === name).reduce((sum, own) => sum + own.failed, 0),
      });
    }
  }
  console.table(rows);
  const pages = [];
  for (const side of sides) pages.push({ side: side.name, ...(await huge(side)) });
  console.table(pages.map(({ side, bytes, seconds, before, most }) => ({ side, MB: (bytes / 1e6).toFixed(1), s: seconds.toFixed(2), "MiB before": before.toFixed(0), "MiB most": most.toFixed(0) })));
  write(asked.out, "edge.json", { results, pages });
} finally {
  for (const child of processes) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
