//! The object itself.

#![expect(missing_docs, reason = "the methods that the macro makes have none")]

use super::{
    super::{
        audit_log::Appended,
        db::{Db, Memory, number, text, time},
        outbox::{Task, deliver},
        reseal::reseal,
        rpc,
    },
    Call, Consent, contact, decide, erase, export, hold, linked, one_off,
    person::Person,
    policy, records, replay, requests, restriction, seen, swept, systems,
};
use crate::{
    config::{Config, config, seconds},
    kv::Retention,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::now,
};
use consentry::{clock::Timestamp, id::EventId, records::Freeze, store::Store as _};
use std::cell::RefCell;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// How long after a deletion it is made once more, in seconds: longer than any write can be under way.
const LATE: u64 = 120;

/// How long the object waits after something failed that was due, in seconds.
const PAUSE: u64 = 60;

/// How many of these later ones are made in one go: the platform allows an invocation 1,000 requests, and the outbox has some to
/// make as well.
const LATE_PART: u64 = 200;

/// One person, or one carrier of decisions by nobody.
#[durable_object]
pub struct Subject {
    state: State,
    env: Env,
    memory: Memory,
}

impl DurableObject for Subject {
    fn new(state: State, env: Env) -> Self {
        crate::panics::keep_quiet();
        Self { state, env, memory: Memory::default() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        rpc::answer(self.serve(request).await)
    }

    async fn alarm(&self) -> Result<Response> {
        // What fails has been put off and the alarm set again; throwing would only count against retries.
        let _ = self.wake().await;
        Response::empty()
    }
}

impl Subject {
    async fn serve(&self, request: Request) -> Answer<Response> {
        let config = config(&self.env)?;
        let call = rpc::receive(request).await?;
        let db = Db::of(&self.state, &self.memory);
        match call {
            Call::Decide(ask) => rpc::json(&decide::decide(&db, &self.env, &config, &ask).await?),
            Call::Refuse(ask) => rpc::json(&one_off::refuse(&db, &self.env, &config, &ask).await?),
            Call::Consent { policy } => rpc::json(&consent(&db, &config, &policy)?),
            Call::Receipt => {
                let person = Person::load(&db, &config)?;
                let history = person.map_or(Ok(Vec::new()), |person| person.history(&db, &config))?;
                let none = || Problem::not_found("This device has no receipt.");
                let newest = history.into_iter().next_back().ok_or_else(none)?;
                rpc::json(&decide::receipt(&self.env, newest, None).await?)
            }
            Call::BeginCopy { token, by } => {
                rpc::json(&export::begin(&db, &self.env, &config, &token, by).await?)
            }
            Call::Copy { id, cursor, policy, locale } => {
                let view = export::View { policy: policy::read(&policy)?, locale };
                rpc::json(&export::page(&db, &self.env, &config, &id, cursor, &view).await?)
            }
            Call::Contents { id, places } => export::contents(&db, &self.env, &config, &id, &places),
            Call::Requests { ask, policy, by } => {
                rpc::json(&requests::answer(&db, &self.env, &config, ask, &policy, by).await?)
            }
            Call::Replay { subject, at, carry_out, policy, by } => {
                let replayed = replay::replay(&db, &self.env, &config, subject, at, carry_out, &policy, by);
                rpc::json(&replayed.await?)
            }
            Call::Records { ask, by } => rpc::json(&records::answer(&db, &self.env, &config, ask, by).await?),
            Call::Rewrap => rpc::json(&rewrap(&db, &config)?),
            Call::Contact { ask, by } => rpc::json(&contact::answer(&db, &self.env, &config, ask, by).await?),
            Call::Also { ask, policy, by } => {
                let ask = serde_json::from_value(ask).or_internal("subject.also")?;
                rpc::json(&requests::also(&db, &self.env, &config, ask, &policy, by).await?)
            }
            Call::CopyLinked { account, scope, by } => {
                rpc::json(&export::begin_linked(&db, &self.env, &config, account, scope, by).await?)
            }
            Call::Linked { ask, by } => rpc::json(&linked::answer(&db, &self.env, &config, ask, by).await?),
            Call::Hold { ask, by } => rpc::json(&hold::answer(&db, &self.env, &config, ask, by).await?),
            Call::Swept { seen, retentions, repair } => {
                rpc::json(&swept::swept(&db, &self.env, &config, &seen, &retentions, repair).await?)
            }
            #[cfg(feature = "testing")]
            Call::Inspect => rpc::json(&inspect(&db)?),
        }
    }

