//! The consent process: what one visitor decided about each optional purpose, as a fold of decisions.
//!
//! A refusal or withdrawal is accepted always. A grant counts only if it answers the policy in force, was made by
//! somebody who knew the latest decision, and comes from a device that can withdraw it again.

use super::{Choices, wanted::Wanted};
use crate::{
    audit::Action,
    clock::{Period, Timestamp},
    decider::{Context, Decider},
    id::{EventId, NoticeHash, PolicyHash, PurposeId, ServiceId},
    policy::{Age, Material, Policy, Regime, RegimeId, Region, Rule, Scope, Source, optional_services},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Where in the interface a decision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The first layer, with its three choices.
    Banner,
    /// The preferences dialog.
    Preferences,
    /// The preferences page for use without JavaScript.
    Page,
    /// The site's own code called the API after a gesture of the visitor's.
    Api,
    /// A place in the page where a single service would show something.
    Placeholder,
    /// An earlier tool's record, taken over.
    Import,
    /// A request about the person's data: an objection, or the withdrawal of everything.
    Request,
}

/// What the visitor chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Every optional purpose.
    AcceptAll,
    /// No optional purpose. After a grant this withdraws it; where data is used until an objection, it objects.
    RejectAll,
    /// Just these.
    Selection(Selection),
    /// No more of these, and the rest as it is.
    Stop(BTreeSet<PurposeId>),
}

impl Choice {
    /// Whether it asks for consent to anything.
    pub fn grants(&self) -> bool {
        match self {
            Self::AcceptAll => true,
            Self::RejectAll | Self::Stop(_) => false,
            Self::Selection(selection) => !selection.purposes.is_empty() || !selection.services.is_empty(),
        }
    }
}

/// What is ticked in the preferences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// Purposes consented to, as a whole.
    pub purposes: BTreeSet<PurposeId>,
    /// Single services consented to, of purposes that are not.
    pub services: BTreeSet<ServiceId>,
    /// Purposes objected to.
    pub objections: BTreeSet<PurposeId>,
    /// Single services objected to, of purposes that are not.
    pub service_objections: BTreeSet<ServiceId>,
}

/// An earlier tool's record that a decision was taken over from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The tool.
    pub from: Source,
    /// When its record says the decision was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// How the policy a decision answers stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is in force.
    InForce,
    /// It was until a moment ago; pages that showed it may still be open.
    Grace,
    /// It is unknown, or too old.
    Unknown,
}

/// What was on offer when the visitor chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The policy the visitor was shown.
    pub policy: PolicyHash,
    /// How that policy stands.
    pub standing: Standing,
    /// The text the visitor was shown.
    pub notice: NoticeHash,
    /// Its language.
    pub locale: String,
    /// The optional purposes, of the policy in force if the one shown is unknown.
    pub purposes: BTreeMap<PurposeId, Offered>,
    /// Their services.
    pub services: BTreeMap<ServiceId, OfferedService>,
    /// The rules that hold for the visitor.
    pub regime: RegimeId,
    /// How old the visitor is taken to be.
    pub age: Age,
    /// Where the visitor is, as far as that is known.
    pub region: Option<Region>,
    /// Why these rules hold.
    pub reason: String,
    /// Whether the browser sends a privacy signal that is honoured.
    pub signal: bool,
    /// How long a grant lasts.
    pub lifetime: Period,
    /// How long a refusal is respected before asking again.
    pub refusal_lifetime: Period,
}

/// A purpose on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What holds for it.
    pub rule: Rule,
    /// What is consented to with it.
    pub scope: Scope,
    /// Whether allowing it takes two steps, because people opt out of it.
    pub two_steps: bool,
}

/// A single service on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedService {
    /// Its purpose.
    pub purpose: PurposeId,
    /// What is consented to with it alone.
    pub scope: Scope,
}

impl Offer {
    /// Everything a policy offers under some rules. `material` is what people decide about in it.
    pub fn of(policy: &Policy, material: &Material, regime: &Regime, shown: Shown) -> Self {
        let services = optional_services(policy).filter_map(|service| {
            let scope = material.scope_of_service(&service.id, &service.purpose)?;
            Some((service.id.clone(), OfferedService { purpose: service.purpose.clone(), scope }))
        });
        let services = services.collect();
        let offered = |(id, scope): &(PurposeId, Scope)| {
            let (rule, two_steps) = (regime.rule(policy, id), regime.two_steps.contains(id));
            (id.clone(), Offered { rule, scope: scope.clone(), two_steps })
        };
        let Shown { policy: hash, standing, notice, locale, region } = shown;
        Self {
            policy: hash,
            standing,
            notice,
            locale,
            purposes: material.purposes.iter().map(offered).collect(),
            services,
            regime: regime.id,
            age: regime.age,
            region,
            reason: regime.reason.clone(),
            signal: regime.signal,
            lifetime: policy.consent.lifetime.clone(),
            refusal_lifetime: policy.consent.refusal_lifetime().clone(),
        }
    }
}

