//! Checkpoints (c2sp.org/tlog-checkpoint): what the log says it is, in three lines.

use super::{LogError, Note, merkle::Hash};
use crate::{
    encoding::{from_base64, to_base64},
    vault::SigningKey,
};
use std::fmt;

/// Origin, size and root of a log at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, also the name of its key.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root hash over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Signs the checkpoint with the log's key.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, LogError> {
        Note::sign(&self.to_string(), &self.origin, key)
    }

    /// Reads a note's text as a checkpoint. Extension lines after the third are allowed and not looked at.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let bad = |what: &str| LogError::new(["the checkpoint has no ", what].concat());
        let mut lines = text.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or_else(|| bad("origin"))?;
        let size = lines.next().and_then(decimal).ok_or_else(|| bad("size"))?;
        let root = lines.next().and_then(from_base64).and_then(|bytes| bytes.try_into().ok());
        Ok(Self { origin: origin.to_owned(), size, root: root.ok_or_else(|| bad("root hash"))? })
    }
}

/// A decimal number without leading zeroes or sign.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, to_base64(&self.root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_lines_and_strict_numbers() {
        let checkpoint = Checkpoint { origin: "shop.example/log".into(), size: 12, root: [1; 32] };
        assert_eq!(Checkpoint::parse(&checkpoint.to_string()), Ok(checkpoint.clone()));
        assert_eq!(Checkpoint::parse(&format!("{checkpoint}extension\n")), Ok(checkpoint));
        let root = to_base64(&[1; 32]);
        for size in ["", "01", "-1", "+1", "1 ", "18446744073709551616"] {
            assert!(Checkpoint::parse(&format!("o\n{size}\n{root}\n")).is_err(), "{size:?}");
        }
        for text in ["", "\n1\n", "o\n1\n", "o\n1\nAAAA\n"] {
            assert!(Checkpoint::parse(text).is_err(), "{text:?}");
        }
    }
}
