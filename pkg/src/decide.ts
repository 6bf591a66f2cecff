/** Stage two: what happens once someone acts. It decides, shows and explains. */

import { clear, expire, isLive } from "./clear.js";
import { button, dialogs, hide, preferences, say, showBanner, showPreferences, tick } from "./dialogs.js";
import { cookie, raw, read } from "./plan.js";
import { dequeue, enqueue, grants, overtake, queued } from "./queue.js";
import { held, keep } from "./receipt.js";
import { apart, bit, byId, decided, note, page, share, state, asks, type Choices, type Page } from "./state.js";
import type { Edge } from "./sdk.js";
import type { Rest, Tools } from "./tools.js";
import type { Two } from "./two.js";
import type { Plan, Reply, Selection } from "./types.js";
import { current, exceeds, meanwhile, recorded, target, type Body, type Wish } from "./wish.js";
import { phrase } from "./words.js";

/** What the edge says to a decision; problems carry `type` and `detail`. */
interface Answer extends Partial<Reply> {
  plan?: Plan;
  type?: string;
  detail?: string;
}

interface Sending {
  key_: string;
  done_?: Promise<string[]>;
}

/** After how many seconds a decision that could not be sent is tried again. */
const DELAYS = [1, 4, 15, 60];

/** For how many milliseconds an answer is waited for. */
const PATIENCE = 3e4;

let sending: Sending | undefined;
// What the edge has not answered yet.
let underway: Promise<unknown> | undefined;
let flushing = false;
let failures = 0;
// A withdrawn service that only a reload stops, and one decision still to be sent or kept.
let reloading = false;

const given = () => state().given;

/** Sends a decision, even from a page that is about to go. Throws what another try may mend. */
async function post(body: Body): Promise<[number, Answer]> {
  const { fetch: signed } = await edge();
  const init: RequestInit = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    keepalive: true,
    signal: AbortSignal.timeout(PATIENCE),
  };
  const response = await (signed ?? fetch)(page.plan_.base + "consent", init, grants(body));
  const { status } = response;
  if (status > 499) throw status;
  const answer = status === 204 ? {} : ((await response.json()) as Answer);
  if (answer.cookie) document.cookie = answer.cookie;
  return [status, answer];
}

function send(body: Body): Promise<[number, Answer]> {
  const answer = post(body);
  const over = () => {
    if (underway === answer) underway = undefined;
  };
  underway = answer;
  answer.then(over, over);
  return answer;
}

/**
 * Waits for what is under way, or until the page goes. The browser takes its cookies from any answer, even to what was called
 * off: what is answered last has the last word.
 */
const turn = () =>
  Promise.race([underway!.catch(() => {}), new Promise((go) => addEventListener("pagehide", go, { once: true }))]);

/** Makes the page obey, clears what services left that are permitted no longer, and says what has changed. */
function apply(next: Choices): void {
  const { plan_: plan, purposes_, services_ } = page;
  const key = ({ purposes_, services_, lapsed_ }: Choices) =>
    "" + [!!lapsed_, plan.purposes.map((_, i) => purposes_[i]), plan.services.map((_, j) => !!services_[j])];
  if (key(page) === key(next)) return;
  const before = state();
  const first = !decided();
  page.apply_(next);
  const after = state();
  const gone = (was: string[], is: string[]) => was.filter((id) => !is.includes(id));
  const purposes = gone(before.given, after.given);
  const services = gone(before.services, after.services);
  if (first && decided()) page.fire_("first");
  if (exceeds(page, { purposes_, services_ }) || purposes[0] || services[0]) page.fire_("change");
  if (purposes[0] || services[0]) {
    const left = plan.services.filter(({ id }) => services.includes(id));
    reloading ||= left.some((service) => service.reload && isLive(service));
    clear(left);
    page.fire_("withdraw", { withdrawn: { purposes, services } });
  }
  if (reloading && !page.busy_) location.reload();
}

function dress(wish: Wish): Body {
  const { policy, notice, locale, regime, age } = page.plan_;
  // Five bits of each byte, so that no digit needs escaping; the last one pads to sixteen bytes.
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => (byte & 31).toString(32));
  const id = digits.join("") + "A";
  const body = { ...wish, id, policy, notice, locale, regime, seen: page.seen_ };
  const kept = apart() && cookie();
  return { ...body, ...(page.signal_ ? { gpc: true } : {}), ...(age && { age }), ...(kept && { cookie: "2." + kept }) } as Body;
}

/** Tells the other tabs. */
const pass = () => page.channel_?.postMessage(0);

let loading: Promise<Rest> | undefined;

/** The rest, loaded once. A load that failed may be tried again. */
const rest = (): Promise<Rest> =>
  (loading ??= import("./rest.js").then(
    (module) => module.default(page, tools),
    (problem) => {
      loading = undefined;
      throw problem;
    },
  ));

