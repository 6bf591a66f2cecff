import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { Problem } from "./problem.js";

/** No policy, receipt or key file is longer; what is longer is something else. */
const MOST = 1024 * 1024;

/** The text of a file, or of standard input for `-`. */
export function readText(file: string, what: string): string {
  if (file === "-") return readInput(what);
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw new Problem(`${file} cannot be read: ${reason(error)}. Name the ${what}, or - for standard input.`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new Problem(`${file} is a folder; name the ${what} in it`);
    if (stat.size > MOST) throw new Problem(`${file} has ${stat.size} bytes, too many for a ${what}`);
    return decode(readFileSync(descriptor), file);
  } finally {
    closeSync(descriptor);
  }
}

function readInput(what: string): string {
  const chunks: Buffer[] = [];
  let length = 0;
  const chunk = Buffer.alloc(65536);
  for (;;) {
    let read = 0;
    try {
      read = readSync(0, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") continue;
      if ((error as NodeJS.ErrnoException).code !== "EOF") throw error;
    }
    if (!read) return decode(Buffer.concat(chunks), "standard input");
    length += read;
    if (length > MOST) throw new Problem(`standard input has more than ${MOST} bytes, too many for a ${what}`);
    chunks.push(Buffer.from(chunk.subarray(0, read)));
  }
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(`${name} is no text in UTF-8; save it as UTF-8`);
  }
}

/** Why the system refused, in words where it is one of the usual reasons. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ENOENT: "it is not there",
    EACCES: "it may not be read or written",
    EISDIR: "it is a folder",
    ENOTDIR: "part of its path is no folder",
    EEXIST: "it is there already",
    ENOSPC: "the disk is full",
    EROFS: "the disk cannot be written",
  };
  return words[code ?? ""] ?? message;
}

export { existsSync };
