//! What browsers say on their own, and what vendors are told: one mapping for all of them.

use crate::{id::PurposeId, policy::locale::unique_map};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Signals in and out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signals {
    /// Global Privacy Control (W3C): the header `Sec-GPC: 1` and `navigator.globalPrivacyControl`.
    #[serde(default, skip_serializing_if = "Gpc::is_honoured")]
    pub gpc: Gpc,
    /// Do Not Track, the signal before it.
    #[serde(default, skip_serializing_if = "Dnt::is_ignored")]
    pub dnt: Dnt,
    /// Google Consent Mode, version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google: Option<Google>,
    /// Microsoft's consent interfaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microsoft: Option<Microsoft>,
}

impl Signals {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What Global Privacy Control does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Gpc {
    /// It refuses, until the person chooses otherwise here.
    #[default]
    Honour,
    /// Nothing. Several US states forbid that.
    Ignore,
}

impl Gpc {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_honoured(&self) -> bool {
        *self == Self::Honour
    }
}

/// What Do Not Track does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Dnt {
    /// Nothing.
    #[default]
    Ignore,
    /// The same as Global Privacy Control.
    Honour,
}

impl Dnt {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_ignored(&self) -> bool {
        *self == Self::Ignore
    }
}

/// Google Consent Mode, version 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Google {
    /// Which purpose grants each type. A type that is not named is always denied; one whose purpose is essential is
    /// always granted.
    #[serde(deserialize_with = "unique_map")]
    pub types: BTreeMap<GoogleType, PurposeId>,
    /// For how many milliseconds tags wait for a choice that is still being read; 500 if not given.
    #[serde(default = "half_a_second", skip_serializing_if = "is_half_a_second")]
    #[cfg_attr(feature = "schema", schemars(range(max = 5000)))]
    pub wait_for_update: u32,
    /// Whether ad click identifiers are taken out of requests while `ad_storage` is denied.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub ads_data_redaction: bool,
    /// Whether click identifiers travel in addresses instead of cookies. They identify all the same, so this is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub url_passthrough: bool,
    /// Whether Google's tags run before a choice and send pings without cookies. That is contact with a third party
    /// before a choice, so this is off: the basic mode, in which they wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advanced: bool,
}

/// The seven types of Google's consent mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GoogleType {
    /// Storage for advertising.
    AdStorage,
    /// Sending data about people to Google for advertising.
    AdUserData,
    /// Personalised advertising.
    AdPersonalization,
    /// Storage for analytics.
    AnalyticsStorage,
    /// Storage for functions of the site.
    FunctionalityStorage,
    /// Storage for personalisation.
    PersonalizationStorage,
    /// Storage for security.
    SecurityStorage,
}

impl GoogleType {
    /// The name Google gave it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdStorage => "ad_storage",
            Self::AdUserData => "ad_user_data",
            Self::AdPersonalization => "ad_personalization",
            Self::AnalyticsStorage => "analytics_storage",
            Self::FunctionalityStorage => "functionality_storage",
            Self::PersonalizationStorage => "personalization_storage",
            Self::SecurityStorage => "security_storage",
        }
    }
}

impl fmt::Display for GoogleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Microsoft's consent interfaces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Microsoft {
    /// Advertising's Universal Event Tracking: the purpose that grants `ad_storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uet: Option<PurposeId>,
    /// Clarity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clarity: Option<Clarity>,
}

/// Clarity's `consentv2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Clarity {
    /// The purpose that grants `ad_Storage`; without it that is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad_storage: Option<PurposeId>,
    /// The purpose that grants `analytics_Storage`.
    pub analytics_storage: PurposeId,
}

const fn half_a_second() -> u32 {
    500
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_half_a_second(wait: &u32) -> bool {
    *wait == half_a_second()
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_google_gave_them() {
        for name in [
            "ad_storage",
            "ad_user_data",
            "ad_personalization",
            "analytics_storage",
            "functionality_storage",
            "personalization_storage",
            "security_storage",
        ] {
            let kind: GoogleType = serde_json::from_value(name.into()).unwrap();
            assert_eq!((kind.as_str(), kind.to_string().as_str()), (name, name));
        }
    }
}