/** Where decisions go, and how. */
const edge = async (): Promise<Edge> => (apart() ? (await rest()).edge_() : page.plan_);

const prove = () => rest().then((more) => more.prove_()).catch(note);

async function settle(status: number, answer: Answer, body: Body): Promise<void> {
  const { decision, receipt, plan, type, detail } = answer;
  if (status < 300) {
    say("");
    hide();
    // Nobody objected, or there was nothing to take over: there is nothing to record, and nothing changes.
    if (!decision) return;
    page.seen_ = decision.seq;
    // Who refused without ever having agreed is nobody known, and keeps nothing that tells them from others.
    if (receipt && decision.seq) keep(receipt);
    // What is recorded a little later (202) applies all the same if it refuses. A grant has to be on record, so it is
    // asked for again; under the same id it is the same decision.
    const now = recorded(decision);
    const later = status === 202 && grants(body);
    if (later) {
      enqueue(body);
      retry();
    }
    apply(later && page.plan_.grant === "recorded" ? meanwhile(now) : now);
    if (later && asks()) say(phrase("queued"));
  } else if (status === 409) {
    page.seen_ = plan?.seen ?? decision?.seq ?? page.seen_;
    const second = preferences()?.open;
    // A new notice has to be read before it can be agreed to.
    if (plan && plan.notice !== page.plan_.notice) await dialogs(true).catch(note);
    else page.plan_ = { ...page.plan_, ...plan };
    apply(meanwhile(decision ? recorded(decision) : { purposes_: [], services_: [] }));
    await (second ? showPreferences() : showBanner());
    if (/confirm/.test(type!)) {
      const again = () => void decide({ ...body, confirmed: true });
      say(phrase("confirm-text", answer) || detail!, button(phrase("confirm"), again));
    } else {
      say(phrase("changed") || detail!);
    }
  } else {
    throw Error(detail ?? "" + status);
  }
}

function decide(wish: Wish): Promise<string[]> {
  const key_ = JSON.stringify(wish);
  // Two clicks are one decision, but anything else overtakes one still on its way.
  if (sending?.key_ === key_) return sending.done_!;
  const mine: Sending = (sending = { key_ });
  const body = dress(wish);
  const wanted = target(body);
  const now = meanwhile(wanted);
  const more = exceeds(wanted, now);
  const withdraws = exceeds(page, now);
  page.busy_ = true;
  overtake();
  // Should the edge be out of reach, the cookie that grants must not outlive the withdrawal.
  if (withdraws) expire(page.plan_.cookie);
  if (!more || page.plan_.grant === "immediate") {
    hide();
    apply(wanted);
  } else {
    if (withdraws) apply(now);
    say(phrase("working"));
  }
  const finish = async () => {
    let answer;
    try {
      if (underway) {
        // Should the page go meanwhile, a refusal holds on the next one, and is sent from there.
        if (!grants(body)) enqueue(body);
        await turn();
      }
      if (sending === mine) answer = await send({ ...body, seen: page.seen_ });
    } catch (problem) {
      note(problem);
      if (sending === mine) {
        enqueue(body);
        retry();
        if (more) say(phrase("queued"));
      }
    }
    if (answer || sending !== mine) dequeue(body);
    if (sending !== mine) {
      // The next one is made knowing of this.
      page.seen_ = answer?.[1].decision?.seq ?? page.seen_;
      return given();
    }
    sending = undefined;
    page.busy_ = false;
    try {
      if (answer) await settle(...answer, body);
    } catch (problem) {
      note(problem);
      if (more) say(phrase("failed"));
    }
    page.raw_ = raw();
    pass();
    if (reloading) location.reload();
    return given();
  };
  return (mine.done_ = finish());
}

/** Sends what waits, oldest first. */
async function flush(): Promise<void> {
  if (flushing || sending || !queued()[0]) return;
  flushing = true;
  page.busy_ = true;
  try {
    for (const body of queued()) {
      const [status, answer] = await send({ ...body, seen: page.seen_ });
      dequeue(body);
      if (status !== 202) failures = 0;
      // By now someone may have decided anew.
      if (sending) break;
      await settle(status, answer, body).catch(note);
    }
    pass();
  } catch {
    retry();
  }
  flushing = false;
  page.busy_ = !!sending;
  page.raw_ = raw();
  if (reloading && !sending) location.reload();
  if (asks() && queued()[0]) {
    await showBanner();
    say(phrase("queued"));
  }
}

function retry(): void {
  const seconds = DELAYS[failures++];
  if (seconds) setTimeout(flush, seconds * 1e3);
}

function forget(): void {
  keep(null);
  if (apart()) rest().then((more) => more.drop_()).catch(note);
  dequeue();
  expire(page.plan_.cookie);
  page.seen_ = 0;
  // What was done has to be read before anything is reloaded.
  page.busy_ = true;
  apply({ purposes_: [], services_: [] });
  page.busy_ = false;
  page.raw_ = raw();
  pass();
}

