//! Reading a trail, piece by piece, with nothing kept but a few hashes.

use super::{EntryLine, GapLine, HeadLine};
use crate::{
    audit::{
        Checkpoint, Commitment, Leaf, LogError, Note, NoteKey,
        merkle::{Hash, leaf_hash},
        rows::Rows,
    },
    canonical,
    encoding::{from_base64, from_base64url},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt;

/// Longer lines are not read, in bytes: an entry is at most a few thousand.
const MAX_LINE: usize = 1 << 20;

/// A trail that is being checked.
#[derive(Debug)]
pub struct TrailCheck {
    keys: Vec<NoteKey>,
    head: Option<(Checkpoint, NoteKey)>,
    rows: Rows,
    /// The number of the line at hand.
    line: u64,
    opened: u64,
    closed: u64,
    /// The numbers of the lines that leave something out.
    gaps: Vec<u64>,
    /// The beginning of a line.
    begun: Vec<u8>,
}

/// What a trail that holds is a trail of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrailReport {
    /// The log's name.
    pub origin: String,
    /// The number of its leaves, by the checkpoint.
    pub size: u64,
    /// The verifier line of the key that signed the checkpoint.
    pub key: String,
    /// Whether that key was given by who checks, not by the trail itself.
    pub key_given: bool,
    /// How many entries are told.
    pub opened: u64,
    /// Of how many only the leaf is left.
    pub closed: u64,
    /// How many are left out.
    pub left_out: u64,
}

/// Where a trail does not hold, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailError {
    /// The number of the line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for TrailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TrailError {}

impl TrailCheck {
    /// Begins. Without keys, the trail's own are believed, and the report says so.
    pub fn new(keys: Vec<NoteKey>) -> Self {
        Self {
            keys,
            head: None,
            rows: Rows::default(),
            line: 0,
            opened: 0,
            closed: 0,
            gaps: Vec::new(),
            begun: Vec::new(),
        }
    }

