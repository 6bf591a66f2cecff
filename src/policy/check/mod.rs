//! Checks what a document means, after its shape is right. Every problem is reported at once. What is only missing is
//! a warning: a gap in a document never keeps a banner from being shown.

mod automated;
mod connectors;
mod edge;
mod imports;
mod locales;
mod parties;
mod purposes;
mod records;
mod regions;
mod rules;
mod services;
mod signals;
mod stored;
mod text;
mod theme;

use super::{Policy, Problem};
use std::fmt;

/// Every problem of a policy. If none of them is an error, all else here can rely on it.
pub fn check(policy: &Policy) -> Vec<Problem> {
    let mut report = Report::default();
    if policy.version != 1 {
        report.0.push(super::parse::version_problem(policy.version.into()));
    }
    parties::check(policy, &mut report);
    purposes::check(policy, &mut report);
    services::check(policy, &mut report);
    stored::check(policy, &mut report);
    records::check(policy, &mut report);
    automated::check(policy, &mut report);
    connectors::check(policy, &mut report);
    regions::check(policy, &mut report);
    signals::check(policy, &mut report);
    imports::check(policy, &mut report);
    rules::check(policy, &mut report);
    text::check(policy, &mut report);
    locales::check(policy, &mut report);
    theme::check(policy, &mut report);
    edge::check(policy, &mut report);
    report.0
}

/// What somebody should know of a policy that may come into force all the same.
pub fn warnings(policy: &Policy) -> Vec<Problem> {
    let mut problems = check(policy);
    problems.retain(|problem| !problem.is_error());
    problems
}

/// The problems found so far.
#[derive(Default)]
struct Report(Vec<Problem>);

impl Report {
    fn error(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Problem::error(path, message, why, remedy));
    }

    fn warn(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Problem::warning(path, message, why, remedy));
    }
}

/// A name out of the document as messages show it: no control characters, and not endless.
fn shown(name: &str) -> String {
    const MOST: usize = 64;
    let start: String = name.chars().take(MOST).flat_map(char::escape_debug).collect();
    if name.chars().nth(MOST).is_some() { format!("`{start}…`") } else { format!("`{start}`") }
}

/// Names to choose from, the first of them.
fn listed(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    const MOST: usize = 12;
    let mut names = names.into_iter();
    let first: Vec<_> = names.by_ref().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if names.next().is_some() { ", …" } else { "" };
    first.join(", ") + more
}

/// The ids of the purposes that a person may refuse, to choose from.
fn optional_ids(policy: &Policy) -> String {
    listed(policy.optional_purposes().map(|purpose| &purpose.id))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::policy::{Policy, Problem, Severity, parse, sample};
    use serde_json::{Value, json};
    use std::time::{Duration, Instant};

    /// The full sample with one value changed, unchecked.
    fn changed(pointer: &str, value: Value) -> Policy {
        let mut json = sample::full();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match json.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent} in the sample")) {
            Value::Object(members) => {
                members.insert(key.to_owned(), value);
            }
            other => *other.pointer_mut(&format!("/{key}")).unwrap() = value,
        }
        serde_json::from_value(json).unwrap()
    }

    /// The problems that one changed value adds to the full sample, which has a few warnings of its own.
    pub(super) fn problems(pointer: &str, value: Value) -> Vec<Problem> {
        let before = check(&serde_json::from_value(sample::full()).unwrap());
        let mut found = check(&changed(pointer, value));
        found.retain(|problem| !before.contains(problem));
        found
    }

    #[track_caller]
    fn only(severity: Severity, pointer: &str, value: &Value, path: &str) -> Problem {
        let mut found = problems(pointer, value.clone());
        let places: Vec<_> = found.iter().map(|one| (one.severity, one.path.as_str())).collect();
        assert_eq!(places, [(severity, path)], "{value}: {found:?}");
        let problem = found.remove(0);
        assert!(!problem.message.is_empty() && !problem.message.ends_with('.'), "{problem}");
        for part in [&problem.why, &problem.remedy] {
            assert!(part.ends_with('.') && part.chars().next().unwrap().is_uppercase(), "{problem}");
        }
        problem
    }

    /// Asserts that a change makes exactly one problem, an error, and gives it.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    pub(super) fn one(pointer: &str, value: Value, path: &str) -> Problem {
        only(Severity::Error, pointer, &value, path)
    }

    /// Asserts that a change makes exactly one problem, a warning, and gives it.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    pub(super) fn warned(pointer: &str, value: Value, path: &str) -> Problem {
        only(Severity::Warning, pointer, &value, path)
    }

    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    pub(super) fn none(pointer: &str, value: Value) {
        assert_eq!(problems(pointer, value.clone()), [], "{value}");
    }

    /// Checks a document that wants to keep the checker busy.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
    pub(super) fn soon(pointer: &str, value: Value) -> Vec<Problem> {
        let policy = changed(pointer, value);
        let start = Instant::now();
        let found = check(&policy);
        // Generous: builds for tests are not optimised, and the machine may be busy.
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert!(found.iter().all(|one| one.to_string().len() < 4096), "a message without end");
        found
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

    #[test]
    fn a_gap_is_a_warning_and_keeps_nothing_from_coming_into_force() {
        let mut json = sample::json();
        json["services"][1].as_object_mut().unwrap().remove("transfer");
        let policy = parse(&json.to_string()).unwrap();
        let found = super::warnings(&policy);
        let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "controller.dpo",
                "services[0].privacy_notice",
                "services[1].privacy_notice",
                "services[1].transfer"
            ]
        );
        assert!(found.iter().all(|problem| problem.severity == Severity::Warning));
    }

    #[test]
    fn names_are_shown_briefly() {
        assert_eq!(super::shown("a\n"), "`a\\n`");
        assert_eq!(super::shown(&"x".repeat(65)), format!("`{}…`", "x".repeat(64)));
        assert_eq!(super::listed(["a", "b"]), "`a`, `b`");
        assert!(super::listed(["a"; 13]).ends_with(", …"));
    }
}
