//! Writing into pages: the banner goes in, and what is not permitted becomes inert.
//!
//! The platform's streaming HTML rewriter does the reading. A page that it cannot read is given a content security policy
//! that stops the same.

use super::{
    Visitor, back,
    inert::hold_tags,
    inline::hold_code,
    peek::begins_as_utf16,
    rewriter::{Doctype, DocumentEnd, Element, HTMLRewriter, function, handlers, html},
};
use crate::{
    assets,
    policies::Held,
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use consentry::{
    banner::{View, plan_script},
    consent::Choices,
    encoding::to_base64,
    enforce::{Gate, amended, is_dynamic, nonce_of},
    policy::BASE,
};
use sha2::{Digest as _, Sha256};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast as _;
use worker::{Context, Response};

const CSP: &str = "content-security-policy";

/// What an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page that can be written into.
    Page,
    /// A document that may load and run things, and is not read here: a part of a page, or XML.
    Unread,
    /// Anything else.
    Other,
}

/// What an answer is, by its status and media type.
pub fn kind_of(response: &Response) -> Kind {
    let media_type = response.headers().get("content-type").ok().flatten().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_html = media_type == "text/html";
    let is_document = is_html || media_type.ends_with("+xml") || media_type.ends_with("/xml");
    match response.status_code() {
        101 | 204 | 304 => Kind::Other,
        206 if is_document => Kind::Unread,
        _ if is_html => Kind::Page,
        _ if is_document => Kind::Unread,
        _ => Kind::Other,
    }
}

/// Rewrites a page for its visitor.
pub async fn rewrite(
    response: Response,
    incoming: &Incoming,
    ctx: &Context,
    held: &Rc<Held>,
    visitor: &Visitor,
    gate: &Rc<Gate>,
) -> Answer<Response> {
    let headers = response.headers();
    for name in [
        "etag",
        "last-modified",
        "content-length",
        "accept-ranges",
        "content-md5",
        "digest",
        "repr-digest",
        "content-digest",
    ] {
        headers.delete(name).or_internal("page.headers")?;
    }
    headers.set("cache-control", "private, no-store").or_internal("page.cache")?;
    back::end_cookies(&response, incoming, gate)?;
    let (response, is_utf16) =
        if gate.holds_hosts() { begins_as_utf16(response, ctx).await? } else { (response, false) };
    if is_utf16 {
        return unread(response, held, visitor);
    }
    let headers = response.headers();
    let own = headers.get(CSP).ok().flatten();
    let trust = Trust::of(own.as_deref());
    if let Some(own) = &own {
        headers.set(CSP, &amended(own, &place(incoming), &trust.hashes())).or_internal("page.csp")?;
    }
    back::restrict(&response, &held.policy, visitor, false)?;
    let rewriter = HTMLRewriter::new();
    write(&rewriter, incoming, held, visitor, &trust);
    if gate.holds_hosts() {
        hold_tags(&rewriter, gate);
        hold_code(&rewriter, gate);
    }
    let inner = web_sys::Response::from(response);
    match rewriter.transform(&inner) {
        Ok(transformed) => Ok(Response::from(transformed.unchecked_into::<web_sys::Response>())),
        // An encoding that is unknown, or in which ASCII is something else.
        Err(_) => unread(Response::from(inner), held, visitor),
    }
}

/// A document that is not read: it may load from where it is permitted to, and nowhere else.
pub fn unread(response: Response, held: &Held, visitor: &Visitor) -> Answer<Response> {
    back::restrict(&response, &held.policy, visitor, true)?;
    Ok(response)
}

/// Where all of ours is, as a source of a content security policy.
fn place(incoming: &Incoming) -> String {
    format!("{}{BASE}", incoming.here())
}

/// How a page says which scripts it trusts.
enum Trust {
    /// By where they are, or not at all.
    Place,
    /// By a nonce.
    Nonce(String),
    /// By a hash.
    Hash,
}

impl Trust {
    fn of(csp: Option<&str>) -> Self {
        match csp {
            Some(csp) => match nonce_of(csp) {
                Some(nonce) => Self::Nonce(nonce),
                None if is_dynamic(csp) => Self::Hash,
                None => Self::Place,
            },
            None => Self::Place,
        }
    }

    /// The hashes of what is written in, for a page that needs them.
    fn hashes(&self) -> String {
        match self {
            Self::Hash => format!("'{}' '{}'", hash_of(assets::LOADER), hash_of(assets::STUB)),
            _ => String::new(),
        }
    }

