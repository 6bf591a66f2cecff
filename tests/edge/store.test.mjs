// The store's contract, against Workers KV as workerd has it on disk.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { startSite } from "./support.mjs";

test("Workers KV keeps the store's contract", async () => {
  const source = readFileSync(new URL("../../src/store/contract.rs", import.meta.url), "utf8");
  const checks = Number(/pub const CHECKS: usize = (\d+);/.exec(source)[1]);
  const site = await startSite();
  try {
    assert.deepEqual(await site.json("testing/store-contract", { method: "POST" }), { checks });
  } finally {
    await site.stop();
  }
});
