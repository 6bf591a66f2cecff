// What computes and writes: the numbers, and that nothing that failed is left out.

import assert from "node:assert/strict";
import test from "node:test";
import { chart } from "./chart.mjs";
import { json, markdown, table } from "./report.mjs";
import { ourSizes, peerSizes, weigh } from "./sizes.mjs";
import { summaries, summary } from "./statistics.mjs";

test("median and quartiles, of even and odd counts, without what is no number", () => {
  assert.deepEqual(summary([3, 1, 2, null, undefined, NaN]), { median: 2, quartiles: [1.5, 2.5], values: [3, 1, 2] });
  assert.equal(summary([1, 2, 3, 10]).median, 2.5);
  assert.equal(summary([null]), null);
});

test("a measure that is missing in a round is left out of it alone", () => {
  assert.deepEqual(summaries([{ seen: 1 }, {}, { seen: 3 }]).seen.values, [1, 3]);
});

test("bytes add up, and a configuration in the page counts", () => {
  const files = { "/a.js": Buffer.from("a".repeat(100)), "/a.css": Buffer.from("b".repeat(50)) };
  const head = () => '<link rel="stylesheet" href="/a.css"><script>var x=1</script><script src="/a.js"></script>';
  const { parts, total } = peerSizes({ files, head });
  assert.deepEqual(Object.keys(parts), ["/a.js", "/a.css", "configuration, in the page"]);
  assert.equal(total.raw, 157);
  assert.equal(total.gzip, weigh(files["/a.js"]).gzip + weigh(files["/a.css"]).gzip + weigh("var x=1").gzip);
});

test("of ours, a first visit is apart from what comes later", () => {
  const file = (name, extension) => [`/.consentry/a/${name}.0123456789ab.${extension}`, Buffer.from(name)];
  const names = [["c", "js"], ["c", "css"], ["g", "js"], ["d", "js"], ["e", "js"], ["sdk", "js"], ["ed25519", "wasm"]];
  const files = new Map(names.map(([name, extension]) => file(name, extension)));
  const shipped = { html: Buffer.from("<dialog>"), decided: Buffer.from("<a>"), files };
  const { parts, variants } = ourSizes(shipped);
  assert.deepEqual(Object.keys(parts), ["c.js", "c.css", "written into the page"]);
  const later = Object.values(variants).map(({ parts }) => Object.keys(parts));
  const again = [["written into the page"], ["c.js", "c.css", "written into the page"]];
  assert.deepEqual(later, [...again, ["g.js", "d.js", "e.js"], ["sdk.js"], ["ed25519.wasm"]]);
  assert.deepEqual(Object.keys(ourSizes(shipped, Buffer.from("tag")).parts), ["c.js, with all else"]);
});

const times = { seen: summary([2]), fcp: summary([1]), accept_sync: summary([1]) };
const result = {
  rounds: 1,
  date: "2026-01-01",
  conditions: { cpu: 6, network: { latency: 150, downloadThroughput: 200_000 } },
  sides: [
    { id: "none", name: "no tool", times: {}, failures: [] },
    { id: "ours", name: "Ours", ours: true, times, failures: [], sizes: peerSizes({ files: {}, head: () => "" }) },
    { id: "broken", name: "<Broken>", times: {}, failures: ["round 1, first visit: timed out"] },
  ],
};

for (const [name, write] of [["the terminal", table], ["Markdown", markdown]]) {
  test(`${name} says what failed`, () => {
    const text = write(result);
    assert.match(text, /<Broken>: failed: round 1, first visit: timed out/);
  });
}

test("the JSON reads back as what was written", () => {
  assert.deepEqual(JSON.parse(json(result)), JSON.parse(JSON.stringify(result)));
  assert.match(json({ values: [1, -2.5, 3] }), /\[1, -2.5, 3\]/);
});

test("the picture escapes names, and shows a dash where there is no number", () => {
  const picture = chart(result);
  assert.match(picture, /&#60;Broken&#62;/);
  assert.match(picture, />–</);
  assert.doesNotMatch(picture, /NaN|Infinity/);
});
