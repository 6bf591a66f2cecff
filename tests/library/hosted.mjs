// A site that is a Worker itself and has ours inside: what has to hold of it, whatever language it is written in.

import assert from "node:assert/strict";
import test from "node:test";
import { Client } from "../edge/client.mjs";
import { isProblem } from "../edge/support.mjs";

const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.7100.33 Safari/537.36";
const ADDRESS = "203.0.113.77";
const visitor = (site) => new Client(site, { "user-agent": AGENT, "cf-connecting-ip": ADDRESS });
const names = ({ setCookies }) => setCookies.map((line) => line.split("=")[0]);

/** The lines that requests left, from a place in the log on. */
const lines = (site, from) => site.log.slice(from).filter((line) => line.includes('"t":"request"'));

/**
 * The tests of such a site. It answers `/api/hello` itself, with the cookie `pv_api`; `/.consentry/` is ours; and any other
 * page is its own, with a vendor's script, and sets the cookies `basket`, which nobody declares, and `pv_id`, the vendor's.
 */
export function hosted(site) {
  test("its page gets the banner, and what nobody agreed to is held", async () => {
    const from = site().log.length;
    const page = await visitor(site()).page("/pots/42?mail=ann@example.com");
    assert.equal(page.status, 200);
    assert.match(page.text, /<[a-z]+ [^>]*id="consentry"[^]*Reject all[^]*Accept all/);
    assert.ok(page.plan.policy, "it carries the plan");
    assert.match(page.text, /<script async src="\/\.consentry\/a\/c\.[0-9a-f]{12}\.js"/);
    assert.match(page.text, /<script data-src="http:\/\/127\.0\.0\.1:9101\/m\.js" [^>]*type="text\/plain"><\/script>/);
    assert.equal(page.headers.get("cache-control"), "private, no-store");
    assert.deepEqual(names(page), ["basket"], "the vendor's cookie stays behind");

    const [line, ...more] = lines(site(), from);
    assert.deepEqual(more, [], "one line for one page");
    assert.deepEqual(
      (({ route, status, ip, cookies_stopped, cookies_undeclared }) => ({ route, status, ip, cookies_stopped, cookies_undeclared }))(JSON.parse(line)),
      { route: "site", status: 200, ip: "203.0.113.0/24", cookies_stopped: 1, cookies_undeclared: ["basket"] },
    );
    for (const raw of [ADDRESS, AGENT, "7100", "/pots", "ann@", "example.com"]) {
      assert.ok(!site().log.slice(from).join("\n").includes(raw), `${raw} is not logged`);
    }
  });

  test("who agrees is recorded, and the vendor's script and cookie pass from then on", async () => {
    const client = visitor(site());
    await client.page();
    const answer = await client.decide("accept-all");
    assert.equal(answer.status, 200, answer.text);
    await client.verify(answer.body.receipt);
    const page = await client.page();
    assert.match(page.text, /<main>\s*<script src="http:\/\/127\.0\.0\.1:9101\/m\.js"><\/script>/);
    assert.deepEqual(names(page), ["basket", "pv_id"]);
    assert.deepEqual((await client.status()).body.decision.given.sort(), ["analytics", "marketing", "media"]);

    assert.equal((await client.decide("reject-all")).status, 200);
    client.cookies.set("pv_id", "7");
    const after = await client.page();
    assert.match(after.text, /<script data-src="http:\/\/127\.0\.0\.1:9101\/m\.js"/);
    assert.ok(after.setCookies.some((line) => /^pv_id=;.*max-age=0/i.test(line)), "what the browser still has of it is ended");
  });

  test("what is neither ours nor handed over is untouched, and leaves no line", async () => {
    const from = site().log.length;
    const answer = await visitor(site()).request("/api/hello");
    assert.deepEqual([answer.status, answer.body, names(answer)], [200, { hello: "there" }, ["pv_api"]]);
    assert.equal(answer.headers.get("cache-control"), null);
    assert.deepEqual(lines(site(), from), []);
  });

  test("the privacy routes are answered, assets and signals among them", async () => {
    const client = visitor(site());
    const page = await client.page();
    const loader = /src="(\/\.consentry\/a\/c\.[0-9a-f]{12}\.js)"/.exec(page.text)[1];
    assert.match((await client.request(loader)).text, /consentry/);
    const sdk = await client.request(page.plan.sdk ?? /"(\/\.consentry\/a\/sdk\.[0-9a-f]{12}\.js)"/.exec(page.text)[1]);
    const [, wasm] = /"\.\/(sdk\.[0-9a-f]{12}\.wasm)"/.exec(sdk.text);
    const { bytes, type } = await client.request(`a/${wasm}`);
    assert.equal(type, "application/wasm");
    assert.ok(WebAssembly.validate(bytes), "the file is whole");
    assert.equal((await client.request("/.well-known/gpc.json")).body.gpc, true);
    isProblem(await client.request("no-such-thing"), 404);
    isProblem(await client.request("audit"), 401);
  });

  test("the scheduled handler runs", async () => {
    assert.equal((await site().scheduled()).outcome, "ok");
  });
}

/** There is no site behind. */
export const nothing = { url: undefined, close: () => {} };
