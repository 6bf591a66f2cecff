//! The receipt a visitor can keep: a signed record, and the proof that its event is in the log.
//!
//! Anyone can check it offline with the site's public keys. It stands on four legs, each checked on its own: the
//! record's signature; the leaf's commitment to an entry that names the record's hash; the leaf's inclusion in the
//! tree; the log's signature under that tree.

use super::Record;
use crate::{
    audit::{Entry, Leaf, LogProof, NoteKey, merkle::leaf_hash},
    encoding::{from_base64url, to_base64url},
    vault::{SigningKey, SigningKeys, VerifyingKey},
};
use serde::{Deserialize, Serialize};

/// The receipt's format.
const SCHEMA: &str = "consentry/receipt/1";
/// What stands before the record's canonical text in the signed message.
const LABEL: &str = "consentry/receipt/v1\n";
const ALGORITHM: &str = "Ed25519";

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The format, [`SCHEMA`].
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
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The key's id, see [`VerifyingKey::id`].
    pub key: String,
    /// Always `Ed25519`.
    pub algorithm: String,
    /// 64 bytes.
    #[serde(with = "crate::encoding::base64url")]
    pub value: Vec<u8>,
}

/// The proof that an entry is in the log, and its opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The leaf, exactly as the tree hashed it.
    pub leaf: String,
    /// The entry's canonical text, exactly as the leaf commits to it.
    pub entry: String,
    /// The commitment's salt, 16 bytes.
    pub salt: String,
    /// A c2sp.org/tlog-proof@v1.
    pub proof: String,
}

/// The site's public keys, as `/.consentry/keys` gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeys {
    /// The log's verifier key lines, active first.
    pub log: Vec<String>,
    /// The keys that sign receipts, active first.
    pub receipt: Vec<ReceiptKey>,
}

/// A key that signs receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptKey {
    /// Its id.
    pub id: String,
    /// Always `Ed25519`.
    pub alg: String,
    /// 32 bytes.
    pub key: VerifyingKey,
}

/// A signature that is claimed and still has to be verified, by whichever Ed25519 is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureClaim {
    /// The key.
    pub key: VerifyingKey,
    /// What it signed.
    pub message: Vec<u8>,
    /// The signature.
    pub signature: [u8; 64],
}

/// What examining a receipt found, short of the two signatures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examination {
    /// The signature over the record, if its key is known.
    pub record_claim: Option<SignatureClaim>,
    /// The signature over the checkpoint, if its key is known.
    pub checkpoint_claim: Option<SignatureClaim>,
    /// Whether the leaf is this record's and in the tree of the checkpoint.
    pub included: bool,
    /// The leaf's index.
    pub index: u64,
    /// The number of leaves in the checkpoint's tree.
    pub size: u64,
    /// The log's name.
    pub origin: String,
    /// What is wrong, in words.
    pub problems: Vec<String>,
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
        let mut found = Examination::default();
        if self.schema != SCHEMA {
            found.problems.push(format!("this is not a receipt of the format {SCHEMA}"));
            return found;
        }
        match self.record_claim(keys) {
            Ok(claim) => found.record_claim = Some(claim),
            Err(problem) => found.problems.push(problem),
        }
        match self.commitment() {
            Ok(()) => found.included = true,
            Err(problem) => found.problems.push(problem),
        }
        if let Err(problem) = self.inclusion(keys, &mut found) {
            found.included = false;
            found.problems.push(problem);
        }
        found
    }

    fn record_claim(&self, keys: &PublicKeys) -> Result<SignatureClaim, String> {
        if self.signature.algorithm != ALGORITHM {
            return Err(format!("the receipt is not signed with {ALGORITHM}"));
        }
        let known = keys.receipt.iter().find(|key| key.id == self.signature.key && key.alg == ALGORITHM);
        let key = known.ok_or("the receipt is signed with a key that the site does not publish")?.key;
        let signature = self.signature.value.as_slice().try_into();
        Ok(SignatureClaim {
            key,
            message: message(&self.record).map_err(|e| e.to_string())?,
            signature: signature.map_err(|_| "the receipt's signature is not 64 bytes")?,
        })
    }

    /// The leaf commits to the entry, and the entry names this record.
    fn commitment(&self) -> Result<(), String> {
        let Evidence { leaf, entry, salt, .. } = &self.evidence;
        let salt =
            from_base64url(salt).and_then(|salt| salt.try_into().ok()).ok_or("the salt is not 16 bytes")?;
        if !Leaf::parse(leaf).map_err(|e| e.to_string())?.commits_to(&salt, entry) {
            return Err("the leaf does not commit to the receipt's entry".into());
        }
        let entry: Entry = serde_json::from_str(entry).map_err(|_| "the receipt's entry is malformed")?;
        let hash = self.record.hash().map_err(|e| e.to_string())?;
        let named = entry.details.get("record").and_then(serde_json::Value::as_str);
        if entry.event != self.record.record_id || named != Some(to_base64url(&hash).as_str()) {
            return Err("the logged entry is that of another record".into());
        }
        Ok(())
    }

    /// The leaf is in the tree of a checkpoint that claims to be the log's.
    fn inclusion(&self, keys: &PublicKeys, found: &mut Examination) -> Result<(), String> {
        let proof = LogProof::parse(&self.evidence.proof).map_err(|e| e.to_string())?;
        let checkpoint =
            proof.checkpoint_of(leaf_hash(self.evidence.leaf.as_bytes())).map_err(|e| e.to_string())?;
        found.index = proof.index;
        found.size = checkpoint.size;
        found.origin.clone_from(&checkpoint.origin);
        let logs = keys.log.iter().filter_map(|line| NoteKey::parse(line).ok());
        let claim = logs.filter(|key| key.name() == checkpoint.origin).find_map(|key| {
            let signature = proof.checkpoint.signature_of(&key)?;
            Some(SignatureClaim {
                key: key.key(),
                message: proof.checkpoint.text.clone().into_bytes(),
                signature,
            })
        });
        found.checkpoint_claim = claim;
        if found.checkpoint_claim.is_none() {
            return Err("the checkpoint is not signed with a key that the site publishes for its log".into());
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
