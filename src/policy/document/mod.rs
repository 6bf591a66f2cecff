//! The policy document, version 1: the types that are its JSON.

mod automated;
mod edge;
mod migration;
mod party;
mod purpose;
mod records;
mod regions;
mod rights;
mod rules;
mod service;
mod signals;
mod theme;

pub use automated::{AutomatedDecision, AutomatedDecisionText};
pub use edge::{Detail, Edge, Origin, Undeclared};
pub use migration::{Import, Source};
pub use party::{Contact, Controller, Country, Recipient, Representative, Site};
pub use purpose::{LawfulBasis, Purpose, Use};
pub use records::{Category, DataSource};
pub use regions::{Audience, RegionRule, Regions};
pub use rights::{Connector, ConnectorRight, Rights};
pub use rules::{Consent, Grants, Locales, Log, Overrides, Proof};
pub use service::{Cookie, Lifetime, Safeguard, Service, Transfer};
pub use signals::{Clarity, Dnt, Google, GoogleType, Gpc, Microsoft, Signals};
pub use theme::{Layout, Palette, Position, Scheme, Theme};

use super::locale::Locale;
use crate::id::PurposeId;
use serde::{Deserialize, Serialize};

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
    /// What is kept about people in the retention store, by category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<Category>,
    /// What is decided about people solely by automated means, profiling included (GDPR Article 22(1) and
    /// (4)); the copy of a person's data states it (Article 15(1)(h)). An empty list declares that there is no
    /// such decision, and the copy says so. Left out, nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automated_decisions: Option<Vec<AutomatedDecision>>,
    /// How people's requests about their data are answered.
    #[serde(default, skip_serializing_if = "Rights::is_default")]
    pub rights: Rights,
    /// How consent is asked, kept and proved (GDPR Article 7).
    pub consent: Consent,
    /// The audit log (GDPR Article 5(2)).
    #[serde(default)]
    pub log: Log,
    /// Languages.
    pub locales: Locales,
    /// Which rules hold where.
    #[serde(default, skip_serializing_if = "Regions::is_default")]
    pub regions: Regions,
    /// What browsers say on their own, and what vendors are told.
    #[serde(default, skip_serializing_if = "Signals::is_default")]
    pub signals: Signals,
    /// Decisions that visitors made with an earlier tool, taken over once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
    /// How the dialogs look.
    #[serde(default, skip_serializing_if = "Theme::is_default")]
    pub theme: Theme,
    /// What the Worker in front of the site lets through.
    #[serde(default, skip_serializing_if = "Edge::is_default")]
    pub edge: Edge,
}

impl Policy {
    /// The purposes a person may refuse, in policy order: bit `i` of the decision cookie is the `i`-th of these.
    pub fn optional_purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.iter().filter(|purpose| !purpose.essential)
    }

    /// The purposes a person may object to: those that then end at once, and those that the site weighs first.
    pub fn objectionable_purposes(&self) -> impl Iterator<Item = &Purpose> {
        self.purposes.iter().filter(|purpose| !purpose.essential || purpose.is_weighed())
    }

    /// A purpose by its id.
    pub fn purpose(&self, id: &PurposeId) -> Option<&Purpose> {
        self.purposes.iter().find(|purpose| purpose.id == *id)
    }

    /// The services of a purpose, in policy order.
    pub fn services_of<'a>(&'a self, purpose: &'a PurposeId) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |service| service.purpose == *purpose)
    }

    /// The services that use a host, given as a URL has it: `host`, or `host:port` where the port is not the
    /// scheme's own.
    pub fn services_for_host<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Service> {
        self.services
            .iter()
            .filter(move |service| service.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)))
    }

    /// The locale to show to someone who asked for `wanted`, a language tag in any case: that one, else the same
    /// with less detail, else another form of that language in the same script, else the default. What is no
    /// language tag is shown the default.
    pub fn locale_for(&self, wanted: &str) -> Locale {
        super::texts::nearest(self, wanted).unwrap_or_else(|| self.locales.default.clone())
    }

    /// The locale to show to someone whose browser sent this `Accept-Language` header (RFC 9110 section 12.5.4):
    /// for each range, the best first, what [`Policy::locale_for`] would find (a lookup, RFC 4647 section 3.4),
    /// else the default. At most 20 ranges are looked at, malformed ones are passed over. `zh` and `zh-CN` are
    /// simplified Chinese, `zh-TW` traditional; `no` is Bokmål and `iw` Hebrew.
    pub fn locale_for_accept(&self, header: &str) -> Locale {
        super::texts::accepted(self, header).unwrap_or_else(|| self.locales.default.clone())
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
        let service =
            |host: &str| policy.services_for_host(host).next().map(|service| service.id.to_string());
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

    #[test]
    fn a_header_is_answered_with_its_best_complete_locale() {
        let mut json = sample::json();
        for locale in ["de", "pt-BR", "zh-Hans"] {
            for purpose in json["purposes"].as_array_mut().unwrap() {
                purpose["name"][locale] = json!("name");
                purpose["description"][locale] = json!("description");
            }
        }
        json["purposes"][0]["name"]["fr"] = json!("Nécessaires");
        let policy = sample::parsed(json);
        for (header, shown) in [
            ("de-CH, en;q=0.5", "de"),
            ("fr, de;q=0.2", "de"),
            ("PT;q=0.4, de;q=0.3", "pt-BR"),
            ("zh-CN", "zh-Hans"),
            ("zh-TW, ja", "en"),
            ("de;q=0, *", "en"),
            ("*;q=0.1, de;q=0.05", "de"),
            ("", "en"),
            ("\u{0}, ;;q, de;q=x", "en"),
        ] {
            assert_eq!(policy.locale_for_accept(header).as_str(), shown, "{header}");
        }
        for (wanted, shown) in [("DE-at", "de"), ("zh", "zh-Hans"), ("zh-Hant", "en"), ("de, en", "en")] {
            assert_eq!(policy.locale_for(wanted).as_str(), shown, "{wanted}");
        }
    }
}
