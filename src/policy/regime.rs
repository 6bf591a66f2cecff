//! Which rules hold for a visitor: for each purpose, by region and age, and by what the browser says on its own.

use super::{
    Policy, Purpose, Region,
    document::{Audience, Dnt, Gpc, Use},
};
use crate::id::PurposeId;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RegimeId {
    /// Nothing optional before consent (ePrivacy Directive Article 5(3) with GDPR Article 4(11)).
    #[default]
    OptIn,
    /// The same, but for statistics and appearance, which run unless the person objects (UK: PECR regulation 6 and
    /// schedule A1, as the Data (Use and Access) Act 2025 put it in, from 5 February 2026).
    Uk,
    /// Data is used unless the person opts out; sensitive data, and the sale of data of people under sixteen, only
    /// after consent (US states; California: Civil Code 1798.120, 1798.121, 1798.135).
    Us,
    /// People are told, and may turn things off.
    NoticeOnly,
}

impl RegimeId {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::Uk => "uk",
            Self::Us => "us",
            Self::NoticeOnly => "notice-only",
        }
    }

    /// How strict it is; more is stricter.
    const fn strictness(self) -> u8 {
        match self {
            Self::NoticeOnly => 0,
            Self::Us => 1,
            Self::Uk => 2,
            Self::OptIn => 3,
        }
    }

    /// Whether it asks no less of a site than another.
    pub fn is_as_strict_as(self, other: Self) -> bool {
        self.strictness() >= other.strictness()
    }
}

impl fmt::Display for RegimeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RegimeId {
    type Err = crate::id::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::OptIn, Self::Uk, Self::Us, Self::NoticeOnly]
            .into_iter()
            .find(|regime| regime.as_str() == text)
            .ok_or(crate::id::InvalidId { expected: "opt-in, uk, us or notice-only" })
    }
}

/// What holds for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Off until consent is given.
    OptIn,
    /// On until the person objects.
    OptOut,
    /// On, and people are told; they may turn it off.
    Notice,
}

impl Rule {
    /// Whether the purpose is on while nothing was decided about it.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::OptIn)
    }
}

/// How old a visitor is, as far as the rules turn on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Age {
    /// Not known; the policy's audience decides.
    #[default]
    Unknown,
    /// Under sixteen.
    #[serde(rename = "under-16")]
    Under16,
}

impl Age {
    /// What a site says of a visitor's age; anything but `under-16` is nothing known.
    pub fn said(text: &str) -> Self {
        if Some(text.trim()) == Self::Under16.as_str() { Self::Under16 } else { Self::Unknown }
    }

    /// Its name where one is sent: nothing where nothing is known.
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Under16 => Some("under-16"),
        }
    }

    /// A local address with it as a parameter: the same address where nothing is known.
    pub fn added_to(self, address: &str) -> String {
        let mark = if address.contains('?') { '&' } else { '?' };
        self.as_str().map_or_else(|| address.to_owned(), |age| format!("{address}{mark}age={age}"))
    }

    /// Whether nothing is known of it.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

/// The circumstances a page is made for. Plan, notice and markup are pure functions of a policy and these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setting<'a> {
    /// The language asked for; the nearest one that the policy has is shown.
    pub locale: &'a str,
    /// Where the visitor is; `None` where that is unknown.
    pub region: Option<Region>,
    /// How old the visitor is.
    pub age: Age,
    /// Whether the browser sends a signal that the policy honours, such as Global Privacy Control.
    pub signal: bool,
}

impl<'a> Setting<'a> {
    /// A language, and otherwise the strictest: an unknown region.
    pub fn of(locale: &'a str) -> Self {
        Self { locale, ..Self::default() }
    }
}

/// The rules that hold for a visitor, purpose by purpose, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regime {
    /// The set of rules.
    pub id: RegimeId,
    /// What holds for each optional purpose, in policy order.
    pub rules: Vec<Rule>,
    /// Whether the first layer is shown to who has decided nothing.
    pub asks: bool,
    /// How old the visitor is taken to be, by what was said of them or of the site's audience.
    pub age: Age,
    /// Whether a signal of the browser's changed any of it.
    pub signal: bool,
    /// The purposes that the signal turns off, where it is honoured.
    pub signalled: BTreeSet<PurposeId>,
    /// The purposes whose data is used unless the person opts out, before any signal: allowing them again takes two
    /// steps (California: CCPA regulations, section 7028(a)).
    pub two_steps: BTreeSet<PurposeId>,
    /// Why these rules hold, for the record.
    pub reason: String,
}

/// What does not change what people read or what a page obeys, left out: two settings with the same key share a
/// notice and a plan.
pub type RegimeKey = (RegimeId, bool, bool);

