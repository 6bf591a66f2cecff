//! The index of a person's records: what was stored under which key, sealed how, and until when.
//!
//! Bytes go past the object, straight between the Worker and the store. So that nothing in the store is ever unknown here,
//! an upload is written down before it begins, and becomes a record once it is whole; what comes to nothing is deleted.

use super::{
    super::{
        db::{Db, Param, Row, number, text, time},
        outbox::Task,
        registry::{Concern, hashed},
    },
    decide::require_not_erased,
    ended, erase, hold,
    person::Person,
    restriction,
    seen::{self, Kind},
};
use crate::{
    config::Config,
    fault,
    kv::backstop,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::{context, now, random},
};
use consentry::{
    audit::Action,
    clock::{Period, Timestamp},
    decider::{Caller, CallerClass, Context, Decider as _},
    encoding::to_base64url,
    id::{CategoryId, EventId, PurposeId, SubjectId},
    records::{Command, Event, Freeze, Ground, Record, RecordName, Records, Refusal, Why},
    vault::{Binding, Mac, open, seal, stream::Segments},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use worker::Env;

pub(super) const TABLES: [&str; 2] = [
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

/// How long an upload may take, in seconds.
const UPLOAD: u64 = 600;

/// How many records are deleted in one go once their time is over.
pub(super) const PART: u64 = 100;

/// The most records of one page of a list.
const PAGE: u64 = 500;

/// What is asked about records.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// Make room for a record that is about to be uploaded.
    Begin {
        /// The person.
        subject: SubjectId,
        /// The event's id.
        id: EventId,
        /// Which record.
        place: Place,
        /// How long its category is kept.
        retention: Period,
        /// What its category is kept for.
        purposes: BTreeSet<PurposeId>,
    },
    /// The upload is whole.
    Commit {
        /// Where it was uploaded to.
        key: String,
        /// What it is to be.
        change: Box<Change>,
    },
    /// The upload failed.
    Abandon {
        /// Where it was uploaded to.
        key: String,
    },
    /// Read a record.
    Read {
        /// Which.
        place: Place,
        /// On what ground, should the person's data only be stored.
        ground: Option<Ground>,
        /// The name of the backend's key.
        by_key: String,
    },
    /// List records.
    List {
        /// Of this category alone.
        category: Option<CategoryId>,
        /// After the last of the page before.
        after: Option<String>,
        /// On what ground, should the person's data only be stored.
        ground: Option<Ground>,
        /// The name of the backend's key.
        by_key: String,
    },
    /// Delete a record.
    Delete {
        /// Which.
        place: Place,
        /// The name of the backend's key.
        by_key: String,
    },
    /// What the store holds is not what was sealed: whether that is still so of what counts.
    Damaged {
        /// Which record.
        place: Place,
        /// The event that had stored it.
        event: EventId,
    },
}

/// A record on its way in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change {
    /// The event's id.
    pub id: EventId,
    /// Which record.
    pub place: Place,
    /// The media type of its content.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u64,
    /// How long its category is kept.
    pub retention: Period,
    /// What its category is kept for.
    pub purposes: BTreeSet<PurposeId>,
    /// What is not handed out with a copy.
    pub withheld: Vec<String>,
    /// The name of the backend's key.
    pub by_key: String,
    /// Whether the id is the sender's, who may send the same again.
    pub repeatable: bool,
}

/// Which record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    /// Its category.
    pub category: CategoryId,
    /// Its name.
    pub name: RecordName,
}

/// What opens or seals one record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Slot {
    /// Where it is in the store.
    pub key: String,
    /// What it begins with there.
    #[serde(with = "consentry::encoding::base64url")]
    pub header: Vec<u8>,
    /// Its own key.
    #[serde(with = "consentry::encoding::base64url")]
    pub value_key: [u8; 32],
    /// Whom to ask about it, as the store keeps it beside the value.
    pub owner: Option<String>,
}

