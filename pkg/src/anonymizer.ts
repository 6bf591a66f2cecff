/** What the anonymiser does, whatever has loaded its module. */

import { Entries, Lines, reduceIp as network, reduceUserAgent as agent, scrubCounted as counted, scrubText, Scrubber } from "#anonymize";

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

/** What became of the lines of a log. */
export interface LinesReport extends EntryReport {
  /** How many entries there were. */
  entries: number;
  /** How many lines were left out: no JSON, no UTF-8, or longer than a megabyte. */
  left_out: number;
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

/** What was made of the last rules: one log has the same for all its entries. */
let last: { rules: string; entries: Entries } | undefined;

function entriesBy(given?: EntryRules): Entries {
  const rules = written(given);
  if (last?.rules !== rules) {
    const entries = new Entries(given ? JSON.stringify(given) : "");
    last?.entries.free();
    last = { rules, entries };
  }
  return last.entries;
}

/** What tells rules from others; they may be changed from one call to the next. */
function written(rules?: EntryRules): string {
  if (!rules) return "";
  const { key } = rules;
  // A key alone, as is usual, need not be written as JSON, which would take as long as some of the fields.
  return typeof key === "string" && Object.keys(rules).length === 1 ? `key ${key}` : JSON.stringify(rules);
}

function json(entry: unknown): Uint8Array {
  const text: string | undefined = JSON.stringify(entry);
  if (text === undefined) throw new TypeError("an entry is an object that JSON has a form for");
  return utf8(text);
}

const encoder = new TextEncoder();
const room = new Uint8Array(1 << 14);

/** A text as UTF-8, until the next one. */
function utf8(text: string): Uint8Array {
  // One letter takes at most three bytes.
  if (text.length * 3 > room.length) return encoder.encode(text);
  return room.subarray(0, encoder.encodeInto(text, room).written);
}

/** A log entry without what identifies; what is dropped is `null`. What JSON has no form for is not taken. */
export function anonymize<Entry>(entry: Entry, rules?: EntryRules): Entry {
  return JSON.parse(entriesBy(rules).one(json(entry))) as Entry;
}

/** The same, and what became of it. */
export function anonymizeCounted<Entry>(entry: Entry, rules?: EntryRules): { entry: Entry; report: EntryReport } {
  const [report, after] = split(entriesBy(rules).counted(json(entry)));
  return { entry: JSON.parse(after) as Entry, report: JSON.parse(report) as EntryReport };
}

/** The same for an entry that is JSON already, as a line of a log is. */
export function anonymizeJson(entry: string, rules?: EntryRules): string {
  return entriesBy(rules).one(utf8(entry));
}

/** Anonymises a log of one entry a line, which comes in pieces of UTF-8, wherever they are cut. */
export function anonymizeStream(
  rules?: EntryRules,
  report?: (report: LinesReport) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const lines = new Lines(rules ? JSON.stringify(rules) : "");
  return through(lines, () => report?.(JSON.parse(lines.report) as LinesReport));
}

/** A text without personal data and secrets, each replaced by its kind: `[email]`. Not for user agents. */
export const scrub = (text: string): string => scrubText(utf8(text));

/** The same, and how often each kind was found. */
export function scrubCounted(text: string): { text: string; found: Counts } {
  const [found, after] = split(counted(utf8(text)));
  return { text: after, found: JSON.parse(found) as Counts };
}

/** What was counted stands in a line of its own, before everything else. */
function split(answer: string): [first: string, rest: string] {
  const end = answer.indexOf("\n");
  return [answer.slice(0, end), answer.slice(end + 1)];
}

/** The network of an address: `203.0.113.0/24`, `2001:db8:85a3::/48`. Undefined for what is none. */
export const reduceIp = (address: string): string | undefined => network(address);

/** Browser, major version, system and kind of device, for any user agent. */
export const reduceUserAgent = (header: string): UserAgent => JSON.parse(agent(header)) as UserAgent;

/** Scrubs what comes in pieces of UTF-8, wherever they are cut. */
export function scrubStream(found?: (counts: Counts) => void): TransformStream<Uint8Array, Uint8Array> {
  const pieces = new Scrubber();
  return through(pieces, () => found?.(JSON.parse(pieces.found) as Counts));
}

/** A stream through something that takes pieces and gives what is ready. */
function through(pieces: Scrubber | Lines, ended: () => void): TransformStream<Uint8Array, Uint8Array> {
  const put = (bytes: Uint8Array, to: TransformStreamDefaultController<Uint8Array>) => {
    if (bytes.length) to.enqueue(bytes);
  };
  return new TransformStream({
    transform: (piece, to) => put(pieces.push(piece), to),
    flush(to) {
      put(pieces.finish(), to);
      ended();
      pieces.free();
    },
  });
}
