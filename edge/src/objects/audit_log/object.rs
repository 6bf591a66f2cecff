//! The object itself.

#![expect(missing_docs, reason = "the methods that the macro makes have none")]

use super::{
    super::{
        db::{Db, Memory, number, text},
        rpc,
    },
    Call, denials,
    jobs::{self, Job},
    publish, read, retention, rewrap,
    sequence::{self, Sequence},
    settings, tree,
};
use crate::{
    config::{Config, config},
    problem::{Answer, OrInternal as _, Problem},
    response,
};
use consentry::{
    audit::{Action, Checkpoint, ConsistencyProof, TilePath},
    clock::Timestamp,
    decider::Caller,
    id::LogHandle,
};
use serde_json::json;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// The site's log.
#[durable_object]
pub struct AuditLog {
    state: State,
    env: Env,
    memory: Memory,
    sequence: Sequence,
}

impl DurableObject for AuditLog {
    fn new(state: State, env: Env) -> Self {
        crate::panics::keep_quiet();
        Self { state, env, memory: Memory::default(), sequence: Sequence::default() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        rpc::answer(self.serve(request).await)
    }

    async fn alarm(&self) -> Result<Response> {
        // A job that failed has been put off and the alarm set again; throwing would only count against retries.
        let _ = self.wake().await;
        Response::empty()
    }
}

impl AuditLog {
    /// The database, with its tables and with the entry of how the log is configured now. Made sure of once while the
    /// object lives: both only change with a deployment.
    fn db(&self, config: &Config) -> Answer<Db<'_>> {
        let db = Db::of(&self.state, &self.memory);
        if !self.sequence.is_ready.get() {
            let tables = sequence::SCHEMA.into_iter().chain(publish::SCHEMA);
            for statement in
                tables.chain([tree::SCHEMA, jobs::SCHEMA, denials::SCHEMA, settings::SCHEMA, rewrap::SCHEMA])
            {
                db.run(statement, [])?;
            }
            settings::enter(&db, &self.sequence, config)?;
            rewrap::begin(&db, config)?;
            // The platform gives an alarm up that fails too often.
            jobs::arm(&db)?;
            self.sequence.is_ready.set(true);
        }
        Ok(db)
    }

    async fn serve(&self, request: Request) -> Answer<Response> {
        let config = config(&self.env)?;
        let call = rpc::receive(request).await?;
        let db = self.db(&config)?;
        let sequence = &self.sequence;
        match call {
            Call::Append { entry } => rpc::json(&sequence.append(&db, &config, entry).await?),
            Call::Prove { event } => rpc::json(&sequence.prove(&db, &config, event)?),
            Call::Know { name } => rpc::json(&rewrap::know(&db, &name)?),
            Call::Forget { handle } => rpc::json(&forget(&db, handle)?),
            Call::Trail { wanted, after, limit, reader } => {
                rpc::json(&read::page(&db, sequence, &config, &wanted, (after, limit), reader)?)
            }
            Call::About { handle, from, limit } => {
                rpc::json(&read::about(&db, &config, handle, from, limit)?)
            }
            Call::Begin { wanted, format, reader } => {
                rpc::json(&read::begin(&db, sequence, &config, &wanted, format, reader)?)
            }
            Call::Part { wanted, format, at, size } => {
                rpc::json(&read::part(&db, sequence, &config, &wanted, format, (at, size))?)
            }
            Call::Note { action, details, by } => {
                rpc::json(&read::log(&db, sequence, &config, (action, details), None, by)?)
            }
            Call::Denied { denials } => rpc::json(&denials::count(&db, &config, &denials)?),
            Call::Entries { path, reader } => entries(&db, sequence, &config, &path, reader),
            Call::Info => rpc::json(&settings::info(&db, sequence, &config)?),
            Call::Checkpoint => rpc::json(&newest(&db, sequence, &config)?),
            Call::Witnessed => rpc::json(&publish::shown(&db, "witnessed")?.map(|(_, note)| note)),
            Call::Consistency { old } => rpc::json(&consistency(&db, sequence, &config, old)?),
            Call::KeyUses => rpc::json(&rewrap::uses(&db)?),
            Call::Tile { path } => tile(&db, sequence, &path),
        }
    }

