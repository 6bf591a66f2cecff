//! The site's other systems.

use super::{Report, purposes::default_text, shown};
use crate::policy::Policy;
use std::collections::BTreeSet;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let mut ids = BTreeSet::new();
    for (i, connector) in policy.rights.connectors.iter().enumerate() {
        let path = format!("rights.connectors[{i}]");
        if !ids.insert(&connector.id) {
            report.error(
                format!("{path}.id"),
                format!("another system is already called {}", shown(connector.id.as_str())),
                "What a system answers is known by its name.",
                "Give every system an id of its own.",
            );
        }
        if connector.rights.is_empty() {
            report.error(
                format!("{path}.rights"),
                "no right is named",
                "The system would never be asked for anything.",
                "Name what it takes part in, such as \"erasure\"; or take it out.",
            );
        }
        default_text(policy, &connector.name, format!("{path}.name"), report);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one};
    use serde_json::json;

    fn connectors(rights: &[&str], ids: &[&str]) -> serde_json::Value {
        let connector =
            |id| json!({"id": id, "name": {"en": "Customer file", "de": "Kundenkartei"}, "rights": rights});
        json!({"connectors": ids.iter().map(connector).collect::<Vec<_>>()})
    }

    #[test]
    fn systems_are_named_once_and_take_part_in_something() {
        none("/rights", connectors(&["access", "erasure"], &["crm", "mail"]));
        let twice = one("/rights", connectors(&["erasure"], &["crm", "crm"]), "rights.connectors[1].id");
        assert!(twice.message.contains("already called `crm`"));
        one("/rights", connectors(&[], &["crm"]), "rights.connectors[0].rights");
    }
}
