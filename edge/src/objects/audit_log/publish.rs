//! What the log shows beyond this object, so that nobody, its operator included, can change it unnoticed: whole tiles in
//! KV, and the signed tree at its witnesses and at the anchor.

use super::{
    sequence::Sequence,
    tree,
    witness::{self, Asked},
};
use crate::{
    config::Config,
    kv::Retention,
    objects::db::{Db, number, text, time},
    outward,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::now,
};
use consentry::{
    audit::{Checkpoint, Note, TilePath},
    clock::Timestamp,
    store::{Metadata, Store as _},
};

/// How many whole tiles of each level are in KV; how far each witness has seen the tree; the last tree that witnesses
/// signed; the size that the anchor has.
pub const SCHEMA: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS published (level INTEGER PRIMARY KEY, tiles INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS witnesses (key TEXT PRIMARY KEY, size INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS shown (
        what TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL)",
];

/// The most tiles that are written at once.
const PART: usize = 64;

/// Where a whole tile is in KV.
pub fn tile_key(path: TilePath) -> String {
    format!("log/tile/{path}")
}

/// Writes whole tiles that are not in KV yet. They never change, so that any of them may be written again.
pub async fn tiles(db: &Db<'_>, sequence: &Sequence, env: &worker::Env) -> Answer<Option<Timestamp>> {
    let store = Retention::bound(env)?;
    let mut left = PART;
    for level in 0..8_u8 {
        let query = "SELECT tiles FROM published WHERE level = ?";
        let mut index = db.count(query, [number(u64::from(level))])?;
        loop {
            let path = TilePath { level, index, width: TilePath::WHOLE };
            let bytes = sequence.with(db, |growing| tree::tile(db, growing, path))?;
            let Some(bytes) = bytes else { break };
            if left == 0 {
                return Ok(Some(now()));
            }
            let metadata = Metadata { size: bytes.len(), ..Metadata::default() };
            let put = store.put(&tile_key(path), &bytes, &metadata, None).await;
            put.map_err(|e| Problem::unavailable(sentence(&e)))?;
            (index, left) = (index + 1, left - 1);
            let params = [number(u64::from(level)), number(index)];
            db.run("INSERT OR REPLACE INTO published (level, tiles) VALUES (?, ?)", params)?;
        }
    }
    Ok(None)
}

/// Signs the tree, has it witnessed and anchors it. When to do so again.
pub async fn checkpoint(db: &Db<'_>, sequence: &Sequence, config: &Config) -> Answer<Option<Timestamp>> {
    // What is appended from here on is for the next time.
    sequence.signs_at.set(None);
    let mut note = sequence.checkpoint(db, config)?;
    let size = Checkpoint::parse(&note.text).or_internal("publish.checkpoint")?.size;
    let mut is_complete = true;
    for witness in &config.witnesses {
        match show(db, sequence, &note, size, witness).await {
            Ok(signature) => note.signatures.push(signature),
            Err(_) => is_complete = false,
        }
    }
    if note.signatures.len() > config.signing.log_signers().len() {
        remember(db, "witnessed", size, &note)?;
    }
    if let Some(anchor) = &config.anchor
        && shown(db, "anchored")?.is_none_or(|(anchored, _)| anchored != size)
    {
        let text = note.to_string();
        match outward::post(anchor, "text/plain; charset=utf-8", text).await {
            Ok(answer) if answer.is_success() => remember(db, "anchored", size, &note)?,
            _ => is_complete = false,
        }
    }
    let has_grown = sequence.with(db, |growing| Ok(growing.size()))? > size;
    Ok((has_grown || !is_complete).then(|| now().plus_seconds(config.cadence)))
}

/// Shows the tree to a witness: its cosignature.
async fn show(
    db: &Db<'_>,
    sequence: &Sequence,
    note: &Note,
    size: u64,
    witness: &witness::Witness,
) -> Answer<consentry::audit::NoteSignature> {
    let key = witness.key.to_string();
    let mut old = db.count("SELECT size FROM witnesses WHERE key = ?", [text(&key)])?;
    // It may have seen another size than is remembered here, and says so.
    for _ in 0..2 {
        let path = sequence.with(db, |growing| tree::consistency(db, growing, old.min(size), size))?;
        match witness.ask(note, old.min(size), path).await? {
            Asked::Cosigned(signature) => {
                let params = [text(&key), number(size)];
                db.run("INSERT OR REPLACE INTO witnesses (key, size) VALUES (?, ?)", params)?;
                return Ok(signature);
            }
            Asked::Seen(seen) if seen > size => {
                // It saw more of this log than there is: leaves were lost, or this is another log.
                return Err(Problem::internal("witness.ahead"));
            }
            Asked::Seen(seen) => old = seen,
        }
    }
    Err(Problem::internal("witness.conflict"))
}

fn remember(db: &Db<'_>, what: &str, size: u64, note: &Note) -> Answer<()> {
    let params = [text(what), number(size), text(note), time(now())];
    db.run("INSERT OR REPLACE INTO shown (what, size, note, at) VALUES (?, ?, ?, ?)", params)
}

/// The last tree that was witnessed or anchored: its size and note.
pub fn shown(db: &Db<'_>, what: &str) -> Answer<Option<(u64, String)>> {
    let row = db.row("SELECT size, note FROM shown WHERE what = ?", [text(what)])?;
    row.map(|row| Ok((row.number(0)?, row.text(1)?.to_owned()))).transpose()
}
