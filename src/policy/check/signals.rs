//! Which purpose each vendor's signal says, and which signals of browsers are heard.

use super::{Report, optional_ids, shown};
use crate::{
    id::PurposeId,
    policy::{GoogleType, Gpc, Policy},
};

/// The longest wait for a choice, in milliseconds.
const LONGEST_WAIT: u32 = 5000;

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let signals = &policy.signals;
    if signals.gpc == Gpc::Ignore {
        report.warn(
            "signals.gpc",
            "Global Privacy Control is ignored",
            "California, Colorado, Connecticut, Delaware, Maryland, Minnesota, Montana, Nebraska, New Hampshire, New \
             Jersey, Oregon and Texas ask sites to take it as an opt-out of sale and targeted advertising (California: \
             CCPA regulations, section 7025; Colorado: 4 CCR 904-3, rule 5.08).",
            "Leave it out, or write `honour`.",
        );
    }
    google(policy, report);
    microsoft(policy, report);
}

fn google(policy: &Policy, report: &mut Report) {
    let Some(google) = &policy.signals.google else { return };
    for (kind, purpose) in &google.types {
        let is_for_ads =
            matches!(kind, GoogleType::AdStorage | GoogleType::AdUserData | GoogleType::AdPersonalization);
        said(policy, purpose, is_for_ads, format!("signals.google.types.{kind}"), report);
    }
    if google.wait_for_update > LONGEST_WAIT {
        report.error(
            "signals.google.wait_for_update",
            format!("{} milliseconds are more than {LONGEST_WAIT}", google.wait_for_update),
            "Google's tags would stand still for that long on every page.",
            "Write 500, or leave it out.",
        );
    }
    if google.url_passthrough {
        report.warn(
            "signals.google.url_passthrough",
            "click identifiers travel in addresses while cookies are refused",
            "They identify people all the same, and who refused did not agree to that (GDPR Article 4(1) and (11)).",
            "Leave it out.",
        );
    }
    if google.advanced {
        report.warn(
            "signals.google.advanced",
            "Google's tags run and contact Google before a choice",
            "They send the visitor's address and browser (ePrivacy Directive Article 5(3), GDPR Article 6), so it no \
             longer holds that nothing is contacted before a choice.",
            "Leave it out, so that the tags wait; or keep it if you can show a basis for that contact.",
        );
    }
}

fn microsoft(policy: &Policy, report: &mut Report) {
    let Some(microsoft) = &policy.signals.microsoft else { return };
    if let Some(purpose) = &microsoft.uet {
        said(policy, purpose, true, "signals.microsoft.uet".to_owned(), report);
    }
    if let Some(clarity) = &microsoft.clarity {
        if let Some(purpose) = &clarity.ad_storage {
            said(policy, purpose, true, "signals.microsoft.clarity.ad_storage".to_owned(), report);
        }
        said(
            policy,
            &clarity.analytics_storage,
            true,
            "signals.microsoft.clarity.analytics_storage".to_owned(),
            report,
        );
    }
}

/// The purpose that a signal says: one that exists, and that people can refuse where the signal is about advertising
/// or watching.
fn said(policy: &Policy, id: &PurposeId, optional: bool, path: String, report: &mut Report) {
    match policy.purpose(id) {
        None => report.error(
            path,
            format!("no purpose is called {}", shown(id.as_str())),
            "The vendor would be told nothing, and would take it as a refusal.",
            format!("Write one of {}.", optional_ids(policy)),
        ),
        Some(purpose) if optional && purpose.essential => report.error(
            path,
            format!("{} is essential, so this would always be granted", shown(id.as_str())),
            "Advertising and the vendor's own analytics are not necessary for what people asked for (ePrivacy \
             Directive Article 5(3)).",
            format!("Write one of {}.", optional_ids(policy)),
        ),
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one};
    use crate::policy::{Problem, sample, warnings};
    use serde_json::{Value, json};

    const TYPES: &str = "/signals/google/types";

    #[test]
    fn types_name_purposes_that_fit() {
        for kind in ["ad_storage", "analytics_storage", "security_storage"] {
            let path = format!("signals.google.types.{kind}");
            let found = one(TYPES, json!({kind: "measurement"}), &path);
            assert!(found.remedy.contains("`analytics`, `marketing`"), "{found}");
        }
        for kind in ["ad_storage", "ad_user_data", "ad_personalization"] {
            let path = format!("signals.google.types.{kind}");
            assert!(one(TYPES, json!({kind: "necessary"}), &path).message.contains("essential"));
        }
        none(TYPES, json!({"ad_storage": "marketing", "functionality_storage": "necessary"}));
    }

    #[test]
    fn waiting_has_an_end() {
        one("/signals/google/wait_for_update", json!(5001), "signals.google.wait_for_update");
        none("/signals/google/wait_for_update", json!(5000));
    }

    /// What is said of these signals in a policy that has no others.
    fn warned(signals: Value) -> Vec<Problem> {
        let mut json = sample::json();
        json["signals"] = signals;
        let found = warnings(&sample::parsed(json));
        found.into_iter().filter(|one| one.path.starts_with("signals")).collect()
    }

    #[test]
    fn what_reaches_out_before_a_choice_is_a_warning() {
        let google = |field: &str| {
            let mut google = json!({"types": {"ad_storage": "marketing"}});
            google[field] = json!(true);
            warned(json!({"google": google}))
        };
        assert_eq!(google("ads_data_redaction"), []);
        for field in ["advanced", "url_passthrough"] {
            let found = google(field);
            assert_eq!(
                (found.len(), found[0].path.as_str()),
                (1, format!("signals.google.{field}").as_str())
            );
            assert!(!found[0].why.is_empty() && found[0].remedy.starts_with("Leave it out"), "{}", found[0]);
        }
    }

    #[test]
    fn ignoring_the_signal_names_the_states() {
        assert_eq!(warned(json!({"gpc": "honour", "dnt": "honour"})), []);
        let found = warned(json!({"gpc": "ignore"}));
        assert_eq!((found.len(), found[0].path.as_str()), (1, "signals.gpc"));
        assert!(
            found[0].why.starts_with("California, Colorado") && found[0].why.contains("7025"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn microsoft_is_told_of_purposes_that_fit() {
        for (field, value) in [("uet", json!("ads")), ("uet", json!("necessary"))] {
            one(&format!("/signals/microsoft/{field}"), value, "signals.microsoft.uet");
        }
        for bad in ["ads", "necessary"] {
            one(
                "/signals/microsoft/clarity",
                json!({"analytics_storage": bad}),
                "signals.microsoft.clarity.analytics_storage",
            );
            one(
                "/signals/microsoft/clarity",
                json!({"ad_storage": bad, "analytics_storage": "analytics"}),
                "signals.microsoft.clarity.ad_storage",
            );
        }
        none("/signals/microsoft", json!({"clarity": {"analytics_storage": "analytics"}}));
    }
}
