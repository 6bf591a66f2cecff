//! The second layer: every purpose with its services, and the person's own data.

use super::{
    html::{Flag, Html, Link, Value},
    prepared::Scene,
};
use crate::policy::{NoticeText, PurposeText, ServiceText};

/// Where a form stands; recorded with the choice made in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The first layer.
    Banner,
    /// The second layer.
    Dialog,
    /// The page for use without JavaScript.
    Page,
}

impl Place {
    fn layer(self) -> &'static str {
        match self {
            Self::Banner => "banner",
            Self::Dialog => "preferences",
            Self::Page => "page",
        }
    }
}

/// The content of the second layer, as a dialog or as a page's own.
pub(super) fn preferences(html: &mut Html, scene: &Scene<'_>, place: Place) {
    let text = scene.text();
    let words = &text.words;
    let (title, heading) = if place == Place::Page { ("h1", "h2") } else { ("h2", "h3") };
    html.element("div", &[Value("class", "consentry-head")], |html| {
        html.leaf(title, &[Value("id", "consentry-preferences-title")], &words.preferences_title);
        if place == Place::Dialog {
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
    html.leaf("p", &[], &words.preferences_text);

    if scene.banner.has_choice {
        let buttons = [
            ("selection", &*words.save),
            ("reject-all", &words.reject_all),
            ("accept-all", &words.accept_all),
        ];
        decision_form(html, scene, place, &buttons, |html| {
            html.leaf("p", &[Value("class", "consentry-small")], &words.buttons_text);
            purposes(html, scene);
        });
    } else {
        purposes(html, scene);
    }
    your_data(html, scene, heading);
    about(html, text);
}

/// A form that makes a decision: what it was made on, what `inside` adds, and buttons that are all alike.
pub(super) fn decision_form(
    html: &mut Html,
    scene: &Scene<'_>,
    place: Place,
    buttons: &[(&str, &str)],
    inside: impl FnOnce(&mut Html),
) {
    let action = scene.view.route("consent");
    html.element("form", &[Value("method", "post"), Link("action", &action)], |html| {
        let hidden = [
            ("policy", scene.banner.policy.to_string()),
            ("notice", scene.banner.notice.hash.to_string()),
            ("locale", scene.text().locale.to_string()),
            ("seen", scene.view.seen.to_string()),
            ("layer", place.layer().to_owned()),
            ("return", scene.view.return_path().to_owned()),
        ];
        for (name, value) in &hidden {
            html.void("input", &[Value("type", "hidden"), Value("name", name), Value("value", value)]);
        }
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

fn purposes(html: &mut Html, scene: &Scene<'_>) {
    html.element("ul", &[], |html| {
        for purpose in &scene.text().purposes {
            html.element("li", &[], |html| one_purpose(html, scene, purpose));
        }
    });
}

fn one_purpose(html: &mut Html, scene: &Scene<'_>, purpose: &PurposeText) {
    let words = &scene.text().words;
    let description = format!("consentry-purpose-{}", purpose.id);
    if purpose.essential {
        html.element("div", &[Value("class", "consentry-purpose")], |html| {
            html.leaf("b", &[], &purpose.name);
            html.leaf("span", &[Value("class", "consentry-small")], &words.always_on);
        });
    } else {
        html.element("label", &[Value("class", "consentry-purpose")], |html| {
            html.leaf("b", &[], &purpose.name);
            html.void(
                "input",
                &[
                    Value("type", "checkbox"),
                    Value("name", "purpose"),
                    Value("value", purpose.id.as_str()),
                    Value("aria-describedby", &description),
                    Flag("checked", scene.view.is_given(&purpose.id)),
                ],
            );
        });
    }
    html.leaf("p", &[Value("id", &description)], &purpose.description);
    html.element("details", &[], |html| {
        html.leaf("summary", &[], &words.details);
        html.element("dl", &[], |html| {
            row(html, &words.basis, &purpose.basis);
        });
        for service in &purpose.services {
            html.leaf("b", &[], &service.name);
            html.element("dl", &[], |html| one_service(html, scene.text(), service));
        }
    });
}

fn one_service(html: &mut Html, text: &NoticeText, service: &ServiceText) {
    let words = &text.words;
    row(html, &words.recipient, &service.recipient);
    if let Some(transfer) = &service.transfer {
        row(html, &words.transfer, transfer);
    }
    row(html, &words.cookies, &service.cookies);
    row(html, &words.storage, &service.storage);
}

/// A term and what it says; nothing where there is nothing to say.
fn row(html: &mut Html, term: &str, value: &str) {
    if !value.is_empty() {
        html.leaf("dt", &[], term);
        html.leaf("dd", &[], value);
    }
}

fn your_data(html: &mut Html, scene: &Scene<'_>, heading: &'static str) {
    let words = &scene.text().words;
    let section = [Value("id", "consentry-data"), Value("aria-labelledby", "consentry-data-title")];
    html.element("section", &section, |html| {
        html.leaf(heading, &[Value("id", "consentry-data-title")], &words.data_title);
        html.leaf("p", &[], &words.data_text);
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
        html.leaf("p", &[Value("class", "consentry-small")], &words.proof_text);
        html.leaf("p", &[Value("id", "consentry-status"), Value("role", "status")], "");
        html.leaf("p", &[Value("id", "consentry-proof")], "");
    });
}

/// Who is responsible, and where to read more.
fn about(html: &mut Html, text: &NoticeText) {
    let words = &text.words;
    html.element("dl", &[], |html| {
        row(html, &words.controller, &text.controller);
        row(html, &words.dpo, text.dpo.as_deref().unwrap_or_default());
        row(html, &words.representative, text.representative.as_deref().unwrap_or_default());
    });
    html.element("p", &[], |html| {
        html.leaf("a", &[Link("href", &text.privacy_notice)], &words.privacy_notice);
    });
}
