//! Consistency proofs: that a log only grew. In the text that witnesses take (c2sp.org/tlog-witness, `add-checkpoint`):
//!
//! ```text
//! old 12
//! q7b1…=
//! Zm9v…=
//!
//! shop.example/.consentry/log
//! 15
//! uN4x…=
//!
//! — shop.example/.consentry/log Az3grl…=
//! ```

use super::{
    Checkpoint, LogError, Note,
    checkpoint::decimal,
    merkle::{Hash, verify_consistency},
};
use crate::encoding::{from_base64, to_base64, to_decimal};
use std::fmt;

/// A tree of 2^63 leaves has consistency proofs of that many hashes (tlog-witness).
const MAX_PATH: usize = 63;

/// A proof that the log of a checkpoint is one that was smaller before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The number of leaves it had.
    pub old: u64,
    /// The hashes (RFC 6962 section 2.1.2).
    pub path: Vec<Hash>,
    /// The signed checkpoint of what it is now.
    pub checkpoint: Note,
}

impl ConsistencyProof {
    /// Reads a proof. Nothing is verified yet.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let (head, note) = text
            .split_once("\n\n")
            .ok_or_else(|| LogError::new("a consistency proof without a checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let old = old.ok_or_else(|| LogError::new("a consistency proof without the old size"))?;
        let path: Vec<Hash> = lines
            .map(|line| from_base64(line).and_then(|bytes| bytes.try_into().ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| LogError::new("a consistency proof with a malformed hash"))?;
        if path.len() > MAX_PATH {
            return Err(LogError::new("a consistency proof with too many hashes"));
        }
        Ok(Self { old, path, checkpoint: Note::parse(note)? })
    }

    /// Checks that the log of the checkpoint is the one that was seen before, and returns the checkpoint. Whether that is
    /// signed by the log is a separate question.
    pub fn checkpoint_after(&self, seen: &Checkpoint) -> Result<Checkpoint, LogError> {
        let now = Checkpoint::parse(&self.checkpoint.text)?;
        let sizes = |what: &str| {
            let (old, new) = (to_decimal(seen.size), to_decimal(now.size));
            LogError::new(["the log had ", &old, " leaves and is now shown with ", &new, ": ", what].concat())
        };
        if now.origin != seen.origin {
            return Err(LogError::new(["this is the log ", &now.origin, ", not ", &seen.origin].concat()));
        }
        if self.old != seen.size {
            return Err(LogError::new("a consistency proof for another size than the one seen before"));
        }
        if now.size < seen.size {
            return Err(sizes("it lost some"));
        }
        verify_consistency(seen.size, &seen.root, now.size, &now.root, &self.path)
            .map_err(|_| sizes("these are not the same with more after them"))?;
        Ok(now)
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.path {
            writeln!(f, "{}", to_base64(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::merkle::{MemoryTree, consistency_proof, root},
        vault::SigningKey,
    };

    fn log(leaves: &[u8]) -> (MemoryTree, Checkpoint) {
        let mut tree = MemoryTree::default();
        for leaf in leaves {
            tree.append(&[*leaf]).unwrap();
        }
        let size = u64::try_from(leaves.len()).unwrap();
        let root = root(&tree, size).unwrap();
        (tree, Checkpoint { origin: "shop.example/log".into(), size, root })
    }

    fn proof(old: u64, tree: &MemoryTree, now: &Checkpoint) -> ConsistencyProof {
        ConsistencyProof {
            old,
            path: consistency_proof(tree, old, now.size).unwrap(),
            checkpoint: now.sign(&SigningKey::from_seed(&[1; 32])).unwrap(),
        }
    }

    #[test]
    fn a_log_that_grew_is_the_same_log() {
        let (tree, now) = log(&[1, 2, 3, 4, 5, 6, 7]);
        for old in 0..=7 {
            let (_, seen) = log(&[1, 2, 3, 4, 5, 6, 7][..old]);
            let proof = proof(seen.size, &tree, &now);
            let text = proof.to_string();
            assert!(text.starts_with(&format!("old {old}\n")));
            assert_eq!(ConsistencyProof::parse(&text).as_ref(), Ok(&proof));
            assert_eq!(proof.checkpoint_after(&seen), Ok(now.clone()));
        }
    }

    #[test]
    fn another_log_is_found_out() {
        let (tree, now) = log(&[1, 2, 3, 4, 5, 6, 7]);
        let said = |seen: &Checkpoint, proof: &ConsistencyProof| {
            proof.checkpoint_after(seen).unwrap_err().to_string()
        };
        let (_, split) = log(&[1, 2, 9]);
        assert_eq!(
            said(&split, &proof(3, &tree, &now)),
            "the log had 3 leaves and is now shown with 7: these are not the same with more after them"
        );
        let (_, same_size) = log(&[1, 2, 3, 4, 5, 6, 8]);
        assert!(said(&same_size, &proof(7, &tree, &now)).contains("not the same"));
        let (_, longer) = log(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let shrunk = ConsistencyProof { old: 8, ..proof(7, &tree, &now) };
        assert!(said(&longer, &shrunk).contains("it lost some"));
        let foreign = Checkpoint { origin: "other.example/log".into(), ..log(&[1]).1 };
        assert_eq!(
            said(&foreign, &proof(1, &tree, &now)),
            "this is the log shop.example/log, not other.example/log"
        );
        assert!(said(&log(&[1, 2]).1, &proof(3, &tree, &now)).contains("another size"));
    }

    #[test]
    fn malformed_texts_are_refused() {
        let (tree, now) = log(&[1, 2, 3]);
        let good = proof(2, &tree, &now).to_string();
        assert!(ConsistencyProof::parse(&good).is_ok());
        let hash = to_base64(&[0; 32]);
        for bad in [
            String::new(),
            "old 2\n".into(),
            good.replace("old 2", "old 02"),
            good.replace("old 2", "new 2"),
            good.replacen("old 2\n", "old 2\nAAAA\n", 1),
            good.replacen("old 2\n", &format!("old 2\n{}", format!("{hash}\n").repeat(64)), 1),
        ] {
            assert!(ConsistencyProof::parse(&bad).is_err(), "{bad:?}");
        }
    }
}
