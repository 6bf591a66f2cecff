// "Your data and your rights" in the preferences: how far a copy is, what is said when something fails, what stays; and the
// same panel for an account, whose tokens go with each request.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import test, { beforeEach } from "node:test";
import { arrive, site } from "./stage.mjs";
import { cookieValue, dialogs, eventually, moment } from "./support.mjs";

const ME = "/.consentry/me";

/** The section as the preferences have it at first. */
const DATA = `<section id="consentry-data"><h3 id="consentry-data-title">Your data</h3>
<p><a id="consentry-rights" href="${ME}">Your rights</a></p>
<form method="post" action="${ME}/exports"><button>Download</button></form>
<form method="post" action="${ME}/erasure"><input type="checkbox" name="confirm" value="yes"><button>Erase</button></form>
<p id="consentry-status" role="status"></p><p id="consentry-proof"></p></section>`;

const SENTENCES = { "": "Other", "legal-hold": "Held", "too-many": "Often", "step-up-needed": "Who" };

const own = (action, inside, button) =>
  `<form method="post" action="${ME}/${action}"><input type="hidden" name="return" value="/">${inside}<button>${button}</button></form>`;
const right = (name) => `<input type="hidden" name="right" value="${name}">`;

/** The panel as the edge draws it, as far as the page's script looks at it. */
const panel = (who, requests) => `<h3 id="consentry-data-title" tabindex="-1">Rights of ${who}</h3>
<p id="consentry-status" role="status" data-sent="Sent" data-progress="{done} of {total}" data-problems='${JSON.stringify(SENTENCES)}'></p>
<ul>${requests.map((text) => `<li>${text}</li>`).join("")}</ul>
${own("requests/AQ/revoke", "", "Revoke")}${own("requests/AQ/copy", "", "Again")}${own("restriction/lift", "", "Lift")}
${own("exports", right("access"), "Copy")}${own("requests", `${right("human-review")}<textarea name="statement"></textarea>`, "Review")}
${own("requests", `${right("objection")}<input type="checkbox" name="purposes" value="analytics" checked>`, "Object")}
${own("erasure", '<input type="checkbox" name="confirm" value="yes">', "Erase all")}<p id="consentry-proof"></p>`;

const link = () => ({ download: `${ME}/exports/x`, expires: "", bytes: 3e6 });
const problem = (type, more) => ({ type: `/.consentry/problems/${type}`, title: "English", detail: "English.", ...more });

/** Every request about the person's data: its method, path and token, and whether the browser sent it by itself. */
let asked = [];
/** Answers of a test's own, by path: `[status, body]`. */
let answers = {};
/** What the list shows. */
let requests = [];

beforeEach(() => {
  [asked, answers, requests] = [[], {}, []];
  const answer = (path, usual) => {
    site.routes[path] = ({ request, body, send }) => {
      const { authorization: token, accept } = request.headers;
      asked.push({ did: `${request.method} ${path.slice(ME.length)}`, token, body, native: !/json/.test(accept) });
      const given = answers[path.slice(ME.length)];
      if (given === null) return request.socket.destroy();
      const [status, reply] = given ?? [200, usual(token)];
      send(status, "application/json", JSON.stringify(reply));
    };
  };
  answer(ME, (token) => ({ html: panel(token ? "the account" : "the device", requests) }));
  answer(`${ME}/requests`, () => ({ request: {}, restricted: false }));
  answer(`${ME}/requests/AQ/revoke`, () => ({ request: {} }));
  answer(`${ME}/requests/AQ/copy`, link);
  answer(`${ME}/restriction/lift`, () => ({ restricted: false }));
  answer(`${ME}/exports`, link);
  answer(`${ME}/erasure`, () => ({ erased: { records: 2 }, kept: [], note: "Gone" }));
  site.routes[`${ME}/exports/x`] = ({ send }) => send(200, "application/zip", "PK");
});

