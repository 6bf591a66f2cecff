// Decisions that come twice, too late, or about another policy; links that work once; a KV that refuses. A grant
// grants nothing then; a refusal or withdrawal is taken.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test, { after, before } from "node:test";
import { Client, DEVICE, newId } from "./client.mjs";
import { sha256 } from "./proof.mjs";
import { eventually, isProblem, shopPolicy, startSite } from "./support.mjs";

const OPTIONAL = ["analytics", "marketing", "media"];

let site;
before(async () => {
  site = await startSite();
});
after(() => site?.stop());

/** A visitor with a history of decisions. */
async function visitor(...choices) {
  const client = new Client(site);
  await client.page();
  for (const choice of choices) assert.equal((await client.decide(choice)).status, 200);
  return client;
}

/** Waits until an erasure is complete, and in the log. */
const complete = (client) => eventually(async () => {
  const { erasure, outbox } = await client.inside();
  return erasure === "complete" && outbox === 0;
}, "the end of the erasure");

const sizeOf = async () => (await site.readLog()).size;

/** Checks that a grant granted nothing, and that the answer says how things stand. */
async function grantsNothing(client, ask, slug, given = []) {
  const [size, keys, cookies] = [await sizeOf(), await site.keys(), new Map(client.cookies)];
  const answer = await client.post("consent", ask);
  isProblem(answer, 409, slug);
  const { decision, plan } = answer.body;
  assert.deepEqual(decision?.given ?? [], given);
  assert.deepEqual(plan, { ...(await client.page()).plan, seen: decision?.seq ?? 0 }, "the plan in force comes along");
  assert.deepEqual([await sizeOf(), await site.keys(), client.cookies], [size, keys, cookies], "nothing happened");
  return answer.body;
}

test("the same decision twice is one", async (t) => {
  const twice = async (client, ask) => {
    const first = await client.send(ask);
    const [size, keys] = [await sizeOf(), await site.keys()];
    const second = await client.send(ask);
    // Nobody's refusal is not remembered as somebody's: asked again, it holds from then on.
    if (!client.device) second.body.decision.until = first.body.decision.until;
    assert.deepEqual([second.status, second.body.decision], [200, first.body.decision]);
    assert.deepEqual([await sizeOf(), await site.keys()], [size, keys], "recorded once");
    return [first, second];
  };
  const oneReceipt = async (client, [first, second]) => {
    assert.deepEqual(second.body.receipt, first.body.receipt, "the same receipt");
    await client.verify(second.body.receipt);
  };
  await t.test("a grant", async () => {
    const client = await visitor("accept-all", "reject-all");
    await oneReceipt(client, await twice(client, await client.ask("accept-all")));
  });
  await t.test("a withdrawal", async () => {
    const client = await visitor("accept-all");
    await oneReceipt(client, await twice(client, await client.ask("reject-all")));
  });
  await t.test("a first grant of somebody who never got the answer", async () => {
    const [first, again] = [await visitor(), await visitor()];
    const ask = await first.ask("accept-all");
    const answers = [await first.send(ask), await again.send(ask)];
    await oneReceipt(again, answers);
    assert.equal(again.device, first.device, "one device");
    assert.equal((await again.status()).body.receipts, 1);
  });
  await t.test("a refusal of nobody", async () => {
    const client = await visitor();
    const [first, second] = await twice(client, await client.ask("reject-all"));
    await client.verify(first.body.receipt);
    assert.equal(second.body.receipt, null, "whoever asks again is nobody known");
  });
  for (const choice of ["accept-all", "reject-all"]) {
    await t.test(`${choice}, eight times at once`, async () => {
      const client = await visitor();
      const ask = await client.ask(choice);
      const size = await sizeOf();
      const answers = await Promise.all(Array.from({ length: 8 }, () => client.clone().send(ask)));
      for (const { status, body, text } of answers) {
        assert.equal(status, 200, text);
        assert.deepEqual(body.decision.given, choice === "accept-all" ? OPTIONAL : []);
        if (body.receipt) await client.verify(body.receipt);
      }
      assert.ok(answers.some(({ body }) => body.receipt), "somebody holds the receipt");
      assert.equal(await sizeOf(), size + 1, "one leaf");
    });
  }
});