impl Slot {
    pub(super) fn of(key: &str, header: &[u8], person: &Person, config: &Config) -> Answer<Self> {
        let binding = Binding { site: &config.site, kind: "record", name: key };
        let segments = Segments::of(person.key.as_bytes(), header, binding).or_internal("records.slot")?;
        Ok(Self {
            key: key.to_owned(),
            header: header.to_vec(),
            value_key: *segments.key(),
            owner: person.owner(key, config)?,
        })
    }

    /// What its segments are sealed and opened with.
    pub fn segments(&self) -> Answer<Segments> {
        Segments::with_key(self.value_key, &self.header).or_internal("records.segments")
    }
}

/// The answer to [`Ask::Begin`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Begun {
    /// Where to upload to; nothing if the same event stored it already.
    pub slot: Option<Slot>,
    /// What is stored there now.
    pub stored: Option<Record>,
    /// Whether it is to be stored without an expiry of the store's own, since something keeps it.
    pub lasts: bool,
}

/// The answer to [`Ask::Commit`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// Whether it is stored now, where there was none.
    pub is_new: bool,
}

/// The answer to [`Ask::Read`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Found {
    /// The record.
    pub record: Record,
    /// What opens it.
    pub slot: Slot,
}

/// The answer to [`Ask::List`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Listed {
    /// The records, in no order that says anything.
    pub records: Vec<Record>,
    /// Where to go on; nothing at the end.
    pub next: Option<String>,
}

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
pub(super) fn drop_damaged(
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
        super::object::arm(db)
    })
}

