// The result as tables: on the terminal, and as Markdown.

const whole = new Intl.NumberFormat("en");
const number = (value) => (value === null || value === undefined ? "–" : whole.format(Math.round(value)));
const bytes = (value) => (value === undefined ? "–" : whole.format(value));

/** `891 (850–930)`: the median and the quartiles; milliseconds. */
function time(summary, digits = 0) {
  if (!summary) return "–";
  const show = (value) => value.toFixed(digits);
  const [low, high] = summary.quartiles;
  return `${show(summary.median)} (${show(low)}–${show(high)})`;
}

const least = (summary, digits) => (summary ? Math.min(...summary.values).toFixed(digits) : "–");
const ratio = (summary, ours) => (summary && ours?.median > 0 ? `${(summary.median / ours.median).toFixed(1)}×` : "–");
const list = (items) => items.join(", ") || "none";
const names = (items) => list(items.map(({ name, bytes }) => `\`${name}\` ${bytes} B`));
const rules = (found) => (found ? list(found.map(({ rule, elements }) => `${rule} ×${elements}`)) : "–");

/** What of a tool works under a policy, and how often it was violated. */
function strict(found) {
  if (!found) return "–";
  const broken = [
    !found.shown && "no banner",
    found.shown && found.second === false && "second layer not opened in the page",
    found.shown && !found.accepted && "cannot be accepted",
  ].filter(Boolean);
  const count = found.violations.length;
  return count || broken.length ? list([`${count} violation${count === 1 ? "" : "s"}`, ...broken]) : "0";
}

function sizeRows({ name, sizes }) {
  if (!sizes) return [];
  const row = (title, { raw, gzip, brotli }, files) => [title, files, bytes(raw), bytes(gzip), bytes(brotli)];
  const count = (parts) => `${Object.keys(parts).length} part${Object.keys(parts).length === 1 ? "" : "s"}`;
  const variants = Object.entries(sizes.variants ?? {});
  return [
    row(name, sizes.total, count(sizes.parts)),
    ...variants.map(([title, { parts, total }]) => row(`${name}, ${title}`, total, count(parts))),
  ];
}

/** Every table: title, what it says, head, rows. */
function tables({ sides, conditions, rounds }) {
  const tools = sides.filter(({ traces, id }) => id !== "none" && traces);
  const bare = sides.find(({ id }) => id === "none");
  const ours = sides.find((side) => side.ours);
  const slow = `processor ${conditions.cpu} times slower`;
  const megabits = (conditions.network.downloadThroughput * 8) / 1e6;
  return [
    {
      title: "Bytes",
      text: "What a first visit ships for banner and preferences: each part compressed by itself, and summed.",
      head: ["", "", "raw", "gzip -9", "brotli 11"],
      rows: sides.flatMap(sizeRows),
    },
    {
      title: "Until the banner is there",
      text:
        `Milliseconds since the navigation began: median and quartiles of ${rounds}; ${slow}, ${megabits} Mbit/s, ` +
        `${conditions.network.latency} ms. “After FCP” is from the page's own first contentful paint to the banner's ` +
        "first text; “at rest” is when it is opaque and still; “script” is script time until then. The ratio is to the " +
        "first of ours.",
      head: ["", "FCP", "banner visible", "ratio", "after FCP", "at rest", "layout shift", "script"],
      rows: sides.map(({ name, times }) => [
        name,
        time(times.fcp),
        time(times.seen),
        ratio(times.seen, ours?.times.seen),
        time(times.after_fcp),
        time(times.rested),
        times.shift ? times.shift.median.toFixed(3) : "–",
        number(times.script?.median),
      ]),
    },
    {
      title: "Accept",
      text:
        `Milliseconds, ${slow}: the click handlers themselves; the interaction as the browser reports it, to the next ` +
        "paint, in steps of 8; and all the main thread did in the second after the click, what was put off included.",
      head: ["", "handlers", "ratio", "least", "interaction", "work in 1 s"],
      rows: tools.map(({ name, times }) => [
        name,
        time(times.accept_sync, 1),
        ratio(times.accept_sync, ours?.times.accept_sync),
        least(times.accept_sync, 1),
        time(times.interaction),
        time(times.accept_work),
      ]),
    },
    {
      title: "Requests, and what is kept",
      text: "Before a choice, beside the page itself and its stylesheet; and after everything was accepted.",
      head: ["", "requests", "wire, gzip", "third parties", "written before a choice", "cookies after", "storage after"],
      rows: tools.map(({ name, traces: { requests, wire, third_parties, kept, after } }) => [
        name,
        requests.length - (bare?.traces?.requests.length ?? 0),
        bytes(wire - (bare?.traces?.wire ?? 0)),
        list(third_parties),
        names([...kept.cookies, ...kept.storage]),
        names(after.cookies),
        names(after.storage),
      ]),
    },
    {
      title: "Accessibility and strict policies",
      text:
        "Rules of WCAG 2.0 to 2.2, A and AA, that axe-core finds violated, with the number of elements. Violations of a " +
        "content security policy with nonces, `'strict-dynamic'` and no `unsafe-inline`, and of enforced Trusted Types.",
      head: ["", "axe, first layer", "axe, second layer", "strict CSP", "Trusted Types"],
      rows: tools.map(({ name, axe, csp, types }) => [
        name,
        rules(axe?.first),
        rules(axe?.second),
        strict(csp),
        strict(types),
      ]),
    },
  ];
}

