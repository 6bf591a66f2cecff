/** What services leave in a browser. */

import type { Service } from "./types.js";

const fits = (name: string, patterns: string[] = []) =>
  patterns.some((p) => (p.endsWith("*") ? name.startsWith(p.slice(0, -1)) : name === p));

/** The names of the cookies that scripts can see. */
export const cookies = () => document.cookie.split("; ").map((pair) => pair.split("=")[0]!);

/** The value of a cookie that scripts can see. */
export const cookie = (name: string) =>
  document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1);

/** The keys of a store; none where the browser denies it. */
export function keys(kind: "localStorage" | "sessionStorage"): string[] {
  try {
    return Object.keys(window[kind]);
  } catch {
    return [];
  }
}

/** Whether a service names it. */
export const declares = ({ cookies, storage }: Service, name: string, cookie?: boolean) =>
  fits(name, cookie ? cookies : storage);

