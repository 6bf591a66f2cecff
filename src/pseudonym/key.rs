//! 32 bytes that are gone when nobody holds them any more, and names made with them.

use crate::{encoding::from_base64url, vault::Mac};
use std::fmt;
use zeroize::Zeroize as _;

/// A secret key. Its bytes are overwritten when it is dropped; it is never printed.
#[derive(Clone)]
pub(super) struct Secret([u8; 32]);

impl Secret {
    /// `None` where every byte is zero: no key was ever put there.
    pub(super) fn new(bytes: [u8; 32]) -> Option<Self> {
        let secret = Self(bytes);
        (bytes != [0; 32]).then_some(secret)
    }

    /// From 32 bytes as URL-safe base64.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = from_base64url(text.trim())?;
        let key = <[u8; 32]>::try_from(bytes.as_slice());
        bytes.zeroize();
        Self::new(key.ok()?)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The code of some parts, each with its length, so that where one ends and the next begins is told too.
    pub(super) fn code(&self, label: &str, parts: &[&[u8]]) -> [u8; 16] {
        end(self.begin(label), parts)
    }

    /// What all codes of a label have in common.
    pub(super) fn begin(&self, label: &str) -> Mac {
        Mac::new(&self.0, label)
    }

    /// The key that follows from this one, from which this one does not follow.
    pub(super) fn next(&self, label: &str, of: &[u8]) -> Self {
        Self(Mac::new(&self.0, label).chain(of).finish())
    }
}

/// The code of some parts, from what [`Secret::begin`] gave.
pub(super) fn end(begun: Mac, parts: &[&[u8]]) -> [u8; 16] {
    parts.iter().fold(begun, |mac, part| mac.chain((part.len() as u64).to_be_bytes()).chain(part)).finish16()
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
