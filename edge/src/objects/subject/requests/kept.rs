//! What is kept of a person's requests: the history of each, sealed, with its entry in the log and, while it is open, its term in
//! the registry.

use super::{
    super::{
        super::{
            db::{Db, Param, number, text},
            outbox::Task,
            registry::Case,
        },
        decide::require_not_erased,
        erase,
        person::Person,
        restriction, systems, tell,
    },
    refused,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem},
    world::context,
};
use consentry::{
    audit::Action,
    caller::SiteName,
    clock::Calendar,
    decider::{CallerClass, Context, Decider as _},
    id::{EventId, SubjectId},
    policy::Policy,
    rights::{
        Asked, calendar,
        request::{Command, Event, Phase, Refusal, Request, Requests, Right, Step},
    },
    vault::{self, Binding, seal},
};
use serde_json::{Map, Value, json};

/// The table: `body` is the sealed history of a request.
pub const TABLE: &str = "CREATE TABLE IF NOT EXISTS requests (id TEXT PRIMARY KEY, received INTEGER NOT NULL,
    open INTEGER NOT NULL, body BLOB NOT NULL)";

/// The most requests of one person that may be open at a time, and the most that are remembered.
pub const MOST_OPEN: u64 = 20;
const MOST: u64 = 200;

/// A request and what has just happened to it.
#[derive(Default)]
pub struct Course {
    pub(super) state: Option<Request>,
    pub(super) events: Vec<Event>,
}

impl Course {
    /// A request to which nothing has happened just now.
    pub fn of(request: Request) -> Self {
        Self { state: Some(request), events: Vec::new() }
    }

    /// The request, and what has just happened to it, if anything has.
    pub fn changed(&self) -> Option<(&Request, &[Event])> {
        self.state.as_ref().filter(|_| !self.events.is_empty()).map(|state| (state, &*self.events))
    }

    /// Does something about it.
    pub fn take(&mut self, command: Command, context: &Context) -> Answer<()> {
        let events = Requests::decide(&self.state, command, context).map_err(refused)?;
        self.state = events.iter().fold(self.state.take(), Requests::evolve);
        self.events.extend(events);
        Ok(())
    }
}

/// How many requests are open.
pub fn open(db: &Db<'_>) -> Answer<u64> {
    db.count("SELECT count(*) FROM requests WHERE open = 1", [])
}

/// Refuses one that would.
pub fn too_many() -> Problem {
    let detail =
        format!("{MOST_OPEN} of your requests are still open. Take one back, or wait for an answer.");
    Problem::conflict("too-many-open", "Too many requests are open", detail)
}

/// Forgets those that were over long ago.
pub fn prune(db: &Db<'_>) -> Answer<()> {
    // What a restriction that holds is called by stays.
    let oldest =
        "SELECT id FROM requests WHERE open = 0 AND id NOT IN (SELECT value FROM meta WHERE name = 'freeze')
        ORDER BY received DESC LIMIT -1 OFFSET ?";
    let forget = format!("DELETE FROM requests WHERE id IN ({oldest})");
    db.run(&forget, [number(MOST)])
}

/// A request, and whose it is.
pub fn find(db: &Db<'_>, config: &Config, id: EventId) -> Answer<(Person, Request)> {
    require_not_erased(db)?;
    let person = Person::load(db, config)?.ok_or_else(|| refused(Refusal::Missing))?;
    let request = load(db, &person, id, config)?.ok_or_else(|| refused(Refusal::Missing))?;
    Ok((person, request))
}

pub fn load(db: &Db<'_>, person: &Person, id: EventId, config: &Config) -> Answer<Option<Request>> {
    Ok(Requests::replay(&history(db, person, id, config)?))
}

