/** Tags that wait for permission, and how scripts come alive. The rest is woken by stage two. */

import { note, page, permitted, permittedService } from "./state.js";
import { trust } from "./trust.js";
import { ask } from "./two.js";

/** Whatever waits: our own marks, and those of Klaro, Cookiebot and Orejime. */
const WAITING =
  ":is([data-category],[data-service],[data-name],[data-cookieconsent])" +
  ':is([type="text/plain"],[data-src],[data-href],[data-srcset]),template[data-purpose]';

/** What loads by itself once it is in the page, or has inside what does. */
const LOADS = "script,iframe,img,link,video,audio,source,embed,object,template";

// `strict-dynamic` trusts whatever a trusted script inserts. So where the page uses nonces, a gated
// tag has to carry the page's nonce as well: injected markup must not borrow our trust.
const nonce = globalThis.document?.currentScript?.nonce;

/** Every tag still inert that is ours to judge. */
export const waiting = () => [...document.querySelectorAll<HTMLElement>(WAITING)];

/** Where a tag loads from, or would. */
export const address = (tag: HTMLElement): string => {
  const { src, href } = tag.dataset;
  const own = tag as { src?: string; href?: string; data?: string };
  return src || href || own.src || own.href || own.data || "";
};

/** Index of the service a tag belongs to by its host, or first by its name. */
export const serviceOf = (tag: HTMLElement, name?: string) => {
  const { services } = page.plan_;
  const link = document.createElement("a");
  link.href = address(tag);
  const j = services.findIndex(({ id }) => id === name);
  return j < 0 ? services.findIndex(({ hosts }) => hosts.includes(link.host)) : j;
};

/** What runs without consent, since someone wants to see this one thing this once; and what already came alive. */
export const freed = new WeakSet<Element>();

/** What a tag waits for: its service, if it has one, and the purposes it names, `!` before one to be refused. */
export function needs(tag: HTMLElement): [number, string[]] {
  const { category, cookieconsent, purpose, service, name } = tag.dataset;
  return [serviceOf(tag, service ?? name), (category ?? cookieconsent ?? purpose ?? "").match(/[^\s,]+/g) ?? []];
}

/** Whether a tag may come alive: its service and every purpose it names are permitted. What is unknown is not. */
export function allowed(tag: HTMLElement): boolean {
  const { purposes, services } = page.plan_;
  const [j, names] = needs(tag);
  return (
    freed.has(tag) ||
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
    if (nonce && inert.nonce !== nonce) throw "no nonce on " + src;
    if (!live.async) loaded = new Promise((done) => (live.onload = live.onerror = done));
    live.src = trust().createScriptURL(src);
  } else {
    live.text = trust().createScript(inert.text);
  }
  inert.replaceWith(live);
  return loaded;
}

/**
 * Handles tags that come later. Inert ones wait like the others; live ones of a service that is not permitted are
 * taken out, and stage two puts inert ones in their place.
 *
 * That comes after the tag was put into the page. What the parser meets is stopped before it runs, though the browser
 * may have fetched it ahead; a script inserted by a script has been asked for, and is only kept from running; a frame
 * or an image has been asked for, and a frame loses its document. Only a content security policy stops more.
 */
export function watch(): void {
  const { signals, services } = page.plan_;
  new MutationObserver((records) => {
    let some = false;
    for (const { attributeName, target, addedNodes } of records) {
      for (const node of attributeName ? [target] : addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        for (const tag of [node, ...node.querySelectorAll<HTMLElement>(LOADS)]) {
          if (tag.matches(WAITING)) some = true;
          else if (tag.matches(LOADS) && !freed.has(tag)) {
            const j = serviceOf(tag);
            // In advanced mode Google's tags run before a choice, with everything denied.
            if (j < 0 || permittedService(j) || (signals?.google?.advanced && /\bgoogle/.test(address(tag)))) continue;
            const place = document.createComment("");
            tag.replaceWith(place);
            // A script on its way does not run once it belongs to another document.
            new Document().adoptNode(tag);
            ask((stage) => stage.disarm_(tag, place, services[j]!.id));
          }
        }
      }
    }
    if (some) run();
  }).observe(document, { childList: true, subtree: true, attributeFilter: ["src", "href"] });
}

let queue: Promise<unknown> | undefined;

/**
 * Brings to life what is permitted, scripts in the page's order. Permission is asked right before each of them, since
 * it may be gone by its turn.
 */
export function run(): void {
  const others = waiting().filter((tag) => tag.localName !== "script");
  if (others[0]) ask((stage) => stage.wake_(others));
  queue = queue?.then(async () => {
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
  });
}

/** From now on tags come alive: the page is there as a whole, no script in it is half read. */
export function begin(): void {
  queue = Promise.resolve();
}
