/** What wasm-bindgen makes of the core's `tools`: texts in, JSON out. */
declare module "#tools" {
  export function initSync(module: { module: Uint8Array }): unknown;
  export function check(text: string): string;
  export function prepare(wanted: string): string;
  export function recognise(text: string): string;
  export function serviceOfHost(host: string): string | undefined;
  export function propose(findings: string): string;
  export function verify(receipt: string, keys: string): string;
  export class Trail {
    constructor(keys: string);
    push(piece: Uint8Array): void;
    end(): string;
  }
  export class Watcher {
    constructor(keys: string, state?: string);
    witnessed(note: string, witnesses: string): string;
    show(note: string): void;
    wants(): string;
    take(path: string, bytes: Uint8Array): void;
    learn(line: string): boolean;
    readonly stranger: boolean;
    readonly state: string | undefined;
    readonly fault: string | undefined;
  }
}

/** The version of the package, put in by the build. */
declare const __VERSION__: string;
