// After an erasure: a write that was still under way lands late, is deleted too, and then nothing at all is left.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startWorker } from "../../edge/dev/miniflare.mjs";

const secret = () => randomBytes(32).toString("base64url");
const policy = readFileSync(new URL("../../www/shop/policy.json", import.meta.url), "utf8")
  .replaceAll("{metrics}", "127.0.0.1:9101")
  .replaceAll("{ads}", "127.0.0.1:9102");

async function eventually(check, what) {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (await check()) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  assert.fail(`waited in vain for ${what}`);
}

test("a late write is deleted, and the object forgets that it ever was", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "consentry-late-"));
  const worker = await startWorker({
    stateDir,
    origin: "http://127.0.0.1:1",
    policy,
    vars: { LATE_DELETE: "2" },
    secrets: {
      SUBJECT_KEY: secret(),
      KEYRING: { active: "k1", keys: { k1: secret() } },
      SIGNING_KEY: { log: [secret()], receipt: [secret()] },
      ADMIN_TOKEN: secret(),
    },
  });
  try {
    const base = `${worker.url}/.consentry/`;
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };
    const page = await (await fetch(`${base}preferences`)).text();
    const hidden = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)[1];
    const decision = {
      id: randomBytes(16).toString("base64url"),
      policy: hidden("policy"),
      notice: hidden("notice"),
      locale: hidden("locale"),
      seen: 0,
      choice: "accept-all",
      layer: "page",
    };
    const granted = await fetch(`${base}consent`, { method: "POST", headers, body: JSON.stringify(decision) });
    assert.equal(granted.status, 200);
    headers.cookie = granted.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");

    const kv = await worker.mf.getKVNamespace("RETENTION");
    const consents = async () => (await kv.list({ prefix: "consent/" })).keys.map(({ name }) => name);
    const [name, ...others] = await consents();
    assert.deepEqual(others, []);
    const sealed = await kv.get(name, "arrayBuffer");

    const erased = await fetch(`${base}me/erasure`, { method: "POST", headers, body: '{"confirm":true}' });
    assert.equal(erased.status, 200);
    assert.deepEqual(await consents(), []);
    await kv.put(name, sealed);

    await eventually(async () => (await consents()).length === 0, "the late write to be deleted");
    const inside = async () => (await fetch(`${base}testing/subject`, { headers })).json();
    await eventually(async () => !(await inside()).exists, "the object to be empty");
  } finally {
    await worker.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
