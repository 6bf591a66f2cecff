// The least JavaScript that does the work, written for the entries and texts that are measured. It knows their fields by
// name, their browsers and what is in their addresses; whatever else may come, it does not.

import { createHmac, createSecretKey } from "node:crypto";

const TRACKING = /^(?:utm_|gclid$|fbclid$|msclkid$|_ga$)/;
/** Names of parameters whose values stay: by default none. */
const LISTED = new Set();

/** The network of an address: `203.0.113.0/24`, `2001:db8:85a3::/48`. */
function network(text) {
  const four = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?::\d+)?$/.exec(text);
  if (four) return `${four[1]}.0/24`;
  if (!/^[0-9a-f:]+$/i.test(text)) return null;
  const [left, right] = text.toLowerCase().split("::");
  const groups = left ? left.split(":") : [];
  const after = right ? right.split(":") : [];
  if (right !== undefined) while (groups.length + after.length < 8) groups.push("0");
  const [one, two, three] = groups.concat(after).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${one}:${two}:${three}::/48`;
}

const BROWSERS = [
  ["Edge", /Edg\/(\d+)/],
  ["Samsung Internet", /SamsungBrowser\/(\d+)/],
  ["Opera", /OPR\/(\d+)/],
  ["Firefox", /Firefox\/(\d+)/],
  ["Chrome", /Chrome\/(\d+)/],
  ["Safari", /Version\/(\d+).* Safari\//],
];
const SYSTEMS = [
  ["Windows", /Windows NT/, "desktop"],
  ["Android", /Android/, "mobile"],
  ["iOS", /iPhone|iPad/, "mobile"],
  ["macOS", /Macintosh/, "desktop"],
  ["Linux", /Linux/, "desktop"],
];

/** `Chrome 126; Windows; desktop`. */
function agent(text) {
  const robot = /(\w*bot)\/(\d+)/i.exec(text);
  if (robot) return `${robot[1]} ${robot[2]}; Other; bot`;
  let browser = "Other";
  for (const [name, pattern] of BROWSERS) {
    const found = pattern.exec(text);
    if (found) {
      browser = `${name} ${found[1]}`;
      break;
    }
  }
  for (const [name, pattern, device] of SYSTEMS) if (pattern.test(text)) return `${browser}; ${name}; ${device}`;
  return `${browser}; Other; other`;
}

/** An address without identifiers in its path, and without the values of its parameters. */
function address(text) {
  const question = text.indexOf("?");
  const path = question < 0 ? text : text.slice(0, question);
  let reduced = path
    .replace(/^(\w+:\/\/)[^/@]*@/, "$1")
    .replace(/\/(?:(\d{5,})|[0-9a-f]{8,})(?=\/|$)/g, (_, number) => (number ? "/:id" : "/:token"));
  if (question < 0) return reduced;
  let separator = "?";
  for (const pair of text.slice(question + 1).split("&")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals);
    if (equals < 1 || TRACKING.test(name)) continue;
    reduced += `${separator}${name}=${LISTED.has(name) ? pair.slice(equals + 1) : ""}`;
    separator = "&";
  }
  return reduced;
}

const SECRET = createSecretKey(Buffer.alloc(32, "E"));

/** `k1.` and 16 bytes of HMAC-SHA-256. */
export function pseudonym(text) {
  return `k1.${createHmac("sha256", SECRET).update(text).digest("base64url").slice(0, 22)}`;
}

/** One line of a log. */
export function line(text) {
  const entry = JSON.parse(text);
  entry.ip = network(entry.ip);
  entry.ua = agent(entry.ua);
  entry.url = address(entry.url);
  entry.client_id = pseudonym(entry.client_id);
  return JSON.stringify(entry);
}

/** Lines of a log as bytes, by what does one. */
export const lines = (one) => (bytes) => {
  const out = [];
  for (const text of new TextDecoder().decode(bytes).split("\n")) if (text) out.push(one(text));
  return Buffer.from(out.join("\n") + "\n");
};

const isCard = (digits) => {
  let sum = 0;
  for (let at = digits.length - 1, even = false; at >= 0; at--, even = !even) {
    const digit = digits.charCodeAt(at) - 48;
    sum += even ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit;
  }
  return sum % 10 === 0;
};

const LOCAL = /[\w.+-]/;
const DOMAIN = /[\w-]+(?:\.[\w-]+)+/y;

/** Addresses of mail, found by their sign: a regular expression would begin anew at each letter before it. */
function withoutMail(text) {
  let [left, done] = ["", 0];
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let from = at;
    while (from > done && at - from < 64 && LOCAL.test(text[from - 1])) from--;
    DOMAIN.lastIndex = at + 1;
    if (from === at || !DOMAIN.test(text)) continue;
    left += `${text.slice(done, from)}[email]`;
    done = DOMAIN.lastIndex;
  }
  return done ? left + text.slice(done) : text;
}

/** Whatever begins with a digit, a plus or capitals, in one pass. */
const NUMBERS = new RegExp(
  [
    String.raw`\b(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\b`,
    String.raw`\b(\d{3}-\d{2}-\d{4})\b`,
    String.raw`(\b\d{3}-\d{3}-\d{4}\b|\+\d[\d ]{7,17}\d\b)`,
    String.raw`\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?)\b`,
    String.raw`\b\d(?:[ -]?\d){12,18}\b`,
  ].join("|"),
  "g",
);
const SECRETS = /\b(password|passwd|secret|token|api_key)=\S+/g;

function mark(found, ip, ssn, phone, iban) {
  if (ip) return "[ip]";
  if (ssn) return "[ssn]";
  if (phone) return "[phone]";
  if (iban) return "[iban]";
  return isCard(found.replace(/\D/g, "")) ? "[card]" : found;
}

/** A text without addresses of mail and network, cards, IBANs, numbers of persons and telephones, and passwords. */
export const scrub = (text) => withoutMail(text).replace(NUMBERS, mark).replace(SECRETS, "$1=[secret]");
