//! How long things are kept.

use super::Report;
use crate::{
    clock::Period,
    policy::{
        Policy,
        period::{fewest_days, is_longer},
    },
};

pub(super) fn check(policy: &Policy, report: &mut Report) {
    let consent = &policy.consent;
    if let Ok(limit) = "P13M".parse::<Period>()
        && is_longer(&consent.lifetime, &limit)
    {
        report.error(
            "consent.lifetime",
            format!("`{}` is longer than 13 months", consent.lifetime),
            "Consent has to be refreshed (EDPB guidelines 05/2020).",
            "Write P6M, the good practice, or at most P13M.",
        );
    }
    if fewest_days(&consent.lifetime) == 0 {
        report.error(
            "consent.lifetime",
            format!("`{}` is less than a day", consent.lifetime),
            "People would be asked without end, and who is worn down does not agree freely (GDPR Article 4(11)).",
            "Write P6M, the good practice, or at least P1D.",
        );
    }
    if is_longer(&consent.lifetime, consent.refusal_lifetime()) {
        report.error(
            "consent.refusal_lifetime",
            format!("`{}` is shorter than consent's `{}`", consent.refusal_lifetime(), consent.lifetime),
            "Who refuses would be asked more often than who agrees, which pushes people to agree (GDPR Article 4(11)).",
            format!("Write at least {}, or leave it out.", consent.lifetime),
        );
    }
    if let Ok(limit) = "P90D".parse::<Period>()
        && is_longer(&limit, &policy.log.retention)
    {
        report.error(
            "log.retention",
            format!("`{}` is less than 90 days", policy.log.retention),
            "An incident could be found after its trace is gone (GDPR Articles 5(2) and 33).",
            "Write P1Y, or at least P90D.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{none, one, problems};
    use serde_json::json;

    #[test]
    fn consent_is_refreshed() {
        // The sample's refusals hold for twelve months.
        none("/consent/lifetime", json!("P12M"));
        let found = problems(
            "/consent",
            json!({"lifetime": "P14M", "proof": {"retention": "P3Y", "ground": "claims"}}),
        );
        assert_eq!(
            found[0].to_string(),
            "consent.lifetime: `P14M` is longer than 13 months. Consent has to be refreshed (EDPB guidelines 05/2020). \
             Write P6M, the good practice, or at most P13M."
        );
        none("/consent", json!({"lifetime": "P13M", "proof": {"retention": "P3Y", "ground": "claims"}}));
        assert!(
            one("/consent/lifetime", json!("PT12H"), "consent.lifetime").message.contains("less than a day")
        );
    }

    #[test]
    fn refusals_hold_at_least_as_long() {
        assert!(
            one("/consent/refusal_lifetime", json!("P3M"), "consent.refusal_lifetime")
                .why
                .contains("asked more often")
        );
        none("/consent/refusal_lifetime", json!("P5Y"));
    }

    #[test]
    fn the_log_is_kept_long_enough_to_be_of_use() {
        assert!(one("/log/retention", json!("P89D"), "log.retention").message.contains("less than 90 days"));
        none("/log/retention", json!("P90D"));
        none("/log/retention", json!("P3M"));
    }
}
