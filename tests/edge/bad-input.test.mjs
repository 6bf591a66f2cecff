// What cannot be taken is refused with a problem that names the field and quotes nothing, and changes nothing.

import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { connect } from "node:net";
import test, { after, before } from "node:test";
import { Client, DEVICE, answers, newId } from "./client.mjs";
import { contents, isProblem, secret, shopPolicy, startSite } from "./support.mjs";

/** Stands in for what a visitor would not want to see again. */
const MARK = "SENSITIVE-xyz";
const LIMIT = 16 * 1024;

let site;
let good;
/** What the decision cookie names. */
let material;

before(async () => {
  site = await startSite();
  const client = new Client(site);
  good = await client.ask("accept-all");
  material = client.plan.material;
});
after(() => site?.stop());

const without = (name) => ({ [name]: undefined });

/** Changes to a good decision, and the field that is wrong then. */
const FIELDS = [
  [{ extra: MARK }, "extra"],
  ...["policy", "notice", "locale", "seen", "choice", "layer"].map((name) => [without(name), name]),
  ...["id", "policy", "notice", "locale", "choice", "layer"].flatMap((name) =>
    [MARK, `expected ${MARK}`, `\`${MARK}\``, 7, [MARK], { a: MARK }, true, "", "ä".repeat(22)].map((value) => [{ [name]: value }, name]),
  ),
  ...["policy", "notice", "locale", "seen", "choice", "layer"].map((name) => [{ [name]: null }, name]),
  ...[newId().slice(1), `${newId()}A`, `${newId().slice(0, 21)}=`, `${newId().slice(0, 21)}B`].map((id) => [{ id }, "id"]),
  ...[MARK, `expected ${MARK}`, "0", -1, 1.5, 2 ** 32, 1e300, [0], {}].map((seen) => [{ seen }, "seen"]),
  ...["choose", "ACCEPT-ALL"].map((choice) => [{ choice }, "choice"]),
  [{ choice: "selection" }, "purposes"],
  ...[MARK, 7, { a: 1 }].map((purposes) => [{ choice: "selection", purposes }, "purposes"]),
  ...[[MARK], [7], [["analytics"]], [`expected ${MARK}`], ["a".repeat(33)]].map((purposes) => [{ choice: "selection", purposes }, "purposes[0]"]),
  [{ choice: "selection", purposes: ["analytics", "sensitive-xyz"] }, "purposes"],
  [{ choice: "selection", purposes: ["necessary"] }, "purposes"],
  [{ return: 7 }, "return"],
];

test("a decision with a wrong field", async (t) => {
  for (const [change, field] of FIELDS) {
    await t.test(JSON.stringify(change, (_, value) => value ?? "(none)"), async () => {
      const client = new Client(site);
      const answer = await client.post("consent", { ...good, id: newId(), ...change });
      isProblem(answer, 422, "invalid-field");
      assert.equal(answer.body.field, field, answer.text);
      assert.deepEqual(answer.setCookies, []);
      assert.equal((await client.page()).plan.seen, 0);
    });
  }
});

test("a body that is no object", async (t) => {
  const list = JSON.stringify([good.id, good.policy, good.notice, "en", 0, "accept-all", null, "banner", null]);
  const bodies = ["", " ", "{", `{"id": "${MARK}"`, "null", "true", "7", `"${MARK}"`, "[]", list, `${JSON.stringify(good)}x`,
    "[".repeat(5000), '{"a":'.repeat(2000), "\u0000", Buffer.from([0x22, 0xff, 0x22])];
  for (const path of ["consent", "me/erasure"]) {
    for (const body of bodies) {
      await t.test(`${path}: ${JSON.stringify(String(body).slice(0, 24))}`, async () => {
        const answer = await new Client(site).request(path, {
          method: "POST", body, headers: { "content-type": "application/json" },
        });
        assert.ok([400, 422].includes(answer.status), `${answer.status} ${answer.text}`);
        isProblem(answer, answer.status);
        if ("field" in answer.body) assert.match(answer.body.field, /^[a-z]+$/, "a field that one can send");
      });
    }
  }
});

test("an erasure with a wrong field", async (t) => {
  const client = new Client(site);
  for (const [body, field] of [[{}, "confirm"], [{ confirm: MARK }, "confirm"], [{ confirm: 1 }, "confirm"],
    [{ confirm: false }, "confirm"], [{ confirm: true, of: MARK }, "of"]]) {
    await t.test(JSON.stringify(body), async () => {
      const answer = await client.post("me/erasure", body);
      isProblem(answer, 422, "invalid-field");
      assert.equal(answer.body.field, field);
    });
  }
  await t.test("a form that does not confirm", async () => {
    for (const pairs of [[["confirm", MARK]], []]) isProblem(await client.form("me/erasure", pairs), 422);
  });
});