const remarks = ({ sides }) =>
  sides.flatMap(({ name, note, failures }) => [
    ...(note ? [`${name}: ${note}.`] : []),
    ...failures.map((failure) => `${name}: failed: ${failure}.`),
  ]);

/** For the terminal. */
export function table(result) {
  const text = tables(result).map(({ title, head, rows }) => {
    const all = [head, ...rows].map((row) => row.map((cell) => String(cell).replaceAll("`", "")));
    const widths = head.map((_, column) => Math.min(72, Math.max(...all.map((row) => row[column].length))));
    const line = (row) => row.map((cell, column) => cell[column ? "padStart" : "padEnd"](widths[column])).join("  ");
    return `${title}\n\n${all.map(line).join("\n")}\n`;
  });
  return `${text.join("\n")}\n${remarks(result).join("\n")}`;
}

/** Each part by itself. */
function partList({ sides }) {
  const row = (name, part, { raw, gzip, brotli }) => [name, part, bytes(raw), bytes(gzip), bytes(brotli)];
  return sides
    .filter(({ sizes }) => sizes)
    .flatMap(({ name, sizes }) => [
      ...Object.entries(sizes.parts).map(([part, size]) => row(name, `\`${part}\``, size)),
      ...Object.entries(sizes.variants ?? {}).flatMap(([variant, { parts }]) =>
        Object.entries(parts).map(([part, size]) => row(`${name}, ${variant}`, `\`${part}\``, size)),
      ),
    ]);
}

/** `consent.md`. */
export function markdown(result) {
  const grid = (head, rows) => {
    const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
    const words = (column) => rows.some((row) => /[a-z]{3}/.test(row[column]));
    return [line(head), line(head.map((_, column) => (words(column) ? "---" : "---:"))), ...rows.map(line)].join("\n");
  };
  const { date, commit, worker_built, command, machine, load, chromium, node, rounds } = result;
  const busy = load ? ` Load averages at the end: ${load.join(", ")}.` : "";
  return `# The consent front end beside others

Written by \`${command}\` on ${date}; do not edit. ${rounds} interleaved rounds in one run. What is measured, and
how, is in [README.md](../README.md). Times are of one machine on one day: compare them within a table, not with others.

Commit ${commit}; the Worker was built ${worker_built}. ${machine}.${busy} Chromium ${chromium}, Node.js ${node}.

![Bytes, time until the banner is visible, and accept handlers](consent.svg)

${tables(result)
  .map(({ title, text, head, rows }) => `## ${title}\n\n${text}\n\n${grid(head, rows)}\n`)
  .join("\n")}
## Each part

${grid(["", "part", "raw", "gzip -9", "brotli 11"], partList(result))}

## Remarks

${remarks(result).map((remark) => `- ${remark}`).join("\n")}
`;
}

/** `consent.json`: lists of numbers on one line each. */
export function json(result) {
  const lists = /\[\s+(-?[\d.e-]+(?:,\s+-?[\d.e-]+)*)\s+\]/g;
  return `${JSON.stringify(result, null, 1).replace(lists, (_, items) => `[${items.replace(/\s+/g, " ")}]`)}\n`;
}
