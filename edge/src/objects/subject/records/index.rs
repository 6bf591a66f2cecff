//! The rows of the index, how one is found and opened, and how it goes when its time is over.

use super::{
    super::{
        super::{
            db::{Db, Param, Row, number, text, time},
            outbox::Task,
            registry::{Concern, hashed},
        },
        decide::require_not_erased,
        ended, erase, hold, object,
        person::Person,
        restriction,
    },
    Place, missing, refused,
    upload::abandon,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    world::{context, now},
};
use consentry::{
    audit::Action,
    clock::Timestamp,
    decider::{CallerClass, Context, Decider as _},
    encoding::to_base64url,
    id::{CategoryId, EventId},
    records::{Command, Event, Freeze, Record, Records, Why},
    vault::{Binding, Mac, open, seal},
};
use serde_json::json;

/// The tables.
pub const TABLES: [&str; 2] = [
    // `place` and `category` are keyed hashes, `body` is the sealed record. What is asked of one record, or of the next that is
    // over, is not to grow with how many there are.
    "CREATE TABLE IF NOT EXISTS records (place TEXT PRIMARY KEY, category TEXT NOT NULL, key TEXT NOT NULL,
        header BLOB NOT NULL, retain_until INTEGER NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS records_by_category ON records (category, place);
    CREATE INDEX IF NOT EXISTS records_by_key ON records (key);
    CREATE INDEX IF NOT EXISTS records_by_time ON records (retain_until)",
    // Uploads that have begun; those that are not whole by `due` have come to nothing.
    "CREATE TABLE IF NOT EXISTS uploads (key TEXT PRIMARY KEY, header BLOB NOT NULL, due INTEGER NOT NULL)",
];

/// How many records are deleted in one go once their time is over.
pub const PART: u64 = 100;

/// What keeps the person's records from being changed.
pub fn freeze(db: &Db<'_>) -> Answer<Freeze> {
    Ok(if hold::holds(db)? {
        Freeze::LegalHold
    } else if restriction::holds(db)? {
        Freeze::Restricted
    } else {
        Freeze::None
    })
}

/// When the next record's time is over, or the next upload's.
pub fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let uploads = db.first_time("SELECT min(due) FROM uploads")?;
    let records = match freeze(db)? {
        // What is left of somebody erased goes with the erasure.
        _ if erase::is_asked(db)? => None,
        Freeze::None if ended::is_under_way(db)? => Some(now()),
        Freeze::None => db.first_time("SELECT min(retain_until) FROM records")?,
        Freeze::Restricted | Freeze::LegalHold => None,
    };
    Ok([uploads, records].into_iter().flatten().min())
}

/// Deletes what is over.
pub fn expire(db: &Db<'_>, config: &Config) -> Answer<()> {
    let over = db.rows("SELECT key FROM uploads WHERE due <= ?", [time(now())])?;
    over.iter().try_for_each(|row| abandon(db, row.text(0)?).map(drop))?;
    if erase::is_asked(db)? {
        // Its own steps delete everything; an entry after the log has forgotten the person would bring their key back.
        return Ok(());
    }
    let Some(person) = Person::load_or_lost(db, config)? else { return Ok(()) };
    if person.is_lost {
        // What had ended cannot be read any more.
        db.unset_meta(["ending"])?;
    } else {
        ended::delete(db, &person, config)?;
    }
    let freeze = freeze(db)?;
    let query = "SELECT place, key, body FROM records WHERE retain_until <= ? ORDER BY retain_until LIMIT ?";
    for row in db.rows(query, [time(now()), number(PART)])? {
        if freeze > Freeze::None {
            return Ok(());
        }
        let context = context(CallerClass::System.into())?;
        let Ok(record) = person.open_record(row.text(0)?, row.bytes(2)?, config) else {
            drop_damaged(db, &person, row.text(0)?, row.text(1)?, config, &context)?;
            continue;
        };
        let command = Command::Delete { why: Why::Retention, freeze };
        let events = Records::decide(&Some(record.clone()), command, &context).map_err(refused)?;
        remove(db, &person, &record, row.text(1)?, &events, None, config, &context)?;
    }
    Ok(())
}

/// Deletes a record whose row cannot be read: nobody can say any more what it was, only that its time is over.
pub fn drop_damaged(
    db: &Db<'_>,
    person: &Person,
    place: &str,
    key: &str,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    db.transaction(|| {
        db.run("DELETE FROM records WHERE place = ?", [text(place)])?;
        let event = person.damaged(db, &json!({"place": place, "deleted": true}), config, context)?;
        db.enqueue(event, &Task::Delete { key: key.to_owned() })?;
        object::arm(db)
    })
}

/// Opens rows of the index, by the positions of their place and their body. One that does not open has been changed, which costs
/// it alone.
pub fn open_each(
    db: &Db<'_>,
    person: &Person,
    rows: &[Row],
    (place, body): (usize, usize),
    config: &Config,
    context: &Context,
) -> Answer<Vec<Option<Record>>> {
    let open = |row: &Row| {
        let at = row.text(place)?;
        match person.open_record(at, row.bytes(body)?, config) {
            Ok(record) => Ok(Some(record)),
            Err(_) => person.damaged(db, &json!({"place": at}), config, context).map(|_| None),
        }
    };
    rows.iter().map(open).collect()
}

