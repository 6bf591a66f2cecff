//! Tokens for payment cards, for the site's backend. Off unless the deployment wants it.

use super::body::Body;
use crate::{
    caller::backend,
    config::Config,
    objects::audit_log,
    problem::{Answer, Problem, sentence},
    request::Incoming,
    response, world,
};
use consentry::{audit::Action, caller::Operation, decider::CallerClass, vault::CardToken};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use worker::{Env, Response};
use zeroize::Zeroizing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    number: Zeroizing<String>,
}

/// `POST cards`: a token for a number, which is not kept.
pub async fn tokenise(request: &mut Incoming, env: &Env, config: &Config) -> Answer<Response> {
    if !config.card_tokens {
        let detail = "Card tokens are off. CARD_TOKENS=on turns them on, and brings this Worker within the scope of PCI DSS.";
        return Err(Problem::not_found(detail));
    }
    let key = backend::require(request, env, config, Operation::Tokenise, None).await?.id.clone();
    let body = Body::read(request).await?;
    if body.is_form() {
        return Err(Problem::unsupported_media_type("application/json"));
    }
    let Card { number } = body.parse(|_: &mut Map<String, Value>, _, _| {})?;
    let token =
        CardToken::of(&number, world::random()?).map_err(|e| Problem::invalid("number", sentence(&e)))?;
    let by = request.caller(CallerClass::Backend);
    audit_log::note(env, Action::CardTokenised, json!({"key": key}), by).await?;
    response::json(201, &token, &[])
}
