//! Whole pages, for use without JavaScript.

use super::{
    html::{Html, Link, Value},
    preferences::{Place, preferences},
    prepared::Scene,
};
use crate::policy::Locale;

/// The second layer as a page of its own.
pub(super) fn draw(scene: &Scene<'_>) -> String {
    let text = scene.text();
    let title = format!("{} \u{b7} {}", text.words.preferences_title, scene.banner.site);
    document(&text.locale, &title, scene.view.stylesheet, |html| {
        preferences(html, scene, Place::Page);
        html.element("p", &[], |html| {
            html.leaf("a", &[Link("href", scene.view.return_path())], &scene.banner.back);
        });
    })
}

/// A short answer to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its language.
    pub locale: &'a Locale,
    /// Its heading.
    pub title: &'a str,
    /// What it says.
    pub paragraphs: &'a [&'a str],
    /// Where to go next: an address and its label.
    pub link: Option<(&'a str, &'a str)>,
    /// The address of the stylesheet.
    pub stylesheet: &'a str,
}

/// The page that carries a short answer.
pub fn message_page(message: &Message<'_>) -> String {
    document(message.locale, message.title, message.stylesheet, |html| {
        html.leaf("h1", &[], message.title);
        for paragraph in message.paragraphs {
            html.leaf("p", &[], paragraph);
        }
        if let Some((address, label)) = message.link {
            html.element("p", &[], |html| html.leaf("a", &[Link("href", address)], label));
        }
    })
}

fn document(locale: &Locale, title: &str, stylesheet: &str, main: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::default();
    html.doctype();
    let attrs =
        [Value("lang", locale.as_str()), Value("dir", locale.direction()), Value("class", "consentry-page")];
    html.element("html", &attrs, |html| {
        html.element("head", &[], |html| {
            html.void("meta", &[Value("charset", "utf-8")]);
            html.void(
                "meta",
                &[Value("name", "viewport"), Value("content", "width=device-width,initial-scale=1")],
            );
            html.void("meta", &[Value("name", "robots"), Value("content", "noindex")]);
            html.leaf("title", &[], title);
            html.void("link", &[Value("rel", "stylesheet"), Link("href", stylesheet)]);
        });
        html.element("body", &[], |html| {
            html.element("main", &[Value("class", "consentry")], main);
        });
    });
    html.finish()
}
