//! Giving entries their places. Those that come at the same time are taken together: one transaction, one signature.

use super::{
    Appended, NewEntry,
    jobs::{self, Job},
    name,
    rewrap::know,
    seal::SealedBy,
    tree,
};
use crate::{
    config::Config,
    fault,
    objects::db::{Db, Param, number, text, time},
    problem::{Answer, OrInternal as _, Problem},
    world::now,
};
use consentry::{
    audit::{
        Leaf, LogProof, Note, TilePath,
        growing::{Changed, Growing},
        merkle::{Hash, leaf_hash},
    },
    clock::Timestamp,
    encoding::from_base64url,
    id::EventId,
};
use futures_channel::oneshot::{Sender, channel};
use futures_util::future::{Either, select};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, btree_map::Entry},
    panic::{RefUnwindSafe, UnwindSafe},
    time::Duration,
};
use worker::Delay;

/// How soon after the first entry is looked for payloads whose time is over, in seconds.
const RETENTION_AFTER: u64 = 86_400;

/// The largest payload, in bytes as they are sent. What an entry says is a few hundred.
const MAX_PAYLOAD: usize = 64 * 1024;

/// The most parameters of one statement.
const MOST_PARAMS: usize = 100;

/// The columns of a leaf, in the order in which they are written.
const COLUMNS: [&str; 9] =
    ["idx", "event", "leaf", "time", "action", "actor", "handle", "site_key", "payload"];

/// `handle` is the query index, blanked when a person is forgotten; `site_key` names the key of entries about nobody.
pub const SCHEMA: [&str; 5] = [
    "CREATE TABLE IF NOT EXISTS leaves (
        idx INTEGER PRIMARY KEY, event TEXT NOT NULL UNIQUE, leaf TEXT NOT NULL, time INTEGER NOT NULL,
        action TEXT NOT NULL, actor TEXT NOT NULL, handle TEXT, site_key TEXT, payload BLOB)",
    "CREATE INDEX IF NOT EXISTS leaves_by_handle ON leaves (handle) WHERE handle IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS leaves_by_time ON leaves (time)",
    "CREATE INDEX IF NOT EXISTS payloads_by_time ON leaves (time) WHERE payload IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS handles (handle TEXT PRIMARY KEY, wrapped TEXT NOT NULL, owner TEXT)",
];

/// What the object remembers of its log while it lives.
#[derive(Default)]
pub struct Sequence {
    /// Whether the tables are there, and the entry of how the log is configured.
    pub is_ready: Cell<bool>,
    /// The tree as it was last committed; nothing when that is not sure.
    growing: RefCell<Option<Growing>>,
    /// The newest tree, signed.
    signed: RefCell<Option<(u64, Note)>>,
    /// Until when it is known that the newest tree is going to be signed.
    pub signs_at: Cell<Option<Timestamp>>,
    /// What waits for its place.
    waiting: RefCell<Vec<(NewEntry, Sender<Answer<Appended>>)>>,
}

// A tree is taken out of memory before anything is done with it, and put back when that went well: after a panic there is
// none, and it is read again.
impl UnwindSafe for Sequence {}
impl RefUnwindSafe for Sequence {}

impl Sequence {
    /// Gives an entry its place; appending the same event again gives the same place. It is answered once it is durable.
    pub async fn append(&self, db: &Db<'_>, config: &Config, entry: NewEntry) -> Answer<Appended> {
        if entry.payload.len() > MAX_PAYLOAD {
            return Err(Problem::too_large(MAX_PAYLOAD));
        }
        let (sender, place) = channel();
        self.waiting.borrow_mut().push((entry, sender));
        // Whatever else has arrived by now is handed over first. Each request sees to it that this goes on, since none can
        // rely on another not having been broken off; but who is given a place meanwhile waits no longer. The platform lets
        // one timer end at a time, and each would wait for all before it.
        let place = match select(place, Delay::from(Duration::ZERO)).await {
            Either::Left((place, _)) => place,
            Either::Right(((), place)) => {
                self.take_waiting(db, config);
                place.await
            }
        };
        place.or_internal("log.place")?
    }

