// Tokens for payment cards: off unless the deployment wants them, random, and the number is kept nowhere.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { apiKey } from "../../www/shop/backend.mjs";
import { contents, isProblem, startSite } from "./support.mjs";

const [cards, reader] = [apiKey("till", ["cards:tokenise"]), apiKey("reader", ["records:read"])];
const NUMBER = "4539 1488-0343 6467";

let site;
const vars = { API_KEYS: JSON.stringify({ ...cards.deployed, ...reader.deployed }) };
before(async () => (site = await startSite({ vars })));
after(() => site?.stop());

async function ask(number, key = cards.key) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const response = await site.api("cards", { method: "POST", headers, body: JSON.stringify({ number }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, type: response.headers.get("content-type"), text, body: JSON.parse(text) };
}

test("off by default", async () => {
  isProblem(await ask(NUMBER), 404, "not-found");
  await site.restart({ vars: { ...vars, CARD_TOKENS: "on" } });
});

test("a token is random, shows ten digits, and the number is kept nowhere", async () => {
  const [one, two] = [await ask(NUMBER), await ask(NUMBER)];
  assert.deepEqual([one.status, one.body.bin, one.body.last4], [201, "453914", "6467"]);
  assert.match(one.body.token, /^card_[\w-]{22}$/);
  assert.notEqual(one.body.token, two.body.token);
  assert.deepEqual(Object.keys(one.body).sort(), ["bin", "last4", "token"]);
  const entry = (await site.trail()).findLast(({ action }) => action === "card.tokenised");
  assert.deepEqual(entry.details, { key: "till" });
  for (const what of [...Object.values(await contents(site)), site.log].flat(2)) {
    assert.ok(!String(what).replace(/\D/g, "").includes("4539148803436467"), "the number is there");
  }
});

test("what is no card, and who may not, is told", async () => {
  for (const number of ["4539148803436468", "", "x", 4539148803436467, "0".repeat(16)]) {
    const answer = await ask(number);
    isProblem(answer, 422, "invalid-field");
    assert.equal(answer.body.field, "number");
    assert.ok(!answer.text.includes("45391488"));
  }
  isProblem(await ask(NUMBER, reader.key), 403, "not-in-scope");
  isProblem(await ask(NUMBER, "csk_x"), 401, "key-needed");
});
