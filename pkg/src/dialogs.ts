/** The banner and the preferences as the core wrote them into the page. */

const byId = (id: string) => document.getElementById(id);
const banner = () => byId("consentry") as HTMLDialogElement | null;
const preferences = () => byId("consentry-preferences") as HTMLDialogElement | null;

/** Whether the page shows the first layer. */
export function asking(): boolean {
  return !!banner()?.hasAttribute("open");
}

/** Shows the first layer. By attribute, because `show()` would take the reader's focus. */
export function showBanner(): void {
  preferences()?.close();
  banner()?.setAttribute("open", "");
}

/** Opens the preferences, ticked as decided. False where the page or the browser has none to open. */
export function showPreferences(given: string[]): boolean {
  const second = preferences();
  if (!second?.showModal) return false;
  for (const box of second.querySelectorAll<HTMLInputElement>('[name="purpose"]:enabled')) {
    box.checked = given.includes(box.value);
  }
  if (!second.open) second.showModal();
  return true;
}

/** Closes both layers. A focus that would be lost goes to where the choice can be found again. */
export function hide(): void {
  const first = banner();
  preferences()?.close();
  const lost = first?.contains(document.activeElement);
  first?.close();
  if (lost) byId("consentry-open")?.focus({ preventScroll: true });
}

/** Says something politely under the choices of the layer the reader is in. */
export function say(text: string): void {
  const second = preferences();
  const status = (second?.open ? second : banner())?.querySelector<HTMLElement>('[role="status"]');
  if (!status) return;
  status.textContent = text;
  status.style.marginBottom = "1em";
  status.scrollIntoView({ block: "nearest" });
}

/** A phrase the renderer left on the banner, in the page's language. */
export function phrase(name: string, english: string): string {
  return banner()?.dataset[name] ?? english;
}

/**
 * Connects the reopen control, the close button and the forms. The handlers answer whether they did the
 * browser's work: if not, a link stays a link and a form a form.
 */
export function listen(open: () => boolean, submit: (form: HTMLFormElement, button?: string) => boolean): void {
  for (const layer of [banner(), preferences()]) {
    // Ahead of need, since a live region announces only what changes in it later; empty, it takes no room.
    const status = document.createElement("div");
    status.setAttribute("role", "status");
    layer?.querySelector("form")?.after(status);
  }
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("#consentry-open") && open()) event.preventDefault();
    if (target.closest("#consentry-close")) preferences()?.close();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const button = event.submitter as HTMLButtonElement | null;
    if (form.closest("#consentry,#consentry-preferences") && submit(form, button?.value)) event.preventDefault();
  });
  banner()?.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") hide();
  });
}
