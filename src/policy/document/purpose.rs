//! What data is processed for.

use crate::{id::PurposeId, policy::LocalText};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    /// The basis in regions whose rules let data be used until the person objects; without it, the same. Only there
    /// may it be `legitimate-interests`, and then people are shown a way to object, never a ticked box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis_elsewhere: Option<LawfulBasis>,
    /// What the data is used for, as far as the rules of a region turn on it. Without it the purpose is treated as
    /// the kind that is protected most.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub uses: BTreeSet<Use>,
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

impl Purpose {
    /// Whether people may object to it and the site has to weigh its grounds (GDPR Article 21(1)): what cannot be refused as such,
    /// on a basis that has to give way to a person's situation.
    pub fn is_weighed(&self) -> bool {
        self.essential && matches!(self.basis, LawfulBasis::PublicTask | LawfulBasis::LegitimateInterests)
    }
}

/// Uses of data that some region has a rule of its own for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Statistics about how the site itself is used, to improve it, shared with nobody but those who help with that
    /// (UK: PECR, schedule A1, as the Data (Use and Access) Act 2025 put it in).
    Statistics,
    /// Fitting the site’s look and functions to what the person prefers (UK: PECR, schedule A1).
    Appearance,
    /// Selling personal information (California: Civil Code 1798.140(ad)).
    Sale,
    /// Sharing it for cross-context behavioural advertising (California: Civil Code 1798.140(ah)).
    Sharing,
    /// Advertising chosen by what people did on other sites.
    TargetedAdvertising,
    /// Profiling for decisions with legal or similarly significant effects.
    Profiling,
    /// Sensitive personal information.
    SensitiveData,
}
