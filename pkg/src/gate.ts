/** Scripts, frames and images that wait for permission, and how they come alive. */

interface TrustedPolicy {
  createScript(text: string): string;
  createScriptURL(url: string): string;
}

interface TrustedFactory {
  createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy;
}

const INERT = ':is([type="text/plain"],[data-src])';

// `strict-dynamic` trusts whatever a trusted script inserts. So where the page uses nonces, a gated
// tag has to carry the page's nonce as well: injected markup must not borrow our trust.
const nonce = globalThis.document?.currentScript?.nonce;

let trusted: TrustedPolicy | undefined;

function trust(): TrustedPolicy {
  const same = (text: string) => text;
  const rules = { createScript: same, createScriptURL: same };
  const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
  return (trusted ??= factory ? factory.createPolicy("consentry", rules) : rules);
}

/** Every tag still inert. */
export function waiting(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-category]" + INERT)];
}

/** Whether a tag of this purpose came alive in this page, or one of these hosts was let in by the edge. */
export function isLive(purpose: string, hosts: string[]): boolean {
  const own = `[data-category="${purpose}"]:not(${INERT})`;
  return !!document.querySelector([own, ...hosts.map((host) => `[src*="//${host}/"]`)].join());
}

const address = (tag: HTMLElement) => tag.dataset["src"] || tag.getAttribute("src");

/** Puts a live script in an inert one's place. A promise comes back where later scripts must wait for it. */
function revive(inert: HTMLScriptElement): Promise<unknown> | undefined {
  const live = document.createElement("script");
  const src = address(inert);
  let loaded;
  for (const { name, value } of inert.attributes) {
    if (/^on/.test(name)) live.setAttribute(name, trust().createScript(value));
    else if (!/^(type|src|nonce|data-src|data-type)$/.test(name)) live.setAttribute(name, value);
  }
  live.type = inert.dataset["type"] || "";
  // Browsers hide the attribute, only the property has the value.
  live.nonce = inert.nonce!;
  live.async = inert.hasAttribute("async");
  if (src) {
    if (nonce && inert.nonce !== nonce) throw Error("no nonce on " + src);
    if (!live.async) {
      loaded = new Promise((done) => ["load", "error"].forEach((end) => live.addEventListener(end, done)));
    }
    live.src = trust().createScriptURL(src);
  } else {
    live.text = trust().createScript(inert.text);
  }
  inert.replaceWith(live);
  return loaded;
}

const tried = new WeakSet<Element>();
let queue = Promise.resolve();

/**
 * Brings to life what `allowed` permits: frames and images at once, scripts in the page's order.
 * Permission is asked again right before each script, since it may be gone by its turn.
 */
export function activate(allowed: (tag: HTMLElement) => boolean, failed: (problem: unknown) => void): void {
  for (const tag of waiting()) {
    if (!allowed(tag) || tag instanceof HTMLScriptElement) continue;
    // In this order: a style sheet of the wrong type would not be loaded.
    for (const name of ["type", "src", "href"]) {
      const value = tag.dataset[name];
      delete tag.dataset[name];
      if (value) tag.setAttribute(name, value);
      else if (name === "type") tag.removeAttribute(name);
    }
  }
  queue = queue.then(async () => {
    let before: Promise<unknown> | undefined;
    for (const tag of waiting()) {
      if (!(tag instanceof HTMLScriptElement) || !allowed(tag) || tried.has(tag)) continue;
      // Scripts with an address keep their order among themselves; an inline one waits for them.
      if (!address(tag)) await before;
      if (!allowed(tag)) continue;
      tried.add(tag);
      try {
        before = revive(tag) ?? before;
      } catch (problem) {
        failed(problem);
      }
    }
    await before;
  });
}
