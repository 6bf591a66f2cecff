//! The plan: what a page needs to know to obey a policy, in a few hundred bytes.

use super::{
    Age, BASE, COOKIE, Grants, Material, Policy, RegimeId, Setting,
    document::{Dnt, Purpose, Source},
    hash, material, notice, optional_services, resolve,
};
use crate::{
    bits::bits,
    id::{NoticeHash, PolicyHash, PurposeId, ServiceId},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Write as _};

/// What the loader obeys. It stands in the page as JSON; members at their default are left out.
///
/// ```json
/// {"v":2,"base":"/.consentry/","policy":"…","notice":"…","locale":"en","regime":"opt-in","material":"…",
///  "purposes":["analytics"],"ask":true,"gpc":1,
///  "services":[{"id":"metrics","purpose":0,"hosts":["metrics.example"]}],"days":181,"refusal_days":181,
///  "grant":"recorded","cookie":"consentry","more":"","sdk":"","dialogs":"","seen":0}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// The version of this format: 2.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 2)))]
    pub v: u32,
    /// The path of the site's privacy routes.
    pub base: String,
    /// The policy it was compiled from.
    pub policy: PolicyHash,
    /// The notice shown with it.
    pub notice: NoticeHash,
    /// The language of that notice.
    pub locale: String,
    /// The rules that hold.
    pub regime: RegimeId,
    /// How old the visitor is taken to be.
    #[serde(default, skip_serializing_if = "Age::is_unknown")]
    pub age: Age,
    /// The fingerprint of what people decide about, which the decision cookie names.
    pub material: String,
    /// What earlier fingerprints mean now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub was: BTreeMap<String, Moved>,
    /// The purposes a person may refuse; their order is the bit order of the decision cookie.
    pub purposes: Vec<PurposeId>,
    /// The purposes that are permitted while nothing was decided about them, as bits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub on: u32,
    /// Whether the first layer is shown while nothing was decided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask: bool,
    /// The purposes that Global Privacy Control turns off, as bits; 0 where it is not honoured.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gpc: u32,
    /// The services of those purposes; their order is the bit order of the cookie's services.
    pub services: Vec<PlannedService>,
    /// For how many days a grant holds: the fewest that the policy's period can be, so that a page never keeps a
    /// choice the server holds to be expired.
    pub days: u64,
    /// For how many days a refusal is respected before people may be asked again.
    pub refusal_days: u64,
    /// When a grant takes effect.
    pub grant: Grants,
    /// The name of the decision cookie.
    pub cookie: String,
    /// What vendors are told, and what the browser says.
    #[serde(default, skip_serializing_if = "PlannedSignals::is_default")]
    pub signals: PlannedSignals,
    /// The earlier tools whose decision is taken over, each with the name of its cookie or storage key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub migrate: BTreeMap<Source, String>,
    /// Where the loader's second stage is; whoever serves the page fills it in.
    pub more: String,
    /// Where the SDK is loaded from; whoever serves the page fills it in.
    pub sdk: String,
    /// Where the dialogs are when the page does not have them; whoever serves the page fills it in.
    pub dialogs: String,
    /// How many decisions of this device the page was made with; whoever serves the page fills it in.
    pub seen: u32,
}

/// Where the bits of an earlier policy's decisions are now: the place; its bitwise complement, which is negative, where a
/// grant has lapsed because the purpose changed materially and a refusal stands; `null` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// Purposes.
    pub p: Vec<Option<i32>>,
    /// Services.
    pub s: Vec<Option<i32>>,
}

/// A service as the loader knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Service"))]
pub struct PlannedService {
    /// Its id.
    pub id: ServiceId,
    /// Its purpose, as an index into the plan's purposes.
    pub purpose: usize,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// The names of its cookies, for clearing them on withdrawal; one `*` may end a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<String>,
    /// Its keys of local and session storage, written like `cookies`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<String>,
    /// Whether the page has to be loaded anew to stop it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reload: bool,
}

/// What vendors are told. Numbers are indices into the plan's purposes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Signals"))]
pub struct PlannedSignals {
    /// Google Consent Mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google: Option<PlannedGoogle>,
    /// Microsoft UET: the purpose that grants `ad_storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uet: Option<usize>,
    /// Microsoft Clarity: the purposes that grant `ad_Storage` and `analytics_Storage`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clarity: BTreeMap<String, usize>,
    /// Whether Do Not Track counts like Global Privacy Control.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dnt: bool,
}

