//! Purposes that the person ended, by withdrawing consent or by objecting, of their own or as the site gave way to it: what was kept for nothing else goes, and nothing more
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
    consent::Choices,
    decider::{CallerClass, Context, Decider as _},
    id::{EventId, PurposeId},
    policy::Policy,
    records::{Command, Freeze, Records, Refusal, Why},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Purposes that the person ended, and records that are still to be deleted with them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Ended {
    /// Those that their decisions end.
    purposes: BTreeSet<PurposeId>,
    /// Those that the site has to weigh, by the request that objects to them: as they were when it came in.
    weighed: BTreeMap<EventId, BTreeSet<PurposeId>>,
    /// Those that it weighed and gave way in. Only consent to them gives them again.
    upheld: BTreeSet<PurposeId>,
    /// Decisions that gave some of them again, and what had ended before: that counts until all of them are logged.
    again: Option<(Vec<EventId>, BTreeSet<PurposeId>)>,
    endings: Vec<Ending>,
}

/// A category to go through.
#[derive(Debug, Serialize, Deserialize)]
struct Ending {
    /// Its keyed hash, and the place that was reached.
    category: String,
    after: String,
    /// From when on records are of another decision.
    before: Timestamp,
}

const NAME: &str = "ended";

impl Ended {
    fn load(db: &Db<'_>, person: &Person, config: &Config) -> Answer<Self> {
        Ok(person.sealed(db, NAME, config)?.unwrap_or_default())
    }

    fn save(&self, db: &Db<'_>, person: &Person, config: &Config, context: &Context) -> Answer<()> {
        if self.endings.is_empty() {
            db.unset_meta(["ending"])?;
        } else {
            db.set_meta("ending", "yes")?;
        }
        person.set_sealed(db, NAME, self, config, context)
    }

    fn all(&self) -> BTreeSet<PurposeId> {
        self.purposes.union(&self.upheld).cloned().collect()
    }

    /// Has the records go that are kept for nothing that goes on now, and were kept for something before.
    fn begin(&mut self, before: &BTreeSet<PurposeId>, person: &Person, policy: &Policy, context: &Context) {
        let known: BTreeSet<_> = policy.ended_categories(before).map(|category| &category.id).collect();
        let all = self.all();
        for category in policy.ended_categories(&all).filter(|category| !known.contains(&category.id)) {
            let category = person.category(&category.id);
            self.endings.retain(|ending| ending.category != category);
            self.endings.push(Ending { category, after: String::new(), before: context.now });
        }
    }

    /// The purposes, as far as it counts: those that were given again stay ended until that is logged.
    fn counted(&self, db: &Db<'_>) -> Answer<(Vec<EventId>, BTreeSet<PurposeId>)> {
        let Some((decisions, before)) = &self.again else { return Ok((Vec::new(), self.all())) };
        let waiting = db.waiting()?;
        let unlogged: Vec<_> = decisions.iter().copied().filter(|id| waiting.contains(id)).collect();
        let before = if unlogged.is_empty() { BTreeSet::new() } else { before.clone() };
        Ok((unlogged, before.union(&self.all()).cloned().collect()))
    }
}

/// Takes in which purposes the person has ended after a decision, within its transaction. The records that were kept for nothing
/// else go (GDPR Article 17(1)(b) and (c)), also those that were going already when some of it was given again.
pub fn end(
    db: &Db<'_>,
    person: &Person,
    decision: EventId,
    Choices { refused: purposes, given, .. }: &Choices,
    policy: &Policy,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let mut ended = Ended::load(db, person, config)?;
    if ended.purposes == *purposes && ended.upheld.is_disjoint(given) {
        return Ok(());
    }
    let (mut unlogged, before) = ended.counted(db)?;
    ended.purposes.clone_from(purposes);
    ended.upheld.retain(|id| !given.contains(id));
    ended.begin(&before, person, policy, context);
    ended.again = (!before.is_subset(&ended.all())).then(|| {
        unlogged.push(decision);
        (unlogged, before)
    });
    ended.save(db, person, config, context)?;
    delete(db, person, config)
}

/// Takes in which purposes the site has to weigh for an objection, within the transaction of its request.
pub fn weigh(
    db: &Db<'_>,
    person: &Person,
    request: EventId,
    purposes: BTreeSet<PurposeId>,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    if purposes.is_empty() {
        return Ok(());
    }
    let mut ended = Ended::load(db, person, config)?;
    ended.weighed.insert(request, purposes);
    ended.save(db, person, config, context)
}

/// Takes in what came of that (GDPR Article 21(1)): where the site gave way, what was kept for nothing else goes (Article 17(1)(c)).
pub fn weighed(
    db: &Db<'_>,
    person: &Person,
    request: EventId,
    is_upheld: bool,
    policy: &Policy,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let mut ended = Ended::load(db, person, config)?;
    let Some(purposes) = ended.weighed.remove(&request) else { return Ok(()) };
    let (_, before) = ended.counted(db)?;
    if is_upheld {
        ended.upheld.extend(purposes);
        ended.begin(&before, person, policy, context);
    }
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
    while let Some(ending) = ended.endings.last_mut().filter(|_| left > 0) {
        let query =
            "SELECT place, key, body FROM records WHERE category = ? AND place > ? ORDER BY place LIMIT ?";
        let rows = db.rows(query, [text(&ending.category), text(&ending.after), number(left)])?;
        for row in &rows {
            let Ok(record) = person.open_record(row.text(0)?, row.bytes(2)?, config) else {
                if freeze > Freeze::None {
                    return Ok(());
                }
                records::drop_damaged(db, person, row.text(0)?, row.text(1)?, config, &context)?;
                continue;
            };
            if record.at > ending.before {
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
        match rows.last() {
            Some(row) if seen >= left => row.text(0)?.clone_into(&mut ending.after),
            _ => drop(ended.endings.pop()),
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
    let (_, ended) = Ended::load(db, person, config)?.counted(db)?;
    if !purposes.is_subset(&ended) {
        return Ok(());
    }
    let detail = "The person withdrew their consent to every purpose of this category, or objected to it. Nothing more may \
                  be stored for these.";
    Err(Problem::conflict("not-permitted", "The person does not permit this", detail))
}
