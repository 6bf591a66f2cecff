// Writes countries.<language>.txt for every <language>.json beside it, from the CLDR data in Node.js (Unicode-3.0, see
// NOTICE): `node src/policy/texts/countries.mjs`. The list of codes is that of countries.en.txt, which stays as it is.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const folder = new URL("./", import.meta.url);
const names = (language) => new URL(`countries.${language}.txt`, folder);
const codes = readFileSync(names("en"), "utf8").trimEnd().split("\n").map((line) => line.slice(0, 2));
const languages = readdirSync(folder).filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));

// A page sets the direction itself, and these marks cannot be seen.
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

for (const language of languages.filter((language) => language !== "en")) {
  if (Intl.DisplayNames.supportedLocalesOf(language).length === 0) {
    throw new Error(`Node.js has no names in ${language}: use one built with the full ICU data`);
  }
  const said = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  const lines = codes.flatMap((code) => {
    const name = said.of(code);
    if (!name) console.warn(`${language} has no name for ${code}: people are shown the code`);
    return name ? [`${code} ${name.replace(DIRECTION_MARKS, "")}`] : [];
  });
  writeFileSync(names(language), `${lines.join("\n")}\n`);
}
