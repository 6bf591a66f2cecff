/** The one place where text becomes script, script address or markup: the Trusted Types policy `consentry`. */

export interface TrustedPolicy {
  createHTML(html: string): string;
  createScript(text: string): string;
  createScriptURL(url: string): string;
}

interface TrustedFactory {
  createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy;
}

let trusted: TrustedPolicy | undefined;

export function trust(): TrustedPolicy {
  const same = (text: string) => text;
  const rules = { createHTML: same, createScript: same, createScriptURL: same };
  const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
  return (trusted ??= factory ? factory.createPolicy("consentry", rules) : rules);
}
