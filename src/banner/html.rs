//! Markup that cannot be broken out of.
//!
//! Names of elements and attributes are literals of this program. Text and values are escaped as they enter, and
//! everything outside ASCII becomes a numeric character reference.

use crate::policy::is_link;
use std::fmt::Write as _;

/// An attribute.
#[derive(Clone, Copy)]
pub(super) enum Attr<'a> {
    /// With any value.
    Value(&'static str, &'a str),
    /// With an address. One that may not stand in a link leads to the site's first page instead.
    Link(&'static str, &'a str),
    /// Present or not.
    Flag(&'static str, bool),
}

pub(super) use Attr::{Flag, Link, Value};

/// A piece of HTML under construction.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// An element with what `inside` writes between its tags.
    pub(super) fn element(&mut self, name: &'static str, attrs: &[Attr<'_>], inside: impl FnOnce(&mut Self)) {
        self.open(name, attrs);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element that holds only text.
    pub(super) fn leaf(&mut self, name: &'static str, attrs: &[Attr<'_>], text: &str) {
        self.element(name, attrs, |html| html.text(text));
    }

    /// An element that cannot hold anything, such as `input`.
    pub(super) fn void(&mut self, name: &'static str, attrs: &[Attr<'_>]) {
        self.open(name, attrs);
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) {
        text.chars().for_each(|c| self.escaped(c));
    }

    /// A script block of data. The text must be JSON in which `<` is written as an escape.
    pub(super) fn data_block(&mut self, id: &'static str, json: &str) {
        self.open("script", &[Value("type", "application/json"), Value("id", id)]);
        self.0.extend(json.chars().filter(|c| c.is_ascii() && *c != '<'));
        self.0.push_str("</script>");
    }

    /// The document type, which comes first on a page.
    pub(super) fn doctype(&mut self) {
        self.0.push_str("<!doctype html>");
    }

    /// The markup.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn open(&mut self, name: &'static str, attrs: &[Attr<'_>]) {
        self.0.push('<');
        self.0.push_str(name);
        for attr in attrs {
            match *attr {
                Value(name, value) => self.attribute(name, value),
                Link(name, url) => self.attribute(name, if is_link(url) { url } else { "/" }),
                Flag(_, false) => {}
                Flag(name, true) => {
                    self.0.push(' ');
                    self.0.push_str(name);
                }
            }
        }
        self.0.push('>');
    }

    fn attribute(&mut self, name: &'static str, value: &str) {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        value.chars().for_each(|c| self.escaped(c));
        self.0.push('"');
    }

    fn escaped(&mut self, c: char) {
        match c {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&#34;"),
            '\'' => self.0.push_str("&#39;"),
            // HTML reads references to these as something else, or not at all.
            _ if c.is_control() || is_noncharacter(c) => self.0.push_str("&#xfffd;"),
            _ if c.is_ascii() => self.0.push(c),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(self.0, "&#x{:x};", u32::from(c));
            }
        }
    }
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(value: &str, text: &str) -> String {
        let mut html = Html::default();
        html.leaf("p", &[Value("title", value), Flag("hidden", true), Flag("inert", false)], text);
        html.finish()
    }

    #[test]
    fn escapes_what_has_meaning_and_what_is_not_ascii() {
        assert_eq!(
            leaf("a\"'>", "<b>&\u{e9}\u{1f33f}"),
            "<p title=\"a&#34;&#39;&gt;\" hidden>&lt;b&gt;&amp;&#xe9;&#x1f33f;</p>"
        );
        assert_eq!(
            leaf("", "\0\n\u{80}\u{fffe}\u{fdd0}"),
            format!("<p title=\"\" hidden>{}</p>", "&#xfffd;".repeat(5))
        );
    }

    #[test]
    fn links_lead_to_pages_only() {
        let mut html = Html::default();
        html.leaf("a", &[Link("href", "javascript:alert(1)")], "x");
        html.leaf("a", &[Link("href", "https://example.org/?a&b")], "y");
        assert_eq!(html.finish(), "<a href=\"/\">x</a><a href=\"https://example.org/?a&amp;b\">y</a>");
    }

    #[test]
    fn a_data_block_cannot_be_ended_from_inside() {
        let mut html = Html::default();
        html.data_block("x", "{\"a\":\"</script>\u{e9}\"}");
        assert_eq!(html.finish(), "<script type=\"application/json\" id=\"x\">{\"a\":\"/script>\"}</script>");
    }
}
