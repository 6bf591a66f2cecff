// What is asked of both sides: that a visitor's choice be recorded.

import { randomBytes } from "node:crypto";

/** The site that the visitors are on. */
export const SITE = "http://shop.example";

/** What a browser sends along. */
export const HEADERS = {
  "content-type": "application/json",
  origin: SITE,
  "cf-connecting-ip": "203.0.113.77",
  "x-forwarded-for": "203.0.113.77",
  "cf-ipcountry": "IE",
  "accept-language": "en-IE,en;q=0.9",
  "sec-fetch-site": "same-origin",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
};

/** c15t's: everything given, then everything refused, and so on. */
export const subjectOf = (id = `sub_${randomBytes(15).toString("hex").replaceAll("0", "z")}`, turn = 0) => ({
  type: "cookie_banner",
  subjectId: id,
  domain: "shop.example",
  preferences: { necessary: true, measurement: turn % 2 === 0, marketing: turn % 2 === 0 },
  givenAt: Date.now(),
  metadata: {},
});