    fn take_waiting(&self, db: &Db<'_>, config: &Config) {
        let (entries, senders): (Vec<_>, Vec<_>) = self.waiting.take().into_iter().unzip();
        if entries.is_empty() {
            return;
        }
        let places = self.append_all(db, config, &entries);
        for (nth, sender) in senders.into_iter().enumerate() {
            let place = places.as_ref().map_err(Problem::clone);
            // Who does not wait any more asks again, and gets the same place.
            let _ = sender.send(place.and_then(|places| places.get(nth).cloned().or_internal("log.nth")));
        }
    }

    /// Gives entries their places, in one transaction, and proves them against the tree with all of them.
    fn append_all(&self, db: &Db<'_>, config: &Config, entries: &[NewEntry]) -> Answer<Vec<Appended>> {
        let places = self.append_with(db, config, entries, |_| Ok(()))?;
        self.with(db, |growing| self.proved(db, config, growing, places))
    }

    /// Gives entries their places. What they are entries of is done in the same transaction, or neither is.
    pub fn append_with(
        &self,
        db: &Db<'_>,
        config: &Config,
        entries: &[NewEntry],
        done: impl Fn(&[Place]) -> Answer<()>,
    ) -> Answer<Vec<Place>> {
        if fault::log_refuses() {
            return Err(Problem::unavailable("The log takes no entries at the moment. Please try again."));
        }
        let before = self.growing(db)?;
        let (grown, places) = db.transaction(|| {
            let mut grown = before.clone();
            let places = insert(db, &mut grown, entries)?;
            done(&places)?;
            if grown.size() > before.size() {
                self.see_to_jobs(db, config, &before, &grown)?;
            }
            Ok((grown, places))
        })?;
        *self.growing.borrow_mut() = Some(grown);
        Ok(places)
    }

    /// What follows from new leaves is done a little later, all at once.
    fn see_to_jobs(&self, db: &Db<'_>, config: &Config, before: &Growing, grown: &Growing) -> Answer<()> {
        let whole = u64::from(TilePath::WHOLE);
        if before.size() / whole < grown.size() / whole {
            jobs::schedule(db, Job::Tiles, now())?;
        }
        // Looked up in the table once a while only: appends are many.
        if self.signs_at.get().is_none_or(|at| at < now()) {
            let at = now().plus_seconds(config.cadence);
            jobs::schedule(db, Job::Checkpoint, at)?;
            jobs::schedule(db, Job::Retention, now().plus_seconds(RETENTION_AFTER))?;
            self.signs_at.set(Some(at));
        }
        Ok(())
    }

    /// The tree; it is taken out of memory until it is put back.
    fn growing(&self, db: &Db<'_>) -> Answer<Growing> {
        match self.growing.take() {
            Some(growing) => Ok(growing),
            None => tree::load(db),
        }
    }

    /// Looks at the tree.
    pub fn with<T>(&self, db: &Db<'_>, look: impl FnOnce(&Growing) -> Answer<T>) -> Answer<T> {
        let growing = self.growing(db)?;
        let seen = look(&growing);
        *self.growing.borrow_mut() = Some(growing);
        seen
    }

    /// The newest tree, signed.
    pub fn checkpoint(&self, db: &Db<'_>, config: &Config) -> Answer<Note> {
        self.with(db, |growing| self.sign(db, config, growing))
    }

    fn sign(&self, db: &Db<'_>, config: &Config, growing: &Growing) -> Answer<Note> {
        let mut signed = self.signed.borrow_mut();
        if let Some((size, note)) = signed.as_ref()
            && *size == growing.size()
        {
            return Ok(note.clone());
        }
        let note = tree::sign(db, growing, &config.log_origin(), config.signing.log_signers())?;
        *signed = Some((growing.size(), note.clone()));
        Ok(note)
    }

