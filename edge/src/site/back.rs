//! What the visitor is sent of the origin's answer: everything but cookies that are stopped, and what we say to each other.

use super::Visitor;
use crate::{
    log_line::LogLine,
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use consentry::{
    enforce::{Gate, ends, restricting},
    policy::{Age, Policy, Undeclared},
};
use worker::{Headers, Response};

/// How the site says how old the visitor of a page is, where it knows: `under-16`. It goes no further.
const AGE: &str = "consentry-age";

/// The most cookies that are ended with one answer.
const MOST_ENDED: usize = 10;

/// What the origin says of the visitor's age.
pub fn age_said(response: &Response) -> Age {
    response.headers().get(AGE).ok().flatten().map(|text| Age::said(&text)).unwrap_or_default()
}

/// The origin's answer as it goes on.
pub fn answer(response: Response, incoming: &Incoming, gate: &Gate, line: &LogLine) -> Answer<Response> {
    // A fetched response's headers cannot be changed; a copy's can.
    let headers = Headers::new();
    for (name, value) in response.headers().entries() {
        if name == AGE {
            continue;
        }
        if name == "set-cookie" {
            let cookie = value.split(['=', ';']).next().unwrap_or_default().trim();
            let verdict = gate.cookie(cookie);
            line.cookie_set(cookie, verdict);
            if !verdict.passes() {
                continue;
            }
        }
        headers.append(&name, &value).or_internal("back.copy")?;
    }
    if incoming.scheme == "https" && !headers.has("strict-transport-security").or_internal("back.hsts")? {
        headers.set("strict-transport-security", "max-age=31536000").or_internal("back.hsts")?;
    }
    let (builder, body) = response.into_parts();
    Ok(builder.with_headers(headers).body(body))
}

/// Ends the cookies that the visitor's browser still has though they are not permitted (any more): those that no script
/// can reach among them.
pub fn end_cookies(response: &Response, incoming: &Incoming, gate: &Gate) -> Answer<()> {
    for value in ended(incoming, gate) {
        response.headers().append("set-cookie", &value).or_internal("back.end")?;
    }
    Ok(())
}

/// The `Set-Cookie` values that end what is stopped, as far as it was sent here.
pub fn ended(incoming: &Incoming, gate: &Gate) -> Vec<String> {
    let header = incoming.cookies();
    let names = header.split(';').filter_map(|pair| Some(pair.trim().split_once('=')?.0));
    let stopped = names.filter(|name| gate.cookie(name) == consentry::enforce::CookieVerdict::Stop);
    stopped.take(MOST_ENDED).flat_map(|name| ends(name, &incoming.host)).collect()
}

/// Adds a content security policy that stops what is held: to every page where the site wants that, and to one that cannot
/// be read (`unread`).
pub fn restrict(response: &Response, policy: &Policy, visitor: &Visitor, unread: bool) -> Answer<()> {
    if unread || policy.edge.undeclared_hosts == Undeclared::Stop {
        let csp = restricting(policy, &visitor.permissions);
        response.headers().append("content-security-policy", &csp).or_internal("back.restrict")?;
    }
    Ok(())
}
