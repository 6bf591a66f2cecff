//! The `AuditLog` object: it gives every entry its place, signs the tree, and forgets people on demand.

mod denials;
mod jobs;
mod object;
mod publish;
mod read;
mod retention;
mod rewrap;
mod seal;
mod sequence;
mod settings;
mod tree;
mod witness;

pub use denials::Denials;
pub use object::AuditLog;
pub use publish::tile_key;
pub use read::{Begun, Format, Part, heads};
pub use seal::{LogName, NewEntry, SiteEntry};
pub use settings::Info;
pub use witness::Witness;

use super::{SITE, rpc};
use crate::problem::{Answer, OrInternal as _};
use consentry::{
    audit::Action,
    clock::Timestamp,
    decider::{Caller, CallerClass},
    id::{EventId, LogHandle},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use worker::{Env, Response};

/// What the object is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
pub enum Call {
    /// Append an entry, once.
    Append {
        /// The entry.
        entry: NewEntry,
    },
    /// Prove an entry anew, against the newest tree.
    Prove {
        /// Its event.
        event: EventId,
    },
    /// Know that somebody is kept of whom no entry has told yet.
    Know {
        /// The log's name for them.
        name: LogName,
    },
    /// Blank a person's handle and destroy the key of their entries.
    Forget {
        /// The log's name for them.
        handle: LogHandle,
    },
    /// Read entries in order.
    Trail {
        /// Which.
        wanted: Wanted,
        /// Where to start.
        after: u64,
        /// How many at most.
        limit: u64,
        /// Who reads.
        reader: Caller,
    },
    /// Read entries about one person.
    About {
        /// The log's name for them.
        handle: LogHandle,
        /// From this leaf on.
        from: u64,
        /// How many at most.
        limit: u64,
    },
    /// Begin a trail.
    Begin {
        /// What it is to tell.
        wanted: Wanted,
        /// How it is written.
        format: Format,
        /// Who takes it.
        reader: Caller,
    },
    /// Go on with a trail.
    Part {
        /// What it is to tell.
        wanted: Wanted,
        /// How it is written.
        format: Format,
        /// The leaf to go on from.
        at: u64,
        /// The number of leaves it is of.
        size: u64,
    },
    /// Read a bundle of leaves.
    Entries {
        /// Its path after `tile/entries/`.
        path: String,
        /// Who reads.
        reader: Caller,
    },
    /// Make an entry of something that an operator did and that is no object's own.
    Note {
        /// What was done.
        action: Action,
        /// More about it.
        details: Value,
        /// Who did it.
        by: Caller,
    },
    /// Count denials of nobody known.
    Denied {
        /// How often which came about.
        denials: Vec<Denials>,
    },
    /// Tell what everyone may know of the log.
    Info,
    /// Sign the newest tree.
    Checkpoint,
    /// The last tree that witnesses signed.
    Witnessed,
    /// Prove that the log has only grown.
    Consistency {
        /// The size it had.
        old: u64,
    },
    /// How much is under which key.
    KeyUses,
    /// Read a hash tile.
    Tile {
        /// Its path after `tile/`.
        path: String,
    },
}

/// What somebody wants to read of the log: all of it, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// From this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<CallerClass>,
    /// About whom, by the log's name for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<LogHandle>,
}

impl Wanted {
    /// The same without whom it is about: what outlasts a person must not name them.
    fn without_subject(&self) -> Self {
        Self { subject: None, ..self.clone() }
    }
}

/// The word for a class of actions or callers.
fn name(class: &impl Serialize) -> Answer<String> {
    let value = serde_json::to_value(class).or_internal("log.name")?;
    value.as_str().map(str::to_owned).or_internal("log.name")
}

/// An entry's place in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Appended {
    /// The leaf as the tree holds it.
    pub leaf: String,
    /// Its index.
    pub index: u64,
    /// A c2sp.org/tlog-proof@v1 against the newest tree.
    pub proof: String,
}

/// An entry as it is read: the public leaf, and what its payload says if it can still be opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrailEntry {
    /// The leaf's index.
    pub index: u64,
    /// The public leaf.
    #[serde(flatten)]
    pub leaf: Value,
    /// The entry; `null` once it is forgotten.
    pub entry: Option<Value>,
}