/// What a visitor's page showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The policy.
    pub policy: PolicyHash,
    /// How it stands.
    pub standing: Standing,
    /// The text.
    pub notice: NoticeHash,
    /// Its language.
    pub locale: String,
    /// Where the visitor is, as far as that is known.
    pub region: Option<Region>,
}

/// A visitor's decision, as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The event's id, chosen by the asking side, so that asking twice is harmless.
    pub id: EventId,
    /// What was chosen.
    pub choice: Choice,
    /// What was on offer.
    pub offer: Offer,
    /// The number of decisions the visitor's page knew of.
    pub seen: u32,
    /// Where it was chosen.
    pub layer: Layer,
    /// Whether the visitor confirmed to allow again what they had opted out of.
    pub confirmed: bool,
    /// The earlier tool's record this was taken over from.
    pub imported: Option<Imported>,
}

/// What a decision means for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Consent given.
    Given,
    /// Consent refused.
    Refused,
    /// Consent that stood until now withdrawn.
    Withdrawn,
    /// The use of data that needs no consent here objected to.
    Objected,
}

/// What a decision means for a single service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceOutcome {
    /// Its purpose.
    pub purpose: PurposeId,
    /// What it means.
    pub outcome: Outcome,
    /// What was consented to, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// The event: a decision was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The event's id.
    pub id: EventId,
    /// The how-manieth decision of this visitor, from 1.
    pub seq: u32,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// The policy that was answered.
    pub policy: PolicyHash,
    /// How that policy stood.
    pub standing: Standing,
    /// The text that was shown.
    pub notice: NoticeHash,
    /// Its language.
    pub locale: String,
    /// Where it was chosen.
    pub layer: Layer,
    /// What it means for each purpose it is about.
    pub outcomes: BTreeMap<PurposeId, Outcome>,
    /// What it means for single services, as far as that is something else than for their purpose.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<ServiceId, ServiceOutcome>,
    /// What was consented to with each purpose that it gives.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scopes: BTreeMap<PurposeId, Scope>,
    /// The rules that held for the visitor.
    #[serde(default)]
    pub regime: RegimeId,
    /// How old the visitor was taken to be.
    #[serde(default, skip_serializing_if = "Age::is_unknown")]
    pub age: Age,
    /// Where the visitor was, as far as that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Why these rules held.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Whether the browser sent a privacy signal that was honoured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signal: bool,
    /// Whether the visitor confirmed to allow again what they had opted out of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The earlier tool's record this was taken over from: imported, not witnessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// When what was given here lapses.
    pub until: Timestamp,
}

impl Decision {
    /// What it means for each purpose and single service it is about.
    fn all_outcomes(&self) -> impl Iterator<Item = Outcome> {
        self.outcomes.values().copied().chain(self.services.values().map(|service| service.outcome))
    }

    /// What is left of it if it gives nothing: what it refuses, withdraws and objects to.
    #[must_use]
    pub fn without_grants(&self) -> Self {
        let mut left = Self { scopes: BTreeMap::new(), ..self.clone() };
        left.outcomes.retain(|_, outcome| *outcome != Outcome::Given);
        left.services.retain(|_, service| service.outcome != Outcome::Given);
        left
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty() && self.services.is_empty()
    }

    /// The action class for the log.
    pub fn action(&self) -> Action {
        let any = |outcome| self.all_outcomes().any(|own| own == outcome);
        if any(Outcome::Given) {
            Action::ConsentGiven
        } else if any(Outcome::Withdrawn) {
            Action::ConsentWithdrawn
        } else if any(Outcome::Objected) {
            Action::ObjectionMade
        } else {
            Action::ConsentRefused
        }
    }
}

/// How one purpose stands with a visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Given, and still valid.
    Given,
    /// Refused.
    Refused,
    /// Withdrawn.
    Withdrawn,
    /// Objected to.
    Objected,
    /// Given once; its time is over, or what was consented to has changed.
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Standpoint {
    outcome: Outcome,
    scope: Option<Scope>,
    at: Timestamp,
    until: Timestamp,
    despite_signal: bool,
}

