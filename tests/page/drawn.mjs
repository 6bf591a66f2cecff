// Pages with the banner as the core draws it, without a script: for looking at it.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
/** Prints what the core draws. */
const emit = process.env.EMIT ?? join(target, "debug/emit");
/** Where pictures go. */
export const shots = process.env.SHOTS ?? join(root, "target/page");

const text = (en, de, ar) => ({ en, de, ar });

/** A policy with something for every rule, in three languages. */
export const policy = {
  version: 1,
  site: { id: "fern-clay", name: "Fern & Clay" },
  controller: {
    name: "Fern & Clay Ceramics Ltd",
    address: "12 Kiln Lane, Dublin D08 X2Y3, Ireland",
    email: "privacy@fern-clay.example",
    dpo: { name: "Dara Byrne", email: "dpo@fern-clay.example" },
  },
  privacy_notice: "/privacy",
  purposes: [
    {
      id: "necessary", essential: true, basis: "contract",
      name: text("Necessary", "Notwendig", "ضروري"),
      description: text(
        "Keeps your basket, takes you through checkout and remembers the choices you make here.",
        "Bewahrt Ihren Warenkorb, führt Sie durch die Kasse und merkt sich, was Sie hier auswählen.",
        "يحفظ سلة مشترياتك ويقودك خلال الدفع ويتذكر ما تختاره هنا.",
      ),
    },
    {
      id: "analytics", essential: false, basis: "consent", basis_elsewhere: "legitimate-interests",
      uses: ["statistics"],
      name: text("Statistics", "Statistik", "الإحصاءات"),
      description: text(
        "Counts which pages and pots are looked at, so that we learn what to throw next.",
        "Zählt, welche Seiten und Töpfe angesehen werden, damit wir lernen, was wir als Nächstes töpfern.",
        "يحصي الصفحات والأواني التي تُشاهَد لنعرف ما نصنعه لاحقًا.",
      ),
    },
    {
      id: "marketing", essential: false, basis: "consent", uses: ["sharing", "targeted-advertising"],
      name: text("Marketing", "Werbung", "التسويق"),
      description: text(
        "Lets an advertising company recognise this browser and show you our ceramics on other sites.",
        "Lässt ein Werbeunternehmen diesen Browser wiedererkennen und Ihnen anderswo unsere Keramik zeigen.",
        "يتيح لشركة إعلانات التعرف على هذا المتصفح وعرض خزفنا لك على مواقع أخرى.",
      ),
    },
    {
      id: "care", essential: false, basis: "consent", uses: ["sensitive-data"],
      name: text("Accessible visits", "Barrierefreie Besuche", "زيارات ميسّرة"),
      description: text(
        "Remembers what helps you when you visit the workshop.",
        "Merkt sich, was Ihnen beim Besuch der Werkstatt hilft.",
        "يتذكر ما يساعدك عند زيارة الورشة.",
      ),
    },
  ],
  services: [
    {
      id: "metrics", purpose: "analytics", name: "Plainview Metrics",
      recipient: { name: "Plainview Metrics GmbH", country: "DE" }, hosts: ["metrics.example"],
      cookies: [{ name: "pv_*", lifetime: "P13M" }, { name: "pv_s", lifetime: "session" }], storage: ["pv-queue"],
      privacy_notice: "https://metrics.example/privacy",
    },
    {
      id: "ads", purpose: "marketing", name: "Billboard Ads",
      recipient: { name: "Billboard Ads Inc.", country: "US" }, hosts: ["ads.example"],
      cookies: [{ name: "bb_uid", lifetime: "P3M" }],
      transfer: { country: "US", safeguard: "standard-contractual-clauses" },
      privacy_notice: "https://ads.example/privacy",
    },
    {
      id: "films", purpose: "marketing", name: "Kiln Films",
      recipient: { name: "Kiln Films SARL", country: "FR" }, hosts: ["films.example"],
    },
  ],
  consent: {
    lifetime: "P6M",
    proof: { retention: "P3Y", ground: "to show that consent was asked and respected (GDPR Article 17(3)(e))" },
  },
  locales: { default: "en" },
  regions: { rules: [{ in: ["NZ"], regime: "notice-only" }] },
};

