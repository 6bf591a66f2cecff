//! A policy for tests.

use super::{Policy, parse};
use serde_json::{Value, json};

/// The hash of [`json`].
pub(crate) const HASH: &str = "x0UCZ0uG7sMV9UWh17Xf74G4fy_BqSts_sAKUkxqFEQ";

/// The demo shop's policy, as the demo would start it.
pub(crate) fn shop() -> String {
    include_str!("../../www/shop/policy.json")
        .replace("{metrics}", "127.0.0.1:9101")
        .replace("{ads}", "127.0.0.1:9102")
        .replace("{films}", "127.0.0.1:9103")
        .replace("{map}", "127.0.0.1:9104")
}

/// A small policy that has no problem.
pub(crate) fn json() -> Value {
    json!({
        "version": 1,
        "site": {"id": "fern-clay", "name": "Fern & Clay"},
        "controller": {"name": "Fern & Clay Ltd", "address": "1 Kiln Lane, Dublin", "email": "privacy@fern-clay.example"},
        "privacy_notice": "/privacy",
        "purposes": [
            {
                "id": "necessary", "essential": true, "basis": "contract",
                "name": {"en": "Necessary"}, "description": {"en": "Keeps your basket."}
            },
            {
                "id": "analytics", "essential": false, "basis": "consent",
                "name": {"en": "Analytics"}, "description": {"en": "Counts visits."}
            },
            {
                "id": "marketing", "essential": false, "basis": "consent",
                "name": {"en": "Marketing"}, "description": {"en": "Shows our pots elsewhere."}
            }
        ],
        "services": [
            {
                "id": "metrics", "purpose": "analytics", "name": "Plain Metrics",
                "recipient": {"name": "Plain Metrics GmbH", "country": "DE"},
                "hosts": ["127.0.0.1:9101"],
                "cookies": [{"name": "pm_*", "lifetime": "P13M"}],
                "storage": ["pm-queue"]
            },
            {
                "id": "ads", "purpose": "marketing", "name": "Example Ads",
                "recipient": {"name": "Example Ads Inc.", "country": "US"},
                "hosts": ["127.0.0.1:9102"],
                "cookies": [{"name": "ad_id", "lifetime": "P3M"}],
                "transfer": {"country": "US", "safeguard": "standard-contractual-clauses"}
            }
        ],
        "consent": {"proof": {"retention": "P3Y", "ground": "to defend legal claims (GDPR Article 17(3)(e))"}},
        "locales": {"default": "en"}
    })
}

/// The same with every optional part present. Two of its signals are worth a warning, and nothing else is.
pub(crate) fn full() -> Value {
    let mut json = json();
    json["$schema"] = json!("policy.schema.json");
    json["site"]["url"] = json!("https://fern-clay.example/");
    json["site"]["cookie_domain"] = json!("fern-clay.example");
    json["controller"]["dpo"] = json!({"name": "Dara Byrne", "email": "dpo@fern-clay.example"});
    json["controller"]["representative"] =
        json!({"name": "Fern Europe", "address": "2 Kiln Lane, Dublin", "email": "eu@fern-clay.example"});
    json["consent"]["lifetime"] = json!("P6M");
    json["consent"]["refusal_lifetime"] = json!("P12M");
    json["consent"]["grants"] = json!("immediate");
    json["log"] = json!({"retention": "P2Y"});
    json["locales"]["texts"] = json!({"en": {"choose": "Choose freely"}});
    json["purposes"][1]["basis_elsewhere"] = json!("legitimate-interests");
    json["purposes"][1]["uses"] = json!(["statistics"]);
    json["purposes"][2]["uses"] = json!(["sharing", "targeted-advertising"]);
    json["services"][0]["privacy_notice"] = json!("https://metrics.example/privacy");
    json["services"][1]["privacy_notice"] = json!("https://ads.example/privacy");
    json["services"][1]["reload"] = json!(true);
    json["records"] = json!([
        {
            "id": "profile", "purposes": ["necessary"], "name": {"en": "Your account"}, "retention": "P3Y",
            "source": "provided", "withheld": ["/password_hash"], "rectifiable": ["/city"]
        },
        {
            "id": "interests", "purposes": ["marketing", "analytics"], "name": {"en": "What you may like"},
            "retention": "P6M", "source": "derived"
        },
        {
            "id": "credit", "purposes": ["necessary"], "name": {"en": "Your credit score"}, "retention": "P1Y",
            "source": "received",
            "received_from": {"en": "Plain Credit Ltd, Dublin", "de": "Plain Credit Ltd in Dublin"}
        }
    ]);
    json["automated_decisions"] = json!([{
        "id": "invoice", "name": {"en": "Whether you may pay by invoice"},
        "logic": {"en": "We look at whether earlier invoices were paid in time."},
        "consequences": {"en": "If not, you pay before we send anything."},
        "purposes": ["necessary"], "records": ["profile"]
    }]);
    json["rights"] = json!({"country": "IE", "holidays": ["2026-12-24"]});
    json["regions"] = json!({
        "groups": {"anz": ["AU", "NZ"], "south": ["ZA", "anz"]},
        "rules": [{"in": ["south", "US-WY"], "regime": "notice-only"}],
        "audience": "under-16"
    });
    json["signals"] = json!({
        "dnt": "honour",
        "google": {
            "types": {"ad_storage": "marketing", "analytics_storage": "analytics", "security_storage": "necessary"},
            "wait_for_update": 1000,
            "ads_data_redaction": false,
            "url_passthrough": true,
            "advanced": true
        },
        "microsoft": {
            "uet": "marketing",
            "clarity": {"ad_storage": "marketing", "analytics_storage": "analytics"}
        }
    });
    json["imports"] = json!([{
        "from": "cookieconsent",
        "name": "old_consent",
        "purposes": {"ads": "marketing", "stats": "analytics"},
        "same_notice": true,
        "lifetime": "P3M"
    }]);
    json["theme"] = json!({
        "scheme": "light",
        "position": "center",
        "layout": "bar",
        "light": {"paper": "#fffaf5", "ink": "#202020", "accent": "#7a3b1d", "on_accent": "#ffffff"},
        "dark": {"paper": "#101010", "ink": "#f0f0f0", "accent": "#f0b48c", "on_accent": "#101010"},
        "radius": 0,
        "font": "Inter, sans-serif"
    });
    json
}

