import { see } from "./seen.js";
import { store, stored } from "./storage.js";
import type { Receipt } from "./types.js";

const KEY = "consentry.receipt";

/** The receipt kept in this browser, if there is one. */
export function held(): Receipt | null {
  try {
    return JSON.parse(stored(KEY)!) as Receipt | null;
  } catch {
    return null;
  }
}

/** Without storage a receipt lives as long as the page. What was seen of the log goes with it. */
export function keep(receipt: Receipt | null): void {
  if (!receipt) see(null);
  store(KEY, receipt && JSON.stringify(receipt));
}
