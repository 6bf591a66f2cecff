// Measures our consent front end beside others. `cargo xtask bench` builds what is needed and runs this.
//
//   node bench/run.mjs [--rounds 9 | --quick] [--only id,id] [--build target/edge/release] [--out bench/results]
//
// Nothing here asserts a time: it measures, and writes down what it found, failures included.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startBrowser } from "../tests/browser.mjs";
import { CONDITIONS } from "./browser.mjs";
import { chart } from "./chart.mjs";
import { accessibility, firstVisit, realClick, strictness, traces } from "./measures.mjs";
import { forms, startOurs } from "./ours.mjs";
import { peers } from "./peers.mjs";
import { json, markdown, table } from "./report.mjs";
import { startSite } from "./site.mjs";
import { ourSizes, peerSizes } from "./sizes.mjs";
import { summaries } from "./statistics.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    build: { type: "string" },
    out: { type: "string", default: join(root, "bench/results") },
  },
});
const rounds = options.quick ? 3 : Number(options.rounds);
const only = options.only?.split(",");

const tell = (line) => process.stderr.write(`${line}\n`);
const reason = (problem) => String(problem?.message ?? problem).split("\n")[0].slice(0, 200);

/** Runs one measure; what fails is part of the result. */
async function attempt(failures, what, run) {
  try {
    return await run();
  } catch (problem) {
    failures.push(`${what}: ${reason(problem)}`);
    tell(`  ✗ ${what}: ${reason(problem)}`);
    return undefined;
  }
}

/** Every side with its server running. The first is the page without any tool. */
async function sides(ours) {
  const bare = { id: "none", name: "no tool", start: () => startSite() };
  const others = (await peers()).map((peer) => ({
    ...peer,
    start: () => startSite(peer),
    sizes: peerSizes(peer),
  }));
  const [written, tag] = await forms(ours);
  written.sizes = ourSizes(ours.assets);
  tag.sizes = ourSizes(ours.assets, tag.file);
  const everyone = [bare, written, tag, ...others];
  const unknown = only?.filter((id) => !everyone.some((side) => side.id === id)) ?? [];
  const ids = everyone.map(({ id }) => id).join(", ");
  if (unknown.length) throw new Error(`nobody is called ${unknown.join(", ")}; there are ${ids}`);
  const all = everyone.filter(({ id }) => !only || id === "none" || only.includes(id));
  for (const side of all) {
    side.failures = [];
    side.rounds = [];
    Object.assign(side, await side.start());
  }
  return all;
}

async function measure(browser, side) {
  const run = (what, measure) => attempt(side.failures, what, measure);
  side.traces = await run("traces", () => traces(browser, side));
  if (!side.banner) return;
  side.axe = await run("axe", () => accessibility(browser, side));
  side.csp = await run("csp", () => strictness(browser, side, "csp"));
  side.types = await run("types", () => strictness(browser, side, "types"));
}

/** One round: every side once, beginning with another one each time. */
async function round(browser, all, number) {
  const turned = all.map((_, place) => all[(place + number) % all.length]);
  for (const side of turned) {
    const first = await attempt(side.failures, `round ${number + 1}, first visit`, () => firstVisit(browser, side));
    const click =
      side.banner && (await attempt(side.failures, `round ${number + 1}, click`, () => realClick(browser, side)));
    side.rounds.push({ ...first, ...click });
  }
}

function git(...args) {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

function circumstances(browser, ours) {
  // Paths are of this machine alone.
  const told = process.argv.slice(2).filter((word) => !/^--(build|out)$|\//.test(word));
  const changed = git("status", "--porcelain", "--", ".", ":!bench/results") !== "";
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: (git("rev-parse", "--short=12", "HEAD") || "unknown") + (changed ? ", with changes" : ""),
    worker_built: ours.built.toISOString().slice(0, 16).replace("T", " "),
    command: ["cargo xtask bench", ...told].join(" "),
    machine: [
      `${cpus().length} × ${cpus()[0]?.model.replace(/\s+/g, " ").trim() ?? "unknown processor"}`,
      `${Math.round(totalmem() / 2 ** 30)} GiB`,
      `${process.platform} ${process.arch}`,
    ].join(", "),
    load: loadavg().map((load) => Math.round(load * 10) / 10),
    chromium: browser.version(),
    node: process.version.slice(1),
    rounds,
    conditions: CONDITIONS,
  };
}

const summarise = ({ id, name, ours = false, note, sizes, traces, axe, csp, types, failures, rounds }) => ({
  id,
  name,
  ours,
  note,
  sizes,
  times: summaries(rounds),
  traces,
  axe,
  csp,
  types,
  failures,
});

/** Everything, in one browser. What was started is stopped, whatever fails. */
async function bench() {
  const ours = await startOurs(options.build ? { build: resolve(options.build) } : {});
  const running = [ours];
  try {
    const browser = await startBrowser();
    running.push({ stop: () => browser.close() });
    const all = await sides(ours);
    running.push(...all.filter(({ stop }) => stop));
    for (const side of all) {
      tell(`${side.name}: traces, accessibility, strict policies`);
      await measure(browser, side);
    }
    for (let number = 0; number < rounds; number++) {
      tell(`round ${number + 1} of ${rounds}`);
      await round(browser, all, number);
    }
    write({ ...circumstances(browser, ours), sides: all.map(summarise) });
  } finally {
    for (const part of running.reverse()) await part.stop().catch(tell);
  }
}

function write(result) {
  console.log(table(result));
  mkdirSync(options.out, { recursive: true });
  const files = { json: json(result), md: markdown(result), svg: chart(result) };
  for (const [kind, text] of Object.entries(files)) writeFileSync(join(options.out, `consent.${kind}`), text);
  tell(`written: consent.json, consent.md and consent.svg in ${options.out}`);
}

try {
  await bench();
} catch (problem) {
  tell(`✗ ${problem.stack ?? problem}`);
  process.exitCode = 1;
}
