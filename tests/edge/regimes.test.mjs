// Which rules hold for whom: by region, by signal, by what was decided before, and after the policy has changed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "./client.mjs";
import { isProblem, shopPolicy, startSite } from "./support.mjs";

/** The shop's purposes with their uses, and what the tests of signals need. */
function policy() {
  const policy = shopPolicy();
  const uses = { analytics: ["statistics"], marketing: ["sharing", "targeted-advertising"] };
  policy.purposes = policy.purposes.filter(({ id }) => id === "necessary" || uses[id]);
  for (const purpose of policy.purposes) if (uses[purpose.id]) purpose.uses = uses[purpose.id];
  policy.services = policy.services.filter(({ purpose }) => uses[purpose]);
  return policy;
}

let site;
before(async () => (site = await startSite({ policy: policy() })));
after(() => site?.stop());

const from = (region, headers) => new Client(site, { "x-testing-region": region, ...headers });
const isOpen = ({ text }) => /<dialog id="consentry"[^>]* open/.test(text);
const isLive = ({ text }) => /<script[^>]* src="[^"]*\/m\.js"/.test(text);
const cookieOf = (client) => client.cookies.get("consentry").split(".");

test("each region gets its rules, and nothing runs where they are unknown", async (t) => {
  for (const [region, regime, on, asks] of [
    ["IE", "opt-in", undefined, true],
    ["CH", "opt-in", undefined, true],
    ["BR", "opt-in", undefined, true],
    ["XX", "opt-in", undefined, true],
    ["", "opt-in", undefined, true],
    ["GB", "uk", 1, true],
    ["US-CA", "us", 3, undefined],
  ]) {
    await t.test(region || "unknown", async () => {
      const page = await from(region).page();
      assert.deepEqual([page.plan.regime, page.plan.on, page.plan.ask], [regime, on, asks]);
      assert.equal(isOpen(page), Boolean(asks));
      assert.equal(isLive(page), Boolean(on), "the page obeys its own plan");
    });
  }
});

test("the signal refuses, is shown, and asks nobody", async () => {
  const ireland = await from("IE", { "sec-gpc": "1" }).page();
  assert.deepEqual([ireland.plan.ask, ireland.plan.on, ireland.plan.gpc], [undefined, undefined, 3]);
  assert.ok(!isOpen(ireland) && !isLive(ireland));
  const california = await from("US-CA", { "sec-gpc": "1" }).page();
  assert.deepEqual([california.plan.on, california.plan.gpc], [1, 2], "statistics are neither sold nor shared");
  assert.deepEqual(california.setCookies, [], "a header is no identity");
  const shown = await from("US-CA", { "sec-gpc": "1" }).request("preferences");
  assert.match(shown.text, /id="consentry-gpc"/);
  for (const other of ["0", "true", "1, 1", ""]) {
    assert.equal((await from("US-CA", { "sec-gpc": other }).page()).plan.on, 3, `Sec-GPC: ${other}`);
  }
});

test("an objection to a purpose takes none back to a service of it", async () => {
  const client = from("GB");
  await client.page();
  const alone = await client.decide("selection", { purposes: [], service_objections: ["metrics"] });
  assert.deepEqual(alone.body.decision.services, ["metrics"], alone.text);
  const whole = await client.decide("selection", { purposes: [], objections: ["analytics"] });
  assert.deepEqual([whole.body.decision.given, whole.body.decision.services], [[], []], whole.text);
  assert.ok(whole.body.decision.refused.includes("analytics"));
  assert.ok(!isLive(await client.page()), "it does not run");
});

test("a later explicit choice goes before the signal, an earlier one does not", async () => {
  const earlier = from("IE");
  await earlier.decide("accept-all");
  assert.ok(isLive(await earlier.page()));
  earlier.headers["sec-gpc"] = "1";
  assert.ok(!isLive(await earlier.page()), "the signal came later");
  const answer = await earlier.decide("accept-all");
  assert.equal(answer.status, 200, answer.text);
  assert.match(cookieOf(earlier)[5], /^\d+g$/);
  assert.ok(isLive(await earlier.page()), "the choice came later");
  assert.equal(answer.body.receipt.record.rules.privacy_signal, true);
});

test("California: one click stops sale and sharing, allowing it again takes two", async () => {
  const client = from("US-CA");
  await client.page();
  const stopped = await client.decide("stop", { purposes: ["marketing"], layer: "preferences" });
  assert.equal(stopped.status, 200, stopped.text);
  assert.deepEqual(stopped.body.decision.refused, ["marketing"]);
  assert.equal(client.device, undefined, "an objection makes no identity");
  const { plan, text } = await client.page();
  assert.equal(plan.on, 3);
  assert.doesNotMatch(text, / src="[^"]*9102/, "the advertiser's tags are inert");

  const again = { purposes: ["marketing"], layer: "preferences" };
  client.seen = 0;
  isProblem(await client.decide("selection", again), 409, "confirmation-needed");
  const allowed = await client.decide("selection", { ...again, confirmed: true });
  assert.equal(allowed.status, 200, allowed.text);
  assert.deepEqual(allowed.body.decision.given, ["marketing"]);
  const { record } = allowed.body.receipt;
  assert.equal(record.rules.confirmed, true);
  assert.deepEqual([record.rules.regime, record.rules.region], ["us", "US-CA"]);
  await client.verify(allowed.body.receipt);
});

