//! What data is processed for.

use crate::{id::PurposeId, policy::LocalText};
use serde::{Deserialize, Serialize};

/// A purpose of processing; banners often say "category".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Its name for machines, such as `analytics`; tags carry it as `data-category`.
    pub id: PurposeId,
    /// Strictly necessary for a service the person asked for, so that no consent is asked (ePrivacy Directive
    /// Article 5(3)). Such a purpose cannot be refused.
    pub essential: bool,
    /// The lawful basis (GDPR Article 6(1)), told to people under Article 13(1)(c).
    pub basis: LawfulBasis,
    /// Its name for people, in each language.
    pub name: LocalText,
    /// What happens and why, in plain words (GDPR Articles 12(1) and 13(1)(c)), in each language.
    pub description: LocalText,
}

/// The lawful bases of GDPR Article 6(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LawfulBasis {
    /// Article 6(1)(a): the person agreed.
    Consent,
    /// Article 6(1)(b): needed for a contract with the person, or for steps they asked for.
    Contract,
    /// Article 6(1)(c): the law demands it.
    LegalObligation,
    /// Article 6(1)(d): to protect someone's life.
    VitalInterests,
    /// Article 6(1)(e): a task in the public interest.
    PublicTask,
    /// Article 6(1)(f): interests that outweigh the person's, to which they may object.
    LegitimateInterests,
}
