//! What the edge answers to who decides.

use super::Receipt;
use crate::{
    clock::Timestamp,
    id::{PolicyHash, PurposeId, ServiceId},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// The answer to a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reply {
    /// The decision; `null` where there was nothing to record: where data is used until an objection, and nobody
    /// objected.
    pub decision: Option<Recorded>,
    /// The receipt; a repetition of a refusal by nobody known has none.
    pub receipt: Option<Receipt>,
    /// False if the decision applies and its recording is still under way.
    pub recorded: bool,
    /// The decision cookie as a header has it, for another origin's page to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
}

/// A decision as the edge recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Decision"))]
pub struct Recorded {
    /// The policy it answers.
    pub policy: PolicyHash,
    /// How many decisions of this device there are by now; 0 for a refusal by nobody known.
    pub seq: u32,
    /// The purposes that consent is given for.
    pub given: BTreeSet<PurposeId>,
    /// The purposes that were refused, withdrawn or objected to.
    pub refused: BTreeSet<PurposeId>,
    /// The services that are given alone where their purpose is refused, or objected to where it is undecided.
    pub services: BTreeSet<ServiceId>,
    /// When it lapses.
    pub until: Timestamp,
}