impl Regime {
    /// The rule for a purpose; the strictest for one that is not optional or not known.
    pub fn rule(&self, policy: &Policy, purpose: &PurposeId) -> Rule {
        let at = policy.optional_purposes().position(|own| own.id == *purpose);
        at.and_then(|at| self.rules.get(at)).copied().unwrap_or(Rule::OptIn)
    }

    /// Whether anything is on while nothing was decided, so that people may object.
    pub fn takes_objections(&self) -> bool {
        self.rules.iter().any(|rule| rule.is_on())
    }

    /// The purposes that are on while nothing was decided.
    pub fn on(&self, policy: &Policy) -> BTreeSet<PurposeId> {
        let pairs = policy.optional_purposes().zip(&self.rules);
        pairs.filter(|(_, rule)| rule.is_on()).map(|(purpose, _)| purpose.id.clone()).collect()
    }
}

/// The countries of the European Economic Area (ISO 3166-1), and those parts of them that have codes of their own.
pub(super) const EEA: [&str; 36] = [
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
    "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO", // members
    "AX", "GF", "GP", "MQ", "RE", "YT", // within Finland and France
];

/// US states whose comprehensive privacy acts are in force.
pub(super) const US_ACTS: [&str; 20] = [
    "US-CA", "US-CO", "US-CT", "US-DE", "US-FL", "US-IA", "US-IN", "US-KY", "US-MD", "US-MN", "US-MT",
    "US-NE", "US-NH", "US-NJ", "US-OR", "US-RI", "US-TN", "US-TX", "US-UT", "US-VA",
];

/// The rules a place has by itself, and why.
pub(super) fn built_in(region: Option<&Region>) -> (RegimeId, String) {
    let Some(region) = region else {
        return (RegimeId::OptIn, "unknown region: the strictest rules hold".to_owned());
    };
    let (regime, law) = match region.country() {
        "GB" => (RegimeId::Uk, "PECR regulation 6 and schedule A1"),
        "US" => (RegimeId::Us, "US states' privacy acts; California: Civil Code 1798.120 and 1798.135"),
        "CH" => (RegimeId::OptIn, "Telecommunications Act article 45c and Data Protection Act article 6"),
        "BR" => (RegimeId::OptIn, "LGPD articles 7 and 8"),
        _ if region.is_in_eea() => (RegimeId::OptIn, "ePrivacy Directive Article 5(3), GDPR Article 6(1)(a)"),
        _ => (RegimeId::OptIn, "no rules of its own are known here: the strictest hold"),
    };
    (regime, format!("{region}: {law}"))
}

/// Whether a place is meant by a name in a policy: a country, a part of one, or a group.
fn is_meant(policy: &Policy, name: &str, region: &Region, depth: usize) -> bool {
    // `check` refuses groups that lead back to themselves; an unchecked policy must not hang either.
    if depth > 8 {
        return false;
    }
    if name == "EEA" {
        return region.is_in_eea();
    }
    match policy.regions.groups.get(name) {
        Some(members) => members.iter().any(|member| is_meant(policy, member, region, depth + 1)),
        None => name.parse::<Region>().is_ok_and(|place| region.is_in(&place)),
    }
}

/// Which set of rules holds in a region, and why.
fn regime_in(policy: &Policy, region: Option<&Region>) -> (RegimeId, String) {
    let declared = region.and_then(|region| {
        let meant = |name: &String| is_meant(policy, name, region, 0);
        policy.regions.rules.iter().find(|rule| rule.places.iter().any(meant))
    });
    match (declared, region) {
        (Some(rule), Some(region)) => (rule.regime, format!("{region}: declared by the site")),
        _ => built_in(region),
    }
}

/// Whether a rule protects a purpose's data from sale, sharing and the like. One whose uses are not declared is.
fn is_protected(purpose: &Purpose) -> bool {
    let mild = [Use::Statistics, Use::Appearance];
    purpose.uses.is_empty() || purpose.uses.iter().any(|kind| !mild.contains(kind))
}

/// Whether a purpose is one that the UK exempts: it has to be the sole one.
fn is_exempt(purpose: &Purpose) -> bool {
    !purpose.uses.is_empty() && !is_protected(purpose)
}

fn rule_of(purpose: &Purpose, regime: RegimeId, minor: bool) -> Rule {
    let sells = |purpose: &Purpose| {
        purpose.uses.is_empty()
            || [Use::Sale, Use::Sharing, Use::TargetedAdvertising]
                .iter()
                .any(|kind| purpose.uses.contains(kind))
    };
    let opts_in = purpose.uses.contains(&Use::SensitiveData) || (minor && sells(purpose));
    match regime {
        RegimeId::Uk if is_exempt(purpose) => Rule::OptOut,
        RegimeId::OptIn | RegimeId::Uk => Rule::OptIn,
        RegimeId::Us | RegimeId::NoticeOnly if opts_in => Rule::OptIn,
        RegimeId::Us => Rule::OptOut,
        RegimeId::NoticeOnly => Rule::Notice,
    }
}