test("one id for different decisions takes nothing from either", async () => {
  const [one, other, nobody] = [await visitor("accept-all"), await visitor("accept-all"), await visitor()];
  const id = newId();
  for (const [client, choice] of [[one, "reject-all"], [nobody, "reject-all"], [other, "reject-all"], [await visitor(), "accept-all"]]) {
    const size = await sizeOf();
    const { status, body, text } = await client.decide(choice, { id });
    assert.equal(status, 200, text);
    await client.verify(body.receipt);
    assert.equal(await sizeOf(), size + 1, "a leaf of its own");
  }
});

test("a decision that was followed by another is not made again", async (t) => {
  const client = await visitor();
  const ask = await client.ask("accept-all");
  await client.send(ask);
  assert.equal((await client.decide("reject-all")).status, 200);
  await t.test("a grant before a withdrawal", () => grantsNothing(client, ask, "stale-decision"));
  await t.test("with the number brought up to date", () => grantsNothing(client, { ...ask, seen: 2 }, "stale-decision"));
  await t.test("by somebody who lost the device", async () => {
    const thief = new Client(site);
    const answer = await thief.post("consent", ask);
    isProblem(answer, 409, "stale-decision");
    assert.equal(thief.device, undefined, "the device is not handed out again");
  });
});

test("a grant from a page that does not know the latest decision", async (t) => {
  const client = await visitor("accept-all", "reject-all");
  for (const seen of [0, 1, 3, 2 ** 32 - 1]) {
    await t.test(`seen ${seen} of 2`, async () => {
      const { decision } = await grantsNothing(client, await client.ask("accept-all", { seen }), "stale-decision");
      assert.equal(decision.seq, 2);
    });
  }
  await t.test("some of it is withdrawn, and nothing given in its place", async () => {
    const both = await visitor("accept-all");
    const answer = await both.decide("selection", { seen: 0, purposes: ["analytics"] });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body.decision.given, ["analytics"], "what stands stays, what is not wanted goes");
  });
  await t.test("a withdrawal is taken all the same", async () => {
    const given = await visitor("accept-all");
    const answer = await given.decide("reject-all", { seen: 7 });
    assert.deepEqual([answer.status, answer.body.decision.given, answer.body.decision.seq], [200, [], 2]);
  });
});

