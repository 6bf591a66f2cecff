/** What this browser was shown of the site's log: the last checkpoint that held. Only browsers with a receipt keep one. */

import { store, stored } from "./storage.js";

const KEY = "consentry.checkpoint";

/** The last checkpoint that held, and that of the receipt it was compared with as well. */
export function seen(): [last: string, receipt: string] | null {
  try {
    const [last, receipt] = JSON.parse(stored(KEY)!) as unknown[];
    return typeof last === "string" && typeof receipt === "string" ? [last, receipt] : null;
  } catch {
    return null;
  }
}

export function see(notes: [last: string, receipt: string] | null): void {
  store(KEY, notes && JSON.stringify(notes));
}
