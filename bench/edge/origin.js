// The site behind every proxy: a page of a usual size and a file, made of nothing but memory.

const PARAGRAPH = `<p>Small batches of stoneware, thrown in Dublin and glazed with ash from our own ferns. Each piece is fired twice,
cooled for two days, and looked at by both of us before it is allowed on the <a href="/shelf">shelf</a>.</p>`;

const PAGE = new TextEncoder().encode(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Fern &amp; Clay</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/shop.css">
<script src="/app.js" defer></script>
<script src="https://metrics.example/m.js" async></script>
<script>window.dataLayer = window.dataLayer || []; dataLayer.push({ page: "home" });</script>
</head>
<body>
<header>Fern &amp; Clay <a href="/privacy">Privacy notice</a></header>
<main>
<h1>Quiet pots for busy houses</h1>
${Array.from({ length: 12 }, (_, at) => `<section><h2>Pot ${at}</h2><img src="/pots/${at}.jpg" alt="">${PARAGRAPH.repeat(4)}</section>`).join("\n")}
<iframe src="https://films.example/embed/1" title="A film"></iframe>
<script>(function (d) { var s = d.createElement("script"); s.src = "https://ads.example/a.js"; d.head.append(s); })(document);</script>
</main>
</body>
</html>`);

const FILE = new Uint8Array(20_000).fill(120);

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/huge") return huge();
    if (pathname === "/streamed") return streamed();
    const [type, body] = pathname.endsWith(".bin") ? ["application/octet-stream", FILE] : ["text/html; charset=utf-8", PAGE];
    return new Response(body, { headers: { "content-type": type, "set-cookie": "basket=1; Path=/; HttpOnly" } });
  },
};

/** The page as a server sends it that does not know its length. */
function streamed() {
  const cut = PAGE.length >> 2;
  const pieces = [PAGE.slice(0, cut), PAGE.slice(cut)];
  const body = new ReadableStream({
    type: "bytes",
    pull(controller) {
      controller.enqueue(pieces.shift());
      if (!pieces.length) controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } });
}

/** A page of 100 MB, as fast as it is taken. */
function huge() {
  const section = new TextEncoder().encode(`<section><img src="/x.jpg" alt="">${PARAGRAPH.repeat(40)}</section>\n`);
  let left = Math.ceil(100e6 / section.length);
  const body = new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(new TextEncoder().encode("<!doctype html><html><head><title>x</title></head><body>")),
    pull(controller) {
      controller.enqueue(section.slice());
      if (--left === 0) controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } });
}
