//! What the edge answers to who uses a right.

use super::{
    connector::step,
    request::{Ground, Phase, Request, Right, Step, is_untouched},
};
use crate::{
    caller::Proof,
    clock::{Calendar, Day, Law, Timestamp},
    id::{ConnectorId, EventId},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Erasure"))]
pub struct ErasureReply {
    /// What is gone.
    pub erased: Deleted,
    /// What the site has to keep.
    pub kept: Vec<Kept>,
    /// What else there is to know, in the language of the page.
    pub note: String,
    /// The request, while the site's other systems are still to erase: by its id anybody sees how far they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestReply>,
}

/// What an erasure took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deleted {
    /// How many records.
    pub records: u64,
}

/// Something that outlives an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kept {
    /// What.
    pub what: String,
    /// On what ground, as the policy declares it.
    pub ground: String,
    /// Until when.
    pub until: Timestamp,
}

/// A request as the person sees it, and the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Request"))]
pub struct RequestReply {
    /// Its id.
    pub id: EventId,
    /// What was asked for.
    pub right: Right,
    /// How far it is.
    pub phase: Phase,
    /// The law its terms come from.
    pub law: Law,
    /// When it came in.
    pub received: Timestamp,
    /// What has to be proved still, before anything is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Proof>,
    /// The day to aim at: weekends and holidays win nothing.
    pub target: Day,
    /// The last day on which an answer is in time.
    pub latest: Day,
    /// Why it takes longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Extended>,
    /// What there is to do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, StepReply>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Where else the person may turn, as what they asked for was not done, or not whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Timestamp>,
}

/// Where a person may turn to whose request was refused. They are told with the reasons (GDPR Article 12(4)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// A complaint to a supervisory authority (GDPR Article 77; in California the Privacy Protection Agency, Civil Code
    /// 1798.199.45).
    SupervisoryAuthority,
    /// A court (GDPR Article 79).
    Court,
}

impl Remedy {
    /// What there is under a law.
    pub const fn under(law: Law) -> &'static [Self] {
        match law {
            Law::Gdpr | Law::UkGdpr => &[Self::SupervisoryAuthority, Self::Court],
            Law::Ccpa => &[Self::SupervisoryAuthority],
        }
    }
}

/// A step of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Step"))]
pub struct StepReply {
    /// How it stands.
    pub state: Step,
    /// What there is to say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// That a request takes longer (Article 12(3)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Extended {
    /// Why.
    pub reason: String,
    /// When the person was told.
    pub at: Timestamp,
}

/// That a request was refused (Article 12(4)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// On what ground.
    pub ground: Ground,
    /// The reasons.
    pub reason: String,
}

impl RequestReply {
    /// Whether nothing of it was done yet, nor is being done by others than the site's own people: then it may still be taken
    /// back.
    pub fn is_untouched(&self) -> bool {
        !self.phase.is_over() && is_untouched(self.steps.iter().map(|(name, step)| (&**name, step.state)))
    }

    /// Whether one of the site's other systems has still to do its part.
    pub fn is_waiting_for(&self, connector: &ConnectorId) -> bool {
        self.steps.get(&step(connector)).is_some_and(|step| step.state == Step::Open)
    }
}

impl Request {
    /// As the person sees it.
    pub fn reply(&self, calendar: &Calendar) -> RequestReply {
        let term = self.term(calendar);
        let is_lacking = matches!(self.phase, Phase::Refused | Phase::PartiallyCompleted);
        let steps = self
            .steps
            .iter()
            .map(|(name, (state, note))| (name.clone(), StepReply { state: *state, note: note.clone() }));
        RequestReply {
            id: self.id,
            right: self.asked.right(),
            phase: self.phase,
            law: self.law,
            received: self.received,
            needs: (self.phase == Phase::IdentityPending).then_some(self.needs),
            target: term.target,
            latest: term.latest,
            extended: self.extension.clone().map(|(reason, at)| Extended { reason, at }),
            steps: steps.collect(),
            refused: self.refusal.clone().map(|(ground, reason)| Refused { ground, reason }),
            remedies: if is_lacking { Remedy::under(self.law).to_vec() } else { Vec::new() },
            over: self.over,
        }
    }
}
