// Measures taking personal data out of text in JavaScript: this package beside the least code that does it and packages.
//
//   node bench/anonymize/text.mjs --sample texts.json [--rounds 9] [--out bench/results]
//
// `sample` has texts by name; `cargo xtask bench text` has the native bench write it. Nothing is asserted of speed.

import { readFileSync } from "node:fs";
import * as consentry from "../../pkg/dist/anonymize.node.js";
import * as lean from "./lean.mjs";
import { scrubbers } from "./peers.mjs";
import { options, tell, write } from "../command.mjs";
import { measure, ratio } from "./rounds.mjs";

const asked = options({ sample: undefined, rounds: "9" });
if (!asked.sample) throw new Error("--sample names a file of texts");
const texts = JSON.parse(readFileSync(asked.sample, "utf8"));
const encoder = new TextEncoder();

/** One long stream, fed in pieces and read as it gives. What it holds back of one piece comes with the next. */
function stream() {
  const { readable, writable } = consentry.scrubStream();
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  (async () => {
    while (!(await reader.read()).done);
  })();
  return (bytes) => writer.write(bytes);
}

const sides = [
  { id: "consentry, scrub", scrub: consentry.scrub },
  {
    id: "by hand", scrub: lean.scrub,
    lacks: "no keys, tokens, IPv6, names in addresses, other states' numbers; nothing that is encoded or written in other letters",
  },
  ...scrubbers,
];

/** One of each kind. */
const PROBES = {
  email: ["mail to greta@example.com now", "greta@example.com"],
  card: ["card 4111 1111 1111 1111 now", "4111 1111 1111 1111"],
  ssn: ["his number is 123-45-6789.", "123-45-6789"],
  phone: ["call 602-272-1234 after six", "602-272-1234"],
  abroad: ["call +49 30 12345678 after six", "12345678"],
  ip: ["from 203.0.113.77 on", "203.0.113.77"],
  ipv6: ["from 2001:db8:85a3::8a2e:370:7334 on", "2001:db8:85a3::8a2e:370:7334"],
  iban: ["to DE89 3704 0044 0532 0130 00 now", "DE89 3704 0044 0532 0130 00"],
  secret: ["with password=hunter2 set", "hunter2"],
  jwt: ["Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl", "eyJzdWIiOiIxIn0"],
};
/** What nobody may take for personal. */
const HARMLESS = ["2026-11-22T10:15:30.123Z", "build 1.2.3", "took 512 ms", "order A-77 is ready", "Handler.java:512"];

/** Whether nothing is left of a value: not a group of four letters or digits of it. */
function isGone(value, text) {
  const groups = value.split(/[ .:-]/).filter(({ length }) => length >= 4);
  return ![value, ...groups].some((part) => text.includes(part));
}

for (const side of sides) {
  side.takes = Object.keys(PROBES).filter((kind) => isGone(PROBES[kind][1], side.scrub(PROBES[kind][0])));
  side.spoils = HARMLESS.filter((text) => side.scrub(text) !== text);
  if (!side.takes.includes("email")) throw new Error(`${side.id} leaves an e-mail address`);
  tell(`${side.id.padEnd(44)} ${JSON.stringify(side.scrub(Object.values(PROBES).map(([text]) => text).join(" ")).slice(0, 150))}`);
}

const contenders = Object.entries(texts).flatMap(([job, text]) => {
  const bytes = encoder.encode(text);
  const units = bytes.length;
  const whole = sides.map(({ id, scrub }) => ({ id, job, units, call: () => scrub(text) }));
  const pieces = stream();
  return [...whole, { id: "consentry, scrubStream of bytes", job, units, call: () => pieces(bytes) }];
});
const measured = await measure(contenders, Number(asked.rounds), tell);
const of = (id, job) => measured.find((own) => own.id === id && own.job === job);
const ids = [...new Set(measured.map(({ id }) => id))];
const results = ids.map((id) => {
  const { takes, spoils, lacks } = sides.find((side) => side.id === id) ?? {};
  const jobs = Object.keys(texts).map((job) => {
    const own = of(id, job);
    const megabytes = { ...own.rate, median: own.rate.median / 1e6, quartiles: own.rate.quartiles.map((value) => value / 1e6), values: own.rate.values.map((value) => value / 1e6) };
    return [job, { "MB/s": megabytes, of_by_hand: ratio(own, of("by hand", job)) }];
  });
  return { id, takes, spoils, lacks, jobs: Object.fromEntries(jobs) };
});
console.log("MB/s, and how many times as fast as by hand");
console.table(results.map(({ id, jobs }) => ({
  id, ...Object.fromEntries(Object.entries(jobs).map(([job, { "MB/s": rate, of_by_hand }]) => [job, `${rate.median.toFixed(1)} (${of_by_hand.toFixed(2)})`])),
})));
for (const { id, takes, spoils, lacks } of results) {
  if (takes) console.log(`${id}: takes ${takes.join(", ")}${spoils.length ? `; spoils ${spoils.join(" | ")}` : ""}${lacks ? `. ${lacks}` : ""}`);
}
write(asked.out, "text-javascript.json", { bench: "text", rounds: Number(asked.rounds), results });
