// The Worker in bare workerd, with KV and its objects on disk, behind nothing; and what the platform alone takes.

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as bare from "../../edge/dev/bare.mjs";
import { asTexts, freshSecrets } from "../../edge/dev/secrets.mjs";
import { kv } from "../kv.mjs";
import { policy } from "../texts.mjs";
import { HEADERS, SITE } from "./asks.mjs";

const CLASSES = { SUBJECT: "Subject", AUDIT_LOG: "AuditLog", REGISTRY: "Registry" };
const PAGE = "<!doctype html><html lang=en><head><title>Shop</title></head><body><p>Pots</p></body></html>";

/** Starts it in a folder. `plan` is what a page of it says, which choices are about. */
export async function startOurs(folder, build) {
  const state = join(folder, "state");
  mkdirSync(state);
  writeFileSync(join(folder, "site.js"), `export default { fetch: () => new Response(${JSON.stringify(PAGE)}, { headers: { "content-type": "text/html" } }) };`);
  const values = asTexts({
    SITE_ID: JSON.parse(policy).site.id,
    POLICY: policy,
    ...freshSecrets(),
  });
  const texts = Object.entries(values).map(([name, value]) => [name, bare.text(value)]);
  const objects = Object.entries(CLASSES).map(([name, className]) => [name, bare.object(className)]);
  const main = bare.worker({
    modules: bare.copyBuild(build, folder),
    bindings: { ...Object.fromEntries([...texts, ...objects]), RETENTION: 'kvNamespace = "names"', SITE: 'service = "site"' },
    classes: Object.values(CLASSES),
  });
  const store = kv(folder, "retention");
  const site = bare.worker({ modules: [bare.module("site.js")] });
  bare.configure(folder, { workers: { main, site, ...store.workers }, disks: { state }, extensions: store.extensions });
  const started = await bare.start(folder);
  const get = async (path, headers) => (await fetch(`http://127.0.0.1:${started.port}${path}`, { headers })).text();
  // Whoever comes first brings the policy into force.
  await get("/", { ...HEADERS, host: new URL(SITE).host });
  const plan = JSON.parse(/id="consentry-plan">([^<]*)</.exec(await get("/", HEADERS))[1]);
  return {
    ...started, plan,
    /** How many entries the log has. */
    entries: async () => Number((await get("/.consentry/log/checkpoint")).split("\n")[1]),
  };
}

/** Starts a Worker that has the platform do as much, and nothing else. */
export async function startPlatform(folder) {
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });
  copyFileSync(fileURLToPath(new URL("platform.js", import.meta.url)), join(folder, "platform.js"));
  const store = kv(folder, "retention");
  const main = bare.worker({
    modules: [bare.module("platform.js")],
    bindings: { VISITOR: bare.object("Visitor"), LOG: bare.object("Log"), RETENTION: 'kvNamespace = "names"' },
    classes: ["Visitor", "Log"],
  });
  bare.configure(folder, { workers: { main, ...store.workers }, disks: { state }, extensions: store.extensions });
  return bare.start(folder);
}