    /// Does what is due: the outbox, deletions whose time has come, deletions to be made once more.
    async fn wake(&self) -> Answer<()> {
        let config = config(&self.env)?;
        let db = Db::of(&self.state, &self.memory);
        if !db.exists()? {
            return Ok(());
        }
        let done = [
            restriction::lift_due(&db, &self.env, &config).await,
            records::expire(&db, &config),
            systems::expire(&db),
            seen::expire(&db),
            contact::expire(&db, now()),
            erase::look(&db, &self.env).await,
            self.delete_due(&db).await,
        ];
        let delivered = deliver_now(&db, &self.env, &config).await;
        // Of an address that codes were sent to, nothing else may ever have been kept.
        let is_over = match db.meta("erasure")?.as_deref() {
            Some(erasure) => erasure == "complete",
            None => contact::is_alone(&db)?,
        };
        // Who was just sent a code may still use it; for more than that codes hold up no one's end.
        let open = contact::open_until(&db, now())?;
        let due = if erase::is_asked(&db)? { due_but_codes(&db)?.or(open) } else { next_due(&db)? };
        if is_over && due.is_none() {
            // Nothing is left to do or to answer for.
            return db.delete_all().await;
        }
        // What failed is not tried again at once. The outbox has pauses of its own.
        let due = [
            restriction::due(&db)?,
            records::due(&db)?,
            systems::due(&db)?,
            seen::due(&db)?,
            contact::due(&db)?.into_iter().chain(open).min(),
            erase::due(&db)?,
            late_due(&db)?,
        ];
        let later = now().plus_seconds(PAUSE);
        let next = due
            .into_iter()
            .zip(&done)
            .filter_map(|(due, done)| due.map(|due| if done.is_err() { due.max(later) } else { due }));
        db.arm(next.chain(db.outbox_due()?).min())?;
        done.into_iter().chain([delivered]).collect()
    }

