//! The request that takes itself along: an erasure, by somebody who proved enough at once or shows later who asks.

use super::{
    super::{
        super::{db::Db, registry},
        erase, hold, object,
        person::Person,
        restriction, tell,
    },
    Made, Make, advance,
    kept::{Course, find, history, keep, load, person_subject},
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world::context,
};
use consentry::{
    caller::{Proof, SiteName},
    clock::Calendar,
    decider::{Caller, Context},
    id::{EventId, SubjectId},
    policy::Policy,
    rights::{
        Asked, calendar,
        request::{Command, Ground, Phase},
    },
};
use worker::Env;

/// An erasure by somebody who proved enough: it takes its own request along, and its own entries say that it was asked for
/// and done. Asked for again, it says again what it did.
pub async fn erased(
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

/// It is shown better who asks: what could not be begun is.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
pub async fn identify(
    db: &Db<'_>,
    env: &Env,
    config: &Config,
    id: EventId,
    proof: Proof,
    policy: &Policy,
    document: &str,
    by: Caller,
) -> Answer<Made> {
    let calendar = &calendar(policy);
    let (_, known) = find(db, config, id)?;
    // An erasure that was accepted, and then broke off, goes on.
    let goes_on = known.asked == Asked::Erasure && known.phase == Phase::Accepted && proof >= known.needs;
    let request =
        if goes_on { known } else { advance(db, config, id, Command::Identify { proof }, policy, by)? };
    object::deliver_now(db, env, config).await?;
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
        object::arm_soon(db)
    })?;
    object::deliver_now(db, env, config).await?;
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
    let is_known = db.exists()?;
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
    if !is_known {
        // Of whom nothing was kept, nobody else says that they were answered.
        registry::case(env, &erase::answered(&request, course.events.len(), calendar)?).await?;
    }
    Ok(Made { erased: Some(erased), ..Made::of(&request, calendar, false) })
}
