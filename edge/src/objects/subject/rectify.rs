//! A record that the person puts right: written anew beside the old one, which goes when the new one counts.

use super::{
    super::{db::Db, outbox::Task},
    decide::require_not_erased,
    person::Person,
    records::{self, Place, Slot},
};
use crate::{
    config::Config,
    kv::Retention,
    problem::{Answer, OrInternal as _, Problem, sentence},
    sealed::{self, Opened},
    world::{context, event},
};
use consentry::{
    audit::Action,
    decider::{CallerClass, Context, Decider as _},
    id::EventId,
    policy::Policy,
    records::{Command, Freeze, Record, Records, Refusal},
    rights::{Named, copy::is_json, rectify},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use worker::Env;

/// The largest record that is put right this way, in bytes.
const LARGEST: u64 = 1 << 20;

/// The most of what was there before and is there now that one entry of the log has, in bytes.
const LONGEST: usize = 24 * 1024;

/// A record put right and stored, which does not count yet.
pub struct Change {
    place: Place,
    key: String,
    header: Vec<u8>,
    record: Record,
    replaces: EventId,
    before: BTreeMap<String, Value>,
    after: BTreeMap<String, Value>,
}

/// Whether people may put all of this right themselves.
pub fn is_own(record: &Named, changes: &BTreeMap<String, Value>, policy: &Policy) -> bool {
    let category = policy.category(&record.category);
    !changes.is_empty()
        && category.is_some_and(|category| changes.keys().all(|pointer| category.is_rectifiable(pointer)))
}

/// Puts it right and stores it.
pub async fn prepare(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: &Person,
    named: &Named,
    changes: &BTreeMap<String, Value>,
    is_new: bool,
) -> Answer<Change> {
    let place = Place { category: named.category.clone(), name: named.name.clone() };
    let found = if is_new { None } else { records::find(db, person, &place, config)? };
    let (record, row) = found.ok_or_else(records::missing)?;
    if !is_json(&record.media_type) || record.size > LARGEST {
        let detail =
            "Members can be put right in JSON records of up to 1 MiB. Say in your own words what is wrong.";
        return Err(Problem::invalid("record", detail));
    }
    let store = Retention::bound(env)?;
    let slot = Slot::of(row.text(1)?, row.bytes(2)?, person, config)?;
    let content = match sealed::open_whole(&store, &slot, &record).await? {
        Ok(content) => content,
        Err(Opened::Damaged) => {
            let context = context(CallerClass::System.into())?;
            db.transaction(|| {
                person.damaged(db, &records::named(&record), config, &context)?;
                super::object::arm_soon(db)
            })?;
            super::object::deliver_now(db, env, config).await?;
            return Err(Problem::damaged());
        }
        Err(_) => return Err(Problem::unavailable("The record is not visible here yet. Please try again.")),
    };
    let content: Value = serde_json::from_slice(&content).map_err(|_| {
        Problem::invalid("record", "The record is not JSON. Say in your own words what is wrong.")
    })?;
    let right = rectify(&content, changes).map_err(|e| Problem::invalid("changes", sentence(&e)))?;
    let entered = serde_json::to_vec(&(&right.before, changes)).or_internal("rectify.entry")?;
    if entered.len() > LONGEST {
        let detail = "The entry would have too much in it of what was there before and is right. Change less at a time.";
        return Err(Problem::invalid("changes", detail));
    }
    let content = serde_json::to_vec(&right.content).or_internal("rectify.encode")?;
    let command = Command::Rectify {
        id: event()?,
        size: u64::try_from(content.len()).or_internal("rectify.size")?,
        freeze: records::freeze(db)?,
    };
    let now = context(CallerClass::System.into())?;
    let events = Records::decide(&Some(record.clone()), command, &now).map_err(records::refused)?;
    let new = Records::replay(&events).or_internal("rectify.record")?;
    // An erasure that began while the record was read has written down what there is to delete.
    require_not_erased(db)?;
    let (key, header) = db.transaction(|| records::reserve(db, person, new.retain_until, config))?;
    let slot = Slot::of(&key, &header, person, config)?;
    let kept = (config.keyring.active(), records::expiry(db, &new)?);
    if let Err(problem) = sealed::store_whole(&store, &slot, &new, &content, kept).await {
        records::abandon(db, &key)?;
        return Err(problem);
    }
    Ok(Change {
        place,
        key,
        header,
        record: new,
        replaces: record.event,
        before: right.before,
        after: changes.clone(),
    })
}

/// Gives it up.
pub fn abandon(db: &Db<'_>, change: &Change) -> Answer<()> {
    records::abandon(db, &change.key).map(drop)
}

/// Makes it count, within the transaction of its request.
pub fn commit(
    db: &Db<'_>,
    person: &Person,
    change: &Change,
    request: EventId,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let Change { place, key, header, record, replaces, before, after } = change;
    let found = records::find(db, person, place, config)?.ok_or_else(records::missing)?;
    if found.0.event != *replaces {
        let detail =
            "The site changed the record at the same moment. Look at it, and ask again if it is still wrong.";
        return Err(Problem::conflict("record-changed", "The record was changed meanwhile", detail));
    }
    // Its date may have been brought forward meanwhile.
    let record = &Record { retain_until: found.0.retain_until, ..record.clone() };
    // Something may have begun to keep it meanwhile.
    let freeze = records::freeze(db)?;
    if freeze == Freeze::LegalHold {
        return Err(records::refused(Refusal::Frozen(freeze)));
    }
    records::enter(db, person, place, key, header, record, config, context)?;
    let details = json!({
        "category": record.category, "name": record.name, "record": record.event, "request": request,
        "before": before, "after": after,
    });
    let event = person.log(db, Action::RecordRectified, details, "rectified", config, context)?;
    db.enqueue(event, &Task::Delete { key: found.1.text(1)?.to_owned() })?;
    records::settle(db, event, key)
}