/// The state: how each purpose stands, and which decisions led there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings {
    purposes: BTreeMap<PurposeId, Standpoint>,
    services: BTreeMap<ServiceId, Standpoint>,
    history: Vec<EventId>,
    latest: Timestamp,
}

impl Standings {
    /// The number of decisions.
    pub fn seq(&self) -> u32 {
        u32::try_from(self.history.len()).unwrap_or(u32::MAX)
    }

    /// The latest decision.
    pub fn head(&self) -> Option<EventId> {
        self.history.last().copied()
    }

    /// How a purpose stands at a moment, under what is consented to with it now; `None` if it was never decided.
    /// Expiry is computed here, at every reading.
    pub fn status(&self, purpose: &PurposeId, scope: &Scope, now: Timestamp) -> Option<Status> {
        self.purposes.get(purpose).map(|point| match point.outcome {
            Outcome::Given if point.covers(scope, now) => Status::Given,
            Outcome::Given => Status::Expired,
            Outcome::Refused => Status::Refused,
            Outcome::Withdrawn => Status::Withdrawn,
            Outcome::Objected => Status::Objected,
        })
    }

    /// What was decided, as far as it counts at a moment under an offer.
    pub fn choices(&self, offer: &Offer, now: Timestamp) -> Choices {
        let mut choices = Choices { despite_signal: true, ..Choices::default() };
        for (id, offered) in &offer.purposes {
            match self.status(id, &offered.scope, now) {
                Some(Status::Given) => {
                    choices.given.insert(id.clone());
                    choices.despite_signal &= self.purposes.get(id).is_some_and(|point| point.despite_signal);
                }
                Some(Status::Refused | Status::Withdrawn | Status::Objected) => {
                    choices.refused.insert(id.clone());
                }
                Some(Status::Expired) | None => {}
            }
        }
        let mut grants = !choices.given.is_empty();
        for (id, offered) in &offer.services {
            let Some(point) = self.services.get(id) else { continue };
            let excepted = match point.outcome {
                // A service is given by itself only where its purpose is refused, see [`Choices::services`].
                Outcome::Given => {
                    choices.refused.contains(&offered.purpose) && point.covers(&offered.scope, now)
                }
                Outcome::Objected => !choices.decided(&offered.purpose),
                Outcome::Refused | Outcome::Withdrawn => false,
            };
            if excepted {
                choices.services.insert(id.clone());
            }
            if excepted && point.outcome == Outcome::Given {
                choices.despite_signal &= point.despite_signal;
                grants = true;
            }
        }
        choices.despite_signal &= grants;
        choices
    }

    /// Whether the latest that was decided about a service by itself is a grant.
    pub(super) fn gave_alone(&self, service: &ServiceId) -> bool {
        self.services.get(service).is_some_and(|point| point.outcome == Outcome::Given)
    }

    /// Since when what counts at a moment has been so: the earliest decision that a grant of now rests on, or else the
    /// latest decision. A page that counts days from here never keeps a grant for too long.
    pub fn since(&self, offer: &Offer, now: Timestamp) -> Timestamp {
        let choices = self.choices(offer, now);
        let purposes = choices.given.iter().filter_map(|id| self.purposes.get(id));
        let services = choices.services.iter().filter_map(|id| self.services.get(id));
        let grants = purposes.chain(services).filter(|point| point.outcome == Outcome::Given);
        grants.map(|point| point.at).min().unwrap_or(self.latest)
    }
}

impl Standpoint {
    /// Whether a grant still holds, for what would be consented to now.
    fn covers(&self, scope: &Scope, now: Timestamp) -> bool {
        now < self.until && self.scope.as_ref().is_none_or(|own| own.covers(scope))
    }
}

