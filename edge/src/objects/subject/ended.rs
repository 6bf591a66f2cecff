//! Purposes that the person ended, by withdrawing consent or by objecting: what was kept for nothing else goes, and nothing more
//! is taken in for them.

use super::{
    super::db::{Db, number, text},
    person::Person,
    records::{self, PART},
};
use crate::{
    config::Config,
    problem::{Answer, Problem},
    world::context,
};
use consentry::{
    clock::Timestamp,
    decider::{CallerClass, Context, Decider as _},
    id::PurposeId,
    policy::Policy,
    records::{Command, Records, Refusal, Why},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Purposes that the person ended, and records that are still to be deleted with them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ended {
    purposes: BTreeSet<PurposeId>,
    /// Keyed hashes of the categories that are left to go through, the place reached in the last one, and the time from
    /// which on records are of another decision.
    categories: Vec<String>,
    after: String,
    before: Timestamp,
}

const NAME: &str = "ended";

impl Ended {
    fn load(db: &Db<'_>, person: &Person, config: &Config) -> Answer<Self> {
        Ok(person.sealed(db, NAME, config)?.unwrap_or_default())
    }

    fn save(&self, db: &Db<'_>, person: &Person, config: &Config, context: &Context) -> Answer<()> {
        if self.categories.is_empty() {
            db.unset_meta(["ending"])?;
        } else {
            db.set_meta("ending", "yes")?;
        }
        person.set_sealed(db, NAME, self, config, context)
    }
}

/// Takes in which purposes the person ended, within the transaction of their decision. The records that were kept for nothing
/// else go (GDPR Article 17(1)(b) and (c)).
pub fn end(
    db: &Db<'_>,
    person: &Person,
    purposes: &BTreeSet<PurposeId>,
    policy: &Policy,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let before = Ended::load(db, person, config)?;
    if before.purposes == *purposes {
        return Ok(());
    }
    let categories = policy.ended_categories(purposes).map(|category| person.category(&category.id));
    let ended = Ended {
        purposes: purposes.clone(),
        categories: categories.collect(),
        after: String::new(),
        before: context.now,
    };
    ended.save(db, person, config, context)?;
    delete(db, person, config)
}

/// Whether records are still to be deleted.
pub fn is_under_way(db: &Db<'_>) -> Answer<bool> {
    Ok(db.meta("ending")?.is_some())
}

/// Deletes some of what was kept for purposes that the person ended.
pub fn delete(db: &Db<'_>, person: &Person, config: &Config) -> Answer<()> {
    if !is_under_way(db)? {
        return Ok(());
    }
    let context = context(CallerClass::System.into())?;
    let (mut ended, freeze) = (Ended::load(db, person, config)?, records::freeze(db)?);
    let mut left = PART;
    while let Some(category) = ended.categories.last().filter(|_| left > 0) {
        let query =
            "SELECT place, key, body FROM records WHERE category = ? AND place > ? ORDER BY place LIMIT ?";
        let rows = db.rows(query, [text(category), text(&ended.after), number(left)])?;
        for row in &rows {
            let record = person.open_record(row.text(0)?, row.bytes(2)?, config)?;
            if record.at > ended.before {
                continue;
            }
            let command = Command::Delete { why: Why::Purpose, freeze };
            match Records::decide(&Some(record.clone()), command, &context) {
                Ok(events) => {
                    records::remove(db, person, &record, row.text(1)?, &events, None, config, &context)?;
                }
                // Once nothing keeps it.
                Err(Refusal::Frozen(_)) => return Ok(()),
                Err(refusal) => return Err(records::refused(refusal)),
            }
        }
        let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if seen < left {
            ended.categories.pop();
            ended.after = String::new();
        } else if let Some(row) = rows.last() {
            row.text(0)?.clone_into(&mut ended.after);
        }
        left = left.saturating_sub(seen);
    }
    db.transaction(|| ended.save(db, person, config, &context))
}

/// Refuses what is kept for nothing that the person has not ended.
pub fn require_permitted(
    db: &Db<'_>,
    person: &Person,
    purposes: &BTreeSet<PurposeId>,
    config: &Config,
) -> Answer<()> {
    if !purposes.is_subset(&Ended::load(db, person, config)?.purposes) {
        return Ok(());
    }
    let detail = "The person withdrew their consent to every purpose of this category, or objected to it. Nothing more may \
                  be stored for these.";
    Err(Problem::conflict("not-permitted", "The person does not permit this", detail))
}
