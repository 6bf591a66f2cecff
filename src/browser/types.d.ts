import type { Consistency, PublicKeys, Receipt, Verification } from "./shapes.js";

/** Whether a signature of 64 bytes is that of a key of 32 bytes over a message (RFC 8032). */
export type Ed25519 = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;
