// Who takes part, and how bare workerd runs each: a process and a folder on disk of its own.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as bare from "../../edge/dev/bare.mjs";
import { open } from "../../edge/dev/connection.mjs";
import { asTexts, freshSecrets } from "../../edge/dev/secrets.mjs";
import { kv } from "../kv.mjs";
import { entry } from "./entries.js";

const here = fileURLToPath(new URL("./", import.meta.url));

export const SIDES = {
  consentry: "consentry: ordered, once, tree and signature",
  batched: "rows in batches: ordered, once",
  rows: "a row an entry: ordered, once",
  kv: "a write to KV an entry",
};

const SHARED = ["caller.js", "entries.js", "batches.js"];
const FILES = { consentry: "ours.js", batched: "batched.js", rows: "rows.js", kv: "kv.js" };
const CLASSES = { consentry: "AuditLog", batched: "Batched", rows: "Rows" };

/** Starts a side with nothing in it. `stop` removes what it has written too. */
export async function startSide(id, { build }) {
  const folder = mkdtempSync(join(tmpdir(), "consentry-bench-log-"));
  const state = join(folder, "state");
  mkdirSync(state);
  for (const file of [...SHARED, FILES[id]]) copyFileSync(join(here, file), join(folder, file));
  const modules = [...SHARED.map((file) => bare.module(file)), bare.module("side.js", FILES[id])];
  const bindings = { SIDE: bare.text(id), LOG: id === "kv" ? 'kvNamespace = "names"' : bare.object(CLASSES[id]) };
  if (id === "consentry") {
    modules.push(...bare.copyBuild(build, folder));
    for (const [name, value] of Object.entries(asTexts({ SITE_ID: "shop.example", ...freshSecrets() }))) bindings[name] = bare.text(value);
  }
  const { workers, extensions } = id === "kv" ? kv(folder) : { workers: {}, extensions: [] };
  const main = bare.worker({ modules, bindings, classes: CLASSES[id] ? [CLASSES[id]] : [] });
  bare.configure(folder, { workers: { main, ...workers }, disks: { state }, extensions });
  const side = await bare.start(folder);
  return {
    ...side, id, state,
    acknowledged: 0,
    /** Whether there are as many entries as were acknowledged, where there is an order at all. */
    async check() {
      if (id === "kv") return;
      const connection = await open(side.port);
      const { index } = JSON.parse((await connection.post("/", JSON.stringify(entry("site")))).bytes);
      connection.close();
      if (index < this.acknowledged) throw new Error(`${id} has ${index} entries, and acknowledged ${this.acknowledged}`);
    },
    /** Ends it, and leaves what it has written. */
    end: side.stop,
    stop: async () => {
      await side.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
