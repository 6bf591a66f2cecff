import { closeSync, lstatSync, openSync, readSync, readdirSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { reason } from "../files.js";
import { Problem } from "../problem.js";
import { plain, progress } from "../terminal.js";
import { extract, hints } from "./extract.js";
import type { Scan } from "./found.js";

const PAGES = new Set([".html", ".htm", ".xhtml"]);
const KINDS = new Set([
  ...PAGES,
  ...[".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".astro", ".mdx"],
  ...[".css", ".scss"],
  ...[".php", ".twig", ".blade", ".liquid", ".hbs", ".handlebars", ".ejs", ".pug", ".njk", ".erb", ".haml", ".jinja"],
  ...[".j2", ".cshtml", ".razor", ".jsp", ".ftl", ".templ", ".tmpl", ".eex", ".heex", ".leaf"],
]);
/** What others wrote, and what no browser gets. */
const OTHERS = new Set(["node_modules", "bower_components", "vendor", "target", "__pycache__", "coverage"]);
/** Source and pages of people are smaller; a larger file is left out and named. */
const MOST_BYTES = 2 * 1024 * 1024;
const MOST_FILES = 20_000;
const DEEPEST = 40;

/** Reads what a folder holds of pages and code; links are not followed. */
export function scanFolder(root: string): Scan {
  const scan: Scan = { found: [], own: [], read: 0, skipped: [], hints: {} };
  let top;
  try {
    top = lstatSync(root);
  } catch (error) {
    throw new Problem(`${root} cannot be read: ${reason(error)}. Name a folder, a file or an https:// address.`);
  }
  if (top.isDirectory()) walk(root, root, 0, scan);
  else one(root, root, top.size, scan);
  return scan;
}

function walk(root: string, folder: string, depth: number, scan: Scan): void {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    scan.skipped.push(`${folder}: ${reason(error)}`);
    return;
  }
  // The same folder gives the same findings in the same order anywhere.
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (OTHERS.has(entry.name)) continue;
      if (depth === DEEPEST) scan.skipped.push(`${path}: folders lie too deep`);
      else walk(root, path, depth + 1, scan);
    } else if (entry.isFile() && KINDS.has(extname(entry.name).toLowerCase())) {
      if (scan.read === MOST_FILES) {
        scan.skipped.push(`${path} and what follows: more than ${MOST_FILES} files; name smaller folders`);
        return;
      }
      one(root, path, undefined, scan);
    }
  }
}

function one(root: string, path: string, size: number | undefined, scan: Scan): void {
  const name = relative(root, path) || path;
  try {
    const bytes = size ?? lstatSync(path).size;
    if (bytes > MOST_BYTES) {
      scan.skipped.push(`${name}: ${Math.ceil(bytes / 1024 / 1024)} MB are more than a page or a script has`);
      return;
    }
    const text = readAtMost(path, MOST_BYTES);
    progress(`${scan.read + 1} files, now ${name}`);
    scan.read++;
    scan.found.push(...extract(text, (line) => `${plain(name)}:${line}`));
    if (PAGES.has(extname(path).toLowerCase())) scan.hints = { ...hints(text), ...scan.hints };
  } catch (error) {
    scan.skipped.push(`${name}: ${reason(error)}`);
  }
}

/** A file may grow while it is read. */
function readAtMost(path: string, most: number): string {
  const file = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; length < most; ) {
      const chunk = Buffer.alloc(Math.min(256 * 1024, most - length));
      const read = readSync(file, chunk);
      if (!read) break;
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    closeSync(file);
  }
}
