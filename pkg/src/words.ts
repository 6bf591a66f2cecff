import { byId, page } from "./state.js";

/** A phrase in the page's language, with its values: from the first layer, or from what came with the dialogs. */
export function phrase(name: string, values: object = {}): string {
  const key = name.replace("-", "_");
  const text = byId("consentry")?.getAttribute("data-" + name) ?? page.words_?.[key] ?? page.words_?.[key + "_text"];
  return (text ?? "").replace(/\{(\w+)\}/g, (whole, key: string) => {
    return String(Object.getOwnPropertyDescriptor(values, key)?.value ?? whole);
  });
}
