/** How what services leave in a browser goes. */

import { cookies, declares, keys } from "./left.js";
import type { Service } from "./types.js";

/** Expires a cookie on this host and every parent domain, at this path and every one above. Some refuse; so be it. */
export function expire(name: string): void {
  // A cookie whose name begins with `__Secure-` takes nothing else.
  const secure = isSecureContext ? ";Secure" : "";
  const labels = location.hostname.split(".");
  const parts = location.pathname.split("/");
  for (const i of [-1, ...labels.keys()]) {
    for (const j of parts.keys()) {
      const path = parts.slice(0, j + 1).join("/");
      for (const end of j ? [path, path + "/"] : ["/"]) {
        const domain = i < 0 ? "" : ";Domain=" + labels.slice(i).join(".");
        document.cookie = name + "=;Max-Age=0;Path=" + end + domain + secure;
      }
    }
  }
}

/** Removes what these services left in the browser, as far as a script may. */
export function clear(services: Service[]): void {
  for (const service of services) {
    for (const name of cookies()) if (declares(service, name, true)) expire(name);
    for (const kind of ["localStorage", "sessionStorage"] as const) {
      for (const key of keys(kind)) if (declares(service, key)) window[kind].removeItem(key);
    }
  }
}

/** Whether a service is at work in this page: a tag of it is live. */
export function isLive({ id, hosts }: Service): boolean {
  const own = `[data-service="${id}"]:not([type="text/plain"],[data-src],[data-href])`;
  return !!document.querySelector([own, ...hosts.map((host) => `[src*="//${host}/"]`)].join());
}
