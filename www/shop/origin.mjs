// The shop's own web server: what stands behind the edge, and knows nothing of it.

import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Accounts } from "./account.mjs";
import { PAGES, missing, thanks, told } from "./pages.mjs";

const asset = (name, type) => ({ type, body: readFileSync(new URL(`public/${name}`, import.meta.url)) });

const ASSETS = {
  "/shop.css": asset("shop.css", "text/css; charset=utf-8"),
  "/icon.svg": asset("icon.svg", "image/svg+xml"),
};

/**
 * Starts the shop. Port 0 takes a free one.
 *
 * `metrics`, `ads`, `films` and `map` are the vendors' addresses, which the pages name. `logFile` gets one JSON line for
 * each request with every header received. `strict` serves the pages under a strict content security policy with nonces and
 * Trusted Types; `strict: "no-wasm"` also refuses WebAssembly. `accounts` are what `Accounts` needs; without them there are
 * none.
 */
export async function startOrigin({ port = 0, logFile, metrics, ads, films, map, strict = false, accounts } = {}) {
  const vendors = { metrics, ads, films, map };
  const customers = accounts && new Accounts(accounts);
  const server = createServer((request, response) => {
    const { method, url, rawHeaders } = request;
    if (logFile) {
      const line = { time: new Date().toISOString(), method, url, headers: pairs(rawHeaders) };
      appendFileSync(logFile, JSON.stringify(line) + "\n");
    }
    const [pathname] = url.split("?");
    const isAccount = /^\/account(\/|$)/.test(pathname);
    // The letter's address is not kept: this shop only demonstrates that an ordinary form passes through.
    if (!isAccount) request.resume();
    const send = (status, type, body) => {
      response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
      response.end(method === "HEAD" ? undefined : body);
    };
    const html = (status, render) => {
      const nonce = strict ? randomBytes(16).toString("base64") : undefined;
      if (nonce) response.setHeader("content-security-policy", strictPolicy(nonce, vendors, strict));
      send(status, "text/html; charset=utf-8", render({ ...vendors, nonce }));
    };
    if (isAccount) {
      if (!customers) return html(200, told("No accounts", "This shop was started without them."));
      response.setHeader("cache-control", "private, no-store");
      const redirect = (location, cookie) => {
        response.writeHead(303, { location, ...(cookie && { "set-cookie": cookie }) });
        response.end();
      };
      customers.serve(request, pathname, { html, redirect, send }).catch((problem) => {
        console.error(problem.message);
        html(502, told("That did not work", "Please try again."));
      });
    } else if (ASSETS[pathname]) {
      const { type, body } = ASSETS[pathname];
      response.setHeader("cache-control", "public, max-age=300");
      send(200, type, body);
    } else if (pathname === "/newsletter" && method === "POST") {
      html(200, thanks);
    } else if (Object.hasOwn(PAGES, pathname) && (method === "GET" || method === "HEAD")) {
      html(200, PAGES[pathname]);
    } else {
      html(404, missing);
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function pairs(raw) {
  const headers = [];
  for (let i = 0; i < raw.length; i += 2) headers.push([raw[i].toLowerCase(), raw[i + 1]]);
  return headers;
}

function strictPolicy(nonce, { metrics, ads, films, map }, strict) {
  const wasm = strict === "no-wasm" ? "" : " 'wasm-unsafe-eval'";
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'${wasm}`,
    "style-src 'self'",
    `img-src 'self' ${ads}`,
    `frame-src ${ads} ${films} ${map}`,
    `connect-src 'self' ${metrics}`,
    "form-action 'self'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types consentry",
  ].join("; ");
}
