//! The outbox: what a committed event still has to do in the world, row by row, until it is done.
//!
//! Rows are written in the transaction of their event and done in order within it. A row that fails holds up its own event
//! and no other, except that later entries of the log wait behind an earlier one, as [`deliver`] has it. Each task can be
//! repeated without harm, so a crash anywhere costs at most a repetition. The object's alarm delivers what a request did
//! not.

use super::{
    audit_log::{self, Appended, LogName, NewEntry},
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
    clock::{Calendar, Timestamp},
    decider::CallerClass,
    encoding::{from_base64url, to_base64url},
    id::{EventId, LogHandle, SubjectId},
    records::Freeze,
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
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, task TEXT NOT NULL, made INTEGER NOT NULL,
    due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS outbox_by_event ON outbox (event, id)";

/// The most requests of one delivery, to the store and to other objects. The platform refuses an invocation its 1,001st, and who
/// delivers makes some besides. The alarm goes on with what is left, at once.
const MOST_REQUESTS: usize = 700;

/// How long the store may not show a value that was just written, in seconds, before it is taken to be gone: far longer than a
/// write takes to be seen everywhere.
const SHOWN_AFTER: u64 = 900;

/// How many rows are taken out together once they are done.
const TOGETHER: usize = 16;

/// The most rows that an object remembers.
const REMEMBERED: usize = 64;

/// How often a row may have failed for entries of other events still to wait behind that of its own.
const PATIENCE: u64 = 8;

/// What the tasks begin with that are entries of the log, for SQL.
const ENTRY: &str = r#"task LIKE '{"do":"append"%'"#;

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
    /// Have the log know that somebody is kept.
    Know {
        /// The log's name for them.
        name: LogName,
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
        /// The working days that move the term of what is still open of it.
        #[serde(default)]
        calendar: Calendar,
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
    made: Timestamp,
    at: Timestamp,
    attempts: u64,
}

impl Due {
    const COLUMNS: &str = "id, event, task, made, due, attempts";

    fn of(row: &Row) -> Answer<Self> {
        Ok(Self {
            id: row.number(0)?,
            event: row.parse(1)?,
            task: serde_json::from_str(row.text(2)?).or_internal("outbox.decode"),
            made: row.time(3)?,
            at: row.time(4)?,
            attempts: row.number(5)?,
        })
    }

    /// Does it, and gives where an entry of the log is.
    async fn run(&self, db: &Db<'_>, env: &Env) -> Answer<Option<Appended>> {
        match self.task.as_ref().map_err(Clone::clone)? {
            // What kept it may be over by now, and its expiry be back.
            Task::Lift { .. } if subject::records::freeze(db)? == Freeze::None => Ok(None),
            Task::Lift { key } => set_expiry(db, env, key, None, self.made).await,
            // KV takes no expiry that is near; by then the value's object has deleted it.
            Task::Expire { expires, .. } if *expires < now().plus_seconds(120) => Ok(None),
            Task::Expire { key, expires } => set_expiry(db, env, key, Some(*expires), self.made).await,
            task => task.run(env).await,
        }
    }

    const fn is_entry(&self) -> bool {
        matches!(self.task, Ok(Task::Append { .. }))
    }

    /// How many requests it makes.
    fn requests(&self) -> usize {
        match &self.task {
            Err(_) => 0,
            Ok(task) if task.is_own() => 0,
            Ok(Task::Lift { .. } | Task::Expire { .. }) => 2,
            Ok(_) => 1,
        }
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

    /// Does it, and gives where an entry of the log is. What needs the object's own tables is done by whom has them: see
    /// [`Due::run`], and [`Task::End`] and [`Task::Finish`] where rows are taken out.
    async fn run(&self, env: &Env) -> Answer<Option<Appended>> {
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
            Self::Know { name } => audit_log::know(env, name).await?,
            Self::Forget { handle } => audit_log::forget(env, *handle).await?,
            Self::Ledger { erasure } => registry::enter_erasure(env, erasure.clone()).await?,
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
            Self::Lift { .. } | Self::Expire { .. } | Self::End { .. } | Self::Finish => {}
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
            Self::Know { .. } => "after-know",
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

/// Gives a value another expiry, or none. What the store does not show though it is to be there has perhaps just been written: it
/// is tried again, for as long as that may be so.
async fn set_expiry(
    db: &Db<'_>,
    env: &Env,
    key: &str,
    expires: Option<Timestamp>,
    since: Timestamp,
) -> Answer<Option<Appended>> {
    let set = Retention::set_expiry(env, key, expires).await;
    let is_shown = set.map_err(|e| Problem::unavailable(sentence(&e)))?;
    if is_shown || since.plus_seconds(SHOWN_AFTER) <= now() || !is_to_be_there(db, key)? {
        return Ok(None);
    }
    Err(Problem::unavailable("The store does not show yet what was written to it. Please try again."))
}

/// Whether the index has a value that the store is to show. One whose time is over may have been dropped, and one that is still
/// being uploaded is looked at when it is whole.
fn is_to_be_there(db: &Db<'_>, key: &str) -> Answer<bool> {
    let query = "SELECT count(*) FROM keys WHERE key = ? AND retain_until > ?
        AND key NOT IN (SELECT key FROM uploads)";
    Ok(db.count(query, [text(key), time(now())])? > 0)
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
            params.extend([text(event), text(json), time(at), time(at)]);
        }
        let values = vec!["(?, ?, ?, ?)"; tasks.len()].join(", ");
        let query = format!("INSERT INTO outbox (event, task, made, due) VALUES {values} RETURNING id");
        let ids = self.rows(&query, params)?;
        let mut ids = ids.iter().map(|row| row.number(0)).collect::<Answer<Vec<_>>>()?;
        ids.sort_unstable();
        if let Some(firsts) = self.memory().outbox.as_mut().filter(|firsts| firsts.is_all) {
            firsts.is_all = firsts.rows.len() + tasks.len() <= REMEMBERED;
            if firsts.is_all {
                let due = |(id, task): (u64, &Task)| {
                    let task = Ok(task.clone());
                    Due { id, event, task, made: at, at, attempts: 0 }
                };
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

    /// The first row after `after`, whether due or not, that is not of one of the events in `held_up`; nor, once the log is closed,
    /// an entry or behind one.
    fn next_task(
        &self,
        after: u64,
        only: Option<EventId>,
        held_up: &[EventId],
        is_closed: bool,
    ) -> Answer<Option<Rc<Due>>> {
        let fits = |due: &Due| only.is_none_or(|only| due.event == only) && !held_up.contains(&due.event);
        let (next, last, is_all) = self.firsts(|firsts| {
            let is_behind = |due: &Due| {
                let mut own = firsts.rows.iter().take_while(|row| row.id <= due.id);
                own.any(|row| row.event == due.event && row.is_entry())
            };
            let mut rows = firsts.rows.iter();
            let next =
                rows.find(|due| due.id > after && fits(due) && !(is_closed && is_behind(due))).cloned();
            (next, firsts.rows.last().map_or(0, |due| due.id), firsts.is_all)
        })?;
        if next.is_some() || is_all {
            return Ok(next);
        }
        // An erasure has a row for each record: those of a held-up event are passed over where they are.
        let held_up = serde_json::to_string(held_up).or_internal("outbox.held-up")?;
        let mut params = vec![number(after.max(last)), text(held_up)];
        let own = if let Some(only) = only {
            params.push(text(only));
            "AND event = ?"
        } else {
            ""
        };
        let behind = format!(
            "AND NOT EXISTS (SELECT 1 FROM outbox AS own WHERE own.event = outbox.event AND own.id <= outbox.id AND own.{ENTRY})"
        );
        let query = format!(
            "SELECT {} FROM outbox WHERE id > ? AND event NOT IN (SELECT value FROM json_each(?)) {own} {}
            ORDER BY id LIMIT 1",
            Due::COLUMNS,
            if is_closed { &behind } else { "" }
        );
        self.row(&query, params)?.map(|row| Due::of(&row).map(Rc::new)).transpose()
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

    /// Puts a row off after a failure, and says until when. One that was tried before its time keeps it.
    fn put_off(&self, due: &Due) -> Answer<Timestamp> {
        if due.at > now() {
            return Ok(due.at);
        }
        let later =
            Due { at: now().plus_seconds(backoff(due.attempts)), attempts: due.attempts + 1, ..due.clone() };
        let until = later.at;
        self.execute(
            "UPDATE outbox SET attempts = ?, due = ? WHERE id = ?",
            [number(later.attempts), time(later.at), number(due.id)],
        )?;
        if let Some(firsts) = &mut self.memory().outbox
            && let Some(row) = firsts.rows.iter_mut().find(|row| row.id == due.id)
        {
            *row = Rc::new(Due { event: row.event, ..later });
        }
        Ok(until)
    }

    /// Puts off what is due of the rows after one: the entries, or all.
    fn put_off_others(&self, after: u64, until: Timestamp, only_entries: bool) -> Answer<()> {
        let these = if only_entries { ENTRY } else { "TRUE" };
        let query = format!("UPDATE outbox SET due = ? WHERE id > ? AND due <= ? AND {these}");
        self.run(&query, [time(until), number(after), time(now())])
    }

    /// Whether an entry of the log is still to come of this row's event.
    fn is_entry_to_come(&self, due: &Due) -> Answer<bool> {
        if due.is_entry() {
            return Ok(true);
        }
        let query = format!("SELECT count(*) FROM outbox WHERE event = ? AND id > ? AND {ENTRY}");
        Ok(due.attempts < PATIENCE && self.count(&query, [text(due.event), number(due.id)])? > 0)
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

/// Delivers rows, in order within each event, until none is left, every event left has failed, or it is enough for once; or those of
/// one event alone, as a request does that shares its object with many others.
///
/// What is decided stands in the log in the order in which it was: once an event is held up whose entry is still to come, no other
/// entry is made in this go, unless something else of the event than its entry has been failing for long.
///
/// `done` takes what was done for an event, and where its entry is, into the object's own tables, within the transaction that
/// removes the row. A row that fails is put off; the first failure is returned, and that something is left is one.
pub async fn deliver(
    db: &Db<'_>,
    env: &Env,
    only: Option<EventId>,
    done: impl Fn(EventId, &Task, Option<&Appended>) -> Answer<()>,
) -> Answer<()> {
    let (mut at, mut held_up, mut failure) = (0, Vec::new(), Ok(()));
    let mut finished: Vec<Finished> = Vec::new();
    let mut left = MOST_REQUESTS;
    let (mut is_closed, mut again, mut is_moving) = (false, None::<Timestamp>, false);
    loop {
        let next = db.next_task(at, only, &held_up, is_closed)?;
        let is_enough = next.as_ref().is_some_and(|due| due.requests() > left);
        // Rows of one event go together: what was done for one event is not to be done again after another's. What is the
        // object's own to do finds those before it taken out.
        let goes_along = |due: &Rc<Due>| {
            finished.last().is_none_or(|(last, _)| last.event == due.event)
                && finished.len() < TOGETHER
                && !due.task.as_ref().is_ok_and(Task::is_own)
        };
        if !finished.is_empty() && (is_enough || !next.as_ref().is_some_and(goes_along)) {
            for (event, problem) in take_out(db, &std::mem::take(&mut finished), &done)? {
                held_up.push(event);
                failure = failure.and(Err(problem));
            }
            // Doing so may have brought more.
            continue;
        }
        let Some(due) = next else { return failure };
        if is_enough {
            if let Some(again) = again.filter(|_| !is_moving) {
                // Where all fails, it would be tried again at once for the sake of what is behind it.
                db.put_off_others(at, again, false)?;
            }
            return failure.and(Err(Problem::goes_on()));
        }
        at = due.id;
        left -= due.requests();
        fault::point("before-task").await;
        let ran = async {
            let appended = due.run(db, env).await?;
            fault::point(due.task.as_ref().map_or("", Task::place)).await;
            Answer::Ok(appended)
        };
        match ran.await {
            Ok(appended) => {
                is_moving = true;
                finished.push((due, appended));
            }
            Err(problem) => {
                let until = db.put_off(&due)?;
                again = Some(again.map_or(until, |again| again.min(until)));
                held_up.push(due.event);
                if only.is_none() && !is_closed && problem.is_unavailable() && db.is_entry_to_come(&due)? {
                    is_closed = true;
                    db.put_off_others(due.id, until, true)?;
                }
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
