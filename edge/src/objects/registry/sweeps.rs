//! The sweep of the store, kept between its parts: one each minute, the whole store once a day. How each walk ended is logged.

use crate::{
    config::{Config, seconds},
    objects::{
        audit_log::{NewEntry, SiteEntry},
        db::Db,
        outbox::Task,
    },
    problem::{Answer, OrInternal as _},
    world::{event, now},
};
use consentry::{
    audit::Action,
    decider::CallerClass,
    records::{
        sweep::Tally,
        sweeps::{Next, Progress, Slice, Sweep, Sweeps},
    },
};
use serde_json::json;
use worker::Env;

/// How often the whole store is gone through, in seconds.
const EVERY: u64 = 86_400;

const NAME: &str = "sweep";

/// How it stands.
pub(super) fn show(db: &Db<'_>) -> Answer<Sweeps> {
    let json = db.meta(NAME)?;
    json.map_or(Ok(Sweeps::default()), |json| serde_json::from_str(&json).or_internal("sweeps.decode"))
}

/// Keeps how it stands, with the entry of a walk that ended.
fn save(db: &Db<'_>, config: &Config, sweeps: &Sweeps, ended: Option<&Sweep>) -> Answer<()> {
    let entry = ended.map(|sweep| entry(sweep, config)).transpose()?;
    let json = serde_json::to_string(sweeps).or_internal("sweeps.encode")?;
    db.transaction(|| {
        if let Some(entry) = &entry {
            db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        }
        db.set_meta(NAME, &json)
    })
}

fn entry(sweep: &Sweep, config: &Config) -> Answer<NewEntry> {
    let details = json!({"sweep": sweep});
    let entry = SiteEntry { event: event()?, action: Action::RetentionSwept, details };
    entry.seal(CallerClass::System.into(), config)
}

/// Hands out the next part, if one is to be done and nobody is at it.
pub(super) fn begin(db: &Db<'_>, env: &Env, config: &Config) -> Answer<Option<Slice>> {
    let Some(repairs) = config.sweep else { return Ok(None) };
    let (mut sweeps, now) = (show(db)?, now());
    let broken = sweeps.break_off(now);
    let slice = sweeps.begin(now, repairs, seconds(env, "SWEEP_EVERY", EVERY));
    if slice.is_some() || broken.is_some() {
        save(db, config, &sweeps, broken.as_ref())?;
    }
    Ok(slice)
}

/// Takes in what a part found, and what comes after it.
pub(super) fn end(db: &Db<'_>, config: &Config, slice: &Slice, tally: &Tally, next: Next) -> Answer<()> {
    let mut sweeps = show(db)?;
    match sweeps.end(slice, tally, next, now()) {
        Progress::Stale => Ok(()),
        Progress::GoesOn => save(db, config, &sweeps, None),
        Progress::Ended(ended) => save(db, config, &sweeps, Some(&ended)),
    }
}
