//! People's requests as the site has to keep track of them: what is open until when, and what was answered when. Nothing here
//! says what exactly somebody asked for; once a request is over, nor whose it was.

use super::{
    agents, erasing,
    notices::{self, Notice},
};
use crate::{
    config::Config,
    objects::{
        audit_log::SiteEntry,
        db::{Db, Param, number, text, time},
        outbox::Task,
    },
    problem::{Answer, OrInternal as _, Problem},
    world::{event, now},
};
use consentry::{
    audit::Action,
    clock::{Day, Law, Timestamp},
    decider::CallerClass,
    id::{EventId, SubjectId},
    rights::{
        RequestReply,
        connector::connector_of,
        request::{Phase, Right, Step},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(super) const SCHEMA: &str =
    "CREATE TABLE IF NOT EXISTS cases (request TEXT PRIMARY KEY, version INTEGER NOT NULL,
    subject TEXT, body TEXT NOT NULL, latest TEXT, over INTEGER, warn INTEGER)";

/// How many days before the last day of a term the site is warned.
const AHEAD: u64 = 7;

/// For how many days it is remembered that a request was answered: 24 months (11 CCR section 7101(a)).
const REMEMBERED: u64 = 2 * 366;

/// The most of one page.
const PAGE: u64 = 200;

/// A request as its person's object tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Case {
    /// The person.
    pub subject: Option<SubjectId>,
    /// The number of things that have happened to it, so that older news change nothing.
    pub version: u64,
    /// How it stands.
    pub request: RequestReply,
}

/// A page of requests.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cases {
    /// The requests, those that are due first at the top.
    pub requests: Vec<Value>,
    /// Where to go on; nothing at the end.
    pub next: Option<String>,
}

/// What of a request is to be seen without its person: no words of theirs, and none to them.
fn outline(request: &RequestReply) -> Value {
    let RequestReply { id, right, phase, law, received, target, latest, over, .. } = request;
    let steps: Map<String, Value> =
        request.steps.iter().map(|(name, step)| (name.clone(), json!(step.state))).collect();
    json!({
        "id": id, "right": right, "phase": phase, "law": law, "received": received, "target": target,
        "latest": latest, "extended": request.extended.is_some(), "over": over, "steps": steps,
        "ground": request.refused.as_ref().map(|refused| refused.ground),
    })
}

/// When the term of a request is over, as it is outlined.
fn end(request: &Value) -> Option<Timestamp> {
    let latest = Day::deserialize(request.get("latest")?).ok()?;
    let law = Law::deserialize(request.get("law")?).ok()?;
    Some(law.ends(latest, Timestamp::deserialize(request.get("received")?).ok()?))
}

/// Takes news of a request in.
pub(super) fn enter(db: &Db<'_>, config: &Config, case: &Case) -> Answer<()> {
    let Case { subject, version, request } = case;
    let known = db.count("SELECT version FROM cases WHERE request = ?", [text(request.id)])?;
    if known >= *version {
        return Ok(());
    }
    agents::follow(db, config, request)?;
    for (step, reply) in &request.steps {
        if let Some(connector) = connector_of(step).filter(|_| reply.state != Step::Open) {
            notices::answered(db, request.id, Some(&connector))?;
        }
    }
    let over = request.over;
    // A restriction is to be found for as long as it holds.
    let is_placed = matches!(request.phase, Phase::Completed | Phase::PartiallyCompleted);
    let holds = request.right == Right::Restriction && is_placed;
    let subject = subject.filter(|_| over.is_none() || holds).map_or(Param::Null, text);
    let warn = match over {
        None => {
            let end = request.law.ends(request.latest, request.received);
            time(Timestamp::from_seconds(end.seconds().saturating_sub((AHEAD + 1) * 86_400)))
        }
        Some(_) => Param::Null,
    };
    let row = [
        text(request.id),
        number(*version),
        subject,
        text(outline(request)),
        over.map_or_else(|| text(request.latest), |_| Param::Null),
        over.map_or(Param::Null, time),
        warn,
    ];
    let insert = "INSERT OR REPLACE INTO cases (request, version, subject, body, latest, over, warn)
        VALUES (?, ?, ?, ?, ?, ?, ?)";
    db.run(insert, row)
}

/// Forgets whose a request was: its restriction is lifted, or the person's data erased. One that was open is over then.
pub(super) fn forgotten(db: &Db<'_>, config: &Config, request: EventId) -> Answer<()> {
    let forget = "UPDATE cases SET subject = NULL, version = ? WHERE request = ?";
    db.run(forget, [number(u64::MAX), text(request)])?;
    notices::answered(db, request, None)?;
    agents::forgotten(db, config, request)?;
    let end =
        "UPDATE cases SET latest = NULL, warn = NULL, over = ?, body = json_set(body, '$.phase', 'revoked')
        WHERE request = ? AND over IS NULL";
    db.run(end, [time(now()), text(request)])
}

