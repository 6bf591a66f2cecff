//! Cookies towards the visitor, and which of others' may pass.

use crate::{
    config::Config,
    objects::subject::Stand,
    policies::Held,
    problem::{Answer, OrInternal as _},
    request::Incoming,
    world,
};
use consentry::{
    consent::{DecisionCookie, Permissions},
    policy::{COOKIE, Policy, Regime},
};
use worker::Response;

/// Adds `Set-Cookie` headers.
pub fn set(response: &Response, cookies: &[String]) -> Answer<()> {
    cookies
        .iter()
        .try_for_each(|cookie| response.headers().append("set-cookie", cookie).or_internal("set-cookie"))
}

/// The longest a browser keeps a cookie, in seconds: 400 days (RFC 6265bis, section 5.5).
const LONGEST: u64 = 400 * 86_400;

/// The header value that carries a decision under some rules.
pub fn decision(stand: &Stand, held: &Held, regime: &Regime, config: &Config) -> Answer<String> {
    let cookie = DecisionCookie::new(&held.material, &stand.choices, stand.since.day(), stand.seq);
    let value = cookie.seal(&config.keyring, &config.site).or_internal("consent.cookie")?;
    // An objection has no end of its own.
    let objects = regime.rules.iter().any(|rule| rule.is_on());
    let age = if objects { LONGEST } else { stand.until.seconds().saturating_sub(world::now().seconds()) };
    Ok(decision_header(&value, age, &held.policy))
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
pub fn ended(request: &Incoming, policy: &Policy, permissions: &Permissions) -> Vec<String> {
    let header = request.header("cookie").unwrap_or_default();
    let names = header.split(';').filter_map(|pair| Some(pair.trim().split_once('=')?.0));
    names
        .filter(|name| is_stopped(name, policy, permissions))
        .map(|name| format!("{name}=; Path=/; Max-Age=0"))
        .collect()
}

/// Whether a cookie belongs to a service that is not permitted.
pub fn is_stopped(name: &str, policy: &Policy, permissions: &Permissions) -> bool {
    let services = policy.services.iter().filter(|service| !permissions.service(service));
    services.flat_map(|service| &service.cookies).any(|cookie| cookie.matches(name))
}
