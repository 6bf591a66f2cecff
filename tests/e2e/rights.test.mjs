// "Your data and your rights": the panel in the preferences, the same as a page without JavaScript, and on another origin.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { startBrowser } from "../browser.mjs";
import { unpack } from "../archive.mjs";
import { ConsentPage } from "./consent-page.mjs";
import { eventually, picture, startShop, visitor } from "./support.mjs";

const AXE = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

let shop, blog, browser;
before(async () => {
  blog = createServer((request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Blog</title><script async src="${shop.url}/.consentry/a/c.js"></script><h1>A blog</h1>`);
  }).listen(0, "127.0.0.1");
  await once(blog, "listening");
  blog.url = `http://localhost:${blog.address().port}`;
  shop = await startShop({ alter: ({ site }) => (site.origins = [blog.url]) });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  blog?.close();
});

const operator = async (path, body) => (await shop.api(path, {
  method: body ? "POST" : "GET",
  headers: { authorization: `Bearer ${shop.adminToken}`, ...(body && { "content-type": "application/json" }) },
  body: body && JSON.stringify(body),
})).body;

const given = (page) => page.evaluate(() => window.consentry.given());

async function assertAccessible(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await window.axe.run(document, { runOnly: tags });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  });
  assert.deepEqual(found, []);
}

/** A visitor who agreed to everything and opened the panel. */
async function arrive(site, options) {
  const who = await visitor(browser, options);
  const own = new ConsentPage(who.page, site);
  await own.visit();
  await own.acceptAll.click();
  await who.page.waitForFunction(() => window.consentry.given().length === 3);
  await own.reopen();
  await who.page.getByRole("link", { name: "Your data and your rights" }).click();
  await who.page.getByText("You have asked for nothing yet.").waitFor();
  /** A right, opened. */
  const right = async (name) => {
    const details = own.data.locator("details").filter({ has: who.page.locator("summary", { hasText: name }) });
    await details.locator("summary").click();
    return details;
  };
  return { ...who, own, right };
}

test("every right in the preferences, and how it stands", async () => {
  const { page, own, right, errors, context } = await arrive(shop.url);
  assert.equal(await page.evaluate(() => document.activeElement.id), "consentry-data-title", "the keyboard follows");
  await own.preferences.evaluate((dialog) => dialog.querySelectorAll("details").forEach((one) => (one.open = true)));
  await assertAccessible(page);
  await page.setViewportSize({ width: 760, height: 2400 });
  await own.preferences.evaluate((dialog) => (dialog.style.maxHeight = "none"));
  await picture(page, "rights");
  await own.preferences.evaluate((dialog) => dialog.style.removeProperty("max-height"));
  await page.setViewportSize({ width: 1280, height: 800 });
  await own.data.evaluate((data) => data.querySelectorAll("details").forEach((one) => (one.open = false)));

  const review = await right("Review by a person");
  await review.getByLabel("In your own words").fill("<b>Look again</b>");
  await review.getByRole("button", { name: "Send" }).click();
  await page.getByText("Your request has been received.").waitFor();
  await page.getByText("being worked on").waitFor();
  await own.data.locator("li", { hasText: /Answer planned by \d{4}-\d\d-\d\d · Answered by \d{4}-\d\d-\d\d at the latest/ }).waitFor();
  assert.match(await own.untilProved(), /^Receipt verified/, "the receipt stays in the panel");
  const [{ id }] = (await operator("requests")).requests;
  assert.equal((await operator(`requests/${id}`)).asked.statement, "<b>Look again</b>");
  await operator(`requests/${id}`, { do: "done", note: "We <i>looked</i> again." });

  const objection = await right("Objection");
  await objection.getByLabel("Analytics").check();
  await objection.getByRole("button", { name: "Send" }).click();
  // What runs ends with the page; the panel is a page of its own then.
  await page.getByText("Answer: We <i>looked</i> again.").waitFor();
  await page.getByText("Your request has been received.").waitFor();
  await page.getByRole("link", { name: "Back to" }).click();
  await own.ready();
  assert.deepEqual(await given(page), ["marketing", "media"]);
  const again = async () => {
    await own.reopen();
    await page.getByRole("link", { name: "Your data and your rights" }).click();
  };
  await again();
  const withdrawal = await right("Withdrawal of everything");
  await withdrawal.getByRole("button", { name: "Send" }).click();
  await page.getByRole("link", { name: "Back to" }).click();
  await own.ready();
  assert.deepEqual(await given(page), []);
  await again();
  await eventually(async () => (await own.data.locator("li").count()) === 3, "the requests to be listed");
  const copy = await right("Copy of everything");
  const [download] = await Promise.all([page.waitForEvent("download"), copy.getByRole("button", { name: "Download my data" }).click()]);
  const files = unpack(await download.path());
  assert.ok(files["consent-history.json"]);
  // What is for reading is a page that runs nothing and is accessible.
  const reading = await context.newPage();
  await reading.setContent(files["index.html"]);
  await reading.getByText("Copy of your data").first().waitFor();
  await assertAccessible(reading);
  await picture(reading, "copy-index", { fullPage: true });
  await reading.setContent(files["consent-history.html"]);
  await picture(reading, "copy-decisions");
  await reading.close();
  await eventually(async () => (await own.data.locator("li").count()) === 4, "the copy to be listed");
  const once = await right("Copy of everything");
  await once.getByLabel("Passphrase (optional)").fill("violin marble octopus");
  const [encrypted] = await Promise.all([page.waitForEvent("download"), once.getByRole("button", { name: "Download my data" }).click()]);
  assert.equal(encrypted.suggestedFilename(), "my-data-encrypted.zip");
  assert.equal(readFileSync(await encrypted.path()).readUInt16LE(8), 99, "AES, says the method");
  await page.getByText("Your download has started.").waitFor();
  assert.equal(await copy.getByLabel("Passphrase (optional)").inputValue(), "", "it does not stay in the page");
  assert.deepEqual(errors, []);
  await context.close();
});

