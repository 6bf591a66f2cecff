// The command line tool as people call it: its own process, real files, a real site.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const CLI = join(root, "pkg/dist/cli.js");
const VERSION = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8")).version;

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "consentry-cli-"));
});
const folders = [];
after(() => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

/** Runs the tool in the test's folder, without a terminal. */
function run(args, { input, env = {} } = {}) {
  folders.push(folder);
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: { ...process.env, ...env } });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
    child.on("error", failed).on("close", (code) => done({ code, out, err }));
    child.stdin.on("error", () => {}).end(input ?? "");
  });
}

function put(name, content) {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  return name;
}

const read = (name) => readFileSync(join(folder, name), "utf8");

/** A policy that has no problem. */
function policy(change = () => {}) {
  const purpose = (id, essential, basis, name) => ({
    id, essential, basis, name: { en: name }, description: { en: `What ${name} is for.` },
  });
  const document = {
    version: 1,
    site: { id: "fern-clay", name: "Fern & Clay" },
    controller: {
      name: "Fern & Clay Ltd", address: "1 Kiln Lane, Dublin", email: "privacy@fern-clay.example",
      dpo: { email: "dpo@fern-clay.example" },
    },
    privacy_notice: "/privacy",
    purposes: [
      purpose("necessary", true, "contract", "Necessary"),
      purpose("analytics", false, "consent", "Analytics"),
    ],
    services: [
      {
        id: "metrics", purpose: "analytics", name: "Plain Metrics",
        recipient: { name: "Plain Metrics GmbH", country: "DE" },
        hosts: ["metrics.example"], cookies: [{ name: "pm_*", lifetime: "P13M" }], storage: ["pm-queue"],
        privacy_notice: "https://metrics.example/privacy",
      },
    ],
    consent: { proof: { retention: "P3Y", ground: "to defend legal claims (GDPR Article 17(3)(e))" } },
    locales: { default: "en" },
  };
  change(document);
  return document;
}

const ANSWERS = [
  "--yes", "--name", "Fern & Clay", "--controller", "Fern & Clay Ltd", "--address", "1 Kiln Lane, Dublin",
  "--email", "privacy@fern-clay.example", "--privacy-notice", "/privacy",
];

// ── the tool itself ──

test("help, version, and what is not known", async () => {
  const { code, out } = await run(["help"]);
  assert.equal(code, 0);
  for (const name of ["init", "check", "prerender", "keys", "verify"]) assert.match(out, new RegExp(`^  ${name} `, "m"));
  assert.doesNotMatch(out, /\u001b/, "no colours without a terminal");
  assert.deepEqual(await run(["--version"]), { code: 0, out: `${VERSION}\n`, err: "" });
  assert.match((await run(["help", "init"])).out, /--privacy-notice/);
  assert.match((await run(["verify", "--help"])).out, /checkpoint/);
  assert.equal((await run([])).code, 0);

  const command = await run(["chek"]);
  assert.deepEqual([command.code, command.out], [2, ""]);
  assert.match(command.err, /chek is not known; did you mean `consentry check`\?/);
  const option = await run(["check", "--strikt"]);
  assert.equal(option.code, 2);
  assert.match(option.err, /--strikt is no option of `consentry check`; did you mean --strict\?/);
  assert.match((await run(["check", "--zzzzzzzz"])).err, /`consentry help check` lists/);
  assert.match((await run(["check", "--__proto__"])).err, /--__proto__ is no option/);
  assert.match((await run(["check", "--format"])).err, /--format needs a value/);
  assert.match((await run(["check", "--json=yes"])).err, /--json takes no value/);
});

test("a reader that stops early is no error", async () => {
  const many = (service) => Array.from({ length: 400 }, (_, i) => ({ ...service, id: `s${i}`, purpose: "x" }));
  put("policy.json", policy((p) => (p.services = many(p.services[0]))));
  const shell = spawn("sh", ["-c", `"${process.execPath}" "${CLI}" check policy.json | head -n 1`], { cwd: folder });
  let err = "";
  shell.stderr.on("data", (text) => (err += text));
  await new Promise((done) => shell.on("close", done));
  assert.equal(err, "");
});

// ── check ──

