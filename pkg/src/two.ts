import { note, page } from "./state.js";
import type { Consentry, Signals } from "./types.js";
import type { Tell } from "./signals.js";

/** What stage two offers: it decides, shows and explains. Loaded on use; until then forms and links are plain ones. */
export interface Two
  extends Pick<
    Consentry,
    "show" | "showPreferences" | "accept" | "reject" | "withdraw" | "verify" | "requestExport" | "erase" | "diagnose"
  > {
  /** Answers a click, a submit or a key in the dialogs. */
  act_(event: Event, own: HTMLElement): unknown;
  /** Sees to it that the page has both layers and the way back to them; the first one open where it asks. */
  dialogs_(): Promise<void>;
  /** Reads again what this browser holds, applies it, and goes on with decisions that could not be sent. */
  resume_(): void;
  /** Wakes what is permitted of these tags, and puts placeholders where the others would be. */
  wake_(tags: HTMLElement[]): unknown;
  /** Puts an inert copy of a live tag where it was. */
  disarm_(tag: HTMLElement, place: ChildNode, service: string): unknown;
  /** Has the decision of an earlier tool taken over. */
  import_(): unknown;
  /** What the stub does, where a page has none. */
  signals_(signals: Signals): Tell | Promise<Tell>;
}

let stage: Promise<Two> | undefined;

/** Stage two, loaded once. A load that failed may be tried again; it fails with everything that went wrong so far. */
export const two = (): Promise<Two> =>
  (stage ??= Promise.resolve()
    .then(page.load_)
    .then((module) => module.default(page))
    .catch((problem) => {
      stage = undefined;
      note(problem);
      throw Error("" + page.problems_);
    }));

/** Stage two where nothing depends on it. */
export const ask = (what: (stage: Two) => unknown): void => void two().then(what).catch(note);
