//! The privacy-compliance core: consent, its proof, and people's rights.
//!
//! The same code runs in a Cloudflare Worker and in the browser. It does no I/O, reads no clock and draws no
//! randomness: time, random bytes and the caller arrive in a [`decider::Context`], storage behind [`store::Store`].
//!
//! Rooms import only from floors below their own:
//! ground [`decider`], [`store`], [`clock`], [`vault`], [`policy`], [`signed`], [`caller`]; second [`pseudonym`],
//! [`audit`], [`records`]; third
//! [`anonymize`], [`consent`]; fourth [`banner`], [`enforce`], [`rights`]; roof `browser`, `tools`, `typescript`.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod anonymize;
pub mod audit;
pub mod banner;
mod bits;
pub mod caller;
pub mod canonical;
pub mod clock;
pub mod consent;
pub mod decider;
pub mod encoding;
pub mod enforce;
pub mod id;
pub mod policy;
pub mod pseudonym;
pub mod records;
pub mod rights;
pub mod signed;
pub mod store;
pub mod vault;
pub mod webhook;

#[cfg(any(feature = "browser", feature = "browser-anonymize", feature = "browser-ed25519"))]
pub mod browser;
#[cfg(feature = "tools")]
pub mod tools;
#[cfg(feature = "schema")]
pub mod typescript;
#[cfg(feature = "testing")]
pub mod vectors;
