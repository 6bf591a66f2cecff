//! Storage as the shell provides it: the semantics of Workers KV, and no more.
//!
//! The store is last-writer-wins. A write may become visible late, a missing key may stay missing for a while after
//! it was written, a listing may lag, and a key takes one write a second. Nothing here may rely on more than that;
//! what must be exact lives in an object.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(feature = "testing")]
pub mod contract;
#[cfg(feature = "testing")]
mod late;
#[cfg(feature = "testing")]
pub use late::LateStore;

/// Longest key, in bytes of UTF-8.
pub const MAX_KEY: usize = 512;
/// Largest value, in bytes.
pub const MAX_VALUE: usize = 25 * 1024 * 1024;
/// Largest metadata, in bytes of JSON.
pub const MAX_METADATA: usize = 1024;
/// An expiry must lie at least this many seconds ahead.
pub const MIN_EXPIRY: u64 = 60;
/// Keys in one page of a listing.
pub const PAGE: usize = 1000;

/// What may be read without opening a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Metadata {
    /// The id of the key it is sealed under, if it is sealed.
    #[serde(rename = "k", default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// When it must be gone.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub retain_until: Option<Timestamp>,
    /// Its size, in bytes.
    #[serde(rename = "s")]
    pub size: usize,
    /// Whom to ask about it: the name of a person's object, sealed under a key that is never exchanged.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A stored value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The bytes.
    pub value: Vec<u8>,
    /// What was said about them.
    pub metadata: Metadata,
}

/// One key of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The key.
    pub key: String,
    /// When the store will drop it, if ever.
    pub expires: Option<Timestamp>,
    /// What was said about the value; `None` if it is not ours to read.
    pub metadata: Option<Metadata>,
}

/// A page of a listing, in order of the keys' bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The keys. A page may be empty and yet not the last.
    pub keys: Vec<Listed>,
    /// Where to go on; `None` when the listing is complete.
    pub cursor: Option<String>,
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The key, value, metadata or expiry is outside the store's limits. Trying again will not help.
    Invalid(&'static str),
    /// The key was written less than a second ago.
    TooManyWrites,
    /// The store could not be reached or refused; nothing is known about the write.
    Unavailable,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(what) => write!(f, "the retention store does not take it: {what}"),
            Self::TooManyWrites => f.write_str("the retention store takes one write a second for each key"),
            Self::Unavailable => f.write_str("the retention store is not available"),
        }
    }
}

impl std::error::Error for StoreError {}

/// The one trait a shell implements.
#[allow(async_fn_in_trait, reason = "the Worker and the browser have one thread; nothing needs Send")]
pub trait Store {
    /// Reads a value. `None` may also mean that it is not visible yet.
    async fn get(&self, key: &str) -> Result<Option<Stored>, StoreError>;

    /// Writes a value whole. The expiry is absolute and must be said at every write: a write without one drops it.
    async fn put(
        &self,
        key: &str,
        value: &[u8],
        metadata: &Metadata,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Deletes a key; a missing one is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Lists keys by prefix, from a cursor that an earlier page of the same prefix gave.
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page, StoreError>;
}

/// Checks a key against the store's limits, before anything is sent.
pub fn check_key(key: &str) -> Result<(), StoreError> {
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(StoreError::Invalid("a key has 1 to 512 bytes"));
    }
    if key == "." || key == ".." {
        return Err(StoreError::Invalid("a key is not \".\" or \"..\""));
    }
    Ok(())
}

/// Checks a write against the store's limits, before anything is sent.
pub fn check_put(
    key: &str,
    value: &[u8],
    metadata: &Metadata,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    check_key(key)?;
    if value.len() > MAX_VALUE {
        return Err(StoreError::Invalid("a value has at most 25 MiB"));
    }
    if serde_json::to_vec(metadata).map_or(usize::MAX, |json| json.len()) > MAX_METADATA {
        return Err(StoreError::Invalid("metadata has at most 1024 bytes"));
    }
    if expires.is_some_and(|at| at < now.plus_seconds(MIN_EXPIRY)) {
        return Err(StoreError::Invalid("an expiry lies at least 60 seconds ahead"));
    }
    Ok(())
}
