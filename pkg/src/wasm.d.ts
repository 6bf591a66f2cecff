/** The anonymiser as WebAssembly. */
declare module "#anonymize" {
  export default function init(options: {
    module_or_path: URL | string | BufferSource | WebAssembly.Module;
  }): Promise<unknown>;
  export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
  export function scrubText(text: Uint8Array): string;
  export function scrubCounted(text: Uint8Array): string;
  export function reduceIp(text: string): string | undefined;
  export function reduceUserAgent(text: string): string;
  export class Entries {
    constructor(rules: string);
    one(entry: Uint8Array): string;
    counted(entry: Uint8Array): string;
    free(): void;
  }
  export class Lines {
    constructor(rules: string);
    push(piece: Uint8Array): Uint8Array;
    finish(): Uint8Array;
    readonly report: string;
    free(): void;
  }
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
