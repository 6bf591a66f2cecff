//! What is decided about people solely by automated means.

use crate::{
    id::{AutomatedDecisionId, CategoryId, PurposeId},
    policy::{LocalText, Locale, Policy},
};
use serde::{Deserialize, Serialize};

/// A decision about people that is based solely on automated processing, profiling included, and has legal
/// effects for them or similarly significantly affects them (GDPR Article 22(1) and (4)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AutomatedDecision {
    /// Its name for machines, such as `invoice`.
    pub id: AutomatedDecisionId,
    /// What is decided, such as "Whether you may pay by invoice", in each language.
    pub name: LocalText,
    /// The logic involved: what is looked at, and how that leads to the outcome, in plain words (GDPR
    /// Articles 12(1) and 15(1)(h)), in each language.
    pub logic: LocalText,
    /// Its significance and the envisaged consequences for the person (GDPR Article 15(1)(h)), in each
    /// language.
    pub consequences: LocalText,
    /// What it is made for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<PurposeId>,
    /// The categories of records that it uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<CategoryId>,
}

/// What is said of an automated decision, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AutomatedDecisionText<'a> {
    /// Its id.
    pub id: &'a AutomatedDecisionId,
    /// What is decided.
    pub name: &'a str,
    /// The logic involved.
    pub logic: &'a str,
    /// Its significance and the envisaged consequences.
    pub consequences: &'a str,
    /// What it is made for.
    pub purposes: &'a [PurposeId],
    /// The categories of records that it uses.
    pub records: &'a [CategoryId],
}

impl AutomatedDecision {
    /// In a locale, and where a text is not there in it, in the default one: the law wants it told.
    fn text(&self, locale: &Locale, default: &Locale) -> AutomatedDecisionText<'_> {
        let [name, logic, consequences] = [&self.name, &self.logic, &self.consequences]
            .map(|text| text.get(locale).or_else(|| text.get(default)).unwrap_or_default());
        let Self { id, purposes, records, .. } = self;
        AutomatedDecisionText { id, name, logic, consequences, purposes, records }
    }
}

impl Policy {
    /// What a person is told of automated decisions in a locale (GDPR Article 15(1)(h)): an empty list where
    /// the site declares that there are none, nothing where it declares nothing.
    pub fn automated_decisions_in(&self, locale: &Locale) -> Option<Vec<AutomatedDecisionText<'_>>> {
        let default = &self.locales.default;
        let decisions = self.automated_decisions.as_ref()?.iter();
        Some(decisions.map(|decision| decision.text(locale, default)).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{hash, material, sample};
    use serde_json::{Value, json};

    /// What is said in a language, as a copy's JSON has it.
    fn said(declared: Option<Value>, locale: &str) -> Value {
        let mut json = sample::full();
        match declared {
            Some(declared) => json["automated_decisions"] = declared,
            None => drop(json.as_object_mut().unwrap().remove("automated_decisions")),
        }
        let policy = sample::parsed(json);
        serde_json::to_value(policy.automated_decisions_in(&locale.parse().unwrap())).unwrap()
    }

    #[test]
    fn what_is_not_declared_is_not_said() {
        assert_eq!(said(None, "en"), Value::Null);
        assert_eq!(said(Some(json!([])), "en"), json!([]));
    }

    #[test]
    fn a_decision_is_said_in_the_language_or_else_in_the_default_one() {
        let decision = json!({
            "id": "invoice", "name": {"en": "Invoice", "de": "Rechnung"},
            "logic": {"en": "We look at unpaid orders."},
            "consequences": {"en": "You pay in advance.", "de": "Sie zahlen im Voraus."},
            "records": ["profile"]
        });
        assert_eq!(
            said(Some(json!([decision])), "de-AT"),
            json!([{
                "id": "invoice", "name": "Rechnung", "logic": "We look at unpaid orders.",
                "consequences": "Sie zahlen im Voraus.", "purposes": [], "records": ["profile"]
            }])
        );
    }

    #[test]
    fn nobody_is_asked_again_for_it_but_the_policy_is_another() {
        let with = |declared: Value| {
            let mut json = sample::full();
            json["automated_decisions"] = declared;
            sample::parsed(json)
        };
        let (silent, none, one) = (with(Value::Null), with(json!([])), sample::parsed(sample::full()));
        assert_eq!(material(&silent), material(&none));
        assert_eq!(material(&none), material(&one));
        assert!(hash(&silent) != hash(&none) && hash(&none) != hash(&one));
        let mut absent = sample::full();
        absent.as_object_mut().unwrap().remove("automated_decisions");
        assert_eq!(hash(&silent), hash(&sample::parsed(absent)), "null says nothing either");
    }
}
