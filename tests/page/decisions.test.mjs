// Deciding: what is sent, when it applies, what is remembered.

import assert from "node:assert/strict";
import test from "node:test";
import { arrive, site } from "./stage.mjs";
import { REOPEN, cookieValue, dialogs, eventually, moment, plan, today, untilGiven, visit } from "./support.mjs";

const shown = (page) => page.locator("#consentry").isVisible();
const state = (page) => page.evaluate(() => window.consentry.state());

test("stage two is not loaded before anyone acts, and nothing is stored", async () => {
  const { page, context, errors } = await arrive(site.page("/"));
  await moment();
  assert.equal(site.hits["/.consentry/a/d.js"], undefined);
  assert.equal(await shown(page), true);
  assert.deepEqual(await context.cookies(), []);
  assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
  assert.deepEqual(errors, []);
});

test("a refusal applies at once, is sent whole, and is remembered", async () => {
  let release;
  const held = new Promise((done) => (release = done));
  site.answer = async (body, decide) => (await held, decide(body));
  const url = site.page("/");
  const { page } = await arrive(url);
  await page.click('#consentry [value="reject-all"]');
  await page.locator("#consentry").waitFor({ state: "hidden" });
  assert.deepEqual((await state(page)).refused, ["analytics", "marketing"]);
  release();
  await page.waitForFunction(() => document.cookie.includes("consentry=2."));
  const [{ id, ...body }] = site.bodies;
  assert.match(id, /^[\w-]{22}$/);
  const { policy, notice } = site.plan;
  assert.deepEqual(body, { policy, notice, locale: "en", regime: "opt-in", seen: 0, choice: "reject-all", layer: "banner" });
  site.page("/", { html: REOPEN });
  await visit(page, url);
  assert.deepEqual((await state(page)).refused, ["analytics", "marketing"]);
});

test("a grant applies once it is recorded, and two clicks are one", async () => {
  let release;
  const held = new Promise((done) => (release = done));
  site.answer = async (body, decide) => (await held, decide(body));
  const { page } = await arrive(site.page("/"));
  await page.evaluate(() => (window.said = []) && ["first", "consent", "change"].forEach((name) =>
    addEventListener("consentry:" + name, ({ detail }) => said.push(name + ":" + detail.given))));
  await page.click('#consentry [value="accept-all"]');
  await page.click('#consentry [value="accept-all"]');
  await eventually(() => site.bodies.length, "the decision");
  await moment();
  assert.equal(site.bodies.length, 1);
  assert.deepEqual((await state(page)).given, []);
  assert.equal(await page.textContent("#consentry .consentry-say"), "Saving");
  release();
  await untilGiven(page, "analytics", "marketing");
  assert.equal(await shown(page), false);
  assert.equal(await page.textContent("#consentry .consentry-say"), "");
  const all = "analytics,marketing";
  assert.deepEqual(await page.evaluate(() => said), [`consent:${all}`, `first:${all}`, `change:${all}`]);
});

test("an immediate grant applies at the click", async () => {
  site.answer = () => new Promise(() => {});
  const { page } = await arrive(site.page("/", { p: plan(site.vendor, { grant: "immediate" }) }));
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
});

test("boxes have three states, and one service alone is an exception", async () => {
  const { page } = await arrive(site.page("/"));
  await page.click('[value="choose"]');
  const box = (value) => page.locator(`#consentry-preferences [value="${value}"]`);
  await box("marketing").check();
  assert.equal(await box("ads").isChecked(), true);
  await box("ads").uncheck();
  assert.equal(await box("marketing").isChecked(), false);
  assert.equal(await box("marketing").evaluate(({ indeterminate }) => indeterminate), true);
  await page.click('#consentry-preferences [value="selection"]');
  await page.waitForFunction(() => window.consentry.accepted({ service: "video" }));
  const { purposes, services, objections, service_objections, layer } = site.bodies[0];
  assert.deepEqual({ purposes, services, objections, service_objections, layer },
    { purposes: [], services: ["video"], objections: [], service_objections: [], layer: "preferences" });
  const { refused, services: on } = await state(page);
  assert.deepEqual([refused, on], [["analytics", "marketing"], ["video"]]);
  // Opened again, the boxes are as they were left.
  await page.click("#consentry-open");
  assert.deepEqual([await box("video").isChecked(), await box("ads").isChecked()], [true, false]);
  assert.equal(await box("marketing").evaluate(({ indeterminate }) => indeterminate), true);
  await box("ads").check();
  assert.equal(await box("marketing").isChecked(), true);
});

