//! The verdict on a policy document.

use super::advice;
use crate::policy::{Problem, parse, warnings};

/// Everything that is wrong with a document, or else everything to think about: while there are errors the document is
/// not known well enough to give advice on it.
pub fn check(text: &str) -> Vec<Problem> {
    match parse(text) {
        Err(problems) => problems,
        Ok(policy) => {
            let mut found = warnings(&policy);
            found.extend(advice::of(&policy));
            found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample;
    use serde_json::json;

    fn paths(found: &[Problem]) -> Vec<&str> {
        found.iter().map(|one| one.path.as_str()).collect()
    }

    #[test]
    fn errors_come_alone_and_name_everything() {
        let mut json = sample::json();
        json["site"]["id"] = json!("Fern Clay");
        json["controller"]["email"] = json!("nobody");
        let found = check(&json.to_string());
        assert_eq!(paths(&found), ["site.id", "controller.email"]);
        assert!(found.iter().all(|one| one.is_error() && !one.remedy.is_empty()));
    }

    #[test]
    fn advice_comes_after_what_the_core_itself_warns_of() {
        let mut json = sample::full();
        json["signals"] = json!({});
        assert_eq!(paths(&check(&json.to_string())), [""; 0]);
        json["signals"] = json!({"gpc": "ignore"});
        json["services"][0]["hosts"] = json!(["plausible.io"]);
        json["services"][0]["purpose"] = json!("necessary");
        let found = check(&json.to_string());
        assert_eq!(paths(&found), ["signals.gpc", "services[0].purpose"]);
        assert!(found.iter().all(|one| !one.is_error()));
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        assert!(check("<html>")[0].is_error());
    }
}
