//! Pseudonyms for logs and audits: a keyed hash that says under which key it was made, so that keys can be changed.

use super::{
    Domain,
    key::{Secret, end},
};
use crate::{
    encoding::to_base64url,
    vault::{Mac, VaultError},
};
use std::fmt;

/// A pseudonym: `k1.` and 16 bytes of HMAC-SHA-256 (RFC 2104, RFC 6234) as 22 characters of URL-safe base64. It is
/// personal data for whoever holds the key, or can guess what was named and has the key used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym {
    key: String,
    code: [u8; 16],
}

impl Pseudonym {
    pub(super) const fn new(key: String, code: [u8; 16]) -> Self {
        Self { key, code }
    }

    /// The id of the key it was made with.
    pub fn key_id(&self) -> &str {
        &self.key
    }

    /// Its bytes.
    pub const fn code(&self) -> &[u8; 16] {
        &self.code
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.key, to_base64url(&self.code))
    }
}

/// A key that pseudonyms are made with, and its id. Its bytes are overwritten when it is dropped.
#[derive(Debug, Clone)]
pub struct PseudonymKey {
    id: String,
    secret: Secret,
}

impl PseudonymKey {
    /// Reads a key: an id of 1 to 8 small letters or digits, and 32 bytes as 43 characters of URL-safe base64, not all
    /// zero.
    pub fn parse(id: &str, secret: &str) -> Result<Self, VaultError> {
        let malformed =
            |detail: &str| VaultError::MalformedSecret { name: "PSEUDONYM_KEY", detail: detail.into() };
        if !is_key_id(id) {
            return Err(malformed("a key id must be 1 to 8 lower-case letters or digits"));
        }
        let secret = Secret::parse(secret)
            .ok_or_else(|| malformed("a key must be 32 random bytes as 43 characters of URL-safe base64"))?;
        Ok(Self { id: id.to_owned(), secret })
    }

    /// The key's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The pseudonym of something in a domain. It is given in parts, such as a site and an address; other parts give
    /// another pseudonym even where they are the same letters in a row.
    pub fn name(&self, domain: Domain, parts: &[&[u8]]) -> Pseudonym {
        Pseudonym::new(self.id.clone(), self.secret.code(domain.label(), parts))
    }

    /// What gives the same names in one domain, again and again.
    pub fn namer(&self, domain: Domain) -> Namer {
        Namer { id: self.id.clone(), begun: self.secret.begin(domain.label()) }
    }
}

/// A key and a domain: what every name begins with is computed once, which is half of a short name.
#[derive(Clone)]
pub struct Namer {
    id: String,
    begun: Mac,
}

impl Namer {
    /// Adds a name to a text.
    pub fn name_into(&self, parts: &[&[u8]], out: &mut String) {
        out.push_str(&self.id);
        out.push('.');
        out.push_str(&to_base64url(&end(self.begun.clone(), parts)));
    }
}

impl fmt::Debug for Namer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namer({}, ..)", self.id)
    }
}

fn is_key_id(id: &str) -> bool {
    matches!(id.len(), 1..=8) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(id: &str, letter: &str) -> PseudonymKey {
        PseudonymKey::parse(id, &letter.repeat(43)).unwrap()
    }

    #[test]
    fn says_which_key_it_is_of() {
        let name = key("k1", "E").name(Domain::Log, &[b"alice"]);
        assert_eq!(name.key_id(), "k1");
        assert!(name.to_string().starts_with("k1.") && name.to_string().len() == 25, "{name}");
    }

    #[test]
    fn a_namer_gives_the_same_names() {
        let namer = key("k1", "E").namer(Domain::Log);
        for parts in [[b"alice".as_slice(), b""], [b"", b"alice"], [&[7; 200], &[8; 100]]] {
            let mut name = String::from("by ");
            namer.name_into(&parts, &mut name);
            assert_eq!(name, format!("by {}", key("k1", "E").name(Domain::Log, &parts)));
        }
        assert_eq!(format!("{namer:?}"), "Namer(k1, ..)");
    }

    #[test]
    fn differs_by_key_domain_and_parts() {
        let name = key("k1", "E").name(Domain::Log, &[b"alice"]);
        assert_eq!(name, key("k1", "E").name(Domain::Log, &[b"alice"]));
        assert_ne!(name.code(), key("k1", "I").name(Domain::Log, &[b"alice"]).code());
        assert_ne!(name.code(), key("k1", "E").name(Domain::Audit, &[b"alice"]).code());
        assert_ne!(name.code(), key("k1", "E").name(Domain::Analytics, &[b"alice"]).code());
        assert_ne!(name.code(), key("k1", "E").name(Domain::Log, &[b"ali", b"ce"]).code());
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_quoted() {
        for (id, secret) in [
            ("k1", "A".repeat(43)),
            ("k1", "SENSITIVE".into()),
            ("k1", "E".repeat(42)),
            ("k1", String::new()),
            ("", "E".repeat(43)),
            ("K1", "E".repeat(43)),
            ("123456789", "E".repeat(43)),
        ] {
            let error = PseudonymKey::parse(id, &secret).unwrap_err().to_string();
            assert!(error.contains("PSEUDONYM_KEY") && !error.contains("SENSITIVE"), "{error}");
        }
        assert!(!format!("{:?}", key("k1", "E")).contains('['), "a key is never printed");
    }

    proptest! {
        #[test]
        fn parts_are_told_apart(a in "[ab]{0,4}", b in "[ab]{0,4}", c in "[ab]{0,4}", d in "[ab]{0,4}") {
            let name = |one: &str, two: &str| key("k1", "E").name(Domain::Log, &[one.as_bytes(), two.as_bytes()]);
            prop_assert_eq!(name(&a, &b) == name(&c, &d), (a, b) == (c, d));
        }
    }
}
