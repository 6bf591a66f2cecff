//! The outbox: what a committed event still has to do in the world, row by row, until it is done.
//!
//! Rows are written in the transaction of their event and done in order within it; a row that fails holds up its own
//! event and no other. Each task can be repeated without harm, so a crash anywhere costs at most a repetition. The
//! object's alarm delivers what a request did not.

use super::{
    audit_log::{self, Appended, NewEntry},
    db::{Db, Param, Row, number, text, time},
    registry::{self, Case, Concern, Erasing, Erasure, Hold, Notice},
    subject::{self, Call},
};
use crate::{
    fault,
    kv::{Retention, backstop},
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::now,
};
use consentry::{
    clock::Timestamp,
    decider::CallerClass,
    encoding::{from_base64url, to_base64url},
    id::{EventId, LogHandle, SubjectId},
    rights::request::{STORE, Step},
    store::{Metadata, Store as _, StoreError},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use worker::Env;

/// The table, for an object's schema.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, task TEXT NOT NULL,
    due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0)";

/// How many rows are looked at together where those that are remembered are all held up.
const AT_ONCE: usize = 4;

/// How many rows are taken out together once they are done.
const TOGETHER: usize = 16;

/// The most rows that an object remembers.
const REMEMBERED: usize = 64;

/// Longest wait between two attempts, in seconds.
const MAX_BACKOFF: u64 = 3600;

/// How long to wait after so many attempts that failed before, in seconds.
pub fn backoff(attempts: u64) -> u64 {
    let wait = 1_u64.checked_shl(u32::try_from(attempts).unwrap_or(63));
    wait.unwrap_or(MAX_BACKOFF).min(MAX_BACKOFF)
}

/// Something to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Task {
    /// Write a sealed value to KV.
    Put {
        /// The key.
        key: String,
        /// The sealed value.
        value: String,
        /// What may be read without opening it.
        metadata: Metadata,
        /// When KV drops it, if nothing else did.
        expires: Option<Timestamp>,
    },
    /// Delete a key of KV.
    Delete {
        /// The key.
        key: String,
    },
    /// Write a key of KV anew, without an expiry of KV's own.
    Lift {
        /// The key.
        key: String,
    },
    /// Write a key of KV anew, with an expiry of KV's own.
    Expire {
        /// The key.
        key: String,
        /// When KV drops it, if nothing else did.
        expires: Timestamp,
    },
    /// Tell the registry whether records of a category are about the person.
    Concern {
        /// What.
        concern: Concern,
    },
    /// Tell the registry of a legal hold.
    Hold {
        /// What.
        hold: Hold,
    },
    /// Append an entry to the log.
    Append {
        /// The entry.
        entry: NewEntry,
    },
    /// Make the log forget a person.
    Forget {
        /// The log's name for them.
        handle: LogHandle,
    },
    /// Enter an erasure into the ledger.
    Ledger {
        /// The erasure.
        erasure: Erasure,
    },
    /// Tell the registry how a request stands.
    Case {
        /// The request.
        case: Box<Case>,
    },
    /// Have the registry see to it that other systems erase as well.
    Erasing {
        /// The erasure.
        erasing: Box<Erasing>,
    },
    /// The store's part of such an erasure is done.
    Erased {
        /// The request.
        request: EventId,
    },
    /// Have the same done to a device that is linked to the account.
    Also {
        /// What.
        also: Box<Also>,
    },
    /// Have the site's own systems told.
    Notify {
        /// What.
        notice: Notice,
    },
    /// Make the registry forget whose a request was.
    Forgotten {
        /// The request.
        request: EventId,
    },
    /// A step of a request is done: every row before this one is.
    End {
        /// The request.
        request: EventId,
        /// The step.
        step: String,
    },
    /// Close an erasure: every row before this one is done.
    Finish,
}

/// What is to be done to a linked device as well.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Also {
    /// The device.
    pub subject: SubjectId,
    /// What is asked, as [`subject::linked::Following`] has it.
    pub ask: serde_json::Value,
    /// The policy that is in force.
    pub policy: String,
}

/// A row.
#[derive(Debug, Clone)]
pub(super) struct Due {
    id: u64,
    event: EventId,
    /// What to do; or why that cannot be read, perhaps since another version wrote it, which is then no one else's trouble.
    task: Answer<Task>,
    at: Timestamp,
    attempts: u64,
}

impl Due {
    const COLUMNS: &str = "id, event, task, due, attempts";

    fn of(row: &Row) -> Answer<Self> {
        Ok(Self {
            id: row.number(0)?,
            event: row.parse(1)?,
            task: serde_json::from_str(row.text(2)?).or_internal("outbox.decode"),
            at: row.time(3)?,
            attempts: row.number(4)?,
        })
    }
}

