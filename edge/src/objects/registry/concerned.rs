//! Whom records of a category are about, by the pseudonyms of their objects: so that a breach of some data can find the people
//! it is about (GDPR Article 34), and nobody else has to be looked at. Categories stand here by keyed hashes, as in the index.

use crate::{
    config::Config,
    objects::db::{Db, number, text},
    problem::Answer,
};
use consentry::{
    id::{CategoryId, SubjectId},
    policy::Policy,
    pseudonym::Domain,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `present` is 0 where there were records once; the number keeps older news from being taken for later.
pub(super) const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS concerned (category TEXT NOT NULL, subject TEXT NOT NULL,
    seq INTEGER NOT NULL, present INTEGER NOT NULL, PRIMARY KEY (category, subject)) WITHOUT ROWID";

/// The most of one page.
const PAGE: u64 = 1_000;

/// That records of a category are about a person, or none are any more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Concern {
    /// The person.
    pub subject: SubjectId,
    /// The keyed hash of the category; without one, all.
    pub category: Option<SubjectId>,
    /// Whether there are any.
    pub is_concerned: bool,
    /// The number of such changes to this person's records.
    pub seq: u64,
}

/// A page of people.
#[derive(Debug, Serialize, Deserialize)]
pub struct Concerned {
    /// Their pseudonyms.
    pub subjects: Vec<SubjectId>,
    /// Where to go on; nothing at the end.
    pub next: Option<String>,
}

/// Takes it in.
pub(super) fn enter(db: &Db<'_>, concern: &Concern) -> Answer<()> {
    let Concern { subject, category, is_concerned, seq } = concern;
    let Some(category) = category else {
        return db.run("DELETE FROM concerned WHERE subject = ?", [text(subject)]);
    };
    let row = [text(category), text(subject), number(*seq), number(u64::from(*is_concerned))];
    let insert = "INSERT INTO concerned (category, subject, seq, present) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET seq = excluded.seq, present = excluded.present WHERE excluded.seq > seq";
    db.run(insert, row)
}

/// The name of a category here.
pub fn hashed(category: &CategoryId, config: &Config) -> SubjectId {
    config.subject_key.name(Domain::Category, category.as_str().as_bytes())
}

/// How many people the records of each category are about.
pub(super) fn counts(db: &Db<'_>, policy: &Policy, config: &Config) -> Answer<BTreeMap<String, u64>> {
    let counted = policy.records.iter().map(|category| {
        let query = "SELECT count(*) FROM concerned WHERE category = ? AND present = 1";
        Ok((category.id.to_string(), db.count(query, [text(hashed(&category.id, config))])?))
    });
    counted.collect()
}

/// Some of those that the records of a category are about.
pub(super) fn list(db: &Db<'_>, category: &CategoryId, after: &str, config: &Config) -> Answer<Concerned> {
    let query = "SELECT subject FROM concerned WHERE category = ? AND present = 1 AND subject > ? ORDER BY subject LIMIT ?";
    let rows = db.rows(query, [text(hashed(category, config)), text(after), number(PAGE)])?;
    let is_full = u64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let next = rows.last().filter(|_| is_full).map(|row| row.text(0).map(str::to_owned)).transpose()?;
    let subjects = rows.iter().map(|row| row.parse(0)).collect::<Answer<_>>()?;
    Ok(Concerned { subjects, next })
}
