//! The core as WebAssembly in a browser: the shared vectors, and a receipt verified with the browser's own Ed25519.
#![cfg(all(target_arch = "wasm32", feature = "browser", feature = "browser-ed25519", feature = "testing"))]
#![allow(clippy::expect_used, reason = "a test may stop where its file is not as it should be")]

mod wasm;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
