// What every banner here says: the words of the demo shop's own policy, so that none has more to show than another.

import { readFileSync } from "node:fs";

/** The shop's policy, with made-up hosts for its vendors: the measured page has no vendor's tag in it. */
export const policy = readFileSync(new URL("../www/shop/policy.json", import.meta.url), "utf8")
  .replaceAll("{metrics}", "metrics.example")
  .replaceAll("{ads}", "ads.example")
  .replaceAll("{films}", "films.example")
  .replaceAll("{map}", "map.example");

/** Its purposes: id, whether it is needed, name, description. */
export const purposes = JSON.parse(policy).purposes.map(({ id, essential, name, description }) => ({
  id,
  essential,
  name: name.en,
  description: description.en,
}));

const named = purposes.filter(({ essential }) => !essential).map(({ name }) => name).join(", ");

/** The first layer's words. */
export const banner = {
  title: "May we use optional cookies?",
  text:
    "Fern & Clay uses what it needs to work. Only if you agree, it also stores and reads data on your device for: " +
    `${named}. You can change your mind at any time.`,
  accept: "Accept all",
  reject: "Reject all",
  choose: "Choose",
  save: "Save",
  notice: "Privacy notice",
};