test("an objection that is no longer ticked is consent, and without JavaScript it is confirmed on a page", async () => {
  const client = from("US-CA");
  const ask = await client.ask("selection");
  const fields = { ...ask, layer: "preferences", return: "/about" };
  const objected = await client.form("consent", { ...fields, objection: "marketing" });
  assert.equal(objected.status, 303, objected.text);
  assert.match(cookieOf(client)[3], /^2$/, "refused");

  delete fields.id;
  const page = await client.form("consent", fields);
  assert.equal(page.status, 409);
  assert.match(page.text, /name="confirmed" value="yes"/);
  const pairs = Array.from(page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g), ([, name, value]) => [name, value]);
  const confirmed = await client.form("consent", pairs);
  assert.equal(confirmed.status, 303, confirmed.text);
  assert.equal(cookieOf(client)[2], "2", "given");
});

test("where data is used until an objection, saving without one records nothing", async () => {
  const client = from("US-CA");
  const before = (await site.readLog()).size;
  const answer = await client.decide("selection", { purposes: [] });
  assert.deepEqual([answer.status, answer.body?.decision], [200, null], answer.text);
  assert.equal((await site.readLog()).size, before);
  assert.equal(client.cookies.size, 0);
});

test("a grant from a page of weaker rules is no consent here", async () => {
  const client = from("US-CA");
  await client.page();
  client.headers["x-testing-region"] = "IE";
  isProblem(await client.decide("accept-all"), 409, "policy-changed");
  assert.equal((await client.decide("reject-all")).status, 200, "a refusal always counts");
});

test("what was left on in one region is no consent in another", async () => {
  const client = from("US-CA");
  await client.page();
  await client.decide("stop", { purposes: ["marketing"] });
  client.headers["x-testing-region"] = "IE";
  const page = await client.page();
  assert.ok(!isLive(page), "statistics were not consented to");
});

test("a single service can be given and withdrawn", async () => {
  const client = from("IE");
  const answer = await client.decide("selection", { purposes: [], services: ["metrics"], layer: "placeholder" });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body.decision.services, ["metrics"]);
  assert.deepEqual(answer.body.receipt.record.services.map(({ service, status }) => [service, status]), [["metrics", "given"]]);
  await client.verify(answer.body.receipt);
  assert.ok(isLive(await client.page()), "its script is let through");
  const withdrawn = await client.decide("reject-all");
  assert.deepEqual(withdrawn.body.decision.services, []);
  assert.ok(!isLive(await client.page()));
  isProblem(await client.decide("selection", { purposes: [], services: ["nowhere"] }), 422, "invalid-field");
});

test("the receipt says which rules held and why", async () => {
  const client = from("GB-SCT");
  const { body } = await client.decide("accept-all");
  assert.deepEqual(body.receipt.record.rules, {
    regime: "uk", region: "GB-SCT", reason: "GB-SCT: PECR regulation 6 and schedule A1", privacy_signal: false,
  });
  const trail = await site.trail();
  const entry = trail.find(({ event }) => event === body.receipt.record.record_id);
  assert.equal(entry?.details.regime, "uk");
});

test("the decision cookie is short, and the same for all who decided the same", async () => {
  const values = [];
  for (const client of [from("IE"), from("FR")]) {
    await client.decide("reject-all");
    values.push(client.cookies.get("consentry"));
  }
  assert.equal(values[0], values[1]);
  assert.ok(`consentry=${values[0]}`.length <= 120, values[0]);
});

test("a page without the dialogs gets them by themselves", async () => {
  const client = from("IE", { "accept-language": "de" });
  await client.decide("reject-all");
  const page = await client.page();
  assert.doesNotMatch(page.text, /<dialog/, "who has decided is not sent them with every page");
  assert.match(page.text, /id="consentry-open"/);
  const { body, type, headers } = await client.request(page.plan.dialogs);
  assert.match(type, /^application\/json/);
  assert.equal(headers.get("cache-control"), "private, no-store");
  assert.match(body.html, /<dialog id="consentry-preferences"/);
  assert.equal(body.plan.policy, page.plan.policy);
  assert.ok(body.words.failed && body.css.startsWith("/.consentry/"));
});

test("gpc.json says that the signal is honoured", async () => {
  const response = await site.fetch("/.well-known/gpc.json");
  assert.equal(response.headers.get("content-type"), "application/json");
  const { gpc, lastUpdate } = await response.json();
  assert.equal(gpc, true);
  assert.match(lastUpdate, /^\d{4}-\d\d-\d\d$/);
});

test("languages are negotiated by the whole header", async () => {
  const german = policy();
  for (const purpose of german.purposes) {
    purpose.name.de = `${purpose.id} auf Deutsch`;
    purpose.description.de = "Was damit geschieht.";
  }
  await site.adopt(german);
  const locale = async (header) => (await from("IE", { "accept-language": header }).page()).plan.locale;
  assert.equal(await locale("de-AT,de;q=0.9,en;q=0.8"), "de");
  assert.equal(await locale("fr;q=1,en;q=0.2,de;q=0.7"), "de");
  assert.equal(await locale("de;q=0, en"), "en");
  assert.equal(await locale("\"><script>"), "en");
  await site.adopt(policy());
});

