//! The log that can be proved, and can forget.
//!
//! Every event is a leaf of a Merkle tree (RFC 6962 hashing) in the C2SP formats tlog-tiles, tlog-checkpoint,
//! signed-note and tlog-proof. A leaf says version, action class, time and a salted commitment; everything else sits
//! in a sealed payload. Without payload and salt a leaf says nothing about anyone, and the log still verifies.

mod checkpoint;
mod consistency;
mod entry;
pub mod growing;
pub mod merkle;
mod note;
mod proof;
pub mod rows;
mod tile;
pub mod trail;
pub mod watch;

pub use checkpoint::Checkpoint;
pub use consistency::ConsistencyProof;
pub use entry::{Action, Commitment, Entry, Leaf, LeafText, Outcome};
pub use note::{KeyKind, Note, NoteKey, NoteSignature};
pub use proof::LogProof;
pub use tile::TilePath;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod agreement;

use std::fmt;

/// Why a piece of the log does not parse or verify. The message says where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogError {
    message: String,
}

impl LogError {
    /// An error with a message that says where.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LogError {}

impl From<LogError> for String {
    fn from(error: LogError) -> Self {
        error.message
    }
}