impl PlannedSignals {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Google Consent Mode as the loader knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "GoogleSignals"))]
pub struct PlannedGoogle {
    /// Which purpose grants each type; a type that is missing here and in `granted` is always denied.
    pub types: BTreeMap<String, usize>,
    /// Types that serve essential purposes, always granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted: Vec<String>,
    /// `wait_for_update`, in milliseconds.
    pub wait: u32,
    /// `ads_data_redaction`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redact: bool,
    /// `url_passthrough`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passthrough: bool,
    /// Whether Google's tags run before a choice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advanced: bool,
}

impl Plan {
    /// The plan for a page of another origin: every address of it on the one given, such as `https://edge.example`.
    #[must_use]
    pub fn with_origin(self, origin: &str) -> Self {
        let far = |path: String| format!("{origin}{path}");
        let Self { base, more, sdk, dialogs, .. } = self;
        Self { base: far(base), more: far(more), sdk: far(sdk), dialogs: far(dialogs), ..self }
    }
}

/// Compiles a policy for a setting. `earlier` is what earlier versions of the policy were, so that decisions about
/// them are understood: see [`material`].
pub fn compile(policy: &Policy, setting: &Setting<'_>, earlier: &[Material]) -> Plan {
    let notice = notice(policy, setting);
    let regime = resolve(policy, setting);
    let material = material(policy);
    let optional: Vec<_> = policy.optional_purposes().collect();
    let services = optional_services(policy)
        .filter_map(|service| {
            Some(PlannedService {
                id: service.id.clone(),
                purpose: optional.iter().position(|purpose| purpose.id == service.purpose)?,
                hosts: service.hosts.clone(),
                cookies: service.cookies.iter().map(|cookie| cookie.name.clone()).collect(),
                storage: service.storage.clone(),
                reload: service.reload,
            })
        })
        .collect();
    let was = earlier.iter().filter(|earlier| earlier.hash != material.hash).map(|earlier| {
        let codes = |fates: Vec<super::Fate>| fates.into_iter().map(super::Fate::code).collect();
        let p = codes(material.fates_of_purposes(earlier));
        (earlier.hash.clone(), Moved { p, s: codes(material.fates_of_services(earlier)) })
    });
    Plan {
        v: 2,
        base: BASE.to_owned(),
        policy: hash(policy),
        notice: notice.hash,
        locale: notice.text.locale.to_string(),
        regime: regime.id,
        age: regime.age,
        was: was.collect(),
        on: bits(regime.rules.iter().map(|rule| rule.is_on())),
        ask: regime.asks,
        gpc: bits(optional.iter().map(|purpose| regime.signalled.contains(&purpose.id))),
        purposes: optional.iter().map(|purpose| purpose.id.clone()).collect(),
        services,
        days: policy.consent.days(),
        refusal_days: policy.consent.refusal_days(),
        grant: policy.consent.grants,
        cookie: COOKIE.to_owned(),
        signals: signals(policy, &optional),
        migrate: policy.imports.iter().map(|import| (import.from, import.name().to_owned())).collect(),
        material: material.hash,
        more: String::new(),
        sdk: String::new(),
        dialogs: String::new(),
        seen: 0,
    }
}

