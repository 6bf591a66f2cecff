// Measures anonymising log entries in JavaScript: this package beside the least code that does it and beside packages.
//
//   node bench/anonymize/entry.mjs --sample lines.jsonl [--rounds 9] [--only id,id] [--no-worker] [--out bench/results]
//
// `sample` has an entry a line; `cargo xtask bench entry` has the native bench write it. Nothing is asserted of speed.

import { readFileSync } from "node:fs";
import * as consentry from "../../pkg/dist/anonymize.node.js";
import * as lean from "./lean.mjs";
import * as peers from "./peers.mjs";
import { options, tell, write } from "../command.mjs";
import { measure, ratio } from "./rounds.mjs";
import { measureWorker } from "./workerd.mjs";

const asked = options({ sample: undefined, rounds: "9", only: undefined, "no-worker": false });
if (!asked.sample) throw new Error("--sample names a file of entries, one a line");

const sample = readFileSync(asked.sample, "utf8").trim().split("\n");
const rules = { key: `k1:${"E".repeat(43)}` };

/** About 64 kB, as they come from a file. */
const log = Buffer.from(`${sample.join("\n")}\n`.repeat(Math.ceil(65_536 / sample.join("\n").length)));
const inLog = log.toString().trim().split("\n").length;

/** One long stream, fed in pieces. */
function stream() {
  const { readable, writable } = consentry.anonymizeStream(rules);
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  return async (bytes) => {
    const written = writer.write(bytes);
    const { value } = await reader.read();
    await written;
    return value;
  };
}

/** Who takes part: a line as a string in and out, or a log as bytes in and out. */
const contenders = [
  { id: "consentry-text", name: "consentry, anonymizeJson", job: "line", run: (line) => consentry.anonymizeJson(line, rules) },
  {
    id: "consentry-object", name: "consentry, anonymize", job: "line",
    run: (line) => JSON.stringify(consentry.anonymize(JSON.parse(line), rules)),
  },
  {
    id: "lean", name: "by hand", job: "line", run: lean.line,
    lacks: "knows these four fields only, six browsers, numbers and hexadecimal in paths; undoes no encoding, scrubs nothing",
  },
  {
    id: "packages", name: "ua-parser-js, ip-anonymize, normalize-url", job: "line", run: peers.line,
    lacks: "null for an address with a port, and no length of a network; paths stay as they are; all of the query goes; no robots",
  },
  { id: "consentry-log", name: "consentry, anonymizeStream", job: "log", run: stream() },
  { id: "lean-log", name: "by hand", job: "log", run: lean.lines(lean.line) },
  { id: "packages-log", name: "ua-parser-js, ip-anonymize, normalize-url", job: "log", run: lean.lines(peers.line) },
].filter(({ id }) => !asked.only || asked.only.split(",").includes(id));

/** What should not be left of the sample. */
const RAW = {
  "address": /\.77\b|\.23\b|\.146\b|8d3|8a2e/,
  "version or model": /10_15_7|SM-S918B/,
  "e-mail address": /alice/,
  "card": /41{15}/,
  "click id": /Cj0KCQ|IwAR0/,
  "token in a path": /4f1c9a2be77d40a1/,
  "number in a path": /\/10\d{5}\b/,
  "key": /key-0000/,
};

/** What somebody makes of the entries, as objects; and that it is that, each time. */
async function checked({ name, job, run }) {
  const once = async () => (job === "line" ? sample.map((line) => run(line)) : Buffer.from(await run(log)).toString().trim().split("\n").slice(0, sample.length));
  const [made, again] = [await once(), await once()];
  if (made.join("\n") !== again.join("\n")) throw new Error(`${name}: another answer to the same entries`);
  const entries = made.map((line) => JSON.parse(line));
  entries.forEach((entry, at) => {
    const fields = Object.keys(entry).sort().join();
    if (fields !== "client_id,ip,ua,url") throw new Error(`${name}: entry ${at} has ${fields}`);
    if (!/^k1\.[\w-]{22}$/.test(entry.client_id)) throw new Error(`${name}: ${entry.client_id} is no pseudonym`);
  });
  const text = made.join("\n");
  return { entries, leaves: Object.keys(RAW).filter((what) => RAW[what].test(text)) };
}

const ours = (await checked(contenders[0])).entries;
for (const contender of contenders) {
  const { entries, leaves } = await checked(contender);
  contender.leaves = leaves;
  contender.alike = Object.fromEntries(
    ["ip", "ua", "url"].map((field) => [field, entries.filter((entry, at) => entry[field] === ours[at][field]).length]),
  );
  tell(`${contender.id.padEnd(17)} ${JSON.stringify(entries[1])}`);
  // What is called by lines is timed over all of them.
  const { run, job } = contender;
  contender.units = job === "line" ? sample.length : inLog;
  contender.call = job === "line" ? () => sample.forEach((line) => run(line)) : () => run(log);
}

const measured = await measure(contenders, Number(asked.rounds), tell);
const against = (one, id) => {
  const other = measured.find((side) => side.job === one.job && side.id.startsWith(id));
  return other ? ratio(one, other) : undefined;
};
const results = measured.map((side) => ({
  id: side.id, name: side.name, job: side.job, entries_per_second: side.rate, of_by_hand: against(side, "lean"),
  of_packages: against(side, "packages"), as_consentry: side.alike, leaves: side.leaves, lacks: side.lacks,
}));
console.table(results.map(({ name, job, entries_per_second, of_by_hand, of_packages, as_consentry, leaves }) => ({
  name, job, "entries/s": Math.round(entries_per_second.median), "of by hand": of_by_hand?.toFixed(2), "of packages": of_packages?.toFixed(1),
  [`as consentry, of ${sample.length}`]: Object.entries(as_consentry).map((pair) => pair.join(" ")).join(", "), leaves: leaves.join(", "),
})));
for (const { name, job, lacks } of results) if (lacks && job === "line") console.log(`${name}: ${lacks}`);

const worker = asked["no-worker"] ? undefined : await measureWorker(sample, rules, Number(asked.rounds), tell);
if (worker) console.table(worker.map(({ name, entries_per_second, of_by_hand }) => ({ "in workerd": name, "entries/s": Math.round(entries_per_second.median), "of by hand": of_by_hand.toFixed(2) })));
write(asked.out, "entry-javascript.json", { bench: "entry", rounds: Number(asked.rounds), bytes: log.length / inLog, results, worker });
