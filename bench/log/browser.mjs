// Verifying in Chromium, with the files that the Worker serves to pages.

import { readFileSync } from "node:fs";
import { startBrowser } from "../../tests/browser.mjs";
import { CONDITIONS, visit } from "../browser.mjs";
import { freshReceipt, startOurs } from "../ours.mjs";
import { summary } from "../statistics.mjs";
import { KEYS, SIZES, receipt } from "./receipts.mjs";

const HAND = readFileSync(new URL("./hand.js", import.meta.url), "utf8");
/** How many one measurement verifies: the browser's clock goes in steps of 0.1 ms. */
const TIMES = 40;

/** Inside the page: `verify` of the SDK, whose keys come from memory, and the same by hand. */
async function prepare({ sdk, hand, keys }) {
  const [{ verify }, { includes }] = await Promise.all([import(sdk), import(URL.createObjectURL(new Blob([hand], { type: "text/javascript" })))]);
  // The SDK loads its core when it is first asked.
  await verify({}, { base: "/.consentry/" });
  globalThis.fetch = async () => Response.json(keys);
  const whole = async (receipt) => (await verify(receipt, { base: "/" })).ok;
  const ways = { receipt: whole, unsigned: whole, hand: ({ evidence: { leaf, proof } }) => includes(leaf, proof) };
  const { importKey, verify: verifies } = SubtleCrypto.prototype;
  const nothing = { importKey: async () => ({}), verify: async () => true };
  globalThis.timed = async (way, receipt, times) => {
    // All but the two signatures: whoever is asked about them agrees.
    Object.assign(SubtleCrypto.prototype, way === "unsigned" ? nothing : { importKey, verify: verifies });
    const begun = performance.now();
    for (let n = 0; n < times; n++) if (!(await ways[way](receipt))) throw new Error(`${way} does not hold`);
    return (performance.now() - begun) / times;
  };
}

/** Times in µs, at each size of the tree; and bytes of what is verified. `real` is a receipt of the Worker measured. */
export async function measureVerifying({ build, rounds, tell }) {
  const ours = await startOurs({ build });
  const browser = await startBrowser();
  try {
    const real = await freshReceipt(ours.worker);
    const sdk = [...ours.assets.files.keys()].find((path) => /\/sdk\.[0-9a-f]{12}\.js$/.test(path));
    const trees = SIZES.map((size) => ({ size, receipt: receipt(real, size) }));
    const rows = [];
    for (const cpu of [1, CONDITIONS.cpu]) {
      await visit(browser, { cpu }, async (page) => {
        await page.goto(ours.url);
        await page.evaluate(prepare, { sdk: new URL(sdk, ours.url).href, hand: HAND, keys: KEYS });
        const timed = (way, { receipt }, times) => page.evaluate(([way, receipt, times]) => globalThis.timed(way, receipt, times), [way, receipt, times]);
        const ways = ["receipt", "unsigned", "hand"];
        const found = trees.map(({ size }) => ({ cpu, size, ...Object.fromEntries(ways.map((way) => [way, []])) }));
        for (const tree of trees) for (const way of ways) await timed(way, tree, TIMES);
        for (let round = 0; round < rounds; round++) {
          for (const [at, tree] of trees.entries()) for (const way of ways) found[at][way].push(await timed(way, tree, TIMES));
        }
        for (const row of found) rows.push({ ...row, ...Object.fromEntries(ways.map((way) => [way, summary(row[way].map((ms) => ms * 1000))])) });
      });
      tell(`in Chromium, processor ${cpu} times slower`);
    }
    return { rows, bytes: trees.map(({ size, receipt }) => ({ size, proof: Buffer.byteLength(receipt.evidence.proof), receipt: JSON.stringify(receipt).length })) };
  } finally {
    await browser.close();
    await ours.stop();
  }
}
