/** One thing that was found; the core sorts it by whose it is. */
export interface Found {
  /** An address that something is loaded from or sent to. */
  address?: string;
  /** The id of a known service that a piece of code gave away. */
  service?: string;
  /** The name of a cookie. */
  cookie?: string;
  /** A key of local or session storage. */
  key?: string;
  /** How it was found. */
  kind: string;
  /** Where: a file with a line, or an address. */
  place: string;
}

/** What a scan brings home. */
export interface Scan {
  found: Found[];
  /** The site's own hosts. */
  own: string[];
  /** Files or pages that were read. */
  read: number;
  /** What was left out, and why. */
  skipped: string[];
  /** What the pages say of themselves, to suggest answers. */
  hints: Hints;
}

export interface Hints {
  title?: string;
  language?: string;
  notice?: string;
  url?: string;
}
