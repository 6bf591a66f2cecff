//! The object itself.

#![expect(missing_docs, reason = "the methods that the macro makes have none")]

use super::{
    super::{
        db::{Db, Row, number, text},
        rpc,
    },
    Appended, Call, NewEntry, SiteEntry, Trail, TrailEntry,
    seal::{SealedBy, open_payload},
    tree::{self, Tree},
};
use crate::{
    config::{Config, config},
    problem::{Answer, OrInternal as _, Problem},
    response, world,
};
use consentry::{
    audit::{Action, TilePath},
    decider::CallerClass,
    id::{EventId, LogHandle},
    vault::{DataKey, KeyUse},
};
use serde_json::json;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

const SCHEMA: [&str; 4] = [
    tree::SCHEMA,
    // `handle` is the query index, blanked when a person is forgotten; `site_key` names the key of entries about nobody.
    "CREATE TABLE IF NOT EXISTS leaves (
        idx INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, leaf TEXT NOT NULL,
        handle TEXT, site_key TEXT, payload TEXT)",
    "CREATE INDEX IF NOT EXISTS leaves_by_handle ON leaves (handle) WHERE handle IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS handles (handle TEXT PRIMARY KEY, wrapped TEXT NOT NULL)",
];

/// Most entries in one page of the trail.
const MAX_PAGE: u64 = 500;

/// The site's log.
#[durable_object]
pub struct AuditLog {
    state: State,
    env: Env,
}

impl DurableObject for AuditLog {
    fn new(state: State, env: Env) -> Self {
        crate::panics::keep_quiet();
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        rpc::answer(self.serve(request).await)
    }

    async fn alarm(&self) -> Result<Response> {
        Response::empty()
    }
}

impl AuditLog {
    async fn serve(&self, request: Request) -> Answer<Response> {
        let config = config(&self.env)?;
        let call = rpc::receive(request).await?;
        // From here on nothing waits: each call is one step of the log's order.
        let db = Db(&self.state);
        for statement in SCHEMA {
            db.run(statement, [])?;
        }
        match call {
            Call::Append { entry } => rpc::json(&append(&db, &config, &entry)?),
            Call::Prove { event } => rpc::json(&prove(&db, &config, event)?),
            Call::Forget { handle } => rpc::json(&forget(&db, handle)?),
            Call::Trail { after, limit, reader } => rpc::json(&trail(&db, &config, after, limit, reader)?),
            Call::About { handle } => rpc::json(&about(&db, &config, handle)?),
            Call::Checkpoint => {
                let tree = Tree::open(&db)?;
                rpc::json(&tree.checkpoint(&config.log_origin(), config.log_key()?)?.to_string())
            }
            Call::Tile { path } => tile(&db, &path),
        }
    }
}

fn append(db: &Db<'_>, config: &Config, entry: &NewEntry) -> Answer<Appended> {
    db.transaction(|| insert(db, entry))?;
    prove(db, config, entry.event)?.or_internal("log.append")
}

/// Adds an entry's leaf, unless its event has one. Must run inside a transaction.
fn insert(db: &Db<'_>, entry: &NewEntry) -> Answer<()> {
    if db.count("SELECT count(*) FROM leaves WHERE event = ?", [text(entry.event)])? > 0 {
        return Ok(());
    }
    let index = Tree::open(db)?.append(&entry.leaf)?;
    let (handle, site_key) = match &entry.sealed {
        SealedBy::Subject { handle, key } => {
            let wrapped = serde_json::to_string(key).or_internal("log.wrapped")?;
            db.run(
                "INSERT OR IGNORE INTO handles (handle, wrapped) VALUES (?, ?)",
                [text(handle), text(wrapped)],
            )?;
            (Some(handle.to_string()), None)
        }
        SealedBy::Site { key } => (None, Some(key.clone())),
    };
    db.run(
        "INSERT INTO leaves (idx, event, leaf, handle, site_key, payload) VALUES (?, ?, ?, ?, ?, ?)",
        [
            number(index),
            text(entry.event),
            text(&entry.leaf),
            handle.into(),
            site_key.into(),
            text(&entry.payload),
        ],
    )
}

