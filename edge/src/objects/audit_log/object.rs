//! The object itself.

#![expect(missing_docs, reason = "the methods that the macro makes have none")]

use super::{
    super::{
        db::{Db, Row, number, text},
        rpc,
    },
    Call, SiteEntry, Trail, TrailEntry,
    seal::open_payload,
    sequence::{self, Sequence},
    tree,
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

/// Most entries in one page of the trail.
const MAX_PAGE: u64 = 500;

/// The site's log.
#[durable_object]
pub struct AuditLog {
    state: State,
    env: Env,
    sequence: Sequence,
}

impl DurableObject for AuditLog {
    fn new(state: State, env: Env) -> Self {
        crate::panics::keep_quiet();
        Self { state, env, sequence: Sequence::default() }
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
        let db = Db(&self.state);
        for statement in sequence::SCHEMA.into_iter().chain([tree::SCHEMA]) {
            db.run(statement, [])?;
        }
        let sequence = &self.sequence;
        match call {
            Call::Append { entry } => rpc::json(&sequence.append(&db, &config, entry).await?),
            Call::Prove { event } => rpc::json(&sequence.prove(&db, &config, event)?),
            Call::Forget { handle } => rpc::json(&forget(&db, handle)?),
            Call::Trail { after, limit, reader } => {
                rpc::json(&trail(&db, sequence, &config, after, limit, reader)?)
            }
            Call::About { handle } => rpc::json(&about(&db, &config, handle)?),
            Call::Checkpoint => rpc::json(&sequence.checkpoint(&db, &config)?.to_string()),
            Call::Tile { path } => tile(&db, sequence, &path),
        }
    }
}

/// Destroys the key of a person's entries, the entries' payloads and the index that found them. The leaves stay.
fn forget(db: &Db<'_>, handle: LogHandle) -> Answer<()> {
    db.transaction(|| {
        db.run("DELETE FROM handles WHERE handle = ?", [text(handle)])?;
        db.run("UPDATE leaves SET handle = NULL, payload = NULL WHERE handle = ?", [text(handle)])
    })
}

fn trail(
    db: &Db<'_>,
    sequence: &Sequence,
    config: &Config,
    after: u64,
    limit: u64,
    reader: CallerClass,
) -> Answer<Trail> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = db.rows(
        "SELECT idx, event, leaf, handle, site_key, payload FROM leaves WHERE idx >= ? ORDER BY idx LIMIT ?",
        [number(after), number(limit)],
    )?;
    let entries = read(db, config, rows)?;
    let details = json!({"after": after, "entries": entries.len()});
    let event = EventId::from_bytes(world::random()?);
    let reading = SiteEntry { event, action: Action::TrailRead, details }.seal(reader, config)?;
    sequence.append_all(db, config, &[reading])?;
    let size = sequence.with(db, |growing| Ok(growing.size()))?;
    let next = after.saturating_add(u64::try_from(entries.len()).unwrap_or(0));
    Ok(Trail {
        checkpoint: sequence.checkpoint(db, config)?.to_string(),
        // The entry of this reading itself is not worth another page.
        next: (next < size.saturating_sub(1)).then_some(next),
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
    let Ok(payload) = row.bytes(5) else { return Ok(None) };
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

fn tile(db: &Db<'_>, sequence: &Sequence, path: &str) -> Answer<Response> {
    let path = TilePath::parse(path);
    let tile = path.map(|path| sequence.with(db, |growing| tree::tile(db, growing, path))).transpose()?;
    let bytes = tile.flatten().ok_or_else(|| Problem::not_found("The log has no such tile."))?;
    let caching = [("cache-control", "public, max-age=31536000, immutable")];
    response::bytes(200, "application/octet-stream", bytes, &caching)
}
