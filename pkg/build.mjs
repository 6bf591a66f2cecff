// Builds dist/ from src/ and from the core compiled for browsers.
//
//   node pkg/build.mjs [--core target/browser] [--out pkg/dist] [--wasm-url ./sdk.wasm] [--debug] [--no-types]
//
// `--wasm-url` is where sdk.js looks for its WebAssembly, relative to itself: a server that puts hashes into file
// names builds sdk.js once more with the hashed name.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

const { values } = parseArgs({
  options: {
    core: { type: "string", default: join(here, "../target/browser") },
    out: { type: "string", default: join(here, "dist") },
    "wasm-url": { type: "string", default: "./sdk.wasm" },
    debug: { type: "boolean", default: false },
    "no-types": { type: "boolean", default: false },
  },
});

const core = resolve(values.core);
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

const common = {
  bundle: true,
  minify: !values.debug,
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: here,
};

await Promise.all([
  build({
    ...common,
    entryPoints: ["src/loader.ts"],
    format: "iife",
    target: "es2020",
    outfile: join(out, "loader.js"),
  }),
  build({
    ...common,
    entryPoints: ["src/sdk.ts"],
    format: "esm",
    target: "es2022",
    alias: { "#core": join(core, "consentry.js") },
    define: { __WASM_URL__: JSON.stringify(values["wasm-url"]) },
    outfile: join(out, "sdk.js"),
  }),
  build({
    ...common,
    entryPoints: ["src/index.ts"],
    format: "esm",
    target: "es2022",
    external: ["./sdk.js"],
    outfile: join(out, "index.js"),
  }),
]);
copyFileSync(join(core, "consentry_bg.wasm"), join(out, "sdk.wasm"));

if (!values["no-types"]) {
  // What crosses into WebAssembly is typed by the core itself.
  copyFileSync(join(core, "consentry.d.ts"), join(out, "core.d.ts"));
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const options = ["--emitDeclarationOnly", "--outDir", out, "-p", join(here, "tsconfig.json")];
  execFileSync(process.execPath, [join(typescript, "bin/tsc"), ...options], { stdio: "inherit" });
}
