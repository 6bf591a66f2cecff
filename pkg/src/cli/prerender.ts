import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dialogs } from "../shapes.js";
import { prepare, type Prepared } from "./core.js";
import { readText, reason } from "./files.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { plain, print, table } from "./terminal.js";

const OPTIONS = {
  out: "value",
  locale: "values",
  region: "values",
  previous: "values",
  base: "value",
  assets: "value",
} as const;

/** Entry points for bundlers, and this program. Every other script is one a page loads, now or on use. */
const NOT_FOR_PAGES = ["index.js", "react.js", "vue.js", "cli.js"];

export const prerender: Command = {
  name: "prerender",
  summary: "Writes banner, plan and files for pages that the Worker does not stand in front of",
  help: `consentry prerender <policy.json> --out <folder> [--locale en,de] [--region IE,US-CA,unknown] …

For each language and each set of rules it writes banner.<locale>.<regime>.json, which is what the loader inserts when
a page has no dialogs, and page.<locale>.<regime>.html, which is what a page carries to have them from the start. With
them go the package's scripts, the stylesheet, csp.json with the header lines a strict page needs, and regions.json
with the regime of each region. The first layer is closed: the script opens it where the visitor has to be asked.

Decisions are recorded by the Worker at the path of the privacy routes. Lead that path to it; the pages need not. Where
the site's host cannot, --base is the Worker's address on another, and the policy names the pages' origin under
site.origins.

  --out <folder>       where the files go; files of the same names are replaced
  --locale <list>      languages; the policy's default if left out
  --region <list>      countries (IE), their parts (US-CA), or unknown, which is the default: the strictest rules
  --previous <file>    an earlier policy, so that decisions about it are understood; may be given more than once
  --base <path>        the path of the privacy routes, or their address on another host; /.consentry/
  --assets <path>      the path where the folder is served; that of --base, or /.consentry/

Exit code: 0 written, 2 nothing or not all was written.`,

  async run(args) {
    const { given, rest } = read("prerender", OPTIONS, args);
    const [file] = rest;
    if (!file || rest.length > 1) throw new Problem("name one policy: consentry prerender policy.json --out folder");
    if (!given.out) throw new Problem("say where the files go: --out <folder>");
    const policy = readText(file, "policy");
    const previous = given.previous.map((name) => readText(name, "policy"));
    const base = address(given.base ?? "/.consentry/");
    const assets = path("--assets", given.assets ?? (base.startsWith("/") ? base : "/.consentry/"));
    const locales = list(given.locale, [""]);
    const regions = list(given.region, ["unknown"]);

    const pages = new Map<string, Prepared>();
    const regimes: Record<string, string> = {};
    for (const locale of locales) {
      for (const region of regions) {
        const page = prepare({ policy, locale, region, previous, base, assets });
        if (locale && page.locale !== locale) throw new Problem(incomplete(locale, page.locale));
        regimes[region] = page.regime;
        pages.set(`${page.locale}.${page.regime}`, page);
      }
    }
    const lines = headers(assets, base);
    const written = write(given.out, assets, pages, regimes, lines);
    const made = [...pages.values()];
    print(`Wrote ${written} files to ${plain(given.out)}; serve them at ${assets}.\n`);
    print(table([["policy", made[0]!.policy]]));
    print(table(made.map(({ locale, regime, notice }) => ["notice", `${notice}  ${locale}, ${regime}`])));
    print(table(Object.entries(regimes).map(([region, regime]) => ["region", `${region}: ${regime}`])));
    print("\nHeader lines for a page with a strict policy, to be joined with its own:");
    for (const line of lines) print(`  ${line}`);
    return EXIT.fine;
  },
};

function list(values: string[], usual: string[]): string[] {
  const all = values.flatMap((value) => value.split(",")).map((value) => value.trim()).filter(Boolean);
  return all.length ? [...new Set(all)] : usual;
}

/** Where the privacy routes are: a path, or an address on another host. */
function address(value: string): string {
  if (!/^https?:/.test(value)) return path("--base", value);
  try {
    const { origin, pathname } = new URL(value);
    return origin + path("--base", pathname);
  } catch {
    throw new Problem(`--base is a path, or an address such as https://consent.example/.consentry/; ${value} is neither`);
  }
}

function path(option: string, value: string): string {
  const whole = value.endsWith("/") ? value : value + "/";
  if (!/^\/(?!\/)[\w./~-]*$/.test(whole) || whole.includes("..")) {
    throw new Problem(`${option} is a path on the site, such as /privacy/; ${value} is none`);
  }
  return whole;
}

function incomplete(wanted: string, shown: string): string {
  const advice = "add its texts to every purpose, and to `locales.texts` where the language is not built in";
  return `the policy is not complete in ${wanted}, so ${shown} would be shown; ${advice}`;
}

/** Everything is in memory before the first file is written. */
function write(
  folder: string,
  assets: string,
  pages: Map<string, Prepared>,
  regimes: Record<string, string>,
  lines: string[],
): number {
  const dist = fileURLToPath(new URL(".", import.meta.url));
  const copies = readdirSync(dist).filter((name) => /\.(js|wasm)$/.test(name) && !NOT_FOR_PAGES.includes(name));
  const texts = new Map<string, string>();
  const inline: object[] = [];
  for (const [name, page] of pages) {
    const { html, words, plan, css, plan_script } = page;
    const dialogs: Dialogs = { html, words, css: `${assets}consentry.css`, plan };
    texts.set(`banner.${name}.json`, JSON.stringify(dialogs));
    texts.set(`page.${name}.html`, snippet(page, assets));
    texts.set("consentry.css", css);
    // A block of data is never run, so no policy asks for its hash; it is here for those who list what is inline.
    const content = plan_script.slice(plan_script.indexOf(">") + 1, plan_script.lastIndexOf("</"));
    inline.push({ page: `page.${name}.html`, element: "#consentry-plan", runs: false, hash: sha256(content) });
  }
  texts.set("csp.json", JSON.stringify({ headers: lines, inline }, null, 2) + "\n");
  texts.set("regions.json", JSON.stringify(regimes, null, 2) + "\n");
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of texts) writeFileSync(join(folder, name), text);
    for (const name of copies) copyFileSync(join(dist, name), join(folder, name));
  } catch (error) {
    throw new Problem(`${folder} cannot be written: ${reason(error)}`);
  }
  return texts.size + copies.length;
}

/** What a page carries. */
function snippet({ html, plan, plan_script }: Prepared, assets: string): string {
  const { signals } = plan;
  // Who refused, or sends a signal, gets the same page: nothing is permitted until the loader has looked.
  const data = `data-signals="${attribute(JSON.stringify(signals ?? {}))}" data-state="0"`;
  const stub = signals ? `<script src="${assets}stub.js" ${data}></script>\n` : "";
  return `<!-- First in <head>, before any script of a vendor's -->
${stub}<link rel="stylesheet" href="${assets}consentry.css">

<!-- At the beginning of <body> -->
${html}
${plan_script}
<script async src="${assets}loader.js"></script>
`;
}

function attribute(text: string): string {
  return text.replace(/[&"<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Nothing is inline that runs, so no hash is needed. */
function headers(assets: string, base: string): string[] {
  const edge = base.startsWith("/") ? "" : " " + new URL(base).origin;
  const own = ["script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "connect-src 'self'" + edge];
  const types = ["require-trusted-types-for 'script'", "trusted-types consentry"];
  return [
    `Content-Security-Policy: ${[...own, ...types].join("; ")}`,
    `# 'wasm-unsafe-eval' may be left out: receipts are then verified by ${assets}sdk-plain.js`,
  ];
}

function sha256(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
