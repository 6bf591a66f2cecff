/** Stage one, for everyone: reads plan and decision, applies them, and calls for stage two when someone acts. */

import { glance } from "./glance.js";
import { raw, QUEUE } from "./plan.js";
import { held } from "./receipt.js";
import { stubbed, type Tell } from "./signals.js";
import { asks, byId, decided, note, page, permitted, state, type Choices } from "./state.js";
import { stored } from "./storage.js";
import { ask, two, type Gate, type Two } from "./two.js";
import type { Consentry, ConsentDetail, Dialogs, Plan } from "./types.js";
import { run, watch } from "./watch.js";

/** What the loader and the module do differently. */
export interface Parts {
  plan_?: Plan | undefined;
  /** Finds the plan for a page that carries none. */
  find_?: (() => Promise<Plan>) | undefined;
  /** Writes the dialogs that came with the plan into the page. */
  insert_?: (dialogs: Dialogs) => Promise<void>;
  headless_?: boolean | undefined;
  load_: () => Promise<{ default: (shared: typeof page) => Two }>;
  gate_: () => Promise<{ default: (shared: typeof page) => Gate }>;
  sdk_?: () => Promise<typeof import("./sdk.js")>;
  signals_?: Two["signals_"];
}

/** The tag, if there is one. */
export const script = globalThis.document?.currentScript as HTMLScriptElement | null | undefined;

let tell: Tell | undefined;

/** The page's one handle, made by whoever asks first. */
export function attach(parts: Parts): Consentry {
  // Browsers offer the dialog with this id under the same name, until something else is put there.
  if (!window.consentry?.ready) window.consentry = start(parts);
  return window.consentry;
}

const detail = () => ({ ...state(), receipt: held() });

const fire = (name: string, more?: object) =>
  dispatchEvent(new CustomEvent("consentry:" + name, { detail: { ...detail(), ...more } }));

/** Shows the first layer to who has to be asked. */
const show = () => void byId("consentry")?.toggleAttribute("open", !!asks() && !page.headless_);

/** Makes the page obey. Vendors hear it before what waits comes alive. */
function apply(next: Choices): void {
  Object.assign(page, next, { lapsed_: next.lapsed_, raw_: raw() });
  tell?.(permitted);
  show();
  if (decided()) {
    const { given, refused } = state();
    (window as { dataLayer?: object[] }).dataLayer?.push({ event: "consentry", given, refused });
    fire("consent");
  }
  run();
}

const denied = () => page.plan_.purposes.map(() => false);

/** Obeys what is kept in this browser, unless a decision is on its way. Another tab may have changed it. */
const reread = () => {
  if (!page.busy_ && page.raw_ !== raw()) {
    two().then((stage) => stage.resume_(), () => apply({ purposes_: denied(), services_: [] }));
  }
};

let native = false;

/** Hands what people do in the dialogs to stage two. Where there is none, a link stays a link and a form a form. */
function act(event: Event): void {
  const { type, target } = event;
  const all = "#consentry-open,#consentry-close,#consentry,#consentry-preferences";
  const own = (target as Element).closest?.<HTMLAnchorElement>(all);
  const click = type === "click";
  // A choice is taken at the click; that spares a slow device the form's own work.
  const choice = (click && (target as Element).closest?.<HTMLButtonElement>("[name=choice]")) || undefined;
  const { submitter, key } = event as SubmitEvent & KeyboardEvent;
  if (!own || native || (!choice && /-(open|close)$/.test(own.id) !== click) || (key && key !== "Escape")) return;
  if (!key) event.preventDefault();
  // The click is answered first; a slow device shall not feel what follows.
  setTimeout(() =>
    two()
      .then((stage) => stage.act_(event, own, choice))
      .catch((problem) => {
        note(problem);
        native = true;
        (submitter ?? choice ?? own).click();
      }),
  );
}