/// The rules that hold for a visitor.
pub fn resolve(policy: &Policy, setting: &Setting<'_>) -> Regime {
    let (id, mut reason) = regime_in(policy, setting.region.as_ref());
    let minor = is_minor(policy, setting.age);
    if minor {
        reason.push_str("; for people under sixteen");
    }
    let asking = matches!(id, RegimeId::OptIn | RegimeId::Uk);
    let mut regime = Regime {
        id,
        rules: Vec::new(),
        asks: false,
        age: if minor { Age::Under16 } else { Age::Unknown },
        signal: setting.signal,
        signalled: BTreeSet::new(),
        two_steps: BTreeSet::new(),
        reason,
    };
    let honours = policy.signals.gpc == Gpc::Honour || policy.signals.dnt == Dnt::Honour;
    for purpose in policy.optional_purposes() {
        let rule = rule_of(purpose, id, minor);
        // Where consent is asked for, the signal refuses everything; elsewhere what it was made against.
        let signalled = honours && (asking || is_protected(purpose));
        if signalled {
            regime.signalled.insert(purpose.id.clone());
        }
        if id == RegimeId::Us && rule == Rule::OptOut {
            regime.two_steps.insert(purpose.id.clone());
        }
        regime.rules.push(if signalled && setting.signal { Rule::OptIn } else { rule });
    }
    let refused = setting.signal && !regime.signalled.is_empty();
    regime.asks = asking && !refused && regime.rules.contains(&Rule::OptIn);
    if refused {
        regime.reason.push_str("; the browser sends a privacy signal");
    }
    regime
}

/// What of a setting matters to what is shown.
pub fn regime_key(policy: &Policy, setting: &Setting<'_>) -> RegimeKey {
    (regime_in(policy, setting.region.as_ref()).0, is_minor(policy, setting.age), setting.signal)
}

