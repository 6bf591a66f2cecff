//! The purposes and their services, each with the box that belongs to it.
//!
//! A box is for consent where consent is asked, and for an objection where data is used until there is one. Either
//! way it is ticked only if the person ticked it before: nothing is ever agreed to by a box that was ticked already
//! (Court of Justice, C-673/17 Planet49).

use super::{
    boxes::Boxes,
    html::{Attr, Flag, Html, Link, Value},
    preferences::row,
    prepared::Scene,
};
use crate::policy::{PurposeText, ServiceText};

/// All purposes in policy order.
pub(super) fn purposes(html: &mut Html, scene: &Scene<'_>) {
    html.element("ul", &[], |html| {
        for purpose in &scene.text().purposes {
            html.element("li", &[], |html| one_purpose(html, scene, purpose));
        }
    });
}

fn one_purpose(html: &mut Html, scene: &Scene<'_>, purpose: &PurposeText) {
    let words = &scene.text().words;
    let boxes = Boxes::of(scene, purpose);
    let description = format!("consentry-purpose-{}", purpose.id);
    if purpose.rule.is_none() {
        html.element("div", &[Value("class", "consentry-purpose")], |html| {
            html.leaf("b", &[], &purpose.name);
            html.leaf("span", &[Value("class", "consentry-small")], &words.always_on);
        });
    } else {
        let attrs = [
            Value("name", if purpose.is_on() { "objection" } else { "purpose" }),
            Value("value", purpose.id.as_str()),
            Value("aria-describedby", &description),
            Flag("checked", boxes.is_ticked()),
        ];
        choice(html, scene, purpose, &attrs, |html| html.text(&purpose.name));
    }
    if purpose.is_on() {
        html.leaf("p", &[Value("class", "consentry-small")], &words.on_unless_objected);
    }
    html.leaf("p", &[Value("id", &description)], &purpose.description);
    html.element("details", &[], |html| {
        html.leaf("summary", &[], &words.details);
        html.element("dl", &[], |html| row(html, &words.basis, &purpose.basis, &[]));
        if purpose.services.is_empty() {
            return;
        }
        if purpose.rule.is_none() {
            for service in &purpose.services {
                html.element("b", &[], |html| html.leaf("bdi", &[], &service.name));
                one_service(html, scene, service);
            }
            return;
        }
        html.element("fieldset", &[], |html| {
            html.leaf("legend", &[], &words.services);
            for service in &purpose.services {
                let attrs = [
                    Value("name", if purpose.is_on() { "service_objection" } else { "service" }),
                    Value("value", service.id.as_str()),
                    Value("data-purpose", purpose.id.as_str()),
                    Flag("checked", boxes.is_service_ticked(&service.id)),
                ];
                choice(html, scene, purpose, &attrs, |html| html.leaf("bdi", &[], &service.name));
                one_service(html, scene, service);
            }
        });
    });
}

/// A name with the box that belongs to it; the whole row takes the click.
fn choice(
    html: &mut Html,
    scene: &Scene<'_>,
    purpose: &PurposeText,
    attrs: &[Attr<'_>],
    name: impl FnOnce(&mut Html),
) {
    html.element("label", &[Value("class", "consentry-purpose")], |html| {
        html.element("b", &[], name);
        if purpose.is_on() {
            html.leaf("span", &[], &scene.text().words.object);
        }
        let mut all = vec![Value("type", "checkbox")];
        all.extend_from_slice(attrs);
        html.void("input", &all);
    });
}

fn one_service(html: &mut Html, scene: &Scene<'_>, service: &ServiceText) {
    let words = &scene.text().words;
    let own = scene.banner.names.of_service(&service.id).cloned().unwrap_or_default();
    html.element("dl", &[], |html| {
        row(html, &words.recipient, &service.recipient, &own.recipient);
        row(html, &words.transfer, service.transfer.as_deref().unwrap_or_default(), &[]);
        row(html, &words.cookies, &service.cookies, &own.cookies);
        row(html, &words.storage, &service.storage, &own.storage);
    });
    if let Some(notice) = &service.privacy_notice {
        html.element("p", &[Value("class", "consentry-small")], |html| {
            let attrs = [Link("href", notice), Value("rel", "noreferrer noopener")];
            html.leaf("a", &attrs, &words.vendor_notice);
        });
    }
}