const shop = (path) => site.page(path, { html: dialogs({ open: false, data: DATA }) });
const status = (page) => page.textContent("#consentry-status");
const said = (page, text) => page.waitForFunction((text) => document.getElementById("consentry-status")?.textContent === text, text);
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** A visitor who decided, and opened the preferences. */
async function opened(path) {
  const someone = await arrive(shop(path), { cookie: cookieValue({ given: "3" }) });
  await someone.page.click("#consentry-open");
  await someone.page.waitForSelector("#consentry-preferences[open]");
  return someone;
}

/** The same with the panel. */
async function withPanel(path) {
  const someone = await opened(path);
  await someone.page.click("#consentry-rights");
  await someone.page.getByText("Rights of the device").waitFor();
  return someone;
}

/** A visitor whose account's panel is open; `fresh` is what the tokens were asked for as. */
async function withAccount(path) {
  const someone = await arrive(shop(path), { cookie: cookieValue({ given: "3" }) });
  await someone.page.evaluate(() => {
    window.fresh = [];
    addEventListener("consentry:erased", ({ detail }) => (window.erased = detail));
    return window.consentry.showRights({ token: (fresh) => "t" + window.fresh.push(fresh) });
  });
  await someone.page.getByText("Rights of the account").waitFor();
  return someone;
}

test("a copy says how far it is while it comes", async () => {
  const { page, errors } = await withPanel("/copy");
  const piece = Buffer.alloc(1e6);
  let more;
  const next = () => new Promise((go) => (more = go));
  site.routes[`${ME}/exports/x`] = async ({ response }) => {
    response.writeHead(200, { "content-type": "application/zip" }).write(piece);
    await next();
    response.write(piece);
    await next();
    response.end(piece);
  };
  const downloaded = page.waitForEvent("download");
  await button(page, "Copy").click();
  const done = async () => Number(/^([\d.]+) of 3$/.exec(await status(page))?.[1] ?? 0);
  const first = await eventually(done, "the first piece to be told of");
  assert.ok(first <= 1, `${first} of 3`);
  // Who listens to the page is not told more often.
  await moment(600);
  more();
  const second = await eventually(async () => ((await done()) > 1 ? done() : 0), "the second piece to be told of");
  assert.ok(second < 3, `${second} of 3`);
  more();
  const download = await downloaded;
  assert.equal(download.suggestedFilename(), "my-data.zip");
  assert.equal(statSync(await download.path()).size, 3e6);
  await said(page, "Exported");
  assert.deepEqual(errors, []);
});

test("what was found of the receipt stays, whatever is done in the panel", async () => {
  const { page } = await opened("/proof");
  await page.evaluate(() => (document.getElementById("consentry-proof").textContent = "Proved"));
  const proof = () => page.locator("#consentry-data #consentry-proof");
  await page.click("#consentry-rights");
  await page.getByText("Rights of the device").waitFor();
  assert.deepEqual(await proof().allTextContents(), ["Proved"]);
  await button(page, "Review").click();
  await said(page, "Sent");
  assert.deepEqual(await proof().allTextContents(), ["Proved"]);
  answers["/erasure"] = [409, problem("legal-hold", { request: {} })];
  await button(page, "Erase all").click();
  await said(page, "Held");
  assert.deepEqual(await proof().allTextContents(), ["Proved"]);
  delete answers["/erasure"];
  await button(page, "Erase all").click();
  await page.getByText("Gone").waitFor();
  assert.deepEqual(await proof().allTextContents(), [""], "what was proved is erased");
});

test("what fails is said in the page's words, and nothing that was written is lost", async () => {
  const { page, errors } = await withPanel("/fails");
  const drawn = () => asked.filter(({ did }) => did === "GET ").length;
  await page.fill("textarea", "Look again");
  for (const [type, sentence] of [["too-many", "Often"], ["cross-origin", "Other"], ["too-many", "Often"]]) {
    answers["/requests"] = [429, problem(type)];
    await button(page, "Review").click();
    await said(page, sentence);
    assert.equal(await page.inputValue("textarea"), "Look again");
  }
  answers["/requests"] = null;
  await button(page, "Review").click();
  await said(page, "Other");
  assert.equal(drawn(), 1);
  // A request that was refused is in the list, with the reasons.
  requests = ["Refused: in court"];
  answers["/erasure"] = [409, problem("legal-hold", { request: {} })];
  await button(page, "Erase all").click();
  await said(page, "Held");
  await page.getByText("Refused: in court").waitFor();
  assert.equal(drawn(), 2);
  assert.deepEqual(errors, []);
});