test("a content type that is not taken", async () => {
  for (const type of ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonp", ""]) {
    for (const [path, body] of [["consent", JSON.stringify(good)], ["me/erasure", '{"confirm":true}']]) {
      const headers = { "content-type": type };
      const answer = await new Client(site).request(path, { method: "POST", body: Buffer.from(body), headers });
      isProblem(answer, 415, "unsupported-media-type");
      assert.match(answer.body.detail, /application\/json/);
    }
  }
  const headers = { "content-type": "Application/JSON; charset=UTF-8" };
  assert.equal((await new Client(site).send({ ...good, id: newId(), choice: "reject-all" }, { headers })).status, 200);
});

test("a body that is too large", async (t) => {
  const chunked = (text) => ({ body: new Blob([text]).stream(), duplex: "half" });
  const whole = (text) => ({ body: text });
  const padded = (bytes, choice) => {
    const text = JSON.stringify({ ...good, id: newId(), choice });
    return text + " ".repeat(bytes - text.length);
  };
  const headers = { "content-type": "application/json" };
  const send = (path, body) => new Client(site).request(path, { method: "POST", headers, ...body });
  for (const path of ["consent", "me/erasure", "me/exports"]) {
    for (const of of [whole, chunked]) {
      await t.test(`${path}, one byte more than is allowed, ${of.name}`, async () => {
        const answer = await send(path, of(padded(LIMIT + 1, "accept-all")));
        isProblem(answer, 413, "body-too-large");
        assert.match(answer.body.detail, /\b16384 bytes\b/, "the limit is stated");
      });
    }
    await t.test(`${path}, without an end`, async () => assert.match(await endless(path), /^HTTP\/1.1 413 /));
  }
  await t.test("as large as is allowed", async () => {
    for (const of of [whole, chunked]) assert.equal((await send("consent", of(padded(LIMIT, "reject-all")))).status, 200);
  });
});

/** Sends more of a body than is taken, by hand, and never its end; gives the answer's beginning. */
function endless(path) {
  const { hostname, port, host, origin } = new URL(site.url);
  const head = { host, origin, "content-type": "application/json", "transfer-encoding": "chunked", connection: "close" };
  const lines = Object.entries(head).map((pair) => `${pair.join(": ")}\r\n`).join("");
  const socket = connect(port, hostname);
  socket.write(`POST /.consentry/${path} HTTP/1.1\r\n${lines}\r\n`);
  for (let sent = 0; sent <= LIMIT; sent += 1024) socket.write(`400\r\n${" ".repeat(1024)}\r\n`);
  return new Promise((done, fail) => {
    socket.once("data", (data) => done(String(data)));
    socket.once("error", fail);
    socket.setTimeout(5000, () => fail(new Error("no answer")));
  }).finally(() => socket.destroy());
}

const ROUTES = {
  health: "GET",
  policy: "GET, PUT",
  preferences: "GET",
  consent: "GET, POST",
  "consent/receipt": "GET",
  "me/exports": "POST",
  "me/exports/x": "GET, POST",
  "contact/codes": "POST",
  "me/devices": "POST",
  "me/erasure": "POST",
  "log/checkpoint": "GET",
  "log/key": "GET",
  "log/tile/0/000": "GET",
  keys: "GET",
  audit: "GET",
  "a/c.js": "GET",
};

test("a method that is not taken", async (t) => {
  for (const [path, allow] of Object.entries(ROUTES)) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].filter((one) => !allow.split(", ").includes(one))) {
      await t.test(`${method} ${path}`, async () => {
        const answer = await new Client(site).request(path, { method });
        isProblem(answer, 405, "method-not-allowed");
        assert.equal(answer.headers.get("allow"), allow);
      });
    }
  }
});

test("an address that is none", async () => {
  for (const path of ["", "x", "audit/", "/.consentry//audit", "consent/receipts", "a/x.js", "log/tile/", "problems", MARK]) {
    isProblem(await new Client(site).request(path), 404, "not-found");
  }
});

