// What identifies a visitor reaches neither the origin nor any log, nor anything that is kept.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after, before } from "node:test";
import { Client, DEVICE } from "./client.mjs";
import { contents, startSite } from "./support.mjs";

const UA = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.8078.79 Safari/537.36";
const REFERER = "https://greta:pw-4711@other.example/patients/greta?mail=greta@example.com#bed-9";

/** Addresses as the platform may report them, what may be told of each, and what must not. */
const ADDRESSES = [
  ["203.0.113.77", "203.0.113.0", "203.0.113.77"],
  ["::ffff:203.0.113.77", "203.0.113.0", "203.0.113.77"],
  ["::ffff:cb00:714d", "203.0.113.0", "cb00:714d"],
  ["64:ff9b::203.0.113.77", "203.0.113.0", "203.0.113.77"],
  ["2002:cb00:714d:1::1", "203.0.113.0", "cb00:714d"],
  ["2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::", "8d3:1319"],
  ["2001:DB8:85A3:8D3:1319:8A2E:370:7348", "2001:db8:85a3::", "8D3:1319"],
  ["203.0.113.77, 198.51.100.23", undefined, "203.0.113.77"],
  ["not an address", undefined, "not an address"],
];

/** Where an address, or part of one, may stand besides. */
const ELSEWHERE = ["cf-connecting-ipv6", "cf-pseudo-ipv4", "true-client-ip", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "client-ip",
  "fastly-client-ip", "fly-client-ip", "x-appengine-user-ip", "x-azure-clientip", "x-envoy-external-address", "x-original-forwarded-for",
  "x-forwarded-for", "x-forwarded", "forwarded-for", "forwarded", "x-remote-ip", "x-remote-addr", "remote-addr", "via"];

/** What a browser tells besides its name. */
const HINTS = {
  "sec-ch-ua-full-version-list": '"Chromium";v="156.0.8078.79"',
  "sec-ch-ua-model": '"Marker Phone 9"',
  "sec-ch-ua-platform-version": '"6.9.31337"',
  "cf-ray": "8a2e03707348-DUB",
  "cf-ipcountry": "T1",
  "cf-ipcity": "Markertown",
  "device-memory": "8.31337",
};

const SET_COOKIES = ["session=kept; Path=/; HttpOnly", "pv_id=stopped-1; Path=/", " pv_2 = stopped-2", "PV_3=other", "bb_uid=stopped-3; Max-Age=9",
  "bb_uid2=kept-2", "theme=dark; Expires=Thu, 01 Jan 2037 00:00:00 GMT"];

let site;
let origin;

async function startRecorder() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url, headers: request.rawHeaders });
    request.resume();
    const type = request.url.endsWith(".json") ? "application/json" : "text/html; charset=utf-8";
    response.setHeader("content-type", type);
    response.setHeader("content-security-policy", "default-src 'self'");
    response.setHeader("etag", '"one-for-each-visitor"');
    response.setHeader("set-cookie", SET_COOKIES);
    response.end(type.endsWith("json") ? "{}" : "<!doctype html><html><head><title>x</title></head><body>x</body></html>");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    requests,
    /** The headers of the last request, by name. */
    last: () => {
      const { headers } = requests.at(-1);
      return Object.fromEntries(headers.flatMap((name, at) => (at % 2 ? [] : [[name.toLowerCase(), headers[at + 1]]])));
    },
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((done) => server.close(done).closeAllConnections()),
  };
}

before(async () => {
  origin = await startRecorder();
  site = await startSite({ origin });
});
after(() => site?.stop());

const visitor = (headers) => new Client(site, { "user-agent": UA, "cf-connecting-ip": "203.0.113.77", referer: REFERER, ...headers });
const lines = () => site.log.filter((line) => line.includes('"t":"request"')).map((line) => JSON.parse(line));

test("the address is reduced, wherever it stands", async (t) => {
  for (const [address, told, raw] of ADDRESSES) {
    await t.test(address, async () => {
      await visitor({ "cf-connecting-ip": address }).page("/");
      assert.equal(origin.last()["x-forwarded-for"], told);
      assert.ok(!JSON.stringify(origin.requests.at(-1)).includes(raw));
      const { ip } = lines().at(-1);
      if (told) assert.ok(ip.startsWith(`${told}/`), ip);
      else assert.equal(ip, null);
    });
  }
  for (const header of ELSEWHERE) {
    await t.test(header, async () => {
      await visitor({ [header]: "for=203.0.113.77, 203.0.113.77" }).page("/");
      assert.ok(!JSON.stringify(origin.requests.at(-1)).includes("203.0.113.77"), "the origin sees it");
    });
  }
});

test("the browser is named by its kind and major version", async (t) => {
  await visitor(HINTS).page("/");
  const seen = origin.last();
  assert.match(seen["user-agent"], /Chrome 156/);
  assert.equal(lines().at(-1).ua, seen["user-agent"]);
  for (const [name, value] of Object.entries(HINTS)) {
    await t.test(name, () => assert.ok(!Object.values(seen).includes(value)));
  }
});

