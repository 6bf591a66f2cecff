export type { ConsentRecord, PublicKeys, Receipt, Verification } from "#core";
import type { Receipt, Verification } from "#core";

/** What a vendor is called, where it lives and what it leaves behind. */
export interface Service {
  id: string;
  /** Index into {@link Plan.purposes}. */
  purpose: number;
  hosts: string[];
  /** Cookie names, `*` at the end stands for anything. */
  cookies?: string[];
  /** Keys of local and session storage, written like `cookies`. */
  storage?: string[];
}

/** A policy compiled for one page: everything the loader needs to obey it. */
export interface Plan {
  v: 1;
  /** Where the edge answers, normally `/.consentry/`. */
  base: string;
  /** Hash of the policy in force. */
  policy: string;
  /** Hash of the notice text this page shows. */
  notice: string;
  locale: string;
  /** The purposes that need permission, in the order of the decision bits. */
  purposes: string[];
  services: Service[];
  /** How long a decision lasts. */
  days: number;
  /** When a grant takes effect: once the edge recorded it, or at the click. */
  grant: "recorded" | "immediate";
  /** Name of the decision cookie. */
  cookie: string;
  /** Address of the module that verifies receipts. */
  sdk?: string;
  /** Number of the last decision this page was rendered from. */
  seen: number;
}

/** A decision as the edge recorded it. */
export interface Decision {
  policy: string;
  seq: number;
  given: string[];
  refused: string[];
  until: string;
}

/** What an erasure did. */
export interface Erasure {
  erased: { records: number };
  /** What the site has to keep, on what ground, and for how long. */
  kept: { what: string; ground: string; until: string }[];
  note?: string;
}

/** Detail of the window event `consentry:consent`. */
export interface ConsentDetail {
  given: string[];
  refused: string[];
  receipt: Receipt | null;
}

/** What {@link Consentry.diagnose} tells. */
export interface Diagnosis {
  policy: string | undefined;
  given: string[];
  /** The purposes of the tags that are still inert. */
  inert: string[];
  problems: string[];
}

/** The page's handle, also found at `window.consentry`. */
export interface Consentry {
  /** Resolves once the page's decision is applied; never rejects. */
  readonly ready: Promise<unknown>;
  /** The purposes permitted now. */
  given(): string[];
  accepted(purpose: string): boolean;
  /** Shows the first layer again. */
  show(): void;
  showPreferences(): void;
  /** Grants all purposes, or exactly those named. Resolves with what is permitted afterwards. */
  accept(purposes?: string[]): Promise<string[]>;
  reject(): Promise<string[]>;
  /** Takes every grant back. */
  withdraw(): Promise<string[]>;
  receipt(): Receipt | null;
  diagnose(): Diagnosis;
}

declare global {
  interface Window {
    consentry?: Consentry;
  }
  interface WindowEventMap {
    "consentry:consent": CustomEvent<ConsentDetail>;
    "consentry:verified": CustomEvent<Verification>;
  }
}
