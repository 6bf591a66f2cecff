//! What of a policy people decide about: if it changes, who agreed to it is asked again; if only texts or looks change,
//! nobody is.

use super::{LawfulBasis, Policy, Purpose, Recipient, Service, Transfer, digest, document::Use};
use crate::{
    encoding::to_base64url,
    id::{PurposeId, ServiceId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Characters of a fingerprint: 66 bits.
const CHARS: usize = 11;

/// What was agreed to with a purpose: its nature and basis, and each service with its recipient and transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// A fingerprint of the purpose by itself.
    pub purpose: String,
    /// Fingerprints of its services.
    pub services: BTreeSet<String>,
}

impl Scope {
    /// Whether a grant of this scope covers another: the same purpose, and no service or recipient that is new.
    pub fn covers(&self, others: &Self) -> bool {
        self.purpose == others.purpose && others.services.is_subset(&self.services)
    }
}

/// The material content of a policy, as small as what has to be remembered of earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// Its fingerprint, which the decision cookie names.
    pub hash: String,
    /// The optional purposes in policy order, with their scopes.
    pub purposes: Vec<(PurposeId, Scope)>,
    /// Their services in policy order, with their fingerprints.
    pub services: Vec<(ServiceId, String)>,
}

/// Where something that was decided about under an earlier policy is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// At this place, within what was agreed to.
    Same(usize),
    /// At this place, with another scope: a grant lapses, a refusal stands.
    Changed(usize),
    /// Nowhere.
    Gone,
}

impl Fate {
    /// As a plan has it: the place, its bitwise complement if it changed materially, nothing if it is gone.
    pub fn code(self) -> Option<i32> {
        match self {
            Self::Same(at) => i32::try_from(at).ok(),
            Self::Changed(at) => i32::try_from(at).ok().map(|at| !at),
            Self::Gone => None,
        }
    }
}

/// The material content of a policy.
pub fn material(policy: &Policy) -> Material {
    let purposes: Vec<_> =
        policy.optional_purposes().map(|purpose| (purpose.id.clone(), scope(policy, purpose))).collect();
    let services: Vec<_> = optional_services(policy)
        .filter_map(|service| {
            let purpose = policy.purpose(&service.purpose)?;
            Some((service.id.clone(), of_service(purpose, service)))
        })
        .collect();
    Material { hash: fingerprint("consentry/material/v1", &(&purposes, &services)), purposes, services }
}

/// The services that may be refused one by one, in policy order: bit `i` of the decision cookie's services is the
/// `i`-th of these.
pub fn optional_services(policy: &Policy) -> impl Iterator<Item = &Service> {
    policy
        .services
        .iter()
        .filter(|service| policy.purpose(&service.purpose).is_some_and(|purpose| !purpose.essential))
}

impl Material {
    /// What is consented to with a single service.
    pub fn scope_of_service(&self, service: &ServiceId, purpose: &PurposeId) -> Option<Scope> {
        let (_, scope) = self.purposes.iter().find(|(id, _)| id == purpose)?;
        let (_, own) = self.services.iter().find(|(id, _)| id == service)?;
        Some(Scope { purpose: scope.purpose.clone(), services: BTreeSet::from([own.clone()]) })
    }

    /// Where each purpose of an earlier policy is in this one.
    pub fn fates_of_purposes(&self, earlier: &Self) -> Vec<Fate> {
        let fate =
            |(id, scope): &(PurposeId, Scope)| match self.purposes.iter().position(|(own, _)| own == id) {
                Some(at) if self.purposes.get(at).is_some_and(|(_, own)| scope.covers(own)) => Fate::Same(at),
                Some(at) => Fate::Changed(at),
                None => Fate::Gone,
            };
        earlier.purposes.iter().map(fate).collect()
    }

    /// Where each service of an earlier policy is in this one.
    pub fn fates_of_services(&self, earlier: &Self) -> Vec<Fate> {
        let fate =
            |(id, mark): &(ServiceId, String)| match self.services.iter().position(|(own, _)| own == id) {
                Some(at) if self.services.get(at).is_some_and(|(_, own)| own == mark) => Fate::Same(at),
                Some(at) => Fate::Changed(at),
                None => Fate::Gone,
            };
        earlier.services.iter().map(fate).collect()
    }
}

