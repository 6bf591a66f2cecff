//! Keyed pseudonyms (HMAC-SHA-256, RFC 2104). A keyed hash is still personal data for whoever holds the key; it is
//! called a pseudonym here, never anonymous. Each domain has names of its own, so that those of one cannot be
//! matched with those of another.
//!
//! [`SubjectKey`] names people in storage and never changes; a [`PseudonymKey`] names them in logs and audits, and says
//! which key it is; a [`DayKey`] names them for a day, after which nobody can make its names again.

#[cfg(feature = "ipcrypt")]
pub mod address;
mod daily;
mod key;
mod named;

pub use daily::{Day, DayKey, NotAdvanced, Unreachable};
pub use named::{Namer, Pseudonym, PseudonymKey};

use crate::{
    encoding::from_base64url,
    id::SubjectId,
    vault::{Mac, VaultError},
};
use std::fmt;
use zeroize::Zeroize as _;

/// What a name is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// The `Subject` object of a device, named by the hash of its secret.
    Device,
    /// The `Subject` object of a device on another origin's pages, named by its public key.
    DeviceKey,
    /// The `Subject` object of an account, named by the site's own name for it.
    Account,
    /// The `Subject` object of who is reached at an address; also what seals its codes and proofs.
    Contact,
    /// The `Subject` object of the codes that were sent to an address, in which nothing else ever is.
    Codes,
    /// The secret of a device that is new: made from the id of its first grant, so that the same request gives the
    /// same device if its answer is lost.
    DeviceSecret,
    /// The object that carries records about nobody, one of a few.
    OneOff,
    /// A person's prefix in the retention store.
    Store,
    /// A person in the erasure ledger.
    Ledger,
    /// A category of records, in the list of whom records are about.
    Category,
    /// A visitor in counts of visits.
    Analytics,
    /// Who did something, in an audit.
    Audit,
    /// Somebody or something in a log.
    Log,
}

impl Domain {
    const fn label(self) -> &'static str {
        match self {
            Self::Device => "consentry/pseudonym/device/v1",
            Self::DeviceKey => "consentry/pseudonym/device-key/v1",
            Self::Account => "consentry/pseudonym/account/v1",
            Self::Contact => "consentry/pseudonym/contact/v1",
            Self::Codes => "consentry/pseudonym/codes/v1",
            Self::DeviceSecret => "consentry/pseudonym/device-secret/v1",
            Self::OneOff => "consentry/pseudonym/one-off/v1",
            Self::Store => "consentry/pseudonym/store/v1",
            Self::Ledger => "consentry/pseudonym/ledger/v1",
            Self::Category => "consentry/pseudonym/category/v1",
            Self::Analytics => "consentry/pseudonym/analytics/v1",
            Self::Audit => "consentry/pseudonym/audit/v1",
            Self::Log => "consentry/pseudonym/log/v1",
        }
    }
}

/// The key that names people. It never rotates: with another key nobody would be found again.
#[derive(Clone)]
pub struct SubjectKey([u8; 32]);

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey(..)")
    }
}

impl Drop for SubjectKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl SubjectKey {
    /// Reads the secret `SUBJECT_KEY`: 32 bytes as URL-safe base64.
    pub fn parse(secret: &str) -> Result<Self, VaultError> {
        let bytes = from_base64url(secret.trim()).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| VaultError::MalformedSecret {
            name: "SUBJECT_KEY",
            detail: "a key must be 32 bytes as 43 characters of URL-safe base64".into(),
        })
    }

    /// A key that seals a name of this domain, for what has to be found again whatever other keys are exchanged.
    pub fn sealing(&self, domain: Domain) -> [u8; 32] {
        Mac::new(&self.0, "consentry/pseudonym/sealing/v1").chain(domain.label()).finish()
    }

    /// The name of something in a domain.
    pub fn name(&self, domain: Domain, identifier: &[u8]) -> SubjectId {
        SubjectId::from_bytes(Mac::new(&self.0, domain.label()).chain(identifier).finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_key_domain_and_identifier() {
        let key = SubjectKey::parse(&"A".repeat(43)).unwrap();
        let name = key.name(Domain::Device, b"secret");
        // HMAC-SHA-256 with 32 zero bytes as key, computed with OpenSSL.
        assert_eq!(
            crate::encoding::to_hex(name.as_bytes()),
            "97636da8c0124ec95e72333ebf51941a3fb9516486636cd5276a1c0895306e7e"
        );
        assert_ne!(name, key.name(Domain::Store, b"secret"));
        assert_ne!(name, key.name(Domain::Device, b"secret2"));
        assert_ne!(name, SubjectKey::parse(&"E".repeat(43)).unwrap().name(Domain::Device, b"secret"));
        assert_ne!(key.sealing(Domain::Store), key.sealing(Domain::Ledger));
        assert_eq!(format!("{key:?}"), "SubjectKey(..)");
    }

    #[test]
    fn a_malformed_secret_is_not_quoted() {
        let error = SubjectKey::parse("SENSITIVE").unwrap_err().to_string();
        assert!(error.contains("SUBJECT_KEY") && !error.contains("SENSITIVE"), "{error}");
    }
}