/// The first rows, as an object remembers them.
pub(super) struct Firsts {
    pub(super) rows: Vec<Rc<Due>>,
    /// Whether there are no others.
    pub(super) is_all: bool,
}

impl Task {
    /// A write to KV.
    pub fn put(key: &str, sealed: &[u8], key_id: &str, retain_until: Option<Timestamp>) -> Self {
        Self::put_of(key, sealed, key_id, retain_until, None)
    }

    /// A write to KV about somebody.
    pub fn put_of(
        key: &str,
        sealed: &[u8],
        key_id: &str,
        retain_until: Option<Timestamp>,
        owner: Option<String>,
    ) -> Self {
        let metadata = Metadata { key: key_id.to_owned(), retain_until, size: sealed.len(), owner };
        let expires = retain_until.map(backstop);
        Self::Put { key: key.to_owned(), value: to_base64url(sealed), metadata, expires }
    }

    /// Does it, and gives where an entry of the log is. [`Task::End`] and [`Task::Finish`] are the object's own to do.
    pub async fn run(&self, env: &Env) -> Answer<Option<Appended>> {
        let store_problem = |e: StoreError| Problem::unavailable(sentence(&e));
        match self {
            // After a long outage the value's time may be over before it was ever written.
            Self::Put { metadata, .. } if metadata.retain_until.is_some_and(|until| until <= now()) => {}
            Self::Put { key, value, metadata, expires } => {
                let value = from_base64url(value).or_internal("outbox.value")?;
                Retention::bound(env)?.put(key, &value, metadata, *expires).await.map_err(store_problem)?;
            }
            Self::Delete { key } => Retention::bound(env)?.delete(key).await.map_err(store_problem)?,
            Self::Append { entry } => return audit_log::append(env, entry).await.map(Some),
            Self::Forget { handle } => audit_log::forget(env, *handle).await?,
            Self::Ledger { erasure } => registry::enter_erasure(env, erasure.clone()).await?,
            Self::Lift { key } => lift(&Retention::bound(env)?, key).await.map_err(store_problem)?,
            Self::Expire { key, expires } => {
                expire(&Retention::bound(env)?, key, *expires).await.map_err(store_problem)?;
            }
            Self::Concern { concern } => registry::concern(env, concern).await?,
            Self::Hold { hold } => registry::hold(env, hold).await?,
            Self::Case { case } => registry::case(env, case).await?,
            Self::Erasing { erasing } => registry::enter_erasing(env, erasing).await?,
            Self::Erased { request } => {
                let act = registry::Act::End { step: STORE.to_owned(), how: Step::Done, note: None };
                registry::act_erasing(env, *request, act, CallerClass::System.into()).await.map(drop)?;
            }
            Self::Also { also } => {
                let Also { subject, ask, policy } = also.as_ref().clone();
                let call = Call::Also { ask, policy, by: CallerClass::System.into() };
                subject::call::<()>(env, subject, &call).await?;
            }
            Self::Notify { notice } => registry::notify(env, notice).await?,
            Self::Forgotten { request } => registry::forgotten(env, *request).await?,
            Self::End { .. } | Self::Finish => {}
        }
        Ok(None)
    }

    /// Whether it is the object's own to do.
    const fn is_own(&self) -> bool {
        matches!(self, Self::End { .. } | Self::Finish)
    }

    /// The place named when a test stops the world after this task.
    pub const fn place(&self) -> &'static str {
        match self {
            Self::Put { .. } => "after-put",
            Self::Delete { .. } => "after-delete",
            Self::Append { .. } => "after-append",
            Self::Forget { .. } => "after-forget",
            Self::Ledger { .. } => "after-ledger",
            Self::Lift { .. } | Self::Expire { .. } => "after-lift",
            Self::Concern { .. } | Self::Hold { .. } => "after-registry",
            Self::Case { .. } | Self::Forgotten { .. } => "after-case",
            Self::Erasing { .. } | Self::Erased { .. } => "after-erasing",
            Self::Also { .. } => "after-also",
            Self::Notify { .. } => "after-notify",
            Self::End { .. } => "after-end",
            Self::Finish => "after-finish",
        }
    }
}

/// Takes a value's expiry away. What is not there, or not yet, has none to take.
async fn lift(store: &Retention, key: &str) -> Result<(), StoreError> {
    match store.get(key).await? {
        Some(stored) => store.put(key, &stored.value, &stored.metadata, None).await,
        None => Ok(()),
    }
}

