//! What a log can do wrong.

use crate::audit::Note;
use std::fmt;

/// How a log broke its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// What was answered is no checkpoint at all. That alone proves nothing about the log.
    Malformed,
    /// A checkpoint of another log.
    Origin,
    /// A checkpoint that none of the known keys signed.
    Key,
    /// Fewer leaves than before.
    Smaller,
    /// The same size with another root.
    Split,
    /// What was there before is not the beginning of what is there now.
    Rewritten,
    /// A tile that is not part of the signed tree.
    Tile,
    /// A witness did not cosign.
    Unwitnessed,
}

impl FaultKind {
    /// Its name for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Origin => "origin",
            Self::Key => "key",
            Self::Smaller => "smaller",
            Self::Split => "split",
            Self::Rewritten => "rewritten",
            Self::Tile => "tile",
            Self::Unwitnessed => "unwitnessed",
        }
    }
}

/// What is wrong with a log, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How it broke its word.
    pub kind: FaultKind,
    /// What is wrong, in words.
    pub message: String,
    /// The earlier checkpoint that the one at hand contradicts. Together they are evidence.
    pub against: Option<Note>,
}

impl Fault {
    /// A fault of what is shown, by itself.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), against: None }
    }

    /// A contradiction to what was shown before.
    pub fn against(kind: FaultKind, message: impl Into<String>, earlier: &Note) -> Self {
        Self { kind, message: message.into(), against: Some(earlier.clone()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}
