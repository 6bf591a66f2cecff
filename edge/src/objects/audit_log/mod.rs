//! The `AuditLog` object: it gives every entry its place, signs the tree, and forgets people on demand.

mod object;
mod seal;
mod sequence;
mod tree;

pub use object::AuditLog;
pub use seal::{NewEntry, SiteEntry};

use super::{SITE, rpc};
use crate::problem::Answer;
use consentry::{
    decider::CallerClass,
    id::{EventId, LogHandle},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    /// Blank a person's handle and destroy the key of their entries.
    Forget {
        /// The log's name for them.
        handle: LogHandle,
    },
    /// Read entries in order.
    Trail {
        /// Where to start.
        after: u64,
        /// How many at most.
        limit: u64,
        /// Who reads.
        reader: CallerClass,
    },
    /// Read the entries about one person.
    About {
        /// The log's name for them.
        handle: LogHandle,
    },
    /// Sign the newest tree.
    Checkpoint,
    /// Read a hash tile.
    Tile {
        /// Its path after `tile/`.
        path: String,
    },
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

/// Makes the log forget a person.
pub async fn forget(env: &Env, handle: LogHandle) -> Answer<()> {
    call(env, &Call::Forget { handle }).await
}

/// Reads the trail; the reading itself is an entry.
pub async fn trail(env: &Env, after: u64, limit: u64, reader: CallerClass) -> Answer<Trail> {
    call(env, &Call::Trail { after, limit, reader }).await
}

/// Reads the entries about one person.
pub async fn about(env: &Env, handle: LogHandle) -> Answer<Vec<TrailEntry>> {
    call(env, &Call::About { handle }).await
}

/// The newest tree, signed.
pub async fn checkpoint(env: &Env) -> Answer<String> {
    call(env, &Call::Checkpoint).await
}

/// A hash tile's bytes, as the object answers them.
pub async fn tile(env: &Env, path: String) -> Answer<Response> {
    rpc::send(&rpc::stub(env, "AUDIT_LOG", SITE)?, &Call::Tile { path }).await
}
