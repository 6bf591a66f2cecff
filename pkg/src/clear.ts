import type { Service } from "./types.js";

const fits = (name: string, patterns: string[] = []) =>
  patterns.some((p) => (p.endsWith("*") ? name.startsWith(p.slice(0, -1)) : name === p));

/** Expires a cookie on this host and on every parent domain. Some refuse, and that is fine. */
export function expire(name: string): void {
  const labels = location.hostname.split(".");
  for (const i of [-1, ...labels.keys()]) {
    document.cookie = name + "=;Max-Age=0;Path=/" + (i < 0 ? "" : ";Domain=" + labels.slice(i).join("."));
  }
}

/** Removes what these services left in the browser, as far as a script may. */
export function clear(services: Service[]): void {
  for (const { cookies, storage } of services) {
    for (const pair of document.cookie.split("; ")) {
      const name = pair.split("=")[0]!;
      if (fits(name, cookies)) expire(name);
    }
    try {
      for (const store of [localStorage, sessionStorage]) {
        for (const key of Object.keys(store)) if (fits(key, storage)) store.removeItem(key);
      }
    } catch {
      // A browser that denies storage has none to clear.
    }
  }
}
