//! What is reduced: addresses, lists of them, user agents, client hints, URLs, cookies, headers, entries.
#![no_main]

use consentry::anonymize::{
    ClientHints, CookieRules, EntryRules, HeaderRules, IpMask, UrlRules, anonymize, reduce_client_hints, reduce_cookies,
    reduce_ip, reduce_url, reduce_user_agent,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(reduced) = reduce_ip(text) {
        let (network, _) = reduced.split_once('/').expect("a network has a length");
        assert!(network.ends_with(".0") || network.ends_with("::"), "{text:?} gave {reduced:?}");
    }
    let _ = (IpMask::DEFAULT.reduce_list(text), IpMask::DEFAULT.reduce_forwarded(text));
    let agent = reduce_user_agent(text).to_string();
    assert!(agent.len() < 80, "{agent}");
    let hints = ClientHints { brands: text, full_versions: text, mobile: text, platform: text, ..ClientHints::default() };
    let _ = reduce_client_hints(&hints);
    if let Some(reduced) = reduce_url(text, &UrlRules::default()) {
        assert!(!reduced.contains('@') && !reduced.contains('#'), "{text:?} gave {reduced:?}");
        assert_eq!(reduce_url(&reduced, &UrlRules::default()).as_deref(), Some(reduced.as_str()), "of {text:?}");
    }
    let _ = reduce_cookies(text, &CookieRules::default());
    let (name, value) = text.split_once(':').unwrap_or((text, text));
    let _ = HeaderRules::default().reduce(name, value);
    if let Ok(mut entry) = serde_json::from_str(text) {
        anonymize(&mut entry, &EntryRules::default());
    }
});
