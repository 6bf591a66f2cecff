// A customer of the shop: what it keeps about them lies at the edge, and is theirs to take along and to erase.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { deflateSync } from "node:zlib";
import { startBrowser } from "../browser.mjs";
import { unpack } from "../archive.mjs";
import { eventually, picture, startShop, visitor } from "./support.mjs";

let shop, browser, her;
before(async () => {
  shop = await startShop();
  browser = await startBrowser();
  her = await visitor(browser);
});
after(async () => {
  await browser?.close();
  await shop?.stop();
});

/** A small picture. */
function png() {
  const crc = (bytes) => {
    let c = ~0;
    for (const byte of bytes) {
      c ^= byte;
      for (let bit = 0; bit < 8; bit += 1) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
    }
    return ~c >>> 0;
  };
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, check]);
  };
  const side = 64;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.alloc(1), ...Array.from({ length: side }, () => Buffer.from([154, 91, 62]))]);
  const rows = Buffer.concat(Array.from({ length: side }, () => row));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const photo = png();
const records = async () => (await shop.keys()).filter((key) => key.startsWith("record/"));

test("a customer signs in, orders and sends a photo", async () => {
  const { page } = her;
  await page.goto(`${shop.url}/account`);
  await page.getByRole("button", { name: "Reject all" }).first().click();
  await page.getByLabel("Name").fill("Aoife <b>");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Hello, Aoife <b>" }).waitFor();
  await page.getByLabel("City").fill("Cork");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Order a morning mug" }).click();
  await page.getByText("Morning mug, € 24").waitFor();
  await page.getByLabel("Photo").setInputFiles({ name: "pot.png", mimeType: "image/png", buffer: photo });
  await page.getByRole("button", { name: "Send" }).click();
  const shown = page.getByAltText("A photo you sent us");
  await shown.waitFor();
  assert.equal(await shown.evaluate((img) => img.decode().then(() => img.naturalWidth)), 64);
  assert.equal(await page.getByLabel("City").inputValue(), "Cork");
  assert.equal((await records()).length, 3);
  await picture(page, "account", { fullPage: true });
  assert.deepEqual(her.errors, []);
});

test("nobody else sees it", async () => {
  const { page, context } = await visitor(browser);
  await page.goto(`${shop.url}/account`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("Name").fill("Tomasz");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("None yet").waitFor();
  assert.equal(await page.getByAltText("A photo you sent us").count(), 0);
  await context.close();
});

/** What an operator sees and does. */
const operator = async (path, body) => (await shop.api(path, {
  method: body ? "POST" : "GET",
  headers: { authorization: `Bearer ${shop.adminToken}`, ...(body && { "content-type": "application/json" }) },
  body: body && JSON.stringify(body),
})).body;

/** The panel over the account, from its page. */
async function panel(page) {
  await page.getByRole("button", { name: "Your data and your rights" }).click();
  const data = page.locator("#consentry-data");
  await data.getByText("You see what is kept about your account.").waitFor();
  /** A right, opened. */
  const right = async (name) => {
    const details = data.locator("details").filter({ has: page.locator("summary", { hasText: name }) });
    await details.locator("summary").click();
    return details;
  };
  const listed = (name) => data.locator("li", { hasText: name });
  return { data, right, listed, status: data.locator("#consentry-status") };
}

test("she takes a copy, and what she may take along", async () => {
  const { page } = her;
  const { data, right, listed, status } = await panel(page);
  const take = async (name) => {
    const details = await right(name);
    assert.ok((await details.getByLabel("Passphrase (optional)").boundingBox()).width > 150, "room for a passphrase");
    const [download] = await Promise.all([page.waitForEvent("download"), details.getByRole("button", { name: "Download my data" }).click()]);
    await status.getByText("Your download has started.").waitFor();
    await listed(name).getByText("· done").waitFor();
    return unpack(await download.path());
  };
  const files = await take("Copy of everything");
  const [photoName] = Object.keys(files).filter((file) => file.startsWith("records/photos/"));
  assert.match(photoName, /^records\/photos\/0001-[0-9a-f]{16}\.png$/);
  const [{ content }] = JSON.parse(files["records/profile/profile.json"]);
  assert.deepEqual(content, { name: "Aoife <b>", city: "Cork" });
  assert.equal(JSON.parse(files["records/orders/orders.json"])[0].content.what, "Morning mug");
  assert.ok(JSON.parse(files["metadata.json"]).categories.some(({ name }) => name === "Your orders"));
  const portable = await take("Data to take along");
  assert.ok(portable["records/orders/orders.csv"] && !portable["audit-entries.json"]);
  await data.evaluate((data) => data.querySelectorAll("details").forEach((one) => (one.open = true)));
  await picture(page, "account-rights");
  await page.locator("#consentry-close").click();
  await page.locator("#consentry-data-title", { hasText: /^Your data$/ }).waitFor({ state: "attached" });
  assert.deepEqual(her.errors, []);
});

test("she uses every right over what the shop keeps, and sees how each stands", async () => {
  const { page } = her;
  const { data, right, listed, status } = await panel(page);
  const sent = async (name, fill) => {
    const details = await right(name);
    await fill(details);
    await details.getByRole("button", { name: "Send" }).click();
    await status.getByText("Your request has been received.").waitFor();
    await listed(name).first().waitFor();
  };
  await sent("Correction", (form) => form.getByLabel("In your own words").fill("I live in Cobh."));
  await listed("Correction").getByText(/Answer planned by \d{4}-\d\d-\d\d · Answered by \d{4}-\d\d-\d\d at the latest/).waitFor();
  const asked = (await operator("requests")).requests.find((request) => request.right === "rectification");
  assert.equal((await operator(`requests/${asked.id}`)).asked.statement, "I live in Cobh.");
  await operator(`requests/${asked.id}`, { do: "done", note: "Cobh it is." });
  await sent("Review by a person", (form) => form.getByLabel("In your own words").fill("Look again."));
  await listed("Correction").getByText("Answer: Cobh it is.").waitFor();
  await sent("Objection", (form) => form.getByLabel("Analytics").check());
  assert.equal(new URL(page.url()).pathname, "/account", "it is the account's, and asked for from here");
  await sent("Restriction", (form) => form.getByLabel("I need it for legal claims").check());
  await data.getByText("your data is only stored").waitFor();
  await data.getByRole("button", { name: "Lift the restriction" }).click();
  await data.getByText("your data is only stored").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => window.consentry.state().refused.length), 3, "the device's own choice is what it was");
  await Promise.all([page.waitForEvent("load"), page.locator("#consentry-close").click()]);
  await page.getByText("Morning mug, € 24").waitFor();
  assert.deepEqual(her.errors, []);
});

