// Runs the built Worker on this machine: workerd, with its state on disk.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import { asTexts } from "./secrets.mjs";

const products = fileURLToPath(new URL("../../target/edge/", import.meta.url));

/** What the platform reports of a visitor's place. */
const whereabouts = (region) => {
  const [country, regionCode] = region.split("-");
  return country ? { country, ...(regionCode && { regionCode }) } : {};
};

/**
 * Starts the Worker. Ready when it resolves.
 *
 * @param {object} options
 * @param {"debug" | "testing" | "release"} [options.profile] which build
 * @param {string} [options.root] the folder of a Worker that has ours inside, instead
 * @param {string} options.stateDir where KV (`kv/`) and the objects (`do/`) live on disk; starting there again finds them
 * @param {number} [options.port] 0 takes a free one
 * @param {string} [options.origin] URL of the site behind the Worker
 * @param {(request: Request) => Promise<Response>} [options.service] the site, as another Worker would be bound
 * @param {string} [options.assets] the site, as a folder of static files
 * @param {object | string} options.policy the policy document
 * @param {object} [options.secrets] SUBJECT_KEY, KEYRING, SIGNING_KEY, ADMIN_TOKEN; by default `<stateDir>/secrets.json`
 * @param {Record<string, string>} [options.vars] further variables
 * @param {number} [options.operations] how many operations an invocation may make; as many as it likes by default, which no deployed one may
 * @param {number} [options.codes] how many one-time codes a minute may be sent for one network
 * @param {boolean} [options.analytics] whether Analytics Engine is bound
 * @param {string} [options.region] where every visitor is, as ISO 3166 has it: `IE`, `US-CA`; empty for nowhere known
 * @param {(line: string) => void} [options.log] gets what the Worker writes to its console
 */
export async function startWorker(options) {
  const { profile = "testing", stateDir, port = 0, origin, service, assets, policy, secrets, vars, operations, codes, analytics, log, region = "IE" } = options;
  const root = options.root ?? join(products, profile);
  if (!existsSync(join(root, "index.js"))) {
    const flag = profile === "debug" ? "" : ` --${profile}`;
    throw new Error(`no ${profile} build of the Worker: run \`cargo xtask build${flag}\` first`);
  }
  const { SUBJECT_KEY, KEYRING, SIGNING_KEY, ADMIN_TOKEN } =
    secrets ?? JSON.parse(readFileSync(join(stateDir, "secrets.json"), "utf8"));

  const object = (className) => ({ className, useSQLite: true });
  const [mf, workerd] = await watched(async () => {
    const mf = new Miniflare({
      name: "consentry",
      host: "127.0.0.1",
      port,
      modulesRoot: root,
      modules: [...(operations ? [metered(root)] : []), ...modules(root)],
      compatibilityDate: "2026-07-01",
      bindings: {
        ...(origin && { ORIGIN: origin }),
        SITE_ID: "localhost",
        ...asTexts({ POLICY: policy, SUBJECT_KEY, KEYRING, SIGNING_KEY, ADMIN_TOKEN }),
        ...(operations && { MOST_OPERATIONS: operations }),
        ...vars,
      },
      ...(service && { serviceBindings: { SITE: service } }),
      ...(assets && {
        assets: { directory: assets, binding: "ASSETS", routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true } },
      }),
      ...(codes && { ratelimits: { CODES: { namespace_id: "1001", simple: { limit: codes, period: 60 } } } }),
      ...(analytics && { analyticsEngineDatasets: { ANALYTICS: { dataset: "consentry" } } }),
      kvNamespaces: { RETENTION: "retention" },
      kvPersist: join(stateDir, "kv"),
      durableObjects: { SUBJECT: object("Subject"), AUDIT_LOG: object("AuditLog"), REGISTRY: object("Registry") },
      durableObjectsPersist: join(stateDir, "do"),
      // The address of the visitor must be taken off by the Worker itself, not by the emulator for it.
      stripCfConnectingIp: false,
      cf: whereabouts(region),
      unsafeTriggerHandlers: true,
      handleStructuredLogs({ message }) {
        log?.(message);
      },
    });
    await mf.ready;
    return mf;
  });

  return {
    url: (await mf.ready).origin,
    mf,
    /** The workerd process. */
    pid: workerd.pid,
    /** Runs the scheduled handler. */
    async scheduled(options) {
      return (await mf.getWorker()).scheduled(options);
    },
    /** Ends workerd where it stands, as a crash would. */
    async kill() {
      const gone = workerd.exitCode === null && workerd.signalCode === null ? once(workerd, "exit") : undefined;
      workerd.kill("SIGKILL");
      await Promise.all([gone, mf.dispose()]);
    },
    async stop() {
      await mf.dispose();
    },
  };
}

function modules(root) {
  const type = { ".js": "ESModule", ".wasm": "CompiledWasm", ".bin": "Data" };
  const files = ["index.js", ...readdirSync(root, { recursive: true }).filter((file) => /\.(wasm|bin)$/.test(file))];
  return files.map((file) => ({ type: type[/\.\w+$/.exec(file)[0]], path: join(root, file) }));
}

/** The module that counts operations, as if it were one of the build's: the first is the one that the platform calls. */
const metered = (root) => {
  const contents = readFileSync(new URL("./metered.js", import.meta.url), "utf8");
  return { type: "ESModule", path: join(root, "metered.js"), contents };
};

let last = Promise.resolve();

/** Runs `start` and says which workerd process it started. One at a time, so that none is taken for another's. */
function watched(start) {
  const turn = last.then(async () => {
    let workerd;
    const seen = ({ process }) => {
      // The file is known once the process is spawned, just after this message.
      queueMicrotask(() => {
        if (basename(process.spawnfile ?? "").startsWith("workerd")) workerd = process;
      });
    };
    subscribe("child_process", seen);
    try {
      return [await start(), workerd];
    } finally {
      unsubscribe("child_process", seen);
    }
  });
  last = turn.catch(() => {});
  return turn;
}
