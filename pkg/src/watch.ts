/** Stage one's guard: live tags that may not run are taken out, and what waits and may be permitted calls the gate. */

import { page, state } from "./state.js";
import { address, serviceOf, waiting, WAITING } from "./tags.js";
import { ask, gate } from "./two.js";

/** What loads by itself once it is in the page, or has inside what does. */
const LOADS = "script,iframe,img,link,video,audio,source,embed,object,template";

/**
 * Handles tags that come later. Inert ones wait like the others; live ones of a service that is not permitted are
 * taken out, and the gate puts inert ones in their place.
 *
 * That comes after the tag was put into the page. What the parser meets is stopped before it runs, though the browser
 * may have fetched it ahead; a script inserted by a script has been asked for, and is only kept from running; a frame
 * or an image has been asked for, and a frame loses its document. Only a content security policy stops more.
 */
export function watch(): void {
  new MutationObserver((records) => {
    let some = false;
    for (const { attributeName, target, addedNodes } of records) {
      for (const node of attributeName ? [target] : addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        for (const tag of [node, ...node.querySelectorAll<HTMLElement>(LOADS)]) {
          if (tag.matches(WAITING)) some = true;
          else if (tag.matches(LOADS) && !page.freed_.has(tag)) {
            const id = serviceOf(tag);
            // In advanced mode Google's tags run before a choice, with everything denied.
            const early = page.plan_.signals?.google?.advanced && /\bgoogle/.test(address(tag));
            if (!id || early || state().services.includes(id)) continue;
            const place = new Comment();
            tag.replaceWith(place);
            // A script on its way does not run once it belongs to another document.
            new Document().adoptNode(tag);
            ask(gate, (stage) => stage.disarm_(tag, place, id));
          }
        }
      }
    }
    if (some) run();
  }).observe(document, { childList: true, subtree: true, attributeFilter: ["src", "href"] });
}

/**
 * Calls the gate, if anything waits that is permitted as far as can be told at a glance: a permitted name is somewhere
 * in its tag. The gate looks closer. What leaves a hole may want a placeholder.
 */
export function run(): void {
  const { given, services } = state();
  const words = RegExp(["!|statistics", ...given, ...services].join("|"));
  const hopeful = (tag: HTMLElement) =>
    !/script|img|link/.test(tag.localName) ||
    services.includes(serviceOf(tag)!) ||
    words.test((tag.cloneNode() as HTMLElement).outerHTML);
  if (waiting().some(hopeful)) ask(gate, (stage) => stage.run_());
}
