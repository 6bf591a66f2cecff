//! What a person asks for, and what it needs.

use super::request::Right;
use crate::{
    id::{CategoryId, PurposeId},
    records::RecordName,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest statement, in characters.
pub const LONGEST_STATEMENT: usize = 4_000;

/// The most members that one request puts right.
pub const MOST_CHANGES: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "right", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Asked {
    /// A copy of everything that is held (Article 15).
    Access,
    /// What was provided, to take along (Article 20).
    Portability,
    /// That everything is deleted (Article 17).
    Erasure,
    /// That something wrong is put right, or something missing added (Article 16).
    Rectification {
        /// The record that is wrong, if the person named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<Named>,
        /// What is right, by JSON Pointer (RFC 6901).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        changes: BTreeMap<String, Value>,
        /// In the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        statement: Option<String>,
    },
    /// That data is only stored (Article 18).
    Restriction {
        /// Why.
        ground: RestrictionGround,
        /// In the person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        statement: Option<String>,
    },
    /// That uses of data end (Article 21).
    Objection {
        /// What for.
        purposes: BTreeSet<PurposeId>,
        /// In the person's words; against direct marketing none are needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        statement: Option<String>,
    },
    /// That a person looks at a decision that a machine made (Article 22(3)).
    HumanReview {
        /// Which decision, and what the person says to it.
        statement: String,
    },
    /// That every consent is withdrawn (Article 7(3)).
    Withdrawal,
}

/// A record by its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its category.
    pub category: CategoryId,
    /// Its name.
    pub name: RecordName,
}

/// Why data is to be stored only (Article 18(1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RestrictionGround {
    /// (a): the person says that it is wrong; for as long as that is looked into.
    Accuracy,
    /// (b): it is processed unlawfully, and the person does not want it erased.
    Unlawful,
    /// (c): the site needs it no longer, the person does, for legal claims.
    Claims,
    /// (d): the person objected; until it is known whose grounds weigh more.
    Objection,
}

impl Asked {
    /// The right that is used.
    pub const fn right(&self) -> Right {
        match self {
            Self::Access => Right::Access,
            Self::Portability => Right::Portability,
            Self::Erasure => Right::Erasure,
            Self::Rectification { .. } => Right::Rectification,
            Self::Restriction { .. } => Right::Restriction,
            Self::Objection { .. } => Right::Objection,
            Self::HumanReview { .. } => Right::HumanReview,
            Self::Withdrawal => Right::Withdrawal,
        }
    }

    /// What the person says in their own words.
    pub fn statement(&self) -> Option<&str> {
        match self {
            Self::Rectification { statement, .. }
            | Self::Restriction { statement, .. }
            | Self::Objection { statement, .. } => statement.as_deref(),
            Self::HumanReview { statement } => Some(statement),
            Self::Access | Self::Portability | Self::Erasure | Self::Withdrawal => None,
        }
    }
}
