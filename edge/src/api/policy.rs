//! The policy in force, for everyone to read and for operators to change.

use crate::{
    caller::require_operator,
    config::Config,
    objects::registry,
    policies,
    problem::{Answer, Problem},
    request::Incoming,
    response,
};
use consentry::{
    decider::CallerClass,
    policy::{self, MAX_BYTES},
};
use serde_json::json;
use worker::{Context, Env, Response};

/// `GET policy`.
pub async fn show(env: &Env, ctx: &Context) -> Answer<Response> {
    let held = policies::in_force(env, ctx).await?;
    let tag = format!("\"{}\"", held.hash);
    response::public(response::bytes(200, "application/json", held.document.clone(), &[("etag", &tag)])?)
}

/// `PUT policy`.
pub async fn adopt(request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    if request.media_type() != "application/json" {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    let body = request.body(MAX_BYTES).await?;
    let document = String::from_utf8(body).map_err(|_| Problem::malformed("The policy is not UTF-8."))?;
    let known = registry::adopt(env, document, request.caller(CallerClass::Operator)).await?;
    policies::forget();
    let warnings = policy::parse(&known.document).map(|policy| policy::warnings(&policy)).unwrap_or_default();
    response::json(200, &json!({"policy": known.hash, "warnings": warnings}), &[])
}
