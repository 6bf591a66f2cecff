export type { ConsentRecord, PublicKeys, Receipt, Verification } from "#core";
import type { Receipt, Verification } from "#core";

/** What a vendor is called, where it lives and what it leaves behind. */
export interface Service {
  id: string;
  /** Index into {@link Plan.purposes}. */
  purpose: number;
  /** `host` or `host:port`, as `URL.host` writes it. */
  hosts: string[];
  /** Cookie names, `*` at the end stands for anything. */
  cookies?: string[];
  /** Keys of local and session storage, written like `cookies`. */
  storage?: string[];
  /** Whether only a reload stops it once it runs. */
  reload?: boolean;
}

/** What Google Consent Mode is told. Numbers are indices into {@link Plan.purposes}. */
export interface GoogleSignals {
  types: Record<string, number>;
  /** Types that an essential purpose grants. */
  granted?: string[];
  /** Milliseconds for which tags wait for an update. */
  wait?: number;
  /** `ads_data_redaction` while `ad_storage` is denied. */
  redact?: boolean;
  /** `url_passthrough`. */
  passthrough?: boolean;
  /** Whether Google's own tags run before a choice, with everything denied. */
  advanced?: boolean;
}

/** What running vendors are told. Numbers are indices into {@link Plan.purposes}. */
export interface Signals {
  google?: GoogleSignals;
  /** The purpose that grants Microsoft UET's `ad_storage`. */
  uet?: number;
  /** Types of Microsoft Clarity's `consentv2`. */
  clarity?: Record<string, number>;
  /** Whether Do Not Track counts like Global Privacy Control. */
  dnt?: boolean;
}

/** A policy compiled for one page: everything the loader needs to obey it. */
export interface Plan {
  v: 2;
  /** Where the edge answers, normally `/.consentry/`. */
  base: string;
  /** Hash of the policy in force. */
  policy: string;
  /** Hash of the notice text this page shows. */
  notice: string;
  locale: string;
  /** The rules that apply to this visitor. */
  regime: string;
  /** How old the visitor is taken to be. */
  age?: "under-16";
  /** Start of the hash of what a decision is about. A decision cookie names it. */
  material: string;
  /** Earlier materials, and what their bits are now: an index; `~index` where it changed so much that a grant
   * lapses and a refusal stands; `null` where it is gone. */
  was?: Record<string, { p: (number | null)[]; s?: (number | null)[] }>;
  /** The purposes that may be refused, in the order of the decision bits. */
  purposes: string[];
  /** Bit mask of the purposes that are permitted while undecided. */
  on?: number;
  /** Whether the first layer is shown while nothing is decided. */
  ask?: boolean;
  /** Bit mask of the purposes that Global Privacy Control turns off. */
  gpc?: number;
  services: Service[];
  /** For how many days a grant counts. */
  days: number;
  /** For how many days a refusal counts. */
  refusal_days: number;
  /** When a grant takes effect: once the edge recorded it, or at the click. */
  grant: "recorded" | "immediate";
  /** Name of the decision cookie. */
  cookie: string;
  signals?: Signals;
  /** The earlier tools whose decision is taken over, each with the name of its cookie or storage key. */
  migrate?: Record<string, string>;
  /** Address of the deciding stage of the loader. */
  more?: string;
  /** Address of the module that verifies receipts. */
  sdk?: string;
  /** Address of the dialogs, as {@link Dialogs}. */
  dialogs?: string;
  /** Number of the last decision this page was rendered from. */
  seen?: number;
}

/** Both dialogs and the reopen control, for a page that has them not. */
export interface Dialogs {
  html: string;
  /** The phrases that a page's dialogs carry as `data-*`. */
  words: Record<string, string>;
  css: string;
  plan: Plan;
}

/** A decision as the edge recorded it. */
export interface Decision {
  policy: string;
  seq: number;
  given: string[];
  refused: string[];
  /** Services that are given alone where their purpose is refused, or objected to where it is undecided. */
  services?: string[];
  until: string;
}

/** What an erasure did. */
export interface Erasure {
  erased: { records: number };
  /** What the site has to keep, on what ground, and for how long. */
  kept: { what: string; ground: string; until: string }[];
  note?: string;
}

