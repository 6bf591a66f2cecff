/** The anonymiser as WebAssembly. */
declare module "#anonymize" {
  export default function init(options: {
    module_or_path: URL | string | BufferSource | WebAssembly.Module;
  }): Promise<unknown>;
  export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
  export function anonymizeJson(entry: string, rules: string): string;
  export function scrubText(text: string): string;
  export function reduceIp(text: string): string | undefined;
  export function reduceUserAgent(text: string): string;
  export class Scrubber {
    push(piece: Uint8Array): Uint8Array;
    finish(): Uint8Array;
    readonly found: string;
    free(): void;
  }
}

/** A module of WebAssembly, where these can be imported. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
