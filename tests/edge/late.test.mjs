// After an erasure: a write that was still under way lands late, is deleted too, and then nothing at all is left.

import assert from "node:assert/strict";
import test from "node:test";
import { Client } from "./client.mjs";
import { eventually, startSite } from "./support.mjs";

test("a late write is deleted, and the object forgets that it ever was", async () => {
  const site = await startSite({ vars: { LATE_DELETE: "2" } });
  try {
    const client = new Client(site);
    assert.equal((await client.decide("accept-all")).status, 200);
    const held = client.clone();
    const [name, ...others] = await site.keys("consent/");
    assert.deepEqual(others, []);
    const kv = await site.kv();
    const sealed = await kv.get(name, "arrayBuffer");

    assert.equal((await client.erase()).status, 200);
    assert.deepEqual(await site.keys("consent/"), []);
    await kv.put(name, sealed);

    await eventually(async () => (await site.keys("consent/")).length === 0, "the late write to be deleted");
    await eventually(async () => !(await held.inside()).exists, "the object to be empty");
  } finally {
    await site.stop();
  }
});
