//! Writing into pages: the banner goes in, and what is not permitted becomes inert.
//!
//! A page that cannot be read is given a content security policy that stops the same.

use super::{Visitor, again, back::Back, body};
use crate::{
    assets,
    policies::Held,
    problem::{Answer, OrInternal as _},
    request::Incoming,
    stream::Body,
};
use consentry::{
    banner::{View, plan_script},
    consent::Choices,
    encoding::to_base64,
    enforce::{
        Gate, amended, is_dynamic, nonce_of,
        page::{Page, Writing},
    },
    policy::BASE,
};
use js_sys::{ArrayBuffer, Uint8Array, futures::JsFuture};
use sha2::{Digest as _, Sha256};
use std::rc::Rc;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Response;

const CSP: &str = "content-security-policy";

/// The longest page that is taken whole where the origin says its length, in bytes. It is there at once, and one piece
/// is handled with half the work.
const MOST_WHOLE: usize = 128 << 10;

/// What of an answer's header fields is not true of a page that was written into.
const UNTRUE: [&str; 8] = [
    "etag",
    "last-modified",
    "content-length",
    "accept-ranges",
    "content-md5",
    "digest",
    "repr-digest",
    "content-digest",
];

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
pub fn kind_of(back: &Back) -> Kind {
    let media_type = back.fields.get("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_html = media_type == "text/html";
    let is_document = is_html || media_type.ends_with("+xml") || media_type.ends_with("/xml");
    match back.status {
        101 | 204 | 304 => Kind::Other,
        206 if is_document => Kind::Unread,
        _ if is_html => Kind::Page,
        _ if is_document => Kind::Unread,
        _ => Kind::Other,
    }
}

/// The label of the encoding that an answer declares.
fn charset(back: &Back) -> Option<String> {
    let parameters = back.fields.get("content-type")?.split(';').skip(1);
    let mut pairs = parameters.filter_map(|parameter| parameter.split_once('='));
    let label =
        pairs.find_map(|(name, value)| name.trim().eq_ignore_ascii_case("charset").then_some(value))?;
    Some(label.trim().trim_matches('"').to_owned())
}

/// Rewrites a page for its visitor.
pub async fn rewrite(
    mut back: Back,
    incoming: &Incoming,
    held: &Held,
    visitor: &Visitor,
    gate: &Rc<Gate>,
) -> Answer<Response> {
    let declared = back.fields.get("content-length").and_then(|length| length.parse::<usize>().ok());
    let plain =
        back.fields.get("content-encoding").is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    let fields = back.change();
    fields.remove(&UNTRUE);
    fields.set("cache-control", "private, no-store");
    back.end_cookies(incoming, gate);
    let Some(stream) = back.response.body() else { return back.with(&JsValue::NULL) };
    let own = back.fields.get(CSP).map(str::to_owned);
    let trust = Trust::of(own.as_deref());
    let (place, hashes) = (place(incoming), trust.hashes());
    let writing = Writing {
        gate: Rc::clone(gate),
        banner: insertion(held, visitor, incoming, &trust),
        stub: stub(held, visitor, &trust),
        place: place.clone(),
        hashes: hashes.clone(),
    };
    let charset = charset(&back);
    if plain && declared.is_some_and(|length| length <= MOST_WHOLE) {
        let bytes = JsFuture::from(back.response.array_buffer().or_internal("page.read")?).await;
        let bytes =
            Uint8Array::new(&bytes.or_internal("page.read")?.unchecked_into::<ArrayBuffer>()).to_vec();
        let written = whole(charset.as_deref(), bytes, writing);
        admit(&mut back, held, visitor, own.filter(|_| written.is_ok()), (&place, &hashes), written.is_err());
        return back.with(&written.unwrap_or_else(|bytes| Uint8Array::from(bytes.as_slice())));
    }
    let mut body = Body::of(&stream)?;
    let start = body.start().await?;
    let begun = Page::new(charset.as_deref(), &start, writing).and_then(|mut page| {
        let written = page.write(&start)?;
        Ok((written, page))
    });
    admit(&mut back, held, visitor, own.filter(|_| begun.is_ok()), (&place, &hashes), begun.is_err());
    let (begun, page) = begun.map_or((start, None), |(written, page)| (written, Some(page)));
    back.with(&body::stream(begun, page, body)?.into())
}

/// A page that is there as a whole, written into; or as it is, where it cannot be read.
fn whole(charset: Option<&str>, page: Vec<u8>, writing: Writing) -> Result<Uint8Array, Vec<u8>> {
    if let Some(written) = again::find(charset, &page, &writing) {
        return Ok(written);
    }
    let write = |mut writer: Page| {
        let mut written = writer.write(&page)?;
        written.extend(writer.end()?);
        Ok(written)
    };
    match Page::new(charset, &page, writing.clone()).and_then(write) {
        Ok(written) => {
            let written = Uint8Array::from(written.as_slice());
            again::note(charset, page, writing, &written);
            Ok(written)
        }
        Err(_) => Err(page),
    }
}

/// Makes the policies of a page admit what is written into it, or stop what is held in one that is not (`unread`).
fn admit(
    back: &mut Back,
    held: &Held,
    visitor: &Visitor,
    own: Option<String>,
    (place, hashes): (&str, &str),
    unread: bool,
) {
    if let Some(own) = own {
        back.change().set(CSP, amended(&own, place, hashes));
    }
    back.restrict(&held.policy, visitor, unread);
}

/// A document that is not read: it may load from where it is permitted to, and nowhere else.
pub fn unread(mut back: Back, held: &Held, visitor: &Visitor) -> Answer<Response> {
    back.restrict(&held.policy, visitor, true);
    back.whole()
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

/// What is written into the page: ASCII, whatever its charset. The stylesheet comes first, so that the banner is never
/// seen without it. Who has nothing to be asked gets the way back to the choices alone. The second layer comes when it is
/// used; without JavaScript it is a page.
fn insertion(held: &Held, visitor: &Visitor, incoming: &Incoming, trust: &Trust) -> String {
    let view = View {
        setting: visitor.setting(),
        choices: visitor.choices.as_ref(),
        seen: visitor.seen(),
        return_path: &incoming.path,
        ..View::default()
    };
    let prepared = held.prepared(&view.setting);
    let write = || {
        let asked =
            !visitor.restricted && prepared.regime.asks && Choices::ask_again(visitor.choices.as_ref());
        let dialogs = if asked { prepared.banner.first(&view) } else { prepared.banner.reopen(&view) };
        format!(
            "<link rel=\"stylesheet\" href=\"{}\">{dialogs}{}<script async src=\"{}\"{}></script>",
            held.styles.url,
            plan_script(&prepared.plan_at("", visitor.seen())),
            assets::url(assets::LOADER),
            trust.attribute(assets::LOADER),
        )
    };
    let same = visitor.choices.is_none() && visitor.seen() == 0 && !visitor.restricted;
    if same && matches!(trust, Trust::Place) { prepared.first_at(&incoming.path, write) } else { write() }
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
