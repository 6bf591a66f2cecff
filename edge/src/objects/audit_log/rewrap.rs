//! Another active key: what the log has under earlier ones is put under it, a part at a time, and people's objects do the same.
//! The leaves stay as they are, since they commit to what is sealed and not to the seal.

use super::{
    LogName, NewEntry,
    jobs::{Job, schedule},
    seal::{SealedBy, SiteEntry, open_payload, reseal},
    sequence::Sequence,
};
use crate::{
    config::Config,
    objects::{
        db::{Db, Param, number, text},
        subject::{self, Call},
    },
    problem::{Answer, OrInternal as _},
    world::{self, now, random},
};
use consentry::{
    audit::Action,
    clock::Timestamp,
    decider::CallerClass,
    encoding::{from_base64url, to_base64url},
    id::SubjectId,
    pseudonym::Domain,
    vault::{Binding, DataKey, KeyUse, WrappedKey, open},
};
use futures_util::future::join_all;
use serde_json::json;
use std::collections::BTreeMap;
use worker::Env;

/// How far each kind of thing is.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS rewrapping (
    what TEXT PRIMARY KEY, active TEXT NOT NULL, after TEXT NOT NULL, changed INTEGER NOT NULL, failed INTEGER NOT NULL)";

/// The most that is done at once: of each person, their object is asked.
const PART: u64 = 200;
const AT_ONCE: usize = 6;

/// How long until what failed is tried again, and until everything is looked at once more while earlier keys are there: an
/// isolate of an earlier deployment may still have written under one.
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

const DONE: &str = "done";

/// Sees to it that the work is begun, if there is any.
pub fn begin(db: &Db<'_>, config: &Config) -> Answer<()> {
    if config.keyring.ids().count() > 1 {
        schedule(db, Job::Rewrap, now())?;
    }
    Ok(())
}

/// How far one kind of thing is.
struct Progress {
    after: String,
    changed: u64,
    failed: u64,
}

impl Progress {
    fn load(db: &Db<'_>, what: &str, active: &str) -> Answer<Self> {
        let query = "SELECT after, changed, failed FROM rewrapping WHERE what = ? AND active = ?";
        match db.row(query, [text(what), text(active)])? {
            Some(row) => {
                Ok(Self { after: row.text(0)?.to_owned(), changed: row.number(1)?, failed: row.number(2)? })
            }
            None => Ok(Self { after: String::new(), changed: 0, failed: 0 }),
        }
    }

    fn save(&self, db: &Db<'_>, what: &str, active: &str) -> Answer<()> {
        let row = [text(what), text(active), text(&self.after), number(self.changed), number(self.failed)];
        let insert =
            "INSERT OR REPLACE INTO rewrapping (what, active, after, changed, failed) VALUES (?, ?, ?, ?, ?)";
        db.run(insert, row)
    }
}

/// Does a part. When to go on.
pub async fn rewrap(
    db: &Db<'_>,
    sequence: &Sequence,
    env: &Env,
    config: &Config,
) -> Answer<Option<Timestamp>> {
    let active = config.keyring.active();
    if config.keyring.ids().count() < 2 {
        return Ok(None);
    }
    let mut people = Progress::load(db, "people", active)?;
    if people.after != DONE {
        handles(db, env, config, &mut people).await?;
        people.save(db, "people", active)?;
        return Ok(Some(now()));
    }
    let mut entries = Progress::load(db, "entries", active)?;
    if entries.after != DONE {
        leaves(db, config, &mut entries)?;
        entries.save(db, "entries", active)?;
        return Ok(Some(now()));
    }
    let (changed, failed) = (people.changed + entries.changed, people.failed + entries.failed);
    if changed > 0 {
        let details =
            json!({"active": active, "people": people.changed, "entries": entries.changed, "failed": failed});
        let entry = SiteEntry { event: world::event()?, action: Action::KeysRewrapped, details };
        let entry = entry.seal(CallerClass::System.into(), config)?;
        sequence.append_with(db, config, &[entry], |_| db.run("DELETE FROM rewrapping", []))?;
    } else {
        db.run("DELETE FROM rewrapping", [])?;
    }
    Ok(Some(now().plus_seconds(if failed > 0 { HOUR } else { DAY })))
}

/// Keys of people: first in their object, with what waits there, then here, so that what is counted here is what is left to do.
async fn handles(db: &Db<'_>, env: &Env, config: &Config, progress: &mut Progress) -> Answer<()> {
    let query =
        "SELECT handle, wrapped, owner FROM handles WHERE handle > ? AND json_extract(wrapped, '$.key') <> ?
        ORDER BY handle LIMIT ?";
    let rows = db.rows(query, [text(&progress.after), text(config.keyring.active()), number(PART)])?;
    for some in rows.chunks(AT_ONCE) {
        let asked = some.iter().map(|row| async move {
            let handle = row.text(0)?;
            let subject = row.maybe_text(2).and_then(|owner| opened(handle, owner, config));
            subject::call::<()>(env, subject.or_internal("rewrap.owner")?, &Call::Rewrap).await?;
            let old: WrappedKey = serde_json::from_str(row.text(1)?).or_internal("rewrap.decode")?;
            let new = rewrapped(&old, handle, config)?;
            let new = serde_json::to_string(&new).or_internal("rewrap.encode")?;
            let update = "UPDATE handles SET wrapped = ? WHERE handle = ?";
            db.run(update, [text(new), text(handle)])
        });
        for done in join_all(asked).await {
            match done {
                Ok(()) => progress.changed += 1,
                Err(_) => progress.failed += 1,
            }
        }
    }
    let is_full = u64::try_from(rows.len()).is_ok_and(|count| count == PART);
    progress.after = match rows.last() {
        Some(row) if is_full => row.text(0)?.to_owned(),
        _ => DONE.to_owned(),
    };
    Ok(())
}

