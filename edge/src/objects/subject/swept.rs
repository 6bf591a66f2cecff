//! What the store holds about the person against what is kept account of here: asked by the sweep, and put right.

use super::{
    super::{
        audit_log::{self, SiteEntry},
        db::{Db, text},
        outbox::Task,
    },
    erase,
    person::Person,
    records,
    shortened::{self, Longer, Retentions},
};
use crate::{
    config::Config,
    kv::{Retention, backstop},
    problem::{Answer, Problem, sentence},
    world::{context, event, now},
};
use consentry::{
    audit::Action,
    clock::Timestamp,
    decider::CallerClass,
    id::EventId,
    records::{
        Freeze,
        sweep::{Account, Finding, Judged, Seen, judge},
    },
    store::Store as _,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use worker::Env;

/// Judges each of these values, in their order; puts right what is wrong, if that is wanted.
pub async fn swept(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    seen: &[Seen],
    retentions: &Retentions,
    repair: bool,
) -> Answer<Vec<Judged>> {
    let exists = db.exists()?;
    // Who is opened is put under the active key.
    let person = Person::load(db, config)?;
    let longer = person.as_ref().map(|person| shortened::longer(db, person, seen, retentions, config));
    let longer = longer.transpose()?.unwrap_or_default();
    let frozen = exists && records::freeze(db)? > Freeze::None;
    let mut judged = Vec::new();
    for seen in seen {
        let account = if exists { account(db, &seen.key, frozen)? } else { Account::Unknown };
        // What is kept is not deleted, even if nobody knows any more what it was.
        let is_ours = |found| !(frozen && found == Finding::Unaccounted);
        let found = judge(seen, account, now());
        let found = found.or_else(|| longer.contains_key(&seen.key).then_some(Finding::Longer));
        judged.push(found.map(|found| (found, repair && is_ours(found))));
    }
    if exists {
        repair_all(db, env, config, person.as_ref(), seen, &longer, &mut judged).await?;
    } else {
        // Nobody is here whose the values could be.
        for (key, found, is_repaired) in to_repair(seen, &mut judged) {
            *is_repaired = dropped(env, config, key, found).await.is_ok();
        }
    }
    Ok(judged)
}

/// What is to be put right, with the place to say so.
fn to_repair<'a>(
    seen: &'a [Seen],
    judged: &'a mut [Judged],
) -> impl Iterator<Item = (&'a str, Finding, &'a mut bool)> {
    let judged = seen.iter().zip(judged);
    judged.filter_map(|(seen, judged)| {
        let (found, is_repaired) = judged.as_mut()?;
        is_repaired.then_some((seen.key.as_str(), *found, is_repaired))
    })
}

