// A log that takes nothing: what would need an entry does not happen. A refusal, a withdrawal and an objection do, and
// their entries follow.

import assert from "node:assert/strict";
import test, { after, before, beforeEach } from "node:test";
import { Client } from "./client.mjs";
import { eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

let site;
before(async () => {
  site = await startSite({ policy: policy() });
});
after(() => site?.stop());

/** The shop's policy, in which statistics may run until an objection where the law lets them. */
function policy(addition = "") {
  const policy = shopPolicy();
  policy.purposes[1].uses = ["statistics"];
  policy.purposes[1].description.en += addition;
  return policy;
}

const close = () => site.faults({ close_log: true });
const open = () => site.faults();
beforeEach(open);

const OPTIONAL = ["analytics", "marketing", "media"];
const size = async () => (await site.readLog()).size;

/** What the trail says of a person, oldest first. */
async function told(client) {
  const receipt = (await client.request("consent/receipt")).body;
  const subject = receipt.record.pii_principal_id;
  return (await site.trail()).filter((entry) => entry.subject === subject).map(({ action }) => action);
}

test("a grant is not given", async () => {
  const client = new Client(site);
  await client.page();
  const ask = await client.ask("accept-all");
  await close();
  const before = await size();
  isProblem(await client.send(ask), 503, "unavailable");
  assert.equal(client.cookies.size, 0, "neither a decision nor a device");
  assert.match((await client.page()).text, /<dialog/, "the page still asks");
  await open();
  const answer = await client.send(ask);
  assert.deepEqual([answer.status, answer.body.decision.given], [200, OPTIONAL]);
  assert.equal(await size(), before + 1, "once");
  await client.verify(answer.body.receipt);
});

test("nor is a later one, and what was given before goes on", async () => {
  const client = new Client(site);
  await client.page();
  assert.equal((await client.decide("selection", { purposes: ["analytics"] })).status, 200);
  const cookies = new Map(client.cookies);
  const ask = await client.ask("accept-all");
  await close();
  isProblem(await client.send(ask), 503, "unavailable");
  assert.deepEqual(client.cookies, cookies);
  assert.deepEqual((await client.status()).body.decision.given, ["analytics"], "what is not logged does not count");
  await open();
  assert.equal((await client.send(ask)).status, 200);
  assert.deepEqual((await client.status()).body.decision.given, OPTIONAL);
});

test("nor is one that says again what the log has not taken", async () => {
  const client = new Client(site);
  await client.page();
  assert.equal((await client.decide("selection", { purposes: ["analytics"] })).status, 200);
  const before = await size();
  await close();
  isProblem(await client.send(await client.ask("accept-all")), 503, "unavailable");
  const late = await client.send(await client.ask("accept-all"));
  isProblem(late, 409, "stale-decision");
  assert.deepEqual([late.body.decision.seq, late.body.decision.given], [2, ["analytics"]]);
  for (const seen of [2, 3]) {
    isProblem(await client.send(await client.ask("accept-all", { seen })), 503, "unavailable");
    assert.deepEqual((await client.status()).body.decision.given, ["analytics"]);
  }
  const less = await client.send(await client.ask("reject-all", { seen: 4 }));
  assert.deepEqual([less.status, less.body.decision.given], [202, []], less.text);
  await open();
  await eventually(async () => (await size()) === before + 4, "the entries", 60_000);
  assert.equal((await told(client)).at(-1), "consent.withdrawn");
  assert.deepEqual((await client.status()).body.decision.given, []);
});

test("what the store refuses for a while does not stand in the log after what came later", async () => {
  const client = new Client(site);
  await client.page();
  assert.equal((await client.decide("selection", { purposes: ["analytics"] })).status, 200);
  const before = await size();
  await site.faults({ refuse_puts: 2 });
  isProblem(await client.decide("accept-all", { seen: 1 }), 503, "unavailable");
  const less = await client.decide("reject-all", { seen: 2 });
  assert.deepEqual([less.status, less.body.decision.given], [202, []], less.text);
  await eventually(async () => (await size()) === before + 2, "the entries", 60_000);
  assert.deepEqual((await told(client)).slice(-2), ["consent.given", "consent.withdrawn"]);
});

test("nor is an objection to a service taken back", async () => {
  const client = new Client(site, { "x-testing-region": "GB" });
  await client.page();
  const one = await client.decide("selection", { purposes: ["media"], service_objections: ["metrics"] });
  assert.deepEqual([one.status, one.body.decision.services], [200, ["metrics"]], one.text);
  await close();
  const ask = await client.ask("selection", { purposes: ["media"], service_objections: [], seen: 1 });
  isProblem(await client.send(ask), 503, "unavailable");
  await open();
  assert.equal((await client.send(ask)).status, 200);
});

test("what it takes away counts all the same", async () => {
  const client = new Client(site);
  await client.page();
  const one = await client.decide("selection", { purposes: [], services: ["ads"] });
  assert.deepEqual([one.status, one.body.decision.services], [200, ["ads"]], one.text);
  await close();
  isProblem(await client.send(await client.ask("selection", { purposes: ["analytics"], seen: 1 })), 503, "unavailable");
  const status = (await client.status()).body.decision;
  assert.deepEqual([status.given, status.services], [[], []]);
  const none = await client.send(await client.ask("reject-all", { seen: 2 }));
  assert.deepEqual([none.status, none.body.decision.given, none.body.decision.services], [202, [], []], none.text);
});

test("nor is what was objected to given by itself, nor anything in spite of a signal; an objection applies", async () => {
  const client = new Client(site, { "x-testing-region": "GB" });
  await client.page();
  const first = { purposes: ["media"], service_objections: ["metrics"] };
  assert.equal((await client.decide("selection", first)).status, 200);
  await close();
  const alone = { purposes: ["media"], services: ["metrics"], objections: ["analytics"], seen: 1 };
  isProblem(await client.send(await client.ask("selection", alone)), 503, "unavailable");
  await open();
  const second = new Client(site, { "x-testing-region": "GB" });
  await second.page();
  assert.equal((await second.decide("selection", { purposes: ["media"] })).status, 200);
  await close();
  const less = await second.send(await second.ask("selection", { ...first, seen: 1 }));
  assert.deepEqual([less.status, less.body.decision.services], [202, ["metrics"]], less.text);
  await open();
  const third = new Client(site);
  await third.page();
  assert.equal((await third.decide("accept-all")).status, 200);
  const signalled = new Client(site, { "sec-gpc": "1" });
  signalled.cookies = new Map(third.cookies);
  await signalled.page();
  await close();
  isProblem(await signalled.send(await signalled.ask("accept-all", { seen: 1 })), 503, "unavailable");
});

test("a withdrawal applies, and is logged once that is possible", async (t) => {
  for (const [what, choice, more, given, entry] of [
    ["of all", "reject-all", {}, [], "consent.withdrawn"],
    // The two that are ticked are given anew, which is nothing more than was given.
    ["of one of three", "selection", { purposes: ["analytics", "media"] }, ["analytics", "media"], "consent.given"],
    ["by name", "stop", { purposes: ["marketing"] }, ["analytics", "media"], "consent.withdrawn"],
  ]) {
    await t.test(what, async () => {
      const client = new Client(site);
      await client.page();
      assert.equal((await client.decide("accept-all")).status, 200);
      await close();
      const before = await size();
      const answer = await client.send(await client.ask(choice, { ...more, seen: 1 }));
      assert.equal(answer.status, 202, answer.text);
      assert.deepEqual([answer.body.decision.given, answer.body.recorded, answer.body.receipt], [given, false, null]);
      assert.deepEqual((await client.status()).body.decision.given, given);
      assert.equal(await size(), before);
      await open();
      await eventually(async () => (await size()) > before, "the entry");
      assert.deepEqual(await told(client), ["consent.given", entry]);
      await client.verify((await client.request("consent/receipt")).body);
    });
  }
});

test("an objection applies, and is logged once that is possible", async () => {
  const client = new Client(site, { "x-testing-region": "GB" });
  await client.page();
  await close();
  const before = await size();
  const answer = await client.decide("selection", { purposes: [], objections: ["analytics"] });
  assert.deepEqual([answer.status, answer.body.recorded], [202, false], answer.text);
  assert.ok(answer.body.decision.refused.includes("analytics"));
  await open();
  await eventually(async () => (await size()) > before, "the entry");
});

test("a refusal by nobody applies, and is logged once that is possible", async () => {
  const client = new Client(site);
  await client.page();
  await close();
  const before = await size();
  const answer = await client.decide("reject-all");
  assert.deepEqual([answer.status, answer.body.recorded, answer.body.receipt], [202, false, null]);
  assert.doesNotMatch((await client.page()).text, /<dialog/, "nobody is asked again");
  await open();
  await eventually(async () => (await size()) === before + 1, "the entry");
  assert.equal(await size(), before + 1, "one");
});

test("no copy is handed over, and nothing is erased, before it is logged", async () => {
  const client = new Client(site);
  await client.page();
  assert.equal((await client.decide("accept-all")).status, 200);
  const link = (await client.requestExport()).body.download;
  await close();
  isProblem(await client.requestExport(), 503, "unavailable");
  isProblem(await client.request(link), 503, "unavailable");
  const keys = await site.keys(site.store(client.device));
  isProblem(await client.erase(), 503, "unavailable");
  assert.deepEqual(await site.keys(site.store(client.device)), keys, "nothing is gone");
  await open();
  await eventually(async () => (await site.keys(site.store(client.device))).length === 0, "the erasure, which goes on");
});

test("no policy comes into force", async () => {
  const { policy: before } = (await new Client(site).page()).plan;
  const size_ = await size();
  await close();
  const next = policy(" For a year.");
  const refused = await site.adopt(next);
  assert.equal(refused.status, 503);
  const hash = async () => (await new Client(site).page()).plan.policy;
  assert.equal(await hash(), before);
  await open();
  assert.equal(await size(), size_);
  assert.equal((await site.adopt(next)).status, 200);
  assert.equal(await size(), size_ + 1, "one entry");
  await eventually(async () => (await hash()) !== before, "the new policy");
});

test("an operator reads nothing", async () => {
  await close();
  for (const path of ["audit", "audit?format=jsonl", "log/tile/entries/000.p/1", "lines", "requests"]) {
    assert.equal((await site.operator(path)).status, 503, path);
  }
});

test("a deployed policy waits for the log, and the one before stays in force", async () => {
  const before = (await new Client(site).page()).plan.policy;
  await site.restart({ policy: policy(" For two years.") });
  // The first request after the start is the one that closes the log: nothing else has woken the registry yet.
  await close();
  await site.scheduled();
  assert.equal((await new Client(site).page()).plan.policy, before);
  const kept = async () => {
    const kv = await site.kv();
    return kv.get("policy/current");
  };
  assert.doesNotMatch(await kept(), /For two years/);
  await open();
  await site.scheduled();
  await eventually(async () => /For two years/.test(await kept()), "the new policy");
});
