import type { Page } from "./state.js";
import type { Edge } from "./sdk.js";
import type { Two } from "./two.js";
import type { Diagnosis, Token } from "./types.js";
import type { Wish } from "./wish.js";

/** What stage two lends to the rest. */
export interface Tools {
  dialogs_: () => Promise<void>;
  button_: (text: string, act: () => void) => HTMLButtonElement;
  phrase_: (name: string, values?: object) => string;
  decide_: (wish: Wish) => Promise<string[]>;
  /** Consent to one more service, or purpose, beside what holds already. */
  add_: (kind: "services" | "purposes", id: string) => void;
  /** Sends what an earlier tool left, and applies what comes of it. */
  import_: (imported: Record<string, string>) => Promise<void>;
  forget_: () => void;
  edge_: () => Promise<Edge>;
  queued_: () => unknown[];
}

/** What few visitors need, and only once they do. */
export interface Rest extends Pick<Two, "hold_" | "import_" | "signals_"> {
  prove_(): Promise<void>;
  /** Shows all rights: this device's, or those of the account that tokens are about. */
  rights_(by?: Token): Promise<void>;
  personalData_(form: HTMLFormElement): Promise<void>;
  diagnose_(): Diagnosis;
  /** The edge on another origin, asked as this device. */
  edge_(): Edge;
  /** Forgets the device's key. */
  drop_(): Promise<void>;
}

/** How stage two finds it. */
export type Begin = (page: Page, tools: Tools) => Rest;
