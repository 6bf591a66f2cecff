//! What the site's other systems answer: messages signed as Standard Webhooks has it, with the secret that each has.

use crate::{
    config::Config,
    objects::connectors::answered,
    problem::{Answer, Problem},
    request::Incoming,
    response,
    world::now,
};
use consentry::{
    clock::Timestamp,
    decider::CallerClass,
    id::{ConnectorId, EventId},
    rights::connector::ConnectorAnswer,
    webhook::Message,
};
use serde_json::json;
use worker::{Env, Response};

/// The longest answer, in bytes. What is more comes in parts.
const LONGEST: usize = 1 << 20;

/// `POST connectors/{connector}/{request}`.
pub async fn answer(path: &str, request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    let body = request.body(LONGEST).await?;
    let text = std::str::from_utf8(&body).map_err(|_| Problem::malformed("Not UTF-8."))?;
    let (connector, id) = path.split_once('/').ok_or_else(not_signed)?;
    let connector: ConnectorId = connector.parse().map_err(|_| not_signed())?;
    if !is_from(&connector, text, request, config) {
        return Err(not_signed());
    }
    let id: EventId = id.parse().map_err(|_| Problem::not_found("There is no such request."))?;
    let answer: ConnectorAnswer = super::body::Body::Json(body).parse(|_, _, _| {})?;
    if answer.request != Some(id) {
        return Err(Problem::invalid("request", "Name the request that this answers, as the address does."));
    }
    let message = request.header("webhook-id").map(str::to_owned);
    let step = answered(env, id, &connector, answer, message, request.caller(CallerClass::Backend)).await?;
    response::json(200, &json!({"state": step}), &[])
}

/// Whether a system signed this, just now.
fn is_from(connector: &ConnectorId, body: &str, request: &Incoming, config: &Config) -> bool {
    let Some(known) = config.connectors.get(connector) else { return false };
    let at = request.header("webhook-timestamp").and_then(|seconds| seconds.parse().ok());
    let (Some(id), Some(at), Some(signatures)) =
        (request.header("webhook-id"), at, request.header("webhook-signature"))
    else {
        return false;
    };
    Message { id, at: Timestamp::from_seconds(at), body }.is_from(&known.secret, signatures, now())
}

/// The same for every reason: which systems there are is nobody's business.
fn not_signed() -> Problem {
    let detail = "Sign the answer as Standard Webhooks has it (webhook-id, webhook-timestamp within five minutes, \
                  webhook-signature v1), with the secret of the system that was asked.";
    Problem::not_signed(detail, now().seconds())
}
