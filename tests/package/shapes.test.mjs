// The package's types are made from the core's derives. Here they meet JSON that the core made or takes: policies, plans
// and receipts have to fit them, without a member missing or one too many.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "consentry-shapes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const vectors = JSON.parse(readFileSync(join(root, "tests/vectors.json"), "utf8"));
const shop = JSON.parse(readFileSync(join(root, "www/shop/policy.json"), "utf8"));
const asked = vectors.filter(({ op, expect }) => op === "policy" && expect.pages);
const policies = [shop, ...asked.map(({ input }) => input)];
const plans = asked.flatMap(({ expect }) => expect.pages).map(({ plan }) => plan);
const receipts = vectors.filter(({ name }) => name === "receipt").map(({ input }) => input);

/** What the compiler says to values of these types; nothing if it is content. */
function complaints(values) {
  const types = JSON.stringify(join(root, "pkg/dist/index.js"));
  const lines = values.map(([type, value], at) => `export const v${at} = ${JSON.stringify(value)} satisfies ${type};`);
  const file = join(folder, "shapes.ts");
  writeFileSync(file, [`import type { Plan, Policy, PublicKeys, Receipt } from ${types};`, ...lines].join("\n"));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--types", ""];
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [tsc, ...options, file], { encoding: "utf8", cwd: folder }).stdout;
}

test("policies, plans, receipts and keys are of the types the package says", () => {
  assert.ok(policies.length >= 2 && plans.length >= 6 && receipts.length === 1);
  const values = [...policies.map((policy) => ["Policy", policy]), ...plans.map((plan) => ["Plan", plan])];
  for (const { receipt, keys } of receipts) values.push(["Receipt", receipt], ["PublicKeys", keys]);
  assert.equal(complaints(values), "");
});

test("a member too many, or one missing, would be found", () => {
  const { material: _, ...less } = plans[0];
  assert.match(complaints([["Plan", less]]), /'material' is missing/);
  assert.match(complaints([["Plan", { ...plans[0], colour: "red" }]]), /colour.*does not exist/);
  assert.match(complaints([["Plan", { ...plans[0], grant: "sometimes" }]]), /"sometimes"/);
  assert.match(complaints([["Receipt", { ...receipts[0].receipt, extra: 1 }]]), /extra.*does not exist/);
  assert.match(complaints([["Policy", { ...shop, purpose: [] }]]), /purpose.*does not exist/);
});
