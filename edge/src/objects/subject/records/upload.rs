//! A record on its way in: written down before its upload begins, and made a record once that is whole.

use super::{
    super::{
        super::{
            db::{Db, Param, number, text, time},
            outbox::Task,
        },
        decide::require_not_erased,
        ended, object,
        person::Person,
        seen::{self, Kind},
    },
    Begun, Change, Place, Slot, Stored,
    index::{concern, find, freeze},
    refused,
};
use crate::{
    config::Config,
    kv::backstop,
    problem::{Answer, OrInternal as _, Problem},
    world::{context, now, random},
};
use consentry::{
    audit::Action,
    clock::{Period, Timestamp},
    decider::{Caller, Context, Decider as _},
    id::{EventId, PurposeId, SubjectId},
    records::{Command, Freeze, Record, Records, Refusal},
    vault::{Binding, stream::Segments},
};
use serde_json::json;
use std::collections::BTreeSet;

/// How long an upload may take, in seconds.
const UPLOAD: u64 = 600;

pub fn begin(
    db: &Db<'_>,
    config: &Config,
    subject: SubjectId,
    id: EventId,
    place: &Place,
    (retention, purposes): (&Period, &BTreeSet<PurposeId>),
    by: Caller,
) -> Answer<Begun> {
    require_not_erased(db)?;
    let context = context(by)?;
    let known = Person::load(db, config)?;
    let is_new = known.is_none();
    let person = known.map_or_else(|| Person::new(subject, config, &context), Ok)?;
    let stored = if is_new { None } else { find(db, &person, place, config)?.map(|(record, _)| record) };
    if stored.as_ref().is_some_and(|record| record.event == id) {
        return Ok(Begun { slot: None, stored, lasts: false });
    }
    if let Some(before) = if is_new { None } else { stored_before(db, &person, place, id, config)? } {
        return Ok(Begun { slot: None, stored: Some(before), lasts: false });
    }
    if stored.is_some() && !is_new {
        // Said before anything is uploaded; what counts is said again once it is.
        let freeze = freeze(db)?;
        if freeze > Freeze::None {
            return Err(refused(Refusal::Frozen(freeze)));
        }
    }
    if !is_new {
        ended::require_permitted(db, &person, purposes, config)?;
    }
    let (key, header) = db.transaction(|| {
        db.create()?;
        if is_new {
            person.save(db, config, &context)?;
            // The upload may come to nothing.
            person.introduce(db, &context)?;
        }
        reserve(db, &person, retention.after(context.now), config)
    })?;
    let slot = Slot::of(&key, &header, &person, config)?;
    Ok(Begun { slot: Some(slot), stored, lasts: freeze(db)? > Freeze::None })
}

/// What was stored there by this very event, whatever stands there now.
fn stored_before(
    db: &Db<'_>,
    person: &Person,
    place: &Place,
    id: EventId,
    config: &Config,
) -> Answer<Option<Record>> {
    seen::find(db, person, Kind::Record, &storing(person, place, id, config), config)
}

/// What an event that stores something there is remembered by.
fn storing(person: &Person, place: &Place, id: EventId, config: &Config) -> String {
    format!("{}/{id}", person.place(place, config))
}

/// Writes an upload down before it begins: where it goes, and what it begins with there. The name is its own, so that what
/// one seals is never mistaken for what another did.
pub fn reserve(
    db: &Db<'_>,
    person: &Person,
    retain_until: Timestamp,
    config: &Config,
) -> Answer<(String, Vec<u8>)> {
    let key = format!("record/{}/{}", person.store, EventId::from_bytes(random()?));
    let binding = Binding { site: &config.site, kind: "record", name: &key };
    let (_, header) =
        Segments::new(person.key.as_bytes(), &random()?, binding).or_internal("records.header")?;
    let header = header.to_vec();
    let row = [text(&key), Param::Blob(header.clone()), time(now().plus_seconds(UPLOAD))];
    db.run("INSERT INTO uploads (key, header, due) VALUES (?, ?, ?)", row)?;
    db.run("INSERT INTO keys (key, retain_until) VALUES (?, ?)", [text(&key), time(retain_until)])?;
    object::arm(db)?;
    Ok((key, header))
}

