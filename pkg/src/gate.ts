/** The gate: how what waits comes alive. Loaded where a page has something that waits and may be permitted. */

import { near } from "./near.js";
import { note, page, permitted, permittedService, share, type Page } from "./state.js";
import { address, needs, waiting } from "./tags.js";
import { trust } from "./trust.js";
import type { Gate } from "./two.js";
import { disarm, wakeOne } from "./wake.js";

/** Whether a tag may come alive: its service and every purpose it names are permitted. What is unknown is not. */
function allowed(tag: HTMLElement): boolean {
  const { purposes, services } = page.plan_;
  const [j, names] = needs(tag);
  return (
    page.freed_.has(tag) ||
    ((j < 0 ? !!names[0] : permittedService(j)) &&
      names.every((name) => {
        const id = name.replace("!", "");
        let i = purposes.indexOf(id);
        if (i < 0 && id === "statistics") i = purposes.indexOf("analytics");
        return i >= 0 && (id === name ? services[j]?.purpose === i || permitted(i) : !permitted(i));
      }))
  );
}

/** Puts a live script in an inert one's place. A promise comes back where later scripts must wait for it. */
function revive(inert: HTMLScriptElement): Promise<unknown> | undefined {
  const live = document.createElement("script");
  const src = address(inert);
  let loaded;
  for (const { name, value } of inert.attributes) {
    if (!/^(nonce|(data-)?(src|type))$/.test(name)) live.setAttribute(name, trust().createScript(value));
  }
  live.type = inert.dataset["type"] || "";
  // Browsers hide the attribute, only the property has the value.
  live.nonce = inert.nonce!;
  live.async = inert.hasAttribute("async");
  if (src) {
    // `strict-dynamic` trusts whatever a trusted script inserts. So where the page uses nonces, a gated
    // tag has to carry the page's nonce as well: injected markup must not borrow our trust.
    if (page.nonce_ && inert.nonce !== page.nonce_) throw "no nonce on " + src;
    if (!live.async) loaded = new Promise((done) => (live.onload = live.onerror = done));
    live.src = trust().createScriptURL(src);
  } else {
    live.text = trust().createScript(inert.text);
  }
  // Not to be put to sleep again, whatever its host.
  page.freed_.add(live);
  inert.replaceWith(live);
  return loaded;
}

let queue = Promise.resolve();

/** Brings to life what is permitted, scripts in the page's order. */
function run(): void {
  for (const tag of waiting()) {
    if (tag.localName === "script") continue;
    try {
      if (allowed(tag)) wakeOne(tag);
      else near(tag, wakeOnce);
    } catch (problem) {
      note(problem);
    }
  }
  if (page.begun_) queue = queue.then(scripts);
  else addEventListener("consentry:ready", run, { once: true });
}

/** Without consent to any other. */
function wakeOnce(tag: HTMLElement): void {
  wakeOne(tag, true);
  run();
}

/** Permission is asked right before each script, since it may be gone by its turn. */
async function scripts(): Promise<void> {
  let before: Promise<unknown> | undefined;
  for (const tag of waiting() as HTMLScriptElement[]) {
    if (tag.localName !== "script") continue;
    // Scripts with an address keep their order among themselves; an inline one waits for them.
    if (!address(tag)) await before;
    try {
      if (allowed(tag)) before = revive(tag) ?? before;
    } catch (problem) {
      note(problem);
    }
  }
  await before;
}

export default function (shared: Page): Gate {
  share(shared);
  return { run_: run, disarm_: disarm };
}