/// Opens rows of the index, by the positions of their place and their body. One that does not open has been changed, which costs
/// it alone.
pub(super) fn open_each(
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

/// Answers.
pub async fn answer(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: Ask,
    by: Caller,
) -> Answer<serde_json::Value> {
    // What is to be done about it is done before the answer; what cannot be is the alarm's.
    let deliver = async |event| match event {
        Some(event) => super::object::deliver_event(db, env, config, event).await,
        None => Ok(()),
    };
    match ask {
        Ask::Begin { subject, id, place, retention, purposes } => {
            let begun = begin(db, config, subject, id, &place, (&retention, &purposes), by)?;
            fault::point("after-begin").await;
            json(begun)
        }
        Ask::Commit { key, change } => {
            let (stored, event) = commit(db, config, *change, &key, by)?;
            fault::point("after-commit").await;
            deliver(event).await?;
            json(stored)
        }
        Ask::Abandon { key } => {
            let _ = deliver(abandon(db, &key)?).await;
            json(())
        }
        Ask::Read { place, ground, by_key } => {
            let (found, event) = read(db, config, &place, ground, &by_key, by)?;
            deliver(Some(event)).await?;
            json(found)
        }
        Ask::List { category, after, ground, by_key } => {
            let (listed, event) = list(db, config, category.as_ref(), after, ground, &by_key, by)?;
            deliver(event).await?;
            json(listed)
        }
        Ask::Delete { place, by_key } => {
            let event = delete(db, config, &place, &by_key, by)?;
            fault::point("after-commit").await;
            deliver(Some(event)).await?;
            json(())
        }
        Ask::Damaged { place, event } => {
            let known = if db.exists()? && !erase::is_asked(db)? { Person::load(db, config)? } else { None };
            let found = known.map(|person| Ok((find(db, &person, &place, config)?, person))).transpose()?;
            // What was replaced or deleted while it was read is no incident.
            let Some((Some((record, _)), person)) =
                found.filter(|(found, _)| found.as_ref().is_some_and(|(record, _)| record.event == event))
            else {
                return json(false);
            };
            let event = person.damaged(db, &named(&record), config, &context(by)?)?;
            deliver(Some(event)).await?;
            json(true)
        }
    }
}

/// What the log calls a record.
pub(super) fn named(record: &Record) -> serde_json::Value {
    json!({"category": record.category, "name": record.name, "record": record.event})
}

fn json(value: impl Serialize) -> Answer<serde_json::Value> {
    serde_json::to_value(value).or_internal("records.answer")
}

fn begin(
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
pub(super) fn reserve(
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
    super::object::arm(db)?;
    Ok((key, header))
}

/// Makes an upload a record, within the transaction at hand.
#[expect(clippy::too_many_arguments, reason = "one place, called twice")]
pub(super) fn enter(
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

/// Gives a record another date, within the transaction at hand.
pub(super) fn redate(
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

/// What was restricted while it was uploaded is to outlast the store's own expiry as well.
pub(super) fn settle(db: &Db<'_>, event: EventId, key: &str) -> Answer<()> {
    if freeze(db)? > Freeze::None {
        db.enqueue(event, &Task::Lift { key: key.to_owned() })?;
    }
    Ok(())
}

/// When the store drops a record by itself, as a backstop: never, while something keeps it.
pub(super) fn expiry(db: &Db<'_>, record: &Record) -> Answer<Option<Timestamp>> {
    Ok((freeze(db)? == Freeze::None).then(|| backstop(record.retain_until)))
}

fn commit(
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
        super::object::arm(db).map(|()| event)
    })?;
    Ok((Stored { record, is_new: old_key.is_none() }, Some(event)))
}

/// Gives an upload up, and deletes whatever of it is in the store.
pub(super) fn abandon(db: &Db<'_>, key: &str) -> Answer<Option<EventId>> {
    if !db.exists()? || db.count("SELECT count(*) FROM uploads WHERE key = ?", [text(key)])? == 0 {
        return Ok(None);
    }
    let event = crate::world::event()?;
    db.transaction(|| {
        db.run("DELETE FROM uploads WHERE key = ?", [text(key)])?;
        db.enqueue(event, &Task::Delete { key: key.to_owned() })?;
        super::object::arm(db)
    })?;
    Ok(Some(event))
}

fn read(
    db: &Db<'_>,
    config: &Config,
    place: &Place,
    ground: Option<Ground>,
    by_key: &str,
    by: Caller,
) -> Answer<(Found, EventId)> {
    let (person, record, row) = find_known(db, config, place)?;
    require_ground(db, ground)?;
    let details = json!({
        "category": record.category, "name": record.name, "record": record.event, "ground": ground, "key": by_key,
    });
    let slot = Slot::of(row.text(1)?, row.bytes(2)?, &person, config)?;
    let event = person.log(db, Action::RecordRead, details, "read", config, &context(by)?)?;
    Ok((Found { record, slot }, event))
}

fn list(
    db: &Db<'_>,
    config: &Config,
    category: Option<&CategoryId>,
    after: Option<String>,
    ground: Option<Ground>,
    by_key: &str,
    by: Caller,
) -> Answer<(Listed, Option<EventId>)> {
    // An entry about somebody whom the log has forgotten would bring their key back.
    let person = if db.exists()? && !erase::is_asked(db)? { Person::load(db, config)? } else { None };
    let Some(person) = person else {
        return Ok((Listed { records: Vec::new(), next: None }, None));
    };
    require_ground(db, ground)?;
    let query = "SELECT place, body FROM records WHERE place > ? AND category = coalesce(?, category)
        ORDER BY place LIMIT ?";
    let category_hash = category.map_or(Param::Null, |category| text(person.category(category)));
    let rows = db.rows(query, [text(after.unwrap_or_default()), category_hash, number(PAGE + 1)])?;
    let page = rows.get(..usize::try_from(PAGE).unwrap_or(usize::MAX)).unwrap_or(&rows);
    let context = context(by)?;
    db.transaction(|| {
        let records = open_each(db, &person, page, (0, 1), config, &context)?;
        let records: Vec<_> = records.into_iter().flatten().collect();
        let last = if rows.len() > page.len() { page.last() } else { None };
        let next = last.map(|row| row.text(0)).transpose()?.map(str::to_owned);
        let details = json!({"category": category, "count": records.len(), "ground": ground, "key": by_key});
        let event = person.log(db, Action::RecordsListed, details, "listed", config, &context)?;
        super::object::arm_soon(db)?;
        Ok((Listed { records, next }, Some(event)))
    })
}

fn delete(db: &Db<'_>, config: &Config, place: &Place, by_key: &str, by: Caller) -> Answer<EventId> {
    let (person, record, row) = find_known(db, config, place)?;
    let context = context(by)?;
    let command = Command::Delete { why: Why::Site, freeze: freeze(db)? };
    let events = Records::decide(&Some(record.clone()), command, &context).map_err(refused)?;
    remove(db, &person, &record, row.text(1)?, &events, Some(by_key), config, &context)
}

#[expect(clippy::too_many_arguments, reason = "one place, called twice")]
pub(super) fn remove(
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
        super::object::arm(db).map(|()| event)
    })
}

