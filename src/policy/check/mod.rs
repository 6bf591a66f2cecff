//! Checks what a document means, after its shape is right. Every problem is reported at once.

mod parties;
mod purposes;
mod rules;
mod services;
mod text;

use super::{Policy, Problem};

/// Every problem of a policy; none means that all else here can rely on it.
pub fn check(policy: &Policy) -> Vec<Problem> {
    let mut report = Report::default();
    if policy.version != 1 {
        report.0.push(super::parse::version_problem(policy.version.into()));
    }
    parties::check(policy, &mut report);
    purposes::check(policy, &mut report);
    services::check(policy, &mut report);
    rules::check(policy, &mut report);
    text::check(policy, &mut report);
    report.0
}

/// The problems found so far.
#[derive(Default)]
struct Report(Vec<Problem>);

impl Report {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem::new(path, message, remedy));
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Problem, parse, sample};
    use serde_json::{Value, json};

    /// The problems of the full sample with one value changed.
    pub(super) fn problems(pointer: &str, value: Value) -> Vec<Problem> {
        let mut json = sample::full();
        *json.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer} in the sample")) = value;
        parse(&json.to_string()).err().unwrap_or_default()
    }

    /// Asserts that a change makes exactly one problem, and gives its message.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    pub(super) fn one(pointer: &str, value: Value, path: &str) -> String {
        let found = problems(pointer, value.clone());
        assert_eq!(
            found.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(),
            [path],
            "{value}: {found:?}"
        );
        assert!(!found[0].remedy.is_empty() && found[0].remedy.ends_with(['.', '`']), "{}", found[0]);
        found[0].message.clone()
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    pub(super) fn none(pointer: &str, value: Value) {
        assert_eq!(problems(pointer, value.clone()), [], "{value}");
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let mut json = sample::full();
        json["site"]["id"] = json!("Fern Clay");
        json["purposes"][1]["basis"] = json!("legitimate-interests");
        json["services"][0]["cookies"][0]["name"] = json!("*");
        json["consent"]["lifetime"] = json!("P2Y");
        let found = parse(&json.to_string()).unwrap_err();
        let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "site.id",
                "purposes[1].basis",
                "services[0].cookies[0].name",
                "consent.lifetime",
                "consent.refusal_lifetime"
            ]
        );
    }
}
