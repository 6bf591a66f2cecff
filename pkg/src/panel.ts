/** "Your data" in the preferences: what the page says about receipts, exports and erasures; and the panel of all rights. */

import { cookie as decision } from "./plan.js";
import { held } from "./receipt.js";
import type { Edge, Problem } from "./sdk.js";
import { byId, page } from "./state.js";
import type { Tools } from "./tools.js";
import { trust } from "./trust.js";
import type { CopyLink, Erasure, RightRequest, Token, Verification } from "./types.js";

const verdict = (found: Verification, { phrase_: phrase }: Tools) => {
  const { ok, index, size, origin, problems, consistency, seen, now, uncompared } = found;
  if (!ok) return phrase("unverified", { problems: problems.join("; ") });
  const log = consistency ? phrase("unchanged", { seen, now }) : phrase("uncompared", { problem: uncompared });
  return phrase("verified", { n: index + 1, size, origin }) + " " + log;
};

function account({ erased, kept, note }: Erasure, { phrase_: phrase }: Tools): string {
  const day = (time: string) => new Date(time).toLocaleDateString(page.plan_.locale, { dateStyle: "long" });
  const left = kept.map(({ what, ground, until }) => phrase("kept", { what, ground, until: day(until) }));
  return [phrase("erased", { n: erased.records }), ...left, note].filter(Boolean).join("\n");
}

const reason = (problem: unknown) => (problem instanceof Error ? problem.message : String(problem));

function tell(id: string, text: string): void {
  const place = byId(id);
  if (place) place.textContent = text;
}

let proved: string | undefined;

/** Verifies the receipt this browser holds and writes the finding where the preferences have a place for it. */
export async function prove(tools: Tools): Promise<void> {
  const receipt = held();
  const text = JSON.stringify(receipt);
  if (!receipt || proved === text) return;
  proved = text;
  let words;
  try {
    const found = await (await page.sdk_!()).verify(receipt, await tools.edge_());
    words = verdict(found, tools);
    dispatchEvent(new CustomEvent("consentry:verified", { detail: found }));
  } catch (problem) {
    proved = undefined;
    words = tools.phrase_("unchecked", { problem: reason(problem) });
  }
  // Another receipt may have been proved, or erased, in the meantime.
  if (JSON.stringify(held()) === text) tell("consentry-proof", words);
}

function say(text: string): void {
  tell("consentry-status", text);
  const place = byId("consentry-status");
  if (place) place.style.whiteSpace = "pre-line";
  place?.scrollIntoView({ block: "nearest" });
}

/** The edge, asked as this device, or for the account that tokens are about. */
async function asked(tools: Tools, by?: Token): Promise<Edge> {
  const edge = await tools.edge_();
  return by ? (await page.sdk_!()).asAccount(by, edge) : edge;
}

/** Shows the panel of all rights, this device's or an account's, where the preferences have the person's data. */
export async function rights(tools: Tools, by?: Token): Promise<void> {
  const { html, cookie } = await (await page.sdk_!()).rightsPanel(page.plan_.locale, await asked(tools, by));
  if (cookie) document.cookie = cookie;
  const place = byId("consentry-data")!;
  // Who closed it meanwhile looks at it no more.
  if (by && !place.closest("dialog")?.open) return;
  const proof = byId("consentry-proof");
  if (by && !place.onsubmit) {
    // An account's data is shown no longer than it is looked at.
    const own = [...place.childNodes];
    const restore = () => {
      place.onsubmit = null;
      place.replaceChildren(...own);
    };
    place.closest("dialog")?.addEventListener("close", restore, { once: true });
  }
  // Sent by the browser itself, a form of an account's would be this device's.
  place.onsubmit = by
    ? (event) => {
        event.preventDefault();
        event.stopPropagation();
        void personalData(event.target as HTMLFormElement, tools, by);
      }
    : null;
  place.innerHTML = trust().createHTML(html);
  // What was found of the receipt is still so.
  if (proof) byId("consentry-proof")?.replaceWith(proof);
  byId("consentry-data-title")?.focus();
}

/** The sentences of the panel of all rights, where it is drawn. */
const sentences = () => byId("consentry-status")?.dataset["problems"];

/** Says why something failed, in the page's language: the panel has a sentence for each kind of problem. */
async function explain(problem: unknown, tools: Tools, by?: Token): Promise<void> {
  const { type = "", request } = problem as Problem;
  // A request that was refused, or waits, is shown with its reasons. Nobody has written anything where there is no panel yet.
  if (request || !sentences()) await rights(tools, by).catch(() => {});
  const said = JSON.parse(sentences() ?? "{}") as Record<string, string>;
  say(said[type.slice(type.lastIndexOf("/") + 1)] ?? said[""] ?? tools.phrase_("failed"));
}

