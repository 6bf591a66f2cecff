//! Examining a receipt: everything but the two signatures, for which any Ed25519 will do.
//!
//! It works on texts alone, read from the receipt's JSON or taken from a typed [`Receipt`](super::Receipt), so that a
//! browser needs neither a JSON library nor a calendar for it. There is no second verifier.

use super::receipt::{ALGORITHM, Evidence, LABEL, PublicKeys, ReceiptKey, SCHEMA, Signature};
use crate::{
    audit::{LeafText, LogProof, Note, NoteKey, merkle::leaf_hash},
    canonical::Json,
    encoding::{from_base64url, to_base64url},
    vault::VerifyingKey,
};
use sha2::{Digest as _, Sha256};

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

/// A receipt taken apart into the texts that are examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptParts {
    /// The receipt's format.
    pub schema: String,
    /// The record's canonical text.
    pub record: String,
    /// The event that the record is of.
    pub record_id: String,
    /// The site's signature over the record.
    pub signature: Signature,
    /// The proof that the decision is in the log.
    pub evidence: Evidence,
}

impl ReceiptParts {
    /// Takes a receipt apart that was written by ECMAScript's `JSON.stringify`. Members that a receipt does not have
    /// make it none; those of the record are left to its signature, which covers them all.
    pub fn read(json: &str) -> Option<Self> {
        let receipt = Json::parse(json)?;
        let text = |of: &Json<'_>, name: &str| of.text(name).map(str::to_owned);
        let record = receipt.member("record")?;
        let signature = receipt.member("signature")?;
        let evidence = receipt.member("evidence")?;
        if (receipt.members(), signature.members(), evidence.members()) != (4, 3, 4) {
            return None;
        }
        let mut canonical = String::new();
        record.write(&mut canonical);
        Some(Self {
            schema: text(&receipt, "schema")?,
            record: canonical,
            record_id: text(record, "record_id")?,
            signature: Signature {
                key: text(signature, "key")?,
                algorithm: text(signature, "algorithm")?,
                value: from_base64url(signature.text("value")?)?,
            },
            evidence: Evidence {
                leaf: text(evidence, "leaf")?,
                entry: text(evidence, "entry")?,
                salt: text(evidence, "salt")?,
                proof: text(evidence, "proof")?,
            },
        })
    }

    /// Checks everything but the two signatures, which the caller verifies from the claims.
    pub fn examine(&self, keys: &PublicKeys) -> Examination {
        let mut found = Examination::default();
        if self.schema != SCHEMA {
            found.problems.push(["this is not a receipt of the format ", SCHEMA].concat());
            return found;
        }
        match self.record_claim(keys) {
            Ok(claim) => found.record_claim = Some(claim),
            Err(problem) => found.problems.push(problem.to_owned()),
        }
        match self.commitment() {
            Ok(()) => found.included = true,
            Err(problem) => found.problems.push(problem.to_owned()),
        }
        if let Err(problem) = self.inclusion(keys, &mut found) {
            found.included = false;
            found.problems.push(problem);
        }
        found
    }

    fn record_claim(&self, keys: &PublicKeys) -> Result<SignatureClaim, &'static str> {
        if self.signature.algorithm != ALGORITHM {
            return Err("the receipt is not signed with Ed25519");
        }
        let known = keys.receipt.iter().find(|key| key.id == self.signature.key && key.alg == ALGORITHM);
        let key = known.ok_or("the receipt is signed with a key that the site does not publish")?.key;
        let signature = self.signature.value.as_slice().try_into();
        Ok(SignatureClaim {
            key,
            message: [LABEL, &self.record].concat().into_bytes(),
            signature: signature.map_err(|_| "the receipt's signature is not 64 bytes")?,
        })
    }

    /// The leaf commits to the entry, and the entry names this record.
    fn commitment(&self) -> Result<(), &'static str> {
        let Evidence { leaf, entry, salt, .. } = &self.evidence;
        let salt =
            from_base64url(salt).and_then(|salt| salt.try_into().ok()).ok_or("the salt is not 16 bytes")?;
        let leaf = LeafText::parse(leaf).ok_or("not a leaf of this log in its canonical spelling")?;
        let opened = Json::parse(entry).ok_or("the receipt's entry is malformed")?;
        if !leaf.commits_to(&salt, entry, &opened) {
            return Err("the leaf does not commit to the receipt's entry");
        }
        let hash = Sha256::new().chain_update("consentry/record/v1\n").chain_update(&self.record).finalize();
        let named = opened.member("details").and_then(|details| details.text("record"));
        if opened.text("event") != Some(&self.record_id) || named != Some(&to_base64url(&hash)) {
            return Err("the logged entry is that of another record");
        }
        Ok(())
    }

    /// The leaf is in the tree of a checkpoint that claims to be the log's.
    fn inclusion(&self, keys: &PublicKeys, found: &mut Examination) -> Result<(), String> {
        let proof = LogProof::parse(&self.evidence.proof).map_err(String::from)?;
        let checkpoint =
            proof.checkpoint_of(leaf_hash(self.evidence.leaf.as_bytes())).map_err(String::from)?;
        found.index = proof.index;
        found.size = checkpoint.size;
        found.origin.clone_from(&checkpoint.origin);
        found.checkpoint_claim = checkpoint_claim(&proof.checkpoint, &checkpoint.origin, keys);
        if found.checkpoint_claim.is_none() {
            return Err("the checkpoint is not signed with a key that the site publishes for its log".into());
        }
        Ok(())
    }
}

/// The signature over a checkpoint that claims to be of the log of this name.
pub(super) fn checkpoint_claim(note: &Note, origin: &str, keys: &PublicKeys) -> Option<SignatureClaim> {
    let logs = keys.log.iter().filter_map(|line| NoteKey::parse(line).ok());
    logs.filter(|key| key.name() == origin).find_map(|key| {
        let signature = note.signature_of(&key)?;
        Some(SignatureClaim { key: key.key(), message: note.text.clone().into_bytes(), signature })
    })
}

impl PublicKeys {
    /// Reads the keys as `JSON.stringify` writes what `/.consentry/keys` answers. Members of a later version are let be.
    pub fn read(json: &str) -> Option<Self> {
        let keys = Json::parse(json)?;
        let log = keys.list("log")?.iter().map(|line| match line {
            Json::Text(line) => Some(line.clone()),
            _ => None,
        });
        let receipt = keys.list("receipt")?.iter().map(|key| {
            Some(ReceiptKey {
                id: key.text("id")?.to_owned(),
                alg: key.text("alg")?.to_owned(),
                key: VerifyingKey::from_bytes(from_base64url(key.text("key")?)?.try_into().ok()?),
            })
        });
        Some(Self { log: log.collect::<Option<_>>()?, receipt: receipt.collect::<Option<_>>()? })
    }
}