test("what is kept for legal claims is not erased, and she hears why and what she may do", async () => {
  const { page } = her;
  const [subject] = await eventually(async () => {
    const { subjects } = await operator("concerned?category=profile");
    return subjects.length && subjects;
  }, "the registry to know whom the profile is about");
  const { hold } = await operator("holds", { subject, reason: "Case 7.", told: "We need it in court." });
  const { data, right, listed, status } = await panel(page);
  const erasure = await right("Erasure");
  await erasure.getByRole("checkbox").check();
  await erasure.getByRole("button").click();
  await status.getByText("it is needed for legal claims. You may complain to a data protection authority and go to court.").waitFor();
  await listed("Erasure").getByText("Refused: We need it in court.").waitFor();
  await listed("Erasure").getByText("You may complain to a data protection authority and go to court.").waitFor();
  await data.evaluate((data) => data.scrollIntoView());
  await picture(page, "account-held");
  await operator(`holds/${hold.id}`, { do: "release" });
  await page.locator("#consentry-close").click();
  assert.ok((await records()).length >= 3, "everything is there");
  // The answer was no 200: the browser says so.
  assert.deepEqual(her.errors.splice(0).filter((error) => !/status of 409/.test(error)), []);
});

test("she erases her account, and nothing of it is left", async () => {
  const { page } = her;
  const { right, status } = await panel(page);
  const erasure = await right("Erasure");
  await erasure.getByRole("checkbox").check();
  const forgotten = page.waitForResponse(/\/account\/erased$/);
  await erasure.getByRole("button").click();
  await status.getByText(/Records erased: \d+\./).waitFor();
  await forgotten;
  await eventually(async () => !(await records()).length, "the store to be empty");
  await Promise.all([page.waitForEvent("load"), page.locator("#consentry-close").click()]);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => window.consentry.state().refused.length), 3, "the device is somebody else");
  assert.deepEqual(her.errors, []);
});

test("without JavaScript the shop itself hands out the copies, and has the account erased", async () => {
  const { page, context } = await visitor(browser, { javaScriptEnabled: false });
  await page.goto(`${shop.url}/account`);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Reject all" }).click()]);
  await page.getByLabel("Name").fill("Ciarán");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("City").fill("Cork");
  await page.getByRole("button", { name: "Save" }).click();
  for (const [name, file] of [["Get a copy of everything", "my-data.zip"], ["Take along what you gave us", "my-data-portable.zip"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    assert.equal(download.suggestedFilename(), file);
    assert.ok(unpack(await download.path())["records/profile/profile.json"]);
  }
  await page.getByLabel("Yes, erase my account").check();
  await page.getByRole("button", { name: "Erase my account" }).click();
  await page.getByText("Records erased: 1.").waitFor();
  await page.getByRole("link", { name: "Back to your account" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await context.close();
});
