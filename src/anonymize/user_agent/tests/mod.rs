//! Whole headers.

#[cfg(not(target_arch = "wasm32"))]
mod agreement;
mod common;
mod hostile;
