// workerd is killed between every two steps of everything that a person can ask for, and started again on the same
// state. What was committed is finished without anybody asking again, once; what is asked again is answered.
//
// A case hangs at one place; the cases of a round hang at the same time and die together. A round is short: an
// object's own alarm would go on with what hangs after a second.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "./client.mjs";
import { canonical, leafHash } from "./proof.mjs";
import { eventually, shopPolicy, startSite } from "./support.mjs";

let site;
/** What the log and KV must hold by now, as far as this round changes it. */
let expected;

before(async () => {
  site = await startSite();
});
after(() => site?.stop());

const count = (action, actions = expected.actions) => (actions[action] = (actions[action] ?? 0) + 1);
const keeps = (id, client) => {
  expected.decisions.set(id, client);
  expected.records += 1;
};
const actionOf = (choice, history) =>
  choice === "accept-all" ? "consent.given" : history.at(-1) === "accept-all" ? "consent.withdrawn" : "consent.refused";

/** A person with a history, about to ask for something that will not be answered. */
class Person {
  constructor(place, skip = 0) {
    Object.assign(this, { place, skip, client: new Client(site) });
  }

  async prepare() {
    await this.client.page();
    for (const [at, choice] of this.history.entries()) {
      assert.equal((await this.client.decide(choice)).status, 200);
      count(actionOf(choice, this.history.slice(0, at)));
    }
    for (const id of this.client.decided) keeps(id, this.client);
    this.device = this.client.device;
  }
}

/** Decides. The answer that got lost is asked for again with the same id. */
const decision = (name, history, choice) =>
  class extends Person {
    name = name;
    history = history;

    async prepare() {
      await super.prepare();
      this.body = await this.client.ask(choice);
    }

    ask() {
      return this.client.send(this.body);
    }

    committed() {
      count(actionOf(choice, history));
      keeps(this.body.id, this.client);
      return 1;
    }

    async retry() {
      const answer = await this.client.send(this.body);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.body.decision.given, choice === "accept-all" ? ["analytics", "marketing", "media"] : []);
      if (name === "refusal") {
        assert.equal(answer.body.receipt, null, "nobody can be handed the receipt of nobody twice");
        assert.equal(this.client.device, undefined);
        return;
      }
      const { entry } = await this.client.verify(answer.body.receipt);
      assert.equal(entry.event, answer.body.receipt.record.record_id);
      assert.equal(answer.body.decision.seq, history.length + 1);
      const { events, keys } = await this.client.inside();
      assert.deepEqual([events, keys], [history.length + 1, history.length + 1], "its Subject knows every decision");
    }
  };

const FirstGrant = decision("first grant", [], "accept-all");
const Grant = decision("later grant", ["accept-all", "reject-all"], "accept-all");
const Withdrawal = decision("withdrawal", ["accept-all"], "reject-all");
const Refusal = decision("refusal", [], "reject-all");

class ExportRequest extends Person {
  name = "export request";
  history = ["accept-all"];

  ask() {
    return this.client.requestExport();
  }

  committed() {
    count("export.requested");
    return 1;
  }

  async retry() {
    // The token that got lost cannot be asked for again; another can.
    const { status, body } = await this.client.requestExport();
    assert.equal(status, 201);
    const copy = await this.client.request(body.download);
    assert.equal(copy.status, 200);
    assert.equal(copy.type, "application/zip");
    count("export.requested");
    count("export.delivered");
  }
}

class Export extends Person {
  name = "export";
  history = ["accept-all"];

  async prepare() {
    await super.prepare();
    this.download = (await this.client.requestExport()).body.download;
    count("export.requested");
  }

  ask() {
    return this.client.request(this.download);
  }

  committed() {
    count("export.delivered");
    return 1;
  }

  async retry() {
    assert.equal((await this.client.request(this.download)).status, 404, "the token was used");
  }
}

class Erasure extends Person {
  name = "erasure";
  history = ["accept-all", "reject-all"];

  async prepare() {
    await super.prepare();
    this.handle = (await this.client.request("consent/receipt")).body.record.pii_principal_id;
  }

  ask() {
    return this.client.erase();
  }

  committed() {
    count("erasure.requested");
    count("erasure.completed");
    for (const id of this.client.decided) expected.decisions.delete(id);
    expected.records -= this.history.length;
    expected.forgotten += this.history.length + 1;
    expected.proofs += this.history.length;
    return 2;
  }

