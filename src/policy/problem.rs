//! What is wrong with a document, where, why that matters, and what to write instead.

use serde::Serialize;
use std::fmt;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The policy cannot come into force.
    Error,
    /// It can, but somebody should have decided so on purpose.
    Warning,
}

/// A problem in a policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where: `purposes[1].id`; empty for the document as a whole.
    pub path: String,
    /// What is wrong, without a full stop.
    pub message: String,
    /// Why it matters, with the article or section it follows from where there is one; whole sentences.
    pub why: String,
    /// What to write; whole sentences.
    pub remedy: String,
}

impl Problem {
    /// A problem that keeps a policy from coming into force.
    pub fn error(
        path: impl Into<String>,
        message: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let [path, message, why, remedy] = [path.into(), message.into(), why.into(), remedy.into()];
        Self { severity: Severity::Error, path, message, why, remedy }
    }

    /// A problem that somebody should know of.
    pub fn warning(
        path: impl Into<String>,
        message: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, message, why, remedy) }
    }

    /// Whether the policy cannot come into force.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "policy" } else { &self.path };
        write!(f, "{path}: {}.", self.message)?;
        let parts = [&self.why, &self.remedy];
        parts.into_iter().filter(|part| !part.is_empty()).try_for_each(|part| write!(f, " {part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_few_sentences() {
        let problem = Problem::error(
            "purposes[1].id",
            "`ads` is already taken",
            "Tags name a purpose by its id.",
            "Give each purpose its own id.",
        );
        assert_eq!(
            problem.to_string(),
            "purposes[1].id: `ads` is already taken. Tags name a purpose by its id. Give each purpose its own id."
        );
        assert_eq!(
            Problem::warning("", "too large", "", "Shorten it.").to_string(),
            "policy: too large. Shorten it."
        );
    }

    #[test]
    fn is_json_with_its_severity() {
        let problem = Problem::warning("a", "b", "c", "d");
        assert!(!problem.is_error());
        let json = serde_json::json!({"severity": "warning", "path": "a", "message": "b", "why": "c", "remedy": "d"});
        assert_eq!(serde_json::to_value(problem).unwrap(), json);
    }
}
