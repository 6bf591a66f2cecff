//! Recent requests, for operators.

use super::audit::whole;
use crate::{
    caller::require_operator,
    config::Config,
    objects::{audit_log, registry},
    problem::{Answer, OrInternal as _},
    request::Incoming,
    response,
};
use consentry::{audit::Action, decider::CallerClass};
use serde_json::{Value, json};
use worker::{Env, Response};

/// `GET lines?limit=`: the lines that were kept, latest first.
pub async fn recent(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let limit = request.parameter("limit").map(|text| whole("limit", text)).transpose()?.unwrap_or(100);
    let details = json!({"limit": limit});
    audit_log::note(env, Action::LinesRead, details, request.caller(CallerClass::Operator)).await?;
    let lines = registry::lines(env, limit).await?;
    let lines: Result<Vec<Value>, _> = lines.iter().map(|line| serde_json::from_str(line)).collect();
    let lines = lines.or_internal("lines.read")?;
    response::json(200, &json!({"lines": lines, "kept_percent": config.keep_lines}), &[])
}
