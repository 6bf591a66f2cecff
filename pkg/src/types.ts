export type { Policy } from "./policy.js";
export type {
  ConsentRecord,
  Consistency,
  Decision,
  Dialogs,
  Erasure,
  GoogleSignals,
  Plan,
  PublicKeys,
  Receipt,
  Reply,
  Request as RequestReply,
  Restriction,
  Service,
  Signals,
} from "./shapes.js";
import type { Decision, Erasure, Receipt, Request, RestrictionGround, Verification as Examined } from "./shapes.js";

/** What may be asked for about one's own data (GDPR Articles 15 to 22). */
export type RightRequest = {
  /** 16 random bytes in URL-safe base64: asking again with the same is asking once. */
  id?: string;
  /** In one's own words, up to 4,000 characters. */
  statement?: string;
} & (
  | { right: "access" | "portability" | "human-review" | "withdrawal" }
  | {
      right: "rectification";
      /** The record that is wrong. */
      record?: { category: string; name: string };
      /** What is right, by JSON Pointer. */
      changes?: Record<string, unknown>;
    }
  | { right: "restriction"; ground: RestrictionGround }
  | { right: "objection"; purposes: string[] }
  | { right: "erasure"; confirm: true }
);

/**
 * Gives a token about an account, as the site's backend signs them, for one request. `fresh` for an erasure, which cannot be
 * undone: the site has to ask for the password or the like first, and say in the token, as `auth_time`, that it has.
 */
export type Token = (fresh: boolean) => string | Promise<string>;

/** Where a copy is fetched from. */
export interface CopyLink {
  /** Its address: good for once. */
  download: string;
  /** Until when. */
  expires: string;
  /** About how many bytes the copy has. */
  bytes: number;
}

/** How a copy is fetched. */
export interface CopyOptions {
  /** At least 12 characters; the copy is encrypted with it, and cannot be opened without. */
  passphrase?: string | undefined;
  /** Hears how many bytes have come, of about how many. */
  progress?: (done: number, total: number) => void;
}

/** What is answered to that. */
export interface RightAnswer {
  /** The request; null where somebody who is nobody known only ended uses of data. */
  request: Request | null;
  /** Whether the data may only be stored from now on. */
  restricted: boolean;
  /** Where the copy that was asked for is: good for once. */
  download?: string;
  /** Until when. */
  expires?: string;
  /** About how many bytes it has. */
  bytes?: number;
  /** How consent stands now, where uses of data ended. */
  decision?: Decision;
  /** What was erased, where that was asked for. */
  erased?: Erasure["erased"];
  /** What the site has to keep. */
  kept?: Erasure["kept"];
  /** The decision cookie, for pages of another origin. */
  cookie?: string;
}

/** What checking a receipt, and the log it is in, found. `ok` is of all of it. */
export interface Verification extends Examined {
  /**
   * Whether the log is still the one that the receipt is in and that this browser saw last, with more after it. Null where
   * there was nothing to compare, or it could not be fetched.
   */
  consistency: boolean | null;
  /** The number of entries the log was shown with before. */
  seen: number;
  /** The number of entries it is shown with now. */
  now: number;
  /** Why it was not compared, in words. */
  uncompared: string | null;
  /** Where the log is another one: two signed checkpoints that contradict each other, which prove it to anybody. */
  evidence: { seen: string; now: string } | null;
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
  /** Opens the panel of all rights: over what is kept about this device, or about an account, by tokens about it. */
  showRights(options?: { token?: Token | undefined }): Promise<void>;
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
    /** Everything kept about an account was erased by its holder in the panel. */
    "consentry:erased": CustomEvent<Erasure>;
  }
}
