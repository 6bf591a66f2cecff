import { createReadStream } from "node:fs";
import { once } from "node:events";
import { stdin, stdout } from "node:process";
import type { Readable } from "node:stream";
import { reason } from "./files.js";
import { Problem } from "./problem.js";

/** The longest line that is read, in bytes. */
const LONGEST = 1 << 20;

/** The bytes of files, or of standard input if none is named; `-` is standard input too. */
export async function* bytes(files: string[]): AsyncGenerator<Uint8Array> {
  for (const file of files.length ? files : ["-"]) {
    const stream: Readable = file === "-" ? stdin : createReadStream(file);
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (error) {
      throw new Problem(`${file === "-" ? "standard input" : file} cannot be read: ${reason(error)}`);
    }
  }
}

/** Writes to standard output what a stream makes of pieces, no faster than it is read. */
export async function pipe(pieces: AsyncIterable<Uint8Array>, stream: TransformStream<Uint8Array, Uint8Array>): Promise<void> {
  const writer = stream.writable.getWriter();
  const fed = (async () => {
    for await (const piece of pieces) await writer.write(piece);
    await writer.close();
  })();
  fed.catch((problem) => writer.abort(problem));
  const reader = stream.readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (!stdout.write(read.value)) await once(stdout, "drain");
  }
  await fed;
}

/** The lines of files, without their ends. What is too long, or no UTF-8, is undefined: nobody knows what it holds. */
export async function* lines(files: string[]): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = [];
  let length = 0;
  const taken = (): string | undefined => {
    const whole = length > LONGEST ? undefined : Buffer.concat(parts);
    parts = [];
    length = 0;
    try {
      return whole && decoder.decode(whole).replace(/\r$/, "");
    } catch {
      return undefined;
    }
  };
  for await (const chunk of bytes(files)) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(10, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      length += part.length;
      // Of a line that is too long nothing more is kept.
      if (length <= LONGEST) parts.push(part);
      if (end < 0) break;
      yield taken();
      from = end + 1;
    }
  }
  if (length) yield taken();
}

const ENOUGH = 1 << 16;
let waiting: string[] = [];
let size = 0;

/** Writes a line to standard output, together with others, and no faster than it is read. */
export async function put(line: string): Promise<void> {
  waiting.push(line);
  size += line.length;
  if (size >= ENOUGH) await flush();
}

/** Writes what waits. */
export async function flush(): Promise<void> {
  if (!waiting.length) return;
  const text = waiting.join("\n") + "\n";
  waiting = [];
  size = 0;
  if (!stdout.write(text)) await once(stdout, "drain");
}
