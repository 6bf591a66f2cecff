//! Where the sweep of the store is, and what it has found: a part at a time, the whole store once a day.

use crate::{
    config::{Config, seconds},
    objects::{audit_log::SiteEntry, db::Db, outbox::Task},
    problem::{Answer, OrInternal as _},
    world::{event, now},
};
use consentry::{audit::Action, clock::Timestamp, decider::CallerClass, records::sweep::Tally};
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::Env;

/// How long a part may take before another begins it anew, and how often the whole store is gone through, in seconds.
const PATIENCE: u64 = 180;
const EVERY: u64 = 86_400;

const NAME: &str = "sweep";

/// One walk over the whole store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sweep {
    /// When it began.
    pub started: Timestamp,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Whether what is wrong is put right, or only counted.
    pub repairs: bool,
    /// What it found.
    #[serde(flatten)]
    pub tally: Tally,
}

/// How the sweep stands.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sweeps {
    /// The walk under way.
    pub running: Option<Sweep>,
    /// The last one that was done.
    pub last: Option<Sweep>,
    /// Where the walk under way is.
    #[serde(default)]
    cursor: Option<String>,
    /// Until when somebody is at it.
    #[serde(default)]
    busy: Timestamp,
}

/// A part of a walk.
#[derive(Debug, Serialize, Deserialize)]
pub struct Slice {
    /// When the walk began: its name.
    pub started: Timestamp,
    /// Where the part begins.
    pub cursor: Option<String>,
    /// Whether what is wrong is put right.
    pub repairs: bool,
}

/// How it stands.
pub(super) fn show(db: &Db<'_>) -> Answer<Sweeps> {
    let json = db.meta(NAME)?;
    json.map_or(Ok(Sweeps::default()), |json| serde_json::from_str(&json).or_internal("sweeps.decode"))
}

fn save(db: &Db<'_>, sweeps: &Sweeps) -> Answer<()> {
    db.set_meta(NAME, &serde_json::to_string(sweeps).or_internal("sweeps.encode")?)
}

/// Hands out the next part, if one is to be done and nobody is at it.
pub(super) fn begin(db: &Db<'_>, env: &Env, config: &Config) -> Answer<Option<Slice>> {
    let (mut sweeps, now) = (show(db)?, now());
    let Some(repairs) = config.sweep else { return Ok(None) };
    let next = sweeps.last.as_ref().and_then(|last| last.ended);
    let next = next.map(|ended| ended.plus_seconds(seconds(env, "SWEEP_EVERY", EVERY)));
    if sweeps.busy > now || (sweeps.running.is_none() && next.is_some_and(|next| next > now)) {
        return Ok(None);
    }
    let running = sweeps.running.get_or_insert_with(|| Sweep { started: now, repairs, ..Sweep::default() });
    let (started, repairs) = (running.started, running.repairs);
    let slice = Slice { started, cursor: sweeps.cursor.clone(), repairs };
    sweeps.busy = now.plus_seconds(PATIENCE);
    save(db, &sweeps).map(|()| Some(slice))
}

/// Takes in what a part found, and where the next begins; without that, the walk is done.
pub(super) fn end(
    db: &Db<'_>,
    config: &Config,
    slice: &Slice,
    tally: &Tally,
    next: Option<String>,
) -> Answer<()> {
    let mut sweeps = show(db)?;
    let Some(running) = &mut sweeps.running else { return Ok(()) };
    if running.started != slice.started || sweeps.cursor != slice.cursor {
        // Somebody else did this part meanwhile.
        return Ok(());
    }
    running.tally.add(tally);
    sweeps.busy = Timestamp::default();
    sweeps.cursor = next;
    if sweeps.cursor.is_some() {
        return save(db, &sweeps);
    }
    running.ended = Some(now());
    sweeps.last = sweeps.running.take();
    let details = json!({"sweep": sweeps.last});
    let entry = SiteEntry { event: event()?, action: Action::RetentionSwept, details };
    let entry = entry.seal(CallerClass::System.into(), config)?;
    db.transaction(|| {
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        save(db, &sweeps)
    })
}
