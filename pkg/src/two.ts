import { note, page, type Choices, type Page } from "./state.js";
import type { Consentry, Signals } from "./types.js";
import type { Tell } from "./signals.js";

/** What stage two offers: it decides, shows and explains. Loaded on use; until then forms and links are plain ones. */
export interface Two
  extends Pick<
    Consentry,
    | "show" | "showPreferences" | "showRights" | "accept" | "reject" | "withdraw" | "verify" | "requestExport" | "erase"
    | "diagnose"
  > {
  /** Answers a click, a submit or a key in the dialogs. */
  act_(event: Event, own: HTMLElement, choice?: HTMLButtonElement): unknown;
  /** Sees to it that the page has both layers and the way back to them; the first one open where it asks. */
  dialogs_(): Promise<void>;
  /** The decision this browser holds. */
  read_(): Choices;
  /** Reads again what this browser holds, applies it, and goes on with decisions that could not be sent. */
  resume_(): void;
  /** Puts placeholders where these tags would be. */
  hold_(tags: HTMLElement[], wakeOnce: (tag: HTMLElement) => void): unknown;
  /** Has the decision of an earlier tool taken over. */
  import_(): unknown;
  /** What the stub does, where a page has none. */
  signals_(signals: Signals): Tell | Promise<Tell>;
}

/** What the gate offers. */
export interface Gate {
  /** Brings to life what waits and is permitted. */
  run_(): void;
  /** Puts an inert copy of a live tag where it was. */
  disarm_(tag: HTMLElement, place: ChildNode, service: string): void;
}

/** A stage, loaded once. A load that failed may be tried again; it fails with everything that went wrong so far. */
function stage<Stage>(load: () => Promise<{ default: (shared: Page) => Stage }>): () => Promise<Stage> {
  let loading: Promise<Stage> | undefined;
  return () =>
    (loading ??= Promise.resolve()
      .then(load)
      .then((module) => module.default(page))
      .catch((problem) => {
        loading = undefined;
        note(problem);
        throw Error("" + page.problems_);
      }));
}

export const two = stage(() => page.load_());
export const gate = stage(() => page.gate_());

/** A stage where nothing depends on it. */
export const ask = <Stage>(stage: () => Promise<Stage>, what: (stage: Stage) => unknown): void =>
  void stage().then(what).catch(note);
