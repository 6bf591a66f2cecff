//! The ledger of erasures: who was erased when, so that what a restored backup brings back goes again. It names people by
//! pseudonyms that lead nowhere; the one that leads to their object is sealed.

use crate::{
    config::Config,
    objects::db::{Db, number, text, time},
    problem::{Answer, OrInternal as _},
    world::random,
};
use consentry::{
    clock::Timestamp,
    encoding::{from_base64url, to_base64url},
    id::SubjectId,
    pseudonym::Domain,
    vault::{Binding, open, seal},
};
use serde::{Deserialize, Serialize};

pub(super) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS ledger (name TEXT NOT NULL, at INTEGER NOT NULL,
    subject TEXT NOT NULL, PRIMARY KEY (name, at))";

/// The most of one page.
const PAGE: u64 = 500;

/// An erasure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The person's name in the ledger.
    pub name: SubjectId,
    /// When the erasure was asked for.
    pub at: Timestamp,
    /// The name of their object, sealed under a key that is never exchanged, so that a ledger saved elsewhere stays of use.
    pub subject: String,
}

impl Erasure {
    /// Writes one.
    pub fn of(subject: SubjectId, at: Timestamp, config: &Config) -> Answer<Self> {
        let name = config.subject_key.name(Domain::Ledger, subject.as_bytes());
        let key = config.subject_key.sealing(Domain::Ledger);
        let text = name.to_string();
        let binding = Binding { site: &config.site, kind: "ledger", name: &text };
        let sealed = seal(&key, &random()?, binding, subject.as_bytes()).or_internal("ledger.seal")?;
        Ok(Self { name, at, subject: to_base64url(&sealed) })
    }

    /// Whose it is; nobody's, if this site's ledger never had it.
    pub fn subject(&self, config: &Config) -> Option<SubjectId> {
        let key = config.subject_key.sealing(Domain::Ledger);
        let text = self.name.to_string();
        let binding = Binding { site: &config.site, kind: "ledger", name: &text };
        let bytes = open(&key, binding, &from_base64url(&self.subject)?).ok()?;
        let subject = SubjectId::from_bytes(bytes.try_into().ok()?);
        (config.subject_key.name(Domain::Ledger, subject.as_bytes()) == self.name).then_some(subject)
    }
}

/// A page of the ledger.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ledger {
    /// Erasures, in the order in which they were entered.
    pub erasures: Vec<Erasure>,
    /// Where to go on; nothing at the end.
    pub next: Option<u64>,
}

/// Enters one, once.
pub(super) fn enter(db: &Db<'_>, erasure: &Erasure) -> Answer<()> {
    let row = [text(erasure.name), time(erasure.at), text(&erasure.subject)];
    db.run("INSERT OR IGNORE INTO ledger (name, at, subject) VALUES (?, ?, ?)", row)
}

/// A page of it.
pub(super) fn list(db: &Db<'_>, after: u64) -> Answer<Ledger> {
    let query = "SELECT rowid, name, at, subject FROM ledger WHERE rowid > ? ORDER BY rowid LIMIT ?";
    let rows = db.rows(query, [number(after), number(PAGE)])?;
    let erasures = rows
        .iter()
        .map(|row| Ok(Erasure { name: row.parse(1)?, at: row.time(2)?, subject: row.text(3)?.to_owned() }));
    let erasures = erasures.collect::<Answer<Vec<_>>>()?;
    let is_full = u64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let next = rows.last().filter(|_| is_full).map(|row| row.number(0)).transpose()?;
    Ok(Ledger { erasures, next })
}