#[derive(Serialize)]
struct PurposeContent<'a> {
    id: &'a PurposeId,
    basis: LawfulBasis,
    basis_elsewhere: Option<LawfulBasis>,
    uses: &'a BTreeSet<Use>,
}

#[derive(Serialize)]
struct ServiceContent<'a> {
    id: &'a ServiceId,
    purpose: String,
    recipient: &'a Recipient,
    transfer: Option<&'a Transfer>,
}

fn scope(policy: &Policy, purpose: &Purpose) -> Scope {
    let services = policy.services_of(&purpose.id).map(|service| of_service(purpose, service));
    Scope { purpose: of_purpose(purpose), services: services.collect() }
}

fn of_purpose(purpose: &Purpose) -> String {
    let content = PurposeContent {
        id: &purpose.id,
        basis: purpose.basis,
        basis_elsewhere: purpose.basis_elsewhere,
        uses: &purpose.uses,
    };
    fingerprint("consentry/material/purpose/v1", &content)
}

fn of_service(purpose: &Purpose, service: &Service) -> String {
    let content = ServiceContent {
        id: &service.id,
        purpose: of_purpose(purpose),
        recipient: &service.recipient,
        transfer: service.transfer.as_ref(),
    };
    fingerprint("consentry/material/service/v1", &content)
}

fn fingerprint(label: &str, value: &impl Serialize) -> String {
    to_base64url(&digest(label, value)).chars().take(CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::{Value, json};

    fn with(pointer: &str, value: Value) -> Material {
        let mut json = sample::json();
        *json.pointer_mut(pointer).unwrap() = value;
        material(&sample::parsed(json))
    }

    #[test]
    fn texts_and_looks_are_not_material() {
        let plain = material(&sample::policy());
        assert_eq!(plain.hash.len(), CHARS);
        assert_eq!(plain, with("/purposes/1/description/en", json!("Counts visits, gently.")));
        assert_eq!(plain, with("/purposes/1/name/en", json!("Statistics")));
        assert_eq!(plain, with("/services/0/cookies/0/lifetime", json!("P1M")));
        assert_eq!(
            plain,
            with("/consent", json!({"lifetime": "P3M", "proof": {"retention": "P3Y", "ground": "x"}}))
        );
        assert_eq!(plain, with("/purposes/0/description/en", json!("Keeps you logged in.")));
    }

    #[test]
    fn who_agreed_to_what_changed_is_asked_and_nobody_else() {
        let before = material(&sample::policy());
        let after = with("/services/1/recipient/name", json!("Other Ads Inc."));
        assert_ne!(before.hash, after.hash);
        assert_eq!(after.fates_of_purposes(&before), [Fate::Same(0), Fate::Changed(1)]);
        assert_eq!(after.fates_of_services(&before), [Fate::Same(0), Fate::Changed(1)]);
        let after = with("/services/1/transfer/safeguard", json!("adequacy-decision"));
        assert_eq!(after.fates_of_purposes(&before), [Fate::Same(0), Fate::Changed(1)]);
    }

    #[test]
    fn a_recipient_less_changes_nothing_and_one_more_does() {
        let both = material(&sample::policy());
        let mut json = sample::json();
        json["services"].as_array_mut().unwrap().remove(0);
        let fewer = material(&sample::parsed(json));
        assert_eq!(fewer.fates_of_purposes(&both), [Fate::Same(0), Fate::Same(1)]);
        assert_eq!(fewer.fates_of_services(&both), [Fate::Gone, Fate::Same(0)]);
        assert_eq!(both.fates_of_purposes(&fewer), [Fate::Changed(0), Fate::Same(1)]);
    }

    #[test]
    fn order_and_removal_are_followed() {
        let before = material(&sample::policy());
        let mut json = sample::json();
        json["purposes"].as_array_mut().unwrap().swap(1, 2);
        let after = material(&sample::parsed(json.clone()));
        let fates = after.fates_of_purposes(&before);
        assert_eq!(fates, [Fate::Same(1), Fate::Same(0)]);
        json["purposes"].as_array_mut().unwrap().remove(2);
        json["services"].as_array_mut().unwrap().remove(0);
        assert_eq!(material(&sample::parsed(json)).fates_of_purposes(&before), [Fate::Gone, Fate::Same(0)]);
        assert_eq!([Fate::Same(2), Fate::Changed(0), Fate::Gone].map(Fate::code), [Some(2), Some(-1), None]);
    }
}
