// The shared vectors in workerd: the same bytes as natively, in Node and in Chromium.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startWorker } from "../../edge/dev/miniflare.mjs";

const file = readFileSync(new URL("../vectors.json", import.meta.url), "utf8");
const secret = () => randomBytes(32).toString("base64url");

/** RFC 8785: members by UTF-16 code units, numbers as ECMAScript prints them. Both are JavaScript's own ways. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

test("workerd answers the shared vectors with the recorded bytes", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "consentry-vectors-"));
  const worker = await startWorker({
    stateDir,
    origin: "http://127.0.0.1:1",
    policy: "",
    secrets: {
      SUBJECT_KEY: secret(),
      KEYRING: { active: "k1", keys: { k1: secret() } },
      SIGNING_KEY: { log: [secret()], receipt: [secret()] },
      ADMIN_TOKEN: secret(),
    },
  });
  try {
    const response = await fetch(`${worker.url}/.consentry/testing/vectors`, { method: "POST", body: file });
    const answers = await response.text();
    const expected = Object.fromEntries(JSON.parse(file).map(({ name, expect }) => [name, expect]));
    assert.equal(answers, canonical(expected));
    assert.ok(Object.keys(expected).length >= 40);
  } finally {
    await worker.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
