//! The one document a site declares, and what follows from it: the problems in it, its hash, the words a visitor is
//! shown and the plan a page obeys.
//!
//! A policy is a pure value. [`parse`] is the only way in from text; [`resolve`], [`compile`] and [`notice`] are pure
//! functions of (policy, [`Setting`]: language, region, age, signals), so the same always gives the same bytes. Fields that later versions add are left out of
//! the JSON while they hold their default, so the hash of a document already in force never changes under it.

pub mod catalogue;
mod check;
mod document;
mod link;
mod locale;
mod material;
mod notice;
mod parse;
mod period;
mod plan;
mod problem;
mod regime;
mod region;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(feature = "schema")]
mod schema;
mod texts;

pub use check::{check, warnings};
pub use document::{
    Audience, AutomatedDecision, AutomatedDecisionText, Category, Clarity, Connector, ConnectorRight,
    Consent, Contact, Controller, Cookie, Country, DataSource, Detail, Dnt, Edge, Google, GoogleType, Gpc,
    Grants, Import, LawfulBasis, Layout, Lifetime, Locales, Log, Microsoft, Origin, Overrides, Palette,
    Policy, Position, Proof, Purpose, Recipient, RegionRule, Regions, Representative, Rights, Safeguard,
    Scheme, Service, Signals, Site, Source, Theme, Transfer, Undeclared, Use,
};
pub use link::{is_link, is_local_path};
pub use locale::{InvalidLocale, LocalText, Locale};
pub use material::{Fate, Material, Scope, material, optional_services};
pub use notice::{Notice, NoticeText, PurposeText, ServiceText, notice};
pub use parse::{MAX_BYTES, parse};
pub(crate) use period::in_words;
pub use plan::{Moved, Plan, PlannedGoogle, PlannedService, PlannedSignals, compile};
pub use problem::{Problem, Severity};
pub use regime::{Age, Regime, RegimeId, RegimeKey, Rule, Setting, regime_key, resolve};
pub use region::{InvalidRegion, Region};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use texts::{
    Copies as CopyTexts, Interface, Messages, Replies, Rights as RightsTexts, Terms, Words, fill, interface,
};

use crate::{canonical, id::PolicyHash};
use serde::Serialize;

/// The path under which a site serves its privacy routes.
pub const BASE: &str = "/.consentry/";

/// The name of the readable decision cookie.
pub const COOKIE: &str = "consentry";

/// The hash that names a policy: of its canonical bytes, so layout, member order and defaults written out or left
/// out make no difference.
pub fn hash(policy: &Policy) -> PolicyHash {
    PolicyHash::from_bytes(digest("consentry/policy/v1", policy))
}

/// Hashes one of this room's own types.
#[expect(
    clippy::expect_used,
    reason = "these types are structs, lists and maps with text keys, without fractions"
)]
fn digest(label: &str, value: &impl Serialize) -> [u8; 32] {
    canonical::hash(label, value).expect("a policy has a canonical form")
}

#[cfg(test)]
mod tests {
    use super::{hash, sample};
    use serde_json::json;

    #[test]
    fn the_hash_ignores_layout_defaults_and_schema_hint() {
        let plain = sample::parsed(sample::json());
        let mut spelled = sample::json();
        spelled["$schema"] = json!("policy.schema.json");
        spelled["consent"]["lifetime"] = json!("P6M");
        spelled["consent"]["grants"] = json!("recorded");
        spelled["log"] = json!({"retention": "P1Y"});
        assert_eq!(hash(&plain), hash(&sample::parsed(spelled)));

        let mut changed = sample::json();
        changed["services"][0]["recipient"]["country"] = json!("FR");
        assert_ne!(hash(&plain), hash(&sample::parsed(changed)));
    }

    #[test]
    fn the_hash_never_moves() {
        // Consents on record name their policy by this hash: a change here breaks every one of them.
        assert_eq!(hash(&sample::parsed(sample::json())).to_string(), sample::HASH);
    }
}
