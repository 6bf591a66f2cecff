/**
 * The anonymiser in browsers: before analytics data leaves the page.
 *
 * `await ready()` once, then everything is at once and on this machine.
 */

import init from "#anonymize";

export * from "./anonymizer.js";

let loading: Promise<void> | undefined;

/** Loads the module, once: from beside this file, or from where it is said to be. In Node.js and Workers it is there. */
export function ready(module?: URL | string | BufferSource | WebAssembly.Module): Promise<void> {
  const source = module ?? new URL("./anonymize.wasm", import.meta.url);
  loading ??= init({ module_or_path: source }).then(
    () => {},
    (problem) => {
      loading = undefined;
      throw problem;
    },
  );
  return loading;
}
