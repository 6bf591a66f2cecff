// Between any two steps of a journey workerd is ended, once by a crash and once in good order. Everything is as it was.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { shopPolicy, startSite } from "./support.mjs";

let site;
/** Everybody the site has met. */
const people = {};

before(async () => {
  site = await startSite();
  for (const name of ["she", "he", "they"]) people[name] = new Client(site);
});
after(() => site?.stop());

const ok = async (answer, status = 200) => {
  const { status: is, text, body } = await answer;
  assert.equal(is, status, text);
  return body;
};

let download;

const STEPS = {
  "a page is looked at": () => ok(people.she.page()),
  "he refuses": () => ok(people.he.decide("reject-all")),
  "she grants": () => ok(people.she.decide("accept-all")),
  "she withdraws": () => ok(people.she.decide("reject-all")),
  "they choose": () => ok(people.they.decide("selection", { purposes: ["analytics"] })),
  "she grants again": () => ok(people.she.decide("accept-all")),
  "she asks for a copy": async () => ({ download } = await ok(people.she.requestExport(), 201)),
  "she takes it": async () => assert.equal((await people.she.request(download)).type, "application/zip"),
  "a policy is adopted": async () => {
    const policy = shopPolicy();
    policy.purposes[1].description.en += " For a year.";
    assert.equal((await site.adopt(policy)).status, 200);
  },
  "she erases": async () => {
    const { device } = people.she;
    assert.equal((await ok(people.she.erase())).erased.records, 3);
    people.her = new Client(site);
    people.her.cookies.set("__Host-consentry-device", device);
  },
  "they look at the page anew and grant": async () => {
    await people.they.page();
    await ok(people.they.decide("accept-all"));
  },
};

for (const [name, step] of Object.entries(STEPS)) {
  test(`${name}, and workerd ends`, async () => {
    await step();
    const seen = await everything();
    await site.restart({ kill: true });
    assert.deepEqual(await everything(), seen, "after a crash");
    await site.restart();
    assert.deepEqual(await everything(), seen, "after a stop");
  });
}

/** All that can be seen from outside and inside, apart from the traces of looking. */
async function everything() {
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
