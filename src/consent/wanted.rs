//! What a choice comes to, purpose by purpose and service by service.

use super::{Choice, Choices, Offer, Outcome, Refusal, Selection, ServiceOutcome, Standing, Standings};
use crate::{
    decider::{CallerClass, Context},
    id::{PurposeId, ServiceId},
    policy::Rule,
};
use std::collections::{BTreeMap, BTreeSet};

/// A choice, spelled out.
pub(super) struct Wanted {
    selection: Selection,
    /// If not everything: the purposes it is about.
    about: Option<BTreeSet<PurposeId>>,
}

impl Wanted {
    pub(super) fn of(choice: Choice, offer: &Offer) -> Self {
        let all = || offer.purposes.keys().cloned().collect::<BTreeSet<_>>();
        let (selection, about) = match choice {
            Choice::AcceptAll => (Selection { purposes: all(), ..Selection::default() }, None),
            Choice::RejectAll => (Selection { objections: all(), ..Selection::default() }, None),
            Choice::Selection(selection) => (selection, None),
            Choice::Stop(purposes) => {
                (Selection { objections: purposes.clone(), ..Selection::default() }, Some(purposes))
            }
        };
        Self { selection, about }
    }

    /// Whether what it does not name ends.
    pub(super) fn ends_the_rest(&self) -> bool {
        self.about.is_none()
    }

    /// Why it may not grant what it asks for.
    pub(super) fn grant_fault(
        &self,
        state: &Standings,
        offer: &Offer,
        now: &Choices,
        seen: u32,
        confirmed: bool,
        context: &Context,
    ) -> Option<Refusal> {
        let Selection { purposes, services, .. } = &self.selection;
        if purposes.is_empty() && services.is_empty() {
            return None;
        }
        if context.caller.class != CallerClass::Device {
            return Some(Refusal::NoDevice);
        }
        if offer.standing == Standing::Unknown {
            return Some(Refusal::PolicyChanged);
        }
        if let Some(unknown) = purposes.iter().find(|id| !offer.purposes.contains_key(id)) {
            return Some(Refusal::UnknownPurpose(unknown.clone()));
        }
        if let Some(unknown) = services.iter().find(|id| !offer.services.contains_key(id)) {
            return Some(Refusal::UnknownService(unknown.clone()));
        }
        if seen != state.seq() {
            return Some(Refusal::Stale { seq: state.seq() });
        }
        let single = services.iter().filter_map(|id| offer.services.get(id)).map(|service| &service.purpose);
        let unconfirmed: BTreeSet<_> = purposes
            .iter()
            .chain(single)
            .filter(|id| !now.given.contains(id))
            .filter(|id| offer.purposes.get(id).is_some_and(|offered| offered.two_steps))
            .cloned()
            .collect();
        (!confirmed && !unconfirmed.is_empty()).then_some(Refusal::ConfirmationNeeded(unconfirmed))
    }

    /// What it means for each purpose. While its grant is denied, only what ends counts.
    pub(super) fn outcomes(
        &self,
        offer: &Offer,
        now: &Choices,
        denied: bool,
    ) -> BTreeMap<PurposeId, Outcome> {
        let Selection { purposes, objections, .. } = &self.selection;
        let about = |id: &PurposeId| self.about.as_ref().is_none_or(|about| about.contains(id));
        let outcome = |id: &PurposeId, rule: Rule| {
            let (given, objected) = (now.given.contains(id), objections.contains(id));
            if purposes.contains(id) {
                return (!denied).then_some(Outcome::Given);
            }
            match rule {
                Rule::OptIn if given => Some(Outcome::Withdrawn),
                Rule::OptIn => (!denied).then_some(Outcome::Refused),
                Rule::OptOut | Rule::Notice if objected && given => Some(Outcome::Withdrawn),
                Rule::OptOut | Rule::Notice if objected => Some(Outcome::Objected),
                // Nothing was said about it, and it stays as it is.
                Rule::OptOut | Rule::Notice => None,
            }
        };
        let offered = offer.purposes.iter().filter(|(id, _)| about(id));
        offered.filter_map(|(id, offered)| Some((id.clone(), outcome(id, offered.rule)?))).collect()
    }

    /// What it means for single services, as far as that is something else than for their purpose.
    pub(super) fn service_outcomes(
        &self,
        state: &Standings,
        offer: &Offer,
        denied: bool,
    ) -> BTreeMap<ServiceId, ServiceOutcome> {
        let Selection { purposes, services, objections, service_objections } = &self.selection;
        let mut outcomes = BTreeMap::new();
        for (id, offered) in &offer.services {
            let purpose = &offered.purpose;
            if self.about.as_ref().is_some_and(|about| !about.contains(purpose)) || purposes.contains(purpose)
            {
                continue;
            }
            let rule = offer.purposes.get(purpose).map_or(Rule::OptIn, |offered| offered.rule);
            // Where its purpose ends, a grant of the service alone would outlive it.
            let ends = !rule.is_on() || objections.contains(purpose);
            let outcome = if services.contains(id) {
                if denied { None } else { Some(Outcome::Given) }
            } else if ends && state.gave_alone(id) {
                Some(Outcome::Withdrawn)
            } else if rule.is_on() && service_objections.contains(id) && !objections.contains(purpose) {
                Some(Outcome::Objected)
            } else {
                None
            };
            let Some(outcome) = outcome else { continue };
            let scope = (outcome == Outcome::Given).then(|| offered.scope.clone());
            outcomes.insert(id.clone(), ServiceOutcome { purpose: purpose.clone(), outcome, scope });
        }
        outcomes
    }
}
