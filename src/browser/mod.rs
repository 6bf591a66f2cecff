//! The core in the browser, through wasm-bindgen: loaded on idle or on use, never before first paint.
//!
//! Three modules are made of it. The core proper verifies receipts, and that the log is still the same one, with the
//! browser's own Ed25519 (feature `browser`). Another is that one signature scheme, for browsers whose WebCrypto lacks it
//! (feature `browser-ed25519`). The third is the anonymiser, for browsers, Node.js, Workers and the command line (feature
//! `browser-anonymize`).

#[cfg(feature = "browser-anonymize")]
mod anonymize;
#[cfg(feature = "browser-ed25519")]
mod ed25519;
#[cfg(feature = "browser")]
mod verify;

#[cfg(feature = "browser-anonymize")]
pub use anonymize::{
    LogEntries, LogLines, TextScrubber, reduce_address, reduce_agent, scrub_counted, scrub_text,
};
#[cfg(feature = "browser-ed25519")]
pub use ed25519::verify_ed25519;
#[cfg(feature = "browser")]
pub use verify::{
    ConsistencyValue, Ed25519Value, PublicKeysValue, ReceiptValue, VerificationValue, verify_consistency,
    verify_receipt,
};
