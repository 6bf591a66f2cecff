//! Answers of the Worker's own, with their security headers.

use crate::problem::{Answer, OrInternal as _, Problem};
use futures_util::TryStream;
use serde::Serialize;
use worker::{Headers, Response, ResponseBuilder};

/// An answer that nobody may cache, frame, sniff or follow a referrer from.
pub fn plain(status: u16) -> Answer<ResponseBuilder> {
    let headers = Headers::new();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.set(name, value).or_internal("headers")?;
    }
    Ok(ResponseBuilder::new().with_status(status).with_headers(headers))
}

/// Headers of what everyone may read, from any page.
pub const PUBLIC: [(&str, &str); 2] =
    [("access-control-allow-origin", "*"), ("cross-origin-resource-policy", "cross-origin")];

/// Lets every page read an answer.
pub fn public(response: Response) -> Answer<Response> {
    for (name, value) in PUBLIC {
        response.headers().set(name, value).or_internal("headers.public")?;
    }
    Ok(response)
}

fn with(builder: ResponseBuilder, headers: &[(&str, &str)]) -> Answer<ResponseBuilder> {
    headers
        .iter()
        .try_fold(builder, |builder, (name, value)| builder.with_header(name, value).or_internal("headers"))
}

/// Bytes of a type.
pub fn bytes(
    status: u16,
    content_type: &str,
    body: impl Into<Vec<u8>>,
    headers: &[(&str, &str)],
) -> Answer<Response> {
    let builder = with(plain(status)?, &[("content-type", content_type)])?;
    Ok(with(builder, headers)?.fixed(body.into()))
}

/// What is made while it is taken.
pub fn streamed<S>(status: u16, parts: S, headers: &[(&str, &str)]) -> Answer<Response>
where
    S: TryStream<Ok = Vec<u8>, Error = worker::Error> + 'static,
{
    with(plain(status)?, headers)?.from_stream(parts).or_internal("response.stream")
}

/// JSON.
pub fn json(status: u16, body: &impl Serialize, headers: &[(&str, &str)]) -> Answer<Response> {
    bytes(status, "application/json", serde_json::to_vec(body).or_internal("json")?, headers)
}

/// A page of the Worker's own: its stylesheet comes from the same place, it runs nothing and posts only to itself.
pub fn page(status: u16, html: String, headers: &[(&str, &str)]) -> Answer<Response> {
    let csp =
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let response = bytes(status, "text/html; charset=utf-8", html, headers)?;
    response.headers().set("content-security-policy", csp).or_internal("headers")?;
    // The forms' requests must say where they come from.
    response.headers().set("referrer-policy", "same-origin").or_internal("headers")?;
    Ok(response)
}

/// 303: see elsewhere, after a form was taken.
pub fn see_other(location: &str, headers: &[(&str, &str)]) -> Answer<Response> {
    let builder = with(plain(303)?, &[("location", location)])?;
    Ok(with(builder, headers)?.empty())
}

/// A problem as RFC 9457 wants it.
pub fn problem(problem: &Problem) -> worker::Result<Response> {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut headers = Vec::new();
    if matches!(problem.slug(), "unauthorized" | "key-needed") {
        headers.push(("www-authenticate", "Bearer"));
    }
    if problem.status == 503 {
        headers.push(("retry-after", "2"));
    }
    if let Some(allow) = problem.more.get("allow").and_then(|allow| allow.as_str()) {
        headers.push(("allow", allow));
    }
    bytes(problem.status, "application/problem+json", body, &headers)
        .or_else(|_| Ok(ResponseBuilder::new().with_status(problem.status).empty()))
}
