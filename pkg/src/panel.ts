/** "Your data" in the preferences: what the page says about receipts, exports and erasures. */

import { held } from "./receipt.js";
import { byId, page } from "./state.js";
import type { Tools } from "./tools.js";
import type { Erasure, Verification } from "./types.js";

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

/** Carries out a form of the data section. */
export async function personalData(form: HTMLFormElement, tools: Tools): Promise<void> {
  try {
    const sdk = await page.sdk_!();
    if (form.action.endsWith("/exports")) {
      const link = document.createElement("a");
      link.href = await sdk.requestExport(await tools.edge_());
      link.download = "";
      link.click();
      say(tools.phrase_("exported"));
      return;
    }
    const done = await sdk.erase(await tools.edge_());
    tools.forget_();
    say(account(done, tools));
    tell("consentry-proof", "");
    form.reset();
    // The page was rendered for someone who had decided. A fresh one asks again, once this has been read.
    form.closest("dialog")?.addEventListener("close", () => location.reload());
  } catch (problem) {
    say(reason(problem));
  }
}
