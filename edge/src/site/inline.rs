//! Code that stands in the page: it is kept back until its end, judged by the hosts it names, and written out again as
//! it was or inert.

use super::{
    inert::marks,
    rewriter::{Element, EndTag, HTMLRewriter, Text, function, handlers, html},
};
use consentry::enforce::{Gate, Holder, is_code};
use std::{cell::RefCell, fmt::Write as _, rc::Rc};
use wasm_bindgen::{JsCast as _, prelude::*};

/// The longest code that is kept back, in bytes. What is longer is not read to its end, and so held.
const MOST: usize = 1 << 20;

/// The element that is being read.
#[derive(Default)]
enum Reading {
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

type State = Rc<RefCell<Reading>>;

/// Adds the handlers. What `noscript` holds is text to the rewriter, and markup to a browser without scripts.
pub fn hold_code(rewriter: &HTMLRewriter, gate: &Rc<Gate>) {
    let state = State::default();
    let begin = {
        let (state, gate) = (Rc::clone(&state), Rc::clone(gate));
        move |element: &Element| begin(element, &state, &gate)
    };
    let more = {
        let gate = Rc::clone(gate);
        move |text: &Text| more(text, &state, &gate)
    };
    rewriter.on(
        "script:not([src]), style, noscript",
        &handlers([("element", function(begin)), ("text", function(more))]),
    );
}

fn begin(element: &Element, state: &State, gate: &Rc<Gate>) -> Result<(), JsValue> {
    let tag = element.tag_name();
    if tag == "script" && !is_code(element.get_attribute("type")?.as_deref()) {
        *state.borrow_mut() = Reading::Nothing;
        return Ok(());
    }
    let pairs = js_sys::Array::from(&element.attributes());
    let attributes = pairs.iter().filter_map(|pair| {
        let pair = pair.dyn_into::<js_sys::Array>().ok()?;
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    });
    *state.borrow_mut() = Reading::Back { tag, attributes: attributes.collect(), code: String::new() };
    element.remove_and_keep_content()?;
    let (state, gate) = (Rc::clone(state), Rc::clone(gate));
    element.on_end_tag(&function(move |end: &EndTag| finish(end, &state, &gate))).map(drop)
}

fn more(text: &Text, state: &State, gate: &Gate) -> Result<(), JsValue> {
    let mut reading = state.borrow_mut();
    match &mut *reading {
        Reading::Nothing | Reading::Passing { .. } => return Ok(()),
        Reading::Dropping => {}
        Reading::Back { tag, attributes, code } => {
            code.push_str(&text.text());
            if code.len() > MOST {
                let begun = written(tag, attributes, code, Some(gate.unread()));
                let tag = std::mem::take(tag);
                if tag == "noscript" {
                    *reading = Reading::Dropping;
                } else {
                    *reading = Reading::Passing { tag };
                    text.before_text(&begun, &html())?;
                }
            }
        }
    }
    text.remove().map(drop)
}

fn finish(end: &EndTag, state: &State, gate: &Gate) -> Result<(), JsValue> {
    let text = match std::mem::take(&mut *state.borrow_mut()) {
        Reading::Nothing | Reading::Dropping => return Ok(()),
        Reading::Passing { tag } => format!("</{tag}>"),
        Reading::Back { tag, attributes, code } => {
            let holder = gate.code(&code);
            match holder {
                // Only a page made anew can show it.
                Some(_) if tag == "noscript" => String::new(),
                _ => written(&tag, &attributes, &code, holder) + "</" + &tag + ">",
            }
        }
    };
    end.before(&text, &html()).map(drop)
}

/// The start tag and what follows it.
fn written(tag: &str, attributes: &[(String, String)], code: &str, holder: Option<&Holder>) -> String {
    let mut out = format!("<{tag}");
    let mut put = |name: &str, value: &str| {
        // The value is as the source had it, but for the quotes around it. Writing to a string does not fail.
        let _ = write!(out, " {name}=\"{}\"", value.replace('"', "&quot;"));
    };
    for (name, value) in attributes {
        match (holder, name.as_str()) {
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