/// Why nothing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// This event was decided before; whether it is still the latest.
    AlreadyDecided {
        /// No later decision was made.
        latest: bool,
    },
    /// A grant that answers a policy no longer in force.
    PolicyChanged,
    /// A grant from a page that did not know the latest decision.
    Stale {
        /// The number of decisions there are.
        seq: u32,
    },
    /// A grant for something the policy does not offer.
    UnknownPurpose(PurposeId),
    /// A grant for a service that the policy does not have.
    UnknownService(ServiceId),
    /// A grant of what people opt out of here takes a second step: asking whether they mean it.
    ConfirmationNeeded(BTreeSet<PurposeId>),
    /// A grant from a caller who could not withdraw it again.
    NoDevice,
    /// The policy has no optional purpose, so there is nothing to decide.
    NothingToDecide,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyDecided { .. } => f.write_str("this decision was recorded before"),
            Self::PolicyChanged => {
                f.write_str("the policy has changed since the page was shown; please choose again")
            }
            Self::Stale { .. } => {
                f.write_str("another decision was made since the page was shown; please choose again")
            }
            Self::UnknownPurpose(_) => f.write_str("the policy has no optional purpose of that name"),
            Self::UnknownService(_) => f.write_str("the policy has no optional service of that name"),
            Self::ConfirmationNeeded(_) => {
                f.write_str("allowing again what was opted out of has to be confirmed")
            }
            Self::NoDevice => f.write_str("a grant needs a device that can withdraw it"),
            Self::NothingToDecide => f.write_str("the policy has no optional purpose"),
        }
    }
}

impl std::error::Error for Refusal {}

/// The consent process.
#[derive(Debug)]
pub enum Consent {}

impl Decider for Consent {
    type Command = Command;
    type Event = Decision;
    type State = Standings;
    type Refusal = Refusal;

    fn decide(state: &Standings, command: Command, context: &Context) -> Result<Vec<Decision>, Refusal> {
        let Command { id, choice, offer, seen, layer, confirmed, imported } = command;
        if state.history.contains(&id) {
            return Err(Refusal::AlreadyDecided { latest: state.head() == Some(id) });
        }
        // The clock may step back between two decisions; their order may not.
        let at = context.now.max(state.latest);
        let now = state.choices(&offer, at);
        let wanted = Wanted::of(choice, &offer);
        let denied = wanted.grant_fault(state, &offer, &now, seen, confirmed, context);
        let mut outcomes = wanted.outcomes(&offer, &now, denied.is_some());
        let services = wanted.service_outcomes(state, &offer, denied.is_some());
        if wanted.ends_the_rest() {
            // What an earlier policy offered, and this one does not, is withdrawn along with the rest.
            let others = state
                .purposes
                .iter()
                .filter(|(id, point)| point.outcome == Outcome::Given && !offer.purposes.contains_key(id));
            outcomes.extend(others.map(|(id, _)| (id.clone(), Outcome::Withdrawn)));
        }
        if outcomes.is_empty() && services.is_empty() {
            return Err(denied.unwrap_or(Refusal::NothingToDecide));
        }
        let given = |outcome: &Outcome| *outcome == Outcome::Given;
        let whole = outcomes.iter().filter(|(_, outcome)| given(outcome));
        let scopes: BTreeMap<_, _> =
            whole.filter_map(|(id, _)| Some((id.clone(), offer.purposes.get(id)?.scope.clone()))).collect();
        let any = !scopes.is_empty() || services.values().any(|service| given(&service.outcome));
        // What was decided elsewhere does not begin anew by being taken over.
        let from = imported.as_ref().and_then(|imported| imported.at).map_or(at, |then| then.min(at));
        let until = if any { offer.lifetime.after(from) } else { offer.refusal_lifetime.after(from) };
        Ok(vec![Decision {
            id,
            seq: state.seq().saturating_add(1),
            at,
            policy: offer.policy,
            standing: offer.standing,
            notice: offer.notice,
            locale: offer.locale,
            layer,
            scopes,
            outcomes,
            services,
            regime: offer.regime,
            age: offer.age,
            region: offer.region,
            reason: offer.reason,
            signal: offer.signal,
            confirmed: confirmed && any,
            imported,
            until,
        }])
    }

    fn evolve(mut state: Standings, event: &Decision) -> Standings {
        let point = |outcome: Outcome, scope: Option<&Scope>| Standpoint {
            outcome,
            scope: scope.cloned(),
            at: event
                .imported
                .as_ref()
                .and_then(|imported| imported.at)
                .map_or(event.at, |at| at.min(event.at)),
            until: event.until,
            despite_signal: event.signal,
        };
        for (purpose, outcome) in &event.outcomes {
            state.purposes.insert(purpose.clone(), point(*outcome, event.scopes.get(purpose)));
        }
        for (service, decided) in &event.services {
            state.services.insert(service.clone(), point(decided.outcome, decided.scope.as_ref()));
        }
        state.history.push(event.id);
        state.latest = event.at;
        state
    }
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
