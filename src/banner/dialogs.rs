//! The two dialogs and the control that opens them again, as they are written into a page.

use super::{
    html::{Flag, Html, Link, Value},
    preferences::{Place, decision_form, preferences},
    view::{Scene, View},
};
use crate::policy::{Plan, Policy};

/// Both dialogs and the reopen control, to stand in the body of a page.
///
/// The first layer is open while nothing has been decided. It is not modal, so the page stays readable and usable
/// beneath it, and it works as a plain form before any script has run.
pub fn fragment(policy: &Policy, view: &View<'_>) -> String {
    let scene = Scene::new(policy, view);
    let text = scene.text();
    let mut html = Html::default();
    first_layer(&mut html, &scene);
    html.element(
        "dialog",
        &[
            Value("id", "consentry-preferences"),
            Value("class", "consentry"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Value("aria-labelledby", "consentry-preferences-title"),
        ],
        |html| preferences(html, &scene, Place::Dialog),
    );
    html.leaf(
        "a",
        &[
            Value("id", "consentry-open"),
            Value("class", "consentry-open"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Link("href", &view.route("preferences")),
        ],
        &text.words.open,
    );
    html.finish()
}

fn first_layer(html: &mut Html, scene: &Scene<'_>) {
    let text = scene.text();
    let words = &text.words;
    // There is nothing to ask where nothing can be refused.
    let asks = scene.view.given.is_none() && scene.has_choice;
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