/// Makes an upload a record, within the transaction at hand.
#[expect(clippy::too_many_arguments, reason = "one place, called twice")]
pub fn enter(
    db: &Db<'_>,
    person: &Person,
    place: &Place,
    key: &str,
    header: &[u8],
    record: &Record,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let at = person.place(place, config);
    let body = person.seal_record(&at, record, config, context)?;
    db.run("DELETE FROM uploads WHERE key = ?", [text(key)])?;
    let row = [
        text(&at),
        text(person.category(&record.category)),
        text(key),
        Param::Blob(header.to_vec()),
        time(record.retain_until),
        number(record.size),
        Param::Blob(body),
    ];
    let insert = "INSERT OR REPLACE INTO records (place, category, key, header, retain_until, size, body)
        VALUES (?, ?, ?, ?, ?, ?, ?)";
    db.run(insert, row)?;
    db.run("UPDATE keys SET retain_until = ? WHERE key = ?", [time(record.retain_until), text(key)])
}

/// What was restricted while it was uploaded is to outlast the store's own expiry as well.
pub fn settle(db: &Db<'_>, event: EventId, key: &str) -> Answer<()> {
    if freeze(db)? > Freeze::None {
        db.enqueue(event, &Task::Lift { key: key.to_owned() })?;
    }
    Ok(())
}

/// When the store drops a record by itself, as a backstop: never, while something keeps it.
pub fn expiry(db: &Db<'_>, record: &Record) -> Answer<Option<Timestamp>> {
    Ok((freeze(db)? == Freeze::None).then(|| backstop(record.retain_until)))
}

pub fn commit(
    db: &Db<'_>,
    config: &Config,
    change: Change,
    key: &str,
    by: Caller,
) -> Answer<(Stored, Option<EventId>)> {
    require_not_erased(db)?;
    let context = context(by)?;
    let person = Person::load(db, config)?.ok_or_else(late)?;
    let upload = db.row("SELECT header FROM uploads WHERE key = ?", [text(key)])?.ok_or_else(late)?;
    if let Some(record) = stored_before(db, &person, &change.place, change.id, config)? {
        return Ok((Stored { record, is_new: false }, abandon(db, key)?));
    }
    // The person may have ended what it is for while it was uploaded.
    if let Err(problem) = ended::require_permitted(db, &person, &change.purposes, config) {
        abandon(db, key)?;
        return Err(problem);
    }
    let before = find(db, &person, &change.place, config)?;
    let (state, old_key) = before.map_or((None, None), |(record, row)| (Some(record), Some(row)));
    let old_key = old_key.map(|row| row.text(1).map(str::to_owned)).transpose()?;
    let Change { id, place, media_type, size, retention, withheld, by_key, repeatable, .. } = change;
    let Place { category, name } = place.clone();
    let freeze = freeze(db)?;
    let command = Command::Store { id, category, name, media_type, size, retention, withheld, freeze };
    let events = match Records::decide(&state, command, &context) {
        Ok(events) => events,
        Err(refusal) => {
            let event = abandon(db, key)?;
            return match (refusal, state) {
                (Refusal::AlreadyStored, Some(record)) => Ok((Stored { record, is_new: false }, event)),
                (refusal, _) => Err(refused(refusal)),
            };
        }
    };
    let record = Records::replay(&events).or_internal("records.stored")?;
    let details = json!({
        "category": record.category, "name": record.name, "record": record.event, "size": record.size,
        "media_type": record.media_type, "retain_until": record.retain_until, "key": by_key,
    });
    let event = db.transaction(|| {
        enter(db, &person, &place, key, upload.bytes(0)?, &record, config, &context)?;
        let event = person.log(db, Action::RecordStored, details.clone(), "stored", config, &context)?;
        if old_key.is_none() {
            concern(db, &person, event, &record.category, 1, config)?;
        }
        if let Some(old) = &old_key {
            db.enqueue(event, &Task::Delete { key: old.clone() })?;
        }
        settle(db, event, key)?;
        if repeatable {
            let name = storing(&person, &place, id, config);
            seen::remember(db, &person, Kind::Record, &name, &record, config, &context)?;
        }
        object::arm(db).map(|()| event)
    })?;
    Ok((Stored { record, is_new: old_key.is_none() }, Some(event)))
}

/// Gives an upload up, and deletes whatever of it is in the store.
pub fn abandon(db: &Db<'_>, key: &str) -> Answer<Option<EventId>> {
    if !db.exists()? || db.count("SELECT count(*) FROM uploads WHERE key = ?", [text(key)])? == 0 {
        return Ok(None);
    }
    let event = crate::world::event()?;
    db.transaction(|| {
        db.run("DELETE FROM uploads WHERE key = ?", [text(key)])?;
        db.enqueue(event, &Task::Delete { key: key.to_owned() })?;
        object::arm(db)
    })?;
    Ok(Some(event))
}

fn late() -> Problem {
    let detail = format!("The upload was not whole within {UPLOAD} seconds, or was given up. Send it again.");
    Problem::conflict("upload-over", "The upload came too late", detail)
}
