//! The trail, for operators.

use crate::{
    caller::require_operator,
    config::Config,
    objects::audit_log::{self, TrailEntry},
    problem::{Answer, Problem},
    request::Incoming,
    response,
};
use consentry::decider::CallerClass;
use serde_json::{Map, Value, json};
use worker::{Env, Response};

/// `GET audit?after=&limit=`.
pub async fn trail(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let after = number(request, "after")?.unwrap_or(0);
    let limit = number(request, "limit")?.unwrap_or(100);
    let trail = audit_log::trail(env, after, limit, CallerClass::Operator).await?;
    let entries: Vec<_> = trail.entries.into_iter().map(flat).collect();
    response::json(200, &json!({"entries": entries, "checkpoint": trail.checkpoint, "next": trail.next}), &[])
}

/// A whole number in the address.
pub(super) fn number(request: &Incoming, name: &str) -> Answer<Option<u64>> {
    let read =
        |text: &str| text.parse().map_err(|_| Problem::invalid(name, "Expected a whole number, 0 or more."));
    request.parameter(name).map(read).transpose()
}

/// One object an entry: the leaf's members and, unless it is forgotten, the sealed entry's.
fn flat(entry: TrailEntry) -> Value {
    let mut object = Map::from_iter([("index".to_owned(), entry.index.into())]);
    for part in [Some(entry.leaf), entry.entry.clone()].into_iter().flatten() {
        if let Value::Object(members) = part {
            object.extend(members);
        }
    }
    object.insert("forgotten".to_owned(), entry.entry.is_none().into());
    Value::Object(object)
}
