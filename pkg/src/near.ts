/** When a placeholder is due: once what it stands for is about to be seen. Nothing is loaded for it before. */

import { note, page } from "./state.js";
import { waiting } from "./tags.js";

/** What leaves a hole in the page while it waits. */
const HELD = "iframe,video,audio,embed,object,[data-contextual]";

/** Where a tag would be seen. A template has no box of its own. */
const place = (tag: Element) => (tag.localName === "template" ? tag.parentElement! : tag);

let observer: IntersectionObserver | undefined;

/** Waits until a tag is at most a screen away; one that is not rendered may be later. */
export function near(tag: HTMLElement, wakeOnce: (tag: HTMLElement) => void): void {
  if (!tag.matches(HELD)) return;
  observer ??= new IntersectionObserver(
    (entries) => {
      const places = entries.flatMap(({ target, isIntersecting, boundingClientRect: { width, height } }) => {
        // What nobody would see leaves no hole.
        return isIntersecting && (!target.matches(HELD) || (width > 9 && height > 9)) ? target : [];
      });
      for (const target of places) observer!.unobserve(target);
      const tags = waiting().filter((tag) => tag.matches(HELD) && places.includes(place(tag)));
      if (tags[0]) void page.two_().then((stage) => stage.hold_(tags, wakeOnce)).catch(note);
    },
    { rootMargin: "100%" },
  );
  // Asked anew, it answers anew.
  observer.unobserve(place(tag));
  observer.observe(place(tag));
}