    /// Does what is due.
    async fn wake(&self) -> Answer<()> {
        let config = config(&self.env)?;
        let db = self.db(&config)?;
        for job in Job::ALL {
            if let Some(begun) = jobs::begin(&db, job)? {
                let outcome = self.work(&db, &config, job).await;
                jobs::end(&db, &begun, &outcome)?;
            }
        }
        jobs::arm(&db)
    }

    async fn work(&self, db: &Db<'_>, config: &Config, job: Job) -> Answer<Option<Timestamp>> {
        let sequence = &self.sequence;
        match job {
            Job::Denials => denials::enter(db, sequence, config),
            Job::Tiles => publish::tiles(db, sequence, &self.env).await,
            Job::Checkpoint => publish::checkpoint(db, sequence, config).await,
            Job::Retention => retention::enforce(db, sequence, &self.env, config).await,
            Job::Rewrap => rewrap::rewrap(db, sequence, &self.env, config).await,
        }
    }
}

/// The newest tree, signed; with the signatures of witnesses if they have seen it already.
fn newest(db: &Db<'_>, sequence: &Sequence, config: &Config) -> Answer<String> {
    let note = sequence.checkpoint(db, config)?;
    let size = sequence.with(db, |growing| Ok(growing.size()))?;
    let witnessed = publish::shown(db, "witnessed")?.filter(|(seen, _)| *seen == size);
    Ok(witnessed.map_or_else(|| note.to_string(), |(_, note)| note))
}

/// The proof that the log has only grown since it had `old` leaves. To whom saw more leaves than there are nothing can be
/// proved; the signed tree says so.
fn consistency(db: &Db<'_>, sequence: &Sequence, config: &Config, old: u64) -> Answer<String> {
    let checkpoint = sequence.checkpoint(db, config)?;
    let size = Checkpoint::parse(&checkpoint.text).or_internal("log.checkpoint")?.size;
    let path = sequence.with(db, |growing| tree::consistency(db, growing, old.min(size), size))?;
    Ok(ConsistencyProof { old, path, checkpoint }.to_string())
}

/// Destroys the key of a person's entries, the entries' payloads and the index that found them. The leaves stay.
fn forget(db: &Db<'_>, handle: LogHandle) -> Answer<()> {
    db.transaction(|| {
        db.run("DELETE FROM handles WHERE handle = ?", [text(handle)])?;
        db.run("UPDATE leaves SET handle = NULL, payload = NULL WHERE handle = ?", [text(handle)])
    })
}

/// A bundle of leaves (c2sp.org/tlog-tiles, "Log entries"): each after its length in two bytes. That it was read is an
/// entry.
fn entries(
    db: &Db<'_>,
    sequence: &Sequence,
    config: &Config,
    path: &str,
    reader: Caller,
) -> Answer<Response> {
    let missing = || Problem::not_found("The log has no such tile.");
    // The paths are those of the tiles of the lowest level.
    let tile = TilePath::parse(&format!("0/{path}")).ok_or_else(missing)?;
    if !sequence.with(db, |growing| Ok(tile.is_in(growing.size())))? {
        return Err(missing());
    }
    read::log(db, sequence, config, (Action::EntriesRead, json!({"tile": path})), None, reader)?;
    let (from, width) = (tile.index * u64::from(TilePath::WHOLE), u64::from(tile.width));
    let query = "SELECT leaf FROM leaves WHERE idx >= ? AND idx < ? ORDER BY idx";
    let mut bundle = Vec::new();
    for row in db.rows(query, [number(from), number(from + width)])? {
        let leaf = row.text(0)?.as_bytes();
        bundle.extend(u16::try_from(leaf.len()).or_internal("log.bundle")?.to_be_bytes());
        bundle.extend(leaf);
    }
    response::bytes(200, "application/octet-stream", bundle, &[])
}

fn tile(db: &Db<'_>, sequence: &Sequence, path: &str) -> Answer<Response> {
    let path = TilePath::parse(path);
    let tile = path.map(|path| sequence.with(db, |growing| tree::tile(db, growing, path))).transpose()?;
    let bytes = tile.flatten().ok_or_else(|| Problem::not_found("The log has no such tile."))?;
    let caching = [("cache-control", "public, max-age=31536000, immutable")];
    response::bytes(200, "application/octet-stream", bytes, &caching)
}