/** Where the page stands. */
export interface State {
  /** The purposes permitted now, by consent or because nobody objected. */
  given: string[];
  /** The purposes refused, withdrawn or objected to. */
  refused: string[];
  /** The purposes nothing was decided about. */
  undecided: string[];
  /** The services permitted now. */
  services: string[];
  /** Whether the browser sends Global Privacy Control, or another signal that counts like it. */
  gpc: boolean;
  /** The rules that apply to this visitor; absent where there is no plan. */
  regime?: string;
}

/** Detail of the events, and what callbacks are given. */
export interface ConsentDetail extends State {
  receipt: Receipt | null;
}

/** Detail of `consentry:withdraw`: what is permitted no longer. */
export interface WithdrawDetail extends ConsentDetail {
  withdrawn: { purposes: string[]; services: string[] };
}

/** Something seen in the page that no service of the policy declares. */
export interface Undeclared {
  kind: "host" | "cookie" | "storage";
  name: string;
  /** What to add to a service of the policy, as JSON. */
  line: string;
}

/** What {@link Consentry.diagnose} tells. */
export interface Diagnosis extends State {
  policy: string | undefined;
  /** The tags that are still inert: what they need, and where they would load from. */
  inert: string[];
  /** How many placeholders stand in the page. */
  placeholders: number;
  /** Decisions that are kept here and not yet recorded. */
  queued: number;
  /** Whether the browser lets this page use them. */
  storage: boolean;
  cookies: boolean;
  /** Declared hosts that were contacted although their service is not permitted. */
  early: string[];
  undeclared: Undeclared[];
  problems: string[];
}

/** What {@link Consentry.accept} may be told to grant, and nothing else. */
export interface Selection {
  purposes?: string[];
  services?: string[];
}

/** The page's handle, also found at `window.consentry`. */
export interface Consentry {
  /** Resolves once the page's decision is applied; never rejects. */
  readonly ready: Promise<unknown>;
  /** The purposes permitted now. */
  given(): string[];
  accepted(what: string | { service: string }): boolean;
  state(): State;
  /** Shows the first layer, again or for the first time. */
  show(): Promise<void>;
  showPreferences(): Promise<void>;
  /** Grants everything, or exactly what is named. Resolves with the purposes permitted afterwards. */
  accept(what?: string[] | Selection): Promise<string[]>;
  reject(): Promise<string[]>;
  /** Takes every grant back. */
  withdraw(): Promise<string[]>;
  /** Calls back at each decision, and now if there is one. Returns what ends that. */
  onConsent(call: (detail: ConsentDetail) => void): () => void;
  /** Calls back at this visitor's first decision. */
  onFirstConsent(call: (detail: ConsentDetail) => void): () => void;
  /** Calls back whenever what is permitted changes. */
  onChange(call: (detail: ConsentDetail) => void): () => void;
  receipt(): Receipt | null;
  /** Checks a receipt, by default the one this browser holds, against the keys and the log of the site. */
  verify(receipt?: Receipt): Promise<Verification>;
  /** Has everything kept about this device put together. Resolves with the address of the ZIP, good for once. */
  requestExport(): Promise<string>;
  /** Has everything kept about this device erased. */
  erase(): Promise<Erasure>;
  diagnose(): Promise<Diagnosis>;
}

declare global {
  interface Window {
    consentry?: Consentry;
  }
  interface WindowEventMap {
    /** The page's decision has been read and applied, or there is none. */
    "consentry:ready": CustomEvent<ConsentDetail>;
    /** A decision applies: one that was found, made here, or made in another tab. */
    "consentry:consent": CustomEvent<ConsentDetail>;
    /** The first decision of this visitor, after nothing was decided. */
    "consentry:first": CustomEvent<ConsentDetail>;
    /** What is permitted has changed. */
    "consentry:change": CustomEvent<ConsentDetail>;
    /** Something is permitted no longer. */
    "consentry:withdraw": CustomEvent<WithdrawDetail>;
    "consentry:verified": CustomEvent<Verification>;
  }
}