test("where somebody came from is told as a host", async (t) => {
  for (const [referer, told] of [[REFERER, "https://other.example/"], ["http://a.example:81?q=greta", "http://a.example:81/"],
    ["android-app://com.example/greta", ""], ["greta@example.com", ""], ["about:blank", ""]]) {
    await t.test(referer, async () => {
      await visitor({ referer }).page("/");
      assert.equal(origin.last().referer ?? "", told);
    });
  }
});

test("the origin gets the cookies that are its own, and those that are permitted", async () => {
  const sent = "session=kept; pv_id=v1; bb_uid=v2; theme=dark";
  const client = visitor();
  // What the origin set on the way is left out: it is sent anew each time.
  const all = (own = client.cookies) => {
    const ours = Array.from(own).filter(([name]) => /consentry/.test(name)).map((pair) => pair.join("="));
    return [...ours, sent].join("; ");
  };
  const cookies = async (own) => {
    await client.request("/", { headers: { cookie: all(own) } });
    return origin.last().cookie;
  };
  await client.page();
  assert.equal(await cookies(), "session=kept; theme=dark", "undecided");
  await client.decide("selection", { purposes: ["analytics"] });
  assert.equal(await cookies(), "session=kept; pv_id=v1; theme=dark", "one purpose given");
  await client.decide("accept-all");
  assert.equal(await cookies(), sent, "both given");
  const withdrawal = await client.decide("reject-all", {}, { headers: { cookie: all() } });
  const ended = withdrawal.setCookies.filter((line) => /max-age=0/i.test(line)).map((line) => line.split("=")[0]);
  assert.deepEqual(ended, ["pv_id", "bb_uid"], "the answer to a withdrawal ends them");
  assert.equal(await cookies(), "session=kept; theme=dark", "withdrawn");
  assert.equal(await cookies([]), "session=kept; theme=dark");
});

test("the origin sets only the cookies that are permitted", async (t) => {
  const client = visitor();
  const kept = (path) => client.request(path).then(({ setCookies }) => setCookies.map((line) => line.split("=")[0].trim()));
  const own = ["session", "PV_3", "bb_uid2", "theme"];
  for (const path of ["/", "/data.json"]) {
    await t.test(path, async () => {
      client.cookies.clear();
      assert.deepEqual(await kept(path), own, "undecided");
      client.seen = 0;
      await client.decide("selection", { purposes: ["marketing"] });
      assert.deepEqual((await kept(path)).sort(), [...own, "bb_uid"].sort(), "one purpose given");
      await client.decide("accept-all");
      assert.equal((await kept(path)).length, SET_COOKIES.length, "both given");
      await client.decide("reject-all");
      assert.deepEqual(await kept(path), own, "withdrawn");
    });
  }
});

test("a log line says what is fixed and no more", async () => {
  const client = visitor();
  await client.page("/private/greta?mail=greta@example.com");
  await client.decide("accept-all");
  const { download } = (await client.requestExport()).body;
  await client.request(download);
  await client.request("nowhere/greta@example.com");
  await client.request("testing/panic");
  await client.post("me/erasure", { confirm: true });
  const routes = ["site", "health", "policy", "preferences", "consent", "consent/receipt", "me/exports", "me/exports/{token}", "me/erasure",
    "log/checkpoint", "log/key", "log/tile/{tile}", "keys", "audit", "unknown", "testing", "a/{asset}"];
  const fixed = ["id", "ip", "method", "ms", "route", "status", "t", "ua"];
  const ofPages = ["consent", "cookies_undeclared", "country"];
  for (const { signal, cookies_stopped = 0, ...line } of lines()) {
    assert.ok(signal === undefined || signal === true);
    assert.deepEqual(Object.keys(line).sort(), [...fixed, ...(line.route === "site" ? ofPages : [])].sort());
    if (line.route === "site") {
      assert.ok(["undecided", "given", "refused"].includes(line.consent), line.consent);
      assert.equal(line.country, "IE");
      assert.ok(cookies_stopped <= 3);
      assert.deepEqual(line.cookies_undeclared, ["PV_3", "bb_uid2", "session", "theme"]);
    }
    assert.match(line.id, /^[\w-]{11}$/);
    assert.ok(routes.includes(line.route), line.route);
  }
  assert.equal(new Set(lines().map(({ id }) => id)).size, lines().length, "no two requests share an id");
  for (const line of site.log) assert.doesNotMatch(line, /greta|mail=|nowhere/);
});

