// The other tools: which of their files a site ships, how a page calls them, and where in the page they are.
//
// Each is called as its own documentation says, with the defaults it has where a choice was possible; what departs
// from that is said beside it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { banner, purposes } from "./texts.mjs";

const require = createRequire(import.meta.url);
const modules = fileURLToPath(new URL("node_modules/", import.meta.url));
const file = (path) => readFileSync(join(modules, path));
const version = (name) => require(`./node_modules/${name}/package.json`).version;

/** Bundles one of ours in `peers/`, as a site would: minified, ES2020, production. */
export async function bundle(entry, { external = [] } = {}) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`peers/${entry}`, import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2020",
    jsx: "automatic",
    external,
    define: {
      "process.env.NODE_ENV": '"production"',
      PURPOSES: JSON.stringify(purposes),
      BANNER: JSON.stringify(banner),
    },
    legalComments: "none",
    logLevel: "error",
    write: false,
  });
  return Buffer.from(outputFiles[0].contents);
}

async function styles(path) {
  const result = await build({ entryPoints: [join(modules, path)], bundle: true, minify: true, write: false });
  return Buffer.from(result.outputFiles[0].contents);
}

/** A script written into the page, with the response's nonce if there is one. */
const inline = (nonce, code) => `<script${nonce}>${code}</script>`;
const optional = purposes.filter(({ essential }) => !essential);

/**
 * One tool.
 *
 * @typedef {object} Peer
 * @property {string} id
 * @property {string} name with version, as the tables show it
 * @property {Record<string, Buffer>} files by their path on the site
 * @property {(nonce: string) => string} head what a page has in its head; `nonce` is an attribute or nothing
 * @property {(nonce: string) => string} [body] and at the end of its body
 * @property {string} banner selector of the first layer's box
 * @property {string} accept of its button that accepts all
 * @property {string | null} choose of its button that opens the second layer
 * @property {string} [preferences] of the second layer's box
 * @property {string} [note] what a reader of the tables has to know
 */

/** All of them, ready to be served. @returns {Promise<Peer[]>} */
export async function peers() {
  const react = ["react", "react-dom", "react-dom/client", "react/jsx-runtime"];
  const c15tStyles = await styles("@c15t/react/dist/styles.css");
  return [
    {
      id: "vanilla-cookieconsent",
      name: `vanilla-cookieconsent ${version("vanilla-cookieconsent")}`,
      files: {
        "/vcc.js": await bundle("vanilla-cookieconsent.js"),
        "/vcc.css": file("vanilla-cookieconsent/dist/cookieconsent.css"),
      },
      head: (nonce) =>
        `<link rel="stylesheet" href="/vcc.css"><script type="module" src="/vcc.js"${nonce}></script>`,
      banner: "#cc-main .cm",
      accept: '#cc-main .cm [data-role="all"]',
      choose: '#cc-main .cm [data-role="show"]',
      preferences: "#cc-main .pm",
      note: "`hideFromBots` is switched off, else an automated browser is never asked",
    },
    {
      id: "orejime",
      name: `Orejime ${version("orejime")}`,
      files: {
        "/orejime.js": file("orejime/dist/orejime-standard-en.js"),
        "/orejime.css": file("orejime/dist/orejime-standard.css"),
      },
      head: () => `<link rel="stylesheet" href="/orejime.css">`,
      body: (nonce) =>
        inline(nonce, `window.orejimeConfig=${orejimeConfig()}`) + `<script src="/orejime.js"${nonce}></script>`,
      banner: ".orejime-Banner",
      accept: ".orejime-Banner-saveButton",
      choose: ".orejime-Banner-learnMoreButton",
      preferences: ".orejime-Modal",
    },
    {
      id: "klaro",
      name: `Klaro ${version("klaro")}`,
      files: {
        "/klaro.js": file("klaro/dist/klaro-no-css.js"),
        "/klaro.css": file("klaro/dist/klaro.min.css"),
      },
      head: (nonce) =>
        `<link rel="stylesheet" href="/klaro.css">` +
        inline(nonce, `var klaroConfig=${klaroConfig()}`) +
        `<script defer src="/klaro.js"${nonce}></script>`,
      banner: ".klaro .cookie-notice",
      accept: ".klaro .cookie-notice .cm-btn-success",
      choose: ".klaro .cookie-notice .cm-link",
      preferences: ".klaro .cookie-modal .cm-modal",
      note: "`acceptAll` is switched on, as its annotated configuration has it",
    },
    {
      id: "tarteaucitron",
      name: `tarteaucitron ${version("tarteaucitronjs")}`,
      files: Object.fromEntries(
        [
          "tarteaucitron.min.js",
          "tarteaucitron.services.min.js",
          "lang/tarteaucitron.en.min.js",
          "css/tarteaucitron.min.css",
        ].map((name) => [`/tac/${name}`, file(`tarteaucitronjs/${name}`)]),
      ),
      head: (nonce) =>
        `<script src="/tac/tarteaucitron.min.js"${nonce}></script>` + inline(nonce, tarteaucitronConfig()),
      banner: "#tarteaucitronAlertBig",
      accept: "#tarteaucitronPersonalize2",
      choose: "#tarteaucitronCloseAlert",
      preferences: "#tarteaucitron",
      note: "asks for services, not purposes: one of its own kind stands for each purpose",
    },
    {
      id: "c15t",
      name: `c15t for React ${version("@c15t/react")}`,
      files: { "/c15t.js": await bundle("c15t.jsx"), "/c15t.css": c15tStyles },
      /** What it weighs on a site that has React already. */
      without: {
        what: "React",
        files: { "/c15t.js": await bundle("c15t.jsx", { external: react }), "/c15t.css": c15tStyles },
      },
      head: (nonce) =>
        `<link rel="stylesheet" href="/c15t.css"><script type="module" src="/c15t.js"${nonce}></script>`,
      banner: '[data-testid="consent-banner-card"]',
      accept: '[data-testid="consent-banner-accept-button"]',
      choose: '[data-testid="consent-banner-customize-button"]',
      preferences: '[data-testid="consent-dialog-card"]',
      note: `offline mode, with React ${version("react")} in the bundle; its nonce option is set`,
    },
    {
      id: "osano",
      name: `cookieconsent (Osano) ${version("cookieconsent")}`,
      files: {
        "/cc.js": file("cookieconsent/build/cookieconsent.min.js"),
        "/cc.css": file("cookieconsent/build/cookieconsent.min.css"),
      },
      head: () => `<link rel="stylesheet" href="/cc.css">`,
      body: (nonce) =>
        `<script src="/cc.js"${nonce}></script>` + inline(nonce, `cookieconsent.initialise(${osanoConfig()})`),
      banner: ".cc-window",
      accept: ".cc-window .cc-allow",
      choose: null,
      note: "asks for everything at once: it has neither purposes nor a second layer",
    },
  ];
}

