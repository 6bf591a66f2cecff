//! Following a log from outside: what it shows now has to be what it showed before, with more after it.
//!
//! Whoever follows a log keeps a few hundred bytes of it: its keys, the last checkpoint, and the edge of its tree
//! ([`Rows::edge`](super::rows::Rows::edge)). A new checkpoint is read in one round, as tiles from the top down. Each is
//! held against the hash above it, so that one which does not fit is known by its name; then what was seen before is looked
//! for in the new tree, and the new leaves are read onto the edge. Nothing is fetched here: a round says which tiles it
//! needs.

mod fault;
mod round;
mod state;

pub use fault::{Fault, FaultKind};
pub use state::WatchState;

use super::{Checkpoint, KeyKind, LogError, Note, NoteKey, TilePath, rows::Rows};
use crate::clock::Timestamp;
use round::Round;
use std::fmt::Write as _;

/// A log that is being followed.
#[derive(Debug)]
pub struct Watch {
    keys: Vec<NoteKey>,
    seen: Option<Seen>,
    witnessed: Option<Signed>,
    round: Option<Round>,
}

/// A checkpoint with its signatures.
#[derive(Debug, Clone)]
struct Signed {
    note: Note,
    checkpoint: Checkpoint,
}

/// The last that held.
#[derive(Debug, Clone)]
struct Seen {
    signed: Signed,
    rows: Rows,
}

/// A witness's word on a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness's name.
    pub name: String,
    /// When it saw the checkpoint.
    pub at: Timestamp,
}

impl Watch {
    /// Begins to follow the log that the keys are of. They are verifier lines' keys, at least one, all of one name.
    pub fn new(keys: Vec<NoteKey>) -> Result<Self, LogError> {
        let name = keys
            .first()
            .ok_or_else(|| LogError::new("a log is followed by its key, and none was given"))?
            .name();
        if let Some(other) = keys.iter().find(|key| key.name() != name) {
            return Err(LogError::new(format!("the keys are of two logs, {name} and {}", other.name())));
        }
        if keys.iter().any(|key| key.kind() != KeyKind::Ed25519) {
            return Err(LogError::new("a log's key signs texts as they are; a witness's key was given"));
        }
        Ok(Self { keys, seen: None, witnessed: None, round: None })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.keys.first().map_or("", NoteKey::name)
    }

    /// The keys that are believed.
    pub fn keys(&self) -> &[NoteKey] {
        &self.keys
    }

    /// The number of leaves seen so far; nothing before the first round.
    pub fn size(&self) -> Option<u64> {
        self.seen.as_ref().map(|seen| seen.signed.checkpoint.size)
    }

    /// How many leaves of the round at hand are read, those seen before among them.
    pub fn read(&self) -> u64 {
        self.round.as_ref().map_or_else(|| self.size().unwrap_or_default(), Round::read)
    }

    /// Takes a checkpoint that witnesses are said to have cosigned, and says when each of them did. The next round holds it
    /// against the tree.
    pub fn witnessed(&mut self, text: &str, witnesses: &[NoteKey]) -> Result<Vec<Cosigned>, Fault> {
        let signed = self.signed(text)?;
        let cosigned = witnesses.iter().map(|key| {
            let at = signed.note.cosigned(key).ok_or_else(|| {
                let message =
                    format!("{} has not cosigned the checkpoint that is shown as witnessed", key.name());
                Fault::new(FaultKind::Unwitnessed, message)
            })?;
            Ok(Cosigned { name: key.name().to_owned(), at })
        });
        let cosigned = cosigned.collect::<Result<_, _>>()?;
        self.witnessed = Some(signed);
        Ok(cosigned)
    }

    /// Begins a round with the log's newest checkpoint, and gives its size.
    pub fn show(&mut self, text: &str) -> Result<u64, Fault> {
        self.round = None;
        let signed = self.signed(text)?;
        let size = signed.checkpoint.size;
        let mut earlier = Vec::new();
        for one in self.seen.iter().map(|seen| &seen.signed).chain(&self.witnessed) {
            one.precedes(&signed.checkpoint)?;
            if one.checkpoint.size < size {
                earlier.push(one.clone());
            }
        }
        let rows = self.seen.as_ref().map(|seen| seen.rows.clone()).unwrap_or_default();
        self.round = Some(Round::new(signed, rows, earlier));
        Ok(size)
    }

