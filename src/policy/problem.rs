//! What is wrong with a document, where, and what to write instead.

use serde::Serialize;
use std::fmt;

/// A problem in a policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: `purposes[1].id`; empty for the document as a whole.
    pub path: String,
    /// What is wrong, and why it matters where that is not plain.
    pub message: String,
    /// What to write.
    pub remedy: String,
}

impl Problem {
    pub(super) fn new(
        path: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { path: path.into(), message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "policy" } else { &self.path };
        write!(f, "{path}: {}. {}", self.message, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_sentence() {
        let problem =
            Problem::new("purposes[1].id", "`ads` is already taken", "Give each purpose its own id.");
        assert_eq!(
            problem.to_string(),
            "purposes[1].id: `ads` is already taken. Give each purpose its own id."
        );
        assert_eq!(
            Problem::new("", "too large", "Shorten it.").to_string(),
            "policy: too large. Shorten it."
        );
    }
}