  async retry() {
    const answer = await this.client.clone().erase();
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.erased.records, this.history.length);
    assert.equal(answer.body.kept.length, 1);
    const { late_deletes, ...inside } = await this.client.inside();
    const nothing = { events: 0, keys: 0, outbox: 0, exports: 0, records: 0, uploads: 0, data_key: false, handle: false };
    assert.deepEqual(inside, { exists: true, ...nothing, erasure: "complete" });
    assert.equal(late_deletes, this.history.length, "deleted once more, later");
    assert.deepEqual(await site.keys(site.store(this.device)), []);
    assert.ok(!JSON.stringify(await site.trail()).includes(this.handle), "the log's name for the person is gone");
  }
}

const EVERYBODY = [FirstGrant, Grant, Withdrawal, Refusal, ExportRequest, Erasure];

// An erasure after two decisions has nine tasks: append, put, put, delete, delete, forget, ledger, finish, append.
const ROUNDS = {
  "after the commit": EVERYBODY.map((Kind) => [Kind, "after-commit"]),
  "before the first task": [...EVERYBODY, Export].map((Kind) => [Kind, "before-task"]),
  "after the first write to KV": EVERYBODY.filter((Kind) => Kind !== ExportRequest).map((Kind) => [Kind, "after-put"]),
  "between KV and the log": [FirstGrant, Grant, Withdrawal, Refusal].map((Kind) => [Kind, "before-task", 1]),
  "after the first leaf": [...EVERYBODY, Export].map((Kind) => [Kind, "after-append"]),
  "before the answer": [FirstGrant, Grant, Withdrawal].map((Kind) => [Kind, "after-delivery"]),
  "in an erasure, before its tasks 2 to 5": [1, 2, 3, 4].map((skip) => [Erasure, "before-task", skip]),
  "in an erasure, before its tasks 6 to 9": [5, 6, 7, 8].map((skip) => [Erasure, "before-task", skip]),
  "in an erasure, after a task": ["delete", "forget", "ledger", "finish"].map((task) => [Erasure, `after-${task}`]),
  "in an erasure, after a task's second time": ["put", "delete", "append"].map((task) => [Erasure, `after-${task}`, 1]),
};

for (const [name, cases] of Object.entries(ROUNDS)) {
  test(`killed ${name}`, async (t) => {
    expected = { ...(await look()), decisions: new Map() };
    const people = cases.map(([Kind, ...where]) => new Kind(...where));
    await Promise.all(people.map((person) => person.prepare()));
    const size = (await site.readLog()).size;

    await hangAndKill(people);
    await site.start();

    const leaves = people.reduce((sum, person) => sum + person.committed(), 0);
    await eventually(async () => (await site.readLog()).size >= size + leaves, "every leaf");
    for (const { client, device } of people) {
      if (device) await eventually(async () => (await client.inside()).outbox === 0, "an empty outbox");
    }
    await t.test("everything is finished, once", holdsWhatIsExpected);
    for (const person of people) {
      await t.test(`${person.name}, ${person.place} ${person.skip + 1}, asked again`, () => person.retry());
    }
    await t.test("asking again changed nothing", holdsWhatIsExpected);
  });
}

for (const place of ["before-task", "after-put", "after-append"]) {
  test(`killed in an alarm and while a policy is adopted, ${place}`, async () => {
    expected = { ...(await look()), decisions: new Map() };
    const person = new Grant();
    await person.prepare();
    // What a request could not finish is left to an alarm.
    await site.faults({ refuse_puts: 1 });
    assert.equal((await person.ask()).status, 503);
    const policy = shopPolicy();
    policy.purposes[1].description.en += ` ${place}.`;
    await hanging(async () => {
      await site.faults({ hang_at: place });
      site.adopt(policy).catch(() => undefined);
    }, 2);
    await site.restart({ kill: true });
    person.committed();
    count("policy.adopted");
    // The entry comes first: with nothing but that, the policy is not in force until it is asked for again.
    if (place === "after-append") {
      const current = await (await site.kv()).get("policy/current");
      assert.ok(!current.includes(`${place}.`));
      assert.equal((await site.adopt(policy)).status, 200);
    }

    await eventually(async () => (await person.client.inside()).outbox === 0, "an empty outbox");
    const current = () => site.kv().then((kv) => kv.get("policy/current"));
    await eventually(async () => (await current())?.includes(`${place}.`), "the policy in KV");
    await eventually(async () => (await look()).actions["policy.adopted"] === expected.actions["policy.adopted"], "its leaf");
    assert.match((await site.json("policy")).purposes[1].description.en, new RegExp(`${place}\\.$`));
    await holdsWhatIsExpected();
    await person.retry();
    assert.equal((await site.adopt(policy)).status, 200, "asked again");
    await holdsWhatIsExpected();
  });
}

