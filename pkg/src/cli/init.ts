import { existsSync, writeFileSync } from "node:fs";
import { show, summary, verdictOn } from "./check.js";
import { propose, type Answers, type Proposal } from "./core.js";
import { reason } from "./files.js";
import { number, read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { scanFolder } from "./scan/folder.js";
import type { Scan } from "./scan/found.js";
import { scanSite } from "./scan/site.js";
import { paint, plain, print, printError, progressEnd, Questions, stopped, table } from "./terminal.js";

const OPTIONS = {
  out: "value",
  yes: "flag",
  force: "flag",
  depth: "value",
  "max-pages": "value",
  timeout: "value",
  name: "value",
  id: "value",
  url: "value",
  controller: "value",
  address: "value",
  email: "value",
  "privacy-notice": "value",
  locale: "value",
} as const;

export const init: Command = {
  name: "init",
  summary: "Writes a first policy.json from what a site or a folder loads",
  help: `consentry init [url | folder …] [--out policy.json] [--yes --name … …]

Looks through pages and code for what contacts somebody or stores something, names the services it knows, and writes
a policy with what it found. What it cannot know it asks. Scripts are read and not run: what a tag manager or a script
loads in turn has to be added by hand. Without an argument it looks through this folder.

  --out <file>          where the policy goes; policy.json
  --force               overwrites it
  --depth <n>           how many links away from a page to look; 1
  --max-pages <n>       how many pages of a site at most; 20
  --timeout <seconds>   how long one answer may take; 10
  --yes                 asks nothing and takes the answers from:
    --name <text>             the name people know the site by
    --id <id>                 its short name for machines; made from the name. It must never change
    --url <url>               the address of its first page
    --controller <text>       the legal name of who decides why and how data is used
    --address <text>          its postal address
    --email <address>         where people write to about their data
    --privacy-notice <path>   where the privacy notice is
    --locale <tag>            the default language, such as en

Exit code: 0 the policy can come into force, 1 it has gaps, which are listed, 2 nothing was written.`,

  async run(args) {
    const { given, rest } = read("init", OPTIONS, args);
    const out = given.out ?? "policy.json";
    const reach = {
      depth: number("--depth", given.depth, 1, 0, 10),
      pages: number("--max-pages", given["max-pages"], 20, 1, 1000),
      timeout: number("--timeout", given.timeout, 10, 1, 300),
    };
    const asking = !given.yes;
    if (asking && !Questions.possible()) {
      throw new Problem("there is no terminal to ask on: write --yes and the answers as options (`consentry help init`)");
    }
    if (existsSync(out) && !given.force && !asking) throw new Problem(`${out} is there already; --force overwrites it`);

    const flags: Partial<Record<Question, string | undefined>> = given;
    if (!asking) requireAll(flags);
    const scan = await look(rest.length ? rest : ["."], reach);
    const questions = asking ? new Questions() : undefined;
    try {
      if (questions && existsSync(out) && !given.force) {
        const agreed = await questions.agree(`${out} is there already. Overwrite it?`);
        if (!agreed) throw new Problem("nothing was written; --out names another file");
      }
      const proposal = propose(await answers(scan, flags, questions));
      report(scan, proposal);
      return write(out, proposal);
    } catch (error) {
      throw stopped(error) ?? error;
    } finally {
      questions?.close();
    }
  },
};

type Question = "name" | "id" | "url" | "controller" | "address" | "email" | "privacy-notice" | "locale";

/** Everything that cannot be guessed. */
const NEEDED: Question[] = ["name", "controller", "address", "email", "privacy-notice"];

function requireAll(flags: Partial<Record<Question, string | undefined>>): void {
  const missing = NEEDED.filter((name) => !flags[name]?.trim()).map((name) => `--${name}`);
  if (missing.length) throw new Problem(`--yes asks nothing, so these are needed as well: ${missing.join(", ")}`);
}

async function look(places: string[], reach: Parameters<typeof scanSite>[1]): Promise<Scan> {
  const all: Scan = { found: [], own: [], read: 0, skipped: [], hints: {} };
  try {
    for (const place of places) {
      const isAddress = /^https?:\/\//i.test(place);
      if (isAddress && !URL.canParse(place)) throw new Problem(`${place} is no address; write https://example.org`);
      const scan = isAddress ? await scanSite(new URL(place), reach) : scanFolder(place);
      all.found.push(...scan.found);
      all.own.push(...scan.own);
      all.skipped.push(...scan.skipped);
      all.read += scan.read;
      all.hints = { ...scan.hints, ...all.hints };
      if (isAddress) all.hints.url ??= new URL("/", place).href;
    }
  } finally {
    progressEnd();
  }
  return all;
}

async function answers(
  scan: Scan,
  flags: Partial<Record<Question, string | undefined>>,
  questions: Questions | undefined,
): Promise<Answers> {
  const answer = async (name: Question, question: string, suggestion?: string): Promise<string> =>
    flags[name]?.trim() || (questions ? questions.ask(question, suggestion) : (suggestion ?? ""));
  const { title, language, notice, url: address } = scan.hints;
  const name = await answer("name", "Name of the site, as people know it", title);
  const id = await answer("id", "Short name for machines, which must never change", slug(name));
  const url = flags.url?.trim() || address;
  const controller = await answer("controller", "Controller: the legal name of who decides why and how data is used");
  const postal = await answer("address", "Its postal address");
  const email = await answer("email", "Where people write to about their data");
  const privacy = await answer("privacy-notice", "Privacy notice: a path on the site, or https://", notice);
  const locale = await answer("locale", "Default language", language ?? "en");
  const own = url && URL.canParse(url) ? [...scan.own, new URL(url).hostname] : scan.own;
  return {
    site: { id, name, ...(url && { url }) },
    controller: { name: controller, address: postal, email },
    privacy_notice: privacy,
    locale,
    own: [...new Set(own)],
    found: scan.found,
  };
}

/** A name in the form of an id: `Fern & Clay` is `fern-clay`. */
function slug(name: string): string {
  const ascii = name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return ascii.replace(/^[^a-z]+/, "").slice(0, 32).replace(/-+$/, "") || "site";
}

function report(scan: Scan, { services, unknown, notes }: Proposal): void {
  print(`Read ${scan.read} ${scan.read === 1 ? "page or file" : "pages and files"}.`);
  for (const skipped of scan.skipped.slice(0, 20)) printError(`left out: ${plain(skipped)}`);
  if (scan.skipped.length > 20) printError(`left out: ${scan.skipped.length - 20} more`);
  if (services.length) {
    print(`\n${paint.bold("Known services")}, which the policy declares:`);
    print(table(services.map(({ name, purpose, places }) => [name, purpose, where(places)])));
  } else {
    print("\nNo service that is known here was found.");
  }
  if (unknown.length) {
    const advice = "declare each under `services` with who receives the data, or take it out";
    print(`\n${paint.bold("Not known here")}: ${advice}:`);
    print(table(unknown.map(({ what, name, kinds, places }) => [what, name, kinds.join(", "), where(places)])));
  }
  if (notes.length) {
    print(`\n${paint.bold("To decide")}:`);
    for (const note of notes) print(`  ${plain(note)}`);
  }
}

function where(places: string[]): string {
  const [first = "", ...more] = places;
  return more.length ? `${first} and ${more.length} more` : first;
}

function write(out: string, { policy }: Proposal): number {
  const text = JSON.stringify({ $schema: "./node_modules/consentry/policy.schema.json", ...policy }, null, 2) + "\n";
  try {
    writeFileSync(out, text);
  } catch (error) {
    throw new Problem(`${out} cannot be written: ${reason(error)}`);
  }
  const verdict = verdictOn(out, text);
  print(`\nWrote ${out}. Read every line: recipients, lifetimes and purposes are what is usual, not what is yours.`);
  show(verdict);
  const errors = verdict.findings.filter((one) => one.severity === "error").length;
  print(summary(errors, verdict.findings.length - errors));
  print(`After a change: consentry check ${out}`);
  return errors ? EXIT.found : EXIT.fine;
}
