/** Frames, images, media and templates that come alive, and live tags that become inert. */

import { note, page } from "./state.js";
import { trust } from "./trust.js";

/** An address that can do nothing but load. `javascript:` and the like never become one. */
function safe(at: string, tag: HTMLElement): boolean {
  let url = "";
  try {
    url = new URL(at, document.baseURI).href;
  } catch {}
  const fine = /^https?:|^about:blank$/.test(url) || (tag.localName === "img" && /^data:image\//.test(url));
  if (!fine) note("not loaded: " + at);
  return fine;
}

/** An inert copy of a live tag. */
function copy(tag: HTMLElement, mark: string, value: string): HTMLElement {
  const inert = document.createElement(tag.localName);
  for (const { name, value } of tag.attributes) {
    const loads = /^(src|srcset|href|data|type)$/.test(name);
    const text = /^on/.test(name) ? trust().createScript(value) : value;
    inert.setAttribute(loads ? "data-" + name.replace(/^data$/, "src") : name, text);
  }
  inert.setAttribute("type", "text/plain");
  inert.dataset[mark] ??= value;
  inert.nonce = tag.nonce!;
  if (inert instanceof HTMLScriptElement) inert.text = trust().createScript((tag as HTMLScriptElement).text);
  else inert.append(...tag.childNodes);
  return inert;
}

/** Puts an inert copy where a live tag was. */
export const disarm = (tag: HTMLElement, place: ChildNode, service: string) =>
  place.replaceWith(copy(tag, "service", service));

/** Brings a tag to life that is no script; `once` without consent to any other. */
export function wakeOne(tag: HTMLElement, once?: boolean): void {
  // Not to be put to sleep again, whatever its host.
  page.freed_.add(tag);
  if (tag instanceof HTMLTemplateElement) {
    const content = document.importNode(tag.content, true);
    // They would run in any order. Inert, they wait for their turn like all others.
    for (const script of content.querySelectorAll("script")) {
      const inert = copy(script, "category", tag.dataset["purpose"]!);
      if (once) page.freed_.add(inert);
      script.replaceWith(inert);
    }
    tag.replaceWith(content);
    return;
  }
  // In this order: a style sheet of the wrong type would not be loaded.
  for (const name of ["type", "srcset", "src", "href"]) {
    const value = tag.dataset[name];
    delete tag.dataset[name];
    if (value && (name === "type" || safe(value, tag))) {
      const as = tag.localName === "object" && name === "src" ? "data" : name;
      tag.setAttribute(as, trust().createScriptURL(value));
    } else if (name === "type") {
      tag.removeAttribute(name);
    }
  }
  tag.closest<HTMLMediaElement>("video,audio")?.load();
}
