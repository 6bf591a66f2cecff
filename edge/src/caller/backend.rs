//! The site's backend, by the keys that are handed out to it.

use crate::{
    config::Config,
    objects::audit_log::{self, SiteEntry},
    problem::{Answer, Problem},
    request::Incoming,
    world,
};
use consentry::{
    audit::{Action, Outcome},
    caller::{ApiKey, Operation},
    decider::CallerClass,
    id::{CategoryId, SubjectId},
};
use serde_json::json;
use worker::Env;

/// The header with the token that says whose records are meant.
const SUBJECT: &str = "consentry-subject";

/// The key of a request that may do something with a category, or with all of them. That a known key may not is an entry
/// of its own.
pub async fn require<'a>(
    request: &Incoming,
    env: &Env,
    config: &'a Config,
    operation: Operation,
    category: Option<&CategoryId>,
) -> Answer<&'a ApiKey> {
    let header = request.header("authorization").unwrap_or_default();
    let key = header.strip_prefix("Bearer ").and_then(|key| config.api_keys.find(key));
    let key = key.ok_or_else(Problem::key_needed)?;
    if key.may(operation, category) {
        return Ok(key);
    }
    let details = json!({"key": key.id, "operation": operation, "category": category});
    let entry = SiteEntry { event: world::event()?, action: Action::AccessDenied, details };
    let entry = entry.seal_with(Outcome::Denied, request.caller(CallerClass::Backend), config)?;
    audit_log::append(env, &entry).await?;
    Err(Problem::not_in_scope())
}

/// Whose records a request is about.
pub async fn subject(request: &Incoming, config: &Config) -> Answer<SubjectId> {
    let missing = || {
        Problem::token_refused("Say whose records are meant: send the account's token as Consentry-Subject.")
    };
    let account = super::account::of(request.header(SUBJECT).ok_or_else(missing)?, config).await?;
    Ok(account.subject)
}
