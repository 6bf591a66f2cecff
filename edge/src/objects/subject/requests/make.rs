//! A request on its way in: received, and carried out as far as that is the store's to do.

use super::{
    super::{
        super::{db::Db, outbox::Task},
        Decide, Decided, ExportToken,
        decide::{self, require_not_erased},
        ended, export, linked, object,
        person::Person,
        policy::Read,
        rectify, restriction, systems, tell,
    },
    Made, Make, copy,
    erasure::erased,
    kept::{Course, MOST_OPEN, keep, load, open, open_of, pending, prune, too_many},
};
use crate::{
    config::Config,
    fault,
    problem::{Answer, OrInternal as _},
    world::context,
};
use consentry::{
    decider::{Caller, Context},
    id::{ConnectorId, EventId, PurposeId, SubjectId},
    policy::{Policy, Purpose},
    rights::{
        Asked, Named, calendar,
        request::{Command, Phase, Right, SITE, STORE, Step},
        restriction::Command as Restrict,
    },
};
use serde_json::Value;
use std::collections::BTreeMap;
use worker::Env;

pub async fn make(
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
            object::deliver_now(db, env, config).await?;
            return Ok(Made::of(&request, &calendar, restriction::holds(db)?));
        }
        if let Some(request) = pending(db, &person, &ask.asked, config)? {
            return Ok(Made::of(&request, &calendar, restriction::holds(db)?));
        }
    }
    let asked_for = ask.clone();
    let Make { subject, id, asked, law, kind, proof, decide, name, received } = ask;
    let right = asked.right();
    let partners = systems::partners(policy, &asked, name.as_ref());
    let mut course = Course::default();
    course.take(Command::Receive { id, asked: asked.clone(), law, kind, proof, received }, &context)?;
    let accepted = course.state.as_ref().is_some_and(|request| request.phase == Phase::Accepted);
    let own = if accepted { own_changes(&asked, policy) } else { None };
    let todo = ToDo::of(&asked, own.is_some(), &partners, policy);
    if !is_new {
        // What ends a use of data is taken in beyond that, and what is whole at once waits for nobody.
        let ends_some =
            matches!(asked, Asked::Restriction { .. } | Asked::Objection { .. }) && todo.is_begun();
        let most = if accepted && ends_some { 2 * MOST_OPEN } else { MOST_OPEN };
        if (!accepted || todo.waits()) && open(db)? >= most {
            let is_copy = accepted && matches!(right, Right::Access | Right::Portability);
            let same = if is_copy { open_of(db, &person, right, config)? } else { None };
            let id = same.ok_or_else(too_many)?.id;
            // The same copy is being made: it is handed out with what has come since.
            let token = Some(copy(db, config, id, by)?);
            return delivered(db, env, config, &person, policy, Taken { id, right, token, decide }).await;
        }
        prune(db)?;
    }
    let change = match own {
        Some((record, changes)) => {
            Some(rectify::prepare(db, env, config, &person, record, changes, is_new).await?)
        }
        None => None,
    };
    let enter = || {
        // Things may have happened while the record was read.
        require_not_erased(db)?;
        if let Some(request) = change.as_ref().map_or(Ok(None), |_| load(db, &person, id, config))? {
            return Ok(Err(request));
        }
        if accepted {
            course.take(Command::Begin { steps: todo.steps.clone() }, &context)?;
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
            let begun = Begun { subject, id, asked: &asked, decide: decide.as_ref(), event };
            let token = if accepted { begin(db, &person, &begun, policy, config, &context)? } else { None };
            object::arm_soon(db).map(|()| token)
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

/// What the person may put right themselves, and asks for.
fn own_changes<'a>(asked: &'a Asked, policy: &Policy) -> Option<(&'a Named, &'a BTreeMap<String, Value>)> {
    match asked {
        Asked::Rectification { record: Some(record), changes, .. } => {
            rectify::is_own(record, changes, policy).then_some((record, changes))
        }
        _ => None,
    }
}

/// A request that is begun.
struct Begun<'a> {
    subject: SubjectId,
    id: EventId,
    asked: &'a Asked,
    decide: Option<&'a Decide>,
    event: EventId,
}

/// Does what is the store's to do at once, or sees to it that it is done, within the transaction of its request. Gives the token of
/// the copy that was asked for.
fn begin(
    db: &Db<'_>,
    person: &Person,
    begun: &Begun<'_>,
    policy: &Read,
    config: &Config,
    context: &Context,
) -> Answer<Option<ExportToken>> {
    let Begun { subject, id, asked, decide, event } = *begun;
    match asked {
        Asked::Restriction { ground, .. } => {
            let place = Restrict::Place { request: id, ground: *ground };
            restriction::place(db, person, place, event, config, context)?;
            let (step, calendar) = (STORE.to_owned(), calendar(policy));
            db.enqueue(event, &Task::End { request: id, step, calendar })?;
        }
        Asked::Objection { .. } | Asked::Withdrawal => {
            if let Some(ask) = decide {
                decide::follow(db, person, ask, policy, config, context)?;
            }
            if let Asked::Objection { purposes, .. } = asked {
                let weighed = purposes.iter().filter(|id| is_weighed(id, policy)).cloned().collect();
                ended::weigh(db, person, id, weighed, config, context)?;
            }
        }
        Asked::Access | Asked::Portability => {
            return export::link(db, subject, asked.right(), context).map(Some);
        }
        Asked::Erasure | Asked::Rectification { .. } | Asked::HumanReview { .. } => {}
    }
    Ok(None)
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
    let delivered = object::deliver_some(db, env, config).await;
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

fn is_weighed(id: &PurposeId, policy: &Policy) -> bool {
    policy.purpose(id).is_some_and(Purpose::is_weighed)
}

/// What there is to do for a request, once it is known who asks.
struct ToDo {
    steps: Vec<String>,
    /// Whether the store's step is done with the request itself.
    is_stored: bool,
}

impl ToDo {
    /// Whether the store has a part in it.
    fn is_begun(&self) -> bool {
        self.steps.iter().any(|step| step == STORE)
    }

    /// Whether it waits for anybody but the store.
    fn waits(&self) -> bool {
        self.steps.iter().any(|step| step != STORE)
    }

    fn of(asked: &Asked, by_store: bool, partners: &[ConnectorId], policy: &Policy) -> Self {
        let is_weighed = |id: &PurposeId| is_weighed(id, policy);
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
