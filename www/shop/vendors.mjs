// Vendors as a shop meets them, each on a port of its own: one counts visits, one shows advertising, one shows films and
// one a map.
// Every request that reaches them is kept in `hits`.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const GIF = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

// The usual shape of such a script: a cookie on the shop's own domain, a key in storage, and word home about both.
const METRICS = `(() => {
  const home = new URL(document.currentScript.src).origin;
  const known = /(?:^|; )pv_id=([^;]*)/.exec(document.cookie);
  const id = known ? known[1] : Math.random().toString(36).slice(2);
  document.cookie = "pv_id=" + id + "; Path=/; Max-Age=34000000; SameSite=Lax";
  localStorage.setItem("pv-queue", "[]");
  navigator.sendBeacon(home + "/collect", JSON.stringify({ id, page: location.pathname }));
})();
`;

const FRAME = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Advertisement</title>
<style>body{margin:0;display:grid;place-items:center;height:100vh;font:16px sans-serif;background:#fde68a;color:#222}</style>
<p>Kiln sale, this week only</p>
<img src="/pixel.gif?from=frame" width="1" height="1" alt="">
</html>
`;

const FILM = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>From clay to shelf</title>
<style>body{margin:0;display:grid;place-items:center;height:100vh;font:16px sans-serif;background:#201a17;color:#f4ede4}</style>
<p><svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true"><path d="M6 3l19 11L6 25z" fill="#f4ede4"/></svg>
From clay to shelf, two minutes</p>
</html>
`;

const MAP = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Map of Kiln Lane</title>
<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>
<svg viewBox="0 0 400 240" role="img" aria-label="Kiln Lane runs north from the canal; number 12 is on the left">
<rect width="400" height="240" fill="#e9eedf"/><path d="M0 200q200-50 400-10" stroke="#9cc3d5" stroke-width="22" fill="none"/>
<path d="M190 240V0M0 90h400" stroke="#fff" stroke-width="14"/><circle cx="176" cy="130" r="8" fill="#b4532a"/>
<text x="96" y="136" font-family="sans-serif" font-size="14">Fern &amp; Clay</text>
<text x="204" y="40" font-family="sans-serif" font-size="12">Kiln Lane</text></svg>
</html>
`;

/** Starts them all. Port 0 takes a free one. */
export async function startVendors({ metricsPort = 0, adsPort = 0, filmsPort = 0, mapPort = 0 } = {}) {
  const metrics = await vendor(metricsPort, (path) => {
    if (path === "/m.js") return { type: "text/javascript", body: METRICS };
    if (path === "/collect") return { status: 204 };
    return undefined;
  });
  const ads = await vendor(adsPort, (path) => {
    const cookie = `bb_uid=${randomUUID()}; Path=/; Max-Age=7776000`;
    if (path === "/frame") return { type: "text/html; charset=utf-8", body: FRAME, cookie };
    if (path === "/pixel.gif") return { type: "image/gif", body: GIF, cookie };
    return undefined;
  });
  const films = await vendor(filmsPort, (path) => {
    const cookie = `kf_seen=${randomUUID()}; Path=/; Max-Age=2592000`;
    if (path === "/embed/kiln") return { type: "text/html; charset=utf-8", body: FILM, cookie };
    return undefined;
  });
  const map = await vendor(mapPort, (path) => {
    if (path === "/embed/kiln-lane") return { type: "text/html; charset=utf-8", body: MAP };
    return undefined;
  });
  const all = [metrics, ads, films, map];
  return { metrics, ads, films, map, close: () => Promise.all(all.map((one) => one.close())) };
}

async function vendor(port, answer) {
  const hits = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    hits.push({ time: new Date().toISOString(), method, url, headers });
    request.resume();
    const { status = 200, type, body, cookie } = answer(url.split("?")[0]) ?? { status: 404 };
    if (type) response.setHeader("content-type", type);
    if (cookie) response.setHeader("set-cookie", cookie);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("cache-control", "no-store");
    response.writeHead(status).end(body);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const host = `127.0.0.1:${server.address().port}`;
  return {
    url: `http://${host}`,
    host,
    hits,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
