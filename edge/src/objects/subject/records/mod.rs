//! The index of a person's records: what was stored under which key, sealed how, and until when.
//!
//! Bytes go past the object, straight between the Worker and the store. So that nothing in the store is ever unknown here,
//! an upload is written down before it begins, and becomes a record once it is whole; what comes to nothing is deleted.

mod index;
mod upload;

pub(super) use index::{PART, TABLES};
pub use index::{drop_damaged, due, expire, find, freeze, open_each, redate, remove};
pub use upload::{abandon, enter, expiry, reserve, settle};

use super::{
    super::db::{Db, Param, number, text},
    erase,
    person::Person,
    restriction,
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::context,
};
use consentry::{
    audit::Action,
    clock::Period,
    decider::{Caller, Decider as _},
    id::{CategoryId, EventId, PurposeId, SubjectId},
    records::{Command, Freeze, Ground, Record, RecordName, Records, Refusal, Why},
    vault::{Binding, stream::Segments},
};
use index::find_known;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use upload::{begin, commit};
use worker::Env;

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
