// KV as Miniflare has it on disk, for bare workerd: an object with the names, and a file for each value.

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as bare from "../edge/dev/bare.mjs";

const miniflare = fileURLToPath(new URL("../node_modules/miniflare/dist/src/workers/", import.meta.url));

/** Copies what it takes into a folder; gives the Workers and extensions of its configuration. Bind it as `kvNamespace = "names"`. */
export function kv(folder, name = "log") {
  for (const file of ["kv/namespace.worker.js", "shared/index.worker.js", "shared/zod.worker.js", "shared/object-entry.worker.js"]) {
    copyFileSync(join(miniflare, file), join(folder, `kv-${file.split("/")[1]}`));
  }
  const names = bare.worker({
    modules: [bare.module("names.js", "kv-object-entry.worker.js")],
    bindings: {
      MINIFLARE_OBJECT: 'durableObjectNamespace = (className = "KVNamespaceObject", serviceName = "store")',
      MINIFLARE_NAMESPACE: bare.text(name),
    },
  });
  const store = bare.worker({
    modules: [bare.module("namespace.js", "kv-namespace.worker.js")],
    bindings: { MINIFLARE_BLOBS: 'service = "state"' },
    classes: ["KVNamespaceObject"],
    flags: ["nodejs_compat", "experimental"],
  });
  const own = (name, file) => `(name = "miniflare:${name}", esModule = embed "kv-${file}")`;
  return { workers: { names, store }, extensions: [own("shared", "index.worker.js"), own("zod", "zod.worker.js")] };
}
