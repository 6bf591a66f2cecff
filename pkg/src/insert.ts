import { byId, page } from "./state.js";
import { trust } from "./trust.js";
import type { Dialogs } from "./types.js";

/**
 * Writes the dialogs into a page that has them not, once their style sheet is there. What it has stays, except where
 * it says something else than the policy does now.
 */
export async function insert({ html, css, words }: Dialogs, anew?: boolean): Promise<void> {
  page.words_ = words;
  if (!document.querySelector(`link[href="${css}"]`)) {
    await new Promise((done) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = css;
      link.onload = link.onerror = done;
      document.head.append(link);
    });
  }
  const box = document.createElement("template");
  box.innerHTML = trust().createHTML(html);
  const parts = [...box.content.children];
  if (anew) for (const { id } of parts) byId(id)?.remove();
  // First, so that the keyboard finds them first.
  document.body.prepend(...parts.filter(({ id }) => !byId(id)));
}