fn signals(policy: &Policy, optional: &[&Purpose]) -> PlannedSignals {
    let index = |id: &PurposeId| optional.iter().position(|purpose| purpose.id == *id);
    let google = policy.signals.google.as_ref().map(|google| {
        let mut planned = PlannedGoogle {
            wait: google.wait_for_update,
            redact: google.ads_data_redaction,
            passthrough: google.url_passthrough,
            advanced: google.advanced,
            ..PlannedGoogle::default()
        };
        for (kind, purpose) in &google.types {
            match index(purpose) {
                Some(at) => drop(planned.types.insert(kind.to_string(), at)),
                None if policy.purpose(purpose).is_some() => planned.granted.push(kind.to_string()),
                None => {}
            }
        }
        planned
    });
    let microsoft = policy.signals.microsoft.clone().unwrap_or_default();
    let clarity = microsoft.clarity.iter().flat_map(|clarity| {
        [("ad_Storage", clarity.ad_storage.as_ref()), ("analytics_Storage", Some(&clarity.analytics_storage))]
    });
    PlannedSignals {
        google,
        uet: microsoft.uet.as_ref().and_then(index),
        clarity: clarity.filter_map(|(name, id)| Some((name.to_owned(), index(id?)?))).collect(),
        dnt: policy.signals.dnt == Dnt::Honour,
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(bits: &u32) -> bool {
    *bits == 0
}

impl Plan {
    /// The JSON as it may stand inside a `<script>` element of a page in any charset: ASCII, and no `<`.
    pub fn to_script(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        let mut out = String::with_capacity(json.len());
        for c in json.chars() {
            if c.is_ascii() && c != '<' {
                out.push(c);
            } else {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::json;

    fn setting(region: &str) -> Setting<'static> {
        Setting { region: Some(region.parse().unwrap()), ..Setting::of("en") }
    }

    #[test]
    fn has_the_members_of_the_format_in_their_order() {
        let plan = compile(&sample::policy(), &Setting::of("en"), &[]);
        let expected = format!(
            concat!(
                r#"{{"v":2,"base":"/.consentry/","policy":"{}","notice":"{}","locale":"en","regime":"opt-in","#,
                r#""material":"{}","purposes":["analytics","marketing"],"ask":true,"gpc":3,"services":["#,
                r#"{{"id":"metrics","purpose":0,"hosts":["127.0.0.1:9101"],"cookies":["pm_*"],"storage":["pm-queue"]}},"#,
                r#"{{"id":"ads","purpose":1,"hosts":["127.0.0.1:9102"],"cookies":["ad_id"]}}],"#,
                r#""days":181,"refusal_days":181,"grant":"recorded","cookie":"consentry","#,
                r#""more":"","sdk":"","dialogs":"","seen":0}}"#,
            ),
            plan.policy, plan.notice, plan.material,
        );
        assert_eq!(plan.to_script(), expected);
        assert_eq!(serde_json::from_str::<Plan>(&expected).unwrap(), plan);
    }

    #[test]
    fn the_script_form_cannot_end_its_element() {
        let plan = compile(&sample::policy(), &Setting::of("en"), &[]);
        let plan = Plan { sdk: "</script><!--\u{1f33f}é".into(), ..plan };
        let script = plan.to_script();
        assert!(script.is_ascii() && !script.contains('<'), "{script}");
        assert_eq!(serde_json::from_str::<Plan>(&script).unwrap(), plan);
    }

    #[test]
    fn services_of_essential_purposes_need_no_gate() {
        let mut json = sample::json();
        json["services"][0]["purpose"] = "necessary".into();
        let plan = compile(&sample::parsed(json), &Setting::of("en"), &[]);
        assert_eq!(plan.services.len(), 1);
        assert_eq!(plan.services[0].purpose, 1);
    }

    #[test]
    fn the_rules_of_a_region_are_in_it() {
        let mut json = sample::json();
        json["purposes"][1]["uses"] = json!(["statistics"]);
        let policy = sample::parsed(json);
        let of = |setting: Setting<'_>| {
            let plan = compile(&policy, &setting, &[]);
            (plan.regime, plan.on, plan.ask, plan.gpc)
        };
        assert_eq!(of(setting("GB")), (RegimeId::Uk, 0b01, true, 0b11));
        assert_eq!(of(setting("US-CA")), (RegimeId::Us, 0b11, false, 0b10));
        assert_eq!(of(Setting { signal: true, ..setting("US-CA") }), (RegimeId::Us, 0b01, false, 0b10));
        assert_eq!(of(Setting { signal: true, ..setting("IE") }), (RegimeId::OptIn, 0, false, 0b11));
    }

    #[test]
    fn vendors_are_told_by_one_mapping() {
        let mut json = sample::json();
        json["signals"] = json!({
            "dnt": "honour",
            "google": {"types": {"analytics_storage": "analytics", "ad_storage": "marketing", "security_storage": "necessary"}},
            "microsoft": {"uet": "marketing", "clarity": {"analytics_storage": "analytics"}},
        });
        let plan = compile(&sample::parsed(json), &Setting::of("en"), &[]);
        assert_eq!(
            serde_json::to_value(&plan.signals).unwrap(),
            json!({
                "google": {
                    "types": {"ad_storage": 1, "analytics_storage": 0}, "granted": ["security_storage"],
                    "wait": 500, "redact": true
                },
                "uet": 1, "clarity": {"analytics_Storage": 0}, "dnt": true
            })
        );
    }

    #[test]
    fn decisions_about_earlier_versions_are_understood() {
        let before = material(&sample::policy());
        let mut json = sample::json();
        json["services"][1]["recipient"]["name"] = json!("Other Ads Inc.");
        let policy = sample::parsed(json);
        let plan = compile(&policy, &Setting::of("en"), &[material(&policy), before.clone()]);
        let moved = Moved { p: vec![Some(0), Some(-2)], s: vec![Some(0), Some(-2)] };
        assert_eq!(plan.was, BTreeMap::from([(before.hash, moved)]), "its own is no earlier one");
    }
}