test("a restriction, with what it does and the way out", async () => {
  const { page, own, right, context } = await arrive(shop.url);
  const restriction = await right("Restriction");
  await restriction.getByLabel("I need it for legal claims").check();
  await restriction.getByRole("button", { name: "Send" }).click();
  await page.getByText("your data is only stored").waitFor();
  assert.equal(await own.data.locator("summary", { hasText: "Restriction" }).count(), 0, "it is asked for once");
  await picture(page, "restricted");
  await Promise.all([page.waitForEvent("load"), own.close.click()]);
  await own.ready();
  assert.deepEqual(await given(page), [], "nothing optional runs");
  await own.reopen();
  await page.getByRole("link", { name: "Your data and your rights" }).click();
  await page.getByRole("button", { name: "Lift the restriction" }).click();
  await eventually(async () => (await own.data.locator("summary", { hasText: "Restriction" }).count()) === 1, "it to be lifted");
  await Promise.all([page.waitForEvent("load"), own.close.click()]);
  await own.ready();
  assert.deepEqual(await given(page), ["analytics", "marketing", "media"], "what was decided before holds again");
  await context.close();
});

test("without JavaScript it is a page, with the same rights", async () => {
  const { page, context, errors } = await visitor(browser, { javaScriptEnabled: false });
  await page.goto(`${shop.url}/.consentry/preferences`);
  await page.getByRole("link", { name: "Your data and your rights" }).click();
  await page.getByText("Correction", { exact: true }).click();
  const form = page.locator("form", { has: page.locator('[value="rectification"]') });
  await form.getByLabel("In your own words").fill("My name has two n.");
  await form.getByRole("button", { name: "Send" }).click();
  await page.getByText("Your request has been received.").waitFor();
  await page.getByText("being worked on").waitFor();
  await picture(page, "rights-page", { fullPage: true });
  await page.getByText("Copy of everything", { exact: true }).click();
  const copy = page.locator("form", { has: page.locator('[value="access"]') });
  const [plain] = await Promise.all([page.waitForEvent("download"), copy.getByRole("button").click()]);
  assert.equal(plain.suggestedFilename(), "my-data.zip");
  await copy.getByLabel("Passphrase (optional)").fill("violin marble octopus");
  const [encrypted] = await Promise.all([page.waitForEvent("download"), copy.getByRole("button").click()]);
  assert.equal(encrypted.suggestedFilename(), "my-data-encrypted.zip");
  await page.getByText("Restriction", { exact: true }).click();
  await page.getByLabel("It is wrong, and must not be used until that has been checked").check();
  await page.locator("form", { has: page.locator('[value="restriction"]') }).getByRole("button").click();
  await page.getByText("your data is only stored").waitFor();
  await page.getByRole("button", { name: "Lift the restriction" }).click();
  await page.getByText("Restriction", { exact: true }).first().waitFor();
  assert.equal(await page.getByText("your data is only stored").count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test("without JavaScript the receipt is there, and what fails is a page with the reason, in the visitor's language", async () => {
  const { page, context, errors } = await visitor(browser, { javaScriptEnabled: false, locale: "de-DE" });
  const panel = `${shop.url}/.consentry/me`;
  await page.goto(shop.url);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Alle akzeptieren" }).click()]);
  await page.goto(panel);
  const [receipt] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Beleg Ihrer letzten Entscheidung" }).click()]);
  assert.equal(receipt.suggestedFilename(), "receipt.json");
  assert.ok(JSON.parse(readFileSync(await receipt.path(), "utf8")).record);

  const failed = async (page, reason) => {
    await page.getByRole("heading", { name: "Das hat nicht funktioniert" }).waitFor();
    await page.getByText(reason).waitFor();
    assert.equal(await page.getByText("alles Optionale bleibt aus").count(), 0, "it is about something else");
    await picture(page, "refused-page");
    await page.getByRole("link", { name: "Ihre Daten und Ihre Rechte" }).click();
    await page.getByRole("heading", { name: "Ihre Anträge" }).waitFor();
  };
  // A link to a copy works once.
  await page.getByText("Kopie aller Daten", { exact: true }).click();
  const copy = page.locator("form", { has: page.locator('[value="access"]') });
  const [download] = await Promise.all([page.waitForEvent("download"), copy.getByRole("button").click()]);
  await download.path();
  await page.goto(download.url());
  await failed(page, "Hier ist nichts, oder nichts mehr.");
  // What was lifted in another window holds no more.
  await page.getByText("Einschränkung", { exact: true }).click();
  await page.getByLabel("Ich brauche meine Daten für Rechtsansprüche").check();
  await page.locator("form", { has: page.locator('[value="restriction"]') }).getByRole("button").click();
  await page.getByText("werden Ihre Daten nur noch gespeichert").waitFor();
  const other = await context.newPage();
  await other.goto(panel);
  await page.getByRole("button", { name: "Einschränkung aufheben" }).click();
  await page.getByText("werden Ihre Daten nur noch gespeichert").waitFor({ state: "detached" });
  assert.equal(await page.getByText("Ihr Antrag ist eingegangen.").count(), 0, "it was no request");
  await other.getByRole("button", { name: "Einschränkung aufheben" }).click();
  await failed(other, "Das ist nicht mehr möglich, weil sich inzwischen etwas geändert hat.");
  // Nobody proved an address.
  await other.goto(`${shop.url}/.consentry/contact`);
  await failed(other, "Bitte weisen Sie erneut nach, wer Sie sind");

  const erasure = page.locator("form", { has: page.locator('[name="confirm"]') });
  await page.goto(panel);
  await page.getByText("Löschung", { exact: true }).click();
  await erasure.getByRole("checkbox").check();
  await erasure.getByRole("button").click();
  await page.getByText("Ihre Daten wurden gelöscht").first().waitFor();
  await page.getByText("Tatsache und Inhalt jeder Entscheidung über Einwilligungen").waitFor();
  assert.equal(await page.getByText("leads to you").count(), 0);
  await other.close();
  // The answers were no pages of 200: the browser says so.
  assert.deepEqual(errors.filter((error) => !/status of 4\d\d/.test(error)), []);
  await context.close();
});

test("the page on a phone, in the dark, in another language", async () => {
  const { page, context } = await visitor(browser, { viewport: { width: 420, height: 900 }, colorScheme: "dark" });
  await page.goto(`${shop.url}/.consentry/me?locale=de`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await assertAccessible(page);
  await picture(page, "rights-phone-dark", { fullPage: true });
  await context.close();
});

test("on another origin the device signs for it", async () => {
  const { page, own, right, context } = await arrive(blog.url, { extraHTTPHeaders: {} });
  const review = await right("Review by a person");
  await review.getByLabel("In your own words").fill("From afar.");
  await review.getByRole("button", { name: "Send" }).click();
  await page.getByText("being worked on").waitFor();
  const restriction = await right("Restriction");
  await restriction.getByLabel("I have objected").check();
  await restriction.getByRole("button", { name: "Send" }).click();
  await page.getByText("your data is only stored").waitFor();
  assert.match(await page.evaluate(() => document.cookie), /consentry=2\.[^;]*\dr\./, "the page keeps the mark");
  await page.getByRole("button", { name: "Lift the restriction" }).click();
  await page.getByText("your data is only stored").waitFor({ state: "detached" });
  const withdrawal = await right("Withdrawal of everything");
  await withdrawal.getByRole("button", { name: "Send" }).click();
  await own.data.locator("li", { hasText: "Withdrawal of everything" }).waitFor();
  assert.deepEqual(await given(page), []);
  await context.close();
});
