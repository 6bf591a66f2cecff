/** Which build of the core to load: WebAssembly where it may run, else the same as JavaScript. Each at most once. */

import init, { type Ed25519, verifyConsistency, verifyReceipt } from "#core";

type Core = typeof import("#plain");
type Signatures = typeof import("#ed25519-plain");

/**
 * Whether WebAssembly may run at all, tried with the smallest module there is. A browser may be without it, and a
 * page's security policy without `'wasm-unsafe-eval'` forbids it; then no file of it need be fetched.
 */
function runs(): boolean {
  try {
    return !!new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  } catch {
    return false;
  }
}

/** A loader that loads once. A load that failed may be tried again. */
function once<Build>(wasm: () => Promise<Build>, plain: () => Promise<Build>): () => Promise<Build> {
  const load = async () => {
    try {
      if (runs()) return await wasm();
    } catch (problem) {
      // A browser whose WebAssembly is older than ours.
      if (!(problem instanceof WebAssembly.CompileError)) throw problem;
    }
    return plain();
  };
  let loading: Promise<Build> | undefined;
  return () =>
    (loading ??= load().catch((problem) => {
      loading = undefined;
      throw problem;
    }));
}

/** The core. */
export const core = once<Core>(
  async () => {
    await init({ module_or_path: new URL("./sdk.wasm", import.meta.url) });
    return { verifyConsistency, verifyReceipt };
  },
  () => import("#plain"),
);

const signatures = once<Signatures>(
  async () => {
    const module = await import("#ed25519");
    await module.default({ module_or_path: new URL("./ed25519.wasm", import.meta.url) });
    return module;
  },
  () => import("#ed25519-plain"),
);

/** Ed25519 for browsers whose WebCrypto lacks it. Nothing of it is loaded before it is asked. */
export const ed25519: Ed25519 = async (key, message, signature) =>
  (await signatures()).verifyEd25519(key, message, signature);
