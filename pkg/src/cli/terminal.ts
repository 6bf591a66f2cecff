import { createInterface, type Interface } from "node:readline/promises";
import { stderr, stdin, stdout } from "node:process";
import type { WriteStream } from "node:tty";
import { Problem } from "./problem.js";

/** Colours, on a terminal only, and never where NO_COLOR asks for none (no-color.org). */
function painter(stream: WriteStream) {
  const on = stream.isTTY && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  const paint = (code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}

export const paint = painter(stdout);
export const paintError = painter(stderr);

/**
 * What came from outside, safe to show: a page or a file could otherwise move the cursor or recolour the terminal.
 */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}

export function print(text = ""): void {
  stdout.write(text + "\n");
}

export function printError(text: string): void {
  stderr.write(text + "\n");
}

/** A number in groups of three digits. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** One line that says how far long work is, on a terminal only. */
export function progress(text: string): void {
  if (!stderr.isTTY) return;
  const width = (stderr.columns || 80) - 1;
  stderr.write(`\r\u001b[K${plain(text).slice(0, width)}`);
}

/** Takes the line away. */
export function progressEnd(): void {
  if (stderr.isTTY) stderr.write("\r\u001b[K");
}

/** Rows in columns as wide as their widest cell; the last column is left as it is. */
export function table(rows: string[][], indent = "  "): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, plain(cell).length)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i === row.length - 1 ? plain(cell) : plain(cell).padEnd(widths[i]!))).join("  ");
  return rows.map((row) => (indent + line(row)).trimEnd()).join("\n");
}

/** Questions to whoever sits there. */
export class Questions {
  private readonly lines: Interface = createInterface({ input: stdin, output: stderr });
  /** Rejects once the input is closed, on which an open question would wait for ever. */
  private readonly closed = new Promise<never>((_, reject) => {
    this.lines.once("close", () => reject(Object.assign(Error("the input was closed"), { name: "AbortError" })));
  });

  constructor() {
    // Nobody may be waiting when it does.
    this.closed.catch(() => {});
  }

  static possible(): boolean {
    return Boolean(stdin.isTTY && stderr.isTTY);
  }

  /** Asks until there is an answer; an empty one takes the suggestion. */
  async ask(question: string, suggestion = ""): Promise<string> {
    for (;;) {
      const shown = suggestion ? ` [${plain(suggestion)}]` : "";
      const answer = (await this.line(`${question}${shown}: `)).trim() || suggestion;
      if (answer) return answer;
    }
  }

  async agree(question: string): Promise<boolean> {
    const answer = await this.line(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  }

  private line(question: string): Promise<string> {
    return Promise.race([this.lines.question(question), this.closed]);
  }

  close(): void {
    this.lines.close();
  }
}

/** Who closes the input (Ctrl-D, Ctrl-C) wants to stop. */
export function stopped(error: unknown): Problem | undefined {
  const name = error instanceof Error ? error.name : "";
  return name === "AbortError" ? new Problem("stopped; nothing was written") : undefined;
}
