// A panic fails its own request. Pages that are on their way, and decisions under way, end well.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "./client.mjs";
import { isProblem, shopPolicy, startSite } from "./support.mjs";

const PARTS = 12;

/** A server whose pages take their time: two parts a tick, with a vendor's tag in each. */
async function slowOrigin() {
  const server = createServer(async (request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.write("<!doctype html><html><head><title>Slow</title></head><body>");
    for (let part = 0; part < PARTS; part += 1) {
      response.write(`<p>${part}${"x".repeat(2000)}</p><script src="http://127.0.0.1:9101/m.js?${part}"></script>`);
      if (part % 2) await wait(request.url === "/" ? 0 : 60);
    }
    response.end("</body>");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

let site;
before(async () => {
  site = await startSite({ origin: await slowOrigin() });
});
after(() => site?.stop());

const panic = () => new Client(site).request("testing/panic");

test("a panic is a 500, and the next request is served", async () => {
  const log = site.log.length;
  isProblem(await panic(), 500, "internal");
  assert.equal((await site.json("health")).status, "ok");
  const told = site.log.slice(log).join("\n");
  assert.match(told, /"t":"panic"/);
  assert.ok(!told.includes("on purpose"), "the message, which might quote anything, stays out of the log");
});

test("fifty pages and as many decisions go on while requests panic", async () => {
  const quiet = (await new Client(site).request("/slow")).text;
  assert.equal(quiet.match(/data-src="http:\/\/127\.0\.0\.1:9101\/m\.js\?/g).length, PARTS);
  const { plan } = await new Client(site).page();
  const before = (await site.readLog()).size;

  let over = false;
  const panics = (async () => {
    let count = 0;
    for (; !over; count += 5) {
      for (const answer of await Promise.all(Array.from({ length: 5 }, panic))) isProblem(answer, 500);
      await wait(5);
    }
    return count;
  })();
  const pages = Array.from({ length: 50 }, async () => {
    const answer = await new Client(site).request("/slow");
    assert.equal(answer.status, 200);
    assert.ok(answer.text === quiet, "whole and rewritten to its end");
  });
  const decisions = Array.from({ length: 50 }, async (_, at) => {
    const client = Object.assign(new Client(site), { plan });
    const answer = await client.decide(at % 2 ? "accept-all" : "reject-all");
    assert.equal(answer.status, 200, answer.text);
    await client.verify(answer.body.receipt);
  });
  await Promise.all([...pages, ...decisions]).finally(() => (over = true));
  assert.ok((await panics) > 10, "there were panics all the time");
  assert.equal((await site.readLog()).size, before + 50);
});

test("the scheduled handler delivers what is due", async () => {
  const policy = shopPolicy();
  policy.purposes[1].description.en += " For a year.";
  // Any number: what the decisions before left to write may still be on its way.
  await site.faults({ refuse_puts: 1000 });
  const response = await site.adopt(policy);
  assert.equal(response.status, 200);
  const key = `policy/${(await response.json()).policy}`;
  assert.ok(!(await site.keys()).includes(key), "KV refused");
  await site.faults();
  assert.equal((await site.scheduled()).outcome, "ok");
  assert.ok((await site.keys()).includes(key));
  await panic();
  assert.equal((await site.scheduled()).outcome, "ok", "after a panic, too");
});
