// The shared vectors in workerd: the same bytes as natively, in Node and in Chromium.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { canonical } from "./proof.mjs";
import { startSite } from "./support.mjs";

const file = readFileSync(new URL("../vectors.json", import.meta.url), "utf8");

test("workerd answers the shared vectors with the recorded bytes", async () => {
  const site = await startSite();
  try {
    const response = await site.api("testing/vectors", { method: "POST", body: file });
    const expected = Object.fromEntries(JSON.parse(file).map(({ name, expect }) => [name, expect]));
    assert.equal(await response.text(), canonical(expected));
    assert.ok(Object.keys(expected).length >= 40);
  } finally {
    await site.stop();
  }
});
