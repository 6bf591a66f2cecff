//! Headers made to get something through.

use super::super::reduce_user_agent;
use proptest::prelude::*;

#[test]
fn nothing_unknown_gets_through() {
    for header in ["alice@example.com", "Chrome/99999999999 alice", "Chrome/alice", "\u{1f600}\n\0Firefox/x"]
    {
        let reduced = reduce_user_agent(header).to_string();
        assert!(!reduced.contains("alice") && !reduced.contains("9999"), "{reduced}");
    }
    let long = format!("{}Chrome/120", "x ".repeat(600));
    assert_eq!(reduce_user_agent(&long).browser, "Other", "cut before it is read");
}

#[test]
fn a_version_is_short_or_none() {
    for (version, major) in
        [("0", Some(0)), ("007", Some(7)), ("999.1", Some(999)), ("1000", None), ("31337", None)]
    {
        assert_eq!(reduce_user_agent(&format!("Firefox/{version}")).major, major, "{version}");
    }
}

#[test]
fn a_robot_that_is_not_known_has_no_family() {
    for header in [
        "Mozilla/5.0 (compatible; AliceBot/1.0; +https://alice.example)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; AliceSpider/1.0) Chrome/100.0.0.0 Safari/537.36",
        "alice-crawler",
    ] {
        let reduced = reduce_user_agent(header);
        assert_eq!((reduced.browser, reduced.device, reduced.major), ("Other", "bot", None), "{header}");
    }
    let cubot = "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36";
    assert_eq!(reduce_user_agent(cubot).to_string(), "Chrome 120; Android; mobile");
}

#[test]
fn a_device_with_a_browsers_name_is_no_browser() {
    let model = "Mozilla/5.0 (Linux; Android 13; Whale Mini Focus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36";
    assert_eq!(reduce_user_agent(model).to_string(), "Chrome 120; Android; mobile");
}

proptest! {
    #[test]
    fn any_text_gives_words_of_the_list_and_a_short_number(
        header in "\\PC{0,40}(Chrome|Firefox|Edg|Version|Android|MSIE|FBAV|Windows|bot|\\(|\\)|/|;| |[0-9]{1,9}|\\PC){0,30}",
    ) {
        let reduced = reduce_user_agent(&header);
        prop_assert!(reduced.major.is_none_or(|major| major <= 999));
        prop_assert!(reduced.browser.len() <= 24 && reduced.system.len() <= 16);
        prop_assert_eq!(reduced, reduce_user_agent(&header), "the same again");
    }
}
