//! The site's other systems: which of them take part in a request, and what they answer.

use super::request::Right;
use crate::{
    id::{ConnectorId, EventId},
    policy::{Connector, ConnectorRight, Policy},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 1_000;

/// The most parts that one system's data has.
pub const MOST_PARTS: u32 = 64;

/// What a step's name begins with that is another system's to do.
const STEP: &str = "connector:";

/// The step of a request that is this system's.
pub fn step(connector: &ConnectorId) -> String {
    format!("{STEP}{connector}")
}

/// Whose step this is, if it is another system's.
pub fn connector_of(step: &str) -> Option<ConnectorId> {
    step.strip_prefix(STEP)?.parse().ok()
}

/// The systems that take part in this right.
pub fn taking_part(policy: &Policy, right: Right) -> impl Iterator<Item = &Connector> {
    let wanted = match right {
        Right::Access => Some(ConnectorRight::Access),
        Right::Portability => Some(ConnectorRight::Portability),
        Right::Rectification => Some(ConnectorRight::Rectification),
        Right::Erasure => Some(ConnectorRight::Erasure),
        Right::Restriction => Some(ConnectorRight::Restriction),
        Right::Objection | Right::HumanReview | Right::Withdrawal => None,
    };
    let takes_part =
        move |connector: &&Connector| wanted.is_some_and(|right| connector.rights.contains(&right));
    policy.rights.connectors.iter().filter(takes_part)
}

/// How far a system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// It has taken it in, or sends a part of its data.
    InProgress,
    /// It has done its part.
    Done,
    /// It cannot, and says why.
    Failed,
}

/// What a system answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorAnswer {
    /// The request it is about, so that an answer counts for no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<EventId>,
    /// How far it is.
    pub state: Progress,
    /// What the person is told about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What it holds about the person, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Which part of it this is, from 1; a part that is sent again takes the place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

impl ConnectorAnswer {
    /// What is wrong with it, and in which field.
    pub fn problem(&self) -> Option<(&'static str, String)> {
        let note = self.note.as_deref().map(str::trim);
        if note.is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
            return Some(("note", format!("Expected at most {LONGEST_NOTE} characters.")));
        }
        if self.state == Progress::Failed && note.is_none_or(str::is_empty) {
            return Some(("note", "Say why it cannot be done; the person is told.".to_owned()));
        }
        if self.state == Progress::Failed && self.data.is_some() {
            return Some(("data", "What failed has none.".to_owned()));
        }
        if self.part.is_some_and(|part| part == 0 || part > MOST_PARTS) {
            return Some(("part", format!("Expected a number from 1 to {MOST_PARTS}.")));
        }
        if self.part.is_some() && self.data.is_none() {
            return Some(("data", "A part is a part of the data.".to_owned()));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample;
    use serde_json::json;

    #[test]
    fn systems_take_part_in_what_they_declare() {
        let mut document = sample::json();
        document["rights"] = json!({"connectors": [
            {"id": "crm", "name": {"en": "Customers", "de": "Kunden"}, "rights": ["access", "erasure"]},
            {"id": "mail", "name": {"en": "Mail", "de": "Post"}, "rights": ["erasure"]},
        ]});
        let policy: Policy = serde_json::from_value(document).unwrap();
        let of = |right| taking_part(&policy, right).map(|one| one.id.to_string()).collect::<Vec<_>>();
        assert_eq!(of(Right::Erasure), ["crm", "mail"]);
        assert_eq!(of(Right::Access), ["crm"]);
        assert!(of(Right::Portability).is_empty() && of(Right::Withdrawal).is_empty());
        let crm = &policy.rights.connectors[0].id;
        assert_eq!(connector_of(&step(crm)).as_ref(), Some(crm));
        assert_eq!(
            (connector_of("store"), connector_of("connector:"), connector_of("connector:X")),
            (None, None, None)
        );
    }

    #[test]
    fn answers_are_whole() {
        let field = |answer: Value| {
            serde_json::from_value::<ConnectorAnswer>(answer).unwrap().problem().map(|(field, _)| field)
        };
        for good in [
            json!({"state": "done"}),
            json!({"state": "in-progress", "data": [1], "part": 64}),
            json!({"state": "failed", "note": "The archive is offline."}),
        ] {
            assert_eq!(field(good), None);
        }
        for (bad, wrong) in [
            (json!({"state": "failed"}), "note"),
            (json!({"state": "failed", "note": " "}), "note"),
            (json!({"state": "done", "note": "x".repeat(1_001)}), "note"),
            (json!({"state": "failed", "note": "x", "data": {}}), "data"),
            (json!({"state": "done", "data": {}, "part": 0}), "part"),
            (json!({"state": "done", "data": {}, "part": 65}), "part"),
            (json!({"state": "done", "part": 1}), "data"),
        ] {
            assert_eq!(field(bad), Some(wrong));
        }
    }
}