test("check: a sound policy", async () => {
  put("policy.json", policy());
  assert.deepEqual(await run(["check", "policy.json"]), { code: 0, out: "nothing to correct\n", err: "" });
  const piped = await run(["check", "-"], { input: JSON.stringify(policy()) });
  assert.deepEqual([piped.code, piped.out], [0, "nothing to correct\n"]);
});

test("check: every problem, with its line, why, and what to write", async () => {
  const broken = policy((p) => {
    p.controller.email = "nobody";
    p.purposes[1].basis = "legitimate-interests";
    p.site.name = "<b>Fern</b>";
  });
  put("policy.json", broken);
  const { code, out } = await run(["check", "policy.json"]);
  assert.equal(code, 1);
  const line = read("policy.json").split("\n").findIndex((text) => text.includes('"nobody"')) + 1;
  assert.match(out, new RegExp(`^policy\\.json:${line} error controller\\.email: \`nobody\` is no address for mail\\.\\n`, "m"));
  assert.match(out, /purposes\[1\]\.basis: .*\n.*ePrivacy/);
  assert.match(out, /^  Write one that is read/m);
  assert.match(out, /site\.name: it holds HTML/);
  assert.match(out, /3 errors\n$/);

  const json = JSON.parse((await run(["check", "policy.json", "--json"])).out);
  assert.deepEqual([json.errors, json.warnings], [3, 0]);
  const [site, , basis] = [...json.files[0].findings].sort((a, b) => (a.path > b.path ? -1 : 1));
  assert.equal(site.path, "site.name");
  assert.equal(basis.severity, "error");

  const github = await run(["check", "policy.json", "--format", "github"]);
  assert.equal(github.code, 1);
  assert.match(github.out, new RegExp(`^::error file=policy\\.json,line=${line},title=controller\\.email::`, "m"));
});

test("check: warnings fail only with --strict", async () => {
  put("policy.json", policy((p) => {
    p.services[0].recipient.country = "US";
    p.signals = { google: { types: { analytics_storage: "analytics" }, advanced: true, url_passthrough: true } };
  }));
  const { code, out } = await run(["check", "policy.json"]);
  assert.equal(code, 0);
  for (const path of ["services[0].transfer", "signals.google.advanced", "signals.google.url_passthrough"]) {
    assert.ok(out.includes(` warning ${path}: `), path);
  }
  assert.match(out, /3 warnings\n$/);
  assert.equal((await run(["check", "policy.json", "--strict"])).code, 1);
});

test("check: what is no policy", async () => {
  put("page.json", "<!doctype html>");
  put("empty.json", "");
  put("binary.json", "");
  writeFileSync(join(folder, "binary.json"), Buffer.from([0xff, 0xfe, 0x00]));
  const file = openSync(join(folder, "large.json"), "w");
  ftruncateSync(file, 200 * 1024 * 1024);
  closeSync(file);
  for (const name of ["page.json", "empty.json"]) {
    const { code, out } = await run(["check", name]);
    assert.equal(code, 1, name);
    assert.match(out, /the document: [^]*\n  Make it valid JSON/);
  }
  for (const [name, says] of [
    ["none.json", /none\.json cannot be read: it is not there/],
    ["binary.json", /no text in UTF-8/],
    ["large.json", /209715200 bytes, too many for a policy/],
    [".", /is a folder/],
  ]) {
    const { code, err } = await run(["check", name]);
    assert.equal(code, 2, name);
    assert.match(err, says);
  }
  assert.equal((await run(["check"])).code, 2);
  const control = policy((p) => (p.site.name = "a\u001b[31mred"));
  put("colour.json", control);
  assert.doesNotMatch((await run(["check", "colour.json"])).out, /\u001b/, "a file does not steer the terminal");
  const deep = await run(["check", "-"], { input: "[".repeat(5000) });
  assert.equal(deep.code, 1);
});

// ── keys ──

