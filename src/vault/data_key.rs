//! A person's data key. It exists in the clear only while it is used; at rest it is wrapped. Destroying the wrapped
//! form makes everything sealed under it unreadable (crypto-shredding).

use super::{Binding, KeyUse, Keyring, VaultError, open, seal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// 32 random bytes that seal what is stored about one person.
#[derive(Clone)]
pub struct DataKey([u8; 32]);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// A data key at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// The id of the master key it is wrapped under.
    pub key: String,
    /// The sealed key.
    #[serde(with = "crate::encoding::base64url")]
    pub sealed: Vec<u8>,
}

impl DataKey {
    /// From fresh random bytes.
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key itself, for sealing.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Wraps the key under the active master key, bound to its owner's name.
    pub fn wrap(
        &self,
        ring: &Keyring,
        nonce: &[u8; 16],
        site: &str,
        owner: &str,
    ) -> Result<WrappedKey, VaultError> {
        let id = ring.active();
        let sealed = seal(
            &ring.key(id, KeyUse::Wrap)?,
            nonce,
            Binding { site, kind: "data-key", name: owner },
            &self.0,
        )?;
        Ok(WrappedKey { key: id.to_owned(), sealed })
    }

    /// Unwraps a key for its owner.
    pub fn unwrap(wrapped: &WrappedKey, ring: &Keyring, site: &str, owner: &str) -> Result<Self, VaultError> {
        let key = ring.key(&wrapped.key, KeyUse::Wrap)?;
        let plain = open(&key, Binding { site, kind: "data-key", name: owner }, &wrapped.sealed)?;
        plain.try_into().map(Self).map_err(|_| VaultError::Unopenable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwraps_for_its_owner_only() {
        let ring =
            Keyring::parse(&format!(r#"{{"active":"k1","keys":{{"k1":"{}"}}}}"#, "A".repeat(43))).unwrap();
        let key = DataKey::from_random([9; 32]);
        let wrapped = key.wrap(&ring, &[1; 16], "shop", "alice").unwrap();
        assert_eq!(DataKey::unwrap(&wrapped, &ring, "shop", "alice").unwrap().as_bytes(), &[9; 32]);
        assert!(DataKey::unwrap(&wrapped, &ring, "shop", "bob").is_err());
        assert!(DataKey::unwrap(&wrapped, &ring, "stall", "alice").is_err());
        assert_eq!(format!("{key:?}"), "DataKey(..)");
    }
}
