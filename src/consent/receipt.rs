//! The receipt a visitor can keep: a signed record, and the proof that its event is in the log.
//!
//! Anyone can check it offline with the site's public keys. It stands on four legs, each checked on its own: the
//! record's signature; the leaf's commitment to an entry that names the record's hash; the leaf's inclusion in the
//! tree; the log's signature under that tree.

use super::{Examination, ReceiptParts, Record};
use crate::{
    audit::{LogProof, NoteKey},
    encoding::to_base64url,
    vault::{SigningKey, SigningKeys, VerifyingKey},
};
use serde::{Deserialize, Serialize};

/// The receipt's format.
pub(super) const SCHEMA: &str = "consentry/receipt/1";
/// What stands before the record's canonical text in the signed message.
pub(super) const LABEL: &str = "consentry/receipt/v1\n";
pub(super) const ALGORITHM: &str = "Ed25519";

/// A signed consent record with the proof that it is in the site's log. Keep it whole: every byte counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The format, `consentry/receipt/1`.
    pub schema: String,
    /// What was decided.
    pub record: Record,
    /// The site's signature over the record.
    pub signature: Signature,
    /// The proof that the decision is in the log.
    pub evidence: Evidence,
}

/// An Ed25519 signature over `"consentry/receipt/v1" ‖ LF ‖ canonical record`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The key's id, as [`PublicKeys`] lists it.
    pub key: String,
    /// Always `Ed25519`.
    pub algorithm: String,
    /// 64 bytes, in URL-safe base64.
    #[serde(with = "crate::encoding::base64url")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub value: Vec<u8>,
}

/// The proof that an entry is in the log, and its opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The leaf, exactly as the tree hashed it.
    pub leaf: String,
    /// The entry's canonical text, exactly as the leaf commits to it.
    pub entry: String,
    /// The commitment's salt: 16 bytes, in URL-safe base64.
    pub salt: String,
    /// A c2sp.org/tlog-proof@v1.
    pub proof: String,
}

/// The site's public keys, as `/.consentry/keys` gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublicKeys {
    /// The log's verifier key lines, active first.
    pub log: Vec<String>,
    /// The keys that sign receipts, active first.
    pub receipt: Vec<ReceiptKey>,
}

/// A key that signs receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReceiptKey {
    /// Its id.
    pub id: String,
    /// Always `Ed25519`.
    pub alg: String,
    /// 32 bytes, in URL-safe base64.
    pub key: VerifyingKey,
}

impl Signature {
    /// Signs a record.
    pub fn over(record: &Record, key: &SigningKey) -> Result<Self, crate::canonical::NotCanonical> {
        let value = key.sign(&message(record)?).to_vec();
        Ok(Self { key: key.public().id(), algorithm: ALGORITHM.to_owned(), value })
    }
}

impl PublicKeys {
    /// What a site publishes of its signing keys. `log` is the name of its log.
    pub fn of(keys: &SigningKeys, log: &str) -> Result<Self, crate::audit::LogError> {
        let lines = keys.log_keys().map(|key| Ok(NoteKey::new(log, key)?.to_string()));
        let receipt = keys
            .receipt_keys()
            .map(|key| ReceiptKey { id: key.id(), alg: ALGORITHM.to_owned(), key })
            .collect();
        Ok(Self { log: lines.collect::<Result<_, _>>()?, receipt })
    }
}

/// What is signed of a record.
fn message(record: &Record) -> Result<Vec<u8>, crate::canonical::NotCanonical> {
    Ok([LABEL.as_bytes(), record.to_text()?.as_bytes()].concat())
}

impl Evidence {
    /// Puts the proof of an entry together.
    pub fn new(leaf: String, entry: String, salt: &[u8; 16], proof: &LogProof) -> Self {
        Self { leaf, entry, salt: to_base64url(salt), proof: proof.to_string() }
    }
}

impl Receipt {
    /// Puts a receipt together.
    pub fn new(record: Record, signature: Signature, evidence: Evidence) -> Self {
        Self { schema: SCHEMA.to_owned(), record, signature, evidence }
    }

    /// Checks everything but the two signatures, which the caller verifies from the claims.
    pub fn examine(&self, keys: &PublicKeys) -> Examination {
        match self.record.to_text() {
            Ok(record) => self.parts(record).examine(keys),
            Err(problem) => Examination { problems: vec![problem.to_string()], ..Examination::default() },
        }
    }

    fn parts(&self, record: String) -> ReceiptParts {
        ReceiptParts {
            schema: self.schema.clone(),
            record,
            record_id: self.record.record_id.to_string(),
            signature: self.signature.clone(),
            evidence: self.evidence.clone(),
        }
    }
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
