//! Denials of nobody known: counted by the minute, so that whoever is turned away a thousand times leaves one entry.

use super::{
    jobs::{self, Job},
    seal::SiteEntry,
    sequence::Sequence,
};
use crate::{
    config::Config,
    objects::db::{Db, number, text},
    problem::Answer,
    world::{self, now},
};
use consentry::{
    audit::{Action, Outcome},
    clock::Timestamp,
    decider::CallerClass,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS denials (
    since INTEGER NOT NULL, route TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (since, route, reason))";

/// How often one kind of denial came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denials {
    /// The route's pattern.
    pub route: String,
    /// The kind of problem it was answered with.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// When the minute that is running here began.
fn running(config: &Config) -> u64 {
    now().seconds() / config.denials * config.denials
}

fn end(since: u64, config: &Config) -> Timestamp {
    Timestamp::from_seconds(since).plus_seconds(config.denials)
}

/// Counts denials towards the minute that is running here.
pub fn count(db: &Db<'_>, config: &Config, denials: &[Denials]) -> Answer<()> {
    let since = running(config);
    db.transaction(|| {
        for Denials { route, reason, count } in denials {
            let statement = "INSERT INTO denials (since, route, reason, count) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET count = count + excluded.count";
            db.run(statement, [number(since), text(route), text(reason), number(*count)])?;
        }
        jobs::schedule(db, Job::Denials, end(since, config)).map(drop)
    })
}

/// Makes an entry of each minute that is over. When the next one will be.
pub fn enter(db: &Db<'_>, sequence: &Sequence, config: &Config) -> Answer<Option<Timestamp>> {
    let running = running(config);
    let query =
        "SELECT since, route, reason, count FROM denials WHERE since < ? ORDER BY since, route, reason";
    let mut minutes = BTreeMap::<u64, Vec<Value>>::new();
    for row in db.rows(query, [number(running)])? {
        let denied = json!({"route": row.text(1)?, "reason": row.text(2)?, "count": row.number(3)?});
        minutes.entry(row.number(0)?).or_default().push(denied);
    }
    let entries = minutes.into_iter().map(|(since, denied)| {
        let (from, to) = (Timestamp::from_seconds(since), end(since, config));
        let details = json!({"from": from, "to": to, "denied": denied});
        let event = world::event()?;
        let entry = SiteEntry { event, action: Action::AccessDenied, details };
        entry.seal_with(Outcome::Denied, CallerClass::Anyone.into(), config)
    });
    sequence.append_with(db, config, &entries.collect::<Answer<Vec<_>>>()?, |_| {
        db.run("DELETE FROM denials WHERE since < ?", [number(running)])
    })?;
    let left = db.row("SELECT min(since) FROM denials", [])?.and_then(|row| row.maybe_number(0));
    Ok(left.map(|since| end(since, config)))
}