/** The plan that stands in the page. */
async function written(): Promise<Plan | undefined> {
  const place = () => byId("consentry-plan")?.textContent;
  if (!place()) await parsed();
  const text = place();
  return text ? (JSON.parse(text) as Plan) : undefined;
}

const parsed = async () => {
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
};

/** Obeys the page's plan. Nothing here throws into the page: whatever fails leaves everything denied. */
function start(parts: Parts): Consentry {
  Object.assign(page, parts, {
    apply_: apply,
    fire_: fire,
    two_: two,
    nonce_: script?.nonce,
    freed_: new WeakSet(),
  });

  const ready = (async () => {
    try {
      const plan = parts.plan_ ?? (await written()) ?? (await parts.find_?.());
      if (plan?.v !== 2) throw "no plan that is understood";
      // What cannot be gone through is no plan either.
      plan.purposes.map(String);
      plan.services.map(String);
      page.plan_ = plan;
      const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };
      const { google, uet, clarity, dnt } = plan.signals ?? {};
      page.signal_ = plan.gpc && (globalPrivacyControl || (dnt && navigator.doNotTrack === "1"));
      page.seen_ = plan.seen ?? 0;
      const waits = stored(QUEUE);
      // Until stage two knows what waits to be sent, or what an unusual decision comes to, nothing is permitted.
      page.purposes_ = denied();
      watch();
      for (const type of ["click", "submit", "keydown"]) document.addEventListener(type, act);
      const found = waits ? null : (glance() ?? (await two().then((stage) => stage.read_(), () => null)));
      // Someone may have decided meanwhile.
      if (found && !page.busy_) {
        // Whoever made the page may have refused the cookie, as forged say, and asks again.
        const anew = !found.lapsed_ && byId("consentry")?.hasAttribute("open");
        Object.assign(page, anew ? { purposes_: [], seen_: plan.seen ?? 0 } : found);
      }
      if (page.dialogs_ && !page.headless_ && parts.insert_) {
        // The page may go on for long.
        await parts.insert_(page.dialogs_);
        delete page.dialogs_;
        show();
      }
      tell = stubbed();
      if (!tell && (google ?? uet ?? clarity) != null) {
        tell = await (parts.signals_ ?? (await two()).signals_)(plan.signals!);
      }
      await parsed();
      page.begun_ = true;
      const alone = !byId("consentry");
      apply(page);
      if (waits) {
        ask(two, (stage) => stage.resume_());
      } else {
        // Whoever takes the first layer out of a page does not get it back by itself.
        if (alone && !page.headless_ && (page.dialogs_ || parts.plan_)) ask(two, (stage) => stage.dialogs_());
        if (plan.migrate && !decided()) ask(two, (stage) => stage.import_());
      }
      addEventListener("visibilitychange", reread);
      addEventListener("pageshow", reread);
      (page.channel_ = new BroadcastChannel("consentry")).onmessage = reread;
    } catch (problem) {
      note(problem);
    }
    fire("ready");
  })();

  const on =
    (name: string, now?: boolean) =>
    (call: (detail: ConsentDetail) => void): (() => void) => {
      const hear = (event: Event) => call((event as CustomEvent<ConsentDetail>).detail);
      addEventListener("consentry:" + name, hear);
      if (now && page.begun_ && decided()) call(detail());
      return () => removeEventListener("consentry:" + name, hear);
    };

  const handle = {
    ready,
    state,
    given: () => state().given,
    accepted(what: string & { service: string }) {
      const { given, services } = state();
      return given.includes(what) || services.includes(what?.service);
    },
    receipt: held,
    onConsent: on("consent", true),
    onFirstConsent: on("first"),
    onChange: on("change"),
  } as Record<string, unknown>;
  const later = "show showPreferences showRights accept reject withdraw verify requestExport erase diagnose";
  for (const name of later.split(" ")) {
    handle[name] = async (...what: unknown[]) => {
      await ready;
      return ((await two()) as unknown as Record<string, (...what: unknown[]) => unknown>)[name]!(...what);
    };
  }
  return handle as unknown as Consentry;
}
