// The packages somebody would take for this, each called as its documentation says. All are under the MIT licence.

import { createHmac } from "node:crypto";
import { removePII } from "@coffeeandfun/remove-pii";
import redactPii from "@dawn-analytics/redact-pii";
import { Redactor } from "@redactpii/node";
import anonymizeIp from "ip-anonymize";
import normalizeUrl from "normalize-url";
import { UAParser } from "ua-parser-js";

/** ua-parser-js 1 (the second is under the AGPL), ip-anonymize, normalize-url and node:crypto. */
export function line(text) {
  const entry = JSON.parse(text);
  const agent = new UAParser(entry.ua);
  const [browser, os, device] = [agent.getBrowser(), agent.getOS(), agent.getDevice()];
  entry.ip = anonymizeIp(entry.ip, 24, 48);
  entry.ua = `${browser.name} ${browser.major}; ${os.name}; ${device.type ?? "desktop"}`;
  entry.url = normalizeUrl(entry.url, { removeQueryParameters: true, stripAuthentication: true, stripHash: true });
  entry.client_id = `k1.${createHmac("sha256", "E".repeat(32)).update(entry.client_id).digest("base64url").slice(0, 22)}`;
  return JSON.stringify(entry);
}

const redactor = new Redactor();
const redactPiis = new redactPii.SyncRedactor();

/** What takes personal data out of text. */
export const scrubbers = [
  {
    id: "@redactpii/node 1.0.17",
    scrub: (text) => redactor.redact(text),
  },
  {
    id: "@coffeeandfun/remove-pii 3.0.1",
    scrub: (text) => removePII(text),
    lacks: "takes other numbers for accounts and passports",
  },
  {
    id: "redact-pii 3 (@dawn-analytics/redact-pii 0.1.2)",
    scrub: (text) => redactPiis.redact(text),
    lacks: "takes every number of four digits, every URL and the first names it knows",
  },
];
