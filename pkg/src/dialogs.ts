/** Both layers, as the core wrote them into the page or as the edge gives them on use. */

import { insert } from "./insert.js";
import { read } from "./plan.js";
import { asks, byId, page, permitted, permittedService } from "./state.js";
import type { Dialogs } from "./types.js";
import { phrase } from "./words.js";

const banner = () => byId("consentry") as HTMLDialogElement | null;
export const preferences = () => byId("consentry-preferences") as HTMLDialogElement | null;

let loading: Promise<void> | undefined;

async function load(): Promise<void> {
  const dialogs = page.dialogs_ ?? ((await (await fetch(page.plan_.dialogs)).json()) as Dialogs);
  delete page.dialogs_;
  const { policy, notice } = page.plan_;
  const { plan } = dialogs;
  await insert(dialogs, plan.notice !== notice);
  // The policy may be another one since this page was made, and its bits may mean something else.
  if (plan.policy !== policy || plan.notice !== notice) {
    page.plan_ = plan;
    page.apply_(read());
  }
}

/** Sees to it that the page has both layers, and in the words of now if it is told that there are others. */
export async function dialogs(anew?: boolean): Promise<void> {
  if (anew || !banner() || !preferences()) {
    loading ??= load().finally(() => (loading = undefined));
    await loading;
    banner()?.toggleAttribute("open", asks() && !page.headless_);
  }
  const notice = byId("consentry-gpc");
  if (notice) notice.hidden = !page.signal_;
}

/** Shows the first layer. By attribute, because `show()` would take the reader's focus. */
export async function showBanner(): Promise<void> {
  await dialogs();
  // Where the rules ask nobody, it is empty.
  if (!banner()!.childElementCount) return showPreferences();
  preferences()!.close();
  banner()!.setAttribute("open", "");
}

/** Opens the preferences, ticked as decided. */
export async function showPreferences(): Promise<void> {
  const slow = setTimeout(() => say(phrase("loading")), 500);
  await dialogs().finally(() => clearTimeout(slow));
  say("");
  const { purposes, services } = page.plan_;
  for (const box of preferences()!.querySelectorAll<HTMLInputElement>("[type=checkbox]:enabled")) {
    const service = /^service/.test(box.name);
    const i = service ? services.findIndex(({ id }) => id === box.value) : purposes.indexOf(box.value);
    if (i < 0) continue;
    const is = service ? permittedService(i) : permitted(i);
    box.checked = /objection/.test(box.name) ? !is : is;
  }
  for (const box of preferences()!.querySelectorAll("[name$=service],[name=service_objection]")) tick(box);
  if (!preferences()!.open) preferences()!.showModal();
}

/** A purpose has three states: ticked with all its services, with none, or with some. */
export function tick(box: Element | EventTarget | null): void {
  const { name, value, checked, dataset, form } = box as HTMLInputElement;
  const part = name === "service" ? "purpose" : name === "service_objection" ? "objection" : "";
  const named = (name: string) => [...(form?.querySelectorAll<HTMLInputElement>(`[name="${name}"]`) ?? [])];
  if (part) {
    const parts = named(name).filter((other) => other.dataset["purpose"] === dataset["purpose"]);
    const whole = named(part).find((other) => other.value === dataset["purpose"]);
    if (!whole) return;
    whole.checked = parts.every((other) => other.checked);
    whole.indeterminate = !whole.checked && parts.some((other) => other.checked);
  } else if (/^(purpose|objection)$/.test(name)) {
    for (const other of named(name === "purpose" ? "service" : "service_objection")) {
      if (other.dataset["purpose"] === value) other.checked = checked;
    }
  }
}

/** Closes both layers. A focus that would be lost goes to where the choice can be found again. */
export function hide(): void {
  const first = banner();
  preferences()?.close();
  const lost = first?.contains(document.activeElement);
  first?.removeAttribute("open");
  if (lost) byId("consentry-open")?.focus({ preventScroll: true });
}

/** Says something politely under the choices of the layer the reader is in. */
export function say(text: string, ...more: Node[]): void {
  const second = preferences();
  const place = (second?.open ? second : banner())?.querySelector(".consentry-say");
  place?.replaceChildren(text, ...more);
  place?.scrollIntoView({ block: "nearest" });
}

/** A button that does something here. */
export function button(text: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "consentry-button";
  made.textContent = text;
  made.onclick = act;
  return made;
}
