// Fast tests of the loader: real files of the package in Chromium, on pages written here. The edge is a stand-in that
// knows the plan and the cookie's form and nothing of records or seals; what it cannot tell, tests/e2e does.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = process.env.CONSENTRY_DIST ?? fileURLToPath(new URL("../../pkg/dist/", import.meta.url));

/** Addresses as the edge gives them, and the files behind them. */
const FILES = { "c.js": "loader.js", "t.js": "tag.js", "g.js": "g.js", "d.js": "d.js", "e.js": "e.js", "s.js": "stub.js", "index.js": "index.js",
  "sdk.js": "sdk.js" };

export const A = "A".repeat(43);
export const MATERIAL = "materialnow";
export const today = () => Math.floor(Date.now() / 864e5);

/** A decision cookie's value. */
export function cookieValue({ material = MATERIAL, given = "0", refused = "0", services = "0", day = today(), g = "",
  seq = 1 } = {}) {
  return `2.${material}.${given}.${refused}.${services}.${day}${g}.${seq}.k1.${"m".repeat(22)}`;
}

/** A plan with two opt-in purposes and three services, the last two on hosts of the stand-in for vendors. */
export const plan = (vendor, more = {}) => ({
  v: 2,
  base: "/.consentry/",
  policy: A,
  notice: A,
  locale: "en",
  regime: "opt-in",
  material: MATERIAL,
  purposes: ["analytics", "marketing"],
  ask: true,
  services: [
    { id: "metrics", purpose: 0, hosts: ["metrics.test"], cookies: ["pv_*"], storage: ["pv-queue"] },
    { id: "ads", purpose: 1, hosts: [vendor], cookies: ["ad_id"], reload: true },
    { id: "video", purpose: 1, hosts: ["video.test"] },
  ],
  days: 181,
  refusal_days: 181,
  grant: "recorded",
  cookie: "consentry",
  more: "/.consentry/a/d.js",
  sdk: "/.consentry/a/sdk.js",
  dialogs: "/.consentry/banner?locale=en&regime=opt-in",
  seen: 0,
  ...more,
});

const WORDS = {
  loading: "Loading", working: "Saving", failed: "Failed", queued: "Queued", blocked: "{service} from {recipient}", "load-once": "Once",
  "load-always": "Always {service}", changed: "Changed", confirm: "Yes", "confirm-text": "Sure?", erased: "Erased",
  exported: "Exported",
};

const form = (layer, inside, ...choices) => `<form method="post" action="/.consentry/consent">
<input type="hidden" name="layer" value="${layer}">${inside}
${choices.map((choice) => `<button name="choice" value="${choice}">${choice}</button>`).join("")}</form>
<div role="status" class="consentry-say"></div>`;

const words = Object.entries(WORDS).map(([name, text]) => `data-${name}="${text}"`).join(" ");

const firstLayer = (open = true) =>
  `<dialog id="consentry" class="consentry" ${words}${open ? " open" : ""}><h2>${open ? "May we?" : "May we now?"}</h2>
${form("banner", "", "reject-all", "accept-all", "choose")}</dialog>`;

/** Both dialogs and the reopen control, as the core draws them; `data` is the section of the person's own. */
export function dialogs({ open = true, on = [], stop = [], data = '<p id="consentry-proof"></p>' } = {}) {
  const box = (name, value, purpose) =>
    `<label><b>${value}</b>${/objection/.test(name) ? "<span>I object</span>" : ""}` +
    `<input type="checkbox" name="${name}" value="${value}"${purpose ? ` data-purpose="${purpose}"` : ""}></label>`;
  const one = (purpose, services) => {
    const [name, service] = on.includes(purpose) ? ["objection", "service_objection"] : ["purpose", "service"];
    return box(name, purpose) + services.map((id) => box(service, id, purpose)).join("");
  };
  return `${firstLayer(open)}
<dialog id="consentry-preferences" class="consentry"><button id="consentry-close">x</button>
${stop[0] ? form("preferences", stop.map((id) => `<input type="hidden" name="purpose" value="${id}">`).join(""), "stop") : ""}
${form("preferences", one("analytics", ["metrics"]) + one("marketing", ["ads", "video"]), "selection", "reject-all",
  "accept-all")}<p id="consentry-gpc" hidden>signal</p>${data}</dialog>
${REOPEN}`;
}