test("a change of text asks nobody, a material one those who had agreed to it", async (t) => {
  const agreed = from("IE");
  await agreed.decide("accept-all");
  const half = from("IE");
  await half.decide("selection", { purposes: ["analytics"] });
  const refused = from("IE");
  await refused.decide("reject-all");
  const everyone = { agreed, half, refused };
  const state = async () => {
    const found = {};
    for (const [name, client] of Object.entries(everyone)) {
      const page = await client.page();
      found[name] = [isOpen(page), isLive(page)];
    }
    return found;
  };
  const still = { agreed: [false, true], half: [false, true], refused: [false, false] };
  assert.deepEqual(await state(), still);

  await t.test("a text", async () => {
    const changed = policy();
    changed.purposes[1].description.en = "Counts which pages and pots are looked at. Nothing else.";
    assert.equal((await site.adopt(changed)).status, 200);
    assert.deepEqual(await state(), still);
  });
  await t.test("a recipient of marketing", async () => {
    const changed = policy();
    changed.services.find(({ id }) => id === "ads").recipient.name = "Other Ads Inc.";
    assert.equal((await site.adopt(changed)).status, 200);
    assert.deepEqual(await state(), { ...still, agreed: [true, true] });
    const { plan } = await agreed.page();
    assert.deepEqual(Object.values(plan.was), [{ p: [0, -2], s: [0, -2] }], "the page knows as well");
    const status = await agreed.status();
    assert.deepEqual(status.body.decision.given, ["analytics"], "and so does the server");
  });
  await t.test("a new purpose", async () => {
    const changed = policy();
    changed.purposes.push({
      id: "video", essential: false, basis: "consent", name: { en: "Films" }, description: { en: "Plays films." },
    });
    assert.equal((await site.adopt(changed)).status, 200);
    assert.deepEqual(await state(), still, "who has decided is not asked before their choice ends; it stays off");
  });
  await site.adopt(policy());
});

test("a theme comes as a stylesheet of its own", async () => {
  const themed = policy();
  themed.theme = { light: { accent: "#7a1f3d", on_accent: "#ffffff" }, layout: "bar", position: "top" };
  assert.equal((await site.adopt(themed)).status, 200);
  const page = await from("IE").page();
  const url = /<link rel="stylesheet" href="(\/\.consentry\/style\/[\w-]+\.css)">/.exec(page.text)?.[1];
  assert.ok(url, "its address is in the page");
  const response = await site.fetch(url);
  assert.match(response.headers.get("cache-control"), /immutable/);
  assert.match(await response.text(), /#7a1f3d/);
  await site.adopt(policy());
  const older = await site.fetch(url);
  assert.equal(older.headers.get("cache-control"), "no-store", "a page of before gets today's, and keeps it not");
  assert.ok(!(await older.text()).includes("#7a1f3d"));
});

test("vendors that are told by signal hear it before anything else", async () => {
  const telling = policy();
  telling.signals = { google: { types: { analytics_storage: "analytics", ad_storage: "marketing" } } };
  assert.equal((await site.adopt(telling)).status, 200);
  const { text } = await from("IE").page();
  const first = /<head>\s*<script src="\/\.consentry\/a\/s\.[\w]+\.js" data-signals="([^"]*)" data-state="(\d+)"/.exec(text);
  assert.ok(first, text.slice(0, 400));
  assert.deepEqual(JSON.parse(first[1].replaceAll("&quot;", '"')).google.types, { ad_storage: 1, analytics_storage: 0 });
  assert.equal(first[2], "0");
  const client = from("IE");
  await client.decide("selection", { purposes: ["analytics"] });
  assert.match((await client.page()).text, /data-state="1"/);
  await site.adopt(policy());
});

test("a signal that only the page knows counts as well", async () => {
  const client = from("IE");
  const answer = await client.decide("accept-all", { gpc: true });
  // The page showed the words of somebody without a signal: it is shown the others first.
  isProblem(answer, 409, "policy-changed");
  const refused = await client.decide("reject-all", { gpc: true });
  assert.equal(refused.status, 200, refused.text);
});

test("a page made for the strictest rules may be answered anywhere", async () => {
  const client = from("");
  await client.page();
  client.headers["x-testing-region"] = "US-CA";
  const answer = await client.decide("accept-all");
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.receipt.record.rules.regime, "opt-in");
  assert.ok(isLive(await client.page()));
});

test("a policy is adopted with its warnings", async () => {
  const warned = policy();
  warned.signals = { google: { types: { analytics_storage: "analytics" }, advanced: true } };
  const { warnings } = await (await site.adopt(warned)).json();
  const advanced = warnings.find(({ path }) => path.startsWith("signals.google"));
  assert.equal(advanced.severity, "warning");
  assert.ok(advanced.why && advanced.remedy);
  await site.adopt(policy());
});
