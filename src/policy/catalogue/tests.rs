//! The catalogue is data that nobody compiles: what a slip of the pen could break is checked here.

use super::*;
use crate::policy::{Lifetime, is_link, period::is_longer};
use std::collections::BTreeMap;

fn ids(found: impl Iterator<Item = &'static Known>) -> Vec<&'static str> {
    found.map(|known| known.id.as_str()).collect()
}

fn marked(text: &str) -> Vec<&'static str> {
    ids(by_mark(text).map(|(known, _)| known))
}

fn host(name: &str) -> Option<&'static str> {
    by_host(name).map(|known| known.id.as_str())
}

#[test]
fn there_are_many_and_each_has_its_own_id_and_name() {
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    for known in catalogue() {
        assert!(seen.insert(known.id.as_str()), "{} is there twice", known.id);
        assert!(names.insert(known.name.as_str()), "{} is there twice", known.name);
        assert!(known.name.chars().count() <= 60 && !known.name.contains(['<', '&', '\n']), "{}", known.name);
        assert!(!known.recipient.name.trim().is_empty(), "{}", known.id);
    }
    assert!(seen.len() >= 100, "only {}", seen.len());
}

#[test]
fn hosts_are_hosts_and_belong_to_one_service() {
    let mut owners = BTreeMap::new();
    for known in catalogue() {
        assert!(!known.hosts.is_empty(), "{} has no host", known.id);
        for own in known.hosts.iter().chain(&known.shared_hosts) {
            let name = own.strip_prefix("*.").unwrap_or(own);
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)),
                "{own}"
            );
            assert!(name.split('.').all(|label| (1..=63).contains(&label.len())), "{}: {own}", known.id);
            assert!(
                name.contains('.') && !name.ends_with(|c: char| c.is_ascii_digit()),
                "{}: {own}",
                known.id
            );
            // `*.com` or `*.co.uk` would be half the web.
            let labels = name.split('.').count();
            assert!(
                !own.starts_with('*') || (labels >= 2 && name.len() >= 6),
                "{}: {own} is too broad",
                known.id
            );
        }
        for own in &known.hosts {
            if let Some(other) = owners.insert(own, &known.id) {
                panic!("{own} is of {other} and of {}", known.id);
            }
        }
    }
    for known in catalogue() {
        for shared in &known.shared_hosts {
            assert!(!known.hosts.contains(shared), "{}: {shared} is its own", known.id);
        }
    }
}

#[test]
fn transfers_lead_out_of_the_european_economic_area() {
    for known in catalogue() {
        if let Some(country) = &known.transfer {
            assert!(!is_in_the_eea(country), "{}: {country} is in it", known.id);
        } else if known.recipient.country.as_str() == "US" {
            panic!("{}: data goes to the recipient's country", known.id);
        }
    }
}

#[test]
fn patterns_match_their_own_and_little_else() {
    let ours = ["consentry", "__Host-consentry-device", "consentry.receipt", "consentry.queue"];
    let common = [
        "session",
        "sessionid",
        "PHPSESSID",
        "JSESSIONID",
        "csrftoken",
        "XSRF-TOKEN",
        "lang",
        "theme",
        "cart",
    ];
    for known in catalogue() {
        let names = known.cookies.iter().map(|cookie| cookie.name.as_str());
        for pattern in names.chain(known.storage.iter().map(String::as_str)) {
            let stem = pattern.strip_suffix('*').unwrap_or(pattern);
            assert!(stem.len() >= 3 && !stem.contains('*'), "{}: {pattern} is too broad", known.id);
            assert!(stem.bytes().all(|b| b.is_ascii_graphic() || b == b' '), "{}: {pattern}", known.id);
            let is_match =
                |name: &str| if pattern == stem { name == pattern } else { name.starts_with(stem) };
            for other in ours.iter().chain(&common) {
                assert!(!is_match(other), "{}: {pattern} matches {other}", known.id);
            }
        }
    }
}

#[test]
fn notices_are_pages_and_lifetimes_are_plausible() {
    for known in catalogue() {
        assert!(
            known.notice.starts_with("https://") && is_link(&known.notice),
            "{}: {}",
            known.id,
            known.notice
        );
        for cookie in &known.cookies {
            if let Lifetime::Period(period) = &cookie.lifetime {
                assert!(
                    !is_longer(period, &"P2Y".parse().unwrap()),
                    "{}: {} for {period}",
                    known.id,
                    cookie.name
                );
            }
        }
    }
}

#[test]
fn marks_say_enough() {
    for known in catalogue() {
        for mark in &known.marks {
            assert!(mark.len() >= 7 && mark.len() <= 60, "{}: {mark}", known.id);
            assert_eq!(marked(mark), [known.id.as_str()], "{mark}");
        }
    }
}

#[test]
fn every_file_holds_its_own_purpose() {
    let purposes = [Category::Analytics, Category::Marketing, Category::Functional, Category::Necessary];
    for (file, purpose) in FILES.iter().zip(purposes) {
        for known in serde_json::from_str::<Vec<Known>>(file).unwrap() {
            assert_eq!(known.purpose, purpose, "{}", known.id);
        }
    }
}

#[test]
fn a_host_finds_the_closest() {
    assert_eq!(host("www.google-analytics.com"), Some("google-analytics"));
    assert_eq!(host("region1.google-analytics.com"), Some("google-analytics"));
    assert_eq!(host("WWW.Clarity.ms"), Some("clarity"));
    assert_eq!(host("v2.clarity.ms"), Some("clarity"));
    assert_eq!(host("partner.googleadservices.com"), Some("google-adsense"));
    assert_eq!(host("www.googleadservices.com"), Some("google-ads"));
    assert_eq!(host("fern-clay.matomo.cloud"), Some("matomo-cloud"));
    for none in ["matomo.cloud", "clarity.ms.example", "notclarity.ms", "www.google.com", "example.org", ""] {
        assert_eq!(host(none), None, "{none}");
    }
}

#[test]
fn cookies_keys_and_code_are_recognised() {
    assert_eq!(ids(by_cookie("_ga")), ["google-analytics"]);
    assert_eq!(ids(by_cookie("_ga_AB12CD34")), ["google-analytics"]);
    assert_eq!(ids(by_cookie("_gallery")), [""; 0]);
    assert_eq!(ids(by_cookie("_pk_id.1.1fff")), ["matomo-cloud", "piwik-pro"]);
    assert_eq!(ids(by_key("rc::a")), ["recaptcha"]);
    assert_eq!(
        marked("<script src=\"https://www.googletagmanager.com/gtag/js?id=G-1\">"),
        ["google-analytics"]
    );
    assert_eq!(marked("fbq('init', '1')"), ["meta-pixel"]);
    assert_eq!(marked("nothing of the kind"), [""; 0]);
}
