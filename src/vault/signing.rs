//! Ed25519 (RFC 8032) keys by use: one signs the log's checkpoints, one signs receipts. The first key of a use is
//! active, the others are still published, so that what they signed can be verified.

use super::{VaultError, key_bytes};
use crate::encoding::{to_base64url, to_hex};
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// A private key.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().id())
    }
}

impl SigningKey {
    /// From an RFC 8032 seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct VerifyingKey(
    #[serde(with = "crate::encoding::base64url")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    [u8; 32],
);

impl VerifyingKey {
    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A short name: the first four bytes of the key's SHA-256 as 8 hexadecimal digits. It finds a key, it proves nothing.
    pub fn id(&self) -> String {
        to_hex(Sha256::digest(self.0).first_chunk::<4>().map_or(&[], |bytes| bytes))
    }

    /// Whether a signature is this key's over a message. Strict: no malleable signatures, no weak keys.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        ed25519_dalek::VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

/// The signing keys of a site.
#[derive(Debug, Clone)]
pub struct SigningKeys {
    log: Vec<SigningKey>,
    receipt: Vec<SigningKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    log: Vec<String>,
    receipt: Vec<String>,
}

const NAME: &str = "SIGNING_KEY";

impl SigningKeys {
    /// Reads the secret `{"log":["<seed>"],"receipt":["<seed>"]}`, seeds of 32 bytes in URL-safe base64.
    pub fn parse(secret: &str) -> Result<Self, VaultError> {
        let malformed = |detail: String| VaultError::MalformedSecret { name: NAME, detail };
        let document: Document = serde_json::from_str(secret)
            .map_err(|e| malformed(format!("not the expected JSON, at column {}", e.column())))?;
        let read = |seeds: Vec<String>| {
            if seeds.is_empty() {
                return Err(malformed("each of \"log\" and \"receipt\" needs at least one seed".into()));
            }
            seeds.iter().map(|seed| Ok(SigningKey::from_seed(&key_bytes(NAME, seed)?))).collect()
        };
        Ok(Self { log: read(document.log)?, receipt: read(document.receipt)? })
    }

    /// The key that signs checkpoints now.
    pub fn log(&self) -> Option<&SigningKey> {
        self.log.first()
    }

    /// The keys that sign checkpoints, active first. With more than one, each signs, so that those who know only one of
    /// them go on verifying while keys change.
    pub fn log_signers(&self) -> &[SigningKey] {
        &self.log
    }

    /// The key that signs receipts now.
    pub fn receipt(&self) -> Option<&SigningKey> {
        self.receipt.first()
    }

    /// Every published receipt key, active first.
    pub fn receipt_keys(&self) -> impl Iterator<Item = VerifyingKey> + '_ {
        self.receipt.iter().map(SigningKey::public)
    }

    /// Every published log key, active first.
    pub fn log_keys(&self) -> impl Iterator<Item = VerifyingKey> + '_ {
        self.log.iter().map(SigningKey::public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_the_rfc_8032_vector() {
        // RFC 8032 section 7.1, test 2.
        let seed = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
            0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
        ];
        let key = SigningKey::from_seed(&seed);
        let signature = key.sign(&[0x72]);
        assert!(to_hex(&signature).starts_with("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8f"));
        assert!(key.public().verifies(&[0x72], &signature));
        assert!(!key.public().verifies(&[0x73], &signature));
        assert!(
            !VerifyingKey::from_bytes([0; 32]).verifies(&[0x72], &signature),
            "a weak key verifies nothing"
        );
    }

    #[test]
    fn needs_a_key_of_each_use() {
        let seed = "A".repeat(43);
        assert!(SigningKeys::parse(&format!(r#"{{"log":["{seed}"],"receipt":["{seed}"]}}"#)).is_ok());
        for bad in ["", "{}", r#"{"log":[],"receipt":[]}"#, r#"{"log":["x"],"receipt":["x"]}"#] {
            assert!(SigningKeys::parse(bad).is_err(), "{bad}");
        }
    }
}
