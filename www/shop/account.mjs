// The shop's accounts. What it knows about its customers it keeps at the edge, as records: a profile, their orders, and
// photos for a day. Of its own it has a list of names and who is signed in. There are no passwords: the shop is made up.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { account, signIn, told } from "./pages.mjs";

const COOKIE = "fc_session";
const LARGEST = 8 << 20;
const IMAGES = ["image/jpeg", "image/png", "image/webp", "image/gif"];

export class Accounts {
  #sessions = new Map();
  #customers;
  #file;

  /** `worker` gives the edge's address; `file` keeps the customers' names over restarts. */
  constructor({ backend, worker, file }) {
    Object.assign(this, { backend, worker });
    this.#file = file;
    this.#customers = new Map(file && existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, "utf8"))) : []);
  }

  /** Answers what is below `/account`; `html` sends a page, `redirect` leads elsewhere, `send` sends anything. */
  async serve(request, pathname, { html, redirect, send }) {
    const id = new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{22})`).exec(request.headers.cookie ?? "")?.[1];
    const session = this.#sessions.get(id);
    const act = pathname.slice("/account".length);
    if (request.method === "GET" || request.method === "HEAD") {
      if (!session) return html(200, signIn);
      if (act.startsWith("/photo/")) return this.#photo(session, act.slice("/photo/".length), send);
      return html(200, account({ name: session.name, ...(await this.#held(session)) }));
    }
    const form = await fields(request);
    if (!form) return html(413, told("That is too much", "Photos may have up to 8 MiB."));
    if (act === "/sign-in") {
      const name = String(form.get("name") ?? "").trim().slice(0, 40);
      return name ? redirect("/account", this.#enter(name)) : html(200, signIn);
    }
    if (!session) return act === "/token" ? send(401, "text/plain", "") : redirect("/account");
    const { sub } = session;
    if (act === "/token") {
      // For what cannot be undone the shop would ask for the password again here, and say in the token that it has.
      const claims = form.get("fresh") === "yes" ? { auth_time: Math.floor(Date.now() / 1000) } : {};
      return send(200, "text/plain", this.backend.token(sub, claims));
    }
    if (act === "/erased") {
      // The account's holder erased it in the panel, says the page; a real shop hears it from the webhook.
      this.#forget(session, id);
      return send(200, "text/plain", "");
    }
    if (act === "/sign-out") {
      this.#sessions.delete(id);
      return redirect("/account", `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`);
    }
    if (act === "/profile") {
      await this.#put(sub, "/profile/main", { name: session.name, city: String(form.get("city") ?? "").slice(0, 80), password_hash: "none: the shop is made up" });
    } else if (act === "/order") {
      const number = Date.now().toString(36);
      await this.#put(sub, `/orders/${number}`, { number, what: "Morning mug", price: "€ 24", ordered: new Date().toISOString() });
    } else if (act === "/photo") {
      const photo = form.get("photo");
      if (!(photo instanceof File) || !IMAGES.includes(photo.type)) return html(200, told("No photo", "Choose a JPEG, PNG, WebP or GIF."));
      await this.#put(sub, `/photos/${randomBytes(8).toString("hex")}`, Buffer.from(await photo.arrayBuffer()), photo.type);
    } else if (act === "/copy") {
      const right = form.get("right") === "portability" ? "portability" : "access";
      const answer = await this.backend.rights(this.worker(), sub, "exports", { right });
      const { download } = await ok(answer);
      return redirect(download);
    } else if (act === "/erase") {
      if (form.get("confirm") !== "yes") return html(200, told("Nothing was erased", "Tick the box first: erasure cannot be undone."));
      // Here the shop would ask for the password again, and say in the token that it has.
      const auth_time = Math.floor(Date.now() / 1000);
      const { erased } = await ok(await this.backend.rights(this.worker(), sub, "erasure", { confirm: true }, { auth_time }));
      this.#forget(session, id);
      return html(200, told("Your account is erased", `Records erased: ${erased.records}.`));
    }
    return redirect("/account");
  }

  #enter(name) {
    let sub = this.#customers.get(name);
    if (!sub) {
      sub = randomBytes(16).toString("base64url");
      this.#customers.set(name, sub);
      this.#save();
    }
    const id = randomBytes(16).toString("base64url");
    this.#sessions.set(id, { sub, name });
    return `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict`;
  }

  #forget({ name }, id) {
    this.#customers.delete(name);
    this.#sessions.delete(id);
    this.#save();
  }

  #save() {
    if (this.#file) writeFileSync(this.#file, JSON.stringify(Object.fromEntries(this.#customers)));
  }

  /** What is kept about a customer. */
  async #held({ sub }) {
    const { records } = await ok(await this.backend.records(this.worker(), sub, ""));
    const of = (category) => records.filter((record) => record.category === category);
    const read = ({ category, name }) => this.backend.records(this.worker(), sub, `/${category}/${name}`).then(ok);
    const [profile] = await Promise.all(of("profile").map(read));
    const orders = await Promise.all(of("orders").slice(-10).map(read));
    return { profile, orders, photos: of("photos") };
  }

  async #photo({ sub }, name, send) {
    const response = await this.backend.records(this.worker(), sub, `/photos/${encodeURIComponent(name)}`);
    if (!response.ok) return send(404, "text/plain", "No such photo.");
    send(200, response.headers.get("content-type"), Buffer.from(await response.arrayBuffer()));
  }

  async #put(sub, path, content, type = "application/json") {
    const body = type === "application/json" ? JSON.stringify(content) : content;
    await ok(await this.backend.records(this.worker(), sub, path, { method: "PUT", headers: { "content-type": type }, body }));
  }
}

async function ok(response) {
  if (!response.ok) throw new Error(`the edge answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** A form's fields; nothing if it is too long. */
async function fields(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > LARGEST) return undefined;
    parts.push(part);
  }
  const type = request.headers["content-type"] ?? "";
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(type)) return new FormData();
  return new Response(Buffer.concat(parts), { headers: { "content-type": type } }).formData().catch(() => new FormData());
}