test("what is kept holds nothing raw", async () => {
  const client = visitor({ "accept-language": "de-CH" });
  await client.page("/");
  await client.decide("accept-all");
  const device = client.device;
  await client.request("me/exports", { method: "POST" });
  const refuser = visitor();
  await refuser.page("/");
  await refuser.decide("reject-all");
  const erased = visitor();
  await erased.decide("accept-all");
  const gone = erased.device;
  await erased.erase();

  const { SUBJECT_KEY, KEYRING, SIGNING_KEY, ADMIN_TOKEN } = site.secrets;
  const secrets = [device, gone, SUBJECT_KEY, KEYRING.keys.k1, ...SIGNING_KEY.log, ...SIGNING_KEY.receipt, ADMIN_TOKEN];
  const words = [...ADDRESSES.map(([, , raw]) => raw), UA, "8078.79", REFERER, "other.example", "greta@example.com",
    ...Object.values(HINTS).filter((hint) => hint.length > 8)];
  const forbidden = [...secrets, ...words, ...secrets.map((secret) => Buffer.from(secret, "base64url")),
    Buffer.from("20010db885a308d313198a2e03707348", "hex")];
  const kept = await contents(site);
  assert.ok(kept.values.length > 3 && kept.objects.length > 6 && kept["KV's files"].length > 3);
  for (const [where, all] of Object.entries({ ...kept, log: site.log })) {
    for (const bytes of all) {
      for (const word of forbidden) assert.ok(!bytes.includes(word), `${where}: ${word.toString("latin1")}`);
    }
  }
  const seen = JSON.stringify(origin.requests);
  for (const word of [...secrets, UA, "203.0.113.77", "greta:pw", "/patients", DEVICE]) assert.ok(!seen.includes(word), `the origin sees ${word}`);
});

test("what is kept says under which key and for how long, and lapses by itself", async () => {
  const { keys } = await site.json("testing/keys");
  const values = await site.kv();
  const about = keys.filter(({ key }) => !key.startsWith("policy/"));
  for (const kind of ["consent/", "refusal/", "proof/"]) assert.ok(about.some(({ key }) => key.startsWith(kind)), kind);
  for (const { key, expires, metadata } of about) {
    assert.match(key, /^(consent\/[\w-]{43}|refusal|proof)\/[\w-]{22}$/);
    assert.deepEqual([metadata.k, metadata.s], ["k1", (await values.get(key, "arrayBuffer")).byteLength]);
    const [until, lapses] = [metadata.r, expires].map((time) => Date.parse(time));
    assert.ok(until > Date.now() + 1000 * 864e5, "three years of proof");
    assert.equal(lapses - until, 864e5, "KV's own expiry is a day later");
  }
});

const API = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** What everyone may read, every page may. */
const PUBLIC = { ...API, "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" };

test("security headers", async (t) => {
  const has = (answer, headers) => {
    for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers.get(name), value, name);
  };
  for (const path of ["health", "consent", "consent/receipt", "nowhere", "audit"]) {
    await t.test(path, async () => has(await visitor().request(path), { ...API, "access-control-allow-origin": null }));
  }
  for (const path of ["log/checkpoint", "log/key"]) {
    await t.test(path, async () => has(await visitor().request(path), PUBLIC));
  }
  await t.test("of a decision, a form's way back, an export and an erasure", async () => {
    const client = visitor();
    has(await client.decide("accept-all"), API);
    const { download } = (await client.requestExport()).body;
    const copy = await client.request(download);
    has(copy, { ...API, "content-disposition": 'attachment; filename="my-data.zip"' });
    const { id, ...pairs } = await client.ask("reject-all");
    has(await client.form("consent", Object.entries(pairs)), { ...API, location: "/" });
    has(await client.erase(), API);
  });
  await t.test("of pages of its own", async () => {
    const csp = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    const page = { ...API, "content-security-policy": csp, "referrer-policy": "same-origin" };
    has(await visitor().request("preferences"), page);
    has(await visitor().form("me/erasure", [["confirm", "yes"]]), page);
  });
  await t.test("of its assets", async () => {
    const html = (await visitor().page("/")).text;
    const assets = html.match(/\/\.consentry\/a\/[\w.]+/g);
    assert.ok(assets.length >= 3);
    for (const asset of assets) {
      has(await visitor().request(asset), { ...PUBLIC, "cache-control": "public, max-age=31536000, immutable" });
    }
  });
  await t.test("of the site's pages, which are made for one visitor", async () => {
    const answer = await visitor().page("/");
    has(answer, { "cache-control": "private, no-store", "content-security-policy": "default-src 'self'", etag: null });
  });
  await t.test("cookies of its own", async () => {
    const client = visitor();
    const [decision, device] = (await client.decide("accept-all")).setCookies;
    assert.match(decision, /^consentry=2\.[\w.-]{1,118}; Path=\/; Max-Age=\d+; Secure; SameSite=Lax$/);
    assert.match(device, /^__Host-consentry-device=[\w-]{43}\.\d+; Path=\/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax$/);
    const [first, second] = [visitor(), visitor()];
    assert.equal((await first.decide("reject-all")).setCookies.length, 1, "a refusal makes no device");
    await second.decide("reject-all");
    assert.equal(first.cookies.get("consentry"), second.cookies.get("consentry"), "and everybody's is the same");
  });
});

test("a site that is declared to be secure is not served in the clear", async () => {
  await site.restart({ vars: { SITE_URL: "https://shop.example" } });
  const answer = await visitor().request("/a?b=c");
  assert.equal(answer.status, 308);
  assert.match(answer.headers.get("location"), /^https:\/\/[^/]+\/a\?b=c$/);
});