const orejimeConfig = () =>
  JSON.stringify({
    privacyPolicyUrl: "/privacy",
    purposes: purposes.map(({ id, essential, name, description }) => ({
      id,
      title: name,
      description,
      cookies: [],
      ...(essential && { isMandatory: true }),
    })),
    translations: { banner: { title: banner.title, description: `${banner.text} {privacyPolicy}` } },
  });

const klaroConfig = () =>
  JSON.stringify({
    version: 1,
    acceptAll: true,
    privacyPolicy: "/privacy",
    services: purposes.map(({ id, essential, name, description }) => ({
      name: id,
      title: name,
      description,
      purposes: [id],
      ...(essential && { required: true }),
    })),
    translations: {
      en: {
        consentNotice: { description: banner.text, learnMore: banner.choose },
        purposes: Object.fromEntries(purposes.map(({ id, name }) => [id, name])),
      },
    },
  });

const tarteaucitronConfig = () => {
  const kinds = { analytics: "analytic", marketing: "ads", media: "video" };
  const service = ({ id, name, description: desc }) => {
    const said = JSON.stringify({ key: id, type: kinds[id], name, desc, needConsent: true, cookies: [] });
    return (
      `tarteaucitron.services.${id}={...${said},js(){},fallback(){}};` +
      `(tarteaucitron.job=tarteaucitron.job||[]).push("${id}");`
    );
  };
  const options = {
    privacyUrl: "/privacy",
    orientation: "bottom",
    serviceDefaultState: "wait",
    showIcon: true,
    iconPosition: "BottomRight",
    adblocker: false,
    DenyAllCta: true,
    AcceptAllCta: true,
    highPrivacy: true,
    mandatory: true,
    moreInfoLink: true,
  };
  const words = {
    middleBarHead: banner.title,
    alertBigPrivacy: banner.text,
    acceptAll: banner.accept,
    denyAll: banner.reject,
    personalize: banner.choose,
  };
  // Its services are known once its second file is there; it says so by an event.
  return (
    `var tarteaucitronForceLanguage="en",tarteaucitronCustomText=${JSON.stringify(words)};` +
    `tarteaucitron.init(${JSON.stringify(options)});` +
    `addEventListener("tac.root_available",()=>{${optional.map(service).join("")}});`
  );
};

const osanoConfig = () =>
  JSON.stringify({
    type: "opt-in",
    content: {
      message: banner.text,
      allow: banner.accept,
      deny: banner.reject,
      link: banner.notice,
      href: "/privacy",
    },
  });