/// Gives a value an expiry. KV takes none that is near; by then its object has deleted it.
async fn expire(store: &Retention, key: &str, expires: Timestamp) -> Result<(), StoreError> {
    if expires < now().plus_seconds(120) {
        return Ok(());
    }
    match store.get(key).await? {
        Some(stored) => store.put(key, &stored.value, &stored.metadata, Some(expires)).await,
        None => Ok(()),
    }
}

impl Db<'_> {
    /// Adds a task to the transaction at hand.
    pub fn enqueue(&self, event: EventId, task: &Task) -> Answer<()> {
        self.enqueue_all(event, std::slice::from_ref(task))
    }

    /// Adds tasks to the transaction at hand, to be done in order.
    pub fn enqueue_all(&self, event: EventId, tasks: &[Task]) -> Answer<()> {
        let at = now();
        let mut params = Vec::new();
        for task in tasks {
            let json = serde_json::to_string(task).or_internal("outbox.encode")?;
            params.extend([text(event), text(json), time(at)]);
        }
        let values = vec!["(?, ?, ?)"; tasks.len()].join(", ");
        let query = format!("INSERT INTO outbox (event, task, due) VALUES {values} RETURNING id");
        let ids = self.rows(&query, params)?;
        let mut ids = ids.iter().map(|row| row.number(0)).collect::<Answer<Vec<_>>>()?;
        ids.sort_unstable();
        if let Some(firsts) = self.memory().outbox.as_mut().filter(|firsts| firsts.is_all) {
            firsts.is_all = firsts.rows.len() + tasks.len() <= REMEMBERED;
            if firsts.is_all {
                let due =
                    |(id, task): (u64, &Task)| Due { id, event, task: Ok(task.clone()), at, attempts: 0 };
                firsts.rows.extend(ids.into_iter().zip(tasks).map(due).map(Rc::new));
            }
        }
        Ok(())
    }

    /// Looks at the first rows.
    fn firsts<T>(&self, look: impl FnOnce(&Firsts) -> T) -> Answer<T> {
        if let Some(firsts) = &self.memory().outbox {
            return Ok(look(firsts));
        }
        let query = format!("SELECT {} FROM outbox ORDER BY id LIMIT ?", Due::COLUMNS);
        let rows = self.rows(&query, [number_of(REMEMBERED)])?;
        let rows: Vec<_> = rows.iter().map(|row| Due::of(row).map(Rc::new)).collect::<Answer<_>>()?;
        let firsts = Firsts { is_all: rows.len() < REMEMBERED, rows };
        let seen = look(&firsts);
        self.memory().outbox = Some(firsts);
        Ok(seen)
    }

    /// The first row after `after`, whether due or not, that is not of one of the events in `held_up`.
    fn next_task(&self, after: u64, only: Option<EventId>, held_up: &[EventId]) -> Answer<Option<Rc<Due>>> {
        let fits = |due: &Due| only.is_none_or(|only| due.event == only) && !held_up.contains(&due.event);
        let (next, last, is_all) = self.firsts(|firsts| {
            let next = firsts.rows.iter().find(|due| due.id > after && fits(due)).cloned();
            (next, firsts.rows.last().map_or(0, |due| due.id), firsts.is_all)
        })?;
        if next.is_some() || is_all {
            return Ok(next);
        }
        let query = format!(
            "SELECT {} FROM outbox WHERE id > ? AND event = coalesce(?, event) ORDER BY id LIMIT ?",
            Due::COLUMNS
        );
        // Some at a time: an erasure has a row for each record.
        let mut after = after.max(last);
        loop {
            let params = [number(after), only.map_or(Param::Null, text), number_of(AT_ONCE)];
            let rows = self.rows(&query, params)?;
            for row in &rows {
                let due = Due::of(row)?;
                if fits(&due) {
                    return Ok(Some(Rc::new(due)));
                }
            }
            match rows.last() {
                Some(last) => after = last.number(0)?,
                None => return Ok(None),
            }
        }
    }

    /// The events of which something is still to be done.
    pub fn waiting(&self) -> Answer<BTreeSet<EventId>> {
        let all = self.firsts(|firsts| {
            firsts.is_all.then(|| firsts.rows.iter().map(|due| due.event).collect::<BTreeSet<_>>())
        })?;
        if let Some(events) = all {
            return Ok(events);
        }
        let rows = self.rows("SELECT DISTINCT event FROM outbox", [])?;
        rows.iter().map(|row| row.parse(0)).collect()
    }

    /// Takes a row that is done out.
    fn dequeue(&self, id: u64) -> Answer<()> {
        self.execute("DELETE FROM outbox WHERE id = ?", [number(id)])?;
        let mut memory = self.memory();
        if let Some(firsts) = &mut memory.outbox {
            firsts.rows.retain(|due| due.id != id);
            if firsts.rows.is_empty() && !firsts.is_all {
                memory.outbox = None;
            }
        }
        Ok(())
    }

    /// Puts a row off after a failure.
    fn put_off(&self, due: &Due) -> Answer<()> {
        let later =
            Due { at: now().plus_seconds(backoff(due.attempts)), attempts: due.attempts + 1, ..due.clone() };
        self.execute(
            "UPDATE outbox SET attempts = ?, due = ? WHERE id = ?",
            [number(later.attempts), time(later.at), number(due.id)],
        )?;
        if let Some(firsts) = &mut self.memory().outbox
            && let Some(row) = firsts.rows.iter_mut().find(|row| row.id == due.id)
        {
            *row = Rc::new(Due { event: row.event, ..later });
        }
        Ok(())
    }

    /// When the next event may be tried again: the first row of each event says when.
    pub fn outbox_due(&self) -> Answer<Option<Timestamp>> {
        let all = self.firsts(|firsts| {
            let mut due = BTreeMap::new();
            for row in &firsts.rows {
                due.entry(row.event).or_insert(row.at);
            }
            firsts.is_all.then(|| due.into_values().min())
        })?;
        if let Some(due) = all {
            return Ok(due);
        }
        let query = "SELECT min(due) FROM outbox WHERE id IN (SELECT min(id) FROM outbox GROUP BY event)";
        let row = self.row(query, [])?;
        Ok(row.and_then(|row| row.maybe_number(0)).map(Timestamp::from_seconds))
    }
}