test("keys: four secrets, never the same, never overwritten", async () => {
  const first = await run(["keys", "--json"]);
  assert.deepEqual([first.code, first.err], [0, ""]);
  const secrets = JSON.parse(first.out);
  assert.deepEqual(Object.keys(secrets), ["SUBJECT_KEY", "KEYRING", "SIGNING_KEY", "ADMIN_TOKEN"]);
  const keyring = JSON.parse(secrets.KEYRING);
  const signing = JSON.parse(secrets.SIGNING_KEY);
  assert.equal(keyring.active, "k1");
  const values = [secrets.SUBJECT_KEY, secrets.ADMIN_TOKEN, keyring.keys.k1, signing.log[0], signing.receipt[0]];
  for (const value of values) assert.equal(Buffer.from(value, "base64url").length, 32);
  assert.equal(new Set(values).size, values.length);
  assert.notEqual(first.out, (await run(["keys", "--json"])).out);

  const written = await run(["keys", "--out", "secrets.json"]);
  assert.deepEqual([written.code, written.out], [0, ""]);
  assert.match(written.err, /Never commit these/);
  assert.equal(statSync(join(folder, "secrets.json")).mode & 0o777, 0o600);
  const kept = read("secrets.json");
  const again = await run(["keys", "--out", "secrets.json"]);
  assert.equal(again.code, 2);
  assert.match(again.err, /it is there already/);
  assert.equal(read("secrets.json"), kept);
});

test("keys: one for the backend, and its hash with its scopes", async () => {
  const made = await run(["keys", "api", "shop", "records:read", "records:write:orders"]);
  assert.deepEqual([made.code, made.err], [0, ""]);
  const { key, API_KEYS } = JSON.parse(made.out);
  assert.match(key, /^csk_shop_[\w-]{43}$/);
  const hash = createHash("sha256").update(key).digest("base64url");
  assert.deepEqual(API_KEYS, { shop: { hash, scopes: ["records:read", "records:write:orders"] } });
  for (const wrong of [["Shop", "records:read"], ["shop"], ["shop", "records:delete"], ["shop", "records:read:Orders"], []]) {
    const { code, out, err } = await run(["keys", "api", ...wrong]);
    assert.deepEqual([code, out], [2, ""], wrong.join(" "));
    assert.match(err, /name the key first|a scope is/);
  }
});

// ── verify ──

/** A receipt with the keys of its site. */
const vectors = JSON.parse(readFileSync(join(root, "tests/vectors.json"), "utf8"));
const { input } = (vectors.vectors ?? vectors).find(({ name }) => name === "receipt");

test("verify: each leg of a receipt", async () => {
  put("receipt.json", input.receipt);
  put("keys.json", input.keys);
  const { code, out } = await run(["verify", "receipt.json", "--keys", "keys.json"]);
  assert.equal(code, 0, out);
  for (const leg of ["signature", "inclusion", "checkpoint"]) assert.match(out, new RegExp(`^holds  ${leg}`, "m"));
  const json = JSON.parse((await run(["verify", "receipt.json", "--keys", "keys.json", "--json"])).out);
  assert.equal(json.ok, true);
  assert.deepEqual(json.problems, []);

  const tampered = structuredClone(input.receipt);
  tampered.record.event_time = "2020-01-01T00:00:00Z";
  put("tampered.json", tampered);
  const bad = await run(["verify", "tampered.json", "--keys", "keys.json"]);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^fails  signature/m);
  assert.match(bad.out, /^holds  checkpoint/m);
  assert.match(bad.out, /not the site's signature/);
  assert.match(bad.out, /The receipt is not verified/);
});

