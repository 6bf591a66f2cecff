//! What the site's own server is told: the visitor's request with everything that identifies removed or reduced.

use crate::{fields::Fields, log_line::LogLine, request::Incoming};
use consentry::{
    anonymize::{UrlRules, reduce_ip, reduce_url},
    enforce::Gate,
    policy::{Detail, Origin},
};

/// Headers towards the origin that say where the visitor came in, or let it be guessed.
const ROUTE: [&str; 3] = ["forwarded", "via", "client-ip"];

/// The client hints that browsers send to everyone, of few values each.
const PLAIN_HINTS: [&str; 3] = ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"];

/// Client hints that are not called so (Device Memory, Network Information, Client Hints of RFC 8942's first drafts).
const OLD_HINTS: [&str; 8] =
    ["device-memory", "dpr", "width", "viewport-width", "downlink", "ect", "rtt", "save-data"];

/// What is said anew, or not at all.
const OWN: [&str; 5] = ["user-agent", "referer", "x-real-ip", "accept-encoding", "cookie"];

/// What asks whether a page has changed, or for a part of it. A page is made anew for each visitor.
const CONDITIONS: [&str; 4] = ["if-none-match", "if-modified-since", "range", "if-range"];

/// Whether a header goes on to the origin as it is.
fn passes(name: &str, value: &str, told: &Origin) -> bool {
    if name.starts_with("sec-ch-") || OLD_HINTS.contains(&name) {
        return match told.client_hints {
            Detail::None => false,
            Detail::Reduced => PLAIN_HINTS.contains(&name),
            Detail::Whole => true,
        };
    }
    let route =
        name.starts_with("cf-") || OWN.contains(&name) || ROUTE.iter().any(|part| name.contains(part));
    // These two are the site's own addresses.
    let own = matches!(name, "host" | "origin");
    !route && (own || !holds_address(value))
}

/// Whether any part of a value is an IP address, whatever the header is called.
fn holds_address(value: &str) -> bool {
    let mut parts = value.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '=' | '"'));
    parts.any(|part| (part.contains('.') || part.contains(':')) && reduce_ip(part).is_some())
}

/// The headers of the request to the origin.
pub fn fields(incoming: &Incoming, gate: &Gate, told: &Origin, line: &LogLine) -> Fields {
    let mut fields = incoming.fields.clone();
    fields.retain(|name, value| passes(name, value, told));
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.set(name, value);
        }
    };
    let told_of = |detail: Detail, header: &str, reduced: Option<String>| match detail {
        Detail::None => None,
        Detail::Reduced => reduced,
        Detail::Whole => incoming.header(header).map(str::to_owned),
    };
    put("user-agent", told_of(told.user_agent, "user-agent", Some(line.user_agent().to_owned())));
    // What has no host, such as `about:blank`, says nothing.
    let origin = |address| {
        let origin = reduce_url(address, &UrlRules::origin()).filter(|origin| origin.contains("://"))?;
        Some(format!("{origin}/"))
    };
    let referrer = incoming.header("referer").and_then(origin);
    put("referer", told_of(told.referrer, "referer", referrer));
    // A network, written as an address so that what parses addresses goes on working.
    let network = line.ip().map(|ip| ip.split('/').next().unwrap_or_default().to_owned());
    put("x-forwarded-for", told_of(told.address, "cf-connecting-ip", network));
    put("x-request-id", Some(line.id().to_string()));
    put("x-forwarded-host", Some(incoming.host.clone()));
    put("x-forwarded-proto", Some(incoming.scheme.clone()));
    // What the platform reads.
    put("accept-encoding", Some("gzip, br".to_owned()));
    put("cookie", incoming.header("cookie").map(|cookies| allowed_cookies(cookies, gate)));
    if wants_page(incoming) {
        fields.remove(&CONDITIONS);
    }
    fields
}

fn wants_page(incoming: &Incoming) -> bool {
    incoming.header("accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The cookies the origin may see: not ours, and not those that are stopped.
fn allowed_cookies(header: &str, gate: &Gate) -> String {
    let pairs = header.split(';').map(str::trim).filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        !name.is_empty() && gate.cookie(name).passes()
    });
    pairs.collect::<Vec<_>>().join("; ")
}