pub fn history(db: &Db<'_>, person: &Person, id: EventId, config: &Config) -> Answer<Vec<Event>> {
    let name = id.to_string();
    let Some(row) = db.row("SELECT body FROM requests WHERE id = ?", [text(&name)])? else {
        return Ok(Vec::new());
    };
    let binding = Binding { site: &config.site, kind: "request", name: &name };
    // What does not open in its place has been changed: an incident.
    let plain =
        vault::open(person.key.as_bytes(), binding, row.bytes(0)?).or_internal("requests.integrity")?;
    serde_json::from_slice(&plain).or_internal("requests.decode")
}

/// The same request that waits to be shown who asks.
pub fn pending(db: &Db<'_>, person: &Person, asked: &Asked, config: &Config) -> Answer<Option<Request>> {
    for row in db.rows("SELECT id FROM requests WHERE open = 1", [])? {
        let request = load(db, person, row.parse(0)?, config)?;
        let same = |request: &Request| request.phase == Phase::IdentityPending && request.asked == *asked;
        if request.as_ref().is_some_and(same) {
            return Ok(request);
        }
    }
    Ok(None)
}

/// The request of this right that is open, if its person was known.
pub fn open_of(db: &Db<'_>, person: &Person, right: Right, config: &Config) -> Answer<Option<Request>> {
    for row in db.rows("SELECT id FROM requests WHERE open = 1 ORDER BY received DESC, rowid DESC", [])? {
        let request = load(db, person, row.parse(0)?, config)?;
        let fits =
            |request: &Request| request.asked.right() == right && request.phase != Phase::IdentityPending;
        if request.as_ref().is_some_and(fits) {
            return Ok(request);
        }
    }
    Ok(None)
}

/// The latest request for a copy of this scope that was taken in.
pub fn latest(db: &Db<'_>, person: &Person, scope: Right, config: &Config) -> Answer<Option<Request>> {
    for row in db.rows("SELECT id FROM requests ORDER BY received DESC, rowid DESC", [])? {
        let request = load(db, person, row.parse(0)?, config)?;
        if request.as_ref().is_some_and(|request| request.asked.right() == scope) {
            return Ok(request);
        }
    }
    Ok(None)
}

/// What there is of the person's requests, for their copy: how each stands, and what exactly was asked.
pub fn held(db: &Db<'_>, person: &Person, config: &Config, policy: &Policy) -> Answer<Vec<Value>> {
    let calendar = calendar(policy);
    let rows = db.rows("SELECT id FROM requests ORDER BY received, id", [])?;
    let held = rows.iter().map(|row| {
        let request = load(db, person, row.parse(0)?, config)?.or_internal("requests.held")?;
        Ok(json!({"request": request.reply(&calendar), "asked": request.asked}))
    });
    held.collect()
}

/// Writes a request down, with its entry in the log; while it is open, the registry knows its term.
#[expect(clippy::too_many_arguments, reason = "one thing")]
pub fn keep(
    db: &Db<'_>,
    person: &Person,
    request: &Request,
    events: &[Event],
    is_new: bool,
    calendar: &Calendar,
    config: &Config,
    context: &Context,
) -> Answer<EventId> {
    let mut history = if is_new { Vec::new() } else { history(db, person, request.id, config)? };
    history.extend(events.iter().cloned());
    let plain = serde_json::to_vec(&history).or_internal("requests.encode")?;
    let name = request.id.to_string();
    let binding = Binding { site: &config.site, kind: "request", name: &name };
    let sealed = seal(person.key.as_bytes(), &context.derive16("request nonce"), binding, &plain);
    let is_open = !request.phase.is_over();
    // What an agent asked long ago takes its place where its person confirmed it.
    let place = request.identified.unwrap_or(request.received);
    let row = [
        text(&name),
        number(place.seconds()),
        number(u64::from(is_open)),
        Param::Blob(sealed.or_internal("requests.seal")?),
    ];
    db.run("INSERT OR REPLACE INTO requests (id, received, open, body) VALUES (?, ?, ?, ?)", row)?;
    if request.phase.is_over() {
        systems::served(db, request.id, context.now)?;
    }
    let (action, details) = entry(request, events);
    let event = person.log(db, action, details, "request", config, context)?;
    let subject = person_subject(db)?;
    let version = u64::try_from(history.len()).or_internal("requests.version")?;
    let case = Case { subject: Some(subject), version, request: request.reply(calendar) };
    let name = tell::name(db, person, config)?;
    // Of somebody whom the site does not know it is told what it has to see to.
    if name.is_some() || is_open || !is_new {
        let data = SiteName::tell(name.as_ref(), json!({"request": case.request}));
        tell::tell(db, event, action, &data, config, context)?;
    }
    db.enqueue(event, &Task::Case { case: Box::new(case) })?;
    Ok(event)
}