test("what may be objected to runs until someone does, as a whole or in part", async () => {
  const p = plan(site.vendor, { on: 2, regime: "us", ask: false });
  const url = site.page("/", { p, html: dialogs({ open: false, on: ["marketing"] }) });
  const { page } = await arrive(url);
  assert.deepEqual(await state(page), {
    given: ["marketing"], refused: [], undecided: ["analytics", "marketing"], services: ["ads", "video"], gpc: false,
    regime: "us",
  });
  await page.click("#consentry-open");
  await page.check('[name="service_objection"][value="ads"]');
  await page.click('#consentry-preferences [value="selection"]');
  await page.waitForFunction(() => !window.consentry.accepted({ service: "ads" }));
  await eventually(() => site.bodies.length, "the decision");
  assert.deepEqual(site.bodies[0].service_objections, ["ads"]);
  await page.waitForFunction(() => document.cookie.includes("consentry=2."));
  await visit(page, url);
  assert.deepEqual((await state(page)).services, ["video"]);
  await page.click("#consentry-open");
  await page.check('[name="objection"]');
  await page.click('#consentry-preferences [value="selection"]');
  await untilGiven(page);
  await eventually(() => site.bodies.length === 2, "the objection");
  assert.deepEqual([site.bodies[1].objections, site.bodies[1].service_objections], [["marketing"], []]);
});

test("Global Privacy Control turns off what the plan says, and asks nothing", async () => {
  const init = () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true });
  const p = plan(site.vendor, { on: 3, gpc: 2 });
  const { page } = await arrive(site.page("/", { p }), { init });
  assert.equal(await shown(page), false);
  const { given, gpc } = await state(page);
  assert.deepEqual([given, gpc], [["analytics"], true]);
  await page.click("#consentry-open");
  await page.locator("#consentry-gpc").waitFor();
  await page.click('#consentry-preferences [value="accept-all"]');
  await untilGiven(page, "analytics", "marketing");
  assert.equal(site.bodies[0].gpc, true);
});

test("only a choice made in the signal's presence counts against it", async () => {
  const init = () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true });
  const url = site.page("/", { p: plan(site.vendor, { gpc: 3 }), html: dialogs({ open: false }) });
  for (const [g, given] of [["", []], ["g", ["analytics", "marketing"]]]) {
    const { page } = await arrive(url, { init, cookie: cookieValue({ given: "3", g }) });
    assert.deepEqual((await state(page)).given, given);
  }
  // So it is with a single service.
  for (const [g, services] of [["", []], ["g", ["ads"]]]) {
    const { page } = await arrive(url, { init, cookie: cookieValue({ refused: "3", services: "2", g }) });
    assert.deepEqual((await state(page)).services, services);
  }
});

test("Do Not Track counts where the plan says so", async () => {
  const init = () => Object.defineProperty(navigator, "doNotTrack", { value: "1" });
  for (const [signals, given] of [[{ dnt: true }, []], [undefined, ["analytics", "marketing"]]]) {
    const { page } = await arrive(site.page("/", { p: plan(site.vendor, { on: 3, gpc: 3, signals }) }), { init });
    assert.deepEqual((await state(page)).given, given);
  }
});

test("earlier material: what changed has to be asked again, what was refused stays", async () => {
  const was = { materialold: { p: [1, -1, null], s: [2, null] } };
  const url = site.page("/", { p: plan(site.vendor, { was }), html: dialogs({ open: false }) });
  // Old bit 0 is marketing now; old bit 1 is analytics, changed materially; old service 0 is video now.
  for (const [cookie, given, refused, services] of [
    [{ given: "3" }, ["marketing"], [], ["ads", "video"]],
    [{ given: "2", refused: "1", services: "1" }, [], ["marketing"], ["video"]],
    [{ refused: "3", services: "2" }, [], ["analytics", "marketing"], []],
    [{ given: "4" }, [], [], []],
  ]) {
    const { page } = await arrive(url, { cookie: cookieValue({ material: "materialold", ...cookie }) });
    const now = await state(page);
    assert.deepEqual([now.given, now.refused, now.services], [given, refused, services]);
  }
});

