/** The anonymiser in Node.js. */

import { readFileSync } from "node:fs";
import { initSync } from "#anonymize";

export * from "./anonymizer.js";

initSync({ module: readFileSync(new URL("./anonymize-fast.wasm", import.meta.url)) });

/** Does nothing: the module is loaded. */
export const ready = async (): Promise<void> => {};