/// Parses what has no problem.
#[allow(clippy::needless_pass_by_value, reason = "reads better at the calls")]
pub(crate) fn parsed(json: Value) -> Policy {
    parse(&json.to_string()).unwrap()
}

/// [`json`] as a policy.
pub(crate) fn policy() -> Policy {
    parsed(json())
}

mod tests {
    #[test]
    fn the_demo_shop_has_no_problem() {
        let policy = super::parse(&super::shop()).unwrap();
        let hosts: Vec<_> = policy.services.iter().flat_map(|service| &service.hosts).collect();
        assert_eq!(hosts, ["127.0.0.1:9101", "127.0.0.1:9102", "127.0.0.1:9103", "127.0.0.1:9104"]);
        // A small shop has no data protection officer; nothing else is left to think about.
        let warnings: Vec<_> = crate::policy::warnings(&policy).into_iter().map(|one| one.path).collect();
        assert_eq!(warnings, ["controller.dpo"]);
        assert!(
            super::parse(include_str!("../../www/shop/policy.json")).is_err(),
            "addresses are not filled in"
        );
    }

    #[test]
    fn every_part_reads_back_as_written() {
        let full = super::full();
        let mut written = serde_json::to_value(super::parsed(full.clone())).unwrap();
        written["$schema"] = full["$schema"].clone();
        // Empty lists are written out.
        written["services"][1].as_object_mut().unwrap().remove("storage");
        assert_eq!(written, full);
    }

    #[test]
    fn every_field_of_the_format_is_in_the_full_sample() {
        // What is missing here would be missing in the tests of hash, schema and checks too. One is left out on purpose:
        // a signal that is ignored is nothing that other tests could look at.
        let written = super::full();
        for pointer in [
            "/regions/audience",
            "/signals/dnt",
            "/signals/google/advanced",
            "/signals/microsoft/clarity/ad_storage",
            "/imports/0/lifetime",
            "/theme/dark/on_accent",
            "/theme/font",
            "/purposes/1/basis_elsewhere",
            "/purposes/1/uses",
            "/services/1/reload",
            "/services/1/privacy_notice",
            "/records/0/withheld",
            "/records/0/rectifiable",
            "/records/2/received_from",
            "/automated_decisions/0/purposes",
            "/automated_decisions/0/records",
            "/rights/country",
            "/rights/holidays",
        ] {
            assert!(written.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn the_full_sample_has_two_warnings() {
        let found = crate::policy::warnings(&super::parsed(super::full())).into_iter();
        let paths: Vec<_> = found.map(|one| one.path).collect();
        assert_eq!(paths, ["signals.google.url_passthrough", "signals.google.advanced"]);
    }
}
