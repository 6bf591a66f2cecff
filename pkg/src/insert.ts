import { byId, page } from "./state.js";
import type { Dialogs } from "./types.js";

/** Writes the dialogs into a page that has them not, once their style sheet is there. What it has stays. */
export async function insert({ html, css, words }: Dialogs): Promise<void> {
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
  box.innerHTML = page.trust_().createHTML(html);
  // First, so that the keyboard finds them first.
  document.body.prepend(...[...box.content.children].filter(({ id }) => !byId(id)));
}
