//! Names within sentences. A name may be of another direction than the language it is told in, and signs at its end,
//! such as the star of `pv_*`, would then be drawn at its other side; so each is set apart (W3C, "Inline markup and
//! bidirectional text in HTML").

use super::html::Html;
use crate::{
    id::ServiceId,
    policy::{Policy, Service},
};
use std::collections::BTreeMap;

/// The names that the notice's sentences hold, in the order in which they do.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) controller: Vec<String>,
    pub(super) dpo: Vec<String>,
    pub(super) representative: Vec<String>,
    /// Why a proof stays, which is told in one language only.
    pub(super) ground: Vec<String>,
    services: BTreeMap<ServiceId, ServiceNames>,
}

/// Those of a service.
#[derive(Debug, Clone, Default)]
pub(super) struct ServiceNames {
    pub(super) recipient: Vec<String>,
    pub(super) cookies: Vec<String>,
    pub(super) storage: Vec<String>,
}

impl Names {
    pub(super) fn of(policy: &Policy) -> Self {
        let controller = &policy.controller;
        let of_service = |service: &Service| ServiceNames {
            recipient: vec![service.recipient.name.clone()],
            cookies: service.cookies.iter().map(|cookie| cookie.name.clone()).collect(),
            storage: service.storage.clone(),
        };
        Self {
            controller: vec![controller.name.clone(), controller.address.clone(), controller.email.clone()],
            dpo: controller.dpo.iter().flat_map(|dpo| dpo.name.iter().chain([&dpo.email]).cloned()).collect(),
            representative: controller
                .representative
                .iter()
                .flat_map(|own| [own.name.clone(), own.address.clone(), own.email.clone()])
                .collect(),
            ground: vec![policy.consent.proof.ground.clone()],
            services: policy
                .services
                .iter()
                .map(|service| (service.id.clone(), of_service(service)))
                .collect(),
        }
    }

    /// Those of a service; none for one that is not known.
    pub(super) fn of_service(&self, service: &ServiceId) -> Option<&ServiceNames> {
        self.services.get(service)
    }
}

/// Writes a sentence with these names in it set apart. A name that is not in it, or not in this order, is passed over.
pub(super) fn sentence(html: &mut Html, text: &str, names: &[String]) {
    let mut rest = text;
    for name in names.iter().filter(|name| !name.is_empty()) {
        if let Some((before, after)) = rest.split_once(name.as_str()) {
            html.text(before);
            html.leaf("bdi", &[], name);
            rest = after;
        }
    }
    html.text(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, names: &[&str]) -> String {
        let mut html = Html::default();
        sentence(&mut html, text, &names.iter().map(ToString::to_string).collect::<Vec<_>>());
        html.finish()
    }

    #[test]
    fn each_name_is_set_apart_and_nothing_is_lost() {
        assert_eq!(
            said("a_* (1 day), a_* (2 days)", &["a_*", "a_*"]),
            "<bdi>a_*</bdi> (1 day), <bdi>a_*</bdi> (2 days)"
        );
        assert_eq!(said("x, Germany", &["", "x", "z"]), "<bdi>x</bdi>, Germany");
        assert_eq!(said("", &["x"]), "");
    }
}
