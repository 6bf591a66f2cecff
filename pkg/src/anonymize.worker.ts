/** The anonymiser in a Worker, where modules of WebAssembly are imported. */

import module from "./anonymize-fast.wasm";
import { initSync } from "#anonymize";

export * from "./anonymizer.js";

initSync({ module });

/** Does nothing: the module is loaded. */
export const ready = async (): Promise<void> => {};