/// Gives a record another date, within the transaction at hand.
pub fn redate(
    db: &Db<'_>,
    person: &Person,
    at: &str,
    key: &str,
    record: &Record,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let body = person.seal_record(at, record, config, context)?;
    let row = [time(record.retain_until), Param::Blob(body), text(at)];
    db.run("UPDATE records SET retain_until = ?, body = ? WHERE place = ?", row)?;
    db.run("UPDATE keys SET retain_until = ? WHERE key = ?", [time(record.retain_until), text(key)])
}

#[expect(clippy::too_many_arguments, reason = "one place, called twice")]
pub fn remove(
    db: &Db<'_>,
    person: &Person,
    record: &Record,
    key: &str,
    events: &[Event],
    by_key: Option<&str>,
    config: &Config,
    context: &Context,
) -> Answer<EventId> {
    let Some(Event::Deleted { why, .. }) = events.first() else {
        return Err(Problem::internal("records.deleted"));
    };
    let place = Place { category: record.category.clone(), name: record.name.clone() };
    let at = person.place(&place, config);
    let details = json!({
        "category": record.category, "name": record.name, "record": record.event, "why": why, "key": by_key,
    });
    db.transaction(|| {
        db.run("DELETE FROM records WHERE place = ?", [text(&at)])?;
        let event = person.log(
            db,
            Action::RecordDeleted,
            details.clone(),
            &format!("deleted {at}"),
            config,
            context,
        )?;
        concern(db, person, event, &record.category, 0, config)?;
        db.enqueue(event, &Task::Delete { key: key.to_owned() })?;
        object::arm(db).map(|()| event)
    })
}

/// Tells the registry when the first record of a category is there, or the last is gone: `turns` is how many there are then.
pub fn concern(
    db: &Db<'_>,
    person: &Person,
    event: EventId,
    category: &CategoryId,
    turns: u64,
    config: &Config,
) -> Answer<()> {
    let query = "SELECT count(*) FROM (SELECT 1 FROM records WHERE category = ? LIMIT 2)";
    let Some(subject) = person.subject else { return Ok(()) };
    if db.count(query, [text(person.category(category))])? != turns {
        return Ok(());
    }
    let seq = db.meta("concern")?.and_then(|text| text.parse().ok()).unwrap_or(0) + 1;
    db.set_meta("concern", &u64::to_string(&seq))?;
    let concern = Concern { subject, category: Some(hashed(category, config)), is_concerned: turns > 0, seq };
    // By an event of its own: who stores or deletes a record does not wait for it.
    db.enqueue(event.derive("concern"), &Task::Concern { concern })
}

pub fn find_known(db: &Db<'_>, config: &Config, place: &Place) -> Answer<(Person, Record, Row)> {
    require_not_erased(db)?;
    let person = Person::load(db, config)?.ok_or_else(missing)?;
    let (record, row) = find(db, &person, place, config)?.ok_or_else(missing)?;
    Ok((person, record, row))
}

/// A record, and its row: place, key, header, body.
pub fn find(db: &Db<'_>, person: &Person, place: &Place, config: &Config) -> Answer<Option<(Record, Row)>> {
    let at = person.place(place, config);
    let row = db.row("SELECT place, key, header, body FROM records WHERE place = ?", [text(&at)])?;
    row.map(|row| Ok((person.open_record(&at, row.bytes(3)?, config)?, row))).transpose()
}

impl Person {
    /// Where a record stands in the index: a keyed hash, so that the index says nothing of itself.
    pub(super) fn place(&self, place: &Place, config: &Config) -> String {
        let mac = Mac::new(self.key.as_bytes(), "consentry/record/place/v1").chain(&config.site).chain("\n");
        // A category's name has no slash.
        let mac = mac.chain(place.category.as_str()).chain("/").chain(place.name.as_str());
        to_base64url(&mac.finish16())
    }

    pub(in super::super) fn category(&self, category: &CategoryId) -> String {
        let mac = Mac::new(self.key.as_bytes(), "consentry/record/category/v1").chain(category.as_str());
        to_base64url(&mac.finish16())
    }

    pub(super) fn seal_record(
        &self,
        at: &str,
        record: &Record,
        config: &Config,
        context: &Context,
    ) -> Answer<Vec<u8>> {
        let plain = serde_json::to_vec(record).or_internal("records.encode")?;
        let binding = Binding { site: &config.site, kind: "record-index", name: at };
        // Many may be sealed in one go.
        let nonce = context.derive16(&format!("record nonce {at}"));
        seal(self.key.as_bytes(), &nonce, binding, &plain).or_internal("records.seal")
    }

    pub(in super::super) fn open_record(&self, at: &str, body: &[u8], config: &Config) -> Answer<Record> {
        let binding = Binding { site: &config.site, kind: "record-index", name: at };
        // What does not open in its place has been changed: an incident.
        let plain = open(self.key.as_bytes(), binding, body).or_internal("records.integrity")?;
        serde_json::from_slice(&plain).or_internal("records.decode")
    }
}