/// A page of the trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trail {
    /// The entries.
    pub entries: Vec<TrailEntry>,
    /// The signed tree they are part of.
    pub checkpoint: String,
    /// Where to go on.
    pub next: Option<u64>,
}

async fn call<A: serde::de::DeserializeOwned>(env: &Env, call: &Call) -> Answer<A> {
    rpc::call(&rpc::stub(env, "AUDIT_LOG", SITE)?, call).await
}

/// Appends an entry; appending the same event again gives the same place.
pub async fn append(env: &Env, entry: &NewEntry) -> Answer<Appended> {
    call(env, &Call::Append { entry: entry.clone() }).await
}

/// Proves an entry against the newest tree, if the log has it.
pub async fn prove(env: &Env, event: EventId) -> Answer<Option<Appended>> {
    call(env, &Call::Prove { event }).await
}

/// Makes the log know that somebody is kept.
pub async fn know(env: &Env, name: &LogName) -> Answer<()> {
    call(env, &Call::Know { name: name.clone() }).await
}

/// Makes the log forget a person.
pub async fn forget(env: &Env, handle: LogHandle) -> Answer<()> {
    call(env, &Call::Forget { handle }).await
}

/// Reads the trail; the reading itself is an entry.
pub async fn trail(env: &Env, wanted: Wanted, after: u64, limit: u64, reader: Caller) -> Answer<Trail> {
    call(env, &Call::Trail { wanted, after, limit, reader }).await
}

/// Begins a trail; that it was taken is an entry, the last that it is of.
pub async fn begin(env: &Env, wanted: Wanted, format: Format, reader: Caller) -> Answer<Begun> {
    call(env, &Call::Begin { wanted, format, reader }).await
}

/// The next part of a trail of `size` leaves, from leaf `at` on.
pub async fn part(env: &Env, wanted: Wanted, format: Format, at: u64, size: u64) -> Answer<Part> {
    call(env, &Call::Part { wanted, format, at, size }).await
}

/// A bundle of leaves, as the object answers it; the reading itself is an entry.
pub async fn entries(env: &Env, path: String, reader: Caller) -> Answer<Response> {
    rpc::send(&rpc::stub(env, "AUDIT_LOG", SITE)?, &Call::Entries { path, reader }).await
}

/// Makes an entry of something that an operator is about to do. Where it cannot be made, nothing may be done.
pub async fn note(env: &Env, action: Action, details: Value, by: Caller) -> Answer<()> {
    call(env, &Call::Note { action, details, by }).await
}

/// Reads entries about one person, from a leaf on.
pub async fn about(env: &Env, handle: LogHandle, from: u64, limit: u64) -> Answer<Vec<TrailEntry>> {
    call(env, &Call::About { handle, from, limit }).await
}

/// How much is under which key: people, and entries about none.
pub async fn key_uses(env: &Env) -> Answer<BTreeMap<String, BTreeMap<String, u64>>> {
    call(env, &Call::KeyUses).await
}

/// Counts denials of nobody known; they become an entry a minute.
pub async fn denied(env: &Env, denials: Vec<Denials>) -> Answer<()> {
    call(env, &Call::Denied { denials }).await
}

/// What everyone may know of the log.
pub async fn info(env: &Env) -> Answer<Info> {
    call(env, &Call::Info).await
}

/// The last tree that witnesses signed, if there is one.
pub async fn witnessed(env: &Env) -> Answer<Option<String>> {
    call(env, &Call::Witnessed).await
}

/// The newest tree, signed, and the proof that the one of `old` leaves is its beginning.
pub async fn consistency(env: &Env, old: u64) -> Answer<String> {
    call(env, &Call::Consistency { old }).await
}

/// The newest tree, signed.
pub async fn checkpoint(env: &Env) -> Answer<String> {
    call(env, &Call::Checkpoint).await
}

/// A hash tile's bytes, as the object answers them.
pub async fn tile(env: &Env, path: String) -> Answer<Response> {
    rpc::send(&rpc::stub(env, "AUDIT_LOG", SITE)?, &Call::Tile { path }).await
}