/** The settings of visitors that the rules tell apart. */
export const SETTINGS = {
  ireland: ["region=IE"],
  britain: ["region=GB"],
  california: ["region=US-CA"],
  "california-signal": ["region=US-CA", "signal"],
  "notice-only": ["region=NZ"],
};

const SHOP = {
  en: ["Thrown by hand in Dublin", "Every pot is turned, glazed and fired in our own workshop."],
  de: ["Von Hand gedreht in Dublin", "Jeder Topf wird in unserer eigenen Werkstatt gedreht, glasiert und gebrannt."],
  ar: ["مصنوع يدويًا في دبلن", "تُشكَّل كل آنية وتُزجَّج وتُحرق في ورشتنا."],
};

/** Serves pages of a small shop with the banner in them. Their query says who looks: see `emit`. */
export async function startDrawn() {
  const folder = mkdtempSync(join(tmpdir(), "consentry-drawn-"));
  mkdirSync(shots, { recursive: true });
  const file = (theme) => {
    const path = join(folder, `${createHash("sha256").update(JSON.stringify(theme ?? null)).digest("hex")}.json`);
    writeFileSync(path, JSON.stringify({ ...policy, ...(theme && { theme }) }));
    return path;
  };
  const known = new Map();
  const drawn = (...args) => {
    const key = args.join("\n");
    if (!known.has(key)) known.set(key, execFileSync(emit, args, { encoding: "utf8" }));
    return known.get(key);
  };
  const posted = [];
  const answer = async (request, response) => {
    const url = new URL(request.url, "http://x");
    if (request.method === "POST") {
      let body = "";
      for await (const piece of request) body += piece;
      const form = new URLSearchParams(body);
      posted.push(form);
      const cookie = `consentry=${form.get("choice")}; Path=/`;
      response.writeHead(303, { location: form.get("return"), "set-cookie": cookie }).end();
      return;
    }
    const send = (type, body) => response.setHeader("content-type", `${type}; charset=utf-8`).end(body);
    if (!["/", "/page", "/c.css"].includes(url.pathname)) return send("text/plain", "");
    const theme = JSON.parse(url.searchParams.get("theme") ?? "null") ?? undefined;
    if (url.pathname === "/c.css") return send("text/css", drawn("stylesheet", file(theme)));
    const settings = url.searchParams.getAll("set");
    const decided = /consentry=(\w+)/.exec(request.headers.cookie)?.[1];
    if (decided) settings.push(`${decided === "reject" ? "refused" : "given"}=analytics,marketing,care`);
    const css = `/c.css?theme=${encodeURIComponent(JSON.stringify(theme ?? null))}`;
    if (url.pathname === "/page") return send("text/html", drawn("page", file(), `stylesheet=${css}`, ...settings));
    const locale = settings.find((one) => one.startsWith("locale="))?.slice(7) ?? "en";
    const [title, line] = SHOP[locale];
    send("text/html", `<!doctype html><html lang="${locale}" dir="${locale === "ar" ? "rtl" : "ltr"}"><head>
<title>Fern & Clay</title><meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="stylesheet" href="${css}"><style>body{margin:0;font:1.1em/1.6 Georgia,serif;color:#222;background:#f6f1e7}
main{max-width:44em;margin:auto;padding:2em 1em}button{background:red;font-size:9px}p{color:#333}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}p{color:#ddd}main a{color:#9cf}}</style></head><body>
<main><h1>${title}</h1>${`<p>${line} ${line} ${line}</p>`.repeat(6)}<p><a href="/privacy">Fern & Clay</a></p></main>
${drawn("fragment", file(), ...settings)}${url.searchParams.get("more") ?? ""}</body></html>`);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((problem) => response.writeHead(500).end(String(problem)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    /** The forms that were sent. */
    posted,
    /** The address of a page. */
    url({ path = "/", set = [], theme, more } = {}) {
      const query = new URLSearchParams(set.map((one) => ["set", one]));
      if (theme) query.set("theme", JSON.stringify(theme));
      if (more) query.set("more", more);
      return `${base}${path}?${query}`;
    },
    stop: () => new Promise((done) => {
      rmSync(folder, { recursive: true, force: true });
      server.close(done);
      server.closeAllConnections();
    }),
  };
}