test("what fails before the panel is there brings it", async () => {
  const { page } = await opened("/brings");
  answers["/erasure"] = [409, problem("legal-hold")];
  await button(page, "Erase").click();
  await said(page, "Held");
  await page.getByText("Rights of the device").waitFor();
  answers[""] = null;
  answers["/exports"] = null;
  const other = (await opened("/no-edge")).page;
  await button(other, "Download").click();
  await said(other, "Failed");
});

test("an account's panel sends a token with each request", async () => {
  const { page, errors } = await withAccount("/account");
  assert.equal(await page.evaluate(() => document.activeElement.id), "consentry-data-title", "the keyboard follows");
  const url = page.url();
  const done = (did) => eventually(() => asked.some((one) => one.did === did), did);
  for (const [name, did] of [["Revoke", "POST /requests/AQ/revoke"], ["Lift", "POST /restriction/lift"], ["Review", "POST /requests"], ["Object", "POST /requests"]]) {
    asked = [];
    await button(page, name).click();
    await done(did);
    await done("GET ");
    // What is taken back or lifted shows that itself.
    if (did === "POST /requests") await said(page, "Sent");
    assert.ok(asked.every(({ token, native }) => /^Bearer t\d+$/.test(token) && !native), JSON.stringify(asked));
  }
  asked = [];
  for (const [name, did] of [["Copy", "POST /exports"], ["Again", "POST /requests/AQ/copy"]]) {
    const downloaded = page.waitForEvent("download");
    await button(page, name).click();
    await downloaded;
    await done(did);
  }
  assert.deepEqual(await page.evaluate(() => window.fresh.filter(Boolean)), [], "having logged in is enough");
  answers["/erasure"] = [403, problem("step-up-needed", { request: {} })];
  await button(page, "Erase all").click();
  await said(page, "Who");
  delete answers["/erasure"];
  await button(page, "Erase all").click();
  await page.getByText("Gone").waitFor();
  assert.ok(asked.every(({ token, native }) => /^Bearer t\d+$/.test(token) && !native), JSON.stringify(asked));
  assert.equal((await page.evaluate(() => window.fresh.filter(Boolean))).length, 2, "for what cannot be undone");
  assert.deepEqual(await page.evaluate(() => window.erased), { erased: { records: 2 }, kept: [], note: "Gone" });
  assert.equal(page.url(), url, "nothing was sent by the browser itself, as this device");
  assert.deepEqual(await page.evaluate(() => window.consentry.given()), ["analytics", "marketing"], "the device keeps what is its own");
  assert.deepEqual(errors, []);
});

test("an account is shown no longer than its panel is open", async () => {
  const { page, errors } = await withAccount("/closes");
  await page.click("#consentry-close");
  await page.waitForFunction(() => document.getElementById("consentry-data-title").textContent === "Your data");
  asked = [];
  await page.click("#consentry-open");
  const downloaded = page.waitForEvent("download");
  await button(page, "Download").click();
  await downloaded;
  await page.evaluate(() => window.consentry.showRights());
  await page.getByText("Rights of the device").waitFor();
  assert.deepEqual(asked.map(({ did, token }) => [did, token]), [["POST /exports", undefined], ["GET ", undefined]]);
  assert.deepEqual(errors, []);
});

test("without a token nothing is shown, and nothing is done as the device", async () => {
  const { page } = await arrive(shop("/signed-out"));
  const failed = await page.evaluate(() =>
    window.consentry.showRights({ token: () => Promise.reject(Error("signed out")) }).catch(({ message }) => message));
  assert.equal(failed, "signed out");
  assert.deepEqual(asked, []);
  assert.equal(await page.textContent("#consentry-data-title"), "Your data");
  assert.equal(await page.locator("#consentry-preferences").isVisible(), false);
});
