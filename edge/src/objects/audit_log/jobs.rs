//! What the log does by itself, when it is due: kept in a table, woken by the object's one alarm.

use crate::{
    objects::{
        db::{Db, number, text, time},
        outbox::backoff,
    },
    problem::Answer,
    world::now,
};
use consentry::clock::Timestamp;
use std::fmt;

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS jobs (
    job TEXT PRIMARY KEY, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0)";

/// How long a job is left alone once it was begun, in seconds: longer than any takes.
const LEASE: u64 = 600;

/// A job. Doing one again does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Make one entry of the denials of the minutes that are over.
    Denials,
    /// Write whole tiles to KV.
    Tiles,
    /// Sign the tree, and show it to witnesses and the anchor.
    Checkpoint,
    /// Drop the payloads whose time is over.
    Retention,
    /// Put what is under earlier keys under the active one.
    Rewrap,
}

impl Job {
    /// All of them, in the order in which they are done.
    pub const ALL: [Self; 5] = [Self::Denials, Self::Tiles, Self::Checkpoint, Self::Retention, Self::Rewrap];
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denials => "denials",
            Self::Tiles => "tiles",
            Self::Checkpoint => "checkpoint",
            Self::Retention => "retention",
            Self::Rewrap => "rewrap",
        })
    }
}

/// Sees to it that a job is done at a moment, or before if it is due before. Whether that is news.
pub fn schedule(db: &Db<'_>, job: Job, at: Timestamp) -> Answer<bool> {
    let query = "INSERT INTO jobs (job, due) VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET due = excluded.due
        WHERE excluded.due < due RETURNING due";
    let is_news = db.row(query, [text(job), time(at)])?.is_some();
    if is_news {
        arm(db)?;
    }
    Ok(is_news)
}

/// A job that is being done.
pub struct Begun {
    job: Job,
    /// When it is done again, should nobody hear of it any more. Whoever schedules it meanwhile puts another moment here.
    lease: Timestamp,
}

/// Begins a job, if it is due.
pub fn begin(db: &Db<'_>, job: Job) -> Answer<Option<Begun>> {
    let lease = now().plus_seconds(LEASE);
    let statement = "UPDATE jobs SET due = ? WHERE job = ? AND due <= ? RETURNING due";
    let is_due = db.row(statement, [time(lease), text(job), time(now())])?.is_some();
    Ok(is_due.then_some(Begun { job, lease }))
}

/// Takes in how a job ended: when it is to be done again, if ever. What came up meanwhile stays to be done.
pub fn end(db: &Db<'_>, begun: &Begun, outcome: &Answer<Option<Timestamp>>) -> Answer<()> {
    let Begun { job, lease } = begun;
    let (again, attempts) = match outcome {
        Ok(None) => return db.run("DELETE FROM jobs WHERE job = ? AND due = ?", [text(job), time(*lease)]),
        Ok(Some(at)) => (*at, 0),
        Err(_) => {
            let attempts = db.count("SELECT attempts FROM jobs WHERE job = ?", [text(job)])?;
            (now().plus_seconds(backoff(attempts)), attempts + 1)
        }
    };
    let statement = "UPDATE jobs SET due = iif(due = ?, ?, min(due, ?)), attempts = ? WHERE job = ?";
    db.run(statement, [time(*lease), time(again), time(again), number(attempts), text(job)])
}

/// Sets the alarm for the next job.
pub fn arm(db: &Db<'_>) -> Answer<()> {
    let due = db.row("SELECT min(due) FROM jobs", [])?;
    db.arm(due.and_then(|row| row.maybe_number(0)).map(Timestamp::from_seconds))
}