/** What the browser saves itself, in bytes: a larger copy would have to be held here first. */
const LARGE = 256e6;

/** Has a copy saved, and says how far it is. */
async function download(copy: CopyLink, passphrase?: string): Promise<void> {
  const link = document.createElement("a");
  link.download = "";
  link.href = copy.download;
  if (passphrase || copy.bytes < LARGE) {
    const template = byId("consentry-status")?.dataset["progress"];
    const megabytes = (bytes: number) => (bytes / 1e6).toLocaleString(page.plan_.locale, { maximumFractionDigits: 1 });
    let latest: [number, number];
    let said = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      const [done, total] = latest.map(megabytes);
      timer = undefined;
      said = Date.now();
      tell("consentry-status", template!.replace("{done}", done!).replace("{total}", total!));
    };
    const progress = (...now: [number, number]) => {
      latest = now;
      // Who listens to the page is not told every piece, but the last one that came.
      if (template) timer ??= setTimeout(show, Math.max(0, said + 500 - Date.now()));
    };
    const blob = await (await page.sdk_!()).fetchCopy(copy, { passphrase, progress }).finally(() => clearTimeout(timer));
    link.href = URL.createObjectURL(blob);
    link.download = passphrase ? "my-data-encrypted.zip" : "my-data.zip";
    setTimeout(() => URL.revokeObjectURL(link.href), 6e4);
  }
  link.click();
}

/** Sends a form of that panel. */
async function request(form: HTMLFormElement, tools: Tools, by?: Token): Promise<void> {
  const [sdk, edge] = await Promise.all([page.sdk_!(), asked(tools, by)]);
  const revoked = /requests\/([\w-]+)\/revoke$/.exec(form.action);
  const data = new FormData(form);
  const purposes = data.getAll("purposes") as string[];
  const [right, statement, ground] = ["right", "statement", "ground"].map((name) => data.get(name) || undefined);
  const ends = right === "withdrawal" || right === "objection";
  if (ends && !by && new URL(form.action).origin === location.origin) {
    // What runs stops with the page it runs on; the one that comes instead says what was received.
    (form.elements.namedItem("return") as HTMLInputElement).value = location.pathname + location.search;
    return form.submit();
  }
  if (revoked) await sdk.revokeRequest(revoked[1]!, edge);
  else if (!right) await sdk.liftRestriction(edge);
  else {
    const more = { ...(statement && { statement }), ...(ground && { ground }), ...(purposes[0] && { purposes }) };
    const { cookie } = await sdk.requestRight({ right, ...more } as RightRequest, edge);
    if (cookie) document.cookie = cookie;
    // The page looks what the cookie says, as it does when it is come back to.
    if (ends) dispatchEvent(new Event("visibilitychange"));
  }
  if (!right || right === "restriction") form.closest("dialog")?.addEventListener("close", () => location.reload());
  await rights(tools, by);
  // What was taken back or lifted shows that itself.
  if (right) say(byId("consentry-status")?.dataset["sent"] ?? "");
}

/** Carries out a form of the data section: this device's, or of the account whose panel it is. */
export async function personalData(form: HTMLFormElement, tools: Tools, by?: Token): Promise<void> {
  try {
    const sdk = await page.sdk_!();
    if (/\/contact\/(codes|end)$/.test(new URL(form.action).pathname)) return form.submit();
    const copied = /requests\/([\w-]+)\/copy$/.exec(form.action);
    if (copied || form.action.endsWith("/exports")) {
      const data = new FormData(form);
      const edge = await asked(tools, by);
      const right = (data.get("right") as "access" | null) ?? "access";
      const link = await (copied ? sdk.copyOf(copied[1]!, edge) : sdk.requestCopy(edge, right));
      await download(link, (data.get("passphrase") as string) || undefined);
      form.reset();
      // Among what was asked for it stands now.
      if (sentences()) await rights(tools, by);
      say(tools.phrase_("exported"));
      return;
    }
    if (/requests|restriction/.test(new URL(form.action).pathname)) return await request(form, tools, by);
    const before = decision();
    const done = await sdk.erase(await asked(tools, by));
    if (by) dispatchEvent(new CustomEvent("consentry:erased", { detail: done }));
    // With an account goes a device that is linked to it; another keeps what is its own.
    if (!by || (before && !decision())) {
      tools.forget_();
      tell("consentry-proof", "");
    }
    say(account(done, tools));
    form.reset();
    // The page was rendered for someone who had decided. A fresh one asks again, once this has been read.
    form.closest("dialog")?.addEventListener("close", () => location.reload());
  } catch (problem) {
    await explain(problem, tools, by);
  }
}
