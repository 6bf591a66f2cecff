import { find } from "./find.js";
import type * as Sdk from "./sdk.js";
import { signals } from "./signals.js";
import { attach } from "./start.js";
import type { Consentry, Consistency, Erasure, Plan, Receipt, State, Verification } from "./types.js";

export type * from "./types.js";

/** How a page starts. */
export interface Options {
  /** The plan to obey, where the page carries none. */
  plan?: Plan;
  /**
   * Where the edge answers, such as `https://consent.example/.consentry/`, where the page carries no plan and is served
   * by something else. The policy has to name the page's origin under `site.origins`.
   */
  base?: string;
  /** What the site knows of the visitor's age, where it asks the edge for the plan. */
  age?: "under-16" | undefined;
  /** Whether the page is shown the dialogs; `false` for one that draws its own. */
  ui?: boolean;
}

const none: State = { given: [], refused: [], undecided: [], services: [], gpc: false };

const absent = async (): Promise<never> => {
  throw new Error("there is no page here");
};

/** Where there is no page, as in server rendering, nothing is permitted and nothing happens. */
const nowhere: Consentry = {
  ready: Promise.resolve(),
  given: () => [],
  accepted: () => false,
  state: () => none,
  show: async () => {},
  showPreferences: async () => {},
  showRights: async () => {},
  accept: async () => [],
  reject: async () => [],
  withdraw: async () => [],
  onConsent: () => () => {},
  onFirstConsent: () => () => {},
  onChange: () => () => {},
  receipt: () => null,
  verify: absent,
  requestExport: absent,
  erase: absent,
  diagnose: async () => ({
    ...none,
    policy: undefined,
    inert: [],
    placeholders: 0,
    queued: 0,
    storage: false,
    cookies: false,
    early: [],
    undeclared: [],
    problems: ["there is no page here"],
  }),
};

const sdk = (): Promise<typeof Sdk> => import("./sdk.js");

/**
 * Starts obeying the page's plan, or the one given, and returns the page's handle.
 *
 * Call it as early as you like and as often as you like: a page has one handle, and where the loader's tag is present
 * as well, it is the same one. Safe to call in server rendering.
 */
export function init({ plan, base, age, ui }: Options = {}): Consentry {
  if (typeof document === "undefined") return nowhere;
  const [load_, gate_] = [() => import("./decide.js"), () => import("./gate.js")];
  const find_ = base === undefined ? undefined : () => find({ base_: base, age_: age });
  return attach({ plan_: plan, find_, headless_: ui === false, load_, gate_, sdk_: sdk, signals_: signals });
}

const here = (): Consentry => (typeof window === "undefined" ? nowhere : window.consentry?.ready ? window.consentry : init());

/** Resolves once the page's decision is applied; never rejects. */
export const ready = (): Promise<unknown> => here().ready;
/** Shows the first layer, again or for the first time. */
export const show: Consentry["show"] = () => here().show();
export const showPreferences: Consentry["showPreferences"] = () => here().showPreferences();
/** Opens the panel of all rights: over what is kept about this device, or about an account, by tokens about it. */
export const showRights: Consentry["showRights"] = (options) => here().showRights(options);
/** Grants everything, or exactly what is named. Resolves with the purposes permitted afterwards. */
export const accept: Consentry["accept"] = (what) => here().accept(what);
export const reject: Consentry["reject"] = () => here().reject();
/** Takes every grant back. */
export const withdraw: Consentry["withdraw"] = () => here().withdraw();
export const accepted: Consentry["accepted"] = (what) => here().accepted(what);
/** The purposes permitted now. */
export const given: Consentry["given"] = () => here().given();
export const state: Consentry["state"] = () => here().state();
/** Calls back at each decision, and now if there is one. Returns what ends that. */
export const onConsent: Consentry["onConsent"] = (call) => here().onConsent(call);
/** Calls back at this visitor's first decision. */
export const onFirstConsent: Consentry["onFirstConsent"] = (call) => here().onFirstConsent(call);
/** Calls back whenever what is permitted changes. */
export const onChange: Consentry["onChange"] = (call) => here().onChange(call);
export const receipt: Consentry["receipt"] = () => here().receipt();
export const diagnose: Consentry["diagnose"] = () => here().diagnose();
/** Has everything kept about this device put together. Resolves with the address of the ZIP, good for once. */
export const requestExport = (): Promise<string> => here().requestExport();
/** Has everything kept about this device erased. */
export const erase = (): Promise<Erasure> => here().erase();

/**
 * Checks a receipt, by default the one this browser holds, against the keys and the log of the site.
 * This loads the core as WebAssembly, once.
 */
export async function verify(receipt?: Receipt, options?: { base: string }): Promise<Verification> {
  return options || typeof window === "undefined" ? (await sdk()).verify(receipt, options) : here().verify(receipt);
}

/**
 * Checks that the site's log is still the one that a checkpoint, a signed note, was once shown of, with more after it.
 * `verify` does so for the receipt's own, and for the last one this browser saw.
 */
export async function verifyConsistency(seen: string, options?: { base: string }): Promise<Consistency> {
  return (await sdk()).verifyConsistency(seen, options);
}
