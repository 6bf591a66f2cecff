//! What the edge answers to who has their data erased.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};

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
