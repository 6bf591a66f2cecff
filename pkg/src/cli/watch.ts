import { number, read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { count, paint, plain, print } from "./terminal.js";
import { convict, recall, remember } from "./watch/kept.js";
import { Log, NotNow } from "./watch/log.js";
import { Caught, round, type Found } from "./watch/round.js";

const OPTIONS = {
  key: "values",
  witness: "values",
  state: "value",
  evidence: "value",
  once: "flag",
  every: "value",
  timeout: "value",
  json: "flag",
} as const;

export const watch: Command = {
  name: "watch",
  summary: "Follows a site's public log and tells whether it is still the same one",
  help: `consentry watch <https://example.org> [--key <verifier line>] [--once | --every <seconds>] [--json]

Reads the newest checkpoint of a site's log, and every tile of what is new, and proves that it is the log that was seen
before with more after it: nothing in it was changed, taken out or put in, and the log is the same for everybody who
watches. What it remembers is a small file. The address may also be that of a log itself, as in
https://example.org/.consentry/log/.

  --key <line>       the log's verifier line, as somebody you trust gave it; may be given more than once. Without one the
                     site's own is believed the first time, and remembered
  --witness <line>   the verifier line of a witness that has to have cosigned; may be given more than once
  --state <file>     what is remembered; consentry-watch-<host>.json in this folder
  --evidence <file>  where the contradicting checkpoints are kept; beside the state. Part of them is added to the name
  --once             one look, as for cron
  --every <seconds>  how long to wait between two looks; 60
  --timeout <seconds>  how long one answer may take; 10
  --json             a line of JSON for each look: {"ok","time","origin","size","more","since","keys","key_given","learnt",
                     "witnesses"}; where the log does not hold, {"ok":false,"time","kind","problem","evidence"}; where it
                     could not be tried, {"ok":null,"time","problem"}

A log that does not hold ends the watch: two checkpoints that contradict each other, signed by the log, prove what it
did to anybody. A new key is taken if the one that is known signs beside it.

Exit code: 0 the log holds, 1 it does not, 2 it could not be tried.`,

  async run(args) {
    const { given, rest } = read("watch", OPTIONS, args);
    const [site] = rest;
    if (!site || rest.length > 1) throw new Problem("name one site: consentry watch https://example.org");
    if (given.once && given.every) throw new Problem("--once looks once, --every <seconds> again and again; write one of them");
    const every = number("--every", given.every, 60, 1, 604_800);
    const log = new Log(site, number("--timeout", given.timeout, 10, 1, 300));
    const file = given.state ?? `consentry-watch-${log.url.host.replace(/[^\w.-]/g, "_")}.json`;
    const evidence = given.evidence ?? file.replace(/(\.json)?$/, "-evidence.json");
    for (;;) {
      const code = await look({ ...given, log, file, evidence });
      if (given.once || code === EXIT.found) return code;
      await new Promise((done) => setTimeout(done, every * 1000));
    }
  },
};

interface Wishes {
  log: Log;
  file: string;
  evidence: string;
  key: string[];
  witness: string[];
  json: boolean;
  once: boolean;
}

/** One look, and a line about it. */
async function look({ log, file, evidence, key, witness, json, once }: Wishes): Promise<number> {
  const time = new Date();
  const tell = (line: object, words: string) => print(json ? JSON.stringify(line) : `${time.toTimeString().slice(0, 8)}  ${words}`);
  const kept = recall(file);
  try {
    const { keys, from } = await believed(log, key, kept?.keys);
    if (from === "site" && !json) {
      print(`Nobody gave the log's key, so the site's own word for it is believed, from now on:\n  ${plain(keys[0]!)}`);
      print(paint.bold("Compare it with one that you have from elsewhere."));
    }
    if (from === "given" && kept && !json) print(`The key that was given takes the place of the one in ${file}.`);
    const found = await round({ log, keys, witnesses: witness, kept });
    remember(file, found.kept);
    const { origin, size, since } = found.kept;
    const { more = null, learnt, witnesses } = found;
    const named = { keys: found.kept.keys, key_given: key.length > 0, learnt };
    tell({ ok: true, time, origin, size, more, since, ...named, witnesses: witnesses.map(sighting) }, words(found));
    return EXIT.fine;
  } catch (error) {
    if (error instanceof Caught) {
      const { message: problem, fault } = error.fault;
      const { kind, edge, tiles } = fault;
      const seen = fault.seen ?? kept?.note ?? null;
      const own = { kind, problem, url: log.url.href, time: time.toISOString(), seen, edge, shown: error.shown || null, tiles };
      const name = convict(evidence, own);
      tell({ ok: false, time, kind, problem, evidence: name }, paint.red(`The log does not hold: ${plain(problem)}.`));
      if (!json) print(`What proves it is in ${name}. ${file} is left as it was.`);
      return EXIT.found;
    }
    if (!(error instanceof NotNow) || (once && !json)) throw error;
    tell({ ok: null, time, problem: error.message }, `not tried: ${plain(error.message)}`);
    return EXIT.misuse;
  }
}

/** The keys to believe: those given, those kept, or the site's own. A given key goes along with what it vouched for. */
async function believed(log: Log, given: string[], kept: string[] | undefined): Promise<{ keys: string[]; from: string }> {
  if (kept && (!given.length || given.every((line) => kept.includes(line.trim())))) return { keys: kept, from: "kept" };
  if (given.length) return { keys: given.map((line) => line.trim()), from: "given" };
  const own = (await log.maybe("key"))?.trim();
  if (!own) throw new NotNow(`${new URL("key", log.url)} is not there; does the site run Consentry's Worker?`);
  if (!/^[^+\s]+\+[0-9a-f]{8}\+\S+$/.test(own)) throw new NotNow(`${new URL("key", log.url)} answered with no verifier line`);
  return { keys: [own], from: "site" };
}

const sighting = ({ name, time }: Found["witnesses"][number]) => ({ name, time: new Date(time * 1000) });

function words({ kept, more, learnt, witnesses }: Found): string {
  const entries = `${count(kept.size)} ${kept.size === 1 ? "entry" : "entries"}`;
  const known = `${more ? `${count(more)} more` : "none more"}, the same log since ${kept.since.slice(0, 16).replace("T", " ")} UTC`;
  const seen = witnesses.map(({ name, time }) => `witnessed by ${plain(name)} ${ago(Date.now() / 1000 - time)}`);
  const keys = learnt.map((line) => `a new key, which the known one vouches for: ${plain(line)}`);
  return [entries, more === undefined ? `${plain(kept.origin)}, seen for the first time` : known, ...seen, ...keys].join(", ");
}

/** A time span in its largest unit. */
function ago(seconds: number): string {
  if (seconds < 0) return "in the future";
  const units: [number, string][] = [[86_400, "d"], [3600, "h"], [60, "min"]];
  const [length, unit] = units.find(([length]) => seconds >= 2 * length) ?? [1, "s"];
  return `${Math.floor(seconds / length)} ${unit} ago`;
}