fn number_of(count: usize) -> Param {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

/// A row that is done, and where its entry is if it was one.
type Finished = (Rc<Due>, Option<Appended>);

/// Delivers rows, in order within each event, until none is left or every event left has failed; or those of one event
/// alone, as a request does that shares its object with many others. `done` takes what was done for an event, and where its
/// entry is, into the object's own tables, within the transaction that removes the row. A row that fails is put off; the first
/// failure is returned.
pub async fn deliver(
    db: &Db<'_>,
    env: &Env,
    only: Option<EventId>,
    done: impl Fn(EventId, &Task, Option<&Appended>) -> Answer<()>,
) -> Answer<()> {
    let (mut at, mut held_up, mut failure) = (0, Vec::new(), Ok(()));
    let mut finished: Vec<Finished> = Vec::new();
    loop {
        let next = db.next_task(at, only, &held_up)?;
        // Rows of one event go together: what was done for one event is not to be done again after another's. What is the
        // object's own to do finds those before it taken out.
        let goes_along = |due: &Rc<Due>| {
            finished.last().is_none_or(|(last, _)| last.event == due.event)
                && finished.len() < TOGETHER
                && !due.task.as_ref().is_ok_and(Task::is_own)
        };
        if !finished.is_empty() && !next.as_ref().is_some_and(goes_along) {
            for (event, problem) in take_out(db, &std::mem::take(&mut finished), &done)? {
                held_up.push(event);
                failure = failure.and(Err(problem));
            }
            // Doing so may have brought more.
            continue;
        }
        let Some(due) = next else { return failure };
        at = due.id;
        fault::point("before-task").await;
        let ran = async {
            let task = due.task.as_ref().map_err(Clone::clone)?;
            let appended = task.run(env).await?;
            fault::point(task.place()).await;
            Ok(appended)
        };
        match ran.await {
            Ok(appended) => finished.push((due, appended)),
            Err(problem) => {
                db.put_off(&due)?;
                held_up.push(due.event);
                failure = failure.and(Err(problem));
            }
        }
    }
}

/// Takes rows that are done out, in one transaction; if that fails, each in one of its own, and those that fail are put off. Gives
/// their events.
fn take_out(
    db: &Db<'_>,
    finished: &[Finished],
    done: &impl Fn(EventId, &Task, Option<&Appended>) -> Answer<()>,
) -> Answer<Vec<(EventId, Problem)>> {
    let take_out = |rows: &[Finished]| {
        db.transaction(|| {
            rows.iter().try_for_each(|(due, appended)| {
                db.dequeue(due.id)?;
                done(due.event, due.task.as_ref().map_err(Clone::clone)?, appended.as_ref())
            })
        })
    };
    let mut failed: Vec<(EventId, Problem)> = Vec::new();
    if take_out(finished).is_ok() {
        return Ok(failed);
    }
    for row in finished {
        let event = row.0.event;
        if failed.iter().any(|(other, _)| *other == event) {
            // Behind one of its own that failed.
            continue;
        }
        if let Err(problem) = take_out(std::slice::from_ref(row)) {
            db.put_off(&row.0)?;
            failed.push((event, problem));
        }
    }
    Ok(failed)
}
