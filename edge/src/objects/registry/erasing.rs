//! Erasures in which the site's other systems take part. The person is gone from here; what is left is to see each system
//! answer, by the term of the law. Nothing here says whose erasure it is, but what the site is told at its end, sealed.

use super::{
    cases::{self, Case},
    notices::{self, Notice},
};
use crate::{
    config::Config,
    objects::{
        audit_log::SiteEntry,
        db::{Db, Param, number, text, time},
        outbox::Task,
        subject::requests,
    },
    problem::{Answer, OrInternal as _},
    world::{context, event},
};
use consentry::{
    audit::Action,
    clock::{Calendar, Timestamp},
    decider::{Caller, Decider as _},
    id::EventId,
    rights::{
        RequestReply,
        request::{Command, Event, Phase, Request, Requests, Step},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS erasing (request TEXT PRIMARY KEY,
    history TEXT NOT NULL, records INTEGER NOT NULL, confirmation TEXT)";

/// An erasure, as the person's object hands it over before it forgets them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Erasing {
    /// The request.
    pub request: EventId,
    /// What has happened to it so far. An erasure says nothing in the person's words.
    pub events: Vec<Event>,
    /// How many records the store had.
    pub records: u64,
    /// What the site is told at the end, so that it can confirm it.
    pub confirmation: Option<Notice>,
}

/// What is done about one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Act {
    /// A step ended.
    End {
        /// Which.
        step: String,
        /// How.
        how: Step,
        /// What the person is told.
        note: Option<String>,
    },
    /// More time is needed.
    Extend {
        /// Why.
        reason: String,
    },
}

/// Takes one in, once.
pub(super) fn enter(db: &Db<'_>, config: &Config, erasing: &Erasing, calendar: &Calendar) -> Answer<()> {
    let Erasing { request, events, records, confirmation } = erasing;
    if load(db, *request)?.is_some() {
        return Ok(());
    }
    let confirmation = confirmation.as_ref().map(serde_json::to_string).transpose();
    let confirmation = confirmation.or_internal("erasing.encode")?.map_or(Param::Null, text);
    let history = serde_json::to_string(events).or_internal("erasing.encode")?;
    let insert = "INSERT INTO erasing (request, history, records, confirmation) VALUES (?, ?, ?, ?)";
    db.run(insert, [text(request), text(history), number(*records), confirmation])?;
    follow(db, config, events, calendar).map(drop)
}

/// Puts what waits under an earlier key under the active one, some at a time.
pub(super) fn reseal(db: &Db<'_>, config: &Config) -> Answer<()> {
    let query = "SELECT request, confirmation FROM erasing
        WHERE confirmation IS NOT NULL AND json_extract(confirmation, '$.key') <> ? LIMIT 20";
    for row in db.rows(query, [text(config.keyring.active())])? {
        let notice: Notice = serde_json::from_str(row.text(1)?).or_internal("erasing.decode")?;
        if let Ok(notice) = notice.resealed(config) {
            let notice = serde_json::to_string(&notice).or_internal("erasing.encode")?;
            let update = "UPDATE erasing SET confirmation = ? WHERE request = ? AND confirmation IS NOT NULL";
            db.run(update, [text(notice), text(row.text(0)?)])?;
        }
    }
    Ok(())
}

/// How one stands.
pub(super) fn show(db: &Db<'_>, request: EventId, calendar: &Calendar) -> Answer<Option<RequestReply>> {
    let state = load(db, request)?.and_then(|(events, _)| Requests::replay(&events));
    Ok(state.map(|request| request.reply(calendar)))
}