test("a request from another origin", async (t) => {
  const client = new Client(site);
  await client.decide("accept-all");
  const before = await whatIsThere();
  const port = new URL(site.url).port;
  const sources = [
    { origin: "https://evil.example" }, { origin: "null" }, { origin: "" }, { origin: undefined }, { origin: MARK },
    { origin: "http://127.0.0.1" }, { origin: `http://localhost:${port}` }, { origin: site.url.replace("http:", "https:") },
    { origin: `${site.url}.evil.example` }, { origin: `${site.url}/` },
    ...["cross-site", "same-site", "none", MARK].map((source) => ({ "sec-fetch-site": source })),
    { origin: undefined, referer: `${site.url}/` },
  ];
  const body = JSON.stringify(await client.ask("reject-all"));
  const requests = {
    consent: { body, "content-type": "application/json" },
    "me/exports": {},
    "me/erasure": { body: '{"confirm":true}', "content-type": "application/json" },
  };
  for (const [path, { body, ...type }] of Object.entries(requests)) {
    for (const source of sources) {
      await t.test(`${path} ${JSON.stringify(source, (_, value) => value ?? "(none)")}`, async () => {
        const answer = await client.request(path, { method: "POST", body, headers: { ...type, ...source } });
        isProblem(answer, 403, "cross-origin");
        assert.deepEqual(answer.setCookies, []);
      });
    }
  }
  const forms = { consent: Object.entries({ ...good, choice: "reject-all" }), "me/exports": [], "me/erasure": [["confirm", "yes"]] };
  for (const [path, pairs] of Object.entries(forms)) {
    isProblem(await client.form(path, pairs, { headers: { origin: "https://evil.example" } }), 403, "cross-origin");
  }
  assert.deepEqual(await whatIsThere(), before, "nothing happened");
});

/** A decision cookie, made as the format says and without the Worker. */
function cookie({ about = material, given = "7", refused = "0", services = "0", day = Math.floor(Date.now() / 864e5), seq = 1,
  id = "k1", master = site.secrets.KEYRING.keys.k1, name = "localhost", version = 2 } = {}) {
  const body = `${version}.${about}.${given}.${refused}.${services}.${day}.${seq}.${id}`;
  const key = hkdfSync("sha256", Buffer.from(master, "base64url"), "", "consentry/key/cookie/v1", 32);
  const mac = createHmac("sha256", Buffer.from(key)).update(`consentry/cookie/v2\n${name}\n${body}`).digest();
  return `${body}.${mac.subarray(0, 16).toString("base64url")}`;
}