    /// What a tag of ours carries to be trusted.
    fn attribute(&self, asset: &str) -> String {
        match self {
            Self::Place => String::new(),
            Self::Nonce(nonce) => format!(" nonce=\"{nonce}\""),
            Self::Hash => format!(" integrity=\"{}\"", hash_of(asset)),
        }
    }
}

fn hash_of(asset: &str) -> String {
    format!("sha256-{}", to_base64(&Sha256::digest(assets::text(asset))))
}

/// Adds the handlers that write.
fn write(rewriter: &HTMLRewriter, incoming: &Incoming, held: &Held, visitor: &Visitor, trust: &Trust) {
    // Written once: at the start of the body, or at the end of a page that does not say where its body starts. What
    // has neither doctype nor `html` is a part of a page, fetched by a script, and no place for a banner.
    let first = Rc::new(RefCell::new(Some(insertion(held, visitor, incoming, trust))));
    let last = Rc::clone(&first);
    let whole = Rc::new(Cell::new(false));
    let (by_doctype, by_element, is_whole) = (Rc::clone(&whole), Rc::clone(&whole), whole);
    let body = function(move |body: &Element| match first.borrow_mut().take() {
        Some(banner) => body.prepend(&banner, &html()).map(drop),
        None => Ok(()),
    });
    let element = function(move |_: &Element| {
        by_element.set(true);
        Ok(())
    });
    let doctype = function(move |_: &Doctype| {
        by_doctype.set(true);
        Ok(())
    });
    let end = function(move |end: &DocumentEnd| match last.borrow_mut().take() {
        Some(banner) if is_whole.get() => end.append(&banner, &html()).map(drop),
        _ => Ok(()),
    });
    let (place, hashes) = (place(incoming), trust.hashes());
    let meta = function(move |meta: &Element| {
        let kind = meta.get_attribute("http-equiv")?.unwrap_or_default();
        match meta.get_attribute("content")?.filter(|_| kind.trim().eq_ignore_ascii_case(CSP)) {
            Some(csp) => meta.set_attribute("content", &amended(&csp, &place, &hashes)).map(drop),
            None => Ok(()),
        }
    });
    rewriter
        .on("body", &handlers([("element", body)]))
        .on("html, head", &handlers([("element", element)]))
        .on("meta[http-equiv]", &handlers([("element", meta)]))
        .on_document(&handlers([("doctype", doctype), ("end", end)]));
    if let Some(stub) = stub(held, visitor, trust) {
        let first = function(move |head: &Element| head.prepend(&stub, &html()).map(drop));
        rewriter.on("head", &handlers([("element", first)]));
    }
}

/// What is written into the page: ASCII, whatever its charset. The stylesheet comes first, so that the banner is never
/// seen without it. Who has nothing to be asked gets the way back to the choices alone. The second layer comes when it is
/// used; without JavaScript it is a page.
fn insertion(held: &Held, visitor: &Visitor, incoming: &Incoming, trust: &Trust) -> String {
    let view = View {
        setting: visitor.setting(),
        choices: visitor.choices.as_ref(),
        seen: visitor.seen,
        return_path: &incoming.path,
        ..View::default()
    };
    let prepared = held.prepared(&view.setting);
    let plan = prepared.plan_at("", visitor.seen);
    let asked = prepared.regime.asks && Choices::ask_again(visitor.choices.as_ref());
    let dialogs = if asked { prepared.banner.first(&view) } else { prepared.banner.reopen(&view) };
    format!(
        "<link rel=\"stylesheet\" href=\"{}\">{dialogs}{}<script async src=\"{}\"{}></script>",
        held.styles.url,
        plan_script(&plan),
        assets::url(assets::LOADER),
        trust.attribute(assets::LOADER),
    )
}

/// What tells vendors that wait for it what is denied, before anything else in the page can run.
fn stub(held: &Held, visitor: &Visitor, trust: &Trust) -> Option<String> {
    let plan = &held.prepared(&visitor.setting()).plan;
    let tells =
        plan.signals.google.is_some() || plan.signals.uet.is_some() || !plan.signals.clarity.is_empty();
    tells.then(|| {
        let (url, bits) = (assets::url(assets::STUB), visitor.permissions.bits(&held.policy));
        // Names of Google's and Microsoft's and numbers, nothing of the site's own.
        let signals = serde_json::to_string(&plan.signals).unwrap_or_default().replace('"', "&quot;");
        let trusted = trust.attribute(assets::STUB);
        format!("<script src=\"{url}\" data-signals=\"{signals}\" data-state=\"{bits}\"{trusted}></script>")
    })
}
