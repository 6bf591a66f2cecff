import { readFileSync, writeFileSync } from "node:fs";
import { reason } from "./files.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { print, printError, progress, progressEnd } from "./terminal.js";

interface Erasure {
  name: string;
  at: string;
  subject: string;
}

/** As many as the site takes at a time. */
const PART = 50;

export const replay: Command = {
  name: "replay-erasures",
  summary: "Erases once more what a restored backup has brought back",
  help: `consentry replay-erasures <https://example.org> [--ledger <file>] [--yes]
consentry replay-erasures <https://example.org> --save <file>

Every erasure is in a ledger. After a restore of the store, or of what the site knows about people, this goes through the
ledger and says what is back that had been erased; with --yes it is erased again. Who came after their erasure is somebody
new and stays. The operator's token is read from CONSENTRY_ADMIN_TOKEN.

  --yes            erases; without it, nothing is changed
  --save <file>    writes the ledger to a file and stops. Keep it where a restore does not reach: it holds pseudonyms only
  --ledger <file>  a ledger that was saved, instead of the site's own

Exit code: 0 nothing is back or all of it was erased, 1 something is back and --yes was not given, 2 it could not be done.`,

  async run(args) {
    const { given, rest } = read("replay-erasures", { ledger: "value", save: "value", yes: "flag" }, args);
    const [site] = rest;
    if (!site || rest.length > 1) throw new Problem("name one site: consentry replay-erasures https://example.org");
    if (given.save && (given.yes || given.ledger)) throw new Problem("--save only writes the ledger; leave out the rest");
    const token = process.env["CONSENTRY_ADMIN_TOKEN"];
    if (!token) throw new Problem("set CONSENTRY_ADMIN_TOKEN to the operator's token");
    const ask = asker(site, token);
    const erasures = given.ledger ? fromFile(given.ledger) : await ledger(ask);
    if (given.save) {
      write(given.save, erasures);
      print(`${erasures.length} erasures in ${given.save}`);
      return EXIT.fine;
    }
    const found = { people: 0, values: 0 };
    for (let done = 0; done < erasures.length; done += PART) {
      const part = erasures.slice(done, done + PART);
      const { people, values } = await ask<typeof found>({ erasures: part, confirm: given.yes });
      found.people += people;
      found.values += values;
      progress(`${Math.min(done + PART, erasures.length)} of ${erasures.length} erasures looked at`);
    }
    progressEnd();
    const nothing = found.people + found.values === 0;
    const what = `${found.people} people and ${found.values} values that had been erased`;
    if (nothing) print(`Nothing is back of ${erasures.length} erasures.`);
    else if (given.yes) print(`Erased again: ${what}.`);
    else {
      print(`Back are ${what}.`);
      printError("Nothing was changed. Add --yes to erase them again.");
    }
    return nothing || given.yes ? EXIT.fine : EXIT.found;
  },
};

type Ask = <T>(body?: object, query?: string) => Promise<T>;

function asker(site: string, token: string): Ask {
  let address: URL;
  try {
    address = new URL("/.consentry/erasures", site);
  } catch {
    throw new Problem(`${site} is no address; write one that starts with https://`);
  }
  return async (body, query = "") => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
    const init = { method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : null };
    const response = await fetch(new URL(query, address), { ...init, redirect: "error" }).catch(() => {
      throw new Problem(`${address} cannot be reached`);
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Problem(`${address} answered ${response.status}: ${answer.detail ?? response.statusText}`);
    return answer;
  };
}

async function ledger(ask: Ask): Promise<Erasure[]> {
  const all: Erasure[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const { erasures, next }: { erasures: Erasure[]; next: number | null } = await ask(undefined, `?after=${after}`);
    all.push(...erasures);
    after = next;
  }
  return all;
}

function fromFile(file: string): Erasure[] {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Problem(`${file} cannot be read: ${reason(error)}`);
  }
  return text.split("\n").filter(Boolean).map((line, at) => {
    try {
      return JSON.parse(line) as Erasure;
    } catch {
      throw new Problem(`${file}, line ${at + 1}, is no line of a saved ledger`);
    }
  });
}

function write(file: string, erasures: Erasure[]): void {
  try {
    writeFileSync(file, erasures.map((erasure) => JSON.stringify(erasure) + "\n").join(""), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new Problem(`${file} cannot be written: ${reason(error)}`);
  }
}
