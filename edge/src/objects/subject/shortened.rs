//! Records whose category is kept for less time now than when they were stored: their dates are brought forward (GDPR Article
//! 5(1)(e)). Where it is kept for longer now, they stay as they are: what was said when the data was collected stands until it is
//! written again.

use super::{
    super::{
        db::{Db, text, time},
        outbox::Task,
    },
    erase,
    person::Person,
    records,
};
use crate::{
    config::Config,
    kv::backstop,
    problem::{Answer, OrInternal as _},
    world::context,
};
use consentry::{
    audit::Action,
    clock::{Period, Timestamp},
    decider::{CallerClass, Decider as _},
    id::CategoryId,
    records::{
        Command, Freeze, Record, Records,
        sweep::{Finding, Seen},
    },
};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// How long each category is kept by the policy in force.
pub type Retentions = BTreeMap<CategoryId, Period>;

/// A record with the date that it is to have.
pub struct Longer {
    place: String,
    record: Record,
}

/// Those of the values that are records kept for longer than their category is, by their keys in the store. A category that the
/// policy no longer declares is kept as it was, and what is over already goes anyway.
pub fn longer(
    db: &Db<'_>,
    person: &Person,
    seen: &[Seen],
    retentions: &Retentions,
    config: &Config,
) -> Answer<BTreeMap<String, Longer>> {
    let mut longer = BTreeMap::new();
    // Of somebody being erased everything goes, and an entry after the log has forgotten them would bring their key back.
    if retentions.is_empty() || erase::is_asked(db)? {
        return Ok(longer);
    }
    let context = context(CallerClass::System.into())?;
    let keys: Vec<_> = seen.iter().map(|seen| &seen.key).collect();
    let keys = serde_json::to_string(&keys).or_internal("shortened.keys")?;
    let query = "SELECT key, place, body FROM records
        WHERE key IN (SELECT value FROM json_each(?)) AND retain_until > ?";
    for row in db.rows(query, [text(keys), time(context.now)])? {
        let place = row.text(1)?;
        // One that cannot be read goes at the date of its row, and is said to be damaged then.
        let Ok(record) = person.open_record(place, row.bytes(2)?, config) else { continue };
        let command = Command::Shorten { retention: retentions.get(&record.category).cloned() };
        let state = Some(record);
        let Ok(events) = Records::decide(&state, command, &context) else { continue };
        if let Some(record) = events.iter().fold(state, Records::evolve) {
            longer.insert(row.text(0)?.to_owned(), Longer { place: place.to_owned(), record });
        }
    }
    Ok(longer)
}

/// Brings their dates forward, within the transaction at hand: all of them with one entry.
pub fn shorten(
    db: &Db<'_>,
    person: &Person,
    longer: &BTreeMap<String, Longer>,
    config: &Config,
) -> Answer<()> {
    if longer.is_empty() {
        return Ok(());
    }
    let context = context(CallerClass::System.into())?;
    let details = json!({"found": Finding::Longer, "kind": "record", "categories": categories(longer)});
    let event = person.log(db, Action::RetentionRepaired, details, "shortened", config, &context)?;
    // What something keeps is in the store without an expiry, and gets one by its new date when nothing does any more.
    let is_free = records::freeze(db)? == Freeze::None;
    for (key, Longer { place, record }) in longer {
        records::redate(db, person, place, key, record, config, &context)?;
        // What is over already is deleted at once.
        if is_free && record.retain_until > context.now {
            let expires = backstop(record.retain_until);
            db.enqueue(event, &Task::Expire { key: key.clone(), expires })?;
        }
    }
    Ok(())
}

/// What the entry says of a category: how many of its records there are, and the first and the last of their new dates. There may
/// be too many to name each.
#[derive(Serialize)]
struct Shortened {
    records: u64,
    first: Timestamp,
    last: Timestamp,
}

fn categories(longer: &BTreeMap<String, Longer>) -> BTreeMap<&CategoryId, Shortened> {
    let mut categories = BTreeMap::new();
    for Longer { record, .. } in longer.values() {
        let until = record.retain_until;
        let none = Shortened { records: 0, first: until, last: until };
        let of = categories.entry(&record.category).or_insert(none);
        of.records += 1;
        (of.first, of.last) = (of.first.min(until), of.last.max(until));
    }
    categories
}
