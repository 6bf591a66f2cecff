//! A request as the Worker reads it: split by hand and bounded, since a URL parser would be most of its size.

use crate::{
    fields::Fields,
    problem::{Answer, OrInternal as _, Problem},
    world,
};
use consentry::{
    decider::{Caller, CallerClass},
    id::RequestId,
};
use futures_util::StreamExt as _;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Request;
use worker::Method;

/// Largest body of a visitor's request, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// A request's address, split.
pub struct Address<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Host and port.
    pub host: &'a str,
    /// The path, as sent.
    pub path: &'a str,
    /// What follows the question mark, without it.
    pub query: &'a str,
}

impl<'a> Address<'a> {
    /// Splits an absolute address; nothing if it is none.
    pub fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let rest = rest.split('#').next().unwrap_or_default();
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, target) = rest.split_at(at);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Some(Self { scheme, host, path: if path.is_empty() { "/" } else { path }, query })
    }
}

/// A request, split.
pub struct Incoming {
    /// Its correlation id.
    pub id: RequestId,
    /// The method.
    pub method: Method,
    /// `http` or `https`.
    pub scheme: String,
    /// Host and port.
    pub host: String,
    /// The path, as sent.
    pub path: String,
    /// What follows the question mark, without it.
    pub query: String,
    /// The origin of the page that asks, where it is another than this one and the policy names it.
    pub declared: Option<String>,
    /// Whether it is made by who proved an address, under `contact/` instead of `me/`.
    pub of_contact: bool,
    /// The header fields.
    pub fields: Fields,
    /// The request itself.
    pub inner: Request,
}

impl Incoming {
    /// Splits a request's address.
    pub fn of(inner: Request) -> Answer<Self> {
        let url = inner.url();
        let Address { scheme, host, path, query } = Address::of(&url).or_internal("request.url")?;
        Ok(Self {
            id: RequestId::from_bytes(world::random()?),
            method: inner.method().into(),
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            declared: None,
            of_contact: false,
            fields: Fields::of(&inner.headers())?,
            inner,
        })
    }

    /// Who asks in it, by what it proved.
    pub fn caller(&self, class: CallerClass) -> Caller {
        Caller { class, request: Some(self.id) }
    }

    /// Whether it is for one of the privacy routes.
    pub fn is_ours(&self) -> bool {
        self.path.starts_with(consentry::policy::BASE)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.fields.get(name)
    }

    /// The cookies, as sent. Another origin's pages are answered as if they brought none: no visitor of this host is
    /// known there.
    pub fn cookies(&self) -> &str {
        self.header("cookie").filter(|_| self.declared.is_none()).unwrap_or_default()
    }

    /// The first value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let mut pairs = self.cookies().split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find_map(|(key, value)| (key == name).then(|| value.to_owned()))
    }

    /// The value of a query parameter, if it is plain: percent-encoding is not used by any of ours.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The address of this host, without a path.
    pub fn here(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// What the addresses of the asking person's own data start with.
    pub const fn home(&self) -> &'static str {
        if self.of_contact { "contact" } else { "me" }
    }

    /// What addresses start with in an answer: nothing for this host's own pages, the host for those of others.
    pub fn prefix(&self) -> String {
        if self.declared.is_some() { self.here() } else { String::new() }
    }

    /// Whether the request comes from a page of this host. Browsers that say so are believed; for the others the
    /// `Origin` header must be the site's own.
    pub fn is_same_origin(&self) -> bool {
        match self.header("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => self.header("origin").is_some_and(|origin| origin == self.here()),
        }
    }

    /// Refuses what comes from a page of another origin that the policy does not name.
    pub fn require_own_page(&self) -> Answer<()> {
        if self.declared.is_some() || self.is_same_origin() { Ok(()) } else { Err(Problem::cross_origin()) }
    }

    /// The media type of the body, without parameters, in lower case.
    pub fn media_type(&self) -> String {
        let header = self.header("content-type").unwrap_or_default();
        header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body, up to a limit; nothing past it is read.
    pub async fn body(&mut self, limit: usize) -> Answer<Vec<u8>> {
        let declared = self.header("content-length").and_then(|length| length.parse::<usize>().ok());
        if declared.is_some_and(|length| length > limit) {
            return Err(Problem::too_large(limit));
        }
        if self.inner.body().is_none() {
            return Ok(Vec::new());
        }
        let mut whole =
            worker::Request::from(self.inner.unchecked_ref::<JsValue>().clone().unchecked_into::<Request>());
        if declared.is_some() && self.header("transfer-encoding").is_none() {
            // The platform holds it to that length.
            let bytes =
                whole.bytes().await.map_err(|_| Problem::malformed("The body ended before its end."))?;
            return if bytes.len() > limit { Err(Problem::too_large(limit)) } else { Ok(bytes) };
        }
        let mut stream = whole.stream().map_err(|_| Problem::malformed("The body cannot be read."))?;
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            body.extend(chunk.map_err(|_| Problem::malformed("The body ended before its end."))?);
            if body.len() > limit {
                return Err(Problem::too_large(limit));
            }
        }
        Ok(body)
    }
}