test("two windows decide at once", async (t) => {
  const both = async (history, choices) => {
    const client = await visitor(...history);
    const asks = await Promise.all(choices.map((choice) => client.ask(choice)));
    const answers = await Promise.all(asks.map((ask) => client.clone().post("consent", ask)));
    for (const { status, body } of answers) if (status === 200) await client.verify(body.receipt);
    const { decision, receipts } = (await client.status()).body;
    // Counted by the visitor's own handle: what other tests left to alarms may reach the log in between.
    const handle = answers.find(({ status }) => status === 200).body.receipt.record.pii_principal_id;
    const leaves = (await site.trail()).filter(({ subject }) => subject === handle);
    assert.equal(leaves.length, receipts, "a leaf for each that was taken");
    assert.equal(decision.seq, receipts);
    return { answers, now: decision };
  };
  await t.test("two grants: one is taken", async () => {
    const { answers, now } = await both(["accept-all", "reject-all"], ["accept-all", "accept-all"]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    assert.deepEqual(now.given, OPTIONAL);
  });
  await t.test("a grant and a withdrawal: the withdrawal holds unless the grant knew it", async () => {
    const { answers, now } = await both(["accept-all"], ["accept-all", "reject-all"]);
    assert.deepEqual([answers[1].status, answers[1].body.decision.given, now.given], [200, [], []]);
  });
});

test("asking about nobody leaves nothing", async () => {
  const tables = () => {
    let count = 0;
    site.databases("Subject", () => (count += 1));
    return count;
  };
  let before;
  await site.restart({ between: () => (before = tables()) });
  for (let number = 0; number < 5; number += 1) {
    const client = new Client(site);
    client.cookies.set(DEVICE, randomBytes(32).toString("base64url"));
    assert.equal((await client.status()).body.receipts, 0);
    isProblem(await client.request("consent/receipt"), 404);
    assert.equal((await client.clone().erase()).body.erased.records, 0);
    isProblem(await client.request(`me/exports/${randomBytes(64).toString("base64url")}`), 404);
  }
  await site.restart({ between: () => assert.equal(tables(), before) });
});

test("a policy that is unknown, or other words than its own", async (t) => {
  const unknown = "A".repeat(43);
  await t.test("a grant grants nothing", async () => {
    const fresh = await visitor();
    await grantsNothing(fresh, await fresh.ask("accept-all", { policy: unknown }), "policy-changed");
    await grantsNothing(fresh, await fresh.ask("accept-all", { notice: unknown }), "policy-changed");
    const known = await visitor("accept-all");
    const ask = await known.ask("selection", { policy: unknown, purposes: OPTIONAL });
    await grantsNothing(known, ask, "policy-changed", OPTIONAL);
  });
  await t.test("a refusal is taken", async () => {
    const client = await visitor();
    const answer = await client.decide("reject-all", { policy: unknown, notice: unknown });
    assert.deepEqual([answer.status, answer.body.decision.given], [200, []]);
    const { entry } = await client.verify(answer.body.receipt);
    assert.equal(entry.action, "consent.refused");
    assert.equal(answer.body.receipt.record.privacy_notice.policy_standing, "unknown");
  });
  await t.test("a withdrawal is taken", async () => {
    const client = await visitor("accept-all");
    const answer = await client.decide("reject-all", { policy: unknown, notice: unknown, seen: 9 });
    assert.deepEqual([answer.status, answer.body.decision.given], [200, []]);
    assert.equal((await client.verify(answer.body.receipt)).entry.action, "consent.withdrawn");
  });
});

test("the language on record is that of the words, whatever was asked for", async () => {
  for (const locale of ["en", "en-US", "xx"]) {
    for (const choice of ["accept-all", "reject-all"]) {
      const { body } = await (await visitor()).decide(choice, { locale });
      assert.equal(body.receipt.record.privacy_notice.language, "en", `${choice}, ${locale}`);
    }
  }
});

test("a link to a copy works once", async (t) => {
  const client = await visitor("accept-all");
  const gone = async (path) => {
    const answer = await client.request(path);
    isProblem(answer, 404, "not-found");
    return answer.text;
  };
  const { download } = (await client.requestExport()).body;
  const token = download.split("/").at(-1);
  const unknown = await gone(`me/exports/${"A".repeat(86)}`);
  for (const bad of ["x", token.slice(1), `${token}A`, token.slice(0, 43), token.toLowerCase(), "A".repeat(5000), `${token}%00`, "ü"]) {
    await t.test(`${bad.slice(0, 20)} (${bad.length})`, async () => assert.equal(await gone(`me/exports/${bad}`), unknown));
  }
  await t.test("for whoever has it, once", async () => {
    const copy = await new Client(site).request(download);
    assert.deepEqual([copy.status, copy.type], [200, "application/zip"]);
    assert.match(copy.headers.get("content-disposition"), /^attachment/);
    assert.equal(await gone(download), unknown);
  });
  await t.test("two at once", async () => {
    const path = (await client.requestExport()).body.download;
    const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await client.clone().request(path)).status));
    assert.deepEqual(statuses.sort(), [200, 404, 404, 404, 404, 404]);
  });
  await t.test("not once its time is over, nor after an erasure", async () => {
    const [late, erased] = [(await client.requestExport()).body, (await client.requestExport()).body];
    const token = sha256(late.download.split("/").at(-1)).toString("base64url");
    const expire = (db) => db.prepare("UPDATE exports SET expires = 1 WHERE token = ?").run(token);
    await site.restart({ between: () => site.databases("Subject", expire) });
    assert.equal(await gone(late.download), unknown);
    assert.equal((await client.erase()).status, 200);
    assert.equal(await gone(erased.download), unknown);
  });
});

