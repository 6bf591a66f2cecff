//! Legal holds, for operators: which there are, and whose data each keeps.

use crate::{
    config::Config,
    objects::db::{Db, text, time},
    problem::{Answer, OrInternal as _, Problem},
    world::random,
};
use consentry::{
    clock::Timestamp,
    encoding::{from_base64url, to_base64url},
    id::{EventId, SubjectId},
    pseudonym::Domain,
    vault::{Binding, open, seal},
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
    /// What it is for, as operators wrote it; sealed on its way here, and while it is kept.
    pub reason: String,
    /// Whether it was released.
    pub released: bool,
}

impl Hold {
    /// The same with its reason sealed. The key is that of pseudonyms, which is never exchanged.
    pub fn sealed(self, config: &Config) -> Answer<Self> {
        let (key, name) = (config.subject_key.sealing(Domain::Store), self.id.to_string());
        let sealed = seal(&key, &random()?, binding(config, &name), self.reason.as_bytes());
        Ok(Self { reason: to_base64url(&sealed.or_internal("holds.seal")?), ..self })
    }

    fn opened(self, config: &Config) -> Answer<Self> {
        let (key, name) = (config.subject_key.sealing(Domain::Store), self.id.to_string());
        let sealed = from_base64url(&self.reason).or_internal("holds.reason")?;
        let plain = open(&key, binding(config, &name), &sealed).or_internal("holds.integrity")?;
        Ok(Self { reason: String::from_utf8(plain).or_internal("holds.text")?, ..self })
    }
}

fn binding<'a>(config: &'a Config, name: &'a str) -> Binding<'a> {
    Binding { site: &config.site, kind: "hold-reason", name }
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
pub(super) fn list(db: &Db<'_>, config: &Config) -> Answer<Vec<Hold>> {
    let rows = db.rows("SELECT id, subject, since, reason FROM holds ORDER BY since, id", [])?;
    rows.iter()
        .map(|row| {
            let (id, subject, since) = (row.parse(0)?, row.parse(1)?, row.time(2)?);
            Hold { id, subject, since, reason: row.text(3)?.to_owned(), released: false }.opened(config)
        })
        .collect()
}

/// Whose data one keeps.
pub(super) fn subject_of(db: &Db<'_>, id: EventId) -> Answer<SubjectId> {
    let row = db.row("SELECT subject FROM holds WHERE id = ?", [text(id)])?;
    row.ok_or_else(|| Problem::not_found("There is no such hold."))?.parse(0)
}
