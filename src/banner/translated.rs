//! Sentences of our own that were written down in English, as what erasures and copies kept of them still is: said to people in
//! their language. The site's words, and other systems', stay as they are.

use crate::policy::Interface;

/// A text in the reader's language, if it is one of ours.
pub fn translated<'a>(text: &'a str, interface: &'a Interface) -> &'a str {
    let (copies, replies, rights) = (&interface.copies, &interface.replies, &interface.rights);
    match text {
        "The fact and content of each consent decision, without anything that leads to you" => {
            &replies.kept_proof
        }
        // What is told of a legal hold for which the operator has no words.
        "Your data is needed to establish, exercise or defend legal claims, and is kept until they are settled (GDPR \
         Article 17(3)(e))." => &rights.problem_hold,
        "damaged" => &copies.copy_damaged,
        "withheld by the site" => &copies.copy_withheld,
        "not visible in the store yet, or deleted meanwhile" => &copies.copy_absent,
        "has not answered yet; the request stays open until it has" => &copies.copy_waiting,
        "could not answer" => &copies.copy_failed,
        own => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{interface, sample};

    #[test]
    fn what_is_ours_is_translated_and_what_is_the_site_s_is_not() {
        let policy = sample::policy();
        let said =
            |tag: &str, text: &str| translated(text, &interface(&policy, &tag.parse().unwrap())).to_owned();
        for ours in [
            "The fact and content of each consent decision, without anything that leads to you",
            "damaged",
            "withheld by the site",
            "not visible in the store yet, or deleted meanwhile",
            "has not answered yet; the request stays open until it has",
            "could not answer",
        ] {
            assert_eq!(said("en", ours), ours, "English says the same");
            assert_ne!(said("fi", ours), ours);
        }
        assert_eq!(said("de", "damaged"), "beschädigt");
        let told = "Your data is needed to establish, exercise or defend legal claims, and is kept until they are settled \
                    (GDPR Article 17(3)(e)).";
        assert!(said("de", told).contains("Rechtsansprüche"));
        assert_eq!(said("de", "Invoices: ten years."), "Invoices: ten years.");
    }
}
