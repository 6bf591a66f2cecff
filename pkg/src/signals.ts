/** What running vendors are told: Google Consent Mode v2, Microsoft UET and Clarity. */

import type { Signals } from "./types.js";

/** Tells every vendor what is permitted, by index of the purpose. */
export type Tell = (permitted: (purpose: number) => unknown) => void;

type Queue = { push(...what: unknown[]): unknown };

interface Vendors {
  dataLayer?: Queue;
  uetq?: Queue;
  clarity?: { (...what: unknown[]): void; q?: unknown[] };
  /** Where the stub leaves {@link Tell} for the loader, which then repeats no default. */
  __consentrySignals?: Tell;
}

/** What the stub left, if there is one. */
export const stubbed = () => (window as Vendors).__consentrySignals;

const TYPES = "ad_storage ad_user_data ad_personalization analytics_storage functionality_storage " +
  "personalization_storage security_storage";

/**
 * Denies everything, and returns what tells changes. A type that no purpose is named for stays denied, unless it is
 * one of those that an essential purpose grants.
 */
export function signals({ google, uet, clarity }: Signals): Tell {
  const words = window as Vendors;
  // Google reads nothing but the `arguments` of a function.
  function gtag(..._: unknown[]) {
    (words.dataLayer ||= []).push(arguments);
  }
  let last: string;
  const say = (how: string, permitted: (purpose: number) => unknown) => {
    const word = (purpose?: number) => (purpose != null && permitted(purpose) ? "granted" : "denied");
    const types: Record<string, unknown> = {};
    for (const type of TYPES.split(" ")) {
      types[type] = google?.granted?.includes(type) ? "granted" : word(google?.types[type]);
    }
    const ads = { ad_storage: word(uet) };
    const { ad_Storage, analytics_Storage } = clarity ?? {};
    const storage = { ad_Storage: word(ad_Storage), analytics_Storage: word(analytics_Storage) };
    const now = JSON.stringify([types, ads, storage]);
    // The same once more is no change.
    if (now === last) return;
    last = now;
    if (how === "default") types["wait_for_update"] = google?.wait ?? 500;
    if (google) gtag("consent", how, types);
    if (uet != null) (words.uetq ||= []).push("consent", how, ads);
    if (clarity) (words.clarity ||= (...what) => void (words.clarity!.q ||= []).push(what))("consentv2", storage);
  };
  say("default", () => false);
  if (google?.redact) gtag("set", "ads_data_redaction", true);
  if (google?.passthrough) gtag("set", "url_passthrough", true);
  return (permitted) => say("update", permitted);
}

/** Leaves it for the loader. */
export function leave(tell: Tell): void {
  (window as Vendors).__consentrySignals = tell;
}
