// The demo: the shop, its two vendors, and the Worker in front. `cargo xtask demo` builds everything and runs this.

import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Backend, freshKeys } from "../../www/shop/backend.mjs";
import { startOrigin } from "../../www/shop/origin.mjs";
import { startVendors } from "../../www/shop/vendors.mjs";
import { startWorker } from "./miniflare.mjs";
import { seed } from "./seed.mjs";

const { values: options } = parseArgs({
  options: {
    profile: { type: "string", default: "debug" },
    state: { type: "string" },
    port: { type: "string" },
    json: { type: "boolean", default: false },
    seed: { type: "boolean", default: false },
    region: { type: "string", default: "IE" },
  },
});
const stateDir = resolve(options.state);

/** What to stop, last started first. */
const running = [];
let stopping;

function stop(code) {
  stopping ??= (async () => {
    for (const end of running.reverse()) await end();
    process.exit(code);
  })();
  return stopping;
}

function takeSignals() {
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal).on(signal, () => stop(0));
}
takeSignals();

async function serve() {
  mkdirSync(stateDir, { recursive: true });
  const secrets = JSON.parse(readFileSync(join(stateDir, "secrets.json"), "utf8"));
  const ports = await choosePorts();

  const vendors = await startVendors({
    metricsPort: ports.metrics,
    adsPort: ports.ads,
    filmsPort: ports.films,
    mapPort: ports.map,
  });
  running.push(() => vendors.close());
  const originLog = join(stateDir, "origin.log");
  const backend = new Backend({ keys: shopKeys() });
  let site;
  const origin = await startOrigin({
    port: ports.origin,
    logFile: originLog,
    metrics: vendors.metrics.url,
    ads: vendors.ads.url,
    films: vendors.films.url,
    map: vendors.map.url,
    accounts: { backend, worker: () => site, file: join(stateDir, "customers.json") },
  });
  running.push(() => origin.close());

  const workerLog = createWriteStream(join(stateDir, "worker.log"), { flags: "a" });
  running.push(() => new Promise((done) => workerLog.end(done)));
  // Miniflare listens to the signals too, and would end the process at once and with an error code.
  setImmediate(takeSignals);
  const worker = await startWorker({
    profile: options.profile,
    stateDir,
    port: ports.site,
    origin: origin.url,
    policy: policy(vendors),
    secrets,
    vars: backend.vars,
    region: options.region,
    log: (line) => workerLog.write(`${line}\n`),
  });
  running.push(() => worker.stop());
  site = worker.url;

  if (options.seed) await seed(worker.url);
  if (stopping) return;
  tell({
    site: worker.url,
    api: `${worker.url}/.consentry`,
    log: `${worker.url}/.consentry/log`,
    origin_log: originLog,
    state_dir: stateDir,
    admin_token: secrets.ADMIN_TOKEN,
  });
}

/** The keys of the shop's own server, made at the first start. */
function shopKeys() {
  const file = join(stateDir, "shop-keys.json");
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(freshKeys()), { mode: 0o600 });
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The shop's policy names its vendors by placeholders, since their ports are only known here. */
function policy(vendors) {
  const document = readFileSync(new URL("../../www/shop/policy.json", import.meta.url), "utf8");
  return document.replaceAll(/\{(metrics|ads|films|map)\}/g, (_, vendor) => vendors[vendor].host);
}

/**
 * The ports of the last time, so that addresses and policy stay as they were; else the usual ones; else any.
 * A port that was asked for is taken or refused, never replaced.
 */
async function choosePorts() {
  const file = join(stateDir, "ports.json");
  const usual = { site: 8787, origin: 9100, metrics: 9101, ads: 9102, films: 9103, map: 9104 };
  const wanted = { ...usual, ...(existsSync(file) && JSON.parse(readFileSync(file, "utf8"))) };
  const ports = {};
  for (const [name, port] of Object.entries(wanted)) ports[name] = (await isFree(port)) ? port : await anyPort();
  if (options.port !== undefined) {
    ports.site = Number(options.port) || (await anyPort());
    if (!(await isFree(ports.site))) throw new Error(`port ${ports.site} is in use`);
  }
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

const isFree = (port) => listen(port).then(() => true, () => false);
const anyPort = () => listen(0);

/** Takes the port and gives it back. */
function listen(port) {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => {
      const taken = server.address().port;
      server.close(() => done(taken));
    });
  });
}

function tell(where) {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(where)}\n`);
    return;
  }
  console.log(`
  The shop        ${where.site}
  Its API         ${where.api}/
  Public log      ${where.log}/checkpoint
  Origin's log    ${where.origin_log}
  Worker's log    ${join(stateDir, "worker.log")}
  Operator token  ADMIN_TOKEN in ${join(stateDir, "secrets.json")}

  Ctrl-C stops it. The state stays in ${stateDir}`);
}

try {
  await serve();
} catch (problem) {
  if (!stopping) {
    console.error(`The demo could not start: ${problem.message}`);
    await stop(1);
  }
}
