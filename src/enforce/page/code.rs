//! Code that stands in the page: it is kept back until its end, judged by the hosts it names, and written out again as
//! it was or inert.

use super::{State, tags::marks};
use crate::enforce::{Holder, is_code};
use lol_html::html_content::{ContentType, Element, EndTag, TextChunk};
use std::fmt::Write as _;

/// The longest code that is kept back, in bytes. What is longer is not read to its end, and so held.
pub(super) const MOST: usize = 1 << 20;

/// The element that is being read.
#[derive(Default)]
pub(super) enum Reading {
    /// None, or one that holds data.
    #[default]
    Nothing,
    /// Kept back.
    Back { tag: String, attributes: Vec<(String, String)>, code: String },
    /// Too long: it is on its way, inert.
    Passing { tag: String },
    /// Too long, and nothing that can be made inert: the rest of it is left out.
    Dropping,
}

/// Whether an element's content is code. What `noscript` holds is markup to a browser without scripts.
pub(super) fn is_read(element: &Element<'_, '_>, tag: &str) -> bool {
    let is_code = match tag {
        "script" => !element.has_attribute("src") && is_code(element.get_attribute("type").as_deref()),
        "style" | "noscript" => true,
        _ => false,
    };
    is_code && element.can_have_content()
}

/// Keeps back an element.
pub(super) fn begin(element: &mut Element<'_, '_>, tag: String, state: &mut State) {
    let attributes =
        element.attributes().iter().map(|attribute| (attribute.name_preserve_case(), attribute.value()));
    state.reading = Reading::Back { tag, attributes: attributes.collect(), code: String::new() };
    element.remove_and_keep_content();
}

/// Takes a piece of its content.
pub(super) fn more(text: &mut TextChunk<'_>, state: &mut State) {
    match &mut state.reading {
        Reading::Nothing | Reading::Passing { .. } => return,
        Reading::Dropping => {}
        Reading::Back { tag, attributes, code } => {
            code.push_str(text.as_str());
            if code.len() > MOST {
                let begun = written(tag, attributes, code, Some(state.gate.unread()));
                let tag = std::mem::take(tag);
                state.reading = if tag == "noscript" {
                    Reading::Dropping
                } else {
                    text.before(&begun, ContentType::Html);
                    Reading::Passing { tag }
                };
            }
        }
    }
    text.remove();
}

/// Judges what was kept back, and writes it.
pub(super) fn finish(end: &mut EndTag<'_>, state: &mut State) {
    let text = match std::mem::take(&mut state.reading) {
        Reading::Nothing | Reading::Dropping => return,
        Reading::Passing { tag } => format!("</{tag}>"),
        Reading::Back { tag, attributes, code } => {
            let holder = state.gate.code(&code);
            match holder {
                // Only a page made anew can show it.
                Some(_) if tag == "noscript" => return,
                _ => written(&tag, &attributes, &code, holder) + "</" + &tag + ">",
            }
        }
    };
    end.before(&text, ContentType::Html);
}

/// The start tag and what follows it.
fn written(tag: &str, attributes: &[(String, String)], code: &str, holder: Option<&Holder>) -> String {
    let mut out = String::with_capacity(code.len() + 64);
    out.push('<');
    out.push_str(tag);
    let mut put = |name: &str, value: &str| {
        // The value is as the source had it, but for the quotes around it. Writing to a string does not fail.
        let _ = write!(out, " {name}=\"{}\"", value.replace('"', "&quot;"));
    };
    for (name, value) in attributes {
        match (holder, name.to_ascii_lowercase().as_str()) {
            (Some(_), "type") => put("data-type", value),
            (Some(_), "data-category" | "data-service") => {}
            _ => put(name, value),
        }
    }
    if let Some(holder) = holder {
        put("type", "text/plain");
        marks(holder).for_each(|(name, value)| put(name, value));
    }
    out.push('>');
    out.push_str(code);
    out
}
