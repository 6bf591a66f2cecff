// Copies, erasures, choices, records and retention at once, of many people; `cargo xtask soak rights` has thousands of them.

import assert from "node:assert/strict";
import test from "node:test";
import { nothing, race, startRaces, trail } from "./races.mjs";

test("whatever meets whatever, what is left is what some order of it would have left", async (t) => {
  const races = await startRaces();
  t.after(() => races.site.stop());
  const counts = nothing();
  await t.test("as it comes", () => race(races, counts, 18));
  await t.test("killed among it", () => race(races, counts, 18, { kill: true }));
  await t.test("each thing once in the trail", () => trail(races));
  t.diagnostic(JSON.stringify(counts));
  assert.ok(counts.erased > 0 && counts.copies > 0);
});
