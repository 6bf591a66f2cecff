import { ask } from "../fetch.js";
import { Problem } from "../problem.js";

/** No checkpoint is longer, nor any key line. */
const NOTE = 16 * 1024;
/** Nor what a log says of itself. */
const ABOUT = 1024 * 1024;
/** A whole tile. */
const TILE = 256 * 32;
/** What is not there yet is asked for so often, with longer and longer pauses. */
const TRIES = 5;

/** What may go better another time: it says nothing about the log. */
export class NotNow extends Problem {}

/** Where a log is, and how it is asked. */
export class Log {
  /** Its address, with a slash at the end. */
  readonly url: URL;

  /** `site` is the address of a site with Consentry's Worker, or that of a log itself. `timeout` is in seconds. */
  constructor(
    site: string,
    private readonly timeout: number,
  ) {
    let url: URL;
    try {
      url = new URL(site);
    } catch {
      throw new Problem(`${site} is no address; write https://example.org`);
    }
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw new Problem(`${site} cannot be asked; write an address that starts with https://`);
    }
    this.url = new URL(url.pathname === "/" ? "/.consentry/log/" : url.pathname.replace(/\/?$/, "/"), url.origin);
  }

  /** The newest checkpoint. */
  async checkpoint(): Promise<string> {
    return text(await this.there("checkpoint", NOTE));
  }

  /** A text that the log may have or not, such as `key`. */
  async maybe(path: string): Promise<string | undefined> {
    const bytes = await again(() => this.once(path, NOTE), (status) => status !== 404);
    return bytes && text(bytes);
  }

  /** The verifier lines of the keys that the log says it has, or had. Nobody has vouched for them yet. */
  async keys(): Promise<string[]> {
    const found = await again(() => this.once(this.url.pathname.slice(0, -1), ABOUT), (status) => status !== 404);
    const key = await this.maybe("key");
    let all: unknown;
    try {
      all = found && JSON.parse(text(found)).keys;
    } catch {
      // Logs of others have other things there.
    }
    const lines = [key?.trim(), ...(Array.isArray(all) ? all : [])];
    return lines.filter((line): line is string => typeof line === "string" && line !== "").slice(0, 100);
  }

  /** The bytes of a tile, by its path after `tile/`. */
  async tile(path: string): Promise<Uint8Array> {
    const [whole, width] = path.split(".p/");
    if (!width) return this.there(`tile/${path}`, TILE);
    // Where a tile is whole by now, its beginnings need not be kept (c2sp.org/tlog-tiles).
    const found = await again(async () => {
      const part = await this.once(`tile/${path}`, TILE);
      return part.status === 404 ? this.grown(`tile/${whole}`, Number(width)) : part;
    });
    return found ?? this.absent(`tile/${path}`);
  }

  private async grown(path: string, width: number): Promise<Got> {
    const whole = await this.once(path, TILE);
    return whole.bytes.length === TILE ? { ...whole, bytes: whole.bytes.subarray(0, 32 * width) } : whole;
  }

  private async there(path: string, most: number): Promise<Uint8Array> {
    return (await again(() => this.once(path, most))) ?? this.absent(path);
  }

  private absent(path: string): never {
    throw new NotNow(`${new URL(path, this.url)} is not there; does the site run Consentry's Worker?`);
  }

  private async once(path: string, most: number): Promise<Got> {
    const url = new URL(path, this.url);
    let got: Got;
    try {
      got = await ask(url, { timeout: this.timeout, most });
    } catch (error) {
      throw error instanceof Problem ? new NotNow(error.message) : error;
    }
    const { status } = got;
    if (status !== 200 && !passing(status)) throw new NotNow(`${url} answered ${status}`);
    return got;
  }
}

interface Got {
  status: number;
  bytes: Uint8Array;
}

/** What may be different soon. */
const passing = (status: number) => status === 404 || status === 408 || status === 429 || status >= 500;

export const pause = (tries: number) => new Promise((done) => setTimeout(done, 125 * 2 ** tries));

/** Asks until there is an answer. Undefined if it is not there in the end, or `worth` says not to wait for it. */
async function again(question: () => Promise<Got>, worth = (_status: number) => true): Promise<Uint8Array | undefined> {
  for (let tries = 1; ; tries++) {
    const { status, bytes } = await question();
    if (status === 200) return bytes;
    if (tries === TRIES && status !== 404) throw new NotNow(`the log answered ${status}, ${TRIES} times`);
    if (tries === TRIES || !worth(status)) return undefined;
    await pause(tries);
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
