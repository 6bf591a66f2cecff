//! The forms a decision is made with. They work without a script.

use super::{
    html::{Html, Link, Value},
    prepared::Scene,
};

/// Where a form stands; recorded with the choice made in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// The first layer.
    Banner,
    /// The second layer.
    Dialog,
    /// The page for use without JavaScript.
    Page,
}

impl Layer {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Banner => "banner",
            Self::Dialog => "preferences",
            Self::Page => "page",
        }
    }
}

/// A form that makes a decision: what it was made on, what `inside` adds, and buttons that are all alike.
pub(super) fn decision_form(
    html: &mut Html,
    scene: &Scene<'_>,
    layer: Layer,
    buttons: &[(&str, &str)],
    inside: impl FnOnce(&mut Html),
) {
    let action = scene.view.route("consent");
    html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
        let (banner, view) = (scene.banner, scene.view);
        hidden(html, "policy", &banner.policy.to_string());
        hidden(html, "notice", &banner.notice.hash.to_string());
        hidden(html, "locale", scene.text().locale.as_str());
        hidden(html, "regime", scene.text().regime.as_str());
        if let Some(age) = banner.regime.age.as_str() {
            hidden(html, "age", age);
        }
        hidden(html, "seen", &view.seen.to_string());
        hidden(html, "layer", layer.as_str());
        hidden(html, "return", view.return_path());
        inside(html);
        html.element("div", &[Value("class", "consentry-buttons")], |html| {
            for (choice, label) in buttons {
                html.leaf(
                    "button",
                    &[Value("class", "consentry-button"), Value("name", "choice"), Value("value", choice)],
                    label,
                );
            }
        });
    });
}

/// A field that is sent along.
pub(super) fn hidden(html: &mut Html, name: &str, value: &str) {
    html.void("input", &[Value("type", "hidden"), Value("name", name), Value("value", value)]);
}

/// Where the page's script says what became of a decision. Empty it takes no room; it is there from the start, since
/// only then is it read out.
pub(super) fn say(html: &mut Html) {
    html.leaf("div", &[Value("role", "status"), Value("class", "consentry-say")], "");
}
