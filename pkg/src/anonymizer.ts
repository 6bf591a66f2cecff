/** What the anonymiser does, whatever has loaded its module. */

import { anonymizeJson, reduceIp as network, reduceUserAgent as agent, scrubText, Scrubber as Pieces } from "#anonymize";

/** How often each kind was found: `{ email: 3, ip: 1 }`. */
export type Counts = Partial<
  Record<
    | "email"
    | "card"
    | "iban"
    | "phone"
    | "ip"
    | "ssn"
    | "national-id"
    | "jwt"
    | "pem"
    | "api-key"
    | "secret"
    | "userinfo"
    | "mac"
    | "oversize",
    number
  >
>;

/** What became of an entry. */
export interface EntryReport {
  /** What was found in texts, or under a telling name, and replaced by its mark. */
  found: Counts;
  /** How many values were reduced. */
  reduced: number;
  /** How many identifiers became pseudonyms. */
  pseudonyms: number;
  /** How many values were dropped: what cannot be reduced, or was not understood. */
  dropped: number;
}

/** How much of an address stays. */
export interface UrlRules {
  /** `origin` alone, the `path` too, or the names of the query's parameters as well (the default). */
  parts?: "origin" | "path" | "query";
  /** Names of parameters whose value stays unless it looks like an identifier. */
  values?: string[];
  /** Whether `utm_source`, `utm_medium` and `utm_campaign` stay. */
  campaign?: boolean;
}

/** What is done with entries. */
export interface EntryRules {
  fields?: {
    /** Names of further headers to keep, in small letters. */
    keep?: string[];
    /** How many bits of an address stay: at most, and by default, 24 and 48. */
    ip?: { v4: number; v6: number };
    url?: UrlRules;
    referer?: UrlRules;
    /** Names of cookies whose value stays. */
    cookies?: { values?: string[] };
  };
  /** `id:secret`: identifiers such as `user_id` become pseudonyms of this key. Without one they are dropped. */
  key?: string;
}

/** A reduced user agent. What is not known is `Other`. */
export interface UserAgent {
  browser: string;
  major: number | null;
  system: string;
  device: string;
}

/** A log entry without what identifies; what is dropped is `null`. What JSON has no form for is not taken. */
export function anonymize<Entry>(entry: Entry, rules?: EntryRules): Entry {
  return anonymizeCounted(entry, rules).entry;
}

/** The same, and what became of it. */
export function anonymizeCounted<Entry>(entry: Entry, rules?: EntryRules): { entry: Entry; report: EntryReport } {
  const text: string | undefined = JSON.stringify(entry);
  if (text === undefined) throw new TypeError("an entry is an object that JSON has a form for");
  return JSON.parse(anonymizeJson(text, rules ? JSON.stringify(rules) : "")) as never;
}

/** A text without personal data and secrets, each replaced by its kind: `[email]`. Not for user agents. */
export function scrub(text: string): string {
  const answer = scrubText(text);
  return answer.slice(answer.indexOf("\n") + 1);
}

/** The same, and how often each kind was found. */
export function scrubCounted(text: string): { text: string; found: Counts } {
  const answer = scrubText(text);
  const end = answer.indexOf("\n");
  return { text: answer.slice(end + 1), found: JSON.parse(answer.slice(0, end)) as Counts };
}

/** The network of an address: `203.0.113.0/24`, `2001:db8:85a3::/48`. Undefined for what is none. */
export const reduceIp = (address: string): string | undefined => network(address);

/** Browser, major version, system and kind of device, for any user agent. */
export const reduceUserAgent = (header: string): UserAgent => JSON.parse(agent(header)) as UserAgent;

/** Scrubs what comes in pieces of UTF-8, wherever they are cut. */
export function scrubStream(found?: (counts: Counts) => void): TransformStream<Uint8Array, Uint8Array> {
  const pieces = new Pieces();
  const put = (bytes: Uint8Array, to: TransformStreamDefaultController<Uint8Array>) => {
    if (bytes.length) to.enqueue(bytes);
  };
  return new TransformStream({
    transform: (piece, to) => put(pieces.push(piece), to),
    flush(to) {
      put(pieces.finish(), to);
      found?.(JSON.parse(pieces.found) as Counts);
      pieces.free();
    },
  });
}
