// The other builds of the core, which the package's build leaves as files beside sdk.js.

/** The core as JavaScript. */
declare module "#plain" {
  export { verifyConsistency, verifyReceipt } from "#core";
}

/** Ed25519 as WebAssembly. */
declare module "#ed25519" {
  export default function init(options: { module_or_path: URL }): Promise<unknown>;
  export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Ed25519 as JavaScript. */
declare module "#ed25519-plain" {
  export { verifyEd25519 } from "#ed25519";
}

/** Of Node.js, what the anonymiser loads its module with. */
declare module "node:fs" {
  export function readFileSync(path: URL): Uint8Array<ArrayBuffer>;
}
