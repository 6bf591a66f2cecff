/** "Your data" in the preferences: what the page says about receipts, exports and erasures. */

import { phrase } from "./dialogs.js";
import { held } from "./receipt.js";
import { erase, requestExport, verify } from "./sdk.js";
import type { Erasure, Plan, Verification } from "./types.js";

const fill = (template: string, values: Record<string, unknown>) =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

function verdict(found: Verification): string {
  const { ok, index, size, origin, problems } = found;
  const good =
    "Receipt verified: the site’s signature is valid, " +
    "and your decision is entry {n} of {size} in its public log {origin}.";
  const bad = "The receipt could not be verified: {problems}.";
  return ok
    ? fill(phrase("verified", good), { n: index + 1, size, origin })
    : fill(phrase("unverified", bad), { problems: problems.join("; ") });
}

function account({ erased, kept, note }: Erasure, locale: string): string {
  const day = (time: string) => new Date(time).toLocaleDateString(locale, { dateStyle: "long" });
  const held = kept.map(({ what, ground, until }) => {
    return fill(phrase("kept", "Kept until {until}: {what}. Reason: {ground}."), { what, ground, until: day(until) });
  });
  const gone = fill(phrase("erased", "Your data has been erased. Records erased: {n}."), { n: erased.records });
  return [gone, ...held, note].filter(Boolean).join("\n");
}

function reason(problem: unknown): string {
  if (problem instanceof WebAssembly.CompileError) {
    return phrase("refused", "the security policy of this page does not let WebAssembly run.");
  }
  return problem instanceof Error ? problem.message : String(problem);
}

function tell(id: string, text: string): void {
  const place = document.getElementById(id);
  if (place) place.textContent = text;
}

let proved: string | undefined;

/** Verifies the receipt this browser holds and writes the finding where the preferences have a place for it. */
export async function prove(plan: Plan): Promise<void> {
  const receipt = held();
  const text = JSON.stringify(receipt);
  if (!receipt || proved === text) return;
  proved = text;
  let words;
  try {
    const found = await verify(receipt, plan);
    words = verdict(found);
    dispatchEvent(new CustomEvent("consentry:verified", { detail: found }));
  } catch (problem) {
    proved = undefined;
    words = fill(phrase("unchecked", "The receipt could not be checked here: {problem}"), { problem: reason(problem) });
  }
  // Another receipt may have been proved, or erased, in the meantime.
  if (JSON.stringify(held()) === text) tell("consentry-proof", words);
}

function say(text: string): void {
  tell("consentry-status", text);
  const place = document.getElementById("consentry-status");
  if (place) place.style.whiteSpace = "pre-line";
  place?.scrollIntoView({ block: "nearest" });
}

/** Carries out a form of the data section. `forget` is called once the edge has erased. */
export async function personalData(form: HTMLFormElement, plan: Plan, forget: () => void): Promise<void> {
  try {
    if (form.action.endsWith("/exports")) {
      const link = document.createElement("a");
      link.href = await requestExport(plan);
      link.download = "";
      link.click();
      say(phrase("exported", "Your download has started."));
      return;
    }
    const done = await erase(plan);
    forget();
    say(account(done, plan.locale));
    tell("consentry-proof", "");
    form.reset();
    // The page was rendered for someone who had decided. A fresh one asks again, once this has been read.
    form.closest("dialog")?.addEventListener("close", () => location.reload());
  } catch (problem) {
    say(reason(problem));
  }
}
