// Between any two steps of a journey workerd is ended: by a crash in one journey where it is stopped in good order in
// the other. Everything is as it was.

import assert from "node:assert/strict";
import test from "node:test";
import { Client, DEVICE } from "./client.mjs";
import { shopPolicy, startSite } from "./support.mjs";

const ok = async (answer, status = 200) => {
  const { status: is, text, body } = await answer;
  assert.equal(is, status, text);
  return body;
};

const STEPS = {
  "he refuses, they choose": async ({ he, they }) => {
    await ok(he.decide("reject-all"));
    await ok(they.decide("selection", { purposes: ["analytics"] }));
  },
  "she grants": ({ she }) => ok(she.decide("accept-all")),
  "she withdraws and grants again": async ({ she }) => {
    for (const choice of ["reject-all", "accept-all"]) await ok(she.decide(choice));
  },
  "she asks for a copy": async ({ she }) => (she.copy = (await ok(she.requestExport(), 201)).download),
  "she takes it, and a policy is adopted": async ({ she }, site) => {
    assert.equal((await she.request(she.copy)).type, "application/zip");
    const policy = shopPolicy();
    policy.purposes[1].description.en += " For a year.";
    assert.equal((await site.adopt(policy)).status, 200);
  },
  "she erases, they grant anew": async (people, site) => {
    // Who she was is asked about from now on.
    people.her = new Client(site);
    people.her.cookies.set(DEVICE, people.she.device);
    assert.equal((await ok(people.she.erase())).erased.records, 3);
    await people.they.page();
    await ok(people.they.decide("accept-all"));
  },
};

test("two journeys", { concurrency: 2 }, async (t) => {
  const journey = (first) => async (t) => {
    const site = await startSite();
    try {
      const people = Object.fromEntries(["she", "he", "they"].map((name) => [name, new Client(site)]));
      for (const [at, [name, step]] of Object.entries(STEPS).entries()) {
        const kill = at % 2 === first;
        await t.test(`${name}, and workerd is ${kill ? "killed" : "stopped"}`, async () => {
          await step(people, site);
          const seen = await everything(site, people);
          await site.restart({ kill });
          assert.deepEqual(await everything(site, people), seen);
        });
      }
    } finally {
      await site.stop();
    }
  };
  await Promise.all([t.test("killed first", journey(0)), t.test("stopped first", journey(1))]);
});

/** All that can be seen from outside and inside, apart from the traces of looking. */
async function everything(site, people) {
  const trail = (await site.trail()).filter(({ action }) => action !== "trail.read");
  const { leaves } = await site.readLog();
  const kv = await site.kv();
  const values = {};
  for (const key of await site.keys()) values[key] = await kv.getWithMetadata(key);
  const seen = { policy: await site.json("policy"), keys: await site.json("keys"), trail, values };
  seen.leaves = trail.map(({ index }) => leaves[index].toString("hex"));
  for (const [name, person] of Object.entries(people)) {
    const { text } = await person.request("/");
    const [consent, receipt] = [(await person.status()).body, (await person.request("consent/receipt")).body];
    if (receipt.record) await person.verify(receipt);
    const { record, signature } = receipt;
    seen[name] = { text, consent, record, signature, inside: person.device && (await person.inside()) };
  }
  return seen;
}
