//! The outbox: what a committed event still has to do in the world, row by row, until it is done.
//!
//! Rows are written in the transaction of their event and done in order within it; a row that fails holds up its own
//! event and no other. Each task can be repeated without harm, so a crash anywhere costs at most a repetition. The
//! object's alarm delivers what a request did not.

use super::{
    audit_log::{self, Appended, NewEntry},
    db::{Db, Param, number, text, time},
    registry::{self, Case, Concern, Erasing, Erasure, Hold, Notice},
    subject::{self, Call, requests::STORE},
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
    rights::request::Step,
    store::{Metadata, Store as _, StoreError},
};
use serde::{Deserialize, Serialize};
use worker::Env;

/// The table, for an object's schema.
pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, task TEXT NOT NULL,
    due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0)";

/// How many rows are looked at together.
const AT_ONCE: u64 = 4;

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
pub struct Due {
    /// Its number.
    pub id: u64,
    /// The event it belongs to.
    pub event: EventId,
    /// What to do.
    pub task: Task,
    attempts: u64,
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
        let json = serde_json::to_string(task).or_internal("outbox.encode")?;
        self.run(
            "INSERT INTO outbox (event, task, due) VALUES (?, ?, ?)",
            [text(event), text(json), time(now())],
        )
    }

    /// The first row after `after`, whether due or not, that is not of one of the events in `held_up`.
    fn next_task(&self, after: u64, only: Option<EventId>, held_up: &[EventId]) -> Answer<Option<Due>> {
        let query = "SELECT id, event, task, attempts FROM outbox WHERE id > ? AND event = coalesce(?, event)
            ORDER BY id LIMIT ?";
        // A few at a time: an erasure has a row for each record.
        let mut after = after;
        loop {
            let rows = self.rows(query, [number(after), only.map_or(Param::Null, text), number(AT_ONCE)])?;
            for row in &rows {
                let event = row.parse(1)?;
                if !held_up.contains(&event) {
                    let task = serde_json::from_str(row.text(2)?).or_internal("outbox.decode")?;
                    return Ok(Some(Due { id: row.number(0)?, event, task, attempts: row.number(3)? }));
                }
            }
            match rows.last() {
                Some(last) => after = last.number(0)?,
                None => return Ok(None),
            }
        }
    }

    /// The events of which something is still to be done.
    pub fn waiting(&self) -> Answer<Vec<EventId>> {
        let rows = self.rows("SELECT DISTINCT event FROM outbox", [])?;
        rows.iter().map(|row| row.parse(0)).collect()
    }

    /// Takes a row that is done out.
    pub fn dequeue(&self, id: u64) -> Answer<()> {
        self.run("DELETE FROM outbox WHERE id = ?", [number(id)])
    }

    /// Puts the first row off after a failure.
    pub fn put_off(&self, due: &Due) -> Answer<()> {
        let params = [time(now().plus_seconds(backoff(due.attempts))), number(due.id)];
        self.run("UPDATE outbox SET attempts = attempts + 1, due = ? WHERE id = ?", params)
    }

    /// When the next event may be tried again: the first row of each event says when.
    pub fn outbox_due(&self) -> Answer<Option<Timestamp>> {
        let query = "SELECT min(due) FROM outbox WHERE id IN (SELECT min(id) FROM outbox GROUP BY event)";
        let row = self.row(query, [])?;
        Ok(row.and_then(|row| row.maybe_number(0)).map(Timestamp::from_seconds))
    }
}

/// Delivers rows, in order within each event, until none is left or every event left has failed; or those of one event
/// alone, as a request does that shares its object with many others. `done` takes a finished row, and where its entry is, into
/// the object's own tables, within the transaction that removes the row. A row that fails is put off; the first failure is returned.
pub async fn deliver(
    db: &Db<'_>,
    env: &Env,
    only: Option<EventId>,
    done: impl Fn(&Due, Option<&Appended>) -> Answer<()>,
) -> Answer<()> {
    let (mut at, mut held_up, mut failure) = (0, Vec::new(), Ok(()));
    while let Some(due) = db.next_task(at, only, &held_up)? {
        at = due.id;
        fault::point("before-task").await;
        let finished = match due.task.run(env).await {
            Ok(appended) => {
                fault::point(due.task.place()).await;
                db.transaction(|| {
                    db.dequeue(due.id)?;
                    done(&due, appended.as_ref())
                })
            }
            Err(problem) => Err(problem),
        };
        if let Err(problem) = finished {
            db.put_off(&due)?;
            held_up.push(due.event);
            failure = failure.and(Err(problem));
        }
    }
    failure
}