test("a plain decision is read by stage one alone; of any other nothing is permitted without stage two", async () => {
  const was = { materialold: { p: [0, 1] } };
  const url = site.page("/", { p: plan(site.vendor, { was, on: 3 }), html: dialogs({ open: false }) });
  const loads = () => site.hits["/.consentry/a/d.js"] ?? 0;
  const plain = await arrive(url, { cookie: cookieValue({ given: "1", refused: "2" }) });
  assert.deepEqual([(await state(plain.page)).given, loads()], [["analytics"], 0]);
  const earlier = cookieValue({ material: "materialold", given: "1", refused: "2" });
  const other = await arrive(url, { cookie: earlier });
  assert.deepEqual([(await state(other.page)).given, loads()], [["analytics"], 1]);
  site.missing.add("d.js");
  const without = await arrive(url, { cookie: earlier });
  assert.deepEqual([(await state(without.page)).given, without.errors], [[], []]);
});

test("earlier material: an exception lapses as a grant and stands as an objection", async () => {
  const was = { materialold: { p: [0, 1], s: [0, -2, null] } };
  const url = site.page("/", { p: plan(site.vendor, { was, on: 2 }), html: dialogs({ open: false }) });
  // Old service 1 is ads, changed materially.
  for (const [cookie, services] of [
    [{ refused: "3", services: "2" }, []],
    [{ refused: "1", services: "2" }, ["video"]],
    [{ refused: "1", services: "7" }, ["metrics", "video"]],
  ]) {
    const { page } = await arrive(url, { cookie: cookieValue({ material: "materialold", ...cookie }) });
    assert.deepEqual((await state(page)).services, services);
  }
});

test("grants and refusals lapse each in its time; a day ahead is taken, a clock years off is not", async () => {
  const url = site.page("/", { p: plan(site.vendor, { days: 100, refusal_days: 30 }), html: dialogs({ open: false }) });
  for (const [ago, given, refused, asked] of [
    [29, ["analytics"], ["marketing"], false],
    [30, ["analytics"], [], false],
    [99, ["analytics"], [], false],
    [100, [], [], true],
    [-1, ["analytics"], ["marketing"], false],
    [-2, [], [], true],
    [-900, [], [], true],
  ]) {
    const { page } = await arrive(url, { cookie: cookieValue({ given: "1", refused: "2", day: today() - ago }) });
    const now = await state(page);
    assert.deepEqual([ago, now.given, now.refused, await shown(page)], [ago, given, refused, asked]);
  }
});

test("only who gave something that lapsed is asked again", async () => {
  const was = { materialold: { p: [0, -2], s: [0, -2, 2] } };
  for (const [cookie, given, asked] of [
    // What was given changed materially; what was given beside it counts on.
    [{ material: "materialold", given: "3" }, ["analytics"], true],
    // What was refused did: nobody asks.
    [{ material: "materialold", given: "1", refused: "2" }, ["analytics"], false],
    // A single service that was given changed.
    [{ material: "materialold", refused: "3", services: "2" }, [], true],
    // A purpose is new.
    [{ refused: "1" }, [], false],
    [{ given: "1" }, ["analytics"], false],
    // Too old, beside a refusal that counts.
    [{ given: "1", refused: "2", day: today() - 100 }, [], true],
  ]) {
    const p = plan(site.vendor, { was, days: 100, refusal_days: 300 });
    const { page } = await arrive(site.page("/", { p, html: dialogs({ open: false }) }), { cookie: cookieValue(cookie) });
    assert.deepEqual([cookie, (await state(page)).given, await shown(page)], [cookie, given, asked]);
    if (!asked) continue;
    // The edge draws it open then, and what counts on counts on.
    await visit(page, site.page("/open", { p, html: dialogs() }));
    assert.deepEqual([(await state(page)).given, await shown(page)], [given, true]);
    await page.click('#consentry [value="reject-all"]');
    await page.locator("#consentry").waitFor({ state: "hidden" });
    assert.equal((await state(page)).refused.length, 2);
  }
});

test("an objection counts until it is taken back", async () => {
  const p = plan(site.vendor, { on: 3, regime: "us", ask: false, days: 10, refusal_days: 10 });
  const url = site.page("/", { p, html: dialogs({ open: false, on: ["analytics", "marketing"] }) });
  const { page } = await arrive(url, { cookie: cookieValue({ refused: "1", services: "2", day: today() - 300 }) });
  const now = await state(page);
  assert.deepEqual([now.given, now.refused, now.services], [["marketing"], ["analytics"], ["video"]]);
});