test("a decision cookie that cannot be believed is no choice", async (t) => {
  const page = (value) => new Client(site).page("/", { headers: { cookie: `consentry=${value}` } });
  const undecided = await new Client(site).page();
  assert.match(undecided.text, /<dialog id="consentry"[^>]* open[ >]/);
  assert.ok(!/ src="http:\/\/127\.0\.0\.1:910/.test(undecided.text), "every vendor is inert");
  const decided = await page(cookie());
  assert.doesNotMatch(decided.text, /<dialog id="consentry"[^>]* open[ >]/, "a good cookie is believed");
  assert.match(decided.text, / src="http:\/\/127\.0\.0\.1:910/);

  const real = cookie();
  const today = Math.floor(Date.now() / 864e5);
  const flipped = (at) => real.slice(0, at) + (real[at] === "A" ? "B" : "A") + real.slice(at + 1);
  const bad = {
    "a MAC that is not its own": real.replace(/[^.]+$/, "A".repeat(22)),
    "another choice under the same MAC": real.replace(".7.", ".1."),
    "a signal under the same MAC": real.replace(`.${today}.`, `.${today}g.`),
    "another material": flipped(4),
    "a changed MAC": flipped(real.length - 2),
    "no MAC": real.replace(/\.[^.]+$/, ""),
    "the key of another site": cookie({ master: secret() }),
    "the name of another site": cookie({ name: "elsewhere" }),
    "a retired key": cookie({ id: "k0" }),
    // The number of decisions in these is believed, so there is none.
    "an unknown material": cookie({ seq: 0, about: "A".repeat(11) }),
    "a day to come": cookie({ seq: 0, day: today + 1 }),
    "a day long past": cookie({ seq: 0, day: today - 181 }),
    "another version": cookie({ version: 1 }),
    "bits that are no number": cookie({ given: "x" }),
    "too many bits": cookie({ given: "fffffffff" }),
    "refusals that are no number": cookie({ refused: "-1" }),
    "too many services": cookie({ services: "f".repeat(33) }),
    "too long": `${real}${"A".repeat(120)}`,
    "far too long": MARK.repeat(500),
    "a mark": MARK,
    empty: "",
    dots: ".".repeat(6),
    "other bytes": "%00%ff",
    "not the first of two": `${MARK}; consentry=${real}`,
    quoted: `"${real}"`,
  };
  for (const [what, value] of Object.entries(bad)) {
    await t.test(what, async () => assert.ok((await page(value)).text === undecided.text, "the page as for somebody new"));
  }
});

test("a device cookie that is none is no device", async (t) => {
  for (const value of ["", "x", MARK, "A".repeat(42), "A".repeat(44), `${"A".repeat(42)}=`, `${"A".repeat(42)}!`, "B".repeat(43), "A".repeat(4000)]) {
    await t.test(`${value.slice(0, 50)} (${value.length})`, async () => {
      const client = () => {
        const one = new Client(site);
        one.cookies.set(DEVICE, value);
        return one;
      };
      assert.deepEqual((await client().status()).body, { decision: null, receipts: 0 });
      isProblem(await client().request("consent/receipt"), 404);
      assert.equal((await client().erase()).body.erased.records, 0);
      const refuser = client();
      assert.equal((await refuser.decide("reject-all")).body.decision.seq, 0, "a refusal of nobody");
      assert.equal(refuser.device, value, "which makes no device");
      const granter = client();
      await granter.verify((await granter.decide("accept-all")).body.receipt);
      assert.notEqual(granter.device, value, "a grant makes a real one");
      assert.match(granter.device, /^[\w-]{43}$/);
    });
  }
});

test("a token of an operator that is none", async (t) => {
  const token = site.secrets.ADMIN_TOKEN;
  const wrong = [undefined, "", "Bearer", "Bearer ", `Bearer ${MARK}`, `Bearer ${secret()}`, `Bearer ${token}A`, `Bearer ${token.slice(1)}`,
    `Bearer  ${token}`, `Bearer ${token},${token}`, `Bearer ${token.toLowerCase()}`, token, `Basic ${btoa(`admin:${token}`)}`, `Bearer ${"A".repeat(8000)}`];
  const before = await whatIsThere();
  for (const authorization of wrong) {
    await t.test(String(authorization).replace(token, "<token>").slice(0, 40), async () => {
      for (const [path, init] of [["audit", {}], ["policy", { method: "PUT", body: JSON.stringify(shopPolicy()) }]]) {
        const headers = { authorization, "content-type": "application/json" };
        const answer = await new Client(site).request(path, { ...init, headers });
        isProblem(answer, 401, "unauthorized");
        assert.match(answer.headers.get("www-authenticate"), /^Bearer\b/);
      }
    });
  }
  await t.test("nor is one in the address", async () => {
    isProblem(await new Client(site).request(`audit?token=${token}`), 401);
  });
  assert.deepEqual(await whatIsThere(), before, "nothing happened");
});

test("a page of the trail that is none", async (t) => {
  for (const [query, field] of [["after=x", "after"], ["after=-1", "after"], ["after=", "after"], ["after=1.5", "after"],
    [`limit=${MARK}`, "limit"], [`after=${"9".repeat(30)}`, "after"], ["limit=0x10", "limit"]]) {
    await t.test(query, async () => {
      const response = await site.operator(`audit?${query}`);
      const body = await response.json();
      assert.deepEqual([response.status, body.field], [422, field]);
    });
  }
  for (const query of [`after=${2n ** 64n - 1n}`, `after=${2n ** 63n}`, `after=99999999999&limit=${2n ** 64n - 1n}`, "after=1000000"]) {
    await t.test(`${query}: past the end`, async () => {
      const response = await site.operator(`audit?${query}`);
      const { entries, next } = await response.json();
      assert.deepEqual([response.status, entries, next], [200, [], null]);
    });
  }
});

test("a form leads back to the site only", async (t) => {
  const pairs = Object.entries({ ...good, choice: "reject-all" }).filter(([name]) => name !== "id");
  for (const [back, to] of [["/cart?a=b", "/cart?a=b"], ["https://evil.example/", "/"], ["//evil.example", "/"], ["/\\evil.example", "/"],
    ["/\t/evil.example", "/"], ["javascript:alert(1)", "/"], ["", "/"], ["x", "/"], ["/\r\nset-cookie: a=b", "/"], [`/${"a".repeat(9000)}ä`, "/"]]) {
    await t.test(JSON.stringify(back.slice(0, 30)), async () => {
      const answer = await new Client(site).form("consent", [...pairs, ["return", back]]);
      assert.equal(answer.status, 303, answer.text);
      assert.equal(answer.headers.get("location"), to);
      const choose = await new Client(site).form("consent", [...pairs.filter(([name]) => name !== "choice"), ["choice", "choose"], ["return", back]]);
      assert.equal(choose.headers.get("location"), `/.consentry/preferences?return=${encodeURIComponent(to)}`);
    });
  }
});

test("a site that does not answer", async () => {
  await site.behind.close();
  isProblem(await new Client(site).request("/"), 503, "unavailable");
});

test("what was sent is quoted nowhere", async () => {
  const told = { answers, log: site.log, ...(await contents(site)) };
  for (const [where, texts] of Object.entries(told)) {
    for (const text of texts) assert.ok(!text.includes(MARK) && !text.includes(MARK.toLowerCase()), `${where}: ${text.toString("latin1").slice(0, 500)}`);
  }
});

/** What a request that was refused must not change. */
async function whatIsThere() {
  return { keys: await site.keys(), size: (await site.readLog()).size };
}
