//! Decisions that visitors made with an earlier tool.

use crate::{clock::Period, id::PurposeId, policy::locale::unique_map};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is taken over from an earlier tool, once, where a visitor has made no choice here. A refusal always is. A grant
/// only if its record has a date, is not older than a grant may be here, and was for the same purposes and recipients.
/// The receipt says that it was imported, not witnessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The earlier tool.
    pub from: Source,
    /// The name of its cookie or storage key, if it is not the tool's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its categories or services, each with the purpose here that it stood for.
    #[serde(deserialize_with = "unique_map")]
    pub purposes: BTreeMap<String, PurposeId>,
    /// Whether the earlier notice named the same purposes and recipients as this policy. Only then are grants taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_notice: bool,
    /// How long a grant lasted there, if that is shorter than here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Period>,
}

/// An earlier tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// vanilla-cookieconsent: cookie or storage key `cc_cookie`.
    Cookieconsent,
    /// Klaro: cookie or storage key `klaro`.
    Klaro,
    /// Orejime: cookie `eu-consent`.
    Orejime,
    /// c15t: cookie or storage key `c15t`.
    C15t,
    /// Fides: cookie `fides_consent`.
    Fides,
}

impl Source {
    /// The tool's name in this document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookieconsent => "cookieconsent",
            Self::Klaro => "klaro",
            Self::Orejime => "orejime",
            Self::C15t => "c15t",
            Self::Fides => "fides",
        }
    }

    /// The usual name of its cookie or storage key.
    pub const fn usual_name(self) -> &'static str {
        match self {
            Self::Cookieconsent => "cc_cookie",
            Self::Klaro => "klaro",
            Self::Orejime => "eu-consent",
            Self::C15t => "c15t",
            Self::Fides => "fides_consent",
        }
    }
}

impl Import {
    /// The name of its cookie or storage key.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.from.usual_name())
    }
}
