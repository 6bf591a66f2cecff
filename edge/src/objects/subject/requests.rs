//! The person's requests under Articles 15 to 22: taken in, carried out as far as that is the store's to do, and kept until
//! they are over.

use super::{
    super::{
        db::{Db, Param, number, text},
        outbox::Task,
        registry::{self, Case},
    },
    Decide, Decided, Erased, ExportToken,
    decide::{self, require_not_erased},
    erase, export, hold, linked,
    person::Person,
    policy::{self, Read},
    rectify, restriction, systems, tell,
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::context,
};
use consentry::{
    audit::Action,
    caller::{Proof, SiteName},
    clock::{Calendar, Law, Timestamp},
    decider::{Caller, CallerClass, Context, Decider as _},
    id::{ConnectorId, EventId, PurposeId, SubjectId},
    policy::{Policy, Purpose},
    rights::{
        Asked, Named, RequestReply, calendar,
        connector::ConnectorAnswer,
        request::{Command, Event, Ground, Phase, Refusal, Request, Requests, Right, SITE, STORE, Step},
        restriction::{Command as Restrict, Restriction},
    },
    vault::{Binding, open, seal},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use worker::Env;

/// The table: `body` is the sealed history of a request.
pub(super) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS requests (id TEXT PRIMARY KEY, received INTEGER NOT NULL,
    open INTEGER NOT NULL, body BLOB NOT NULL)";

/// The most requests of one person that may be open at a time, and the most that are remembered.
const MOST_OPEN: u64 = 20;
const MOST: u64 = 200;

/// What is asked about requests.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// Take one in.
    Make(Box<Make>),
    /// Show them all to the person.
    List,
    /// It is shown better who asks.
    Identify {
        /// Which.
        id: EventId,
        /// How well.
        proof: Proof,
    },
    /// The person takes one back.
    Revoke {
        /// Which.
        id: EventId,
    },
    /// End the restriction, as the person wants.
    Lift,
    /// Show one to an operator.
    Show {
        /// Which.
        id: EventId,
    },
    /// Take more time.
    Extend {
        /// Which.
        id: EventId,
        /// Why.
        reason: String,
    },
    /// Refuse one.
    Refuse {
        /// Which.
        id: EventId,
        /// On what ground.
        ground: Ground,
        /// The reasons.
        reason: String,
    },
    /// A system of the site says how far it is.
    Answer {
        /// Which.
        id: EventId,
        /// Which system.
        connector: ConnectorId,
        /// What it says.
        answer: ConnectorAnswer,
        /// The id of its message, if it came as one.
        message: Option<String>,
    },
    /// Hand out a copy once more, with what has come since.
    Copy {
        /// Which.
        id: EventId,
    },
    /// Say how a step ended, by hand.
    End {
        /// Which.
        id: EventId,
        /// The step.
        step: String,
        /// Whether it could be done.
        done: bool,
        /// What the person is told.
        note: Option<String>,
        /// What is put right by it, of the person's records.
        correction: Option<Correction>,
    },
    /// Inform the person that their restriction will be lifted.
    Announce {
        /// The request that it follows from.
        id: EventId,
        /// Why.
        reason: String,
        /// When.
        lift_at: Timestamp,
    },
}

/// What of a record is put right, and how.
#[derive(Debug, Serialize, Deserialize)]
pub struct Correction {
    /// The record.
    pub record: Named,
    /// What is right, by JSON Pointer (RFC 6901).
    pub changes: BTreeMap<String, Value>,
}

/// A request on its way in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Make {
    /// The person.
    pub subject: SubjectId,
    /// Its id. The same again is the same request.
    pub id: EventId,
    /// What is asked for.
    pub asked: Asked,
    /// The law its terms come from.
    pub law: Law,
    /// What proof the person's data is filed under.
    pub kind: Proof,
    /// What is proved.
    pub proof: Proof,
    /// The site's own name for the person, where there is one: what the site is told goes by it.
    pub name: Option<SiteName>,
    /// The decision about purposes that follows from an objection or a withdrawal.
    pub decide: Option<Decide>,
    /// When it came in, where that was before now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
}

