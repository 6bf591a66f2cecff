//! The restriction of the person's data: it holds from the moment it is written down, and the store's own expiries, which
//! would not wait for it, are lifted before it is acknowledged.

use super::{
    super::{db::Db, outbox::Task, registry},
    decide::require_not_erased,
    linked,
    person::Person,
    swept, systems, tell,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::{context, now},
};
use consentry::{
    audit::Action,
    caller::SiteName,
    clock::Timestamp,
    decider::{Caller, CallerClass, Context, Decider as _},
    id::EventId,
    rights::restriction::{Command, Event, Refusal, Restriction, Restrictions},
};
use serde_json::{Value, json};
use worker::Env;

const NAME: &str = "restriction";

/// The name of the event by which its lifting was announced, in the table of single values.
const ANNOUNCED: &str = "announced";

/// When to look again whether the person could be informed, in seconds.
const AGAIN: u64 = 600;

/// How it stands.
pub fn restriction(db: &Db<'_>, person: &Person, config: &Config) -> Answer<Option<Restriction>> {
    Ok(Restrictions::replay(&history(db, person, config)?))
}

/// Whether it holds. Asked often, so it is not sealed.
pub fn holds(db: &Db<'_>) -> Answer<bool> {
    Ok(db.exists()? && db.meta("freeze")?.is_some())
}

fn history(db: &Db<'_>, person: &Person, config: &Config) -> Answer<Vec<Event>> {
    Ok(person.sealed(db, NAME, config)?.unwrap_or_default())
}

/// Decides, and writes down what follows, within the transaction at hand.
fn act(
    db: &Db<'_>,
    person: &Person,
    command: Command,
    config: &Config,
    context: &Context,
) -> Answer<(Event, EventId)> {
    let mut history = history(db, person, config)?;
    let events = Restrictions::decide(&Restrictions::replay(&history), command, context);
    let event = events.map_err(refused)?.into_iter().next().or_internal("restriction.event")?;
    history.push(event.clone());
    person.set_sealed(db, NAME, &history, config, context)?;
    let (action, details) = entry(&event);
    let id = person.log(db, action, details.clone(), "restriction", config, context)?;
    if !matches!(event, Event::Placed { .. }) {
        let data = SiteName::tell(tell::name(db, person, config)?.as_ref(), json!({"restriction": details}));
        tell::tell(db, id, action, &data, config, context)?;
    }
    Ok((event, id))
}

fn entry(event: &Event) -> (Action, Value) {
    match event {
        Event::Placed { request, ground, .. } => {
            (Action::RestrictionPlaced, json!({"request": request, "ground": ground}))
        }
        Event::Announced { reason, lift_at, .. } => {
            (Action::RestrictionAnnounced, json!({"reason": reason, "lift_at": lift_at}))
        }
        Event::Lifted { .. } => (Action::RestrictionLifted, Value::Null),
    }
}

/// Places it, within the transaction of its request. The expiries of everything in the store are lifted under the request's
/// event, and then its step is done.
pub fn place(
    db: &Db<'_>,
    person: &Person,
    command: Command,
    event: EventId,
    config: &Config,
    context: &Context,
) -> Answer<()> {
    let (placed, _) = act(db, person, command, config, context)?;
    if let Event::Placed { request, .. } = placed {
        // Kept as long as it holds, see [`super::requests`].
        db.set_meta("freeze", &request.to_string())?;
    }
    swept::lift_all(db, event)
}

/// Informs the person that it will be lifted.
pub fn announce(
    db: &Db<'_>,
    config: &Config,
    request: EventId,
    reason: &str,
    lift_at: Timestamp,
    by: Caller,
) -> Answer<EventId> {
    let (person, context) = (known(db, config)?, context(by)?);
    if restriction(db, &person, config)?.is_none_or(|restriction| restriction.request != request) {
        return Err(refused(Refusal::NotRestricted));
    }
    db.transaction(|| {
        let command = Command::Announce { reason: reason.to_owned(), lift_at };
        let (_, event) = act(db, &person, command, config, &context)?;
        db.set_meta("lift_at", &lift_at.seconds().to_string())?;
        db.set_meta(ANNOUNCED, &event.to_string())?;
        super::object::arm_soon(db).map(|()| event)
    })
}

/// Lifts it.
pub fn lift(db: &Db<'_>, config: &Config, by: Caller) -> Answer<EventId> {
    let (person, context) = (known(db, config)?, context(by)?);
    db.transaction(|| {
        let request = restriction(db, &person, config)?.map(|restriction| restriction.request);
        let (_, event) = act(db, &person, Command::Lift, config, &context)?;
        if let Some(request) = request {
            systems::lifted(db, &person, request, event, config, &context)?;
            linked::lifted(db, &person, event, request, config)?;
            db.enqueue(event, &Task::Forgotten { request })?;
        }
        db.unset_meta(["freeze", "lift_at", ANNOUNCED])?;
        swept::expire_all(db, event)?;
        // What was to be deleted meanwhile is now.
        super::object::arm_soon(db).map(|()| event)
    })
}

/// When it is lifted, as was announced.
pub fn due(db: &Db<'_>) -> Answer<Option<Timestamp>> {
    let at = db.meta("lift_at")?;
    Ok(at.and_then(|seconds| seconds.parse().ok()).map(Timestamp::from_seconds))
}

/// Lifts it if its time has come, and the site's own system, which informs the person (Article 18(3)), was told.
pub async fn lift_due(db: &Db<'_>, env: &Env, config: &Config) -> Answer<()> {
    if due(db)?.is_none_or(|at| at > now()) {
        return Ok(());
    }
    let announced = || Ok(db.meta(ANNOUNCED)?.and_then(|id| id.parse::<EventId>().ok()));
    let Some(notice) = announced()?.filter(|_| config.webhook.is_some()) else {
        return lift(db, config, CallerClass::System.into()).map(drop);
    };
    let is_untold = db.waiting()?.contains(&notice) || registry::is_untold(env, notice).await?;
    if announced()? != Some(notice) || !holds(db)? {
        // Lifted, or announced anew, meanwhile.
        return Ok(());
    }
    if is_untold {
        return db.set_meta("lift_at", &now().plus_seconds(AGAIN).seconds().to_string());
    }
    lift(db, config, CallerClass::System.into()).map(drop)
}

fn known(db: &Db<'_>, config: &Config) -> Answer<Person> {
    require_not_erased(db)?;
    Person::load(db, config)?.ok_or_else(|| refused(Refusal::NotRestricted))
}

fn refused(refusal: Refusal) -> Problem {
    let detail = sentence(&refusal);
    match refusal {
        Refusal::NoReason => Problem::invalid("reason", detail),
        Refusal::InThePast => Problem::invalid("lift_at", detail),
        Refusal::AlreadyRestricted => {
            Problem::conflict("already-restricted", "The data is restricted already", detail)
        }
        Refusal::NotRestricted => Problem::conflict("not-restricted", "The data is not restricted", detail),
        Refusal::NotAnnounced | Refusal::TooEarly => {
            Problem::conflict("lift-not-announced", "The restriction cannot be lifted yet", detail)
        }
    }
}

/// Refuses a grant by somebody whose data may only be stored.
pub fn require_none(db: &Db<'_>) -> Answer<()> {
    if !holds(db)? {
        return Ok(());
    }
    let detail =
        "You asked that your data only be stored. Lift that restriction first, then allow what you like.";
    Err(Problem::conflict("restricted", "Your data may only be stored", detail))
}
