//! Cookies towards the visitor, and which of others' may pass.

use crate::{
    config::Config,
    objects::subject::{Consent, Stand},
    policies::Held,
    problem::{Answer, OrInternal as _},
    request::Incoming,
    world,
};
use consentry::{
    consent::{Choices, DecisionCookie},
    policy::{COOKIE, Policy, Regime},
};
use worker::Response;

/// Adds `Set-Cookie` headers; none for a page of another origin, where they would be this host's.
pub fn set(response: &Response, request: &Incoming, cookies: &[String]) -> Answer<()> {
    if request.declared.is_some() {
        return Ok(());
    }
    cookies
        .iter()
        .try_for_each(|cookie| response.headers().append("set-cookie", cookie).or_internal("set-cookie"))
}

/// The longest a browser keeps a cookie, in seconds: 400 days (RFC 6265bis, section 5.5).
const LONGEST: u64 = 400 * 86_400;

/// The header value that carries a decision under some rules; a page of another origin writes it itself.
pub fn decision(
    stand: &Stand,
    held: &Held,
    regime: &Regime,
    request: &Incoming,
    config: &Config,
) -> Answer<String> {
    let mut cookie = DecisionCookie::new(&held.material, &stand.choices, stand.since.day(), stand.seq);
    if stand.restricted {
        cookie = cookie.restricting(&held.material);
    }
    let value = cookie.seal(&config.keyring, &config.site).or_internal("consent.cookie")?;
    // An objection has no end of its own, nor has a restriction.
    let age = if regime.takes_objections() || stand.restricted {
        LONGEST
    } else {
        stand.until.seconds().saturating_sub(world::now().seconds())
    };
    Ok(decision_header(&value, age, domain(held, request)))
}

/// The header value for how a device's person stands, as is kept.
pub fn standing(
    kept: &Consent,
    held: &Held,
    regime: &Regime,
    request: &Incoming,
    config: &Config,
) -> Answer<String> {
    match &kept.stand {
        Some(stand) => decision(stand, held, regime, request, config),
        None if kept.restricted => restriction(held, request, config),
        None => Ok(no_decision(&held.policy)),
    }
}

/// The header value for the decision that a request brought, under the active key.
pub fn resealed(
    brought: &DecisionCookie,
    held: &Held,
    regime: &Regime,
    request: &Incoming,
    config: &Config,
) -> Answer<String> {
    let value = brought.seal(&config.keyring, &config.site).or_internal("reseal.cookie")?;
    let days =
        (brought.day + held.lifetimes.given.max(held.lifetimes.refused)).saturating_sub(world::now().day());
    let age = if regime.takes_objections() || brought.restricted { LONGEST } else { days * 86_400 };
    Ok(decision_header(&value, age, domain(held, request)))
}

/// The value in a header that sets the decision cookie.
pub fn value_of(header: &str) -> Option<&str> {
    header.split(';').next()?.split_once('=').map(|(_, value)| value).filter(|value| !value.is_empty())
}

fn domain<'a>(held: &'a Held, request: &Incoming) -> Option<&'a str> {
    let site = &held.policy.site;
    match request.declared.as_deref().and_then(|origin| origin.split_once("://")) {
        Some((_, host)) => site.cookie_domain_on(host.split(':').next().unwrap_or_default()),
        None => site.cookie_domain.as_deref(),
    }
}

/// The header value for somebody who decided nothing, and whose data may only be stored.
fn restriction(held: &Held, request: &Incoming, config: &Config) -> Answer<String> {
    let cookie = DecisionCookie::new(&held.material, &Choices::default(), world::now().day(), 0);
    let value = cookie
        .restricting(&held.material)
        .seal(&config.keyring, &config.site)
        .or_internal("restriction.cookie")?;
    Ok(decision_header(&value, LONGEST, domain(held, request)))
}

/// The header value that takes a decision back.
pub fn no_decision(policy: &Policy) -> String {
    decision_header("", 0, policy.site.cookie_domain.as_deref())
}

fn decision_header(value: &str, age: u64, domain: Option<&str>) -> String {
    let domain = domain.map(|d| format!("; Domain={d}")).unwrap_or_default();
    format!("{COOKIE}={value}; Path=/; Max-Age={age}; Secure; SameSite=Lax{domain}")
}
