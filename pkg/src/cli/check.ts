import { check as judge, type Finding } from "./core.js";
import { readText } from "./files.js";
import { lineOf } from "./locate.js";
import { read, type Command } from "./options.js";
import { EXIT, Problem } from "./problem.js";
import { paint, plain, print } from "./terminal.js";

interface Verdict {
  file: string;
  findings: (Finding & { line: number })[];
}

export const check: Command = {
  name: "check",
  summary: "Finds every problem of a policy, with what to write instead",
  help: `consentry check <policy.json …> [--strict] [--json | --format github]

Judges each policy as the Worker would; - reads standard input. An error keeps a policy from coming into force; a
warning is something that should be there on purpose.

  --strict          warnings fail as well
  --json            {"files":[{"file","findings":[{"severity","path","line","message","why","remedy"}]}],
                    "errors","warnings"}
  --format github   annotations for GitHub Actions

Exit code: 0 nothing found (or warnings alone), 1 something found, 2 a file cannot be read or an option is unknown.`,

  async run(args) {
    const { given, rest } = read("check", { strict: "flag", json: "flag", format: "value" }, args);
    if (!rest.length) throw new Problem("name the policy: consentry check policy.json");
    if (given.format && !["github", "text"].includes(given.format)) {
      throw new Problem(`${given.format} is no format; write --format github, or leave it out`);
    }
    const verdicts = rest.map(verdict);
    const count = (severity: Finding["severity"]) =>
      verdicts.flatMap(({ findings }) => findings).filter((one) => one.severity === severity).length;
    const [errors, warnings] = [count("error"), count("warning")];
    if (given.json) print(JSON.stringify({ files: verdicts, errors, warnings }, null, 2));
    else if (given.format === "github") verdicts.forEach(annotate);
    else {
      verdicts.forEach(show);
      print(summary(errors, warnings));
    }
    return errors || (given.strict && warnings) ? EXIT.found : EXIT.fine;
  },
};

export function verdict(file: string): Verdict {
  return verdictOn(file, readText(file, "policy"));
}

export function verdictOn(file: string, text: string): Verdict {
  const findings = judge(text).map((one) => ({ ...one, line: lineOf(text, one.path) }));
  return { file, findings: findings.sort((a, b) => a.line - b.line) };
}

export function show({ file, findings }: Verdict): void {
  for (const { severity, path, line, message, why, remedy } of findings) {
    const mark = severity === "error" ? paint.red("error") : paint.yellow("warning");
    print(`${paint.bold(plain(`${file}:${line}`))} ${mark} ${plain(path || "the document")}: ${plain(message)}.`);
    if (why) print(`  ${plain(why)}`);
    print(`  ${plain(remedy)}`);
  }
}

export function summary(errors: number, warnings: number): string {
  if (!errors && !warnings) return paint.green("nothing to correct");
  const say = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  return [errors && say(errors, "error"), warnings && say(warnings, "warning")].filter(Boolean).join(", ");
}

/** Workflow commands: their own separators have to be written as escapes. */
function annotate({ file, findings }: Verdict): void {
  const escape = (text: string) =>
    plain(text).replace(/[%\r\n]/g, (c) => "%" + c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase());
  const property = (text: string) => escape(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
  for (const { severity, path, line, message, why, remedy } of findings) {
    const title = property(path || "the document");
    const text = escape([`${message}.`, why, remedy].filter(Boolean).join(" "));
    print(`::${severity} file=${property(file)},line=${line},title=${title}::${text}`);
  }
}
