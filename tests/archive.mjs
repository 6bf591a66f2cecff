// Opens a ZIP with the tools of the system, as a person who downloaded it would.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** The files of a ZIP: name to text. */
export function unpack(path) {
  const python = "import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; "
    + "print(json.dumps({n: z.read(n).decode('utf-8', 'replace') for n in z.namelist()}))";
  try {
    execFileSync("unzip", ["-tqq", path]);
    const unzip = (...options) => execFileSync("unzip", options, { encoding: "utf8" });
    const names = unzip("-Z1", path).trim().split("\n");
    return Object.fromEntries(names.map((name) => [name, unzip("-p", path, name)]));
  } catch (problem) {
    if (problem.code !== "ENOENT") throw problem;
    return JSON.parse(execFileSync("python3", ["-c", python, path], { encoding: "utf8" }));
  }
}

/** The files of a ZIP's bytes: name to bytes. */
export function unpackBytes(bytes) {
  const folder = mkdtempSync(join(tmpdir(), "consentry-copy-"));
  try {
    writeFileSync(join(folder, "copy.zip"), bytes);
    execFileSync("unzip", ["-q", "copy.zip", "-d", "out"], { cwd: folder });
    const out = join(folder, "out");
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const paths = files.map(({ parentPath, name }) => join(parentPath, name));
    return Object.fromEntries(paths.map((path) => [relative(out, path), readFileSync(path)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