fn prove(db: &Db<'_>, config: &Config, event: EventId) -> Answer<Option<Appended>> {
    let Some(row) = db.row("SELECT idx, leaf FROM leaves WHERE event = ?", [text(event)])? else {
        return Ok(None);
    };
    let (index, leaf) = (row.number(0)?, row.text(1)?.to_owned());
    let tree = Tree::open(db)?;
    let checkpoint = tree.checkpoint(&config.log_origin(), config.log_key()?)?;
    Ok(Some(Appended { leaf, index, proof: tree.prove(index, checkpoint)?.to_string() }))
}

/// Destroys the key of a person's entries, the entries' payloads and the index that found them. The leaves stay.
fn forget(db: &Db<'_>, handle: LogHandle) -> Answer<()> {
    db.transaction(|| {
        db.run("DELETE FROM handles WHERE handle = ?", [text(handle)])?;
        db.run("UPDATE leaves SET handle = NULL, payload = NULL WHERE handle = ?", [text(handle)])
    })
}

fn trail(db: &Db<'_>, config: &Config, after: u64, limit: u64, reader: CallerClass) -> Answer<Trail> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = db.rows(
        "SELECT idx, event, leaf, handle, site_key, payload FROM leaves WHERE idx >= ? ORDER BY idx LIMIT ?",
        [number(after), number(limit)],
    )?;
    let entries = read(db, config, rows)?;
    let details = json!({"after": after, "entries": entries.len()});
    let event = EventId::from_bytes(world::random()?);
    let reading = SiteEntry { event, action: Action::TrailRead, details }.seal(reader, config)?;
    db.transaction(|| insert(db, &reading))?;
    let tree = Tree::open(db)?;
    let next = after.saturating_add(u64::try_from(entries.len()).unwrap_or(0));
    Ok(Trail {
        checkpoint: tree.checkpoint(&config.log_origin(), config.log_key()?)?.to_string(),
        // The entry of this reading itself is not worth another page.
        next: (next < tree.size().saturating_sub(1)).then_some(next),
        entries,
    })
}

fn about(db: &Db<'_>, config: &Config, handle: LogHandle) -> Answer<Vec<TrailEntry>> {
    let query =
        "SELECT idx, event, leaf, handle, site_key, payload FROM leaves WHERE handle = ? ORDER BY idx";
    read(db, config, db.rows(query, [text(handle)])?)
}

fn read(db: &Db<'_>, config: &Config, rows: Vec<Row>) -> Answer<Vec<TrailEntry>> {
    rows.into_iter()
        .map(|row| {
            let leaf = serde_json::from_str(row.text(2)?).or_internal("log.leaf")?;
            Ok(TrailEntry { index: row.number(0)?, leaf, entry: open(db, config, &row)? })
        })
        .collect()
}

/// Opens a row's payload. `None` if it was forgotten.
fn open(db: &Db<'_>, config: &Config, row: &Row) -> Answer<Option<serde_json::Value>> {
    let Some(payload) = row.maybe_text(5) else { return Ok(None) };
    let key = match (row.maybe_text(3), row.maybe_text(4)) {
        (Some(handle), _) => {
            let wrapped = db.row("SELECT wrapped FROM handles WHERE handle = ?", [text(handle)])?;
            let Some(wrapped) = wrapped else { return Ok(None) };
            let wrapped = serde_json::from_str(wrapped.text(0)?).or_internal("log.wrapped")?;
            *DataKey::unwrap(&wrapped, &config.keyring, &config.site, handle)
                .or_internal("log.unwrap")?
                .as_bytes()
        }
        (None, Some(id)) => config.keyring.key(id, KeyUse::Site).or_internal("log.site-key")?,
        (None, None) => return Ok(None),
    };
    // A payload that does not open with its key in its place has been changed: an incident, not an empty entry.
    let opening = open_payload(payload, row.text(1)?, &key, config).or_internal("log.integrity")?;
    serde_json::from_str(&opening.entry).map(Some).or_internal("log.entry")
}

fn tile(db: &Db<'_>, path: &str) -> Answer<Response> {
    let missing = || Problem::not_found("The log has no such tile.");
    let path = TilePath::parse(path).ok_or_else(missing)?;
    let tree = Tree::open(db)?;
    if !path.is_in(tree.size()) {
        return Err(missing());
    }
    let bytes = path.read(&tree).or_internal("log.tile")?;
    let caching = [("cache-control", "public, max-age=31536000, immutable")];
    response::bytes(200, "application/octet-stream", bytes, &caching)
}
