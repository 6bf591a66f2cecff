//! The keyring: master keys by id, of which one is active, and the keys derived from them for each use.

use super::{VaultError, key_bytes};
use hkdf::Hkdf;
use serde::Deserialize;
use sha2::Sha256;
use std::{collections::BTreeMap, fmt};

/// What a derived key is for. Each use has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Wraps the data key of a person.
    Wrap,
    /// Authenticates the decision cookie.
    Cookie,
    /// Seals the minimal proof that outlives an erasure.
    Proof,
    /// Seals log payloads that are about no person.
    Site,
    /// Seals notices that wait to be delivered.
    Notice,
    /// The seed of the key that signs messages to the site's own systems.
    Webhook,
}

impl KeyUse {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Wrap => b"consentry/key/wrap/v1",
            Self::Cookie => b"consentry/key/cookie/v1",
            Self::Proof => b"consentry/key/proof/v1",
            Self::Site => b"consentry/key/site/v1",
            Self::Notice => b"consentry/key/notice/v1",
            Self::Webhook => b"consentry/key/webhook/v1",
        }
    }
}

/// Master keys by id. New values are made under the active one; all are readable, so that a key can be deployed
/// before it becomes active and kept until nothing needs it.
#[derive(Clone)]
pub struct Keyring {
    active: String,
    keys: BTreeMap<String, [u8; 32]>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("active", &self.active).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    active: String,
    keys: BTreeMap<String, String>,
}

const NAME: &str = "KEYRING";

impl Keyring {
    /// Reads the secret `{"active":"k1","keys":{"k1":"<32 bytes, URL-safe base64>"}}`.
    pub fn parse(secret: &str) -> Result<Self, VaultError> {
        let malformed = |detail: String| VaultError::MalformedSecret { name: NAME, detail };
        // The parser's own message could quote the secret, so it is not passed on.
        let document: Document = serde_json::from_str(secret)
            .map_err(|e| malformed(format!("not the expected JSON, at column {}", e.column())))?;
        let mut keys = BTreeMap::new();
        for (id, text) in document.keys {
            if id.is_empty()
                || id.len() > 8
                || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            {
                return Err(malformed("a key id must be 1 to 8 lower-case letters or digits".into()));
            }
            keys.insert(id, key_bytes(NAME, &text)?);
        }
        if !keys.contains_key(&document.active) {
            return Err(malformed("\"active\" must name one of \"keys\"".into()));
        }
        Ok(Self { active: document.active, keys })
    }

    /// The id under which new values are made.
    pub fn active(&self) -> &str {
        &self.active
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The key for a use, by the id a value names.
    pub fn key(&self, id: &str, key_use: KeyUse) -> Result<[u8; 32], VaultError> {
        let master = self.keys.get(id).ok_or_else(|| VaultError::UnknownKey { id: id.to_owned() })?;
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, master)
            .expand(key_use.label(), &mut key)
            .map_err(|_| VaultError::Unopenable)?;
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_by_id_and_use() {
        let key = |c: &str| c.repeat(43);
        let ring = Keyring::parse(&format!(
            r#"{{"active":"k2","keys":{{"k1":"{}","k2":"{}"}}}}"#,
            key("A"),
            key("E")
        ))
        .unwrap();
        assert_eq!(ring.active(), "k2");
        let wrap = ring.key("k1", KeyUse::Wrap).unwrap();
        assert_eq!(wrap, ring.key("k1", KeyUse::Wrap).unwrap());
        assert_ne!(wrap, ring.key("k1", KeyUse::Cookie).unwrap());
        assert_ne!(wrap, ring.key("k2", KeyUse::Wrap).unwrap());
        assert_eq!(ring.key("k3", KeyUse::Wrap), Err(VaultError::UnknownKey { id: "k3".into() }));
    }

    #[test]
    fn malformed_secrets_say_what_to_write_and_quote_nothing() {
        for secret in [
            "",
            "{}",
            r#"{"active":"k1","keys":{}}"#,
            r#"{"active":"k1","keys":{"k1":"tooshort-SENSITIVE"}}"#,
            r#"{"active":"k1","keys":{"K 1":"x"}}"#,
            r#"{"active":"SENSITIVE","other":1}"#,
        ] {
            let error = Keyring::parse(secret).unwrap_err().to_string();
            assert!(error.starts_with("secret KEYRING: "), "{error}");
            assert!(!error.contains("SENSITIVE"), "{error}");
        }
    }
}