test("verify: keys from the site, or none at all", async () => {
  put("receipt.json", input.receipt);
  const site = await serve((request, response) => {
    if (request.url !== "/.consentry/keys") return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(input.keys));
  });
  try {
    assert.equal((await run(["verify", "receipt.json", "--site", site.url])).code, 0);
  } finally {
    await site.close();
  }
  const gone = await run(["verify", "receipt.json", "--site", site.url]);
  assert.equal(gone.code, 2);
  assert.match(gone.err, /cannot be reached: ECONNREFUSED/);
  assert.match((await run(["verify", "receipt.json"])).err, /--keys <file>, or --site/);
  assert.match((await run(["verify", "receipt.json", "--site", "nonsense"])).err, /nonsense is no address/);
  put("keys.json", "{}");
  const wrong = await run(["verify", "receipt.json", "--keys", "keys.json"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /these are not a site's keys/);
});

// ── init ──

/** A site of this machine. */
async function serve(handler) {
  const server = createServer(handler);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

const PAGE = `<!doctype html><html lang="en-IE"><head><title>Fern &amp; Clay</title>
<link rel="canonical" href="https://www.facebook.com/not-loaded">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-AB12CD34"></script>
<script>window.dataLayer=[];function gtag(){dataLayer.push(arguments)} gtag('config', 'G-AB12CD34');</script>
<script type="application/ld+json">{"sameAs":["https://www.instagram.com/fern"]}</script>
</head><body>
<iframe src="https://www.youtube.com/embed/abc" title="Film"></iframe>
<img src="https://cdn.example.net/pot.jpg" alt="">
<a href="https://www.linkedin.com/company/fern">LinkedIn</a> <a href="/privacy-policy">Privacy</a>
</body></html>`;

test("init: a folder", async () => {
  put("site/index.html", PAGE);
  put("site/src/App.tsx", `export const Social = () => <a href="https://www.tiktok.com/@fern">TikTok</a>;
import posthog from "posthog-js";
posthog.init("phc_x", { api_host: "https://eu.i.posthog.com" });
localStorage.setItem("basket", "[]");`);
  put("site/node_modules/x/index.js", `fetch("https://connect.facebook.net/en_US/fbevents.js")`);
  const { code, out } = await run(["init", "site", ...ANSWERS]);
  assert.equal(code, 0, out);
  const made = JSON.parse(read("policy.json"));
  assert.deepEqual(made.services.map(({ id }) => id).sort(), ["google-analytics", "posthog", "youtube"]);
  assert.deepEqual(made.purposes.map(({ id }) => id), ["necessary", "analytics", "marketing"]);
  assert.deepEqual(made.site, { id: "fern-clay", name: "Fern & Clay" });
  assert.equal(made.signals.google.types.analytics_storage, "analytics");
  assert.match(out, /Google Analytics 4 +analytics +index\.html:3$/m);
  assert.match(out, /YouTube +marketing +index\.html:7/);
  assert.match(out, /host +cdn\.example\.net +img +index\.html:8/);
  assert.match(out, /key +basket +storage +src\/App\.tsx:4/);
  assert.match(out, /services\[\d\]\.transfer: .*no transfer is declared/, "what only the site knows is asked for");
  assert.doesNotMatch(out, /facebook|linkedin|instagram|tiktok/i, "what is only linked is not used");
  assert.equal((await run(["check", "policy.json"])).code, 0);
});

test("init: a site, a few pages of it", async () => {
  const asked = [];
  const site = await serve((request, response) => {
    asked.push(request.url);
    const html = (body, headers = {}) =>
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...headers }).end(body);
    switch (request.url) {
      case "/":
        return html(`${PAGE}<a href="/about#team">About</a><a href="/slow">Slow</a><a href="http://127.0.0.1:1/">x</a>
          <a href="/loop">Loop</a><script src="/app.js"></script>`, { "set-cookie": ["basket=1; Path=/", "_fbp=x; Secure"] });
      case "/about":
        return html(`<script src="https://static.hotjar.com/c/hotjar-1.js"></script><a href="/deep">Deep</a>`);
      case "/app.js":
        return response.writeHead(200, { "content-type": "text/javascript" }).end(`twq('config', 'o1');`);
      case "/loop":
        return response.writeHead(302, { location: "/loop" }).end();
      case "/slow":
        return undefined;
      default:
        return html("<p>other</p>");
    }
  });
  try {
    const begun = Date.now();
    const { code, out, err } = await run(["init", site.url, "--timeout", "1", "--out", "made.json", ...ANSWERS]);
    assert.equal(code, 0, out + err);
    assert.ok(Date.now() - begun < 20_000);
    const made = JSON.parse(read("made.json"));
    const ids = made.services.map(({ id }) => id).sort();
    assert.deepEqual(ids, ["google-analytics", "hotjar", "meta-pixel", "x-embeds", "youtube"]);
    assert.equal(made.site.url, `${site.url}/`);
    assert.match(out, /cookie +basket +cookie/);
    assert.match(err, /left out: .*\/slow did not answer within 1 seconds/);
    assert.match(err, /left out: .*\/loop leads from one address to the next/);
    assert.ok(!asked.includes("/deep"), "two links away");
    assert.equal(asked.filter((url) => url === "/about").length, 1);

    asked.length = 0;
    await run(["init", site.url, "--max-pages", "1", "--timeout", "1", "--out", "one.json", ...ANSWERS]);
    assert.deepEqual(asked, ["/", "/app.js"]);
    const silent = await run(["init", `${site.url}/slow`, "--timeout", "1", "--out", "no.json", ...ANSWERS]);
    assert.equal(silent.code, 2);
    assert.match(silent.err, /did not answer within 1 seconds; --timeout/);
    assert.ok(!existsSync(join(folder, "no.json")));
  } finally {
    await site.close();
  }
});