/// A person's key, wrapped for the log under the active key of the site.
fn rewrapped(old: &WrappedKey, handle: &str, config: &Config) -> Answer<WrappedKey> {
    let key = DataKey::unwrap(old, &config.keyring, &config.site, handle).or_internal("rewrap.open")?;
    key.wrap(&config.keyring, &random()?, &config.site, handle).or_internal("rewrap.wrap")
}

/// Takes in that somebody is kept. The log remembers it until it is told to forget them, though all their entries be gone: of
/// whose key it knows nothing, nobody could say under which key of the site it is.
pub fn know(db: &Db<'_>, name: &LogName) -> Answer<()> {
    let LogName { handle, key, owner } = name;
    let wrapped = serde_json::to_string(key).or_internal("log.wrapped")?;
    let row = [text(handle), text(wrapped), owner.as_ref().map_or(Param::Null, text)];
    db.run("INSERT OR IGNORE INTO handles (handle, wrapped, owner) VALUES (?, ?, ?)", row)
}

impl LogName {
    /// The same with the key wrapped under the active one.
    pub fn rewrapped(&self, config: &Config) -> Answer<Self> {
        let key = rewrapped(&self.key, &self.handle.to_string(), config)?;
        Ok(Self { key, ..self.clone() })
    }
}

impl NewEntry {
    /// The id of the site's key that it, or the key of the person it is about, is under.
    pub fn key(&self) -> &str {
        match &self.sealed {
            SealedBy::Subject(name) => &name.key.key,
            SealedBy::Site { key } => key,
        }
    }

    /// The same under the active one. Its leaf commits to what is sealed, and stays as it is.
    pub fn resealed(&self, config: &Config) -> Answer<Self> {
        let old = match &self.sealed {
            SealedBy::Subject(name) => {
                return Ok(Self { sealed: SealedBy::Subject(name.rewrapped(config)?), ..self.clone() });
            }
            SealedBy::Site { key } => config.keyring.key(key, KeyUse::Site).or_internal("rewrap.site-key")?,
        };
        let (event, active) = (self.event.to_string(), config.keyring.active());
        let payload = from_base64url(&self.payload).or_internal("rewrap.payload")?;
        let opening = open_payload(&payload, &event, &old, config).or_internal("rewrap.opening")?;
        let new = config.keyring.key(active, KeyUse::Site).or_internal("rewrap.site-key")?;
        let payload = to_base64url(&reseal(&opening, &event, &new, config)?);
        Ok(Self { payload, sealed: SealedBy::Site { key: active.to_owned() }, ..self.clone() })
    }
}

/// The name of a person's object.
fn opened(handle: &str, owner: &str, config: &Config) -> Option<SubjectId> {
    let key = config.subject_key.sealing(Domain::Store);
    let binding = Binding { site: &config.site, kind: "owner", name: handle };
    let subject = open(&key, binding, &from_base64url(owner)?).ok()?;
    Some(SubjectId::from_bytes(subject.try_into().ok()?))
}

/// Entries about no person.
fn leaves(db: &Db<'_>, config: &Config, progress: &mut Progress) -> Answer<()> {
    let active = config.keyring.active();
    let query = "SELECT idx, event, site_key, payload FROM leaves
        WHERE idx >= ? AND site_key IS NOT NULL AND site_key <> ? ORDER BY idx LIMIT ?";
    let from: u64 = progress.after.parse().unwrap_or(0);
    let rows = db.rows(query, [number(from), text(active), number(PART)])?;
    let new = config.keyring.key(active, KeyUse::Site).or_internal("rewrap.site-key")?;
    db.transaction(|| {
        for row in &rows {
            let event = row.text(1)?;
            let old = config.keyring.key(row.text(2)?, KeyUse::Site).ok();
            let Some(opening) = old.and_then(|old| open_payload(row.maybe_bytes(3)?, event, &old, config))
            else {
                progress.failed += 1;
                continue;
            };
            let sealed = Param::Blob(reseal(&opening, event, &new, config)?);
            let update = "UPDATE leaves SET site_key = ?, payload = ? WHERE idx = ?";
            db.run(update, [text(active), sealed, number(row.number(0)?)])?;
            progress.changed += 1;
        }
        Ok(())
    })?;
    let is_full = u64::try_from(rows.len()).is_ok_and(|count| count == PART);
    progress.after = match rows.last() {
        Some(row) if is_full => (row.number(0)? + 1).to_string(),
        _ => DONE.to_owned(),
    };
    Ok(())
}

/// How much is under which key: people, whether or not anything is left of their entries, and entries about none.
pub fn uses(db: &Db<'_>) -> Answer<BTreeMap<String, BTreeMap<String, u64>>> {
    let count = |query| -> Answer<BTreeMap<String, u64>> {
        let rows = db.rows(query, [])?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.number(1)?))).collect()
    };
    let people = "SELECT json_extract(wrapped, '$.key') AS id, count(*) FROM handles GROUP BY id";
    let entries = "SELECT site_key, count(*) FROM leaves WHERE site_key IS NOT NULL GROUP BY site_key";
    Ok(BTreeMap::from([("people".to_owned(), count(people)?), ("entries".to_owned(), count(entries)?)]))
}
