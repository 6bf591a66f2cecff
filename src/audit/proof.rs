//! Offline-verifiable proofs of inclusion (c2sp.org/tlog-proof@v1): index, path and checkpoint in one text.

use super::{
    Checkpoint, LogError, Note,
    checkpoint::decimal,
    merkle::{Hash, root_from_inclusion},
};
use crate::encoding::{from_base64, to_base64, to_decimal};
use std::fmt;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^64 leaves has paths of 64 hashes.
const MAX_PATH: usize = 64;

/// A proof that a leaf is in a signed log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// The leaf's index.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling upwards.
    pub path: Vec<Hash>,
    /// The signed checkpoint it leads to.
    pub checkpoint: Note,
}

impl LogProof {
    /// Reads a proof. Nothing is verified yet.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let divide = text.as_bytes().windows(2).position(|pair| pair == b"\n\n");
        let divide = divide.ok_or_else(|| LogError::new("a log proof without a checkpoint"))?;
        let (head, note) =
            (text.get(..divide).unwrap_or_default(), text.get(divide + 2..).unwrap_or_default());
        let mut lines = head.lines().peekable();
        if lines.next() != Some(HEADER) {
            return Err(LogError::new(["a log proof must start with ", HEADER].concat()));
        }
        lines.next_if(|line| line.starts_with("extra "));
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or_else(|| LogError::new("a log proof without an index"))?;
        let path: Vec<Hash> = lines
            .map(|line| from_base64(line).and_then(|bytes| bytes.try_into().ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| LogError::new("a log proof with a malformed hash"))?;
        if path.len() > MAX_PATH {
            return Err(LogError::new("a log proof with too many hashes"));
        }
        Ok(Self { index, path, checkpoint: Note::parse(note)? })
    }

    /// Checks that the path leads from a leaf hash to the checkpoint's root, and returns the checkpoint. Whether the
    /// checkpoint is signed by the log is a separate question.
    pub fn checkpoint_of(&self, leaf: Hash) -> Result<Checkpoint, LogError> {
        let checkpoint = Checkpoint::parse(&self.checkpoint.text)?;
        if root_from_inclusion(self.index, checkpoint.size, leaf, &self.path)? != checkpoint.root {
            let (index, size) = (to_decimal(self.index), to_decimal(checkpoint.size));
            return Err(LogError::new(
                ["leaf ", &index, " is not in the log of ", &size, " leaves that the checkpoint signs"]
                    .concat(),
            ));
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER}\nindex {}\n", self.index)?;
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
        audit::merkle::{MemoryTree, inclusion_proof, leaf_hash, root},
        vault::SigningKey,
    };

    #[test]
    fn leads_from_leaf_to_checkpoint() {
        let mut tree = MemoryTree::default();
        for n in 0..7_u8 {
            tree.append(&[n]).unwrap();
        }
        let checkpoint = Checkpoint { origin: "o".into(), size: 7, root: root(&tree, 7).unwrap() };
        let proof = LogProof {
            index: 4,
            path: inclusion_proof(&tree, 4, 7).unwrap(),
            checkpoint: checkpoint.sign(&SigningKey::from_seed(&[1; 32])).unwrap(),
        };
        let text = proof.to_string();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 4\n"));
        assert_eq!(LogProof::parse(&text).as_ref(), Ok(&proof));
        assert_eq!(LogProof::parse(&text.replace("index", "extra AAAA\nindex")).as_ref(), Ok(&proof));
        assert_eq!(proof.checkpoint_of(leaf_hash(&[4])), Ok(checkpoint));
        let error = proof.checkpoint_of(leaf_hash(&[5])).unwrap_err();
        assert_eq!(error.to_string(), "leaf 4 is not in the log of 7 leaves that the checkpoint signs");
        for bad in ["", "c2sp.org/tlog-proof@v2\nindex 4\n\n", "c2sp.org/tlog-proof@v1\nindex 04\n\n"] {
            assert!(LogProof::parse(bad).is_err(), "{bad:?}");
        }
    }
}
