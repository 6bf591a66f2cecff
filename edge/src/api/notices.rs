//! What the site's own systems were told, for operators.

use super::body::Body;
use crate::{
    caller::require_operator,
    config::Config,
    objects::{audit_log, registry},
    problem::{Answer, Problem},
    request::Incoming,
    response,
};
use consentry::{audit::Action, decider::CallerClass, webhook};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use worker::{Env, Response};

/// `GET notices?failed=`: the latest; or those that never arrived.
pub async fn list(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let failed = match request.parameter("failed") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(Problem::invalid("failed", "Expected yes or no.")),
    };
    let by = request.caller(CallerClass::Operator);
    audit_log::note(env, Action::NoticesListed, json!({"failed": failed}), by).await?;
    let registry::Notices { notices } = registry::notices(env, failed).await?;
    let key = webhook::public_key(&config.webhook_key()?.public());
    response::json(200, &json!({"notices": notices, "key": key}), &[])
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Act {
    /// Deliver it once more.
    Retry,
}

/// `POST notices/{id}`.
pub async fn act(id: &str, request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let missing = || Problem::not_found("There is no such notice that failed.");
    let id = id.parse().map_err(|_| missing())?;
    let Act::Retry = Body::read(request).await?.parse(|_: &mut Map<String, Value>, _, _| {})?;
    registry::retry(env, id, request.caller(CallerClass::Operator)).await?;
    response::json(202, &json!({"state": "waiting"}), &[])
}
