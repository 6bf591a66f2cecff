//! The policy document, version 1: the types that are its JSON.

mod party;
mod purpose;
mod rules;
mod service;

pub use party::{Contact, Controller, Country, Recipient, Representative, Site};
pub use purpose::{LawfulBasis, Purpose};
pub use rules::{Consent, Grants, Locales, Log, Overrides, Proof};
pub use service::{Cookie, Lifetime, Safeguard, Service, Transfer};

use super::locale::Locale;
use crate::id::PurposeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a site declares about the personal data it processes: the single source of its banner, its enforcement and
/// its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Where an editor finds the JSON Schema. Ignored, and no part of the policy's hash.
    #[serde(rename = "$schema", default, skip_serializing)]
    pub schema: Option<String>,
    /// The version of this document's format: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// The site the policy is for.
    pub site: Site,
    /// Who decides why and how data is processed (GDPR Article 4(7), named under Article 13(1)(a)).
    pub controller: Controller,
    /// The privacy notice: an `https://` address, or a path on the site (GDPR Articles 12 and 13).
    pub privacy_notice: String,
    /// What data is processed for (GDPR Article 5(1)(b)), in the order in which people see it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub purposes: Vec<Purpose>,
    /// The vendors and tools that serve the purposes.
    #[serde(default)]
    pub services: Vec<Service>,
    /// How consent is asked, kept and proved (GDPR Article 7).
    pub consent: Consent,
    /// The audit log (GDPR Article 5(2)).
    #[serde(default)]
    pub log: Log,
    /// Languages.
    pub locales: Locales,
}

impl Policy {
    /// The purposes a person may refuse, in policy order: bit `i` of the decision cookie is the `i`-th of these.
    pub fn optional_purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.iter().filter(|purpose| !purpose.essential)
    }

    /// A purpose by its id.
    pub fn purpose(&self, id: &PurposeId) -> Option<&Purpose> {
        self.purposes.iter().find(|purpose| purpose.id == *id)
    }

    /// Whether data may be processed for a purpose, if these are given: for an essential one always.
    pub fn permits(&self, purpose: &PurposeId, given: &BTreeSet<PurposeId>) -> bool {
        given.contains(purpose) || self.purpose(purpose).is_some_and(|purpose| purpose.essential)
    }

    /// The services of a purpose, in policy order.
    pub fn services_of<'a>(&'a self, purpose: &'a PurposeId) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |service| service.purpose == *purpose)
    }

    /// The service that uses a host, given as a URL has it: `host`, or `host:port` where the port is not the
    /// scheme's own.
    pub fn service_for_host(&self, host: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)))
    }

    /// The locale to show to someone who asked for `wanted`: that one, else the same with less detail, else
    /// another form of that language, else the default.
    pub fn locale_for(&self, wanted: &str) -> Locale {
        let offered = super::texts::offered(self);
        let found = wanted.parse::<Locale>().ok().and_then(|wanted| {
            let mut forms = std::iter::successors(Some(wanted.as_str()), |tag| Some(tag.rsplit_once('-')?.0));
            let exact = forms.find_map(|tag| offered.iter().find(|locale| locale.as_str() == tag));
            exact.or_else(|| offered.iter().find(|locale| locale.language() == wanted.language())).cloned()
        });
        found.unwrap_or_else(|| self.locales.default.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use serde_json::json;

    #[test]
    fn optional_purposes_keep_the_order_of_the_document() {
        let policy = sample::policy();
        let ids: Vec<_> = policy.optional_purposes().map(|purpose| purpose.id.as_str()).collect();
        assert_eq!(ids, ["analytics", "marketing"]);
    }

    #[test]
    fn a_host_finds_its_service_exactly() {
        let policy = sample::policy();
        let service = |host: &str| policy.service_for_host(host).map(|service| service.id.to_string());
        assert_eq!(service("127.0.0.1:9101").as_deref(), Some("metrics"));
        assert_eq!(service("127.0.0.1:9102").as_deref(), Some("ads"));
        assert_eq!(service("127.0.0.1"), None);
        assert_eq!(service("evil.127.0.0.1:9101"), None);
    }

    #[test]
    fn the_nearest_complete_locale_is_shown() {
        let mut json = sample::json();
        for purpose in json["purposes"].as_array_mut().unwrap() {
            purpose["name"]["en-GB"] = json!("British name");
            purpose["description"]["en-GB"] = json!("British description");
        }
        json["purposes"][0]["name"]["fr"] = json!("Nécessaires");
        let policy = sample::parsed(json);
        for (wanted, shown) in
            [("en", "en"), ("en-GB", "en-GB"), ("en-AU", "en"), ("fr", "en"), ("\"><", "en")]
        {
            assert_eq!(policy.locale_for(wanted).as_str(), shown, "{wanted}");
        }
    }
}
