// Two vendors as a shop meets them, each on a port of its own: one counts visits, one shows advertising.
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

/** Starts both. Port 0 takes a free one. */
export async function startVendors({ metricsPort = 0, adsPort = 0 } = {}) {
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
  return {
    metrics,
    ads,
    close: () => Promise.all([metrics.close(), ads.close()]),
  };
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