    async fn delete_due(&self, db: &Db<'_>) -> Answer<()> {
        let store = Retention::bound(&self.env)?;
        if late_due(db)?.is_none_or(|due| due > now()) {
            return Ok(());
        }
        let query = "SELECT key FROM late_deletes WHERE due <= ? ORDER BY due LIMIT ?";
        for row in db.rows(query, [time(now()), number(LATE_PART)])? {
            let key = row.text(0)?;
            store.delete(key).await.map_err(|e| Problem::unavailable(sentence(&e)))?;
            db.run("DELETE FROM late_deletes WHERE key = ?", [text(key)])?;
        }
        Ok(())
    }
}

/// Puts the person's key, and what waits here, under the active key of the site.
fn rewrap(db: &Db<'_>, config: &Config) -> Answer<()> {
    Person::load(db, config)?;
    if db.exists()? { reseal(db, config) } else { Ok(()) }
}

/// Delivers the outbox. Sets the alarm for what is left, whatever happens.
pub async fn deliver_now(db: &Db<'_>, env: &Env, config: &Config) -> Answer<()> {
    deliver_these(db, env, config, None).await
}

/// As much of it as can be done at once; the rest is the alarm's. For what counts from when it was written down.
pub async fn deliver_some(db: &Db<'_>, env: &Env, config: &Config) -> Answer<()> {
    deliver_now(db, env, config)
        .await
        .or_else(|problem| if problem.is_goes_on() { Ok(()) } else { Err(problem) })
}

/// The same for what one event left to be done.
pub async fn deliver_event(db: &Db<'_>, env: &Env, config: &Config, event: EventId) -> Answer<()> {
    deliver_these(db, env, config, Some(event)).await
}

/// All of it; and where the log has the entry of one event, if it was appended just now.
pub async fn deliver_logged(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    event: EventId,
) -> (Answer<()>, Option<Appended>) {
    let logged = RefCell::new(None);
    let delivered = deliver_each(db, env, config, None, |own, appended| {
        if own == event && appended.is_some() {
            *logged.borrow_mut() = appended.cloned();
        }
    });
    let delivered = delivered.await;
    (delivered, logged.into_inner())
}

async fn deliver_these(db: &Db<'_>, env: &Env, config: &Config, only: Option<EventId>) -> Answer<()> {
    deliver_each(db, env, config, only, |_, _| ()).await
}

async fn deliver_each(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    only: Option<EventId>,
    seen: impl Fn(EventId, Option<&Appended>),
) -> Answer<()> {
    if config.keyring.ids().count() > 1 {
        // Whom the log does not know of yet, or not any more, it can have nobody ask: while there is something to deliver, they
        // look after themselves. What cannot be put under the active key now does not hold up what can be done.
        let _ = rewrap(db, config);
    }
    let late = seconds(env, "LATE_DELETE", LATE);
    let done = |event: EventId, task: &Task, appended: Option<&Appended>| {
        seen(event, appended);
        finished(db, config, event, task, late)
    };
    let delivered = deliver(db, env, only, done).await;
    if db.exists()? {
        arm(db)?;
    }
    delivered
}

/// Takes a finished task into the tables.
fn finished(db: &Db<'_>, config: &Config, event: EventId, task: &Task, late: u64) -> Answer<()> {
    match task {
        Task::Delete { key } => {
            db.run("DELETE FROM keys WHERE key = ?", [text(key)])?;
            let params = [text(key), time(now().plus_seconds(late))];
            db.run("INSERT OR REPLACE INTO late_deletes (key, due) VALUES (?, ?)", params)
        }
        // Should something have begun to keep it meanwhile.
        Task::Expire { key, .. } | Task::Put { key, expires: Some(_), .. }
            if records::freeze(db)? > Freeze::None =>
        {
            db.enqueue(event, &Task::Lift { key: key.clone() })
        }
        Task::End { request, step, calendar } => requests::ended(db, config, *request, step, calendar),
        Task::Finish => erase::finish(db, config, event),
        _ => Ok(()),
    }
}

/// Sets the alarm for what a request is about to do itself, should it not come to its end.
pub fn arm_soon(db: &Db<'_>) -> Answer<()> {
    db.arm(Some(now().plus_seconds(2)))
}

/// Sets the alarm for what is due next.
pub fn arm(db: &Db<'_>) -> Answer<()> {
    db.arm(next_due(db)?)
}

/// The earliest moment at which something is to do.
fn next_due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let codes = [contact::due(db)?, contact::open_until(db, now())?];
    Ok(codes.into_iter().chain([due_but_codes(db)?]).flatten().min())
}

fn due_but_codes(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    Ok([
        db.outbox_due()?,
        late_due(db)?,
        records::due(db)?,
        restriction::due(db)?,
        systems::due(db)?,
        seen::due(db)?,
        erase::due(db)?,
    ]
    .into_iter()
    .flatten()
    .min())
}

/// When the next deletion is to be made once more.
fn late_due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    db.first_time("SELECT min(due) FROM late_deletes")
}

fn consent(db: &Db<'_>, config: &Config, policy: &str) -> Answer<Consent> {
    let person = Person::load(db, config)?;
    let history = person.map_or(Ok(Vec::new()), |person| person.history(db, config))?;
    let receipts = u64::try_from(history.len()).unwrap_or(u64::MAX);
    let policy = policy::read(policy)?;
    let stand = match decide::newest(&decide::counted(db, &history)?) {
        Some(newest) => decide::stand(db, &decide::offer_now(&policy, newest), &history)?,
        None => None,
    };
    let known = db.exists()? && !erase::is_asked(db)?;
    Ok(Consent { stand, receipts, restricted: restriction::holds(db)?, known })
}

/// Counts of what the object holds, for tests.
#[cfg(feature = "testing")]
fn inspect(db: &Db<'_>) -> Answer<serde_json::Value> {
    if !db.exists()? {
        return Ok(serde_json::json!({"exists": false}));
    }
    let count = |table: &str| db.count(&format!("SELECT count(*) FROM {table}"), []);
    Ok(serde_json::json!({
        "exists": true, "events": count("events")?, "keys": count("keys")?, "outbox": count("outbox")?,
        "exports": count("exports")?, "records": count("records")?, "uploads": count("uploads")?, "late_deletes": count("late_deletes")?,
        "data_key": db.meta("data_key")?.is_some(), "handle": db.meta("handle")?.is_some(),
        "erasure": db.meta("erasure")?,
    }))
}
