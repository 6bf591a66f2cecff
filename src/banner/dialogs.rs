//! The two dialogs and the control that opens them again, as they are written into a page.

use super::{
    forms::{Layer, decision_form, say},
    html::{Flag, Html, Link, Value},
    icon::privacy_options,
    preferences::preferences,
    prepared::Scene,
    words::attribute,
};
use crate::{
    consent::Choices,
    policy::{Plan, RegimeId},
};

/// Both dialogs and the reopen control.
pub(super) fn draw(scene: &Scene<'_>) -> String {
    let text = scene.text();
    let mut html = Html::default();
    first_layer(&mut html, scene, |_| true);
    html.element(
        "dialog",
        &[
            Value("id", "consentry-preferences"),
            Value("class", "consentry"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Value("aria-labelledby", "consentry-preferences-title"),
        ],
        |html| preferences(html, scene, Layer::Dialog),
    );
    reopen(&mut html, scene);
    html.finish()
}

/// The first layer and the reopen control, with those words alone that may be said before the second layer is there.
pub(super) fn draw_first(scene: &Scene<'_>) -> String {
    const SAID: [&str; 7] = ["loading", "working", "failed", "queued", "changed", "confirm", "confirm_text"];
    let mut html = Html::default();
    first_layer(&mut html, scene, |key| SAID.contains(&key));
    reopen(&mut html, scene);
    html.finish()
}

/// The reopen control alone.
pub(super) fn draw_reopen(scene: &Scene<'_>) -> String {
    let mut html = Html::default();
    reopen(&mut html, scene);
    html.finish()
}

/// The first layer. Where nobody is asked it is empty and stays closed, and carries only what the page says by script.
fn first_layer(html: &mut Html, scene: &Scene<'_>, says: impl Fn(&str) -> bool) {
    let text = scene.text();
    let words = &text.words;
    let asks = !words.banner_title.is_empty();
    let mut attrs = vec![
        Value("id", "consentry"),
        Value("class", "consentry"),
        Value("lang", text.locale.as_str()),
        Value("dir", text.locale.direction()),
    ];
    if asks {
        attrs.push(Value("aria-labelledby", "consentry-title"));
        attrs.push(Value("aria-describedby", "consentry-text"));
    }
    let said = scene.banner.words.iter().filter(|(key, _)| says(key));
    attrs.extend(said.filter_map(|(key, text)| Some(Value(attribute(key)?, text))));
    let view = scene.view;
    attrs.push(Flag("open", scene.banner.asks() && Choices::ask_again(view.choices) && !view.prerendered));
    html.element("dialog", &attrs, |html| {
        if !asks {
            return;
        }
        html.leaf("h2", &[Value("id", "consentry-title")], &words.banner_title);
        html.element("p", &[Value("id", "consentry-text")], |html| {
            html.text(&words.banner_text);
            html.text(" ");
            if !words.exempt_text.is_empty() {
                html.leaf("span", &[], &words.exempt_text);
                html.text(" ");
            }
            html.leaf("a", &[Link("href", &text.privacy_notice)], &words.privacy_notice);
        });
        let buttons = [
            ("reject-all", &*words.reject_all),
            ("accept-all", &words.accept_all),
            ("choose", &words.choose),
        ];
        decision_form(html, scene, Layer::Banner, &buttons, |_| {});
        say(html);
    });
}

/// A region of its own, named by the link in it, so that it is found among the parts of any page.
fn reopen(html: &mut Html, scene: &Scene<'_>) {
    let region = [Value("id", "consentry-reopen"), Value("aria-labelledby", "consentry-open")];
    html.element("section", &region, |html| reopen_link(html, scene));
}

fn reopen_link(html: &mut Html, scene: &Scene<'_>) {
    let text = scene.text();
    let preferences = scene.banner.regime.age.added_to(&scene.view.route("preferences"));
    html.element(
        "a",
        &[
            Value("id", "consentry-open"),
            Value("class", "consentry-open"),
            Value("lang", text.locale.as_str()),
            Value("dir", text.locale.direction()),
            Link("href", &preferences),
        ],
        |html| {
            if text.regime == RegimeId::Us {
                privacy_options(html);
            }
            html.text(&text.words.open);
        },
    );
}

/// The plan as the element of a page that carries it.
pub fn plan_script(plan: &Plan) -> String {
    let mut html = Html::default();
    html.data_block("consentry-plan", &plan.to_script());
    html.finish()
}
