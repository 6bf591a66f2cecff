//! What the site keeps about people in the retention store, by category.

use crate::{
    clock::Period,
    id::{CategoryId, PurposeId},
    policy::{LawfulBasis, LocalText, Locale, Policy},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A category of personal records that the site keeps about people in the retention store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its name for machines, such as `orders`; the addresses of records carry it.
    pub id: CategoryId,
    /// What the records are kept for. Once none of these is permitted any more, they are deleted.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub purposes: Vec<PurposeId>,
    /// Its name for people (GDPR Article 15(1)(b)), in each language.
    pub name: LocalText,
    /// How long a record is kept after it was last written (GDPR Articles 5(1)(e) and 15(1)(d)). Made shorter, it holds for what
    /// is stored already as well; made longer, for what is written from then on.
    pub retention: Period,
    /// Where the data comes from (GDPR Articles 14(2)(f) and 15(1)(g)); what people may take along turns on it.
    pub source: DataSource,
    /// Whom data that was received came from, such as "Plain Credit Ltd, Dublin, a credit agency": any
    /// available information as to its source (GDPR Articles 14(2)(f) and 15(1)(g)), in each language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_from: Option<LocalText>,
    /// Members of JSON records that a person's copy leaves out because they are secrets or about others (GDPR
    /// Article 15(4)): JSON Pointers (RFC 6901) such as `/password_hash`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// Members of JSON records that people put right themselves, at once (GDPR Article 16): JSON Pointers such as `/city`.
    /// Other corrections are asked of the site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rectifiable: Vec<String>,
}

/// Where data about a person comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// The person gave it.
    Provided,
    /// It was observed while they used the site: also "provided" in the sense of Article 20 (WP 242 rev.01).
    Observed,
    /// The site concluded it from other data.
    Derived,
    /// Somebody else gave it (Article 14).
    Received,
}

impl Category {
    /// Whether people may take these records along to another site (GDPR Article 20(1)): what they provided, on consent
    /// or contract.
    pub fn is_portable(&self, policy: &Policy) -> bool {
        let provided = matches!(self.source, DataSource::Provided | DataSource::Observed);
        let agreed = |id| {
            let basis = policy.purpose(id).map(|purpose| purpose.basis);
            matches!(basis, Some(LawfulBasis::Consent | LawfulBasis::Contract))
        };
        provided && self.purposes.iter().any(agreed)
    }

    /// Whom the data was received from, in a locale, and where that text is not there in it, in the default
    /// one: the law wants it told (GDPR Article 15(1)(g)).
    pub fn received_from_in(&self, locale: &Locale, policy: &Policy) -> Option<&str> {
        let from = self.received_from.as_ref()?;
        from.get(locale).or_else(|| from.get(&policy.locales.default))
    }

    /// Whether nothing that these records are kept for goes on, once a person ended these purposes: they are deleted then
    /// (GDPR Article 17(1)(b) and (c)).
    pub fn ends_with(&self, ended: &BTreeSet<PurposeId>) -> bool {
        self.purposes.iter().all(|purpose| ended.contains(purpose))
    }

    /// Whether people put this member right themselves.
    pub fn is_rectifiable(&self, pointer: &str) -> bool {
        self.rectifiable.iter().any(|own| own == pointer)
    }
}

impl Policy {
    /// The categories of which nothing may be kept once a person ended these purposes.
    pub fn ended_categories<'a>(
        &'a self,
        ended: &'a BTreeSet<PurposeId>,
    ) -> impl Iterator<Item = &'a Category> {
        self.records.iter().filter(|category| category.ends_with(ended))
    }

    /// How long each category of records is kept.
    pub fn retentions(&self) -> BTreeMap<CategoryId, Period> {
        self.records.iter().map(|category| (category.id.clone(), category.retention.clone())).collect()
    }

    /// A category of records by its id.
    pub fn category(&self, id: &CategoryId) -> Option<&Category> {
        self.records.iter().find(|category| category.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{hash, material, sample};
    use serde_json::json;

    #[test]
    fn what_was_provided_on_consent_or_contract_is_portable() {
        let mut json = sample::full();
        json["purposes"].as_array_mut().unwrap().push(json!({
            "id": "books", "essential": true, "basis": "legal-obligation",
            "name": {"en": "Books"}, "description": {"en": "The law wants them kept."}
        }));
        let category = |id: &str, purposes: &[&str], source: &str| {
            json!({
                "id": id, "purposes": purposes, "name": {"en": id}, "retention": "P1Y", "source": source
            })
        };
        json["records"] = json!([
            category("profile", &["necessary"], "provided"),
            category("visits", &["analytics"], "observed"),
            category("score", &["analytics"], "derived"),
            category("address", &["necessary"], "received"),
            category("ledger", &["books"], "provided"),
            category("invoices", &["books", "necessary"], "provided"),
        ]);
        let policy = sample::parsed(json);
        let portable: Vec<_> =
            policy.records.iter().filter(|one| one.is_portable(&policy)).map(|one| one.id.as_str()).collect();
        assert_eq!(portable, ["profile", "visits", "invoices"]);
    }

    #[test]
    fn whom_data_came_from_is_said_in_the_language_or_else_in_the_default_one() {
        let policy = sample::parsed(sample::full());
        let said = |locale: &str| {
            let locale = locale.parse().unwrap();
            policy.records.iter().map(|one| one.received_from_in(&locale, &policy)).collect::<Vec<_>>()
        };
        assert_eq!(said("de-AT"), [None, None, Some("Plain Credit Ltd in Dublin")]);
        assert_eq!(said("fr"), [None, None, Some("Plain Credit Ltd, Dublin")]);
    }

    #[test]
    fn nobody_is_asked_again_for_whom_data_came_from_but_the_policy_is_another() {
        let named = sample::parsed(sample::full());
        let mut json = sample::full();
        json["records"][2].as_object_mut().unwrap().remove("received_from");
        let silent = sample::parsed(json);
        assert_eq!(material(&named), material(&silent));
        assert_ne!(hash(&named), hash(&silent));
    }
}