    /// Goes on with the round, and gives the tiles it needs next. With none the round is over: the checkpoint is the last
    /// one seen.
    pub fn wants(&mut self) -> Result<Vec<TilePath>, Fault> {
        let Some(round) = &mut self.round else { return Ok(Vec::new()) };
        let wanted = round.wants()?;
        if wanted.is_empty()
            && let Some(round) = self.round.take()
        {
            let (signed, rows) = round.end();
            self.seen = Some(Seen { signed, rows });
            self.witnessed = None;
        }
        Ok(wanted)
    }

    /// Takes the bytes of a tile that was needed.
    pub fn take(&mut self, path: TilePath, bytes: &[u8]) -> Result<(), Fault> {
        self.round.as_mut().map_or(Ok(()), |round| round.take(path, bytes))
    }

    /// The tiles of the round at hand that are kept, which prove a fault to others.
    pub fn tiles(&self) -> impl Iterator<Item = (TilePath, Vec<u8>)> {
        self.round.iter().flat_map(Round::tiles)
    }

    /// Whether the last checkpoint is also signed by a key of this log's name that is not known.
    pub fn has_stranger(&self) -> bool {
        let known = |id: &[u8; 4]| self.keys.iter().any(|key| key.id() == *id);
        self.seen.as_ref().is_some_and(|seen| {
            seen.signed.note.signatures.iter().any(|own| own.name == self.origin() && !known(&own.id))
        })
    }

    /// Believes a further key, if the last checkpoint, which a known key signed, is signed by it as well. Tells whether it
    /// was new.
    pub fn learn(&mut self, key: &NoteKey) -> bool {
        let fits = key.name() == self.origin() && !self.keys.contains(key);
        let learnt = fits && self.seen.as_ref().is_some_and(|seen| seen.signed.note.verifies(key));
        if learnt {
            self.keys.push(key.clone());
        }
        learnt
    }

    /// Reads a checkpoint, which has to be this log's.
    fn signed(&self, text: &str) -> Result<Signed, Fault> {
        let malformed = |error: LogError| Fault::new(FaultKind::Malformed, error.to_string());
        let note = Note::parse(text).map_err(malformed)?;
        let checkpoint = Checkpoint::parse(&note.text).map_err(malformed)?;
        let (origin, genuine) = (self.origin(), self.keys.iter().any(|key| note.verifies(key)));
        if checkpoint.origin != origin {
            let by = if genuine { ", and the known key signed it" } else { "" };
            let message = format!("line 1: this is the log {}, not {origin}{by}", checkpoint.origin);
            return Err(Fault::new(FaultKind::Origin, message));
        }
        if !genuine {
            return Err(Fault::new(FaultKind::Key, self.unsigned(&note)));
        }
        Ok(Signed { note, checkpoint })
    }

    /// Why none of the keys signed a note.
    fn unsigned(&self, note: &Note) -> String {
        let lines = note.text.matches('\n').count();
        let forged = note
            .signatures
            .iter()
            .position(|own| self.keys.iter().any(|key| key.name() == own.name && key.id() == own.id));
        if let Some(at) = forged {
            let line = lines + 2 + at;
            return format!("line {line}: this is not the key's signature over lines 1 to {lines}");
        }
        let mut message =
            format!("line {}: the checkpoint is not signed by the key known of this log, but by ", lines + 2);
        for (at, own) in note.signatures.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            let _ = write!(message, "{comma}{}+{}", own.name, crate::encoding::to_hex(&own.id));
        }
        message
    }
}

impl Signed {
    /// Whether the log may show a checkpoint after this one, as far as the two alone tell.
    fn precedes(&self, now: &Checkpoint) -> Result<(), Fault> {
        let Checkpoint { size, root, .. } = self.checkpoint;
        if now.size < size {
            let message = format!(
                "the log had {size} entries and is now shown with {}: it lost some, or goes back",
                now.size
            );
            return Err(Fault::against(FaultKind::Smaller, message, &self.note));
        }
        if now.size == size && now.root != root {
            let message =
                format!("two trees of {size} entries were signed: the log is not the same for everybody");
            return Err(Fault::against(FaultKind::Split, message, &self.note));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
