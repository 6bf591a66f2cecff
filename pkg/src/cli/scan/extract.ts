import { recognise, serviceOfHost } from "../core.js";
import type { Found, Hints } from "./found.js";

// Every pattern is bounded, and none can match one text in two ways: a file may be made to keep a scanner busy.

/** Tags that make a browser load something, with the attributes that say what. */
const LOADING =
  /<(script|iframe|img|video|audio|source|track|embed|object|link)\b((?:"[^"]{0,4000}"|'[^']{0,4000}'|[^"'<>])*)>/gi;
const ADDRESS = new RegExp(
  String.raw`(?:^|[\s{])(?:data-)?(?:src|href|data|poster|srcset)\s{0,9}=\s{0,9}\{?\s{0,9}` +
    "(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\\s\"'`{}>]+))",
  "gi",
);
/** `<link>` loads only as these; as `canonical`, say, it names something. */
const LINKS = new RegExp(
  String.raw`\brel\s{0,9}=\s{0,9}["']?[^"'>]{0,99}` +
    String.raw`\b(stylesheet|preload|modulepreload|prefetch|preconnect|dns-prefetch|icon)\b`,
  "i",
);
/** Code and styles that load what they name. */
const CALLS = new RegExp(
  String.raw`(?:\bimport(?:\s{0,9}\()?|\bfrom|\bfetch\(|\bimportScripts\(|\bnew\s{1,9}(?:Shared)?Worker\(` +
    String.raw`|sendBeacon\(|\.src\s{0,9}=|@import(?:\s{1,9}url\()?|\burl\()` +
    "\\s{0,9}[\"'`]?((?:https?:)?\\/\\/[^\\s\"'`)<>\\\\]{1,500})",
  "g",
);
/** Any other address in code. */
const MENTIONS = /["'`(]((?:https?:)?\/\/[a-z0-9.-]{1,253}\.[a-z]{2,63}(?:[/:?#][^\s"'`)<>\\]{0,500})?)/gi;
/** What only names a place to go to, or describes the page: taken out before the search. */
const NAMING = [
  /<(?:a|meta)\b(?:"[^"]{0,4000}"|'[^']{0,4000}'|[^"'<>])*>/gi,
  /\bhref\s{0,9}[:=]\s{0,9}\{?\s{0,9}(?:"[^"]{0,4000}"|'[^']{0,4000}'|`[^`]{0,4000}`)/gi,
];
const DESCRIBING = /<script\b[^<>]{0,500}application\/ld\+json[^<>]{0,500}>/gi;
const STORAGE = /\b(?:local|session)Storage\s{0,9}\.\s{0,9}setItem\(\s{0,9}["'`]([^"'`]{1,200})["'`]/g;
const COOKIE = /document\.cookie\s{0,9}=\s{0,9}["'`]([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100})=/g;

/** Everything in a text that contacts somebody or stores something. `place` names a line of it. */
export function extract(text: string, place: (line: number) => string): Found[] {
  const found: Found[] = [];
  const lines = lineStarts(text);
  const at = (index: number) => place(lineAt(lines, index));
  const address = (value: string, kind: string, index: number) => {
    const url = absolute(value);
    if (url) found.push({ address: url, kind, place: at(index) });
  };

  for (const tag of text.matchAll(LOADING)) {
    const name = tag[1]!.toLowerCase();
    const attributes = tag[2]!;
    if (attributes.length > 20_000 || (name === "link" && !LINKS.test(attributes))) continue;
    for (const [, ...values] of attributes.matchAll(ADDRESS)) {
      const value = values.find((one) => one !== undefined) ?? "";
      // A set of sources names several, each before its width.
      for (const one of value.split(/,\s+/)) address(one.trim().split(/\s/, 1)[0]!, name, tag.index);
    }
  }
  const code = NAMING.reduce((rest, naming) => rest.replace(naming, blank), withoutDescription(text));
  for (const call of code.matchAll(CALLS)) address(call[1]!, "code", call.index);
  for (const mention of code.matchAll(MENTIONS)) {
    const url = absolute(mention[1]!);
    if (url && tells(url)) found.push({ address: url, kind: "code", place: at(mention.index) });
  }
  for (const { service, mark } of recognise(code)) {
    found.push({ service, kind: "code", place: at(Math.max(0, code.indexOf(mark))) });
  }
  for (const { index, 1: key } of code.matchAll(STORAGE)) found.push({ key: key!, kind: "storage", place: at(index) });
  for (const { index, 1: name } of code.matchAll(COOKIE)) {
    found.push({ cookie: name!, kind: "cookie", place: at(index) });
  }
  return found;
}

/** What a page says of itself. */
export function hints(html: string, base?: URL): Hints {
  const title = /<title\b[^<>]{0,500}>([^<]{1,200})<\/title>/i.exec(html)?.[1]?.trim().replace(/&amp;/g, "&");
  const language = /<html\b[^<>]{0,500}\blang\s{0,9}=\s{0,9}["']?([A-Za-z]{2,3})\b/i.exec(html)?.[1]?.toLowerCase();
  let notice: string | undefined;
  for (const [, href] of html.matchAll(/<a\b[^<>]{0,1000}?\bhref\s{0,9}=\s{0,9}["']([^"'#?]{1,200})/gi)) {
    if (!/privacy|datenschutz|privacidad|privacidade|confidentialite|prywatnosc/i.test(href!)) continue;
    const site = base ?? new URL("https://site.invalid/");
    if (!URL.canParse(href!, site.href)) continue;
    const url = new URL(href!, site);
    if (url.hostname !== site.hostname) continue;
    notice = url.pathname;
    break;
  }
  return { ...(title && { title }), ...(language && { language }), ...(notice && { notice }) };
}

/** Addresses of other pages and scripts of the same site. */
export function links(html: string, base: URL): { pages: URL[]; scripts: URL[] } {
  const collect = (pattern: RegExp) => {
    const urls: URL[] = [];
    for (const [, a, b, c] of html.matchAll(pattern)) {
      const value = a ?? b ?? c ?? "";
      try {
        const url = new URL(value, base);
        url.hash = "";
        if (url.origin === base.origin) urls.push(url);
      } catch {
        // No address: the page's own mistake.
      }
    }
    return urls;
  };
  return {
    pages: collect(attribute("a", "href")),
    scripts: collect(attribute("script", "src")),
  };
}

/** The value of a tag's attribute, in quotation marks or not. */
function attribute(tag: string, name: string): RegExp {
  const value = `(?:"([^"]{0,2000})"|'([^']{0,2000})'|([^\\s"'<>]{1,2000}))`;
  return new RegExp(String.raw`<${tag}\b[^<>]{0,1000}?\b${name}\s{0,9}=\s{0,9}${value}`, "gi");
}

function absolute(value: string): string | undefined {
  const text = value.replace(/&amp;/g, "&");
  return /^(https?:)?\/\/[^/]/i.test(text) ? text.slice(0, 500) : undefined;
}

/**
 * Whether an address that code merely mentions speaks of a service in use. Sites of the vendors themselves are linked
 * from everywhere; their scripts, frames and interfaces are not.
 */
function tells(url: string): boolean {
  if (recognise(url).length) return true;
  const [, host, path] = /^(?:https?:)?\/\/([^/:?#]+)([^?#]*)/i.exec(url) ?? [];
  if (!host || !serviceOfHost(host)) return false;
  const isSite = /^www\./i.test(host) || host.split(".").length < 3;
  return !isSite || /\.(?:m?js|css)$|\/(?:embed|widget|player)/i.test(path ?? "");
}

/** The text without blocks that describe the page to search engines. */
function withoutDescription(text: string): string {
  let rest = "";
  let from = 0;
  for (const block of text.matchAll(DESCRIBING)) {
    if (block.index < from) continue;
    const end = text.indexOf("</script", block.index);
    const to = end === -1 ? text.length : end;
    rest += text.slice(from, block.index) + blank(text.slice(block.index, to));
    from = to;
  }
  return rest + text.slice(from);
}

/** As long as before and with the same lines, so that places stay right. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

function lineAt(starts: number[], index: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= index) low = middle;
    else high = middle;
  }
  return low + 1;
}
