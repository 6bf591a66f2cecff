//! Whole pages, for use without JavaScript.

use super::{
    html::{Html, Link, Value},
    preferences::{Place, preferences},
    view::{Scene, View},
};
use crate::policy::{Locale, Policy, fill, interface};

/// The page that does all the second layer does. It needs no script.
pub fn page(policy: &Policy, view: &View<'_>) -> String {
    let scene = Scene::new(policy, view);
    let locale = &scene.text().locale;
    let title = format!("{} \u{b7} {}", scene.text().words.preferences_title, policy.site.name);
    let back = fill(&interface(policy, locale).replies.back, &[("site", &policy.site.name)]);
    document(locale, &title, view.stylesheet, |html| {
        preferences(html, &scene, Place::Page);
        html.element("p", &[], |html| html.leaf("a", &[Link("href", view.return_path())], &back));
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
