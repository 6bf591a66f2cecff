//! HMAC-SHA-256 (RFC 2104) under a 32-byte key, separated by label.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A message authentication code being computed.
#[derive(Clone)]
pub struct Mac(Hmac<Sha256>);

impl Mac {
    /// Starts a code for one use; `label` keeps the codes of different uses apart.
    pub fn new(key: &[u8; 32], label: &str) -> Self {
        // RFC 2104 pads a short key with zeroes to the hash's block of 64 bytes; done here, nothing can fail.
        let mut block = [0; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(label.as_bytes());
        mac.update(b"\n");
        Self(mac)
    }

    /// Adds a part. Parts are not delimited: the caller sees to it that only the last has a free length.
    #[must_use]
    pub fn chain(mut self, part: impl AsRef<[u8]>) -> Self {
        self.0.update(part.as_ref());
        self
    }

    /// The 32 bytes.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }

    /// The first 16 bytes.
    pub fn finish16(self) -> [u8; 16] {
        self.finish().first_chunk().copied().unwrap_or_default()
    }

    /// Whether a code, whole or cut to its first bytes, is this one; in constant time.
    pub fn verifies(self, tag: &[u8]) -> bool {
        tag.len() >= 16 && self.0.verify_truncated_left(tag).is_ok()
    }
}
