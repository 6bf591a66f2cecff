//! Requests of our own, to addresses that the deployment names: witnesses, the anchor, the site's webhook.

use crate::problem::{Answer, OrInternal as _, Problem};
use futures_util::{
    future::{Either, select},
    pin_mut,
};
use std::time::Duration;
use worker::{Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most of an answer that is read, in bytes.
const MOST: usize = 64 * 1024;

/// An answer.
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without parameters.
    pub content_type: String,
    /// The body.
    pub text: String,
}

impl Answered {
    /// Whether the status is one of success.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// Whether what is built is for this machine, as the demo's and the tests' Workers are. What is deployed is built for release.
const IS_LOCAL: bool = cfg!(any(debug_assertions, feature = "testing"));

/// Whether an address may be asked: over https, or on this machine, by what is built for it.
pub fn is_address(url: &str) -> bool {
    let local = ["http://127.0.0.1:", "http://localhost:"];
    url.starts_with("https://") || IS_LOCAL && local.iter().any(|start| url.starts_with(start))
}

/// Posts a text. Redirects are not followed. Where no answer comes in time, that is a problem.
pub async fn post(address: &str, content_type: &str, body: String) -> Answer<Answered> {
    post_with(address, &[("content-type", content_type)], body).await
}

/// The same with these header fields.
pub async fn post_with(address: &str, fields: &[(&str, &str)], body: String) -> Answer<Answered> {
    let (asked, late) = (ask(address, fields, body), Delay::from(PATIENCE));
    pin_mut!(asked, late);
    match select(asked, late).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Problem::internal("outward.late")),
    }
}

async fn ask(address: &str, fields: &[(&str, &str)], body: String) -> Answer<Answered> {
    // Also what an agent calls its own.
    if !is_address(address) {
        return Err(Problem::internal("outward.address"));
    }
    let headers = Headers::new();
    for (name, value) in fields {
        headers.set(name, value).or_internal("outward.headers")?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_redirect(RequestRedirect::Manual);
    init.with_body(Some(body.into()));
    let request = Request::new_with_init(address, &init).or_internal("outward.request")?;
    let mut response = Fetch::Request(request).send().await.or_internal("outward.unreachable")?;
    let content_type = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let status = response.status_code();
    let text = text(&mut response).await?;
    Ok(Answered { status, content_type, text })
}

async fn text(response: &mut worker::Response) -> Answer<String> {
    use futures_util::StreamExt as _;
    let Ok(mut stream) = response.stream() else { return Ok(String::new()) };
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend(chunk.or_internal("outward.body")?);
        if body.len() > MOST {
            return Err(Problem::internal("outward.long"));
        }
    }
    String::from_utf8(body).or_internal("outward.text")
}