/// Has everything that is to be put right put right. What is written down is done, if not now then by the alarm.
async fn repair_all(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: Option<&Person>,
    seen: &[Seen],
    longer: &BTreeMap<String, Longer>,
    judged: &mut [Judged],
) -> Answer<()> {
    let wrong: Vec<_> = to_repair(seen, judged).map(|(key, found, _)| (key, found)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    // After a new policy it may be nearly everything in the store: the walk does not wait for that, it is the alarm's.
    let waits = wrong.iter().any(|(_, found)| *found != Finding::Longer);
    let id = event()?;
    db.transaction(|| {
        if let Some(person) = person {
            // First: what else is put right goes by the new dates.
            shortened::shorten(db, person, longer, config)?;
        }
        for (key, found) in &wrong {
            put_right(db, id, key, *found, config)?;
        }
        super::object::arm_soon(db)
    })?;
    let is_expiring = records::expire(db, config).is_ok();
    for (key, found, is_repaired) in to_repair(seen, judged) {
        // Its deletion is not written down until it can be made.
        *is_repaired = is_expiring || found != Finding::Overdue || !is_record(db, key)?;
    }
    if waits {
        let _ = super::object::deliver_now(db, env, config).await;
    }
    Ok(())
}

/// Deletes a value. What the log does not take does not happen.
async fn dropped(env: &Env, config: &Config, key: &str, found: Finding) -> Answer<()> {
    audit_log::append(env, &entry(key, found, config)?).await?;
    let deleted = Retention::bound(env)?.delete(key).await;
    deleted.map_err(|e| Problem::unavailable(sentence(&e)))
}

fn is_record(db: &Db<'_>, key: &str) -> Answer<bool> {
    Ok(db.count("SELECT count(*) FROM records WHERE key = ?", [text(key)])? > 0)
}

fn account(db: &Db<'_>, key: &str, frozen: bool) -> Answer<Account> {
    if let Some(row) = db.row("SELECT retain_until FROM keys WHERE key = ?", [text(key)])? {
        return Ok(Account::Kept { until: row.time(0)?, frozen });
    }
    let leaving = db.count("SELECT count(*) FROM late_deletes WHERE key = ?", [text(key)])?;
    Ok(if leaving > 0 { Account::Leaving } else { Account::Unknown })
}

/// Has one value put right.
fn put_right(db: &Db<'_>, id: EventId, key: &str, found: Finding, config: &Config) -> Answer<()> {
    match found {
        // A record is deleted as any other whose time is over, with its own entry.
        Finding::Overdue if is_record(db, key)? => return Ok(()),
        // All of them are put right together.
        Finding::Longer => return Ok(()),
        Finding::Overdue | Finding::Unaccounted => db.enqueue(id, &Task::Delete { key: key.to_owned() })?,
        Finding::Lasting | Finding::Early => settle(db, id, key)?,
    }
    let context = context(CallerClass::System.into())?;
    // Of somebody being erased the log may have forgotten the key already.
    let person = if erase::is_asked(db)? { None } else { Person::load(db, config)? };
    match person {
        Some(person) => {
            let label = format!("swept {key}");
            person.log(db, Action::RetentionRepaired, details(key, found), &label, config, &context).map(drop)
        }
        None => db.enqueue(id, &Task::Append { entry: entry(key, found, config)? }),
    }
}

/// The entry for something put right of nobody known.
pub fn entry(key: &str, found: Finding, config: &Config) -> Answer<audit_log::NewEntry> {
    let entry =
        SiteEntry { event: event()?, action: Action::RetentionRepaired, details: details(key, found) };
    entry.seal(CallerClass::System.into(), config)
}

fn details(key: &str, found: Finding) -> Value {
    json!({"found": found, "kind": key.split('/').next()})
}

/// Has the store's own expiry of a value be what it should be now.
fn settle(db: &Db<'_>, id: EventId, key: &str) -> Answer<()> {
    let until = db.row("SELECT retain_until FROM keys WHERE key = ?", [text(key)])?;
    let until = until.map(|row| row.time(0)).transpose()?;
    let task = match until {
        Some(until) if records::freeze(db)? == Freeze::None => {
            Task::Expire { key: key.to_owned(), expires: backstop(until) }
        }
        _ => Task::Lift { key: key.to_owned() },
    };
    db.enqueue(id, &task)
}

/// Has the store's own expiries lifted, of everything: something keeps it.
pub fn lift_all(db: &Db<'_>, id: EventId) -> Answer<()> {
    for row in db.rows("SELECT key FROM keys ORDER BY key", [])? {
        db.enqueue(id, &Task::Lift { key: row.text(0)?.to_owned() })?;
    }
    Ok(())
}

/// Has the store drop everything by itself again, in time: nothing keeps it any more.
pub fn expire_all(db: &Db<'_>, id: EventId) -> Answer<()> {
    if records::freeze(db)? > Freeze::None {
        return Ok(());
    }
    let query = "SELECT key, retain_until, key IN (SELECT key FROM records) FROM keys ORDER BY key";
    for row in db.rows(query, [])? {
        let (key, until): (_, Timestamp) = (row.text(0)?.to_owned(), row.time(1)?);
        // A record whose time is over is deleted as any other.
        let is_over = until <= now() && row.number(2)? == 0;
        let task =
            if is_over { Task::Delete { key } } else { Task::Expire { key, expires: backstop(until) } };
        db.enqueue(id, &task)?;
    }
    Ok(())
}