    /// Reads the next piece, cut anywhere. After an error nothing more can be said.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), TrailError> {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            self.begun.extend_from_slice(line);
            let line = std::mem::take(&mut self.begun);
            self.line += 1;
            let text = std::str::from_utf8(&line).map_err(|_| self.error("not UTF-8"))?;
            self.read(text).map_err(|error| self.error(error.to_string()))?;
        }
        self.begun.extend_from_slice(rest);
        if self.begun.len() > MAX_LINE {
            self.line += 1;
            return Err(self.error(format!("longer than {MAX_LINE} bytes")));
        }
        Ok(())
    }

    fn error(&self, message: impl Into<String>) -> TrailError {
        TrailError { line: self.line, message: message.into() }
    }

    fn read(&mut self, text: &str) -> Result<(), LogError> {
        if text.len() > MAX_LINE {
            return Err(LogError::new(format!("longer than {MAX_LINE} bytes")));
        }
        let value: Value = serde_json::from_str(text).map_err(|e| LogError::new(format!("not JSON: {e}")))?;
        if canonical::to_string(&value).ok().as_deref() != Some(text) {
            return Err(LogError::new("not spelled as it was written (RFC 8785): it has been changed"));
        }
        match (&self.head, value.get("index").is_some()) {
            (None, _) => self.head(&typed(value, "the first line of a trail")?),
            (Some(_), true) => self.entry(&typed(value, "an entry")?),
            (Some(_), false) => self.gap(&typed(value, "an entry or a gap")?),
        }
    }

    fn head(&mut self, head: &HeadLine) -> Result<(), LogError> {
        if head.trail != 1 {
            return Err(LogError::new(format!("a trail in format {}, which is not known", head.trail)));
        }
        let note = Note::parse(&head.checkpoint)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let own = head.keys.iter().map(|line| NoteKey::parse(line)).collect::<Result<Vec<_>, _>>()?;
        let keys = if self.keys.is_empty() { &own } else { &self.keys };
        let key = keys.iter().find(|key| key.name() == checkpoint.origin && note.verifies(key));
        let key = key.ok_or_else(|| {
            let of = if self.keys.is_empty() { "the trail's own keys" } else { "the keys given" };
            LogError::new(format!("the checkpoint of {} is signed by none of {of}", checkpoint.origin))
        })?;
        self.head = Some((checkpoint, key.clone()));
        Ok(())
    }

    fn follows(&self, index: u64) -> Result<(), LogError> {
        let next = self.rows.size();
        let size = self.head.as_ref().map_or(0, |(checkpoint, _)| checkpoint.size);
        let what = match index {
            _ if next >= size => format!("the log has {size} leaves, and this would be one more"),
            index if index < next => format!("leaf {index} comes again; leaf {next} is missing"),
            index if index > next => format!("leaf {next} is missing"),
            _ => return Ok(()),
        };
        Err(LogError::new(what))
    }

    fn entry(&mut self, line: &EntryLine) -> Result<(), LogError> {
        let index = line.index;
        self.follows(index)?;
        let leaf = canonical::to_string(&line.leaf).map_err(|e| LogError::new(e.to_string()))?;
        let hash = leaf_hash(leaf.as_bytes());
        if hash_of(&line.hash)? != hash {
            return Err(LogError::new(format!("the hash of leaf {index} is not that of the leaf")));
        }
        match (&line.entry, &line.salt) {
            (Some(entry), Some(salt)) => {
                let leaf = Leaf::parse(&leaf)?;
                let text = canonical::to_string(entry).map_err(|e| LogError::new(e.to_string()))?;
                let salt = from_base64url(salt).and_then(|salt| salt.try_into().ok());
                let salt = salt.ok_or_else(|| LogError::new("a salt that is not 16 bytes"))?;
                let says = |name: &str| entry.get(name).and_then(Value::as_str);
                let same = says("time") == line.leaf.get("time").and_then(Value::as_str)
                    && says("action") == line.leaf.get("action").and_then(Value::as_str);
                if Commitment::of(&salt, &text) != leaf.commitment || !same {
                    return Err(LogError::new(format!("leaf {index} commits to another entry than this")));
                }
                self.opened += 1;
            }
            (None, None) => self.closed += 1,
            _ => return Err(LogError::new("an entry without its salt, or a salt without an entry")),
        }
        self.rows.leaf(hash);
        Ok(())
    }

    fn gap(&mut self, line: &GapLine) -> Result<(), LogError> {
        self.follows(line.from)?;
        let size = self.head.as_ref().map_or(0, |(checkpoint, _)| checkpoint.size);
        if line.to > size {
            return Err(LogError::new(format!("the log has {size} leaves, and this leaves out more")));
        }
        let hashes = line.hashes.iter().map(|hash| hash_of(hash)).collect::<Result<Vec<_>, _>>()?;
        self.rows.skip(line.to, &hashes)?;
        self.gaps.push(self.line);
        Ok(())
    }

    /// Says that the trail ends here.
    pub fn end(self) -> Result<TrailReport, TrailError> {
        let Some((checkpoint, key)) = &self.head else { return Err(self.error("an empty trail")) };
        if !self.begun.is_empty() {
            return Err(TrailError { line: self.line + 1, message: "the line has no end".into() });
        }
        if self.rows.size() != checkpoint.size {
            let (read, size) = (self.rows.size(), checkpoint.size);
            return Err(self.error(format!("the trail ends after {read} of {size} leaves")));
        }
        if self.rows.root() != checkpoint.root {
            return Err(TrailError { line: self.suspect(), message: self.accusation() });
        }
        Ok(TrailReport {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            key: key.to_string(),
            key_given: !self.keys.is_empty(),
            opened: self.opened,
            closed: self.closed,
            left_out: checkpoint.size - self.opened - self.closed,
        })
    }

    /// The line to name where every line fits itself and the whole does not.
    fn suspect(&self) -> u64 {
        self.gaps.first().copied().unwrap_or(1)
    }

    fn accusation(&self) -> String {
        let lines: Vec<_> = self.gaps.iter().map(u64::to_string).collect();
        let whole = "an entry was replaced as a whole, with its leaf and hash";
        let or = if lines.is_empty() {
            whole.to_owned()
        } else {
            format!("a hash of what is left out was changed (lines {}), or {whole}", lines.join(", "))
        };
        format!("this is not the log that the checkpoint signs: {or}")
    }
}

fn typed<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, LogError> {
    serde_json::from_value(value).map_err(|e| LogError::new(format!("not {what}: {e}")))
}

fn hash_of(text: &str) -> Result<Hash, LogError> {
    let hash = from_base64(text).and_then(|bytes| bytes.try_into().ok());
    hash.ok_or_else(|| LogError::new("a hash that is not 32 bytes in base64"))
}