fn is_minor(policy: &Policy, age: Age) -> bool {
    age == Age::Under16 || policy.regions.audience == Audience::Under16
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::{Value, json};

    fn policy(regions: Value) -> Policy {
        let mut json = sample::json();
        json["purposes"][1]["uses"] = json!(["statistics"]);
        json["purposes"][2]["uses"] = json!(["sharing", "targeted-advertising"]);
        json["regions"] = regions;
        sample::parsed(json)
    }

    fn at<'a>(region: &str) -> Setting<'a> {
        Setting { region: Some(region.parse().unwrap()), ..Setting::of("en") }
    }

    use Rule::{Notice, OptIn, OptOut};

    #[test]
    fn each_region_has_its_rules() {
        let policy = policy(json!({}));
        for (region, id, rules, asks) in [
            ("IE", RegimeId::OptIn, [OptIn, OptIn], true),
            ("RE", RegimeId::OptIn, [OptIn, OptIn], true),
            ("CH", RegimeId::OptIn, [OptIn, OptIn], true),
            ("BR-SP", RegimeId::OptIn, [OptIn, OptIn], true),
            ("JP", RegimeId::OptIn, [OptIn, OptIn], true),
            ("GB-SCT", RegimeId::Uk, [OptOut, OptIn], true),
            ("US-CA", RegimeId::Us, [OptOut, OptOut], false),
            ("US", RegimeId::Us, [OptOut, OptOut], false),
        ] {
            let regime = resolve(&policy, &at(region));
            assert_eq!(
                (regime.id, regime.rules.as_slice(), regime.asks),
                (id, rules.as_slice(), asks),
                "{region}"
            );
            assert!(regime.reason.starts_with(region), "{}", regime.reason);
        }
        let unknown = resolve(&policy, &Setting::of("en"));
        assert_eq!(
            (unknown.id, unknown.reason.as_str()),
            (RegimeId::OptIn, "unknown region: the strictest rules hold")
        );
    }

    #[test]
    fn a_purpose_that_does_not_say_what_it_is_gets_no_exemption() {
        let policy = sample::policy();
        assert_eq!(resolve(&policy, &at("GB")).rules, [OptIn, OptIn]);
        let signalled = resolve(&policy, &Setting { signal: true, ..at("US-CA") });
        assert_eq!(signalled.rules, [OptIn, OptIn]);
    }

    #[test]
    fn statistics_shared_for_advertising_are_no_statistics() {
        let mut json = sample::json();
        json["purposes"][1]["uses"] = json!(["statistics", "sharing"]);
        assert_eq!(resolve(&sample::parsed(json), &at("GB")).rules, [OptIn, OptIn]);
    }

    #[test]
    fn the_young_and_the_sensitive_opt_in() {
        let mut json = sample::json();
        json["purposes"][1]["uses"] = json!(["sensitive-data"]);
        json["purposes"][2]["uses"] = json!(["sale"]);
        let policy = sample::parsed(json.clone());
        assert_eq!(resolve(&policy, &at("US-CA")).rules, [OptIn, OptOut]);
        assert_eq!(resolve(&policy, &Setting { age: Age::Under16, ..at("US-CA") }).rules, [OptIn, OptIn]);
        json["regions"] = json!({"audience": "under-16"});
        let regime = resolve(&sample::parsed(json), &at("US-CA"));
        assert_eq!(regime.rules, [OptIn, OptIn]);
        assert!(regime.reason.ends_with("under sixteen") && !regime.asks, "{}", regime.reason);
    }

    #[test]
    fn an_age_is_named_the_same_everywhere() {
        for age in [Age::Unknown, Age::Under16] {
            assert_eq!(Age::said(age.as_str().unwrap_or_default()), age);
            assert_eq!(serde_json::to_value(age).unwrap(), age.as_str().unwrap_or("unknown"));
        }
        assert_eq!(Age::Unknown.added_to("/a?b=c"), "/a?b=c");
        assert_eq!(Age::Under16.added_to("/a?b=c"), "/a?b=c&age=under-16");
        assert_eq!(Age::Under16.added_to("/a"), "/a?age=under-16");
    }

    #[test]
    fn a_signal_refuses_and_nobody_is_asked() {
        let policy = policy(json!({}));
        let with = |region| resolve(&policy, &Setting { signal: true, ..at(region) });
        let ireland = with("IE");
        assert_eq!((ireland.rules.as_slice(), ireland.asks), ([OptIn, OptIn].as_slice(), false));
        // California's signal is against sale and sharing; statistics of the site's own go on.
        let california = with("US-CA");
        assert_eq!(california.rules, [OptOut, OptIn]);
        assert_eq!(california.signalled.iter().map(PurposeId::as_str).collect::<Vec<_>>(), ["marketing"]);
        assert_eq!(california.two_steps.len(), 2, "allowing it in spite of the signal takes two steps");
        assert_eq!(
            with("GB").rules,
            [OptIn, OptIn],
            "an objection by automated means (UK GDPR Article 21(5))"
        );
        assert_eq!(
            resolve(&policy, &at("US-CA")).signalled.len(),
            1,
            "known before it is sent, for prepared pages"
        );
    }

    #[test]
    fn a_site_declares_rules_by_place_and_group() {
        let policy = policy(json!({
            "groups": {"anz": ["AU", "NZ"], "south": ["anz", "ZA"]},
            "rules": [{"in": ["US-WY"], "regime": "notice-only"}, {"in": ["south"], "regime": "notice-only"}],
        }));
        assert_eq!(resolve(&policy, &at("NZ")).rules, [Notice, Notice]);
        assert_eq!(resolve(&policy, &at("NZ")).reason, "NZ: declared by the site");
        assert_eq!(resolve(&policy, &at("US-WY")).id, RegimeId::NoticeOnly);
        assert_eq!(resolve(&policy, &at("US")).id, RegimeId::Us, "where in the country is unknown");
        assert_eq!(resolve(&policy, &at("FJ")).id, RegimeId::OptIn);
    }

    #[test]
    fn groups_that_lead_back_to_themselves_end() {
        let mut policy = policy(json!({}));
        policy.regions.groups.insert("a".into(), vec!["b".into()]);
        policy.regions.groups.insert("b".into(), vec!["a".into()]);
        policy
            .regions
            .rules
            .push(super::super::RegionRule { places: vec!["a".into()], regime: RegimeId::NoticeOnly });
        assert_eq!(resolve(&policy, &at("IE")).id, RegimeId::OptIn);
    }

    #[test]
    fn what_shares_a_key_shares_its_rules() {
        let policy = policy(json!({}));
        for (a, b) in [("IE", "FR"), ("US-CA", "US-TX"), ("GB", "GB-SCT")] {
            assert_eq!(regime_key(&policy, &at(a)), regime_key(&policy, &at(b)));
            assert_eq!(resolve(&policy, &at(a)).rules, resolve(&policy, &at(b)).rules);
        }
        assert_ne!(regime_key(&policy, &at("IE")), regime_key(&policy, &at("GB")));
    }
}
