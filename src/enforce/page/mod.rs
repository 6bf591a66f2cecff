//! Pages, as they pass: what is held is made inert, and the banner is written in.
//!
//! The page is read by the engine of the platform's own `HTMLRewriter`, [`lol_html`], within this module: one call into
//! the platform for each tag costs more than everything else that is done to a page.

mod code;
mod tags;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use super::{Gate, amended};
use code::Reading;
use lol_html::{
    AsciiCompatibleEncoding, DocumentContentHandlers, ElementContentHandlers, HandlerResult, HtmlRewriter,
    MemorySettings, Selector, Settings,
    html_content::{ContentType, Doctype, DocumentEnd, Element, TextChunk},
};
use std::{borrow::Cow, cell::RefCell, fmt, rc::Rc, sync::LazyLock};

/// The most that is kept of a page, in bytes: an element whose start tag is longer cannot be read.
const MOST_KEPT: usize = 8 << 20;

/// What is written into a page.
#[derive(Debug, Clone)]
pub struct Writing {
    /// What is held.
    pub gate: Rc<Gate>,
    /// Comes first in the body. ASCII, so that it is right in any encoding.
    pub banner: String,
    /// Comes first in the head. ASCII.
    pub stub: Option<String>,
    /// The place that content security policies in the page must admit, see [`amended`].
    pub place: String,
    /// The hashes they must admit where they trust nothing else.
    pub hashes: String,
}

/// Why a page cannot be written into. It may still be shown with a policy that stops what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Its encoding is unknown, or one in which ASCII is something else.
    Encoding,
    /// It is such that nobody can say what a browser reads, or needs too much memory.
    Markup,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoding => "its encoding cannot be read",
            Self::Markup => "its markup cannot be read",
        })
    }
}

impl std::error::Error for Unreadable {}

type Sink = Box<dyn FnMut(&[u8])>;

/// A page on its way.
pub struct Page {
    rewriter: HtmlRewriter<'static, Sink>,
    out: Rc<RefCell<Vec<u8>>>,
}

/// What the handlers share.
struct State {
    gate: Rc<Gate>,
    banner: Option<String>,
    stub: Option<String>,
    place: String,
    hashes: String,
    /// Whether this is a page and not a part of one.
    is_whole: bool,
    reading: Reading,
}

type Shared = Rc<RefCell<State>>;

impl Page {
    /// Begins a page in an encoding, by its label in the header `Content-Type`, that begins with `start`: its first two
    /// bytes or more, if it has any. They are only looked at.
    pub fn new(charset: Option<&str>, start: &[u8], writing: Writing) -> Result<Self, Unreadable> {
        // The mark goes before whatever the header says (HTML, section 13.2.3.2).
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(Unreadable::Encoding);
        }
        let encoding = match charset {
            None => AsciiCompatibleEncoding::utf_8(),
            Some(label) => encoding_rs::Encoding::for_label(label.as_bytes())
                .and_then(AsciiCompatibleEncoding::new)
                .ok_or(Unreadable::Encoding)?,
        };
        let Writing { gate, banner, stub, place, hashes } = writing;
        let reads_code = gate.holds_hosts();
        let banner = Some(banner);
        let reading = Reading::default();
        let state: Shared =
            Rc::new(RefCell::new(State { gate, banner, stub, place, hashes, is_whole: false, reading }));
        let out = Rc::new(RefCell::new(Vec::new()));
        let sink: Sink = {
            let out = Rc::clone(&out);
            Box::new(move |bytes| out.borrow_mut().extend_from_slice(bytes))
        };
        let mut settings = Settings::new()
            .append_element_content_handler((selector(&TAGS)?, element(&state)))
            .append_document_content_handler(document(&state))
            .with_encoding(encoding)
            .with_adjust_charset_on_meta_tag(charset.is_none())
            .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MOST_KEPT));
        if reads_code {
            settings = settings.append_element_content_handler((selector(&CODE)?, text(&state)));
        }
        Ok(Self { rewriter: HtmlRewriter::new(settings, sink), out })
    }

    /// Takes a piece of the page, and gives what is ready. After an error nothing more can be had.
    pub fn write(&mut self, piece: &[u8]) -> Result<Vec<u8>, Unreadable> {
        self.rewriter.write(piece).map_err(|_| Unreadable::Markup)?;
        Ok(self.out.take())
    }

    /// Ends the page, and gives the rest.
    pub fn end(self) -> Result<Vec<u8>, Unreadable> {
        self.rewriter.end().map_err(|_| Unreadable::Markup)?;
        Ok(self.out.take())
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").finish_non_exhaustive()
    }
}

/// Every tag, and those whose content is read. Made once: a page would wait for it.
static TAGS: LazyLock<Option<Selector>> = LazyLock::new(|| "*".parse().ok());
static CODE: LazyLock<Option<Selector>> = LazyLock::new(|| "script, style, noscript".parse().ok());

fn selector(made: &'static LazyLock<Option<Selector>>) -> Result<Cow<'static, Selector>, Unreadable> {
    made.as_ref().map(Cow::Borrowed).ok_or(Unreadable::Markup)
}

fn element(state: &Shared) -> ElementContentHandlers<'static> {
    let state = Rc::clone(state);
    ElementContentHandlers::default().element(move |element: &mut Element<'_, '_>| on_tag(element, &state))
}

fn text(state: &Shared) -> ElementContentHandlers<'static> {
    let state = Rc::clone(state);
    ElementContentHandlers::default().text(move |text: &mut TextChunk<'_>| {
        code::more(text, &mut state.borrow_mut());
        Ok(())
    })
}

fn document(state: &Shared) -> DocumentContentHandlers<'static> {
    let (by_doctype, at_end) = (Rc::clone(state), Rc::clone(state));
    DocumentContentHandlers::default()
        .doctype(move |_: &mut Doctype<'_>| {
            by_doctype.borrow_mut().is_whole = true;
            Ok(())
        })
        .end(move |end: &mut DocumentEnd<'_>| {
            let mut state = at_end.borrow_mut();
            // A page may leave out the tag of its body.
            if let Some(banner) = state.banner.take().filter(|_| state.is_whole) {
                end.append(&banner, ContentType::Html);
            }
            Ok(())
        })
}

fn on_tag(element: &mut Element<'_, '_>, shared: &Shared) -> HandlerResult {
    let mut state = shared.borrow_mut();
    let tag = element.tag_name();
    match tag.as_str() {
        "html" => state.is_whole = true,
        "head" => {
            state.is_whole = true;
            if let Some(stub) = state.stub.take() {
                element.prepend(&stub, ContentType::Html);
            }
        }
        "body" => {
            if let Some(banner) = state.banner.take() {
                element.prepend(&banner, ContentType::Html);
            }
        }
        "meta" => amend(element, &state)?,
        _ => {}
    }
    if !state.gate.holds_hosts() {
        return Ok(());
    }
    tags::hold(element, &tag, &state.gate)?;
    if code::is_read(element, &tag) {
        code::begin(element, tag, &mut state);
        let shared = Rc::clone(shared);
        element.on_end_tag(Box::new(move |end| {
            code::finish(end, &mut shared.borrow_mut());
            Ok(())
        }))?;
    }
    Ok(())
}

/// A content security policy that stands in the page.
fn amend(meta: &mut Element<'_, '_>, state: &State) -> HandlerResult {
    let kind = meta.get_attribute("http-equiv").unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case("content-security-policy")
        && let Some(csp) = meta.get_attribute("content")
    {
        meta.set_attribute("content", &amended(&csp, &state.place, &state.hashes))?;
    }
    Ok(())
}