test("KV refuses", async (t) => {
  for (const [who, history] of [["somebody new", []], ["a known device", ["accept-all", "reject-all"]]]) {
    await t.test(`a grant of ${who}: nothing is unblocked until it is asked again`, async () => {
      const client = await visitor(...history);
      const ask = await client.ask("accept-all");
      const size = await sizeOf();
      await site.faults({ refuse_puts: 1 });
      const refused = await client.send(ask);
      isProblem(refused, 503, "unavailable");
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
      assert.deepEqual(refused.setCookies, []);
      const page = await client.page();
      assert.ok(!/ src="http:\/\/127\.0\.0\.1:910/.test(page.text), "every vendor is inert");
      const { status, body } = await client.send(ask);
      assert.deepEqual([status, body.decision.given, body.decision.seq], [200, OPTIONAL, history.length + 1]);
      await client.verify(body.receipt);
      assert.equal(await sizeOf(), size + 1, "one leaf");
      assert.match((await client.page()).text, / src="http:\/\/127\.0\.0\.1:910/);
    });
  }
  for (const [who, history, action] of [["somebody new", [], "consent.refused"], ["a known device", ["accept-all"], "consent.withdrawn"]]) {
    await t.test(`a refusal of ${who} applies, and is recorded later`, async () => {
      const client = await visitor(...history);
      const [size, keys] = [await sizeOf(), await site.keys()];
      await site.faults({ refuse_puts: 2 });
      const ask = await client.ask("reject-all");
      const answer = await client.send(ask);
      assert.ok([200, 202].includes(answer.status), answer.text);
      assert.deepEqual(answer.body.decision.given, []);
      const page = await client.page();
      assert.doesNotMatch(page.text, /<dialog id="consentry"[^>]* open[ >]/, "decided");
      assert.ok(!/ src="http:\/\/127\.0\.0\.1:910/.test(page.text), "every vendor is inert");
      await eventually(async () => (await sizeOf()) === size + 1 && (await site.keys()).length === keys.length + 1, "the record");
      assert.equal((await site.trail()).filter((entry) => entry.action !== "trail.read").at(-1).action, action);
      await site.faults();
      assert.equal((await client.send(ask)).status, 200);
      assert.deepEqual([await sizeOf(), (await site.keys()).length], [size + 2, keys.length + 1], "asked again, it is the same");
    });
  }
  await t.test("an erasure goes on by itself", async () => {
    const client = await visitor("accept-all");
    const store = site.store(client.device);
    await site.faults({ refuse_puts: 1 });
    const answer = await client.clone().erase();
    isProblem(answer, 503, "unavailable");
    assert.match(answer.body.detail, /accepted/);
    await visitor("accept-all");
    await complete(client);
    assert.deepEqual(await site.keys(store), []);
    const again = await client.erase();
    assert.deepEqual([again.status, again.body.erased.records], [200, 1]);
  });
});

test("rights used while an erasure is under way leave nothing behind", async (t) => {
  const during = {
    "an export": (client) => client.requestExport(),
    "a grant": async (client) => {
      const stale = await client.decide("accept-all");
      isProblem(stale, 409, "stale-decision");
      client.seen = stale.body.plan.seen;
      return client.decide("accept-all");
    },
    "a withdrawal": (client) => client.decide("reject-all"),
    "a second erasure": (client) => client.erase(),
  };
  const people = await Promise.all(Object.entries(during).map(async ([what, act]) => {
    const client = await visitor("accept-all");
    const handle = (await client.request("consent/receipt")).body.record.pii_principal_id;
    return { what, act, client, handle, other: client.clone() };
  }));
  const hung = () => site.log.filter((line) => line.includes("fault-point")).length;
  const before = hung();
  await site.faults({ hang_at: "after-commit" });
  for (const { client } of people) client.clone().erase().catch(() => undefined);
  await eventually(() => hung() === before + people.length, "the erasures to stand still");
  await site.faults();
  for (const { what, act, client, handle, other } of people) {
    await t.test(what, async () => {
      const answer = await act(other);
      assert.ok(answer.status < 300, answer.text);
      if (answer.body.receipt) await other.verify(answer.body.receipt);
      await complete(client);
      const { events, keys, outbox, exports, data_key, handle: name } = await client.inside();
      assert.deepEqual([events, keys, outbox, exports, data_key, name], [0, 0, 0, 0, false, false]);
      assert.deepEqual(await site.keys(site.store(client.device)), []);
      assert.ok(!JSON.stringify(await site.trail()).includes(handle), "the log's name for the person is gone");
      if (other.device === client.device) isProblem(await other.request("consent/receipt"), 404);
    });
  }
});

test("a new policy", async (t) => {
  const before = await visitor();
  const [grant, late] = [await before.ask("accept-all"), await (await visitor()).ask("accept-all")];
  const settled = await visitor("accept-all");
  const changed = shopPolicy();
  changed.purposes[1].description.en += " We keep the counts for a year.";

  await t.test("one that is wrong is refused, with every problem and what to write", async () => {
    const current = await site.json("policy");
    const wrong = shopPolicy();
    wrong.consent.lifetime = "P9Y";
    wrong.purposes[1].basis = "legitimate-interests";
    const bodies = [
      [JSON.stringify(wrong), ["purposes[1].basis", "consent.lifetime"]],
      [JSON.stringify({ ...shopPolicy(), colour: "red" }), ["colour"]],
      [JSON.stringify({ ...shopPolicy(), version: 2 }), ["version"]],
      ["{", [""]], ["", [""]], ["[]", undefined], ["null", undefined],
    ];
    for (const [body, paths] of bodies) {
      const response = await site.adopt(body);
      const problem = await response.json();
      assert.deepEqual([response.status, problem.field], [422, "policy"], body.slice(0, 40));
      for (const { message, remedy } of problem.problems) assert.ok(message && remedy);
      if (paths) assert.deepEqual(problem.problems.map(({ path }) => path).sort(), paths.sort());
    }
    const put = (body, type = "application/json") => site.operator("policy", { method: "PUT", body, headers: { "content-type": type } });
    assert.equal((await put(Buffer.from([0x7b, 0xff]))).status, 400);
    assert.equal((await put(" ".repeat(256 * 1024 + 1))).status, 413);
    assert.equal((await put(JSON.stringify(changed), "text/plain")).status, 415);
    assert.equal((await site.api("policy", { method: "PUT", body: JSON.stringify(changed) })).status, 401);
    assert.deepEqual(await site.json("policy"), current, "the old one stays");
    assert.equal((await site.trail()).filter(({ action }) => action === "policy.adopted").length, 1);
  });

  await t.test("comes into force for pages, KV and the trail", async () => {
    const response = await site.adopt(changed);
    const { policy } = await response.json();
    assert.equal(response.status, 200);
    assert.notEqual(policy, grant.policy);
    const page = await visitor();
    assert.equal(page.plan.policy, policy);
    assert.deepEqual(JSON.parse(await (await site.kv()).get("policy/current")), await site.json("policy"));
    assert.ok((await site.keys()).includes(`policy/${policy}`));
    const adopted = (await site.trail()).filter(({ action }) => action === "policy.adopted").at(-1);
    assert.deepEqual([adopted.actor.class, adopted.details.policy], ["operator", policy]);
    assert.doesNotMatch((await settled.page()).text, /<dialog/, "a text has changed, and nobody is asked again");
    assert.equal((await site.adopt(changed)).status, 200);
    const again = (await site.trail()).filter(({ action }) => action === "policy.adopted");
    assert.equal(again.at(-1).index, adopted.index, "the same once more is no event");
  });

  await t.test("a page that showed the old one may still answer it, for a while", async () => {
    const { status, body } = await before.send(grant);
    assert.deepEqual([status, body.decision.given], [200, OPTIONAL]);
    await before.verify(body.receipt);
    const { policy, policy_standing } = body.receipt.record.privacy_notice;
    assert.deepEqual([policy, policy_standing], [grant.policy, "grace"]);
  });

  await t.test("and then no more", async () => {
    await site.restart({ vars: { POLICY_GRACE: "0" } });
    await grantsNothing(await visitor(), late, "policy-changed");
    const refusal = await (await visitor()).post("consent", { ...late, choice: "reject-all" });
    assert.deepEqual([refusal.status, refusal.body.decision.given], [200, []]);
    const withdrawal = await settled.post("consent", { ...late, id: newId(), choice: "reject-all" });
    assert.deepEqual([withdrawal.status, withdrawal.body.decision.given], [200, []]);
    await settled.verify(withdrawal.body.receipt);
  });
});