/// Tells the registry when the first record of a category is there, or the last is gone: `turns` is how many there are then.
fn concern(
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

fn require_ground(db: &Db<'_>, ground: Option<Ground>) -> Answer<()> {
    // A legal hold keeps data from being deleted, not from being used.
    if ground.is_none() && restriction::holds(db)? {
        return Err(refused(Refusal::Frozen(Freeze::Restricted)));
    }
    Ok(())
}

pub(super) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Frozen(_) => Problem::frozen(sentence(&refusal)),
        Refusal::Missing => missing(),
        Refusal::AlreadyStored | Refusal::NotDue | Refusal::NotLonger => {
            Problem::conflict("records", "Not now", sentence(&refusal))
        }
    }
}

pub(super) fn missing() -> Problem {
    Problem::not_found("There is no such record of this person.")
}

fn late() -> Problem {
    let detail = format!("The upload was not whole within {UPLOAD} seconds, or was given up. Send it again.");
    Problem::conflict("upload-over", "The upload came too late", detail)
}

fn find_known(db: &Db<'_>, config: &Config, place: &Place) -> Answer<(Person, Record, Row)> {
    require_not_erased(db)?;
    let person = Person::load(db, config)?.ok_or_else(missing)?;
    let (record, row) = find(db, &person, place, config)?.ok_or_else(missing)?;
    Ok((person, record, row))
}

/// A record, and its row: place, key, header, body.
pub(super) fn find(
    db: &Db<'_>,
    person: &Person,
    place: &Place,
    config: &Config,
) -> Answer<Option<(Record, Row)>> {
    let at = person.place(place, config);
    let row = db.row("SELECT place, key, header, body FROM records WHERE place = ?", [text(&at)])?;
    row.map(|row| Ok((person.open_record(&at, row.bytes(3)?, config)?, row))).transpose()
}

impl Person {
    /// Where a record stands in the index: a keyed hash, so that the index says nothing of itself.
    fn place(&self, place: &Place, config: &Config) -> String {
        let mac = Mac::new(self.key.as_bytes(), "consentry/record/place/v1").chain(&config.site).chain("\n");
        // A category's name has no slash.
        let mac = mac.chain(place.category.as_str()).chain("/").chain(place.name.as_str());
        to_base64url(&mac.finish16())
    }

    pub(super) fn category(&self, category: &CategoryId) -> String {
        let mac = Mac::new(self.key.as_bytes(), "consentry/record/category/v1").chain(category.as_str());
        to_base64url(&mac.finish16())
    }

    fn seal_record(&self, at: &str, record: &Record, config: &Config, context: &Context) -> Answer<Vec<u8>> {
        let plain = serde_json::to_vec(record).or_internal("records.encode")?;
        let binding = Binding { site: &config.site, kind: "record-index", name: at };
        // Many may be sealed in one go.
        let nonce = context.derive16(&format!("record nonce {at}"));
        seal(self.key.as_bytes(), &nonce, binding, &plain).or_internal("records.seal")
    }

    pub(super) fn open_record(&self, at: &str, body: &[u8], config: &Config) -> Answer<Record> {
        let binding = Binding { site: &config.site, kind: "record-index", name: at };
        // What does not open in its place has been changed: an incident.
        let plain = open(self.key.as_bytes(), binding, body).or_internal("records.integrity")?;
        serde_json::from_slice(&plain).or_internal("records.decode")
    }
}
