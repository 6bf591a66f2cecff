import { Problem } from "./problem.js";

/** What one page may have: more is cut off. */
const MOST = 5 * 1024 * 1024;
const REDIRECTS = 5;

/** An answer as it came. */
export interface Answer {
  /** Where it was found in the end. */
  url: URL;
  status: number;
  headers: Headers;
  /** Cut off after what is allowed, if it is longer. */
  bytes: Uint8Array;
  whole: boolean;
  /** Names of the cookies that were set on the way. */
  cookies: string[];
}

export interface Page {
  /** Where it was found in the end. */
  url: URL;
  status: number;
  /** Its media type, in lower case. */
  type: string;
  text: string;
  /** Names of the cookies that were set on the way. */
  cookies: string[];
}

interface Wishes {
  accept?: string;
  /** Seconds. */
  timeout?: number;
  /** Bytes. */
  most?: number;
}

/** Asks for one address, as text. */
export async function get(start: URL, wishes: Wishes = {}): Promise<Page> {
  const { url, status, headers, bytes, whole, cookies } = await ask(start, wishes);
  const type = (headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return { url, status, type, text: new TextDecoder().decode(bytes, { stream: !whole }), cookies };
}

/** Asks for one address. Redirects are followed and the answer is bounded in time and size. */
export async function ask(start: URL, { accept = "*/*", timeout = 10, most = MOST }: Wishes = {}): Promise<Answer> {
  const signal = AbortSignal.timeout(timeout * 1000);
  const cookies: string[] = [];
  let url = start;
  try {
    for (let hops = 0; ; hops++) {
      if (url.protocol !== "https:" && url.protocol !== "http:") {
        throw new Problem(`${url} cannot be asked; write an address that starts with https://`);
      }
      const headers = { accept, "user-agent": `consentry/${__VERSION__}` };
      const response = await fetch(url, { headers, signal, redirect: "manual" });
      cookies.push(...response.headers.getSetCookie().map((line) => line.split("=", 1)[0]!.trim()).filter(Boolean));
      const next = response.headers.get("location");
      if (response.status >= 300 && response.status < 400 && next) {
        await response.body?.cancel();
        if (hops === REDIRECTS) throw new Problem(`${start} leads from one address to the next without an end`);
        url = new URL(next, url);
        continue;
      }
      return { url, status: response.status, headers: response.headers, ...(await body(response, most)), cookies };
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (signal.aborted) throw new Problem(`${start} did not answer within ${timeout} seconds; --timeout sets how long`);
    throw new Problem(`${start} cannot be reached: ${cause(error)}`);
  }
}

async function body(response: Response, most: number): Promise<{ bytes: Uint8Array; whole: boolean }> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let length = 0; reader && length <= most; ) {
    const { done, value } = await reader.read();
    if (done) return { bytes: Buffer.concat(parts), whole: true };
    length += value.length;
    parts.push(value);
  }
  await reader?.cancel();
  return { bytes: Buffer.concat(parts), whole: !reader };
}

function cause(error: unknown): string {
  const inner = (error as { cause?: { code?: string; message?: string } }).cause;
  return inner?.code ?? inner?.message ?? (error as Error).message;
}