test("a button that stops some purposes leaves the others as they are", async () => {
  const p = plan(site.vendor, { on: 3, regime: "us", ask: false });
  const url = site.page("/", { p, html: dialogs({ open: false, on: ["analytics", "marketing"], stop: ["marketing"] }) });
  const { page } = await arrive(url, { cookie: cookieValue({ given: "1" }) });
  let release;
  const held = new Promise((done) => (release = done));
  site.answer = async () => {
    await held;
    const decision = { policy: p.policy, seq: 2, given: ["analytics"], refused: ["marketing"], services: [], until: "" };
    return [200, { decision, receipt: null, recorded: true }, cookieValue({ given: "1", refused: "2", seq: 2 })];
  };
  await page.click("#consentry-open");
  await page.click('#consentry-preferences [value="stop"]');
  await untilGiven(page, "analytics");
  await eventually(() => site.bodies.length, "the decision");
  assert.deepEqual([site.bodies[0].choice, site.bodies[0].purposes], ["stop", ["marketing"]]);
  release();
  await page.waitForFunction(() => document.cookie.includes("consentry=2."));
  assert.deepEqual((await state(page)).refused, ["marketing"]);
});

test("nothing to record is no failure and no decision", async () => {
  const p = plan(site.vendor, { on: 3, regime: "us", ask: false });
  const url = site.page("/", { p, html: dialogs({ open: false, on: ["analytics", "marketing"] }) });
  const { page } = await arrive(url);
  site.answer = () => [200, { decision: null, receipt: null, recorded: true }];
  await page.click("#consentry-open");
  await page.click('#consentry-preferences [value="selection"]');
  await eventually(() => site.bodies.length, "the decision");
  await page.locator("#consentry-preferences").waitFor({ state: "hidden" });
  await moment();
  assert.deepEqual((await state(page)).undecided, ["analytics", "marketing"]);
  assert.deepEqual(await page.evaluate(() => window.consentry.diagnose().then(({ problems }) => problems)), []);
});

test("a grant whose record comes later waits for it", async () => {
  let late = true;
  site.answer = (body, decide) => {
    const [, answer, cookie] = decide(body);
    return late ? [202, { ...answer, recorded: false }] : [200, answer, cookie];
  };
  const { page } = await arrive(site.page("/"));
  await page.click('#consentry [value="accept-all"]');
  await page.waitForFunction(() => localStorage.getItem("consentry.queue"));
  assert.deepEqual((await state(page)).given, []);
  late = false;
  await untilGiven(page, "analytics", "marketing");
  assert.equal(site.bodies[0].id, site.bodies.at(-1).id, "the same decision");
  assert.equal(await page.evaluate(() => localStorage.getItem("consentry.queue")), null);
  assert.equal(await shown(page), false);
});

test("an erasure by script shows the page as to someone new", async () => {
  const { page } = await arrive(site.page("/", { html: REOPEN }), { cookie: cookieValue({ given: "3" }) });
  await page.evaluate(() => (window.stays = true));
  const done = await page.evaluate(() => window.consentry.erase());
  assert.equal(done.erased.records, 1);
  await page.locator("#consentry").waitFor();
  assert.deepEqual((await state(page)).given, []);
  assert.equal(await page.evaluate(() => document.cookie), "");
});

test("a tag that waits for what nobody can refuse is told of", async () => {
  const body = '<script type="text/plain" data-category="necessary">window.ran = 1</script>';
  const { page } = await arrive(site.page("/", { body }));
  const problems = await page.evaluate(() => window.consentry.diagnose().then(({ problems }) => problems));
  assert.match(problems.join(), /a script waits for “necessary”, which is no purpose .* never runs: correct the name/);
});

