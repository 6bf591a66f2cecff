import type { Receipt } from "./types.js";

const KEY = "consentry.receipt";

/** The receipt kept in this browser. Storage may be denied: then there is none. */
export function held(): Receipt | null {
  try {
    return JSON.parse(localStorage.getItem(KEY)!) as Receipt | null;
  } catch {
    return null;
  }
}

export function keep(receipt: Receipt | null): void {
  try {
    if (receipt) localStorage.setItem(KEY, JSON.stringify(receipt));
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage the receipt lives as long as the page.
  }
}
