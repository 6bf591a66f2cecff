/** Where the page stands, shared by all stages of the loader. Names that end in `_` never leave them. */

import type { TrustedPolicy } from "./trust.js";
import type { Gate, Two } from "./two.js";
import type { Dialogs, Plan, State } from "./types.js";

/** What was decided: by purpose given, refused or nothing yet; by service whether it is an exception. */
export interface Choices {
  purposes_: (boolean | undefined)[];
  services_: (boolean | undefined)[];
  /** Whether something was given that no longer counts, by time or by a material change. */
  lapsed_?: boolean;
}

/** What stage one has and stage two works with. */
export interface Page extends Choices {
  plan_: Plan;
  /** Whether the browser sends a signal that refuses what `plan.gpc` names. */
  signal_?: unknown;
  /** Number of the last decision known. */
  seen_: number;
  /** What the choices were read from: the cookie and the queue as they stood. */
  raw_?: string | undefined;
  /** Whether a decision is on its way, so that the cookie is not the last word. */
  busy_?: boolean;
  /** Whether the page draws its own dialogs. */
  headless_?: boolean;
  words_?: Dialogs["words"] | undefined;
  problems_: string[];
  channel_?: BroadcastChannel;
  apply_: (next: Choices) => void;
  fire_: (name: string, more?: object) => void;
  /** Stage two, the one for all. */
  two_: () => Promise<Two>;
  /** The nonce of the loader's own tag. */
  nonce_?: string | undefined;
  /** Whether scripts may come alive: the page is there as a whole, no script in it is half read. */
  begun_?: boolean;
  /** What runs without consent, since someone wants to see this one thing this once; and what already came alive. */
  freed_: WeakSet<Element>;
  trusted_?: TrustedPolicy;
  /** Whether the page has the dialogs' styles, though it links to none. */
  styled_?: boolean;
  /** What came with the tag alone, still to be written into the page. */
  dialogs_?: Dialogs | undefined;
  load_: () => Promise<{ default: (page: Page) => Two }>;
  gate_: () => Promise<{ default: (page: Page) => Gate }>;
  /** The tag's own is known to stage two. */
  sdk_?: () => Promise<typeof import("./sdk.js")>;
}

export let page = { purposes_: [], services_: [], problems_: [] } as Partial<Page> as Page;

/** Stage two is a module of its own and works on what stage one has. */
export const share = (shared: Page): void => void (page = shared);

export const note = (problem: unknown): void => void page.problems_.push("" + problem);

/** Whether the edge is on another origin than the page, and cannot set cookies for it. */
export const apart = () => /^http/.test(page.plan_?.base);

export const byId = (id: string) => document.getElementById(id);

/** Bit `i` of a number, or of one written in hexadecimal digits. */
export const bit = (mask: number | string | undefined, i: number): bigint =>
  (BigInt("0x" + (mask || 0).toString(16)) >> BigInt(i)) & 1n;

/** Whether the browser's signal speaks against a purpose. */
export const against = (i: number) => page.signal_ && bit(page.plan_.gpc, i);

/**
 * Whether the first layer has to be shown, or is to stay: who decided nothing is asked, and who gave something that
 * counts no more. A refusal is not asked again, nor is anyone because there is a new purpose.
 */
export const asks = () => page.plan_.ask && !page.signal_ && (page.lapsed_ || !decided());

/** Whether anything was decided at all. */
export const decided = () => [...page.purposes_, ...page.services_].some((choice) => choice != null);

/** Whether a purpose is permitted while nobody decided about it. A page that takes the question away gets no answer. */
const on = (i: number) =>
  bit(page.plan_.on, i) && !against(i) && (page.headless_ || !asks() || byId("consentry"));

/** Whether a purpose is permitted, now or under other choices. */
export const permitted = (i: number, { purposes_ }: Choices = page): boolean => !!(purposes_[i] ?? on(i));

/** Whether a service is: with its purpose, except where the visitor decided about it alone. */
export const permittedService = (j: number, { purposes_, services_ }: Choices = page): boolean => {
  const i = page.plan_.services[j]!.purpose;
  return purposes_[i] || (purposes_[i] == null ? !!on(i) && !services_[j] : !!services_[j]);
};

/** The public view of it. */
export function state(): State {
  const { purposes = [], services = [], regime } = page.plan_ ?? ({} as Partial<Plan>);
  return {
    given: purposes.filter((_, i) => permitted(i)),
    refused: purposes.filter((_, i) => page.purposes_[i] === false),
    undecided: purposes.filter((_, i) => page.purposes_[i] == null),
    services: services.flatMap(({ id }, j) => (permittedService(j) ? id : [])),
    gpc: !!page.signal_,
    ...(regime && { regime }),
  };
}
