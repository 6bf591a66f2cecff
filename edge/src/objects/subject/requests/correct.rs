//! What the site's people put right after somebody said that it is wrong.

use super::{
    super::{super::db::Db, object, policy::Read, rectify, systems, tell},
    Correction,
    kept::{Course, find, keep},
    refused,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world::context,
};
use consentry::{
    decider::Caller,
    id::EventId,
    rights::{
        Asked, calendar,
        request::{Command, Refusal, Request, SITE, Step},
    },
};
use worker::Env;

/// The site's people put a record right that the person said is wrong: the store does it, with what was there before in its entry,
/// and the site's other systems hear of it.
#[expect(clippy::too_many_arguments, reason = "one place, called once")]
pub async fn corrected(
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
            object::arm_soon(db)
        })?;
        Ok(request)
    };
    let entered = enter();
    if entered.is_err() {
        rectify::abandon(db, &change)?;
    }
    entered
}
