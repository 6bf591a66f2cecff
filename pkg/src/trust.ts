/** The one place where text becomes script, script address or markup: the Trusted Types policy `consentry`. */

import { page } from "./state.js";

export interface TrustedPolicy {
  createHTML(html: string): string;
  createScript(text: string): string;
  createScriptURL(url: string): string;
}

interface TrustedFactory {
  createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy;
}

/** The policy, made once: a page may forbid a second one of the name. */
export function trust(): TrustedPolicy {
  const same = (text: string) => text;
  const rules = { createHTML: same, createScript: same, createScriptURL: same };
  const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
  return (page.trusted_ ??= factory ? factory.createPolicy("consentry", rules) : rules);
}
