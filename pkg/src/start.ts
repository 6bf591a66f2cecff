import { clear, expire } from "./clear.js";
import { asking, hide, listen, phrase, say, showBanner, showPreferences } from "./dialogs.js";
import { activate, isLive, waiting } from "./gate.js";
import { readDecision, readPlan } from "./plan.js";
import { held, keep } from "./receipt.js";
import { send, type Answer, type Choice } from "./send.js";
import type * as Sdk from "./sdk.js";
import type { Consentry, Plan, Receipt } from "./types.js";

type Load = (plan: Plan) => Promise<typeof Sdk>;

interface Sending {
  wanted: string;
  control: AbortController;
  done?: Promise<string[]>;
}

/** The page's one handle, made by whoever asks first. */
export function attach(own?: Plan, load?: Load): Consentry {
  // Browsers offer the dialog with this id under the same name, until something else is put there.
  if (!window.consentry?.ready) window.consentry = start(own, load);
  return window.consentry;
}

/** Obeys the page's plan. Nothing here throws into the page: whatever fails leaves everything denied. */
function start(own?: Plan, load: Load = (plan) => import(plan.sdk!)): Consentry {
  let plan: Plan;
  let given: string[] = [];
  let seen: number;
  let sending: Sending | undefined;
  let observer: MutationObserver | undefined;
  // A withdrawn service that was at work in this page can only be stopped by leaving the page.
  let reload = false;
  const problems: string[] = [];

  const note = (problem: unknown) => void problems.push("" + problem);
  const accepted = (purpose: string) => given.includes(purpose);
  const sdk = () => load(plan);
  const run = () => activate((tag) => accepted(tag.dataset["category"]!), note);

  const drop = (purposes: string[]) => {
    given = given.filter((p) => !purposes.includes(p));
    for (const purpose of purposes) {
      const services = plan.services.filter((s) => plan.purposes[s.purpose] === purpose);
      reload ||= isLive(purpose, services.flatMap((s) => s.hosts));
      clear(services);
    }
  };

  const apply = (purposes: string[], receipt: Receipt | null) => {
    given = purposes;
    hide();
    if (given[0]) {
      observer ??= new MutationObserver(run);
      observer.observe(document, { childList: true, subtree: true });
      run();
    }
    const detail = { given: [...given], refused: plan.purposes.filter((p) => !accepted(p)), receipt };
    dispatchEvent(new CustomEvent("consentry:consent", { detail }));
  };

  const prove = () => {
    if (held()) sdk().then((m) => m.prove(plan)).catch(note);
  };
  const proveOnIdle = () => (window.requestIdleCallback ?? setTimeout)(prove);

  const settle = (status: number, answer: Answer, wanted: string[], grants: boolean) => {
    const { decision, receipt, plan: next, detail } = answer;
    const current = decision?.given ?? [];
    // A refusal may be recorded a little later (202); it applies all the same.
    if (status === 200 || (status === 202 && !grants)) {
      const confirmed = wanted.filter((p) => current.includes(p));
      seen = decision!.seq;
      if (confirmed[0] && receipt) {
        keep(receipt);
        proveOnIdle();
      }
      if (grants) apply(confirmed, receipt);
    } else if (status === 409) {
      seen = next?.seen ?? decision?.seq ?? seen;
      drop(given.filter((p) => !current.includes(p)));
      // A new notice has to be read before it can be agreed to, and this page only has the old one.
      if (next?.notice === plan.notice) plan = { ...plan, ...next };
      showBanner();
      say(detail ?? "");
    } else {
      throw detail ?? status;
    }
    if (reload) location.reload();
  };

  const decide = (choice: Choice, picked: string[], layer: string): Promise<string[]> => {
    const wanted = plan.purposes.filter((p) => picked.includes(p));
    // Two clicks are one grant, but anything else overtakes a grant still on its way.
    if (sending?.wanted === "" + wanted) return sending.done!;
    sending?.control.abort();
    const mine: Sending = (sending = { wanted: "" + wanted, control: new AbortController() });
    const grants = wanted.some((p) => !accepted(p));
    const withdrawn = given.filter((p) => !wanted.includes(p));
    drop(withdrawn);
    // Should the edge be out of reach, the cookie that grants must not outlive the withdrawal.
    if (withdrawn[0]) expire(plan.cookie);
    if (!grants || plan.grant === "immediate") apply(wanted, null);
    else say("…");
    const finish = async () => {
      try {
        const [status, answer] = await send(plan, seen, choice, wanted, layer, mine.control.signal);
        if (sending === mine) settle(status, answer, wanted, grants);
      } catch (problem) {
        note(problem);
        if (sending === mine && grants) say(phrase("failed", "This could not be saved. Please try again."));
      }
      if (sending === mine) sending = undefined;
      return [...given];
    };
    return (mine.done = finish());
  };

  const forget = () => {
    keep(null);
    drop(given);
    expire(plan.cookie);
    seen = 0;
  };

  const open = () => {
    prove();
    return showPreferences(given);
  };

  const submit = (form: HTMLFormElement, button?: string) => {
    if (button === "choose") return open();
    // The click is answered first; a slow device shall not feel what follows.
    setTimeout(() => {
      const data = new FormData(form);
      const layer = data.get("layer") as string | null;
      if (layer) {
        const picked = data.getAll("purpose") as string[];
        decide(button as Choice, button === "accept-all" ? plan.purposes : button === "selection" ? picked : [], layer);
      } else {
        sdk().then((m) => m.personalData(form, plan, forget), () => form.submit());
      }
    });
    return true;
  };

  const ready = (async () => {
    try {
      if (document.readyState === "loading") {
        await new Promise((done) => document.addEventListener("DOMContentLoaded", done));
      }
      plan = own ?? readPlan();
      // Whoever made the page may have refused the cookie, as forged say, and asks again.
      const found = asking() ? undefined : readDecision(plan);
      seen = found?.seq ?? plan.seen;
      listen(open, submit);
      if (found) apply(found.given, held());
      else showBanner();
      proveOnIdle();
      addEventListener("pageshow", ({ persisted }) => {
        // A page out of the back/forward cache may be older than the decision.
        if (persisted && "" + (readDecision(plan)?.given ?? "") !== "" + given) location.reload();
      });
    } catch (problem) {
      note(problem);
    }
  })();

  const later = async (choice: Choice, picked?: string[]) => {
    await ready;
    return plan ? decide(choice, picked ?? plan.purposes, "api") : [];
  };
  const reject = () => later("reject-all", []);

  return {
    ready,
    given: () => [...given],
    accepted,
    show: showBanner,
    showPreferences: () => void (plan && open()),
    accept: (purposes) => later(purposes ? "selection" : "accept-all", purposes),
    reject,
    withdraw: reject,
    receipt: held,
    diagnose: () => ({
      policy: plan?.policy,
      given,
      inert: waiting().map((tag) => tag.dataset["category"]!),
      problems,
    }),
  };
}
