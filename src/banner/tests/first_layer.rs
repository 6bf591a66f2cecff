//! The first layer, and the control that opens the second.

use super::*;

#[test]
fn the_first_layer_offers_three_equal_choices() {
    let html = fragment(&sample::policy(), &VIEW);
    let first = html.split("</dialog>").next().unwrap();
    let buttons: Vec<_> =
        first.split("<button").skip(1).map(|rest| rest.split_once("</button>").unwrap().0).collect();
    assert_eq!(
        buttons,
        [
            " class=\"consentry-button\" name=\"choice\" value=\"reject-all\">Reject all",
            " class=\"consentry-button\" name=\"choice\" value=\"accept-all\">Accept all",
            " class=\"consentry-button\" name=\"choice\" value=\"choose\">Choose",
        ]
    );
}

#[test]
fn the_first_layer_is_open_only_for_who_is_asked_and_undecided() {
    let open = |policy: &Policy, view: &View<'_>| tokens(&fragment(policy, view))[0].attr("open").is_some();
    let policy = varied();
    let decided = Choices::default();
    for setting in settings() {
        let asked = !setting.signal && ["IE", "GB"].contains(&setting.region.as_ref().unwrap().country());
        let view = View { setting, ..VIEW };
        assert_eq!(Banner::new(&policy, &view.setting).asks(), asked, "{:?}", view.setting);
        assert_eq!(open(&policy, &view), asked, "{:?}", view.setting);
        assert!(!open(&policy, &View { choices: Some(&decided), ..view.clone() }));
        let lapsed = Choices { lapsed: true, ..Choices::default() };
        assert_eq!(
            open(&policy, &View { choices: Some(&lapsed), ..view.clone() }),
            asked,
            "who agreed is asked again"
        );
        assert!(!open(&policy, &View { prerendered: true, ..view }));
    }

    let mut json = sample::json();
    json["purposes"].as_array_mut().unwrap().truncate(1);
    json["services"] = json!([]);
    let nothing = sample::parsed(json);
    assert!(!open(&nothing, &VIEW));
    assert!(!fragment(&nothing, &VIEW).contains("name=\"choice\""), "there is nothing to choose");
}

#[test]
fn exempt_purposes_are_told_in_the_first_layer() {
    let first = |region| fragment(&varied(), &at(region)).split("</dialog>").next().unwrap().to_owned();
    assert!(first("GB").contains("<span>Unless you object under"), "{}", first("GB"));
    assert!(!first("IE").contains("<span>"));
    let california = first("US-CA");
    assert!(california.ends_with('>') && !california.contains("<h2"), "nobody is asked there: {california}");
}

#[test]
fn the_second_layer_can_come_later() {
    let banner = Banner::new(&varied(), &VIEW.setting);
    let (whole, first) = (banner.fragment(&VIEW), banner.first(&VIEW));
    assert_sound(&first);
    let without_words = |html: &str| {
        let mut tokens = tokens(html);
        if let Token::Open(_, attrs) = &mut tokens[0] {
            attrs.retain(|name, _| !name.starts_with("data-"));
        }
        tokens
    };
    let (before, after) = whole.split_once("<dialog id=\"consentry-preferences\"").unwrap();
    let whole = format!("{before}{}", after.split_once("</dialog>").unwrap().1);
    assert_eq!(without_words(&first), without_words(&whole), "the same but for the second layer");
    let said = tokens(&first);
    for needed in
        ["data-loading", "data-working", "data-failed", "data-queued", "data-changed", "data-confirm-text"]
    {
        assert!(said[0].attr(needed).is_some(), "{needed}");
    }
    assert_eq!(said[0].attr("data-restore"), None);
}

#[test]
fn the_page_has_what_is_said_by_script() {
    let policy = varied();
    for setting in settings() {
        let banner = Banner::new(&policy, &setting);
        let view = View { setting, ..VIEW };
        let tokens = tokens(&banner.fragment(&view));
        assert_eq!(banner.words().len(), 19);
        for (key, text) in banner.words() {
            let attribute = format!("data-{}", key.replace('_', "-"));
            assert_eq!(tokens[0].attr(&attribute), Some(text.as_str()), "{attribute}");
            assert!(!text.is_empty() && !text.contains("{site}"), "{text}");
        }
    }
}