/// The answer to [`Ask::Make`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// The request.
    pub request: RequestReply,
    /// The token for the copy that was asked for.
    pub token: Option<ExportToken>,
    /// How consent stands, if a decision followed.
    pub decided: Option<Decided>,
    /// What was erased, if that was asked for.
    pub erased: Option<Erased>,
    /// Whether the person's data may only be stored.
    pub restricted: bool,
}

/// The answer to [`Ask::List`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Listed {
    /// The requests, latest first.
    pub requests: Vec<RequestReply>,
    /// The restriction that holds.
    pub restriction: Option<Restriction>,
}

/// The answer to [`Ask::Show`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The request.
    pub request: RequestReply,
    /// What exactly is asked for.
    pub asked: Asked,
    /// The restriction that holds.
    pub restriction: Option<Restriction>,
}

/// Answers.
pub async fn answer(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: Ask,
    document: &str,
    by: Caller,
) -> Answer<Value> {
    let policy = policy::read(document)?;
    let calendar = calendar(&policy);
    let advance = |id: EventId, command: Command| advance(db, config, id, command, &calendar, by);
    let after = async |request: Request| {
        super::object::deliver_some(db, env, config).await?;
        json(request.reply(&calendar))
    };
    match ask {
        Ask::Make(ask) => json(make(db, env, config, *ask, &policy, document, by).await?),
        Ask::List => json(list(db, env, config, &calendar).await?),
        Ask::Identify { id, proof } => {
            identify(db, env, config, id, proof, &calendar, document, by).await.and_then(json)
        }
        Ask::Revoke { id } => after(advance(id, Command::Revoke)?).await,
        Ask::Lift => {
            restriction::lift(db, config, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(())
        }
        Ask::Show { id } => {
            let (person, request) = find(db, config, id)?;
            let details = json!({"request": id});
            person.log(db, Action::RequestViewed, details, "viewed", config, &context(by)?)?;
            super::object::deliver_some(db, env, config).await?;
            let restriction = restriction::restriction(db, &person, config)?;
            json(Shown { request: request.reply(&calendar), asked: request.asked, restriction })
        }
        Ask::Extend { id, reason } => {
            after(advance(id, Command::Extend { reason, calendar: calendar.clone() })?).await
        }
        Ask::Refuse { id, ground, reason } => after(advance(id, Command::Refuse { ground, reason })?).await,
        Ask::End { id, note, correction: Some(correction), .. } => {
            let request = corrected(db, env, config, id, correction, note, &policy, by).await?;
            after(request).await
        }
        Ask::End { id, step, done, note, correction: None } => {
            let how = if done { Step::Done } else { Step::Failed };
            after(advance(id, Command::End { step, how, note })?).await
        }
        Ask::Answer { id, connector, answer, message } => {
            let step = systems::answered(db, config, id, &connector, &answer, message, &calendar, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(step)
        }
        Ask::Copy { id } => {
            let token = copy(db, config, id, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(token)
        }
        Ask::Announce { id, reason, lift_at } => {
            restriction::announce(db, config, id, &reason, lift_at, by)?;
            super::object::deliver_some(db, env, config).await?;
            json(list(db, env, config, &calendar).await?.restriction)
        }
    }
}

fn json(value: impl Serialize) -> Answer<Value> {
    serde_json::to_value(value).or_internal("requests.answer")
}

async fn make(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: Make,
    policy: &Read,
    document: &str,
    by: Caller,
) -> Answer<Made> {
    let (context, calendar) = (context(by)?, calendar(policy));
    if ask.asked == Asked::Erasure && ask.proof >= Right::Erasure.needs(ask.kind) {
        return erased(db, env, config, ask, &calendar, document, &context).await;
    }
    require_not_erased(db)?;
    let known = Person::load(db, config)?;
    let is_new = known.is_none();
    let person = known.map_or_else(|| Person::new(ask.subject, config, &context), Ok)?;
    if !is_new {
        // Asked again, because the first answer was lost.
        if let Some(request) = load(db, &person, ask.id, config)? {
            super::object::deliver_now(db, env, config).await?;
            return Ok(Made::of(&request, &calendar, restriction::holds(db)?));
        }
        if let Some(request) = pending(db, &person, &ask.asked, config)? {
            return Ok(Made::of(&request, &calendar, restriction::holds(db)?));
        }
        require_room(db)?;
    }
    let asked_for = ask.clone();
    let Make { subject, id, asked, law, kind, proof, decide, name, received } = ask;
    let right = asked.right();
    let partners = systems::partners(policy, &asked, name.as_ref());
    let mut course = Course::default();
    course.take(Command::Receive { id, asked: asked.clone(), law, kind, proof, received }, &context)?;
    let accepted = course.state.as_ref().is_some_and(|request| request.phase == Phase::Accepted);
    let change = match &asked {
        Asked::Rectification { record: Some(record), changes, .. }
            if accepted && rectify::is_own(record, changes, policy) =>
        {
            Some(rectify::prepare(db, env, config, &person, record, changes, is_new).await?)
        }
        _ => None,
    };
    let enter = || {
        // Things may have happened while the record was read.
        require_not_erased(db)?;
        if let Some(request) = change.as_ref().map_or(Ok(None), |_| load(db, &person, id, config))? {
            return Ok(Err(request));
        }
        if accepted {
            let todo = ToDo::of(&asked, change.is_some(), &partners, policy);
            course.take(Command::Begin { steps: todo.steps }, &context)?;
            if todo.is_stored {
                let command = Command::End { step: STORE.to_owned(), how: Step::Done, note: None };
                course.take(command, &context)?;
            }
        }
        let request = course.state.or_internal("requests.state")?;
        let token = db.transaction(|| {
            db.create()?;
            if is_new {
                person.save(db, config, &context)?;
            }
            if let Some(name) = &name {
                tell::remember(db, &person, name, config, &context)?;
            }
            let event = keep(db, &person, &request, &course.events, true, &calendar, config, &context)?;
            if let Some(change) = &change {
                rectify::commit(db, &person, change, id, config, &context)?;
            }
            if let Some(name) = name.as_ref().filter(|_| accepted) {
                systems::forward(db, event, &partners, &request, name, &calendar, config, &context)?;
            }
            if accepted {
                linked::follow(db, &person, event, &asked_for, document, config)?;
            }
            match &asked {
                _ if !accepted => {}
                Asked::Restriction { ground, .. } => {
                    let place = Restrict::Place { request: id, ground: *ground };
                    restriction::place(db, &person, place, event, config, &context)?;
                    db.enqueue(event, &Task::End { request: id, step: STORE.to_owned() })?;
                }
                Asked::Objection { .. } | Asked::Withdrawal => {
                    if let Some(ask) = &decide {
                        decide::follow(db, &person, ask, policy, config, &context)?;
                    }
                }
                Asked::Access | Asked::Portability => {
                    super::object::arm_soon(db)?;
                    return export::link(db, subject, right, &context).map(Some);
                }
                Asked::Erasure | Asked::Rectification { .. } | Asked::HumanReview { .. } => {}
            }
            super::object::arm_soon(db).map(|()| None)
        })?;
        Ok(Ok(token))
    };
    let entered = enter();
    if let Some(change) = change.as_ref().filter(|_| !matches!(entered, Ok(Ok(_)))) {
        rectify::abandon(db, change)?;
    }
    let token = match entered? {
        Ok(token) => token,
        Err(request) => return Ok(Made::of(&request, &calendar, restriction::holds(db)?)),
    };
    delivered(db, env, config, &person, policy, Taken { id, right, token, decide }).await
}

/// A request that was just written down.
struct Taken {
    id: EventId,
    right: Right,
    token: Option<ExportToken>,
    decide: Option<Decide>,
}

/// Carries out what a request that was taken in left to be done, and says how it stands then.
async fn delivered(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: &Person,
    policy: &Read,
    taken: Taken,
) -> Answer<Made> {
    let Taken { id, right, token, decide } = taken;
    fault::point("after-commit").await;
    let delivered = super::object::deliver_some(db, env, config).await;
    // What ends uses of data applies whether or not it can be logged at once; all else waits for its entry.
    let recorded = delivered.is_ok();
    if !matches!(right, Right::Objection | Right::Withdrawal) {
        delivered?;
    }
    require_not_erased(db)?;
    let decided = match &decide {
        Some(ask) => decide::stand_now(db, config, ask, policy)?.map(|stand| Decided {
            stand,
            receipt: None,
            recorded,
        }),
        None => None,
    };
    let request = load(db, person, id, config)?.or_internal("requests.made")?;
    Ok(Made { token, decided, ..Made::of(&request, &calendar(policy), restriction::holds(db)?) })
}

/// Does what was asked of the account that this device is linked to. Where nothing is kept any more, there is nothing to do.
pub async fn also(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: linked::Following,
    document: &str,
    by: Caller,
) -> Answer<()> {
    if !db.exists()? || erase::is_asked(db)? {
        return Ok(());
    }
    // Whose key is lost cannot say any more whose device it was.
    let Some(person) = Person::load_or_lost(db, config)?.filter(|person| !person.is_lost) else {
        return Ok(());
    };
    let (linked::Following::Make { account, .. } | linked::Following::Lift { account, .. }) = &ask;
    // It may have been unlinked meanwhile.
    if !linked::is_tied(db, &person, *account, config)? {
        return Ok(());
    }
    let done = match ask {
        linked::Following::Make { make: ask, .. } => {
            let policy = policy::read(document)?;
            make(db, env, config, *ask, &policy, document, by).await.map(drop)
        }
        linked::Following::Lift { request, .. } => {
            if restriction::restriction(db, &person, config)?.is_none_or(|held| held.request != request) {
                return Ok(());
            }
            // The account's holder wants it, or was informed.
            restriction::lift(db, config, Caller { class: CallerClass::Account, ..by })?;
            super::object::deliver_now(db, env, config).await
        }
    };
    // What cannot be done to the device, since it was done or is kept by a hold, is no reason to ask for ever.
    done.or_else(|problem| if problem.status == 409 { Ok(()) } else { Err(problem) })
}

/// An erasure by somebody who proved enough: it takes its own request along, and its own entries say that it was asked for
/// and done. Asked for again, it says again what it did.
async fn erased(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    ask: Make,
    calendar: &Calendar,
    document: &str,
    context: &Context,
) -> Answer<Made> {
    let Make { subject, id, asked, law, kind, proof, name, received, .. } = ask;
    let mut course = waiting(db, config, id)?;
    if course.state.is_none() {
        course.take(Command::Receive { id, asked, law, kind, proof, received }, context)?;
    } else {
        course.take(Command::Identify { proof }, context)?;
    }
    if let Some(reason) = hold::told(db, config)? {
        let person = Person::load(db, config)?.or_internal("requests.held")?;
        return refuse_held(db, env, config, &person, course, reason, calendar, context).await;
    }
    erased_by(db, env, config, subject, course, name, calendar, document, context).await
}

/// The same request, where it waits to be shown who asks; else one that is still to come in.
fn waiting(db: &Db<'_>, config: &Config, id: EventId) -> Answer<Course> {
    let known = if erase::is_asked(db)? { None } else { Person::load_or_lost(db, config)? };
    let Some(person) = known.filter(|person| !person.is_lost) else { return Ok(Course::default()) };
    let state = load(db, &person, id, config)?.filter(|request| request.phase == Phase::IdentityPending);
    let events = if state.is_some() { history(db, &person, id, config)? } else { Vec::new() };
    Ok(Course { state, events })
}

/// An erasure that is refused: what it asks for is kept for legal claims. The request is kept with the reasons.
#[expect(clippy::too_many_arguments, reason = "one place, called twice")]
async fn refuse_held(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    person: &Person,
    mut course: Course,
    reason: String,
    calendar: &Calendar,
    context: &Context,
) -> Answer<Made> {
    let request = course.state.as_ref().or_internal("requests.held")?;
    let known = load(db, person, request.id, config)?;
    if let Some(known) = known.filter(|known| known.phase.is_over()) {
        return Ok(Made::of(&known, calendar, restriction::holds(db)?));
    }
    let is_new = !course.events.is_empty();
    course.take(Command::Refuse { ground: Ground::LegalClaims, reason }, context)?;
    let request = course.state.or_internal("requests.held")?;
    db.transaction(|| {
        keep(db, person, &request, &course.events, is_new, calendar, config, context)?;
        super::object::arm_soon(db)
    })?;
    super::object::deliver_now(db, env, config).await?;
    Ok(Made::of(&request, calendar, restriction::holds(db)?))
}

/// Erases, as this request asks.
#[expect(clippy::too_many_arguments, reason = "one place, called twice")]
async fn erased_by(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    subject: SubjectId,
    mut course: Course,
    name: Option<SiteName>,
    calendar: &Calendar,
    document: &str,
    context: &Context,
) -> Answer<Made> {
    let request = course.state.clone().or_internal("requests.erasure")?;
    let own = erase::Own { request: request.id, events: course.events.clone(), name };
    let erased = erase::erase(db, env, config, subject, Some(own), document, context.caller).await?;
    if let Some(followed) = erase::followed(db)? {
        // The registry knows how far the site's other systems are.
        if let Some(request) = registry::erasing(env, followed).await? {
            return Ok(Made { request, token: None, decided: None, erased: Some(erased), restricted: false });
        }
    }
    course.take(Command::Begin { steps: Vec::new() }, context)?;
    let request = course.state.or_internal("requests.erasure")?;
    Ok(Made { erased: Some(erased), ..Made::of(&request, calendar, false) })
}

/// The same request that waits to be shown who asks.
fn pending(db: &Db<'_>, person: &Person, asked: &Asked, config: &Config) -> Answer<Option<Request>> {
    for row in db.rows("SELECT id FROM requests WHERE open = 1", [])? {
        let request = load(db, person, row.parse(0)?, config)?;
        let same = |request: &Request| request.phase == Phase::IdentityPending && request.asked == *asked;
        if request.as_ref().is_some_and(same) {
            return Ok(request);
        }
    }
    Ok(None)
}

impl Made {
    fn of(request: &Request, calendar: &Calendar, restricted: bool) -> Self {
        Self { request: request.reply(calendar), token: None, decided: None, erased: None, restricted }
    }
}

/// What there is to do for a request, once it is known who asks.
struct ToDo {
    steps: Vec<String>,
    /// Whether the store's step is done with the request itself.
    is_stored: bool,
}

impl ToDo {
    fn of(asked: &Asked, by_store: bool, partners: &[ConnectorId], policy: &Policy) -> Self {
        let is_weighed = |id: &PurposeId| policy.purpose(id).is_some_and(Purpose::is_weighed);
        // Who does it: the store, later or at once, and the site's own people.
        let (later, at_once, site) = match asked {
            Asked::Restriction { .. } => (true, false, false),
            Asked::Rectification { .. } => (false, by_store, !by_store),
            Asked::HumanReview { .. } => (false, false, true),
            Asked::Objection { purposes, .. } => {
                (false, !purposes.iter().all(is_weighed), purposes.iter().any(is_weighed))
            }
            Asked::Access | Asked::Portability | Asked::Withdrawal => (false, true, false),
            Asked::Erasure => (false, false, false),
        };
        let others = site.then(|| SITE.to_owned()).into_iter().chain(systems::steps(partners));
        let mut steps: Vec<_> = others.collect();
        // What is done whole at once has no steps.
        let is_stored = at_once && (by_store || !steps.is_empty());
        if later || is_stored {
            steps.insert(0, STORE.to_owned());
        }
        Self { steps, is_stored }
    }
}

/// A link for the copy that a request was made for.
fn copy(db: &Db<'_>, config: &Config, id: EventId, by: Caller) -> Answer<ExportToken> {
    let (person, request) = find(db, config, id)?;
    let (right, context) = (request.asked.right(), context(by)?);
    let is_taken = matches!(request.phase, Phase::InProgress | Phase::PartiallyCompleted | Phase::Completed);
    if !is_taken || !matches!(right, Right::Access | Right::Portability) {
        return Err(refused(Refusal::OutOfOrder));
    }
    db.transaction(|| {
        let details = json!({"request": id, "right": right});
        person.log(db, Action::ExportRequested, details, "copy", config, &context)?;
        super::object::arm_soon(db)?;
        export::link(db, person_subject(db)?, right, &context)
    })
}

fn person_subject(db: &Db<'_>) -> Answer<SubjectId> {
    db.meta("subject")?.and_then(|text| text.parse().ok()).or_internal("requests.subject")
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

fn require_room(db: &Db<'_>) -> Answer<()> {
    if db.count("SELECT count(*) FROM requests WHERE open = 1", [])? >= MOST_OPEN {
        let detail =
            format!("{MOST_OPEN} of your requests are still open. Take one back, or wait for an answer.");
        return Err(Problem::conflict("too-many-open", "Too many requests are open", detail));
    }
    // What a restriction that holds is called by stays.
    let oldest =
        "SELECT id FROM requests WHERE open = 0 AND id NOT IN (SELECT value FROM meta WHERE name = 'freeze')
        ORDER BY received DESC LIMIT -1 OFFSET ?";
    let forget = format!("DELETE FROM requests WHERE id IN ({oldest})");
    db.run(&forget, [number(MOST)])
}

/// A request and what has just happened to it.
#[derive(Default)]
pub struct Course {
    state: Option<Request>,
    events: Vec<Event>,
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

/// It is shown better who asks: what could not be begun is.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
async fn identify(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    id: EventId,
    proof: Proof,
    calendar: &Calendar,
    document: &str,
    by: Caller,
) -> Answer<Made> {
    let (_, known) = find(db, config, id)?;
    // An erasure that was accepted, and then broke off, goes on.
    let goes_on = known.asked == Asked::Erasure && known.phase == Phase::Accepted && proof >= known.needs;
    let request =
        if goes_on { known } else { advance(db, config, id, Command::Identify { proof }, calendar, by)? };
    super::object::deliver_now(db, env, config).await?;
    if request.asked != Asked::Erasure {
        return Ok(Made::of(&request, calendar, restriction::holds(db)?));
    }
    let person = Person::load(db, config)?.or_internal("requests.person")?;
    if let Some(reason) = hold::told(db, config)? {
        return refuse_held(db, env, config, &person, Course::of(request), reason, calendar, &context(by)?)
            .await;
    }
    let course = Course { events: history(db, &person, id, config)?, state: Some(request) };
    let (subject, name) = (person_subject(db)?, tell::name(db, &person, config)?);
    erased_by(db, env, config, subject, course, name, calendar, document, &context(by)?).await
}

/// Takes a request further.
fn advance(
    db: &Db<'_>,
    config: &Config,
    id: EventId,
    command: Command,
    calendar: &Calendar,
    by: Caller,
) -> Answer<Request> {
    let (person, request) = find(db, config, id)?;
    let context = context(by)?;
    let mut course = Course { state: Some(request), events: Vec::new() };
    course.take(command, &context)?;
    let request = course.state.or_internal("requests.advanced")?;
    db.transaction(|| {
        keep(db, &person, &request, &course.events, false, calendar, config, &context)?;
        super::object::arm_soon(db)
    })?;
    Ok(request)
}

/// The site's people put a record right that the person said is wrong: the store does it, with what was there before in its entry,
/// and the site's other systems hear of it.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
async fn corrected(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    id: EventId,
    Correction { record, changes }: Correction,
    note: Option<String>,
    policy: &Read,
    by: Caller,
) -> Answer<Request> {
    let (person, request) = find(db, config, id)?;
    let is_open = request.ended(SITE) == Some(Step::Open);
    if !is_open || !matches!(request.asked, Asked::Rectification { .. }) {
        return Err(refused(Refusal::OutOfOrder));
    }
    let (calendar, context) = (calendar(policy), context(by)?);
    let change = rectify::prepare(db, env, config, &person, &record, &changes, false).await?;
    let enter = || {
        // Things may have happened while the record was read.
        let (_, request) = find(db, config, id)?;
        let name = tell::name(db, &person, config)?;
        let asked =
            Asked::Rectification { record: Some(record.clone()), changes: changes.clone(), statement: None };
        let partners = if name.is_some() { systems::concerned(policy, &asked) } else { Vec::new() };
        let mut course = Course::of(request);
        course.take(Command::Pass { steps: systems::steps(&partners).collect() }, &context)?;
        course.take(Command::End { step: SITE.to_owned(), how: Step::Done, note: note.clone() }, &context)?;
        let request = course.state.or_internal("requests.corrected")?;
        db.transaction(|| {
            let event = keep(db, &person, &request, &course.events, false, &calendar, config, &context)?;
            rectify::commit(db, &person, &change, id, config, &context)?;
            if let Some(name) = &name {
                let told = Request { asked: asked.clone(), ..request.clone() };
                systems::forward(db, event, &partners, &told, name, &calendar, config, &context)?;
            }
            super::object::arm_soon(db)
        })?;
        Ok(request)
    };
    let entered = enter();
    if entered.is_err() {
        rectify::abandon(db, &change)?;
    }
    entered
}

/// A step of the store's own is done, within the transaction that takes its row out of the outbox.
pub fn ended(db: &Db<'_>, config: &Config, id: EventId, step: &str) -> Answer<()> {
    if erase::is_asked(db)? {
        return Ok(());
    }
    let Some(person) = Person::load(db, config)? else { return Ok(()) };
    let Some(request) = load(db, &person, id, config)? else { return Ok(()) };
    let context = context(consentry::decider::CallerClass::System.into())?;
    let mut course = Course { state: Some(request), events: Vec::new() };
    let command = Command::End { step: step.to_owned(), how: Step::Done, note: None };
    if course.take(command, &context).is_err() {
        return Ok(());
    }
    let request = course.state.or_internal("requests.ended")?;
    // Nobody waits for a request that is over, whatever the calendar.
    keep(db, &person, &request, &course.events, false, &Calendar::default(), config, &context).map(drop)
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

async fn list(db: &Db<'_>, env: &Env, config: &Config, calendar: &Calendar) -> Answer<Listed> {
    if let Some(followed) = erase::followed(db)? {
        // Of an erasure that the site's other systems are still carrying out, the registry knows how far it is.
        let requests = registry::erasing(env, followed).await?.into_iter().collect();
        return Ok(Listed { requests, restriction: None });
    }
    require_not_erased(db)?;
    let Some(person) = Person::load(db, config)? else {
        return Ok(Listed { requests: Vec::new(), restriction: None });
    };
    let rows = db.rows("SELECT id FROM requests ORDER BY received DESC, id", [])?;
    let requests = rows.iter().map(|row| {
        let request = load(db, &person, row.parse(0)?, config)?.or_internal("requests.row")?;
        Ok(request.reply(calendar))
    });
    Ok(Listed {
        requests: requests.collect::<Answer<_>>()?,
        restriction: restriction::restriction(db, &person, config)?,
    })
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

/// A request, and whose it is.
pub fn find(db: &Db<'_>, config: &Config, id: EventId) -> Answer<(Person, Request)> {
    require_not_erased(db)?;
    let person = Person::load(db, config)?.ok_or_else(|| refused(Refusal::Missing))?;
    let request = load(db, &person, id, config)?.ok_or_else(|| refused(Refusal::Missing))?;
    Ok((person, request))
}

fn load(db: &Db<'_>, person: &Person, id: EventId, config: &Config) -> Answer<Option<Request>> {
    Ok(Requests::replay(&history(db, person, id, config)?))
}

fn history(db: &Db<'_>, person: &Person, id: EventId, config: &Config) -> Answer<Vec<Event>> {
    let name = id.to_string();
    let Some(row) = db.row("SELECT body FROM requests WHERE id = ?", [text(&name)])? else {
        return Ok(Vec::new());
    };
    let binding = Binding { site: &config.site, kind: "request", name: &name };
    // What does not open in its place has been changed: an incident.
    let plain = open(person.key.as_bytes(), binding, row.bytes(0)?).or_internal("requests.integrity")?;
    serde_json::from_slice(&plain).or_internal("requests.decode")
}

/// Why nothing happened, as it is answered.
pub fn refused(refusal: Refusal) -> Problem {
    let detail = sentence(&refusal);
    match refusal {
        Refusal::Missing => Problem::not_found(detail),
        Refusal::Unidentified { needs } => Problem::step_up(needs),
        Refusal::NoReason => Problem::invalid("reason", detail),
        _ => Problem::conflict("request", "The request is not at that point", detail),
    }
}
