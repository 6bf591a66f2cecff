//! What waits in an outbox under an earlier key of the site, put under the active one: until it arrives, nobody else can.

use super::{
    db::{Db, number, text},
    outbox::Task,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    rekey::{is_of_site, rekeyed},
};
use consentry::{
    encoding::{from_base64url, to_base64url},
    store::Metadata,
};
use std::collections::BTreeMap;

/// How many rows are read at a time.
const PART: u64 = 100;

/// Under what is counted what cannot be read: it is longer than the id of any key.
const UNREADABLE: &str = "unreadable";

impl Task {
    /// The id of the site's key that what it carries is under; nothing where it carries nothing that is sealed so.
    fn key(&self) -> Option<&str> {
        match self {
            Self::Put { key, metadata, .. } => is_of_site(key).then_some(&metadata.key),
            Self::Append { entry } => Some(entry.key()),
            Self::Know { name } => Some(&name.key.key),
            Self::Notify { notice } => Some(&notice.key),
            Self::Erasing { erasing } => Some(&erasing.confirmation.as_ref()?.key),
            _ => None,
        }
    }

    /// The same with what it carries under the active key.
    fn resealed(self, config: &Config) -> Answer<Self> {
        Ok(match self {
            Self::Put { key, value, metadata, expires } => {
                let sealed = from_base64url(&value).or_internal("reseal.value")?;
                let sealed = rekeyed(&key, &sealed, &metadata.key, config)?;
                let active = config.keyring.active().to_owned();
                let metadata = Metadata { key: active, size: sealed.len(), ..metadata };
                Self::Put { key, value: to_base64url(&sealed), metadata, expires }
            }
            Self::Append { entry } => Self::Append { entry: entry.resealed(config)? },
            Self::Know { name } => Self::Know { name: name.rewrapped(config)? },
            Self::Notify { notice } => Self::Notify { notice: notice.resealed(config)? },
            Self::Erasing { mut erasing } => {
                let resealed = erasing.confirmation.as_ref().map(|notice| notice.resealed(config));
                erasing.confirmation = resealed.transpose()?;
                Self::Erasing { erasing }
            }
            task => task,
        })
    }
}

/// Looks at everything that waits and may be sealed. What cannot be read, perhaps since another version wrote it, is nothing.
fn each(db: &Db<'_>, mut look: impl FnMut(u64, Option<Task>) -> Answer<()>) -> Answer<()> {
    let query = "SELECT id, task FROM outbox WHERE id > ?
        AND json_extract(task, '$.do') IN ('put', 'append', 'know', 'notify', 'erasing') ORDER BY id LIMIT ?";
    let mut after = 0;
    loop {
        let rows = db.rows(query, [number(after), number(PART)])?;
        for row in &rows {
            after = row.number(0)?;
            look(after, serde_json::from_str(row.text(1)?).ok())?;
        }
        if u64::try_from(rows.len()).is_ok_and(|count| count < PART) {
            return Ok(());
        }
    }
}

/// Puts all of it under the active key. What its key is no longer there for stays as it is, and so does what cannot be read: that
/// is said.
pub(super) fn reseal(db: &Db<'_>, config: &Config) -> Answer<()> {
    let mut is_whole = true;
    each(db, |id, task| {
        if task.as_ref().is_some_and(|task| task.key().is_none_or(|key| key == config.keyring.active())) {
            return Ok(());
        }
        let Some(task) = task.and_then(|task| task.resealed(config).ok()) else {
            is_whole = false;
            return Ok(());
        };
        let json = serde_json::to_string(&task).or_internal("reseal.encode")?;
        db.run("UPDATE outbox SET task = ? WHERE id = ?", [text(json), number(id)])
    })?;
    if is_whole { Ok(()) } else { Err(Problem::internal("reseal.key")) }
}

/// How much waits under which key.
pub(super) fn uses(db: &Db<'_>) -> Answer<BTreeMap<String, u64>> {
    let mut uses = BTreeMap::new();
    each(db, |_, task| {
        let key = task.as_ref().map_or(Some(UNREADABLE), Task::key);
        if let Some(key) = key {
            *uses.entry(key.to_owned()).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(uses)
}
