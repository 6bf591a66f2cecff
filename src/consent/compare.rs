//! Comparing what somebody was shown of the log with what they are shown now: everything but the signature, for which any
//! Ed25519 will do. Like examining a receipt it needs no JSON library.

use super::{PublicKeys, SignatureClaim, examine::checkpoint_claim};
use crate::audit::{Checkpoint, ConsistencyProof, Note};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

/// What comparing found, short of the signature over today's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// The signature over today's checkpoint, if its key is known.
    pub claim: Option<SignatureClaim>,
    /// What it came to, if the signature holds.
    pub consistency: Consistency,
}

/// Whether the log that is shown now is the one that was shown before, with more after it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Consistency {
    /// Whether it is. Null where there was nothing to compare.
    pub consistency: Option<bool>,
    /// The number of entries it was shown with before.
    pub seen: u32,
    /// The number of entries it is shown with now.
    pub now: u32,
    /// Today's checkpoint, as it was signed.
    pub checkpoint: String,
    /// Why it is not, or could not be compared, in words.
    pub problem: Option<String>,
}

impl Comparison {
    /// Compares a checkpoint that was shown before with a consistency proof from its size, as the log gives it. Both are
    /// texts.
    pub fn of(seen: &str, proof: &str, keys: &PublicKeys) -> Self {
        let mut found = Self::default();
        if let Err(problem) = found.compare(seen, proof, keys) {
            found.consistency.problem = Some(problem);
        }
        found
    }

    fn compare(&mut self, seen: &str, proof: &str, keys: &PublicKeys) -> Result<(), String> {
        let earlier = Checkpoint::parse(&Note::parse(seen)?.text)?;
        // As it came: to write a note anew would bring the machinery of formatting into browsers.
        let note = proof.split_once("\n\n").map(|(_, note)| note.to_owned());
        let proof = ConsistencyProof::parse(proof)?;
        let now = Checkpoint::parse(&proof.checkpoint.text)?;
        self.consistency.seen = u32::try_from(earlier.size).unwrap_or(u32::MAX);
        self.consistency.now = u32::try_from(now.size).unwrap_or(u32::MAX);
        self.consistency.checkpoint = note.unwrap_or_default();
        // From here on something was shown that has to hold.
        self.consistency.consistency = Some(false);
        self.claim = checkpoint_claim(&proof.checkpoint, &now.origin, keys);
        if self.claim.is_none() {
            return Err(
                "today's checkpoint is not signed with a key that the site publishes for its log".into()
            );
        }
        proof.checkpoint_after(&earlier)?;
        self.consistency.consistency = Some(true);
        Ok(())
    }

    /// Sums up, once it is known whether the signature is the log's.
    pub fn signed(self, signature: bool) -> Consistency {
        let Self { claim, mut consistency } = self;
        if claim.is_some() && !signature {
            consistency.consistency = Some(false);
            consistency.problem =
                Some("the signature is not the log's signature over today's checkpoint".into());
        }
        consistency
    }
}

/// As a map, for the same reason as a [`Verification`](super::Verification).
impl Serialize for Consistency {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("consistency", &self.consistency)?;
        map.serialize_entry("seen", &self.seen)?;
        map.serialize_entry("now", &self.now)?;
        map.serialize_entry("checkpoint", &self.checkpoint)?;
        map.serialize_entry("problem", &self.problem)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::{
            NoteKey,
            merkle::{MemoryTree, consistency_proof, root},
        },
        vault::SigningKey,
    };

    const ORIGIN: &str = "shop.example/log";

    fn log(leaves: &[u8]) -> (MemoryTree, Checkpoint) {
        let mut tree = MemoryTree::default();
        for leaf in leaves {
            tree.append(&[*leaf]).unwrap();
        }
        let size = tree.size();
        let root = root(&tree, size).unwrap();
        (tree, Checkpoint { origin: ORIGIN.into(), size, root })
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn compared(seen: &[u8], now: &[u8], by: u8) -> Consistency {
        let (seen, (tree, now)) = (log(seen).1, log(now));
        let path = if seen.size > now.size {
            Vec::new()
        } else {
            consistency_proof(&tree, seen.size, now.size).unwrap()
        };
        let proof = ConsistencyProof { old: seen.size, path, checkpoint: now.sign(&key(by)).unwrap() };
        let keys = PublicKeys {
            log: vec![NoteKey::new(ORIGIN, key(1).public()).unwrap().to_string()],
            receipt: Vec::new(),
        };
        let found = Comparison::of(&seen.sign(&key(1)).unwrap().to_string(), &proof.to_string(), &keys);
        let signature =
            found.claim.as_ref().is_some_and(|claim| claim.key.verifies(&claim.message, &claim.signature));
        found.signed(signature)
    }

    #[test]
    fn a_log_that_grew_is_the_same() {
        let found = compared(&[1, 2, 3], &[1, 2, 3, 4, 5], 1);
        assert_eq!((found.consistency, found.seen, found.now, found.problem), (Some(true), 3, 5, None));
        assert!(found.checkpoint.starts_with("shop.example/log\n5\n"));
        assert_eq!(compared(&[1, 2], &[1, 2], 1).consistency, Some(true));
    }

    #[test]
    fn another_log_is_not() {
        for (seen, now, by, what) in [
            (
                &[1, 9, 3][..],
                &[1, 2, 3, 4][..],
                1,
                "the log had 3 leaves and is now shown with 4: these are not the same",
            ),
            (&[1, 9], &[1, 2], 1, "the log had 2 leaves and is now shown with 2"),
            (&[1, 2, 3], &[1, 2], 1, "it lost some"),
            (&[1, 2], &[1, 2, 3], 2, "not signed with a key that the site publishes"),
        ] {
            let found = compared(seen, now, by);
            assert_eq!(found.consistency, Some(false));
            assert!(found.problem.unwrap().contains(what), "{what}");
        }
        let found = Comparison { claim: None, consistency: Consistency::default() };
        assert_eq!(found.signed(false).consistency, None, "nothing was compared");
    }

    #[test]
    fn what_cannot_be_read_is_nothing_to_compare() {
        let keys = PublicKeys { log: Vec::new(), receipt: Vec::new() };
        let note = log(&[1]).1.sign(&key(1)).unwrap().to_string();
        for (seen, proof) in [("", note.as_str()), (&note, "<!doctype html>"), (&note, "")] {
            let found = Comparison::of(seen, proof, &keys).signed(false);
            assert!(found.consistency.is_none() && found.problem.is_some());
        }
    }
}