async function open(): Promise<void> {
  await showPreferences();
  const link = byId("consentry-rights") as HTMLAnchorElement | null;
  // Where the panel cannot be had, the link leads to its page.
  if (link) link.onclick = () => (rest().then((more) => more.rights_()).catch(() => location.assign(link.href)), false);
  // It takes a moment of work, so nobody has it done who did not come to see it.
  if (held()) void prove();
}

function submitted(form: HTMLFormElement, choice: string): unknown {
  if (choice === "choose") return open();
  const data = new FormData(form);
  const layer = data.get("layer") as string | null;
  if (!layer) return rest().then((more) => more.personalData_(form), () => form.submit());
  const { purposes: names, services: known } = page.plan_;
  const list = (name: string) => data.getAll(name) as string[];
  if (choice === "stop") return decide({ choice, layer, purposes: list("purpose") });
  if (choice !== "selection") return decide({ choice: choice as Wish["choice"], layer });
  const [purposes, objections] = [list("purpose"), list("objection")];
  // Who ticks a purpose ticks its services with it; only what differs is an exception.
  const alone = (name: string, whole: string[]) =>
    list(name).filter((id) => known.some((other) => other.id === id && !whole.includes(names[other.purpose]!)));
  const services = alone("service", purposes);
  return decide({ choice, layer, purposes, services, objections, service_objections: alone("service_objection", objections) });
}

const tools: Tools = {
  dialogs_: dialogs,
  button_: button,
  phrase_: phrase,
  decide_: decide,
  add_(kind, id) {
    const wish = current();
    const against = kind === "services" ? "service_objections" : "objections";
    // An objection that is not repeated is taken back.
    if (wish[against].includes(id)) wish[against] = wish[against].filter((other) => other !== id);
    else wish[kind].push(id);
    void decide({ choice: "selection", layer: "api", ...wish });
  },
  async import_(imported) {
    const body = dress({ choice: "import", layer: "api", imported });
    const [status, answer] = await send(body);
    // Whoever chose in the meantime chose better.
    if (status < 300 && answer.decision && !decided() && !sending) await settle(status, answer, body);
  },
  forget_: forget,
  edge_: edge,
  queued_: queued,
};

const selection = (what: string[] | Selection): Wish => {
  const { purposes = [], services = [] } = Array.isArray(what) ? { purposes: what } : what;
  const objections = page.plan_.purposes.filter((id, i) => bit(page.plan_.on, i) && !purposes.includes(id));
  return { choice: "selection", layer: "api", purposes, services, objections };
};

/** Takes over from stage one. */
export default function (shared: Page): Two {
  share(shared);
  document.addEventListener("change", ({ target }) => {
    if (preferences()?.contains(target as Node)) tick(target);
  });
  for (const type of ["online", "pageshow"]) addEventListener(type, () => void flush());
  page.sdk_ ??= () => import(page.plan_.sdk!);
  const sdk = page.sdk_;
  const reject = () => decide({ choice: "reject-all", layer: "api" });
  return {
    act_(event, { id }, choice) {
      const { submitter } = event as SubmitEvent;
      if (choice) return submitted(choice.form!, choice.value);
      if (event.type === "submit") return submitted(event.target as HTMLFormElement, (submitter as HTMLButtonElement)?.value);
      if (id === "consentry-open") return open();
      if (id === "consentry-close") return preferences()?.close();
      return id === "consentry" && hide();
    },
    read_: read,
    resume_() {
      apply(queued().reduce((base, body) => meanwhile(target(body), base), read()));
      void flush();
    },
    hold_: (...what) => rest().then((more) => more.hold_(...what)),
    import_: () => rest().then((more) => more.import_()),
    signals_: (...what) => rest().then((more) => more.signals_(...what)),
    dialogs_: dialogs,
    show: showBanner,
    showPreferences: open,
    async showRights({ token } = {}) {
      await open();
      try {
        await (await rest()).rights_(token);
      } catch (problem) {
        // Who came for an account's data is not to take this device's for it.
        preferences()?.close();
        throw problem;
      }
    },
    accept: (what) => decide(what ? selection(what) : { choice: "accept-all", layer: "api" }),
    reject,
    withdraw: reject,
    verify: async (receipt) => (await sdk()).verify(receipt ?? held(), await edge()),
    requestExport: async () => (await sdk()).requestExport(await edge()),
    async erase() {
      const done = await (await sdk()).erase(await edge());
      forget();
      if (reloading) location.reload();
      // Who is asked again sees it at once.
      else if (asks() && !page.headless_) await showBanner().catch(note);
      return done;
    },
    diagnose: async () => (await rest()).diagnose_(),
  };
}