test("init: an answer without an end is cut off", async () => {
  const site = await serve((request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.on("error", () => {});
    const chunk = "<p>more</p>".repeat(10_000);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  try {
    const { code, out } = await run(["init", site.url, ...ANSWERS]);
    assert.equal(code, 0, out);
  } finally {
    await site.close();
  }
});

test("init: a folder with a file of 200 MB is read all the same", async () => {
  put("site/index.html", PAGE);
  const file = openSync(join(folder, "site/huge.js"), "w");
  ftruncateSync(file, 200 * 1024 * 1024);
  closeSync(file);
  const { code, err } = await run(["init", "site", ...ANSWERS]);
  assert.equal(code, 0);
  assert.match(err, /left out: huge\.js: 200 MB are more than/);
});

test("init: text that is made to keep a scanner busy does not", async () => {
  const size = 1_900_000;
  const pieces = ["<a ", "<a \"", "<script application/ld+json>", "<script src=", "import ", "href=\"", "<html lang ", "<title"];
  for (const [i, piece] of pieces.entries()) put(`site/${i}.html`, piece.repeat(size / piece.length));
  put("site/spaces.js", `import${" ".repeat(size)}x`);
  const { code, out } = await run(["init", "site", ...ANSWERS]);
  assert.equal(code, 0, out);
  assert.match(out, /^Read 9 pages and files/);
});

test("init: what is missing is named, and nothing is overwritten", async () => {
  put("site/index.html", "<p>nothing</p>");
  const missing = await run(["init", "site", "--yes", "--name", "Fern"]);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /needed as well: --controller, --address, --email, --privacy-notice/);
  const asking = await run(["init", "site"]);
  assert.match(asking.err, /there is no terminal to ask on: write --yes/);
  put("policy.json", "mine");
  const there = await run(["init", "site", ...ANSWERS]);
  assert.equal(there.code, 2);
  assert.match(there.err, /policy\.json is there already; --force overwrites it/);
  assert.equal(read("policy.json"), "mine");
  assert.equal((await run(["init", "site", ...ANSWERS, "--force"])).code, 0);
  assert.notEqual(read("policy.json"), "mine");
  assert.match((await run(["init", "nowhere", ...ANSWERS, "--force"])).err, /nowhere cannot be read: it is not there/);
  assert.match((await run(["init", "site", "--depth", "far", ...ANSWERS, "--force"])).err, /--depth is a whole number/);
  const locale = await run(["init", "site", ...ANSWERS, "--locale", "English", "--force"]);
  assert.equal(locale.code, 2);
  assert.match(locale.err, /locales\.default: .*language tag/);
});

test("init: gaps of the policy that was written are listed", async () => {
  put("site/index.html", "<p>nichts</p>");
  const { code, out } = await run(["init", "site", ...ANSWERS, "--locale", "de", "--email", "niemand"]);
  assert.equal(code, 1);
  assert.match(out, /controller\.email: `niemand` is no address for mail/);
  assert.match(out, /there is no text in the default locale `de`/);
  assert.ok(existsSync(join(folder, "policy.json")));
});

// ── prerender ──

test("prerender: parts for each language and regime", async () => {
  put("policy.json", policy((p) => {
    p.signals = { google: { types: { analytics_storage: "analytics" } } };
    p.purposes[1].uses = ["statistics"];
  }));
  put("old.json", policy((p) => (p.services = [])));
  const args = ["prerender", "policy.json", "--out", "made", "--region", "IE,US-CA,GB,unknown", "--base", "/privacy"];
  const { code, out, err } = await run([...args, "--previous", "old.json"]);
  assert.equal(code, 0, out + err);
  const files = readdirSync(join(folder, "made"));
  for (const regime of ["opt-in", "us", "uk"]) {
    const { html, words, css, plan } = JSON.parse(read(`made/banner.en.${regime}.json`));
    assert.match(html, /^<dialog id="consentry"/);
    const names = html.slice(0, html.indexOf(">")).replace(/"[^"]*"/g, "");
    assert.doesNotMatch(names, /\sopen/, "closed until the script knows");
    assert.equal(css, "/privacy/consentry.css");
    assert.ok(words.working);
    assert.deepEqual([plan.v, plan.regime, plan.base, plan.more], [2, regime, "/privacy/", "/privacy/d.js"]);
    assert.equal(Object.keys(plan.was).length, 1);
    assert.equal(plan.dialogs, `/privacy/banner.en.${regime}.json`);
    const page = read(`made/page.en.${regime}.html`);
    assert.ok(page.includes(html) && page.includes('<script async src="/privacy/loader.js"></script>'));
    assert.ok(page.includes("data-signals=\"{&#34;google&#34;"));
    const block = /<script type="application\/json" id="consentry-plan">([^<]*)<\/script>/.exec(page)[1];
    assert.deepEqual(JSON.parse(block), plan);
    const { inline } = JSON.parse(read("made/csp.json"));
    const hash = `sha256-${createHash("sha256").update(block).digest("base64")}`;
    assert.ok(inline.some((one) => one.page === `page.en.${regime}.html` && one.hash === hash));
    assert.doesNotMatch(html, /<script|<style|\sstyle=|\son[a-z]+=/, "nothing inline that a policy would have to allow");
  }
  for (const name of ["consentry.css", "loader.js", "g.js", "d.js", "stub.js", "sdk.js", "sdk.wasm"]) {
    assert.ok(files.includes(name), name);
  }
  assert.deepEqual(JSON.parse(read("made/regions.json")), { IE: "opt-in", "US-CA": "us", GB: "uk", unknown: "opt-in" });
  assert.match(out, /Content-Security-Policy: script-src 'self'/);
});

test("prerender: the Worker on another host", async () => {
  const args = ["prerender", "policy.json", "--out", "made", "--base", "https://consent.example/.consentry"];
  put("policy.json", policy());
  const refused = await run(args);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /`site\.origins` names none/);
  put("policy.json", policy((p) => (p.site.origins = ["https://www.example.org"])));
  const { code, out, err } = await run(args);
  assert.equal(code, 0, out + err);
  const { plan, css } = JSON.parse(read("made/banner.en.opt-in.json"));
  assert.deepEqual([plan.base, plan.more, css], ["https://consent.example/.consentry/", "/.consentry/d.js", "/.consentry/consentry.css"]);
  assert.match(out, /connect-src 'self' https:\/\/consent\.example;/);
});

test("prerender: what cannot be made says why", async () => {
  put("policy.json", policy());
  put("broken.json", policy((p) => (p.controller.email = "x")));
  const failing = async (args, says) => {
    const { code, err } = await run(["prerender", ...args]);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, says);
  };
  await failing(["policy.json"], /say where the files go: --out/);
  await failing(["policy.json", "--out", "made", "--region", "California"], /`California` is no region/);
  await failing(["policy.json", "--out", "made", "--locale", "en,eo"], /not complete in eo, so en would be shown/);
  await failing(["broken.json", "--out", "made"], /the policy has problems\. controller\.email/);
  await failing(["policy.json", "--out", "made", "--previous", "broken.json"], /the previous policy 1 has problems/);
  await failing(["policy.json", "--out", "made", "--base", "//evil.example/"], /--base is a path on the site/);
  await failing(["policy.json", "--out", "made", "--base", "https://"], /--base is a path, or an address/);
  await failing(["none.json", "--out", "made"], /none\.json cannot be read/);
  assert.ok(!existsSync(join(folder, "made")), "nothing is written by halves");
  put("file", "");
  await failing(["policy.json", "--out", "file/made"], /file\/made cannot be written/);
});
