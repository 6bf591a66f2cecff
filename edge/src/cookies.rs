//! Cookies towards the visitor, and which of others' may pass.

use crate::{
    config::Config,
    objects::subject::Stand,
    problem::{Answer, OrInternal as _},
    request::Incoming,
    world,
};
use consentry::{
    consent::DecisionCookie,
    id::PurposeId,
    policy::{COOKIE, Policy},
};
use std::collections::BTreeSet;
use worker::Response;

/// Adds `Set-Cookie` headers.
pub fn set(response: &Response, cookies: &[String]) -> Answer<()> {
    cookies
        .iter()
        .try_for_each(|cookie| response.headers().append("set-cookie", cookie).or_internal("set-cookie"))
}

/// The header value that carries a decision.
pub fn decision(stand: &Stand, policy: &Policy, config: &Config) -> Answer<String> {
    let given =
        policy.optional_purposes().enumerate().filter(|(_, purpose)| stand.given.contains(&purpose.id));
    let bits = given
        .fold(0_u32, |bits, (at, _)| bits | 1_u32.checked_shl(u32::try_from(at).unwrap_or(32)).unwrap_or(0));
    let cookie = DecisionCookie::new(&stand.policy, bits, stand.at.day(), stand.seq);
    let value = cookie.seal(&config.keyring, &config.site).or_internal("consent.cookie")?;
    let age = stand.until.seconds().saturating_sub(world::now().seconds());
    Ok(decision_header(&value, age, policy))
}

/// The header value that takes a decision back.
pub fn no_decision(policy: &Policy) -> String {
    decision_header("", 0, policy)
}

fn decision_header(value: &str, age: u64, policy: &Policy) -> String {
    let domain = policy.site.cookie_domain.as_ref().map(|d| format!("; Domain={d}")).unwrap_or_default();
    format!("{COOKIE}={value}; Path=/; Max-Age={age}; Secure; SameSite=Lax{domain}")
}

/// Header values that end the cookies of services that are not permitted (any more), as far as they were sent here;
/// those that scripts cannot reach among them.
pub fn ended(request: &Incoming, policy: &Policy, given: &BTreeSet<PurposeId>) -> Vec<String> {
    let header = request.header("cookie").unwrap_or_default();
    let names = header.split(';').filter_map(|pair| Some(pair.trim().split_once('=')?.0));
    names
        .filter(|name| is_stopped(name, policy, given))
        .map(|name| format!("{name}=; Path=/; Max-Age=0"))
        .collect()
}

/// Whether a cookie belongs to a service that is not permitted.
pub fn is_stopped(name: &str, policy: &Policy, given: &BTreeSet<PurposeId>) -> bool {
    let services = policy.services.iter().filter(|service| !policy.permits(&service.purpose, given));
    services.flat_map(|service| &service.cookies).any(|cookie| cookie.matches(name))
}
