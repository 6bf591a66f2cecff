//! What a visitor has decided, and what that permits.

use crate::{
    bits::bits,
    id::{PurposeId, ServiceId},
    policy::{Policy, Regime, Service},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How each optional purpose stands with a visitor: given, refused (or withdrawn, or objected to), or, in neither set,
/// undecided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Purposes that consent is given for.
    pub given: BTreeSet<PurposeId>,
    /// Purposes that were refused, withdrawn or objected to.
    pub refused: BTreeSet<PurposeId>,
    /// Services that are excepted from how their purpose stands: given by themselves where the purpose is refused,
    /// objected to by themselves where it is undecided.
    #[serde(default)]
    pub services: BTreeSet<ServiceId>,
    /// Whether this was decided while the browser sent a privacy signal. Only such a choice goes before the signal.
    #[serde(default)]
    pub despite_signal: bool,
    /// Whether something was given that no longer counts, by time or by a material change: who gave it is asked again,
    /// and nobody else.
    #[serde(default)]
    pub lapsed: bool,
}

impl Choices {
    /// Whether the first layer is shown again to who decided this, or nothing.
    pub fn ask_again(choices: Option<&Self>) -> bool {
        choices.is_none_or(|choices| choices.lapsed)
    }

    /// Whether a purpose was decided about.
    pub fn decided(&self, purpose: &PurposeId) -> bool {
        self.given.contains(purpose) || self.refused.contains(purpose)
    }
}

/// What may run for a visitor. Purposes that are essential, and their services, always may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    purposes: BTreeSet<PurposeId>,
    services: BTreeSet<ServiceId>,
}

impl Permissions {
    /// What the site needs, and nothing else: for somebody whose data may only be stored.
    pub fn essential(policy: &Policy) -> Self {
        let purposes = policy.purposes.iter().filter(|purpose| purpose.essential);
        let purposes: BTreeSet<_> = purposes.map(|purpose| purpose.id.clone()).collect();
        let services = policy.services.iter().filter(|service| purposes.contains(&service.purpose));
        Self { services: services.map(|service| service.id.clone()).collect(), purposes }
    }

    /// What is permitted under a policy and the rules that hold, to someone who decided this, or nothing.
    pub fn of(policy: &Policy, regime: &Regime, choices: Option<&Choices>) -> Self {
        let nothing = Choices::default();
        let choices = choices.unwrap_or(&nothing);
        let on = regime.on(policy);
        // A grant from before the signal does not go before it.
        let overruled = |purpose: &PurposeId| {
            regime.signal && !choices.despite_signal && regime.signalled.contains(purpose)
        };
        let given = |purpose: &PurposeId| choices.given.contains(purpose) && !overruled(purpose);
        let undecided = |purpose: &PurposeId| !choices.decided(purpose);
        let purposes: BTreeSet<_> = policy
            .purposes
            .iter()
            .filter(|purpose| {
                let id = &purpose.id;
                purpose.essential || given(id) || (undecided(id) && on.contains(id))
            })
            .map(|purpose| purpose.id.clone())
            .collect();
        let services = policy.services.iter().filter(|service| {
            let (purpose, excepted) = (&service.purpose, choices.services.contains(&service.id));
            if choices.refused.contains(purpose) {
                excepted && !overruled(purpose)
            } else {
                purposes.contains(purpose) && !(excepted && undecided(purpose))
            }
        });
        let services = services.map(|service| service.id.clone()).collect();
        Self { purposes, services }
    }

    /// Whether others permit all of these as well.
    pub fn are_within(&self, others: &Self) -> bool {
        self.purposes.is_subset(&others.purposes) && self.services.is_subset(&others.services)
    }

    /// Whether a purpose may be served by anything at all.
    pub fn purpose(&self, purpose: &PurposeId) -> bool {
        self.purposes.contains(purpose)
    }

    /// Whether a service may run.
    pub fn service(&self, service: &Service) -> bool {
        self.services.contains(&service.id)
    }

    /// The optional purposes that are permitted, as the bits of a plan.
    pub fn bits(&self, policy: &Policy) -> u32 {
        bits(policy.optional_purposes().map(|purpose| self.purpose(&purpose.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Setting, resolve, sample};
    use serde_json::json;

    fn ids<T>(names: &[&str]) -> BTreeSet<T>
    where
        T: Ord + std::str::FromStr<Err: std::fmt::Debug>,
    {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn choices(given: &[&str], refused: &[&str], services: &[&str]) -> Choices {
        Choices { given: ids(given), refused: ids(refused), services: ids(services), ..Choices::default() }
    }

    fn permitted(region: &str, signal: bool, choices: Option<&Choices>) -> Vec<String> {
        let mut json = sample::json();
        json["purposes"][1]["uses"] = json!(["statistics"]);
        let policy = sample::parsed(json);
        let setting = Setting { region: region.parse().ok(), signal, ..Setting::of("en") };
        let permissions = Permissions::of(&policy, &resolve(&policy, &setting), choices);
        assert!(permissions.purpose(&"necessary".parse().unwrap()));
        let purposes = policy.optional_purposes().filter(|purpose| permissions.purpose(&purpose.id));
        let services = policy.services.iter().filter(|service| permissions.service(service));
        purposes.map(|p| p.id.to_string()).chain(services.map(|s| s.id.to_string())).collect()
    }

    #[test]
    fn nothing_runs_before_a_choice_where_consent_is_asked() {
        assert_eq!(permitted("IE", false, None), [""; 0]);
        assert_eq!(permitted("??", false, None), [""; 0], "an unknown region");
        assert_eq!(
            permitted("IE", false, Some(&choices(&["analytics"], &["marketing"], &[]))),
            ["analytics", "metrics"]
        );
    }

    #[test]
    fn a_service_alone_can_be_given() {
        let one = choices(&[], &["analytics", "marketing"], &["ads"]);
        assert_eq!(permitted("IE", false, Some(&one)), ["ads"], "its purpose as a whole is not");
    }

    #[test]
    fn elsewhere_things_run_until_an_objection() {
        assert_eq!(permitted("US-CA", false, None), ["analytics", "marketing", "metrics", "ads"]);
        assert_eq!(permitted("GB", false, None), ["analytics", "metrics"]);
        assert_eq!(
            permitted("US-CA", false, Some(&choices(&[], &["marketing"], &[]))),
            ["analytics", "metrics"]
        );
        assert_eq!(
            permitted("US-CA", false, Some(&choices(&[], &[], &["ads"]))),
            ["analytics", "marketing", "metrics"]
        );
    }

    #[test]
    fn what_was_left_on_is_no_consent_elsewhere() {
        let objected = choices(&[], &["marketing"], &[]);
        assert_eq!(permitted("IE", false, Some(&objected)), [""; 0]);
    }

    #[test]
    fn a_signal_goes_before_earlier_grants_and_not_before_later_ones() {
        let earlier = choices(&["analytics", "marketing"], &[], &[]);
        assert_eq!(permitted("IE", true, Some(&earlier)), [""; 0]);
        assert_eq!(permitted("US-CA", true, Some(&earlier)), ["analytics", "metrics"]);
        let later = Choices { despite_signal: true, ..earlier };
        assert_eq!(permitted("US-CA", true, Some(&later)), ["analytics", "marketing", "metrics", "ads"]);
        let single = choices(&[], &["analytics", "marketing"], &["ads"]);
        assert_eq!(permitted("IE", true, Some(&single)), [""; 0]);
    }
}
