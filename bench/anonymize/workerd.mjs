// The same in a Worker, in bare workerd: one entry as a line, this package beside the least code that does it.

import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { summary } from "../statistics.mjs";
import { computed, freePort } from "../workerd.mjs";
import { ratio } from "./rounds.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));
const WHO = { consentry: "consentry, anonymizeJson", lean: "by hand" };

async function start(folder, rules) {
  await build({
    entryPoints: [join(here, "worker.js")], outfile: join(folder, "worker.js"), bundle: true, format: "esm", target: "es2022",
    logLevel: "error", external: ["./anonymize-fast.wasm", "node:*"], define: { RULES: JSON.stringify(JSON.stringify(rules)) },
    alias: { "consentry/anonymize": join(root, "pkg/dist/anonymize.worker.js") },
  });
  copyFileSync(join(root, "pkg/dist/anonymize-fast.wasm"), join(folder, "anonymize-fast.wasm"));
  const port = await freePort();
  writeFileSync(join(folder, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "anonymize-fast.wasm", wasm = embed "anonymize-fast.wasm")],
  compatibilityDate = "2026-07-01",
  compatibilityFlags = ["nodejs_compat"],
);
`);
  const child = spawn(join(root, "node_modules/workerd/bin/workerd"), ["serve", join(folder, "config.capnp")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => (said = (said + data).slice(-2000)));
  return { child, url: `http://127.0.0.1:${port}/`, said: () => said };
}

/** Rounds that alternate, with a first one that is not counted. */
export async function measureWorker(sample, rules, rounds, tell) {
  const folder = mkdtempSync(join(tmpdir(), "consentry-bench-entry-"));
  let server;
  try {
    server = await start(folder, rules);
    const { child, url, said } = server;
    const ask = async (who, times) => {
      const answer = await fetch(`${url}?who=${who}&times=${times}`, { method: "POST", headers: { connection: "close" }, body: sample.join("\n") });
      if (!answer.ok) throw new Error(`workerd: ${await answer.text()} ${said()}`);
      return answer.json();
    };
    for (let left = 100; ; left--) {
      if (await ask("consentry", 1).then(() => true, () => false)) break;
      if (!left) throw new Error(`workerd does not answer: ${said()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    const times = Math.ceil(200_000 / sample.length);
    const sides = Object.entries(WHO).map(([who, name]) => ({ who, name, values: [] }));
    for (let round = -1; round < rounds; round++) {
      for (const { who, values } of sides) {
        const before = computed(child.pid);
        const { sample: made } = await ask(who, times);
        if (round < 0) tell(`${who.padEnd(17)} ${made}`);
        else values.push((times * sample.length) / (computed(child.pid) - before));
      }
      if (round >= 0) tell(`workerd, round ${round + 1} of ${rounds}`);
    }
    const rated = sides.map(({ who, name, values }) => ({ id: who, name, rate: summary(values) }));
    const lean = rated.find(({ id }) => id === "lean");
    return rated.map(({ id, name, rate }) => ({ id, name, entries_per_second: rate, of_by_hand: ratio({ rate }, lean) }));
  } finally {
    server?.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
