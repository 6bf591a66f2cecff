// The shop's pages, written the way a shop owner would: vendors' tags pasted in as the vendors hand them out.

import { DEFINITIONS, piece } from "./art.mjs";

const GOODS = [
  { shape: "vase", glaze: "clay", name: "Stoneware vase", price: "€ 64", href: "/stoneware-vase" },
  { shape: "bowl", glaze: "moss", name: "Breakfast bowl", price: "€ 28", href: "/stoneware-vase" },
  { shape: "mug", glaze: "sand", name: "Morning mug", price: "€ 24", href: "/stoneware-vase" },
  { shape: "pot", glaze: "clay", name: "Fern pot", price: "€ 42", href: "/stoneware-vase" },
];

const card = ({ shape, glaze, name, price, href }) => `<li><a class="card" href="${href}">
  ${piece(shape, glaze, name)}
  <span class="name">${name}</span> <span class="price">${price}</span></a></li>`;

const NAV = [
  ["/", "Shop"],
  ["/stoneware-vase", "The vase"],
  ["/about", "About"],
  ["/account", "Account"],
];

const escape = (text) => String(text).replaceAll(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(site, path, title, main) {
  const nonce = site.nonce ? ` nonce="${site.nonce}"` : "";
  const links = NAV.map(([to, text]) => `<a href="${to}"${to === path ? ' aria-current="page"' : ""}>${text}</a>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Fern &amp; Clay</title>
<link rel="stylesheet" href="/shop.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<script src="${site.metrics}/m.js"${nonce} async></script>
<script type="text/plain" data-category="analytics"${nonce}>
  // Which pages people reach from which: kept in this page only.
  window.fernJourney = (window.fernJourney || []).concat(location.pathname);
  document.documentElement.dataset.journey = window.fernJourney.join(" ");
</script>
</head>
<body>
${DEFINITIONS}
<header class="top"><a class="brand" href="/">Fern <span>&amp;</span> Clay</a><nav aria-label="Main">${links.join(" ")}</nav></header>
<main>
${main}
</main>
<aside class="offer" aria-label="Advertisement">
<iframe title="Advertisement" src="${site.ads}/frame" width="300" height="120" loading="eager"></iframe>
</aside>
<footer>
<form class="letter" method="post" action="/newsletter">
<label for="email">News from the kiln, four times a year</label>
<input id="email" name="email" type="email" autocomplete="email" required placeholder="you@example.com">
<button>Subscribe</button>
</form>
<p>Fern &amp; Clay Ceramics Ltd, 12 Kiln Lane, Dublin · <a href="/privacy">Privacy notice</a></p>
<img src="${site.ads}/pixel.gif?from=${encodeURIComponent(path)}" width="1" height="1" alt="">
</footer>
</body>
</html>
`;
}

const home = (site) =>
  page(
    site,
    "/",
    "Hand-thrown ceramics",
    `<section class="hero"><div><h1>Quiet pots for busy&nbsp;houses</h1>
<p>Small batches of stoneware, thrown in Dublin and glazed with ash from our own ferns. Déjà vu for your kitchen shelf.</p>
<p><a class="button" href="/stoneware-vase">See the vase</a></p></div>
<div class="shelf">${piece("pot", "clay", "A fern in a clay pot")}${piece("vase", "moss", "A green vase")}</div></section>
<h2>From the last firing</h2>
<ul class="goods">${GOODS.map(card).join("\n")}</ul>`,
  );

const product = (site) =>
  page(
    site,
    "/stoneware-vase",
    "Stoneware vase",
    `<article class="product">${piece("vase", "clay", "Stoneware vase, terracotta glaze")}
<div><h1>Stoneware vase</h1><p class="price">€ 64</p>
<p>Twenty-two centimetres, wide at the hip and narrow at the neck. Holds three stems of anything without falling over.</p>
<dl><dt>Clay</dt><dd>Iron-flecked stoneware</dd><dt>Glaze</dt><dd>Fern ash, food safe</dd><dt>Fired at</dt><dd>1,260 °C</dd></dl>
<p><a class="button" href="/about">Ask for one</a></p></div></article>`,
  );

const about = (site) =>
  page(
    site,
    "/about",
    "About",
    `<article class="prose"><h1>Two people, one kiln</h1>
<p>Aoife throws, Tomasz glazes. We fire eleven times a year, and what survives is on the shelf.</p>
<iframe data-category="media" data-service="kiln-films" data-src="${site.films}/embed/kiln" title="From clay to shelf, a film of two minutes" width="480" height="270"></iframe>
<h2>Visit</h2><p>Saturdays from ten to four, in Kiln Lane. The kettle is on.</p>
<iframe src="${site.map}/embed/kiln-lane" title="Map of Kiln Lane" width="480" height="288"></iframe></article>`,
  );

const privacy = (site) =>
  page(
    site,
    "/privacy",
    "Privacy notice",
    `<article class="prose"><h1>Privacy notice</h1>
<p>Fern &amp; Clay Ceramics Ltd, 12 Kiln Lane, Dublin D08 X2Y3, Ireland, is responsible for what happens to your data
here. Write to <a href="mailto:privacy@fern-clay.example">privacy@fern-clay.example</a>.</p>
<p>We count visits, show advertising, and load films and maps of others only for people who agree to it. What we would use, and what for, is under
“Privacy choices”, where you can also get a copy of what we keep, and erase it.</p>
<p>Whether you may pay by invoice is decided by our computer alone, by your earlier orders: at least one has to be paid, and
no invoice overdue. Otherwise you pay when you order. You can ask under “Privacy choices” that a person looks at it again.</p></article>`,
  );

const thanks = (site) =>
  page(
    site,
    "/newsletter",
    "Thank you",
    `<article class="prose"><h1>Thank you</h1><p>The next letter goes out after the next firing.</p>
<p><a class="button" href="/">Back to the shop</a></p></article>`,
  );

/** A page that says one thing. */
const told = (title, text) => (site) =>
  page(site, "/account", title, `<article class="prose"><h1>${title}</h1><p>${escape(text)}</p><p><a class="button" href="/account">Back to your account</a></p></article>`);

const signIn = (site) =>
  page(
    site,
    "/account",
    "Sign in",
    `<article class="prose"><h1>Sign in</h1>
<p>This shop is made up, and so are its passwords: any name will do. The same name finds the same account again.</p>
<form method="post" action="/account/sign-in" class="fields"><label for="name">Name</label>
<input id="name" name="name" required maxlength="40" autocomplete="off"><button>Sign in</button></form></article>`,
  );

/** Opens the panel of all rights over the account. */
const RIGHTS = `{
  const post = (path, fields) => fetch("/account/" + path, { method: "POST", body: new URLSearchParams(fields) });
  const token = async (fresh) => {
    const answer = await post("token", fresh ? { fresh: "yes" } : {});
    if (!answer.ok) throw Error("signed out");
    return answer.text();
  };
  const button = document.getElementById("rights");
  const show = () => (button.hidden = false);
  button.onclick = () => window.consentry.showRights({ token }).catch(() => location.reload());
  if (window.consentry?.ready) show();
  else addEventListener("consentry:ready", show);
  addEventListener("consentry:erased", () => post("erased"));
}`;

/** An account with what is kept about it. */
const account = ({ name, profile, orders, photos }) => (site) =>
  page(
    site,
    "/account",
    "Your account",
    `<article class="prose"><h1>Hello, ${escape(name)}</h1>
<form method="post" action="/account/sign-out"><button>Sign out</button></form>
<h2>Profile</h2>
<form method="post" action="/account/profile" class="fields"><label for="city">City</label>
<input id="city" name="city" maxlength="80" value="${escape(profile?.city ?? "")}"><button>Save</button></form>
<h2>Orders</h2>
<ul>${orders.map(({ number, what, price }) => `<li>${escape(number)}: ${escape(what)}, ${escape(price)}</li>`).join("") || "<li>None yet</li>"}</ul>
<form method="post" action="/account/order"><button>Order a morning mug</button></form>
<h2>Photos</h2>
<p>Show us your pots. Photos are deleted after a day.</p>
<p>${photos.map(({ name }) => `<img src="/account/photo/${escape(name)}" alt="A photo you sent us" width="160">`).join(" ")}</p>
<form method="post" action="/account/photo" enctype="multipart/form-data" class="fields"><label for="photo">Photo</label>
<input id="photo" name="photo" type="file" accept="image/*" required><button>Send</button></form>
<h2>Your data</h2>
<p>Everything above is kept for you alone, sealed under a key of your own.</p>
<p><button type="button" id="rights" hidden>Your data and your rights</button></p>
<script${site.nonce ? ` nonce="${site.nonce}"` : ""}>${RIGHTS}</script>
<noscript><form method="post" action="/account/copy"><button name="right" value="access">Get a copy of everything</button>
<button name="right" value="portability">Take along what you gave us</button></form>
<form method="post" action="/account/erase"><label><input type="checkbox" name="confirm" value="yes"> Yes, erase my account</label>
<button>Erase my account</button></form></noscript></article>`,
  );

const missing = (site) =>
  page(site, "", "Not found", `<article class="prose"><h1>Nothing on this shelf</h1><p><a href="/">Back to the shop</a></p></article>`);

/** Pages by path. Each is a function of the vendors' addresses and, on a strict site, the response's nonce. */
export const PAGES = { "/": home, "/stoneware-vase": product, "/about": about, "/privacy": privacy };
export { account, missing, signIn, thanks, told };
