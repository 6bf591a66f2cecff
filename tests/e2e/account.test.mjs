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

test("she takes a copy, and what she may take along", async () => {
  const { page } = her;
  const take = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    return [unpack(await download.path()), download.suggestedFilename()];
  };
  const [files, name] = await take("Get a copy of everything");
  assert.equal(name, "my-data.zip");
  const [photoName] = Object.keys(files).filter((file) => file.startsWith("records/photos/"));
  assert.match(photoName, /^records\/photos\/0001-[0-9a-f]{16}\.png$/);
  const [{ content }] = JSON.parse(files["records/profile/profile.json"]);
  assert.deepEqual(content, { name: "Aoife <b>", city: "Cork" });
  assert.equal(JSON.parse(files["records/orders/orders.json"])[0].content.what, "Morning mug");
  assert.ok(JSON.parse(files["metadata.json"]).categories.some(({ name }) => name === "Your orders"));
  const [portable, portableName] = await take("Take along what you gave us");
  assert.equal(portableName, "my-data-portable.zip");
  assert.ok(portable["records/orders/orders.csv"] && !portable["audit-entries.json"]);
});

test("she erases her account, and nothing of it is left", async () => {
  const { page } = her;
  await page.getByRole("button", { name: "Erase my account" }).click();
  await page.getByText("Tick the box first").waitFor();
  await page.getByRole("link", { name: "Back to your account" }).click();
  await page.getByLabel("Yes, erase my account").check();
  await page.getByRole("button", { name: "Erase my account" }).click();
  await page.getByText("Records erased: 3.").waitFor();
  await eventually(async () => !(await records()).length, "the store to be empty");
  await page.getByRole("link", { name: "Back to your account" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});
