import type * as Sdk from "./sdk.js";
import { attach } from "./start.js";
import type { Consentry, Plan, Receipt, Verification } from "./types.js";

export type * from "./types.js";

/** Where there is no page, as in server rendering, nothing is permitted and nothing happens. */
const nowhere: Consentry = {
  ready: Promise.resolve(),
  given: () => [],
  accepted: () => false,
  show() {},
  showPreferences() {},
  accept: async () => [],
  reject: async () => [],
  withdraw: async () => [],
  receipt: () => null,
  diagnose: () => ({ policy: undefined, given: [], inert: [], problems: ["there is no page here"] }),
};

const sdk = (): Promise<typeof Sdk> => import("./sdk.js");

/**
 * Starts obeying the page's plan, or the one given, and returns the page's handle.
 *
 * Call it as early as you like and as often as you like: a page has one handle, and where the loader's tag is present
 * as well, it is the same one. Safe to call in server rendering.
 */
export function init(options: { plan?: Plan } = {}): Consentry {
  if (typeof document === "undefined") return nowhere;
  return attach(options.plan, sdk);
}

/**
 * Checks a receipt, by default the one this browser holds, against the keys and the log of the site.
 * This loads the core as WebAssembly, once.
 */
export async function verify(receipt?: Receipt, options?: { base: string }): Promise<Verification> {
  return (await sdk()).verify(receipt, options);
}
