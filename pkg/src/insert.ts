import { byId, page } from "./state.js";
import { trust } from "./trust.js";
import type { Dialogs } from "./types.js";

/**
 * Writes the dialogs into a page that has them not, once their style sheet is there. What it has stays, except where
 * it says something else than the policy does now.
 */
export async function insert({ html, css, style, words }: Dialogs, anew?: boolean): Promise<void> {
  page.words_ = words;
  if (style && "replaceSync" in CSSStyleSheet.prototype) {
    // Made by script, it needs no leave of a content security policy, and no request.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    page.styled_ = true;
  } else if (!page.styled_ && !document.querySelector(`link[href="${css}"]`)) {
    await new Promise((done) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = css;
      link.onload = link.onerror = done;
      document.head.append(link);
    });
  }
  while (!document.body) await new Promise((done) => setTimeout(done));
  const box = document.createElement("template");
  box.innerHTML = trust().createHTML(html);
  const parts = [...box.content.children];
  if (anew) for (const { id } of parts) byId(id)?.remove();
  // First, so that the keyboard finds them first.
  document.body.prepend(...parts.filter(({ id }) => !byId(id)));
}
