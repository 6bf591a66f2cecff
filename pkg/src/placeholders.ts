/**
 * What stands where a frame or a medium waits:
 *
 * ```html
 * <div class="consentry-placeholder" lang="en" style="width: 560px; height: 315px">
 *   <p>Video would load content from video.example here. It stays off until you allow it.</p>
 *   <button type="button" class="consentry-button">Load once</button>
 *   <button type="button" class="consentry-button">Always load Video</button>
 * </div>
 * ```
 *
 * Size as the tag had it, so that nothing moves; none for a template. The tag itself stays, with `display: none`.
 */

import { page } from "./state.js";
import { address, needs, waiting } from "./tags.js";
import type { Tools } from "./tools.js";

const boxes = new Map<HTMLElement, { box_: HTMLElement; display_: string }>();

function release(tag: HTMLElement): void {
  const { box_, display_ } = boxes.get(tag)!;
  box_.remove();
  tag.style.display = display_;
  boxes.delete(tag);
}

/** How many stand in the page. */
export const placeholders = () => boxes.size;

/** Takes away those whose tag does not wait any more. */
export function sweep(): void {
  const still = waiting();
  for (const tag of [...boxes.keys()]) if (!still.includes(tag)) release(tag);
}

/** Puts placeholders. */
export async function hold(tags: HTMLElement[], wakeOnce: (tag: HTMLElement) => void, tools: Tools): Promise<void> {
  const { button_: button, phrase_: phrase } = tools;
  const { purposes, services, locale } = page.plan_;
  const found = tags.flatMap((tag) => {
    const { width, height } = tag.getBoundingClientRect();
    const [j, names] = needs(tag);
    const service = services[j]?.id;
    const purpose = names.find((name) => purposes.includes(name));
    // What nobody would see leaves no hole, and what waits for nothing of ours is not ours.
    const seen = tag.localName === "template" || (width > 9 && height > 9);
    return boxes.has(tag) || !seen || !(service ?? purpose) ? [] : [{ tag, width, height, service, purpose }];
  });
  if (!found[0]) return;
  await tools.dialogs_();
  const still = waiting();
  for (const { tag, width, height, service, purpose } of found) {
    if (boxes.has(tag) || !still.includes(tag)) continue;
    const id = (service ?? purpose)!;
    const kind = service ? "[name^=service]" : ":not([name^=service])";
    const choice = document.querySelector(`#consentry-preferences [type=checkbox]${kind}[value="${id}"]`);
    // Beside the name a label may say what the box is for.
    const label = choice?.closest("label");
    const name = (label?.querySelector("b") ?? label)?.textContent?.trim() || id;
    let host = "";
    try {
      host = new URL(address(tag), document.baseURI).host;
    } catch {}
    const values = { service: name, recipient: host || name };
    const box = document.createElement("div");
    box.className = "consentry-placeholder";
    box.lang = locale;
    if (height) Object.assign(box.style, { width: width + "px", height: height + "px" });
    const text = document.createElement("p");
    text.textContent = phrase("blocked", values);
    box.append(
      text,
      button(phrase("load-once", values), () => {
        wakeOnce(tag);
        release(tag);
        tag.focus({ preventScroll: true });
      }),
      button(phrase("load-always", values), () => tools.add_(service ? "services" : "purposes", id)),
    );
    boxes.set(tag, { box_: box, display_: tag.style.display });
    tag.before(box);
    tag.style.display = "none";
  }
}
