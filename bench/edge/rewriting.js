// The same work as the edge does for a page, as one would write it in JavaScript: headers reduced, cookies filtered, tags
// and inline code of services that are not permitted made inert, the banner written in, a line logged. What it leaves out:
// regimes, languages, the sealed decision cookie, content security policies, and anything that goes wrong.

const HOLDERS = new Map([
  ["metrics.example", ["analytics", "metrics"]],
  ["ads.example", ["marketing", "ads"]],
  ["films.example", ["media", "kiln-films"]],
  ["map.example", ["media", "plainmap"]],
]);
const STOPPED = ["pv_", "bb_uid", "kf_seen"];
const INSERTED = "@INSERTED@";

const LOADS = [
  ["script[src], iframe[src], frame[src], img[src], embed[src], video[src], audio[src], source[src], track[src], input[src]", "src"],
  ["link[href], script[href], image[href], use[href], feImage[href]", "href"],
  ["img[srcset], source[srcset]", "srcset"],
  ["object[data]", "data"],
  ["link[imagesrcset]", "imagesrcset"],
  ["video[poster]", "poster"],
  ["base[href]", "href"],
  ["a[ping], area[ping]", "ping"],
  ["[style*='(']", "style"],
];

function holder(value) {
  if (!/^\s*(https?:)?[\\/]{2}/i.test(value)) return undefined;
  try {
    return HOLDERS.get(new URL(value, "https://x.invalid").host);
  } catch {
    return undefined;
  }
}

function codeHolder(code) {
  for (const [host, of] of HOLDERS) if (code.includes(host)) return of;
  return undefined;
}

function hold(element, name, value, [purpose, service]) {
  element.removeAttribute(name);
  element.setAttribute(`data-${name === "data" ? "src" : name}`, value);
  element.setAttribute("data-category", purpose);
  element.setAttribute("data-service", service);
  const type = element.getAttribute("type");
  if (type) element.setAttribute("data-type", type);
  element.setAttribute("type", "text/plain");
}

const network = (ip) => (/^\d+(\.\d+){3}$/.test(ip) ? ip.replace(/\d+$/, "0") : "");
const agent = (ua) => {
  const [, browser = "Other", major = ""] = /(Edg|OPR|Firefox|Chrome|Version)\/(\d+)/.exec(ua) ?? [];
  const [system = "Other"] = /Windows|iPhone|iPad|Android|CrOS|Mac OS X|Linux/.exec(ua) ?? [];
  return `${browser} ${major}; ${system}; ${/Mobi/.test(ua) ? "mobile" : "desktop"}`;
};
const address = /(^|[\s,;="])(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:]+:[\da-f]*)/i;
const passes = (name) => !STOPPED.some((stopped) => name.startsWith(stopped)) && name !== "consentry";

export default {
  async fetch(request, env) {
    const begun = Date.now();
    const { pathname, search, host, protocol } = new URL(request.url);
    const headers = new Headers();
    for (const [name, value] of request.headers) {
      if (name.startsWith("sec-ch-") || name.startsWith("cf-") || /forwarded|via|client-ip/.test(name)) continue;
      if (name !== "host" && name !== "origin" && name !== "referer" && address.test(value)) continue;
      headers.set(name, value);
    }
    const ip = network(request.headers.get("cf-connecting-ip") ?? "");
    const ua = agent(request.headers.get("user-agent") ?? "");
    const id = crypto.randomUUID();
    headers.set("x-forwarded-for", ip);
    headers.set("user-agent", ua);
    headers.set("x-request-id", id);
    headers.set("x-forwarded-host", host);
    headers.set("x-forwarded-proto", protocol.slice(0, -1));
    headers.set("accept-encoding", "gzip, br");
    const referer = request.headers.get("referer");
    if (referer) headers.set("referer", new URL(referer).origin + "/");
    const cookie = (request.headers.get("cookie") ?? "").split(";").filter((pair) => passes(pair.trim().split("=")[0])).join(";");
    if (cookie) headers.set("cookie", cookie);
    else headers.delete("cookie");

    const { method, body } = request;
    const answer = await fetch(env.ORIGIN + pathname + search, { method, headers, body, redirect: "manual" });
    const response = new Response(answer.body, answer);
    const set = response.headers.getSetCookie();
    response.headers.delete("set-cookie");
    for (const line of set) if (passes(line.split("=")[0])) response.headers.append("set-cookie", line);
    console.log(JSON.stringify({ t: "request", id, method, route: "site", status: response.status, ms: Date.now() - begun, ip, ua }));
    if (!response.headers.get("content-type")?.startsWith("text/html")) return response;

    for (const name of ["etag", "last-modified", "content-length", "accept-ranges"]) response.headers.delete(name);
    response.headers.set("cache-control", "private, no-store");
    let rewriter = new HTMLRewriter().on("body", { element: (body) => body.prepend(INSERTED, { html: true }) });
    for (const [selector, name] of LOADS) {
      rewriter = rewriter.on(selector, {
        element(element) {
          const value = element.getAttribute(name);
          const of = name === "srcset" || name === "imagesrcset" || name === "style" ? codeHolder(value) : holder(value);
          if (of) hold(element, name, value, of);
        },
      });
    }
    let code = "";
    rewriter = rewriter.on("script:not([src]), style, noscript", {
      element(element) {
        code = "";
        const attributes = [...element.attributes];
        const { tagName } = element;
        element.removeAndKeepContent();
        element.onEndTag((end) => {
          const of = codeHolder(code);
          const own = attributes.map(([name, value]) => ` ${of && name === "type" ? "data-type" : name}="${value.replaceAll('"', "&quot;")}"`).join("");
          const marks = of ? ` type="text/plain" data-category="${of[0]}" data-service="${of[1]}"` : "";
          end.before(`<${tagName}${own}${marks}>${code}</${tagName}>`, { html: true });
        });
      },
      text(chunk) {
        code += chunk.text;
        chunk.remove();
      },
    });
    return rewriter.transform(response);
  },
};
