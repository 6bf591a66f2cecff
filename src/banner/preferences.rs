//! The second layer: every purpose with its services, and the person's own data.

use super::{
    forms::{Layer, decision_form, hidden, say},
    html::{Flag, Html, Link, Value},
    icon::privacy_options,
    names::sentence,
    prepared::Scene,
    purposes::purposes,
};
use crate::{id::PurposeId, policy::RegimeId};

/// The content of the second layer, as a dialog or as a page's own.
pub(super) fn preferences(html: &mut Html, scene: &Scene<'_>, layer: Layer) {
    let words = &scene.text().words;
    let (title, heading) = if layer == Layer::Page { ("h1", "h2") } else { ("h2", "h3") };
    head(html, scene, layer, title);
    if !words.gpc_text.is_empty() {
        html.leaf("p", &[Value("id", "consentry-gpc")], &words.gpc_text);
    }
    paragraph(html, &words.preferences_text);
    paragraph(html, &words.objection_text);
    if scene.text().regime == RegimeId::Us {
        rights_in_the_us(html, scene, layer);
    }
    if words.save.is_empty() {
        purposes(html, scene);
    } else {
        // Where nothing is asked there is nothing to agree to at once.
        let asking = [
            ("selection", &*words.save),
            ("reject-all", &words.withdraw_all),
            ("accept-all", &words.accept_all),
        ];
        let told = [("selection", &*words.save), ("reject-all", &words.object_all)];
        let buttons = if words.withdraw_all.is_empty() { told.as_slice() } else { asking.as_slice() };
        decision_form(html, scene, layer, buttons, |html| {
            for text in [&words.buttons_text, &words.objection_buttons_text] {
                if !text.is_empty() {
                    html.leaf("p", &[Value("class", "consentry-small")], text);
                }
            }
            purposes(html, scene);
        });
        say(html);
    }
    your_data(html, scene, heading);
    about(html, scene);
}

fn paragraph(html: &mut Html, text: &str) {
    if !text.is_empty() {
        html.leaf("p", &[], text);
    }
}

fn head(html: &mut Html, scene: &Scene<'_>, layer: Layer, title: &'static str) {
    let words = &scene.text().words;
    html.element("div", &[Value("class", "consentry-head")], |html| {
        html.element(title, &[Value("id", "consentry-preferences-title")], |html| {
            if scene.text().regime == RegimeId::Us {
                privacy_options(html);
            }
            html.text(&words.preferences_title);
        });
        if layer == Layer::Dialog {
            html.leaf(
                "button",
                &[
                    Value("type", "button"),
                    Value("id", "consentry-close"),
                    Value("value", "close"),
                    Value("aria-label", &words.close),
                ],
                "\u{d7}",
            );
        }
    });
}

/// The rights of people in the United States, a click each (California Civil Code section 1798.135(a)).
fn rights_in_the_us(html: &mut Html, scene: &Scene<'_>, layer: Layer) {
    let words = &scene.text().words;
    html.element("section", &[Value("class", "consentry-us")], |html| {
        html.leaf("p", &[], &words.us_text);
        let banner = scene.banner;
        stop(html, scene, layer, &words.us_sale, banner.regime.two_steps.iter());
        stop(html, scene, layer, &words.us_limit, banner.sensitive.iter());
    });
}

/// One click that ends these purposes and leaves the others as they are.
fn stop<'a>(
    html: &mut Html,
    scene: &Scene<'_>,
    layer: Layer,
    label: &str,
    purposes: impl Iterator<Item = &'a PurposeId>,
) {
    if !label.is_empty() {
        decision_form(html, scene, layer, &[("stop", label)], |html| {
            purposes.for_each(|purpose| hidden(html, "purpose", purpose.as_str()));
        });
    }
}

fn your_data(html: &mut Html, scene: &Scene<'_>, heading: &'static str) {
    let words = &scene.text().words;
    let section = [Value("id", "consentry-data"), Value("aria-labelledby", "consentry-data-title")];
    html.element("section", &section, |html| {
        html.leaf(heading, &[Value("id", "consentry-data-title")], &words.data_title);
        html.leaf("p", &[], &words.data_text);
        html.element("p", &[], |html| {
            let all = scene.view.route(&format!("me?locale={}", scene.text().locale));
            html.leaf("a", &[Value("id", "consentry-rights"), Link("href", &all)], &scene.banner.rights);
        });
        html.element(
            "form",
            &[Value("method", "post"), Link("action", &scene.view.route("me/exports"))],
            |html| {
                html.leaf("button", &[Value("class", "consentry-button")], &words.download);
            },
        );
        html.element(
            "form",
            &[Value("method", "post"), Link("action", &scene.view.route("me/erasure"))],
            |html| {
                html.element("label", &[], |html| {
                    html.void(
                        "input",
                        &[
                            Value("type", "checkbox"),
                            Value("name", "confirm"),
                            Value("value", "yes"),
                            Flag("required", true),
                        ],
                    );
                    html.leaf("span", &[], &words.erase_confirm);
                });
                html.leaf("button", &[Value("class", "consentry-button")], &words.erase);
            },
        );
        html.element("p", &[Value("class", "consentry-small")], |html| {
            sentence(html, &words.proof_text, &scene.banner.names.ground);
        });
        html.leaf("p", &[Value("id", "consentry-status"), Value("role", "status")], "");
        html.leaf("p", &[Value("id", "consentry-proof")], "");
    });
}

/// Who is responsible, and where to read more.
fn about(html: &mut Html, scene: &Scene<'_>) {
    let (text, names) = (scene.text(), &scene.banner.names);
    let words = &text.words;
    html.element("dl", &[], |html| {
        row(html, &words.controller, &text.controller, &names.controller);
        row(html, &words.dpo, text.dpo.as_deref().unwrap_or_default(), &names.dpo);
        let representative = text.representative.as_deref().unwrap_or_default();
        row(html, &words.representative, representative, &names.representative);
    });
    html.element("p", &[], |html| {
        html.leaf("a", &[Link("href", &text.privacy_notice)], &words.privacy_notice);
    });
}

/// A term and what it says; nothing where there is nothing to say.
pub(super) fn row(html: &mut Html, term: &str, value: &str, names: &[String]) {
    if !value.is_empty() {
        html.leaf("dt", &[], term);
        html.element("dd", &[], |html| sentence(html, value, names));
    }
}
