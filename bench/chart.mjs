// Figures that are compared, as bars.

const ROW = 26;
const NAMES = 235;
const PANEL = 250;
const TOP = 52;

const mark = ({ ours }) => (ours ? ' class="ours"' : "");
const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** An SVG picture, readable on light and dark ground: a row for each name, a panel for each figure. */
export function bars({ tools, panels, foot }) {
  const width = NAMES + panels.length * PANEL + 10;
  const height = TOP + tools.length * ROW + 30;
  const y = (row) => TOP + row * ROW;
  const names = tools.map(
    ({ name, ours }, row) => `<text x="0" y="${y(row) + 14}"${mark({ ours })}>${escape(name)}</text>`,
  );
  const drawn = panels.flatMap(({ title, unit, of, digits }, place) => {
    const x = NAMES + place * PANEL;
    const most = Math.max(...tools.map((tool) => of(tool) || 0));
    const bars = tools.map((tool, row) => {
      const value = of(tool);
      if (!Number.isFinite(value)) return `<text x="${x}" y="${y(row) + 14}">–</text>`;
      const long = Math.max(2, (value / (most || 1)) * (PANEL - 75));
      return (
        `<rect x="${x}" y="${y(row)}" width="${long.toFixed(1)}" height="18" rx="2"${mark(tool)}/>` +
        `<text x="${(x + long + 6).toFixed(1)}" y="${y(row) + 14}">${value.toFixed(digits)} ${unit}</text>`
      );
    });
    return [`<text x="${x}" y="${TOP - 14}" class="title">${title}</text>`, ...bars];
  });
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  const label = escape(panels.map(({ title }) => title).join("; "));
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${label}">
<style>
text{font:13px system-ui,sans-serif;fill:#1b2126}
.title{font-weight:600}
text.ours{font-weight:600;fill:#1a5a63}
.foot{font-size:11px;fill:#56606a}
rect{fill:#b3bcc4}
rect.ours{fill:#1a5a63}
@media (prefers-color-scheme:dark){
text{fill:#e6eaed}
text.ours,rect.ours{fill:#7cc4cf}
.foot{fill:#9aa5af}
rect{fill:#56606a}
}
</style>
${[...names, ...drawn].join("\n")}
<text x="0" y="${height - 8}" class="foot">${escape(foot)}</text>
</svg>
`;
}

/** The three figures of the front end that are most compared. */
const PANELS = [
  { title: "Bytes on a first visit, brotli", unit: "kB", of: ({ sizes }) => sizes?.total.brotli / 1000, digits: 1 },
  { title: "Banner visible", unit: "ms", of: ({ times }) => times?.seen?.median, digits: 0 },
  { title: "Accept handlers", unit: "ms", of: ({ times }) => times?.accept_sync?.median, digits: 1 },
];

/** The picture of the front end's result. */
export function chart({ sides, date, conditions, rounds }) {
  const foot =
    `Medians of ${rounds} rounds, ${date}; processor ${conditions.cpu} times slower, ` +
    `${(conditions.network.downloadThroughput * 8) / 1e6} Mbit/s, ${conditions.network.latency} ms`;
  return bars({ tools: sides.filter(({ id }) => id !== "none"), panels: PANELS, foot });
}
