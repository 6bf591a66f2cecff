//! Keys and what is done with them: sealing, wrapping, signing, and destroying.
//!
//! The algorithms are AES-256-GCM (NIST SP 800-38D), HKDF-SHA-256 (RFC 5869) and Ed25519 (RFC 8032), each from its
//! well-kept crate. What is ours is only which key seals what, and what a sealed value is bound to.

mod card;
mod data_key;
mod keyring;
mod mac;
mod seal;
mod signing;
pub mod stream;

pub(crate) use card::luhn;
pub use card::{CardToken, InvalidCard};
pub use data_key::{DataKey, WrappedKey};
pub use keyring::{KeyUse, Keyring};
pub use mac::Mac;
pub use seal::{Binding, open, seal};
pub use signing::{SigningKey, SigningKeys, VerifyingKey};

use std::fmt;

/// Why a key or a sealed value could not be used. It never says anything about the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultError {
    /// A secret is missing, is not the JSON it should be, or has a key of the wrong length.
    MalformedSecret {
        /// The secret's name, such as `KEYRING`.
        name: &'static str,
        /// What is wrong and what to write instead.
        detail: String,
    },
    /// A value was sealed under a key that this keyring does not hold.
    UnknownKey {
        /// The id of the missing key.
        id: String,
    },
    /// A sealed value does not open: changed, cut short, moved to another place, or sealed under another key.
    Unopenable,
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedSecret { name, detail } => write!(f, "secret {name}: {detail}"),
            Self::UnknownKey { id } => write!(f, "no key with the id {id:?} is deployed"),
            Self::Unopenable => f.write_str("a sealed value does not open with its key in its place"),
        }
    }
}

impl std::error::Error for VaultError {}

/// 32 bytes from URL-safe base64, as secrets carry them.
fn key_bytes(name: &'static str, text: &str) -> Result<[u8; 32], VaultError> {
    crate::encoding::from_base64url(text.trim()).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        VaultError::MalformedSecret {
            name,
            detail: "a key must be 32 bytes as 43 characters of URL-safe base64".into(),
        }
    })
}