export const REOPEN = '<a id="consentry-open" class="consentry-open" href="/.consentry/preferences">Choices</a>';

/** What a page has whose visitor is asked: the second layer comes on use. */
export const first = () => firstLayer() + REOPEN;

export const planScript = (plan) =>
  `<script type="application/json" id="consentry-plan">${typeof plan === "string" ? plan : JSON.stringify(plan)}</script>`;

export const TAG = '<script async src="/.consentry/a/t.js"></script>';
export const LOADER = '<script async src="/.consentry/a/c.js"></script>';

const read = async (request) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
};

/** Serves pages, the package's files and a stand-in for the edge; a second server stands for all vendors. */
export async function startSite() {
  const site = {
    /** Pages by path: HTML, or a function of the request that gives it. */
    pages: {},
    /** What was sent to `consent`. */
    bodies: [],
    /** How often which path was asked for. */
    hits: {},
    /** Paths at the vendors. */
    contacts: [],
    /** Replaces the answer to a decision: gives `[status, body, cookie?]`, or `null` to hang up. */
    answer: undefined,
    /** Names below `a/` that are not found. */
    missing: new Set(),
    headers: {},
    dialogs: undefined,
    plan: undefined,
    /** What answers a path in place of the stand-in: gets the request, its body, the response, and how to send one. */
    routes: {},
    reset() {
      Object.assign(site, { pages: {}, bodies: [], hits: {}, contacts: [], answer: undefined, headers: {}, routes: {},
        missing: new Set(), along: undefined, dialogs: undefined, plan: plan(site.vendor) });
    },
    /** A page with dialogs, plan, loader and what a test adds. */
    page(path, { body = "", head = "", p = site.plan, html = dialogs(), loader = LOADER } = {}) {
      site.plan = p;
      site.pages[path] = `<!doctype html><html lang="en"><head><title>t</title>${head}</head><body>
${html}${p ? planScript(p) : ""}${loader}${body}</body></html>`;
      return site.url + path;
    },
  };
  let seq = 0;
  const decide = (body) => {
    const { purposes, services } = site.plan;
    const is = (id, i) =>
      body.choice === "accept-all" ? true
        : body.choice === "reject-all" ? false
          : body.purposes?.includes(id) ? true
            : (site.plan.on ?? 0) >> i & 1 && !body.objections?.includes(id) ? undefined : false;
    const states = purposes.map(is);
    const given = purposes.filter((_, i) => states[i]);
    const refused = purposes.filter((_, i) => states[i] === false);
    const excepted = services.filter(({ id, purpose }) =>
      (states[purpose] === false && body.services?.includes(id)) ||
      (states[purpose] === undefined && body.service_objections?.includes(id)));
    const mask = (all, some) => all.reduce((sum, id, i) => sum + (some.includes(id) ? 2 ** i : 0), 0).toString(16);
    const none = !given.length && !excepted.length;
    seq = none ? 0 : seq + 1;
    const decision = { policy: A, seq, given, refused, services: excepted.map(({ id }) => id), until: "" };
    const value = cookieValue({
      given: mask(purposes, given), refused: mask(purposes, refused), seq, g: body.gpc ? "g" : "",
      services: mask(services.map(({ id }) => id), decision.services),
    });
    return [200, { decision, receipt: null, recorded: true }, value];
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    site.hits[pathname] = (site.hits[pathname] ?? 0) + 1;
    const send = (status, type, body, headers) => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store", ...headers });
      response.end(body);
    };
    const name = pathname.replace("/.consentry/a/", "");
    if (site.routes[pathname]) return site.routes[pathname]({ request, body: await read(request), response, send });
    if (pathname === "/.consentry/consent") {
      const text = await read(request);
      if (!/json/.test(request.headers["content-type"])) return send(200, "text/html", "native " + text);
      const body = JSON.parse(text);
      site.bodies.push(body);
      const answer = await (site.answer ?? decide)(body, decide);
      if (!answer) return request.socket.destroy();
      const [status, reply, cookie] = answer;
      const headers = cookie ? { "set-cookie": `consentry=${cookie};Path=/;SameSite=Lax` } : {};
      return send(status, "application/json", reply == null ? "" : JSON.stringify(reply), headers);
    }
    if (pathname === "/.consentry/banner") {
      if (site.missing.has("banner")) return request.socket.destroy();
      const words = Object.fromEntries(Object.entries(WORDS).map(([name, text]) => [name.replace("-", "_"), text]));
      const html = site.dialogs ?? dialogs({ open: false });
      return send(200, "application/json",
        JSON.stringify({ html, words, css: "/.consentry/a/c.css", plan: site.plan }));
    }
    if (pathname === "/.consentry/me/erasure") {
      return send(200, "application/json", JSON.stringify({ erased: { records: 1 }, kept: [], note: "" }));
    }
    if (pathname === "/.consentry/preferences") return send(200, "text/html", "<h1>preferences page</h1>");
    if (pathname === "/.consentry/a/c.css") return send(200, "text/css", "dialog{position:fixed}");
    if (FILES[name] && !site.missing.has(name)) {
      const along = name === "t.js" && site.along ? `document.currentScript.consentry=${JSON.stringify(site.along)};` : "";
      return send(200, "text/javascript", along + readFileSync(join(dist, FILES[name])));
    }
    if (/^\/own\/.*\.js$/.test(pathname)) return send(200, "text/javascript", "(window.ran ??= []).push(" +
      `${JSON.stringify(pathname.slice(5, -3))})`);
    if (site.pages[pathname]) return send(200, "text/html", site.pages[pathname], site.headers);
    send(404, "text/plain", "");
  });
  const vendors = createServer((request, response) => {
    site.contacts.push(request.url);
    const js = request.url.endsWith(".js");
    response.writeHead(200, {
      "content-type": js ? "text/javascript" : request.url.endsWith(".png") ? "image/png" : "text/html",
      "access-control-allow-origin": "*",
    });
    response.end(js ? `(window.ran ??= []).push("vendor")` : "<p>vendor</p>");
  });
  await Promise.all([server, vendors].map((one) => new Promise((done) => one.listen(0, "127.0.0.1", done))));
  site.url = `http://localhost:${server.address().port}`;
  site.vendor = `127.0.0.1:${vendors.address().port}`;
  site.stop = () => Promise.all([server, vendors].map((one) => {
    one.closeAllConnections();
    return new Promise((done) => one.close(done));
  }));
  site.reset();
  return site;
}

/** A visitor of their own, whose page collects what went wrong in it. */
export async function visitor(browser, { cookie, site, init, ...options } = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(8000);
  if (init) await context.addInitScript(init);
  if (cookie) await context.addCookies([{ name: "consentry", value: cookie, url: site.url }]);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  return { context, page, errors };
}

/** Opens a page and waits until the loader has done what it does by itself. */
export async function visit(page, url) {
  await page.goto(url);
  await page.waitForFunction(() => window.consentry?.ready);
  await page.evaluate(() => window.consentry.ready);
}

/** Resolves once exactly these purposes are permitted. */
export const untilGiven = (page, ...purposes) =>
  page.waitForFunction((list) => window.consentry.given().join() === list, purposes.join());

/** A moment for what must not happen. */
export const moment = (milliseconds = 250) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until `check` gives something true. */
export async function eventually(check, what, milliseconds = 6000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await moment(30);
  }
}
