// A short run of the soak: the log killed as often as fits into some seconds. `cargo xtask soak` does it thousands of times.

import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { soak, summary } from "./killed.mjs";

const SECONDS = 20;
const build = fileURLToPath(new URL("../../target/edge/testing/", import.meta.url));

test("the log is killed at any moment, and holds what it has acknowledged and signed", async (t) => {
  const end = Date.now() + 1000 * SECONDS;
  const counts = await soak({ build, each: 20, enough: ({ kills }) => kills >= 3 && Date.now() > end });
  t.diagnostic(summary(counts));
  assert.ok(counts.acknowledged > 0 && counts.kept + counts.lost > 0, "some were answered, and some were cut off");
});
