//! Whole pages, for use without JavaScript.

use super::{
    forms::{Layer, hidden},
    html::{Html, Link, Value},
    preferences::preferences,
    prepared::Scene,
    view::local,
};
use crate::{
    id::PurposeId,
    policy::{Locale, Policy, fill, interface},
};

/// The second layer as a page of its own.
pub(super) fn draw(scene: &Scene<'_>) -> String {
    let text = scene.text();
    let title = format!("{} \u{b7} {}", text.words.preferences_title, scene.banner.site);
    document(&text.locale, &title, scene.view.stylesheet, |html| {
        preferences(html, scene, Layer::Page);
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

/// The second step of a grant that goes against what the person said before (California: CCPA regulations, section
/// 7028(a)), for use without JavaScript.
#[derive(Debug, Clone, Copy)]
pub struct Confirm<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The language asked for; the nearest one that the policy has is shown.
    pub locale: &'a str,
    /// The purposes that have to be confirmed.
    pub purposes: &'a [PurposeId],
    /// Every field of the form that was sent, in its order. They are sent again, with `confirmed` added.
    pub fields: &'a [(&'a str, &'a str)],
    /// The path of the site's privacy routes, ending in `/`.
    pub base: &'a str,
    /// Where the link that changes nothing leads.
    pub return_path: &'a str,
    /// The address of the stylesheet.
    pub stylesheet: &'a str,
}

/// The page that asks whether a grant is meant.
pub fn confirm_page(confirm: &Confirm<'_>) -> String {
    let Confirm { policy, purposes, .. } = confirm;
    let locale = policy.locale_for(confirm.locale);
    let interface = interface(policy, &locale);
    let replies = &interface.replies;
    let site = policy.site.name.as_str();
    let meant = policy.purposes.iter().filter(|purpose| purposes.contains(&purpose.id));
    let list: Vec<_> = meant.filter_map(|purpose| purpose.name.get(&locale)).collect();
    let values = [("site", site), ("purposes", &list.join(&interface.terms.list_separator))];
    document(&locale, &replies.confirm_title, confirm.stylesheet, |html| {
        html.leaf("h1", &[], &replies.confirm_title);
        html.leaf("p", &[], &fill(&replies.confirm_text, &values));
        let action = format!("{}consent", confirm.base);
        html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
            for (name, value) in confirm.fields.iter().filter(|(name, _)| *name != "confirmed") {
                hidden(html, name, value);
            }
            hidden(html, "confirmed", "yes");
            html.element("p", &[], |html| {
                html.leaf("button", &[Value("class", "consentry-button")], &replies.confirm);
            });
        });
        html.element("p", &[], |html| {
            let back = fill(&replies.back, &values);
            html.leaf("a", &[Link("href", local(confirm.return_path))], &back);
        });
    })
}

pub(super) fn document(
    locale: &Locale,
    title: &str,
    stylesheet: &str,
    main: impl FnOnce(&mut Html),
) -> String {
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