/// What an agent asked for is over before its person confirmed it; or, with no phase, goes on as a request of theirs, which is
/// known by itself.
pub(super) fn settled(db: &Db<'_>, request: EventId, phase: Option<Phase>) -> Answer<()> {
    let Some(phase) = phase else {
        return db.run("DELETE FROM cases WHERE request = ?", [text(request)]);
    };
    let end = "UPDATE cases SET latest = NULL, warn = NULL, over = ?,
        body = json_set(body, '$.phase', json(?), '$.over', json(?)) WHERE request = ? AND over IS NULL";
    db.run(end, [time(now()), text(json!(phase)), text(json!(now())), text(request)])
}

/// What of a request is to be seen without its person, if there is such a request.
pub(super) fn outlined(db: &Db<'_>, request: EventId) -> Answer<Option<Value>> {
    let row = db.row("SELECT body FROM cases WHERE request = ?", [text(request)])?;
    row.map(|row| serde_json::from_str(row.text(0)?).or_internal("cases.body")).transpose()
}

/// Whose a request is that is open, or whose restriction holds.
pub(super) fn subject_of(db: &Db<'_>, request: EventId) -> Answer<SubjectId> {
    let row =
        db.row("SELECT subject FROM cases WHERE request = ? AND subject IS NOT NULL", [text(request)])?;
    row.ok_or_else(|| {
        Problem::not_found("There is no such request that is open, or whose restriction holds.")
    })?
    .parse(0)
}

/// A page of those that are open, or over.
pub(super) fn list(db: &Db<'_>, is_over: bool, after: &str) -> Answer<Cases> {
    let (order, known) = if is_over { ("over", "over IS NOT NULL") } else { ("latest", "over IS NULL") };
    let query = format!(
        "SELECT body, {order} || ' ' || request AS place, subject FROM cases WHERE {known} AND place > ? ORDER BY place LIMIT ?"
    );
    let rows = db.rows(&query, [text(after), number(PAGE)])?;
    let now = now();
    let requests = rows.iter().map(|row| {
        let mut request: Value = serde_json::from_str(row.text(0)?).or_internal("cases.body")?;
        let (name, value) = if is_over {
            ("holds", row.maybe_text(2).is_some())
        } else {
            ("overdue", end(&request).is_some_and(|end| end <= now))
        };
        if let Some(object) = request.as_object_mut() {
            object.insert(name.to_owned(), value.into());
        }
        Ok(request)
    });
    let requests = requests.collect::<Answer<Vec<_>>>()?;
    let is_full = u64::try_from(rows.len()).is_ok_and(|count| count == PAGE);
    let next = rows.last().filter(|_| is_full).map(|row| row.text(1).map(str::to_owned)).transpose()?;
    Ok(Cases { requests, next })
}

/// Warns of terms that end soon, and once more when one is over; forgets what was over long ago. Says when to look again.
pub(super) fn look(db: &Db<'_>, config: &Config) -> Answer<Option<Timestamp>> {
    let now = now();
    let long_ago = Timestamp::from_seconds(now.seconds().saturating_sub(REMEMBERED * 86_400));
    erasing::forget(db, long_ago)?;
    db.run("DELETE FROM cases WHERE over <= ?", [time(long_ago)])?;
    for row in db.rows("SELECT request, body FROM cases WHERE warn <= ? LIMIT 100", [time(now)])? {
        let request: Value = serde_json::from_str(row.text(1)?).or_internal("cases.body")?;
        let end = end(&request).or_internal("cases.latest")?;
        let again = if now < end { time(end) } else { Param::Null };
        let id = event()?;
        let details = json!({"request": request.get("id"), "right": request.get("right"), "latest": request.get("latest"), "overdue": now >= end});
        let entry = SiteEntry { event: id, action: Action::RequestDue, details };
        let entry = entry.seal(CallerClass::System.into(), config)?;
        let notice = match &config.webhook {
            Some(_) => Some(Notice::of(id, Action::RequestDue, &json!({"request": request}), now, config)?),
            None => None,
        };
        db.transaction(|| {
            db.enqueue(id, &Task::Append { entry: entry.clone() })?;
            notice.iter().try_for_each(|notice| notices::enter(db, notice))?;
            db.run("UPDATE cases SET warn = ? WHERE request = ?", [again.clone(), text(row.text(0)?)])
        })?;
    }
    let next = db.row("SELECT min(warn) FROM cases", [])?.and_then(|row| row.maybe_number(0));
    Ok(next.map(Timestamp::from_seconds))
}
