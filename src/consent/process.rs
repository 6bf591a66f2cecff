//! The consent process: what one visitor decided about each optional purpose, as a fold of decisions.
//!
//! A refusal or withdrawal is accepted always. A grant counts only if it answers the policy in force, was made by
//! somebody who knew the latest decision, and comes from a device that can withdraw it again.

use crate::{
    audit::Action,
    clock::{Period, Timestamp},
    decider::{CallerClass, Context, Decider},
    id::{EventId, NoticeHash, PolicyHash, PurposeId},
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
}

/// What the visitor chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Every optional purpose.
    AcceptAll,
    /// No optional purpose. After a grant this withdraws it.
    RejectAll,
    /// Just these.
    Selection(BTreeSet<PurposeId>),
}

/// How the policy a decision answers stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    pub purposes: BTreeSet<PurposeId>,
    /// How long a grant lasts.
    pub lifetime: Period,
    /// How long a refusal is respected before asking again.
    pub refusal_lifetime: Period,
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
}

/// What a decision means for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Consent given.
    Given,
    /// Consent refused.
    Refused,
    /// Consent that stood until now withdrawn.
    Withdrawn,
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
    /// When what was given here lapses.
    pub until: Timestamp,
}

impl Decision {
    /// The action class for the log.
    pub fn action(&self) -> Action {
        let any = |outcome| self.outcomes.values().any(|o| *o == outcome);
        if any(Outcome::Given) {
            Action::ConsentGiven
        } else if any(Outcome::Withdrawn) {
            Action::ConsentWithdrawn
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
    /// Given once; its time is over.
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standpoint {
    outcome: Outcome,
    until: Timestamp,
}

/// The state: how each purpose stands, and which decisions led there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings {
    purposes: BTreeMap<PurposeId, Standpoint>,
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

    /// How a purpose stands at a moment; `None` if it was never decided. Expiry is computed here, at every reading.
    pub fn status(&self, purpose: &PurposeId, now: Timestamp) -> Option<Status> {
        self.purposes.get(purpose).map(|point| match point.outcome {
            Outcome::Given if now < point.until => Status::Given,
            Outcome::Given => Status::Expired,
            Outcome::Refused => Status::Refused,
            Outcome::Withdrawn => Status::Withdrawn,
        })
    }

    /// The purposes that are given and valid at a moment.
    pub fn given(&self, now: Timestamp) -> BTreeSet<PurposeId> {
        self.with(now, |status| status == Status::Given)
    }

    /// The purposes that were decided and are not given at a moment.
    pub fn not_given(&self, now: Timestamp) -> BTreeSet<PurposeId> {
        self.with(now, |status| status != Status::Given)
    }

    fn with(&self, now: Timestamp, wanted: impl Fn(Status) -> bool) -> BTreeSet<PurposeId> {
        self.purposes.keys().filter(|p| self.status(p, now).is_some_and(&wanted)).cloned().collect()
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
        let Command { id, choice, offer, seen, layer } = command;
        if state.history.contains(&id) {
            return Err(Refusal::AlreadyDecided { latest: state.head() == Some(id) });
        }
        // The clock may step back between two decisions; their order may not.
        let at = context.now.max(state.latest);
        let wanted = match choice {
            Choice::AcceptAll => offer.purposes.clone(),
            Choice::RejectAll => BTreeSet::new(),
            Choice::Selection(purposes) => purposes,
        };
        let denied =
            if wanted.is_empty() { None } else { grant_fault(state, &offer, &wanted, seen, context) };

        let given_now = state.given(at);
        let mut outcomes: BTreeMap<PurposeId, Outcome> = BTreeMap::new();
        // What was given and is not wanted any more ends, whatever else the command asks.
        for purpose in given_now.difference(&wanted) {
            outcomes.insert(purpose.clone(), Outcome::Withdrawn);
        }
        if let Some(refusal) = denied {
            if outcomes.is_empty() {
                return Err(refusal);
            }
        } else {
            for purpose in offer.purposes {
                let outcome = if wanted.contains(&purpose) { Outcome::Given } else { Outcome::Refused };
                outcomes.entry(purpose).or_insert(outcome);
            }
        }
        if outcomes.is_empty() {
            return Err(Refusal::NothingToDecide);
        }
        let gives = outcomes.values().any(|outcome| *outcome == Outcome::Given);
        let until = if gives { offer.lifetime.after(at) } else { offer.refusal_lifetime.after(at) };
        Ok(vec![Decision {
            id,
            seq: state.seq().saturating_add(1),
            at,
            policy: offer.policy,
            standing: offer.standing,
            notice: offer.notice,
            locale: offer.locale,
            layer,
            outcomes,
            until,
        }])
    }

    fn evolve(mut state: Standings, event: &Decision) -> Standings {
        for (purpose, outcome) in &event.outcomes {
            state.purposes.insert(purpose.clone(), Standpoint { outcome: *outcome, until: event.until });
        }
        state.history.push(event.id);
        state.latest = event.at;
        state
    }
}

fn grant_fault(
    state: &Standings,
    offer: &Offer,
    wanted: &BTreeSet<PurposeId>,
    seen: u32,
    context: &Context,
) -> Option<Refusal> {
    if context.caller != CallerClass::Device {
        return Some(Refusal::NoDevice);
    }
    if offer.standing == Standing::Unknown {
        return Some(Refusal::PolicyChanged);
    }
    if let Some(unknown) = wanted.difference(&offer.purposes).next() {
        return Some(Refusal::UnknownPurpose(unknown.clone()));
    }
    (seen != state.seq()).then(|| Refusal::Stale { seq: state.seq() })
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