    /// Proves an entry against the newest tree, if the log has it.
    pub fn prove(&self, db: &Db<'_>, config: &Config, event: EventId) -> Answer<Option<Appended>> {
        let places: Vec<_> = find(db, &[event])?.into_values().collect();
        if places.is_empty() {
            return Ok(None);
        }
        self.with(db, |growing| self.proved(db, config, growing, places)).map(|mut all| all.pop())
    }

    fn proved(
        &self,
        db: &Db<'_>,
        config: &Config,
        growing: &Growing,
        places: Vec<Place>,
    ) -> Answer<Vec<Appended>> {
        let indices: Vec<_> = places.iter().map(|(index, _)| *index).collect();
        let checkpoint = self.sign(db, config, growing)?;
        let paths = tree::paths(db, growing, &indices, growing.size())?;
        let appended = |((index, leaf), path): (Place, Vec<Hash>)| {
            let proof = LogProof { index, path, checkpoint: checkpoint.clone() }.to_string();
            Appended { leaf, index, proof }
        };
        Ok(places.into_iter().zip(paths).map(appended).collect())
    }
}

/// The index of a leaf, and its text.
pub type Place = (u64, String);

/// The places of the events that the log has.
fn find(db: &Db<'_>, events: &[EventId]) -> Answer<BTreeMap<String, Place>> {
    let mut found = BTreeMap::new();
    for events in events.chunks(MOST_PARAMS) {
        let places = vec!["?"; events.len()].join(",");
        let query = format!("SELECT event, idx, leaf FROM leaves WHERE event IN ({places})");
        for row in db.rows(&query, events.iter().map(text).collect::<Vec<_>>())? {
            found.insert(row.text(0)?.to_owned(), (row.number(1)?, row.text(2)?.to_owned()));
        }
    }
    Ok(found)
}

/// Adds the leaves of entries whose events have none yet; the places of all. Must run inside a transaction.
fn insert(db: &Db<'_>, growing: &mut Growing, entries: &[NewEntry]) -> Answer<Vec<Place>> {
    let events: Vec<_> = entries.iter().map(|entry| entry.event).collect();
    let mut known = find(db, &events)?;
    let (mut changed, mut rows, mut places) = (Changed::default(), Vec::new(), Vec::new());
    for entry in entries {
        let place = match known.entry(entry.event.to_string()) {
            Entry::Occupied(place) => place.into_mut(),
            Entry::Vacant(vacant) => {
                let index = growing.size();
                rows.extend(row(db, index, entry)?);
                growing.append(leaf_hash(entry.leaf.as_bytes()), &mut changed);
                vacant.insert((index, entry.leaf.clone()))
            }
        };
        places.push(place.clone());
    }
    let one = format!("({})", vec!["?"; COLUMNS.len()].join(","));
    for rows in rows.chunks(MOST_PARAMS / COLUMNS.len() * COLUMNS.len()) {
        let all = vec![one.as_str(); rows.len() / COLUMNS.len()].join(",");
        let statement = format!("INSERT INTO leaves ({}) VALUES {all}", COLUMNS.join(","));
        db.run(&statement, rows)?;
    }
    tree::store(db, &changed)?;
    Ok(places)
}

/// A leaf's row.
fn row(db: &Db<'_>, index: u64, entry: &NewEntry) -> Answer<[Param; COLUMNS.len()]> {
    let leaf = Leaf::parse(&entry.leaf).or_internal("log.leaf")?;
    let (handle, site_key) = match &entry.sealed {
        SealedBy::Subject(name) => {
            know(db, name)?;
            (Some(name.handle.to_string()), None)
        }
        SealedBy::Site { key } => (None, Some(key.clone())),
    };
    Ok([
        number(index),
        text(entry.event),
        text(&entry.leaf),
        time(leaf.time),
        text(name(&leaf.action)?),
        text(name(&entry.actor)?),
        handle.into(),
        site_key.into(),
        Param::Blob(from_base64url(&entry.payload).or_internal("log.payload")?),
    ])
}
