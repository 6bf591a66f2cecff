//! Why something failed that people asked about their own data, in their language: a sentence for each kind of problem that they
//! can meet there, where the problem's own words are for developers.

use crate::policy::{Interface, RightsTexts};
use std::collections::BTreeMap;

/// The sentences, each with the kinds that it is said of: the last part of a problem's type.
fn sentences(texts: &RightsTexts) -> [(&'static [&'static str], &str); 10] {
    [
        (&["erased"], &texts.problem_erased),
        (&["legal-hold"], &texts.problem_hold),
        (&["too-many-open"], &texts.problem_open),
        (&["step-up-needed", "token-refused", "code-needed"], &texts.problem_identity),
        (
            &[
                "request",
                "already-restricted",
                "not-restricted",
                "record-changed",
                "stale-decision",
                "policy-changed",
            ],
            &texts.problem_moved,
        ),
        (&["restricted", "frozen"], &texts.problem_restricted),
        (&["not-found"], &texts.problem_gone),
        (&["unavailable", "misconfigured", "internal"], &texts.problem_unavailable),
        (&["too-many"], &texts.problem_often),
        (&["invalid-field", "malformed-body", "body-too-large"], &texts.problem_invalid),
    ]
}

/// What is said of a problem of this kind; nothing where there is no more to say than that it did not work.
pub fn problem<'a>(texts: &'a RightsTexts, kind: &str) -> Option<&'a str> {
    sentences(texts).into_iter().find_map(|(kinds, text)| kinds.contains(&kind).then_some(text))
}

/// The same by kind as JSON, for the page's script; under no kind what is said of all others.
pub(super) fn by_kind(interface: &Interface, texts: &RightsTexts) -> String {
    let all = sentences(texts).into_iter().flat_map(|(kinds, text)| {
        kinds.iter().map(move |kind| {
            // Who is refused hears what they may do against it (GDPR Article 12(4)).
            let remedies = if *kind == "legal-hold" { &*texts.remedies } else { "" };
            (*kind, [text, remedies].join(" ").trim_end().to_owned())
        })
    });
    let other = ("", interface.replies.failed_title.to_string());
    let all: BTreeMap<&str, String> = all.chain([other]).collect();
    // A map of texts cannot fail to be written; without it the page says that it did not work.
    serde_json::to_string(&all).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{interface, sample};

    #[test]
    fn every_kind_has_one_sentence_and_the_others_a_general_one() {
        let interface = interface(&sample::policy(), &"de".parse().unwrap());
        let texts = &interface.rights;
        let all: BTreeMap<String, String> = serde_json::from_str(&by_kind(&interface, texts)).unwrap();
        let kinds: usize = sentences(texts).iter().map(|(kinds, _)| kinds.len()).sum();
        assert_eq!(all.len(), kinds + 1, "no kind is there twice");
        assert_eq!(all["too-many"], texts.problem_often);
        assert_eq!(all[""], "Das hat nicht funktioniert");
        assert_eq!(all["legal-hold"], format!("{} {}", texts.problem_hold, texts.remedies));
        assert_eq!(problem(texts, "token-refused"), Some(&*texts.problem_identity));
        assert_eq!(problem(texts, "cross-origin"), None);
    }
}
