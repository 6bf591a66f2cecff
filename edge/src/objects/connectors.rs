//! What the site's other systems answer, on its way to the request that they were asked a part of.

use super::{
    registry,
    subject::{self, Call, requests::Ask},
};
use crate::problem::{Answer, OrInternal as _, Problem};
use consentry::{
    decider::Caller,
    id::{ConnectorId, EventId},
    rights::{
        RequestReply,
        connector::{ConnectorAnswer, Progress, step},
        request::{Right, Step},
    },
};
use serde_json::Value;
use worker::Env;

/// Takes an answer in, and gives how the step stands then. What is said twice is heard once, and so is what comes twice in a
/// message of the same id.
pub async fn answered(
    env: &Env,
    request: EventId,
    connector: &ConnectorId,
    answer: ConnectorAnswer,
    message: Option<String>,
    by: Caller,
) -> Answer<Step> {
    if let Some((field, detail)) = answer.problem() {
        return Err(Problem::invalid(field, detail));
    }
    let unknown = || Problem::not_found("This system was asked for nothing under that id.");
    let outline = registry::outline(env, request).await?.ok_or_else(unknown)?;
    let step = step(connector);
    let stands: Option<Step> = outline.get("steps").and_then(|steps| member(steps, &step));
    let how = how(answer.state);
    match (stands, how) {
        (None, _) => return Err(unknown()),
        (Some(Step::Open), _) => {}
        (Some(ended), Some(how)) if ended == how => return Ok(ended),
        (Some(_), _) => {
            let detail = "This part of the request has ended, by another answer or by hand.";
            return Err(Problem::conflict("step-ended", "The step has ended", detail));
        }
    }
    if member(&outline, "right") != Some(Right::Erasure) {
        let subject = registry::subject_of(env, request).await?;
        let policy = registry::current(env).await?.document;
        let ask = Ask::Answer { id: request, connector: connector.clone(), answer, message };
        return subject::call(env, subject, &Call::Requests { ask, policy, by }).await;
    }
    if answer.data.is_some() {
        return Err(not_asked());
    }
    let Some(how) = how else { return Ok(Step::Open) };
    let act = registry::Act::End { step: step.clone(), how, note: answer.note };
    let reply: RequestReply = registry::act_erasing(env, request, act, by).await?.ok_or_else(unknown)?;
    reply.steps.get(&step).map(|step| step.state).or_internal("connectors.step")
}

/// How a step ends by this answer, if it does.
pub const fn how(progress: Progress) -> Option<Step> {
    match progress {
        Progress::InProgress => None,
        Progress::Done => Some(Step::Done),
        Progress::Failed => Some(Step::Failed),
    }
}

/// Data came where none was asked for. It is not kept.
pub fn not_asked() -> Problem {
    Problem::invalid("data", "Data was not asked for here; it has been dropped.")
}

fn member<T: serde::de::DeserializeOwned>(object: &Value, name: &str) -> Option<T> {
    serde_json::from_value(object.get(name)?.clone()).ok()
}
