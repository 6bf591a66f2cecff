// The page every banner is measured on, and the servers in front of it: the same for all.

import { randomBytes } from "node:crypto";
import { createServer, request as forward } from "node:http";
import { gunzipSync, gzipSync } from "node:zlib";

const STYLES = `body{margin:0 auto;max-width:44rem;padding:1rem;font:1rem/1.6 system-ui,sans-serif;color:#222;background:#fff}
h1{font-size:2rem;line-height:1.2}a{color:#0b57a4}header,footer{border-block:1px solid #ccc;padding:.5rem 0}`;

const PARAGRAPH = `<p>Small batches of stoneware, thrown in Dublin and glazed with ash from our own ferns. Each piece is
fired twice, cooled for two days, and looked at by both of us before it is allowed on the shelf.</p>`;

/** A small page with a stylesheet of its own: what a visitor came for. */
export function page(head = "", body = "") {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fern &amp; Clay</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/site.css">
${head}
</head>
<body>
<header>Fern &amp; Clay · <a href="/privacy">Privacy notice</a></header>
<main>
<h1>Quiet pots for busy houses</h1>
${PARAGRAPH.repeat(6)}
</main>
<footer>Fern &amp; Clay Ceramics Ltd, 12 Kiln Lane, Dublin</footer>
${body}
</body>
</html>
`;
}

/** What a page is sent with. Chosen by the address' query, so that one server serves every measure. */
const POLICIES = {
  csp: (nonce) =>
    `default-src 'none'; script-src 'nonce-${nonce}' 'strict-dynamic'; style-src 'self' 'nonce-${nonce}'; ` +
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'",
  types: () => "require-trusted-types-for 'script'",
};

/**
 * A site with files of its own. Every answer is compressed with gzip and may not be stored.
 *
 * `?csp` sends the page under a strict content security policy with a nonce, `?types` with Trusted Types enforced.
 */
export function startSite({ head = () => "", body = () => "", files = {} } = {}) {
  const assets = { ...files, "/site.css": Buffer.from(STYLES) };
  return listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://site");
    const asset = assets[pathname];
    if (asset) {
      const type = pathname.endsWith(".css") ? "text/css" : "text/javascript";
      return send(response, 200, { "content-type": `${type}; charset=utf-8` }, asset);
    }
    const strict = Object.keys(POLICIES).find((name) => searchParams.has(name));
    const nonce = strict === "csp" ? randomBytes(16).toString("base64") : undefined;
    const attribute = nonce ? ` nonce="${nonce}"` : "";
    const headers = { "content-type": "text/html; charset=utf-8" };
    if (strict) headers["content-security-policy"] = POLICIES[strict](nonce);
    send(response, pathname === "/" ? 200 : 404, headers, Buffer.from(page(head(attribute), body(attribute))));
  });
}

/** Headers that speak of one connection only. */
const CONNECTION = ["content-length", "transfer-encoding", "connection", "keep-alive"];

/**
 * What stands between a Worker and its visitors on the platform: it compresses. Addresses that start with one of
 * `paths` go to `worker`, the others to `site`.
 */
export function startFront({ worker, site = worker, paths = ["/"] }) {
  return listen((request, response) => {
    const to = new URL(paths.some((path) => request.url.startsWith(path)) ? worker : site);
    const headers = { ...request.headers, "cf-connecting-ip": "203.0.113.77" };
    delete headers["accept-encoding"];
    const { url: path, method } = request;
    // A connection for each, since one that idles may be closed just when it is used again.
    const options = { host: to.hostname, port: to.port, path, method, headers, agent: false };
    const passed = forward(options, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const sent = { ...answer.headers };
        for (const name of CONNECTION) delete sent[name];
        const body = Buffer.concat(parts);
        const encoded = sent["content-encoding"] === "gzip" && body.length > 0;
        send(response, answer.statusCode, sent, encoded ? gunzipSync(body) : body);
      });
    });
    passed.on("error", () => response.writeHead(502).end());
    request.pipe(passed);
  });
}

/** Compressed once for each file, so that no visitor waits for it. */
const packed = new WeakMap();

function send(response, status, headers, body) {
  response.statusCode = status;
  for (const [name, value] of Object.entries({ ...headers, "cache-control": "no-store" })) {
    response.setHeader(name, value);
  }
  if (!body.length) return response.end();
  if (!packed.has(body)) packed.set(body, gzipSync(body, { level: 9 }));
  const bytes = packed.get(body);
  response.setHeader("content-encoding", "gzip");
  response.setHeader("content-length", bytes.length);
  response.end(bytes);
}

async function listen(handle) {
  const server = createServer(handle);
  await new Promise((done, fail) => server.once("error", fail).listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
