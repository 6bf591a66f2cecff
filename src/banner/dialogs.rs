//! The two dialogs and the control that opens them again, as they are written into a page.

use super::{
    html::{Flag, Html, Link, Value},
    preferences::{Place, decision_form, preferences},
    prepared::Scene,
};
use crate::policy::Plan;

/// Both dialogs and the reopen control.
pub(super) fn draw(scene: &Scene<'_>) -> String {
    let text = scene.text();
    let mut html = Html::default();
    first_layer(&mut html, scene);
    html.element(
        "dialog",
        &[
            Value("id", "consentry-preferences"),
            Value("class", "consentry"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Value("aria-labelledby", "consentry-preferences-title"),
        ],
        |html| preferences(html, scene, Place::Dialog),
    );
    html.leaf(
        "a",
        &[
            Value("id", "consentry-open"),
            Value("class", "consentry-open"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Link("href", &scene.view.route("preferences")),
        ],
        &text.words.open,
    );
    html.finish()
}

fn first_layer(html: &mut Html, scene: &Scene<'_>) {
    let text = scene.text();
    let words = &text.words;
    // There is nothing to ask where nothing can be refused.
    let asks = scene.view.given.is_none() && scene.banner.has_choice;
    html.element(
        "dialog",
        &[
            Value("id", "consentry"),
            Value("class", "consentry"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Value("aria-labelledby", "consentry-title"),
            Value("aria-describedby", "consentry-text"),
            Flag("open", asks),
        ],
        |html| {
            html.leaf("h2", &[Value("id", "consentry-title")], &words.banner_title);
            html.element("p", &[Value("id", "consentry-text")], |html| {
                html.text(&words.banner_text);
                html.text(" ");
                html.leaf("a", &[Link("href", &text.privacy_notice)], &words.privacy_notice);
            });
            let buttons = [
                ("reject-all", &*words.reject_all),
                ("accept-all", &words.accept_all),
                ("choose", &words.choose),
            ];
            decision_form(html, scene, Place::Banner, &buttons, |_| {});
        },
    );
}

/// The plan as the element of a page that carries it.
pub fn plan_script(plan: &Plan) -> String {
    let mut html = Html::default();
    html.data_block("consentry-plan", &plan.to_script());
    html.finish()
}
