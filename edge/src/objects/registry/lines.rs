//! Lines of requests that were kept: the latest thousand, of the last day.

use crate::{
    objects::db::{Db, number, text, time},
    problem::Answer,
    world::now,
};
use consentry::clock::Timestamp;

pub(super) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, line TEXT NOT NULL)";

/// The most that are kept, and for how long, in seconds.
const MOST: u64 = 1_000;
const LONGEST: u64 = 86_400;

/// Keeps lines, and forgets those that are too many.
pub(super) fn keep(db: &Db<'_>, lines: &[String]) -> Answer<()> {
    for line in lines {
        db.run("INSERT INTO lines (at, line) VALUES (?, ?)", [time(now()), text(line)])?;
    }
    db.run("DELETE FROM lines WHERE id <= (SELECT max(id) FROM lines) - ?", [number(MOST)])
}

/// The latest.
pub(super) fn latest(db: &Db<'_>, limit: u64) -> Answer<Vec<String>> {
    let rows = db.rows("SELECT line FROM lines ORDER BY id DESC LIMIT ?", [number(limit.min(MOST))])?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Forgets those that are too old, and says when the next one will be.
pub(super) fn forget(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let now = now();
    let oldest = Timestamp::from_seconds(now.seconds().saturating_sub(LONGEST));
    db.run("DELETE FROM lines WHERE at <= ?", [time(oldest)])?;
    let first = db.row("SELECT min(at) FROM lines", [])?.and_then(|row| row.maybe_number(0));
    Ok(first.map(|at| Timestamp::from_seconds(at).plus_seconds(LONGEST)))
}