test("a withdrawal clears, tells, and reloads only for a service that needs it", async () => {
  const cookie = cookieValue({ given: "3" });
  const body = `<script src="http://${site.vendor}/ad.js"></script>`;
  const url = site.page("/deep/page", { html: dialogs({ open: false }), body });
  const { page, context } = await arrive(url, { cookie });
  await page.evaluate(() => {
    document.cookie = "pv_id=1;Path=/deep/";
    document.cookie = "pv_two=1;Path=/";
    document.cookie = "own=1;Path=/";
    localStorage.setItem("pv-queue", "1");
    localStorage.setItem("own", "1");
    window.stays = true;
    window.told = [];
    addEventListener("consentry:withdraw", ({ detail }) => told.push(detail.withdrawn));
  });
  await page.evaluate(() => window.consentry.accept(["marketing"]));
  assert.equal(await page.evaluate(() => window.stays), true);
  assert.deepEqual(await page.evaluate(() => told), [{ purposes: ["analytics"], services: ["metrics"] }]);
  assert.deepEqual((await context.cookies()).map(({ name }) => name).sort(), ["consentry", "own"]);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["own"]);
  await Promise.all([page.waitForEvent("load"), page.evaluate(() => void window.consentry.reject())]);
  assert.equal(await page.evaluate(() => window.stays), undefined);
});

test("without stage two a link leads on and a form sends itself", async () => {
  site.missing.add("d.js");
  const url = site.page("/");
  const { page, errors } = await arrive(url);
  await page.click("#consentry-open");
  await page.waitForURL("**/.consentry/preferences");
  await visit(page, url);
  await page.click('#consentry [value="reject-all"]');
  await page.waitForURL("**/.consentry/consent");
  assert.match(await page.textContent("body"), /native .*choice=reject-all/);
  await visit(page, url);
  assert.match(await page.evaluate(() => window.consentry.accept().catch(String)), /Error: .*import/);
  assert.deepEqual((await state(page)).given, []);
  assert.deepEqual(errors, []);
});

test("who has decided gets the dialogs on use, once", async () => {
  const { page } = await arrive(site.page("/", { html: REOPEN }), { cookie: cookieValue({ given: "1", refused: "2" }) });
  await page.click("#consentry-open");
  await page.locator("#consentry-preferences").waitFor();
  assert.equal(await page.isChecked('#consentry-preferences [value="analytics"]'), true);
  assert.equal(await page.locator("#consentry-open").count(), 1);
  await page.click("#consentry-close");
  await page.click("#consentry-open");
  assert.equal(site.hits["/.consentry/banner"], 1);
});

test("a stale decision grants nothing and asks again; a confirmation is asked for and given", async () => {
  const problem = (type) => [409, { type: `urn:${type}`, detail: "d", decision: null, plan: site.plan }];
  const { page } = await arrive(site.page("/"));
  site.answer = () => problem("stale-decision");
  await page.click('#consentry [value="accept-all"]');
  await page.waitForFunction(() => document.querySelector(".consentry-say").textContent === "Changed");
  assert.deepEqual((await state(page)).given, []);
  assert.equal(await shown(page), true);
  site.answer = (body, decide) => (body.confirmed ? decide(body) : problem("confirmation-needed"));
  await page.click('#consentry [value="accept-all"]');
  await page.click(".consentry-say button");
  await untilGiven(page, "analytics", "marketing");
  assert.equal(site.bodies.at(-1).confirmed, true);
});

test("another tab's decision applies here, and so does its withdrawal", async () => {
  const url = site.page("/");
  const { page, context } = await arrive(url);
  const other = await context.newPage();
  await visit(other, url);
  await page.click('#consentry [value="accept-all"]');
  await untilGiven(other, "analytics", "marketing");
  assert.equal(await shown(other), false);
  await other.evaluate(() => void window.consentry.withdraw());
  await untilGiven(page);
});

test("the page is given an earlier tool's decision to import", async () => {
  const init = () => localStorage.setItem("klaro", '{"analytics":false}');
  site.answer = (body, decide) => decide({ ...body, choice: "reject-all" });
  const url = site.page("/", { p: plan(site.vendor, { migrate: { klaro: "klaro", orejime: "eu-consent" } }) });
  const { page } = await arrive(url, { init });
  await page.waitForFunction(() => window.consentry.state().refused.length === 2);
  assert.equal(await shown(page), false);
  const [{ choice, imported }] = site.bodies;
  assert.deepEqual([choice, imported], ["import", { klaro: '{"analytics":false}' }]);
  site.answer = () => [204, null];
  const { page: next, errors } = await arrive(url, { init });
  await eventually(() => site.bodies.length === 2, "the second import");
  await moment();
  assert.deepEqual([await shown(next), errors], [true, []]);
});