/// Takes one further; nothing where there is none by this id.
pub(super) fn act(
    db: &Db<'_>,
    config: &Config,
    request: EventId,
    act: Act,
    calendar: &Calendar,
    by: Caller,
) -> Answer<Option<RequestReply>> {
    let Some((mut events, records)) = load(db, request)? else { return Ok(None) };
    let state = Requests::replay(&events);
    let known = state.as_ref().or_internal("erasing.state")?;
    let command = match act {
        // What is said twice is heard once.
        Act::End { step, how, .. } if known.ended(&step) == Some(how) => {
            return Ok(Some(known.reply(calendar)));
        }
        Act::End { step, how, note } => Command::End { step, how, note },
        Act::Extend { reason } => Command::Extend { reason, calendar: calendar.clone() },
    };
    let context = context(by)?;
    let new = Requests::decide(&state, command, &context).map_err(requests::refused)?;
    let state = new.iter().fold(state, Requests::evolve).or_internal("erasing.state")?;
    let words: Vec<_> = new.iter().filter_map(words).collect();
    events.extend(new.iter().cloned().map(wordless));
    let (action, mut details) = if state.phase == Phase::Completed {
        (Action::ErasureCompleted, json!({"request": request, "records": records}))
    } else {
        requests::entry(&state, &new)
    };
    if let Some(details) = details.as_object_mut().filter(|_| !words.is_empty()) {
        details.insert("words".to_owned(), json!(words));
    }
    let entry = SiteEntry { event: event()?, action, details }.seal(by, config)?;
    let history = serde_json::to_string(&events).or_internal("erasing.encode")?;
    db.transaction(|| {
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() })?;
        db.run("UPDATE erasing SET history = ? WHERE request = ?", [text(&history), text(request)])?;
        follow(db, config, &events, calendar)?;
        if let Some(notice) = confirmation(db, request)?.filter(|_| !words.is_empty()) {
            let told = notice.saying(&words, config)?;
            let told = serde_json::to_string(&told).or_internal("erasing.encode")?;
            db.run("UPDATE erasing SET confirmation = ? WHERE request = ?", [text(told), text(request)])?;
        }
        if let (Some(over), Some(notice)) = (state.over, confirmation(db, request)?) {
            notices::enter(db, &notice.dated(over, state.phase, config)?)?;
            db.run("UPDATE erasing SET confirmation = NULL WHERE request = ?", [text(request)])?;
        }
        Ok(Some(state.reply(calendar)))
    })
}

/// What is said to the person by it. It stands in the log and in the confirmation, sealed, and is not kept here.
fn words(event: &Event) -> Option<&str> {
    match event {
        Event::Ended { note, .. } => note.as_deref(),
        Event::Extended { reason, .. } => Some(reason),
        _ => None,
    }
}

fn wordless(event: Event) -> Event {
    match event {
        Event::Ended { step, how, at, .. } => Event::Ended { step, how, note: None, at },
        Event::Extended { at, .. } => Event::Extended { reason: String::new(), at },
        event => event,
    }
}

/// Forgets those that were over long ago, before the cases do.
pub(super) fn forget(db: &Db<'_>, long_ago: Timestamp) -> Answer<()> {
    let over = "SELECT request FROM cases WHERE over <= ?";
    db.run(&format!("DELETE FROM erasing WHERE request IN ({over})"), [time(long_ago)])
}

/// Has the cases know how it stands.
fn follow(db: &Db<'_>, config: &Config, events: &[Event], calendar: &Calendar) -> Answer<Request> {
    let state = Requests::replay(events).or_internal("erasing.state")?;
    let version = u64::try_from(events.len()).or_internal("erasing.version")?;
    cases::enter(db, config, &Case { subject: None, version, request: state.reply(calendar) })?;
    Ok(state)
}

fn load(db: &Db<'_>, request: EventId) -> Answer<Option<(Vec<Event>, u64)>> {
    let row = db.row("SELECT history, records FROM erasing WHERE request = ?", [text(request)])?;
    row.map(|row| {
        let events = serde_json::from_str(row.text(0)?).or_internal("erasing.decode")?;
        Ok((events, row.number(1)?))
    })
    .transpose()
}

fn confirmation(db: &Db<'_>, request: EventId) -> Answer<Option<Notice>> {
    let row = db.row("SELECT confirmation FROM erasing WHERE request = ?", [text(request)])?;
    let notice = row.as_ref().and_then(|row| row.maybe_text(0));
    notice.map(|json| serde_json::from_str(json).or_internal("erasing.decode")).transpose()
}
