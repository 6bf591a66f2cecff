//! Legal holds, for operators: which there are, and whose data each keeps.

use crate::{
    objects::db::{Db, text, time},
    problem::{Answer, Problem},
};
use consentry::{
    clock::Timestamp,
    id::{EventId, SubjectId},
};
use serde::{Deserialize, Serialize};

pub(super) const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS holds (id TEXT PRIMARY KEY, subject TEXT NOT NULL,
    since INTEGER NOT NULL, reason TEXT NOT NULL)";

/// A hold, as its person's object tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: EventId,
    /// The person, by the pseudonym of their object.
    pub subject: SubjectId,
    /// Since when it holds.
    pub since: Timestamp,
    /// What it is for.
    pub reason: String,
    /// Whether it was released.
    pub released: bool,
}

/// Takes it in.
pub(super) fn enter(db: &Db<'_>, hold: &Hold) -> Answer<()> {
    if hold.released {
        return db.run("DELETE FROM holds WHERE id = ?", [text(hold.id)]);
    }
    let row = [text(hold.id), text(hold.subject), time(hold.since), text(&hold.reason)];
    db.run("INSERT OR IGNORE INTO holds (id, subject, since, reason) VALUES (?, ?, ?, ?)", row)
}

/// All that hold, earliest first.
pub(super) fn list(db: &Db<'_>) -> Answer<Vec<Hold>> {
    let rows = db.rows("SELECT id, subject, since, reason FROM holds ORDER BY since, id", [])?;
    rows.iter()
        .map(|row| {
            Ok(Hold {
                id: row.parse(0)?,
                subject: row.parse(1)?,
                since: row.time(2)?,
                reason: row.text(3)?.to_owned(),
                released: false,
            })
        })
        .collect()
}

/// Whose data one keeps.
pub(super) fn subject_of(db: &Db<'_>, id: EventId) -> Answer<SubjectId> {
    let row = db.row("SELECT subject FROM holds WHERE id = ?", [text(id)])?;
    row.ok_or_else(|| Problem::not_found("There is no such hold."))?.parse(0)
}
