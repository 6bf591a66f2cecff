//! Headers, in both directions.

use super::Visitor;
use crate::{
    cookies::is_stopped,
    log_line::LogLine,
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use consentry::{
    anonymize::reduce_ip,
    policy::{Age, COOKIE, Policy},
};
use worker::{Headers, Response};

/// Headers towards the origin that say where the visitor came in, or let it be guessed.
const ROUTE: [&str; 3] = ["forwarded", "via", "client-ip"];

/// Whether a header says who the visitor is, or lets it be guessed: by its name, or because it holds an address.
fn identifies(name: &str, value: &str) -> bool {
    let hint = name.starts_with("sec-ch-") || name == "device-memory" || name == "dpr";
    let route = name.starts_with("cf-") || ROUTE.iter().any(|part| name.contains(part));
    // These three are the site's own addresses, or are reduced on their own.
    let own = matches!(name, "host" | "origin" | "referer");
    hint || route || (!own && holds_address(value))
}

/// Whether any part of a value is an IP address, whatever the header is called.
fn holds_address(value: &str) -> bool {
    let mut parts = value.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '=' | '"'));
    parts.any(|part| (part.contains('.') || part.contains(':')) && reduce_ip(part).is_some())
}

/// What the origin is sent: the visitor's request with everything that identifies removed or reduced.
pub fn for_origin(
    incoming: &Incoming,
    policy: &Policy,
    visitor: &Visitor,
    line: &LogLine,
) -> Answer<Headers> {
    let headers = Headers::new();
    for (name, value) in incoming.headers().entries() {
        if !identifies(&name, &value) {
            headers.set(&name, &value).or_internal("headers.copy")?;
        }
    }
    let set = |name: &str, value: &str| headers.set(name, value).or_internal("headers.set");
    set("user-agent", line.user_agent())?;
    set("x-request-id", line.id())?;
    set("x-forwarded-host", &incoming.host)?;
    set("x-forwarded-proto", &incoming.scheme)?;
    // The rewriter reads these two and corrupts others.
    set("accept-encoding", "gzip, br")?;
    if let Some(ip) = line.ip() {
        // A network, written as an address so that what parses addresses goes on working.
        set("x-forwarded-for", ip.split('/').next().unwrap_or_default())?;
    }
    match incoming.header("cookie").map(|cookies| allowed_cookies(&cookies, policy, visitor)) {
        Some(cookies) if !cookies.is_empty() => set("cookie", &cookies)?,
        _ => headers.delete("cookie").or_internal("headers.cookie")?,
    }
    if let Some(referrer) = incoming.header("referer") {
        set("referer", &origin_of(&referrer))?;
    }
    if wants_page(incoming) {
        // A page is made anew for each visitor, so the origin must not answer that it has not changed.
        for name in ["if-none-match", "if-modified-since", "range", "if-range"] {
            headers.delete(name).or_internal("headers.validators")?;
        }
    }
    Ok(headers)
}

fn wants_page(incoming: &Incoming) -> bool {
    incoming.header("accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The scheme and host of an address; nothing if it has none.
fn origin_of(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return String::new() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/")
}

/// The cookies the origin may see: not ours, and not those of services that are not permitted.
fn allowed_cookies(header: &str, policy: &Policy, visitor: &Visitor) -> String {
    let pairs = header.split(';').map(str::trim).filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        name != COOKIE
            && !name.starts_with("__Host-consentry")
            && !is_stopped(name, policy, &visitor.permissions)
    });
    pairs.collect::<Vec<_>>().join("; ")
}

/// How the site says how old the visitor of a page is, where it knows: `under-16`. It goes no further.
const AGE: &str = "consentry-age";

/// What the origin says of the visitor's age.
pub fn age_said(response: &Response) -> Age {
    response.headers().get(AGE).ok().flatten().map(|text| Age::said(&text)).unwrap_or_default()
}

/// What the visitor is sent: the origin's answer without the cookies that are not permitted.
pub fn for_visitor(
    response: Response,
    incoming: &Incoming,
    policy: &Policy,
    visitor: &Visitor,
) -> Answer<Response> {
    // A fetched response's headers cannot be changed; a copy's can.
    let headers = Headers::new();
    for (name, value) in response.headers().entries() {
        let cookie = value.split('=').next().unwrap_or_default().trim();
        if name == AGE {
            continue;
        }
        if name != "set-cookie" || !is_stopped(cookie, policy, &visitor.permissions) {
            headers.append(&name, &value).or_internal("headers.copy")?;
        }
    }
    if incoming.scheme == "https" {
        headers.set("strict-transport-security", "max-age=31536000").or_internal("headers.hsts")?;
    }
    let (builder, body) = response.into_parts();
    Ok(builder.with_headers(headers).body(body))
}
