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
        report.add(
            "consent.lifetime",
            format!(
                "`{}` is longer than 13 months; consent has to be refreshed (EDPB guidelines 05/2020)",
                consent.lifetime
            ),
            "Write P6M, the good practice, or at most P13M.",
        );
    }
    if fewest_days(&consent.lifetime) == 0 {
        report.add(
            "consent.lifetime",
            format!("`{}` is less than a day, so people would be asked without end", consent.lifetime),
            "Write P6M, the good practice, or at least P1D.",
        );
    }
    if is_longer(&consent.lifetime, consent.refusal_lifetime()) {
        report.add(
            "consent.refusal_lifetime",
            format!(
                "`{}` is shorter than consent's `{}`: who refuses would be asked more often than who agrees",
                consent.refusal_lifetime(),
                consent.lifetime
            ),
            format!("Write at least {}, or leave it out.", consent.lifetime),
        );
    }
    if let Ok(limit) = "P90D".parse::<Period>()
        && is_longer(&limit, &policy.log.retention)
    {
        report.add(
            "log.retention",
            format!(
                "`{}` is less than 90 days, so an incident could be found after its trace is gone",
                policy.log.retention
            ),
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
            "consent.lifetime: `P14M` is longer than 13 months; consent has to be refreshed (EDPB guidelines 05/2020). \
             Write P6M, the good practice, or at most P13M."
        );
        none("/consent", json!({"lifetime": "P13M", "proof": {"retention": "P3Y", "ground": "claims"}}));
        assert!(one("/consent/lifetime", json!("PT12H"), "consent.lifetime").contains("less than a day"));
    }

    #[test]
    fn refusals_hold_at_least_as_long() {
        assert!(
            one("/consent/refusal_lifetime", json!("P3M"), "consent.refusal_lifetime")
                .contains("asked more often")
        );
        none("/consent/refusal_lifetime", json!("P5Y"));
    }

    #[test]
    fn the_log_is_kept_long_enough_to_be_of_use() {
        assert!(one("/log/retention", json!("P89D"), "log.retention").contains("less than 90 days"));
        none("/log/retention", json!("P90D"));
        none("/log/retention", json!("P3M"));
    }
}
