//! How long things hold, and in which languages they are said.

use crate::{
    clock::Period,
    policy::{Locale, locale::unique_map, period::fewest_days},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How consent is asked, kept and proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// How long a choice holds before people are asked again. Six months is the French regulator's good practice
    /// (CNIL, decision 2020-092); the GDPR itself gives no number.
    #[serde(default = "six_months")]
    pub lifetime: Period,
    /// How long a refusal holds; without it, as long as consent. It may be longer, never shorter: asking refusers more
    /// often would push them to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal_lifetime: Option<Period>,
    /// The proof that consent was given (GDPR Article 7(1)).
    pub proof: Proof,
    /// When a grant takes effect.
    #[serde(default)]
    pub grants: Grants,
}

impl Consent {
    /// How long a refusal holds.
    pub fn refusal_lifetime(&self) -> &Period {
        self.refusal_lifetime.as_ref().unwrap_or(&self.lifetime)
    }

    /// For how many days a grant counts: the fewest that the period can be, so that no page keeps a choice the server
    /// holds to be expired.
    pub fn days(&self) -> u64 {
        fewest_days(&self.lifetime)
    }

    /// For how many days a refusal counts.
    pub fn refusal_days(&self) -> u64 {
        fewest_days(self.refusal_lifetime())
    }
}

/// The minimal proof that outlives erasure, and why it may (GDPR Articles 7(1) and 17(3)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// How long the proof is kept.
    pub retention: Period,
    /// Why it may be kept, in words that people are shown, such as "to defend legal claims (GDPR Article 17(3)(e))".
    pub ground: String,
}

/// When a grant takes effect. A refusal always does at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Grants {
    /// Once the record of it is stored, so that nothing ever ran without proof.
    #[default]
    Recorded,
    /// With the click, while the record is on its way.
    Immediate,
}

/// The audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How long the sealed payload of an entry is kept; its hash stays.
    #[serde(default = "one_year")]
    pub retention: Period,
}

impl Default for Log {
    fn default() -> Self {
        Self { retention: one_year() }
    }
}

/// Languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Locales {
    /// The language shown when none of a visitor's languages is complete. Every text must exist in it.
    pub default: Locale,
    /// The site's own interface texts, by locale and key; what is left out is the built-in text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub texts: BTreeMap<Locale, Overrides>,
}

/// Interface texts by key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Overrides(#[serde(deserialize_with = "unique_map")] BTreeMap<String, String>);

impl Overrides {
    /// Whether there is a text of the site's own.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Every key with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }
}

fn six_months() -> Period {
    literal("P6M")
}

fn one_year() -> Period {
    literal("P1Y")
}

#[expect(clippy::expect_used, reason = "a literal, covered by a test")]
fn literal(text: &str) -> Period {
    text.parse().expect("a period")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_what_the_documentation_says() {
        let consent: Consent =
            serde_json::from_str(r#"{"proof":{"retention":"P3Y","ground":"claims"}}"#).unwrap();
        assert_eq!(consent.lifetime.as_str(), "P6M");
        assert_eq!(consent.refusal_lifetime().as_str(), "P6M");
        assert_eq!(consent.grants, Grants::Recorded);
        assert_eq!(serde_json::from_str::<Log>("{}").unwrap(), Log::default());
        assert_eq!(Log::default().retention.as_str(), "P1Y");
    }
}
