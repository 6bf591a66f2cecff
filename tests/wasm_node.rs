//! The core as WebAssembly in Node: the shared vectors, and a receipt verified with Node's own Ed25519.
#![cfg(all(target_arch = "wasm32", feature = "browser", feature = "testing"))]

mod wasm;
