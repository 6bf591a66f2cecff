// Builds dist/ from src/ and from the core compiled for browsers.
//
//   node pkg/build.mjs [--core target/browser] [--tools target/tools] [--out pkg/dist] [--debug] [--no-types]
//
// Without `--tools`, the core as the command line calls it, there is no command line.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { minify } from "terser";

const here = dirname(fileURLToPath(import.meta.url));

const { values } = parseArgs({
  options: {
    core: { type: "string", default: join(here, "../target/browser") },
    tools: { type: "string" },
    out: { type: "string", default: join(here, "dist") },
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

/** What the module loads on use, and what its companions share with it. */
const apart = {
  name: "apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(sdk|gate|decide|rest|index)\.js$/ }, ({ path }) => ({
      path: path.replace("gate", "g").replace("decide", "d").replace("rest", "e"),
      external: true,
    }));
  },
};

/** The builds of the core that stay files of their own. */
const beside = {
  name: "beside",
  setup({ onResolve }) {
    const files = { "#plain": "./sdk-plain.js", "#ed25519": "./ed25519.js", "#ed25519-plain": "./ed25519-plain.js" };
    onResolve({ filter: /^#(plain|ed25519)/ }, ({ path }) => ({ path: files[path], external: true }));
  },
};

/** WebAssembly that was made into JavaScript takes the place of the file it was made from. */
const plain = {
  name: "plain",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /_bg\.wasm$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path + ".js") }));
    onLoad({ filter: /-plain_bg\.js$/ }, ({ path }) => {
      // The glue knows by its old buffer being detached that memory has grown. Here that one keeps its bytes.
      const glue = readFileSync(path, "utf8");
      const tests = [/(\w+)\.byteLength === 0/g, /(\w+)\.buffer\.detached === true \|\| \(.*\)(?=\) \{)/g];
      const patched = tests.reduce((text, test) => text.replaceAll(test, "$1.buffer !== wasm.memory.buffer"), glue);
      if (!patched.includes(".buffer !== wasm.memory.buffer") || /detached|byteLength/.test(patched)) {
        throw Error(path + ": the glue's test for grown memory is not as it was");
      }
      return { contents: patched };
    });
  },
};

/** The loader's stages, as a tag and as a module. They share the short names of what only they know of each other. */
async function stages() {
  const files = [
    ["loader", "loader", "tag", "es2020"],
    ["tag", "tag", "tag", "es2020"],
    ["gate", "g", "esm", "es2020"],
    ["decide", "d", "esm", "es2020"],
    ["rest", "e", "esm", "es2020"],
    ["stub", "stub", "tag", "es2020"],
    ["index", "index", "esm", "es2022"],
    ["react", "react", "esm", "es2022"],
    ["vue", "vue", "esm", "es2022"],
  ];
  let mangleCache = {};
  // A tag's own scope. What esbuild wraps by itself carries helpers for `import()` that nothing uses.
  const scope = { banner: { js: '"use strict";(()=>{' }, footer: { js: "})();" } };
  // Every page loads it, so it is squeezed once more; as `ecma` says, into no newer syntax than that of `target`.
  const squeeze = { compress: { hoist_funs: true }, ecma: 2019 };
  for (const [entry, name, kind, target] of files) {
    const made = await build({
      ...common,
      entryPoints: [`src/${entry}.ts`],
      ...(kind === "tag" && scope),
      format: "esm",
      target,
      mangleProps: /[a-z]_$/,
      mangleCache,
      external: ["react", "vue"],
      plugins: [apart],
      outfile: join(out, name + ".js"),
    });
    ({ mangleCache } = made);
    if (kind === "tag" && !values.debug) {
      const file = join(out, name + ".js");
      writeFileSync(file, (await minify(readFileSync(file, "utf8"), squeeze)).code);
    }
  }
}

/** The command line, with its build of the core beside it. */
async function commandLine(tools) {
  const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  await build({
    ...common,
    entryPoints: ["src/cli/main.ts"],
    platform: "node",
    format: "esm",
    target: "node20",
    alias: { "#tools": join(tools, "tools.js"), "#anonymize": join(core, "anonymize-fast.js") },
    define: { __VERSION__: JSON.stringify(version) },
    banner: { js: "#!/usr/bin/env node" },
    outfile: join(out, "cli.js"),
  });
  chmodSync(join(out, "cli.js"), 0o755);
  mkdirSync(join(out, "cli"), { recursive: true });
  copyFileSync(join(tools, "tools_bg.wasm"), join(out, "cli/core.wasm"));
}

await Promise.all([
  stages(),
  values.tools && commandLine(resolve(values.tools)),
  build({
    ...common,
    entryPoints: ["src/sdk.ts"],
    format: "esm",
    target: "es2022",
    alias: { "#core": join(core, "consentry.js") },
    plugins: [beside],
    outfile: join(out, "sdk.js"),
  }),
  // Servers and Workers have more to do with it than they have to wait for it.
  ...Object.entries({ "anonymize": "anonymize", "anonymize.node": "anonymize-fast", "anonymize.worker": "anonymize-fast" }).map(([name, module]) =>
    build({
      ...common,
      entryPoints: [`src/${name}.ts`],
      format: "esm",
      target: "es2022",
      alias: { "#anonymize": join(core, `${module}.js`) },
      external: ["node:fs", "./anonymize-fast.wasm"],
      outfile: join(out, name + ".js"),
    }),
  ),
  // The other builds of the core. sdk.js imports them by name, when it needs one.
  ...["sdk-plain", "ed25519", "ed25519-plain"].map((name) =>
    build({
      ...common,
      entryPoints: [join(core, name.replace("sdk", "consentry") + ".js")],
      format: "esm",
      target: "es2022",
      plugins: [plain],
      outfile: join(out, name + ".js"),
    }),
  ),
]);
copyFileSync(join(core, "consentry_bg.wasm"), join(out, "sdk.wasm"));
copyFileSync(join(core, "ed25519_bg.wasm"), join(out, "ed25519.wasm"));
for (const name of ["anonymize", "anonymize-fast"]) copyFileSync(join(core, `${name}_bg.wasm`), join(out, `${name}.wasm`));

if (!values["no-types"]) {
  // What comes from the core is typed by the core itself.
  copyFileSync(join(core, "consentry.d.ts"), join(out, "core.d.ts"));
  for (const name of ["shapes.d.ts", "policy.d.ts", "worker.d.ts"]) copyFileSync(join(here, "src", name), join(out, name));
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const options = ["--emitDeclarationOnly", "--outDir", out, "-p", join(here, "tsconfig.json")];
  execFileSync(process.execPath, [join(typescript, "bin/tsc"), ...options], { stdio: "inherit" });
  if (values.tools) {
    const check = ["--noEmit", "-p", join(here, "src/cli/tsconfig.json")];
    execFileSync(process.execPath, [join(typescript, "bin/tsc"), ...check], { stdio: "inherit" });
  }
}