test("the ledger names each erasure once, and every outbox is empty", async () => {
  const { actions } = await look();
  let [erasures, open] = [0, 0];
  const between = () => {
    site.databases("Registry", (db) => (erasures += db.prepare("SELECT count(*) AS n FROM ledger").get().n));
    for (const object of ["Registry", "Subject"]) {
      site.databases(object, (db) => (open += db.prepare("SELECT count(*) AS n FROM outbox").get().n));
    }
  };
  await site.restart({ between });
  assert.deepEqual([erasures, open], [actions["erasure.completed"], 0]);
  assert.equal(actions["erasure.requested"], actions["erasure.completed"]);
});

const hangs = () => site.log.filter((line) => line.includes('"fault-point"')).length;

/** Waits until something hangs that `act` sets going, and what led there is written down. */
async function hanging(act, number = 1, what = "something to hang") {
  const before = hangs();
  await act();
  await eventually(() => hangs() >= before + number, what);
  // The platform writes a commit down at the end of the turn that made it; an answer shows that the turn is over.
  await site.json("health");
}

/** Lets everybody ask, each until they hang at their place, and ends the process. */
async function hangAndKill(people) {
  // An object's alarm is set to a whole second, one to two from now: a fresh second leaves more time.
  const past = Date.now() % 1000;
  if (past > 300) await wait(1000 - past);
  const lost = [];
  const ask = (person) => lost.push(person.ask().then(() => assert.fail("answered"), () => undefined));
  for (const [where, group] of Map.groupBy(people, ({ place, skip }) => `${place} ${skip}`)) {
    const [{ place: hang_at, skip }] = group;
    const act = () => site.faults({ hang_at, skip }).then(() => group.forEach(ask));
    await hanging(act, group.length, `${group.length} at ${where}`);
  }
  await site.kill();
  await Promise.all(lost);
  let open = 0;
  site.databases("Subject", (db) => (open += db.prepare("SELECT count(*) > 0 AS open FROM outbox").get().open));
  const unfinished = people.filter(({ place }) => place !== "after-delivery");
  assert.equal(open, unfinished.length, "what hung was not finished when the process ended");
}

/** Looks at the log and at KV. Whatever else is expected of them, the trail is the log's and no event is there twice. */
async function look() {
  const trail = await site.trail();
  const { leaves } = await site.readLog();
  assert.deepEqual(trail.map(({ index }) => index), [...trail.keys()]);
  for (const { index, action, commitment, time, v } of trail) {
    assert.deepEqual(leaves[index], leafHash(canonical({ action, commitment, time, v })), `leaf ${index}`);
  }
  const actions = {};
  for (const { action } of trail) if (action !== "trail.read") count(action, actions);
  const events = trail.flatMap(({ forgotten, event }) => (forgotten ? [] : [event]));
  assert.equal(new Set(events).size, events.length, "no event twice");
  const keys = await site.keys();
  const under = (prefix) => keys.filter((key) => key.startsWith(prefix));
  const [consents, proofs] = [[...under("consent/"), ...under("refusal/")], under("proof/").length];
  const others = keys.filter((key) => !/^(consent|refusal|policy|proof)\//.test(key));
  assert.deepEqual(others, [], "nothing else in KV");
  return { actions, events, forgotten: trail.length - events.length, consents, records: consents.length, proofs };
}

async function holdsWhatIsExpected() {
  const { events, consents, ...found } = await look();
  const { actions, forgotten, records, proofs } = expected;
  for (const [id, { device }] of expected.decisions) {
    // Of who refused, and of a first grant whose answer was lost, only the numbers tell.
    if (!device) continue;
    const event = site.event(id, device);
    assert.ok(consents.includes(site.store(device) + event), "a record for each decision");
    assert.ok(events.includes(event), "a leaf for each decision");
  }
  assert.deepEqual(found, { actions, forgotten, records, proofs }, "nothing twice, nothing missing");
}