/// The entry in the log for what has just happened to a request.
pub fn entry(request: &Request, events: &[Event]) -> (Action, Value) {
    let right = request.asked.right();
    let mut details =
        json!({"request": request.id, "right": right, "phase": request.phase, "law": request.law});
    let ended = events.iter().filter_map(|event| match event {
        Event::Ended { step, how, .. } => Some((step.clone(), json!(how))),
        _ => None,
    });
    let ended: Map<String, Value> = ended.collect();
    if let Some(details) = details.as_object_mut() {
        if !ended.is_empty() {
            details.insert("steps".to_owned(), ended.into());
        }
        if let Some((ground, _)) = &request.refusal {
            details.insert("ground".to_owned(), json!(ground));
        }
    }
    (action(right, events), details)
}

/// What the log calls it: of what a command did, that which says most.
fn action(right: Right, events: &[Event]) -> Action {
    let has = |wanted: fn(&Event) -> bool| events.iter().any(wanted);
    if has(|event| matches!(event, Event::Refused { .. })) {
        return Action::RequestRefused;
    }
    if has(|event| matches!(event, Event::Received { .. })) {
        return match right {
            Right::Access | Right::Portability => Action::ExportRequested,
            _ => Action::RequestReceived,
        };
    }
    if has(|event| matches!(event, Event::Completed { .. })) {
        return Action::RequestCompleted;
    }
    match events.first() {
        Some(Event::Identified { .. }) => Action::RequestIdentified,
        Some(Event::Extended { .. }) => Action::RequestExtended,
        Some(Event::Revoked { .. }) => Action::RequestRevoked,
        _ => Action::RequestAdvanced,
    }
}

/// A step of the store's own is done, within the transaction that takes its row out of the outbox.
pub fn ended(db: &Db<'_>, config: &Config, id: EventId, step: &str, calendar: &Calendar) -> Answer<()> {
    if erase::is_asked(db)? {
        return Ok(());
    }
    let Some(person) = Person::load(db, config)? else { return Ok(()) };
    let Some(request) = load(db, &person, id, config)? else { return Ok(()) };
    let context = context(CallerClass::System.into())?;
    let mut course = Course { state: Some(request), events: Vec::new() };
    let command = Command::End { step: step.to_owned(), how: Step::Done, note: None };
    if course.take(command, &context).is_err() {
        return Ok(());
    }
    let request = course.state.or_internal("requests.ended")?;
    keep(db, &person, &request, &course.events, false, calendar, config, &context).map(drop)
}

/// Every request that is open is over with the person's erasure, and so is what holds because of one. The request for the
/// erasure itself is not: it goes on without them.
pub fn forget(
    db: &Db<'_>,
    person: &Person,
    event: EventId,
    own: Option<EventId>,
    config: &Config,
) -> Answer<()> {
    let holds = restriction::restriction(db, person, config)?.map(|restriction| restriction.request);
    let open = db.rows("SELECT id FROM requests WHERE open = 1", [])?;
    for request in open.iter().map(|row| row.parse(0)).chain(holds.map(Ok)) {
        let request = request?;
        if Some(request) != own {
            db.enqueue(event, &Task::Forgotten { request })?;
        }
    }
    db.run("DELETE FROM requests", [])
}

pub fn person_subject(db: &Db<'_>) -> Answer<SubjectId> {
    db.meta("subject")?.and_then(|text| text.parse().ok()).or_internal("requests.subject")
}
