// The log's results as tables, on the terminal and as Markdown, and as a picture.

import { bars } from "../chart.mjs";

const whole = new Intl.NumberFormat("en");
const number = (value, digits = 0) => (Number.isFinite(value) ? (digits ? value.toFixed(digits) : whole.format(Math.round(value))) : "–");
const middle = (summary, digits) => number(summary?.median, digits);
/** `891 (850–930)`: the median and the quartiles. */
const spread = (summary, digits) =>
  summary ? `${middle(summary, digits)} (${summary.quartiles.map((value) => number(value, digits)).join("–")})` : "–";
const times = (one, other) => (one > 0 && other > 0 ? `${(one / other).toFixed(2)}×` : "–");

const WAYS = {
  calls: "calls inside the Worker",
  persons: "the same, each about somebody new",
  http: "over HTTP, one a request",
};
const power = (size) => `10^${Math.log10(size)}`;

function appended({ appends, names }) {
  const ours = ({ way, lanes }) => appends.find((row) => row.side === "consentry" && row.way === way && row.lanes === lanes);
  return appends.map((row) => [
    WAYS[row.way], row.lanes, names[row.side], spread(row.rate), times(ours(row)?.rate.median, row.rate.median), middle(row.p50, 1), middle(row.p99, 1),
    middle(row.batch, 1), middle(row.cpu),
  ]);
}

function stored({ storage, names }) {
  return storage.flatMap(({ side, entries, files, bytes, on_disk, parts }) => [
    [names[side], `all, of ${whole.format(entries)} entries in ${whole.format(files)} files`, number(bytes, 1), number(on_disk, 1)],
    ...parts.map(({ name, bytes }) => ["", name, number(bytes, 1), ""]),
  ]);
}

function verified({ browser: { rows, bytes } }) {
  return rows.map(({ cpu, size, receipt, unsigned, hand }) => {
    const { proof, receipt: whole } = bytes.find((one) => one.size === size);
    return [cpu === 1 ? "as it is" : `${cpu} times slower`, power(size), number(proof), number(whole), spread(receipt), spread(unsigned), spread(hand), times(unsigned?.median, hand?.median)];
  });
}

function natively({ native }) {
  return (native?.results ?? []).flatMap(({ size, proof_bytes, per_second }) =>
    per_second.map(({ name, median, best }, at) => [at ? "" : power(size), at ? "" : number(proof_bytes), name, number(median), number(best)]));
}

/** Every table: title, what it says, head, rows. */
const tables = (result) => [
  {
    title: "Appends",
    text:
      `Acknowledged entries a second, and how long each took, in ms: medians of ${result.rounds} rounds of ${result.seconds} s, with quartiles. ` +
      "“Ours to it” above 1 means that ours takes more. A batch is what was committed together. CPU is time of workerd's process, in µs an entry.",
    head: ["", "at a time", "", "a second", "ours to it", "p50", "p99", "batch", "CPU"],
    rows: appended(result),
  },
  {
    title: "On disk",
    text: "Bytes an entry, of entries that are each about somebody new. On disk, a file takes whole blocks.",
    head: ["", "", "bytes", "on disk"],
    rows: stored(result),
  },
  {
    title: "Verifying in Chromium",
    text:
      "Microseconds: a whole receipt; the same without its two signatures; and its inclusion alone by hand. Bytes of the proof, and of " +
      "the receipt with it. The ratio is of a receipt without signatures to the inclusion by hand.",
    head: ["processor", "leaves", "proof", "receipt", "whole", "unsigned", "by hand", "ratio"],
    rows: verified(result),
  },
  {
    title: "Verifying natively",
    text: "A second, of time on one processor.",
    head: ["leaves", "proof", "", "median", "best"],
    rows: natively(result),
  },
];

/** For the terminal. */
export function table(result) {
  const text = tables(result).map(({ title, head, rows }) => {
    const all = [head, ...rows].map((row) => row.map(String));
    const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
    const line = (row) => row.map((cell, column) => cell[/[a-z]{3}/.test(all[1]?.[column]) ? "padEnd" : "padStart"](widths[column])).join("  ");
    return `${title}\n\n${all.map(line).join("\n")}\n`;
  });
  return text.join("\n");
}

/** `log.md`. */
export function markdown(result) {
  const { date, cpu, cpus, load, node } = result;
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const words = (rows, column) => rows.some((row) => /[a-z]{3}/.test(row[column]));
  const grid = (head, rows) => [line(head), line(head.map((_, column) => (words(rows, column) ? "---" : "---:"))), ...rows.map(line)].join("\n");
  return `# The audit log beside logs that do less

Written by \`cargo xtask bench log\` on ${date}; do not edit. What is measured, and what is not equal, is in
[README.md](../README.md#the-log). Times are of one machine on one day: compare them within a table.

${cpus} × ${cpu}. Load averages at the end: ${load.join(", ")}. Node.js ${node}.

![Appends a second, the slowest of a hundred, and bytes an entry](log.svg)

${tables(result).map(({ title, text, head, rows }) => `## ${title}\n\n${text}\n\n${grid(head, rows)}\n`).join("\n")}`;
}

/** `log.svg`: what 64 callers at a time get. */
export function picture({ appends, storage, names, rounds, date }) {
  const of = (id) => appends.find(({ side, way, lanes }) => side === id && way === "calls" && lanes === 64);
  const tools = Object.entries(names).map(([id, name]) => ({ id, name: name.split(":")[0], ours: id === "consentry" }));
  const panels = [
    { title: "Appends a second", unit: "", of: ({ id }) => of(id)?.rate.median, digits: 0 },
    { title: "The slowest of a hundred", unit: "ms", of: ({ id }) => of(id)?.p99.median, digits: 0 },
    { title: "Bytes an entry", unit: "", of: ({ id }) => storage.find(({ side }) => side === id)?.bytes, digits: 0 },
  ];
  return bars({ tools, panels, foot: `64 calls at a time inside the Worker; medians of ${rounds} rounds, ${date}` });
}
