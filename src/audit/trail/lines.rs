//! The three kinds of lines.

use crate::{
    audit::{LogError, merkle::Hash},
    canonical,
    encoding::to_base64,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadLine {
    /// The signed checkpoint that everything below leads to.
    pub checkpoint: String,
    /// The log's verifier lines. Whoever has them from elsewhere believes those.
    pub keys: Vec<String>,
    /// The format, 1.
    pub trail: u8,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryLine {
    /// What is sealed in the log; nothing once that is forgotten.
    pub entry: Option<Value>,
    /// The leaf's hash in the tree, in base64. It says which line was changed, where one was.
    pub hash: String,
    /// The leaf's index.
    pub index: u64,
    /// The leaf.
    pub leaf: Value,
    /// The salt of the leaf's commitment to the entry, in URL-safe base64.
    pub salt: Option<String>,
}

/// Leaves that are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapLine {
    /// The index of the first.
    pub from: u64,
    /// The roots of their largest complete subtrees, from left to right, in base64.
    pub hashes: Vec<String>,
    /// The index after the last.
    pub to: u64,
}

fn written(line: &impl Serialize) -> Result<String, LogError> {
    let mut text = canonical::to_string(line).map_err(|e| LogError::new(e.to_string()))?;
    text.push('\n');
    Ok(text)
}

impl HeadLine {
    /// The line, with its end.
    pub fn to_text(&self) -> Result<String, LogError> {
        written(self)
    }
}

impl EntryLine {
    /// The line, with its end.
    pub fn to_text(&self) -> Result<String, LogError> {
        written(self)
    }
}

impl GapLine {
    /// Leaves out the leaves from one index to before another.
    pub fn new(from: u64, to: u64, roots: &[Hash]) -> Self {
        Self { from, hashes: roots.iter().map(|root| to_base64(root)).collect(), to }
    }

    /// The line, with its end.
    pub fn to_text(&self) -> Result<String, LogError> {
        written(self)
    }
}
