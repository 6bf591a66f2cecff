//! A trail of the last entries of a log of any size.

use super::proofs::made_up;
use consentry::{
    audit::{
        Action, Checkpoint, Entry, NoteKey, Outcome,
        merkle::leaf_hash,
        rows::{Rows, subtrees},
        trail::{EntryLine, GapLine, HeadLine, TrailCheck},
    },
    clock::Timestamp,
    decider::CallerClass,
    encoding::{to_base64, to_base64url},
    id::{EventId, LogHandle},
    vault::SigningKey,
};
use serde_json::{Value, json};

const ORIGIN: &str = "shop.example/.consentry/log";
const ENTRIES: u64 = 1000;
const RECORD: &str = "l5UXVaVaiLlmEovnS_xFlCIz-Rj-otzneEotfyzZfpg";

pub struct Trail {
    text: String,
    key: NoteKey,
}

/// The entry of somebody's consent.
fn entry(index: u64) -> Entry {
    let mut event = [3; 16];
    event[..8].copy_from_slice(&index.to_be_bytes());
    Entry {
        event: EventId::from_bytes(event),
        action: Action::ConsentGiven,
        time: Timestamp::from_seconds(1_795_255_200 + index),
        actor: CallerClass::Device.into(),
        subject: Some(LogHandle::from_bytes(event)),
        outcome: Outcome::Done,
        details: json!({"record": RECORD}),
    }
}

/// An entry's line, and what the tree takes.
fn line(index: u64) -> Option<(String, [u8; 32])> {
    let (entry, salt) = (entry(index), [9; 16]);
    let leaf = entry.leaf(&salt).ok()?;
    let hash = leaf_hash(leaf.to_text().ok()?.as_bytes());
    let line = EntryLine {
        entry: serde_json::to_value(&entry).ok(),
        hash: to_base64(&hash),
        index,
        leaf: serde_json::to_value(&leaf).ok()?,
        salt: Some(to_base64url(&salt)),
    };
    Some((line.to_text().ok()?, hash))
}

impl Trail {
    /// All before the last entries is left out.
    pub fn new(size: u64) -> Self {
        let (first, mut rows, mut lines) = (size - ENTRIES.min(size), Rows::default(), String::new());
        if first > 0 {
            let roots: Vec<_> = subtrees(0, first).map(|(level, _)| made_up(level.into())).collect();
            rows.skip(first, &roots).expect("a gap");
            lines += &GapLine::new(0, first, &roots).to_text().expect("a line");
        }
        for index in first..size {
            let (text, hash) = line(index).expect("a line");
            rows.leaf(hash);
            lines += &text;
        }
        let key = SigningKey::from_seed(&[7; 32]);
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: rows.root() };
        let note = checkpoint.sign(&key).expect("a signed checkpoint");
        let key = NoteKey::new(ORIGIN, key.public()).expect("a name of a key");
        let head = HeadLine { checkpoint: note.to_string(), keys: vec![key.to_string()], trail: 1 };
        Self { text: head.to_text().expect("a line") + &lines, key }
    }

    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    pub fn holds(&self) -> bool {
        let mut check = TrailCheck::new(vec![self.key.clone()]);
        check.push(self.text.as_bytes()).is_ok() && check.end().is_ok()
    }

    pub fn is_json(&self) -> bool {
        self.text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok())
    }
}
