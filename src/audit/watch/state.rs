//! What is kept between two rounds.

use super::{Seen, Signed, Watch};
use crate::{
    audit::{Checkpoint, LogError, Note, NoteKey, rows::Rows},
    encoding::{from_base64, to_base64},
};
use serde::{Deserialize, Serialize};

/// What is known of a log, as JSON. Members that others add are let be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchState {
    /// The log's name.
    pub origin: String,
    /// The verifier lines of the keys that are believed.
    pub keys: Vec<String>,
    /// The number of leaves.
    pub size: u64,
    /// The roots of the complete subtrees they fall into, from left to right, in base64.
    pub edge: Vec<String>,
    /// The last checkpoint, as it was signed.
    pub note: String,
}

impl Watch {
    /// What to keep. Nothing before the first round.
    pub fn state(&self) -> Option<WatchState> {
        let Seen { signed, rows } = self.seen.as_ref()?;
        Some(WatchState {
            origin: self.origin().to_owned(),
            keys: self.keys.iter().map(NoteKey::to_string).collect(),
            size: signed.checkpoint.size,
            edge: rows.edge().map(|hash| to_base64(hash)).collect(),
            note: signed.note.to_string(),
        })
    }

    /// Goes on from what was kept, with keys that may be others than those kept.
    pub fn resume(keys: Vec<NoteKey>, state: &WatchState) -> Result<Self, LogError> {
        let mut watch = Self::new(keys)?;
        if state.origin != watch.origin() {
            let (kept, given) = (&state.origin, watch.origin());
            return Err(LogError::new(format!("what is kept is of the log {kept}, the key is of {given}")));
        }
        let bad = || LogError::new("what is kept of the log does not fit itself");
        let note = Note::parse(&state.note)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let edge: Option<Vec<_>> =
            state.edge.iter().map(|hash| from_base64(hash).and_then(|bytes| bytes.try_into().ok())).collect();
        let edge = edge.ok_or_else(bad)?;
        let mut rows = Rows::default();
        if !edge.is_empty() {
            rows.skip(state.size, &edge)?;
        }
        if (rows.size(), rows.root()) != (checkpoint.size, checkpoint.root) || checkpoint.size != state.size {
            return Err(bad());
        }
        watch.seen = Some(Seen { signed: Signed { note, checkpoint }, rows });
        Ok(watch)
    }
}
