// Who is turned away: counted, and one entry a minute for all of them.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { Client } from "./client.mjs";
import { eventually, startSite } from "./support.mjs";

let site;
before(async () => {
  // Minutes of four seconds.
  site = await startSite({ vars: { LOG_DENIALS: "4" } });
});
after(() => site?.stop());

const denials = async () => (await site.trail()).filter(({ action }) => action === "access.denied");

test("many denials make few entries, which say how many of what, and of nobody", async () => {
  const attacker = new Client(site, { "user-agent": "MarkedAgent/1", "cf-connecting-ip": "203.0.113.77" });
  const wrong = { authorization: "Bearer MARKED-token-of-nobody-that-is-long-enough" };
  const ask = {
    "audit unauthorized": () => attacker.request("audit?actor=device", { headers: wrong }),
    "requests unauthorized": () => attacker.request("requests"),
    "log/tile/{tile} unauthorized": () => attacker.request("log/tile/entries/000.p/1"),
    "policy unauthorized": () => attacker.request("policy", { method: "PUT", body: "{}", headers: { "content-type": "application/json" } }),
    "cross-origin cross-origin": () => attacker.post("consent", {}, { headers: { origin: "https://evil.example" } }),
  };
  const expected = {};
  for (const [kind, request] of Object.entries(ask)) {
    const count = 20;
    const answers = await Promise.all(Array.from({ length: count }, request));
    for (const { status } of answers) assert.ok([401, 403].includes(status), `${kind}: ${status}`);
    expected[kind] = count;
  }
  const sum = (entries) => {
    const counts = {};
    for (const { details } of entries) {
      for (const { route, reason, count } of details.denied) counts[`${route} ${reason}`] = (counts[`${route} ${reason}`] ?? 0) + count;
    }
    return counts;
  };
  const entries = await eventually(async () => {
    const entries = await denials();
    return Object.values(sum(entries)).reduce((a, b) => a + b, 0) >= 100 && entries;
  }, "the entries of the denials");
  assert.deepEqual(sum(entries), expected);
  assert.ok(entries.length <= 4, `${entries.length} entries of a hundred denials`);
  for (const { actor, outcome, subject, details } of entries) {
    assert.deepEqual([actor.class, outcome, subject], ["anyone", "denied", undefined]);
    assert.equal(Date.parse(details.to) - Date.parse(details.from), 4_000);
  }
  const told = JSON.stringify(entries);
  for (const value of ["MarkedAgent", "203.0.113", "MARKED", "evil.example"]) assert.ok(!told.includes(value), value);
});

test("what was counted survives a crash", async () => {
  const before = (await denials()).length;
  const { status } = await new Client(site).request("requests");
  assert.equal(status, 401);
  await eventually(async () => {
    const lines = site.log.filter((line) => line.includes('"requests"'));
    return lines.length;
  }, "the line");
  // A second is the time in which they are gathered.
  await new Promise((done) => setTimeout(done, 1_500));
  await site.restart({ kill: true });
  // An alarm that a crash interrupted is kept by the platform; any request wakes the object.
  await eventually(async () => (await denials()).length > before, "the entry");
});

test("what is allowed, missing or misspelled is no denial", async () => {
  const before = (await denials()).length;
  const client = new Client(site);
  await client.request("nowhere");
  await client.post("consent", { choice: "nonsense" });
  await client.request("me/exports/none");
  await site.operator("audit");
  await new Promise((done) => setTimeout(done, 6_000));
  assert.equal((await denials()).length, before);
});
