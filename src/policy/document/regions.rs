//! Which rules hold where.

use crate::policy::{RegimeId, locale::unique_map};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where which rules hold. Built in are the European Economic Area, Switzerland, Brazil, the United Kingdom and the
/// United States; everywhere else, and where the region is unknown, the strictest rules hold: nothing before consent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// Names for several regions, for use in `rules`. A group may name other groups; `EEA` is built in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub groups: BTreeMap<String, Vec<String>>,
    /// The site's own rules; of several that fit, the first holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RegionRule>,
    /// Who the site is for.
    #[serde(default, skip_serializing_if = "Audience::is_general")]
    pub audience: Audience,
}

impl Regions {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The rules of some regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RegionRule {
    /// Countries (ISO 3166-1: `NZ`), their parts (ISO 3166-2: `US-TX`), or groups.
    #[serde(rename = "in")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub places: Vec<String>,
    /// Which rules hold there.
    pub regime: RegimeId,
}

/// Who a site is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Anybody.
    #[default]
    General,
    /// People under sixteen, so that nothing of theirs is sold or shared before somebody agrees (California: Civil
    /// Code 1798.120(c)).
    #[serde(rename = "under-16")]
    Under16,
}

impl Audience {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_general(&self) -> bool {
        *self == Self::General
    }
}
