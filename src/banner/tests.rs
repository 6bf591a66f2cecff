//! The markup as a whole.

use super::{
    markup::{Token, tokens},
    *,
};
use crate::{
    consent::Choices,
    policy::{Age, Policy, Setting, compile, sample},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

type Render = fn(&Policy, &View<'_>) -> String;

const VIEW: View<'static> = View {
    setting: Setting { locale: "en", region: None, age: Age::Unknown, signal: false },
    choices: None,
    seen: 3,
    return_path: "/shop?a=1&b=2",
    base: "/.consentry/",
    stylesheet: "/.consentry/a/c.0.css",
    prerendered: false,
};

/// A visitor of each kind that the rules tell apart: the strictest, exempt statistics, opting out, told only, and
/// each with a signal.
fn settings() -> Vec<Setting<'static>> {
    let places = ["IE", "GB", "US-CA", "NZ"];
    let pairs = places.iter().flat_map(|place| [(place, false), (place, true)]);
    let of = |(place, signal): (&&str, bool)| {
        let region = Some(place.parse().unwrap());
        Setting { region, signal, ..VIEW.setting }
    };
    pairs.map(of).collect()
}

fn at(region: &str) -> View<'static> {
    View { setting: Setting { region: Some(region.parse().unwrap()), ..VIEW.setting }, ..VIEW }
}

/// A policy with something for every rule: exempt statistics, sold data, sensitive data, and two services for one of
/// them.
fn varied() -> Policy {
    let mut json = sample::full();
    let own = json!({"rules": [{"in": ["NZ"], "regime": "notice-only"}]});
    json["regions"] = own;
    json["purposes"][1]["uses"] = json!(["statistics"]);
    json["purposes"][2]["uses"] = json!(["sale", "sharing"]);
    json["purposes"].as_array_mut().unwrap().truncate(3);
    json["purposes"].as_array_mut().unwrap().push(json!({
        "id": "health", "essential": false, "basis": "consent", "uses": ["sensitive-data"],
        "name": {"en": "Health"}, "description": {"en": "Knows what ails you."}
    }));
    json["services"].as_array_mut().unwrap().truncate(2);
    json["services"].as_array_mut().unwrap().push(json!({
        "id": "films", "purpose": "marketing", "name": "Films",
        "recipient": {"name": "Films SA", "country": "FR"}, "hosts": ["films.example"],
        "privacy_notice": "https://films.example/privacy"
    }));
    serde_json::from_value(json).unwrap()
}

fn choices(given: &[&str], refused: &[&str], services: &[&str]) -> Choices {
    let purposes = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect();
    Choices {
        given: purposes(given),
        refused: purposes(refused),
        services: services.iter().map(|id| id.parse().unwrap()).collect(),
        ..Choices::default()
    }
}

/// The ticked boxes, as what they would send.
fn ticked(html: &str) -> Vec<String> {
    let boxes = tokens(html).into_iter().filter(|token| token.attr("checked").is_some());
    boxes.map(|own| format!("{}={}", own.attr("name").unwrap(), own.attr("value").unwrap())).collect()
}

/// The full sample with every text that a person reads, and every other free string, replaced.
fn hostile(text: &str) -> Policy {
    fn replace(value: &mut Value, key: &str, text: &str) {
        const FREE: [&str; 14] = [
            "name",
            "description",
            "en",
            "address",
            "email",
            "ground",
            "privacy_notice",
            "url",
            "hosts",
            "storage",
            "cookie_domain",
            "choose",
            "purpose_name",
            "reject_all",
        ];
        match value {
            Value::String(own) if FREE.contains(&key) => text.clone_into(own),
            Value::Array(items) => items.iter_mut().for_each(|item| replace(item, key, text)),
            Value::Object(members) => members.iter_mut().for_each(|(key, value)| replace(value, key, text)),
            _ => {}
        }
    }
    let mut json = sample::full();
    json["locales"]["texts"]["en"]["reject_all"] = json!("x");
    replace(&mut json, "", text);
    // Not through `parse`, which would refuse it: the renderer must hold on its own.
    serde_json::from_value(json).unwrap()
}

/// Everything but what the text says: tags with the names of their attributes, and where text stands.
fn skeleton(html: &str) -> Vec<String> {
    tokens(html)
        .iter()
        .filter_map(|token| match token {
            Token::Open(name, attrs) => Some(format!("<{name} {:?}>", attrs.keys().collect::<Vec<_>>())),
            Token::Close(name) => Some(format!("</{name}>")),
            Token::Text(_) => None,
        })
        .collect()
}

/// What the builder makes of characters that HTML cannot carry.
fn carried(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || u32::from(c) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Asserts what holds for any markup of ours.
fn assert_sound(html: &str) {
    let tokens = tokens(html);
    let ids: Vec<_> = tokens.iter().filter_map(|token| token.attr("id")).collect();
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id appears twice: {ids:?}");
    for token in &tokens {
        let Token::Open(name, attrs) = token else { continue };
        for attr in attrs.keys() {
            assert!(attr != "style" && !attr.starts_with("on"), "{attr} needs a weaker CSP");
        }
        assert!(
            name != "style" && (name != "script" || token.attr("type") == Some("application/json")),
            "{name}"
        );
        for reference in ["aria-labelledby", "aria-describedby"] {
            if let Some(id) = token.attr(reference) {
                assert!(ids.contains(&id), "{reference} names {id}, which is not there");
            }
        }
        for link in ["href", "action"] {
            if let Some(url) = token.attr(link) {
                assert!(crate::policy::is_link(url), "{link}={url}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_out(text in "\\PC{1,40}|[<>&\"'/=! a\\-]{1,40}|\\p{Any}{1,40}|\\{[a-z_]{0,12}\\}[<\"]?") {
        let (plain, hostile) = (hostile("x"), hostile(&text));
        for (render, view) in [(fragment as Render, VIEW), (page, VIEW), (fragment, at("US-CA"))] {
            let html = render(&hostile, &view);
            assert_sound(&html);
            prop_assert_eq!(skeleton(&html), skeleton(&render(&plain, &view)));
            let told = tokens(&html).contains(&Token::Text(carried(&text)));
            prop_assert!(told, "the text itself is lost");
        }
    }

    #[test]
    fn no_view_breaks_out(text in "\\PC{0,30}|\\p{Any}{0,30}|/[/\\\\a\"<\\t]{0,4}") {
        let policy = sample::policy();
        let setting = Setting { locale: &text, ..VIEW.setting };
        let view = View { setting, return_path: &text, stylesheet: &text, base: &text, ..VIEW };
        for render in [fragment, page] {
            let html = render(&policy, &view);
            assert_sound(&html);
            prop_assert_eq!(skeleton(&html), skeleton(&render(&policy, &VIEW)));
        }
    }

    #[test]
    fn no_message_breaks_out(text in "\\PC{1,40}|\\p{Any}{1,40}") {
        let locale = "en".parse().unwrap();
        let message = Message {
            locale: &locale, title: &text, paragraphs: &[&text, &text], link: Some((&text, &text)),
            stylesheet: "/c.css",
        };
        let html = message_page(&message);
        assert_sound(&html);
        let paragraphs = tokens(&html).iter().filter(|token| **token == Token::Text(carried(&text))).count();
        prop_assert_eq!(paragraphs, 5, "title twice, two paragraphs, a link");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_field_breaks_out_of_the_second_step(text in "\\PC{1,40}|\\p{Any}{1,40}|[<>&\"'/=]{1,20}") {
        let policy = hostile(&text);
        let fields = [("purpose", text.as_str()), (&text, &text), ("confirmed", &text)];
        let ask = Confirm {
            policy: &policy, locale: &text, purposes: &["marketing".parse().unwrap()], fields: &fields,
            base: &text, return_path: &text, stylesheet: &text,
        };
        let html = confirm_page(&ask);
        assert_sound(&html);
        let tokens = tokens(&html);
        let sent: Vec<_> = tokens.iter().filter(|token| token.attr("type") == Some("hidden")).collect();
        prop_assert_eq!(sent.len(), 3, "each field once, and `confirmed`");
        prop_assert_eq!(sent[1].attr("value").unwrap(), carried(&text));
        prop_assert_eq!(sent[2].attr("value"), Some("yes"));
    }
}

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
fn ids_and_names_are_the_ones_agreed_upon() {
    let html =
        fragment(&sample::policy(), &VIEW) + &plan_script(&compile(&sample::policy(), &VIEW.setting, &[]));
    assert_sound(&html);
    let tokens = tokens(&html);
    let ids: BTreeSet<_> = tokens.iter().filter_map(|token| token.attr("id")).collect();
    for id in [
        "consentry",
        "consentry-title",
        "consentry-text",
        "consentry-preferences",
        "consentry-close",
        "consentry-data",
        "consentry-status",
        "consentry-proof",
        "consentry-open",
        "consentry-plan",
    ] {
        assert!(ids.contains(id), "{id}");
    }
    let inputs = |name: &str| -> Vec<_> {
        tokens
            .iter()
            .filter(|token| token.attr("name") == Some(name))
            .filter_map(|token| token.attr("value"))
            .collect()
    };
    assert_eq!(inputs("seen"), ["3", "3"]);
    assert_eq!(inputs("layer"), ["banner", "preferences"]);
    assert_eq!(inputs("return"), ["/shop?a=1&b=2", "/shop?a=1&b=2"]);
    assert_eq!(inputs("locale"), ["en", "en"]);
    assert_eq!(inputs("policy"), vec![crate::policy::hash(&sample::policy()).to_string(); 2]);
    assert_eq!(inputs("notice"), vec![notice(&sample::policy(), &VIEW.setting).hash.to_string(); 2]);
    assert_eq!(inputs("regime"), ["opt-in", "opt-in"]);
    assert_eq!(inputs("purpose"), ["analytics", "marketing"]);
    assert_eq!(inputs("service"), ["metrics", "ads"]);
    assert_eq!(tokens.iter().filter(|token| token.attr("class") == Some("consentry-say")).count(), 2);
    assert_eq!(
        inputs("choice"),
        ["reject-all", "accept-all", "choose", "selection", "reject-all", "accept-all"]
    );
    assert_eq!(inputs("confirm"), ["yes"]);
}

#[test]
fn no_box_is_ticked_but_by_the_visitor() {
    let policy = varied();
    for setting in settings() {
        let view = View { setting, ..VIEW };
        for html in [fragment(&policy, &view), page(&policy, &view)] {
            assert_eq!(ticked(&html), [""; 0], "{:?}", view.setting);
        }
        let nothing = Choices::default();
        assert_eq!(ticked(&fragment(&policy, &View { choices: Some(&nothing), ..view })), [""; 0]);
    }
}

#[test]
fn boxes_show_what_the_visitor_chose() {
    let policy = varied();
    let shown = |region: &str, signal: bool, chosen: &Choices| {
        let setting = Setting { signal, ..at(region).setting };
        ticked(&fragment(&policy, &View { setting, choices: Some(chosen), ..VIEW }))
    };
    let given = choices(&["marketing"], &["analytics", "health"], &[]);
    assert_eq!(shown("IE", false, &given), ["purpose=marketing", "service=ads", "service=films"]);
    assert_eq!(shown("US-CA", false, &given), ["objection=analytics", "service_objection=metrics"]);
    let single = choices(&[], &["analytics", "marketing", "health"], &["films"]);
    assert_eq!(shown("IE", false, &single), ["service=films"]);
    assert_eq!(
        shown("NZ", false, &single),
        ["objection=analytics", "service_objection=metrics", "service_objection=ads"],
        "all but the exception, service by service"
    );
    assert_eq!(shown("US-CA", false, &choices(&[], &[], &["films"])), ["service_objection=films"]);
    assert_eq!(shown("IE", false, &choices(&[], &[], &["films"])), [""; 0], "an objection is no consent");
    assert_eq!(shown("IE", false, &choices(&["necessary", "unheard-of"], &[], &["x"])), [""; 0]);

    assert_eq!(shown("US-CA", true, &given), ["objection=analytics", "service_objection=metrics"]);
    let despite = Choices { despite_signal: true, ..given };
    assert_eq!(shown("IE", true, &despite), ["purpose=marketing", "service=ads", "service=films"]);
}

#[test]
fn boxes_follow_the_rules() {
    let names = |view: &View<'_>| -> Vec<String> {
        let boxes = tokens(&fragment(&varied(), view)).into_iter();
        let boxes = boxes.filter(|token| token.attr("type") == Some("checkbox"));
        boxes.map(|own| format!("{} {}", own.attr("name").unwrap(), own.attr("value").unwrap())).collect()
    };
    let asked = ["purpose analytics", "service metrics", "purpose marketing", "service ads", "service films"];
    let told =
        ["objection analytics", "service_objection metrics", "objection marketing", "service_objection ads"];
    let rest = ["purpose health", "confirm yes"];
    assert_eq!(names(&at("IE")), [asked.as_slice(), &rest].concat());
    assert_eq!(names(&at("GB")), [&told[..2], &asked[2..], &rest].concat());
    assert_eq!(names(&at("US-CA")), [told.as_slice(), &["service_objection films"], &rest].concat());
    assert_eq!(names(&at("NZ")), names(&at("US-CA")));
}

#[test]
fn every_button_of_a_row_is_drawn_alike() {
    let policy = varied();
    for setting in settings() {
        let asks =
            ["IE", "GB"].map(Some).contains(&setting.region.as_ref().map(crate::policy::Region::country));
        let view = View { setting, ..VIEW };
        let html = fragment(&policy, &view);
        let rows: Vec<_> = html.split("<div class=\"consentry-buttons\">").skip(1).collect();
        let mut choices = Vec::new();
        for row in rows {
            let row = row.split("</div>").next().unwrap();
            let row: Vec<_> = tokens(row)
                .into_iter()
                .filter(|token| matches!(token, Token::Open(..)))
                .map(|token| {
                    let Token::Open(name, mut attrs) = token else { unreachable!() };
                    choices.push(attrs.remove("value").unwrap());
                    (name, attrs)
                })
                .collect();
            assert!(row.iter().all(|button| *button == row[0]), "{row:?}");
        }
        let second = ["selection", "reject-all", "accept-all"];
        let expected = if asks {
            [&["reject-all", "accept-all", "choose"], second.as_slice()].concat()
        } else {
            [
                if view.setting.region == at("NZ").setting.region {
                    [].as_slice()
                } else {
                    &["stop", "stop"]
                },
                &second[..2],
            ]
            .concat()
        };
        assert_eq!(choices, expected, "{:?}", view.setting);
    }
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
fn people_in_the_us_have_their_links() {
    let html = fragment(&varied(), &at("US-CA"));
    assert_sound(&html);
    let section = html.split_once("class=\"consentry-us\">").unwrap().1.split("</section>").next().unwrap();
    let forms: Vec<Vec<String>> = section
        .split("<form")
        .skip(1)
        .map(|form| {
            let form = format!("<form{}", form.split_inclusive("</form>").next().unwrap());
            let inputs = tokens(&form).into_iter().filter(|token| token.attr("name") == Some("purpose"));
            inputs.map(|input| input.attr("value").unwrap().to_owned()).collect()
        })
        .collect();
    assert_eq!(forms, [vec!["analytics", "marketing"], vec!["health"]]);
    assert_eq!(section.matches("name=\"choice\" value=\"stop\"").count(), 2);
    assert!(section.contains(">Do Not Sell or Share My Personal Information</button>"), "{section}");
    assert!(section.contains(">Limit the Use of My Sensitive Personal Information</button>"), "{section}");
    let reopen = Banner::new(&varied(), &at("US-CA").setting).reopen(&VIEW);
    assert_sound(&reopen);
    assert!(reopen.ends_with("</svg>Your Privacy Choices</a></section>"), "{reopen}");
    assert_eq!(html.matches("<svg").count(), 2, "at the control and in the second layer");
    assert!(!fragment(&varied(), &at("IE")).contains("<svg"));

    let mut json = sample::json();
    json["purposes"][1]["uses"] = json!(["sensitive-data"]);
    json["purposes"].as_array_mut().unwrap().truncate(2);
    json["services"].as_array_mut().unwrap().truncate(1);
    let only_sensitive = fragment(&sample::parsed(json), &at("US-CA"));
    assert_eq!(only_sensitive.matches("value=\"stop\"").count(), 1, "no purpose is sold");
}

#[test]
fn a_signal_is_told_of() {
    let policy = varied();
    let with = |region: &str, signal| {
        fragment(&policy, &View { setting: Setting { signal, ..at(region).setting }, ..VIEW })
    };
    for region in ["IE", "US-CA"] {
        let html = with(region, true);
        let told = html.split_once("<p id=\"consentry-gpc\">").unwrap().1.split("</p>").next().unwrap();
        assert!(told.contains("Global Privacy Control") && told.contains("Marketing"), "{told}");
        assert!(!with(region, false).contains("consentry-gpc"));
    }
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
fn the_page_has_what_is_said_by_script() {
    let policy = varied();
    for setting in settings() {
        let banner = Banner::new(&policy, &setting);
        let view = View { setting, ..VIEW };
        let tokens = tokens(&banner.fragment(&view));
        assert_eq!(banner.words().len(), 17);
        for (key, text) in banner.words() {
            let attribute = format!("data-{}", key.replace('_', "-"));
            assert_eq!(tokens[0].attr(&attribute), Some(text.as_str()), "{attribute}");
            assert!(!text.is_empty() && !text.contains("{site}"), "{text}");
        }
    }
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
fn a_vendors_notice_tells_it_nothing() {
    let html = fragment(&varied(), &VIEW);
    let link = "<a href=\"https://films.example/privacy\" rel=\"noreferrer noopener\">";
    assert_eq!(html.matches(link).count(), 1, "{html}");
    assert!(!html.contains("target="));
}

#[test]
fn a_grant_against_an_objection_takes_a_second_step() {
    let policy = varied();
    let fields = [("policy", "p"), ("choice", "accept-all"), ("confirmed", "no")];
    let ask = Confirm {
        policy: &policy,
        locale: "en",
        purposes: &["marketing".parse().unwrap(), "unheard-of".parse().unwrap()],
        fields: &fields,
        base: "/.consentry/",
        return_path: "//evil.example",
        stylesheet: "/c.css",
    };
    let html = confirm_page(&ask);
    assert!(html.contains("<h1>Please confirm</h1>"), "{html}");
    assert!(html.contains("not to use your data for: Marketing. Allow it again?"), "{html}");
    assert!(html.contains("name=\"choice\" value=\"accept-all\""), "{html}");
    assert!(html.contains("name=\"confirmed\" value=\"yes\"") && !html.contains("value=\"no\""), "{html}");
    assert!(html.contains(">Yes, allow it</button>") && html.contains("<a href=\"/\">Back to"), "{html}");
}

/// Every text of a notice that is shown as text: ids, languages and addresses are in attributes.
fn words(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if ["id", "locale", "regime", "rule"].contains(&key) || text.is_empty() => {}
        Value::String(text) if text.starts_with('/') || text.starts_with("https://") => {}
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| words(item, key, found)),
        Value::Object(members) => members.iter().for_each(|(key, value)| words(value, key, found)),
        _ => {}
    }
}

/// The texts that are shown: what stands between two tags, but for those that only set a name apart.
fn shown(html: &str) -> BTreeSet<String> {
    let mut texts = vec![String::new()];
    for token in tokens(html) {
        texts.splice(0..0, token.attr("aria-label").map(str::to_owned));
        match &token {
            Token::Text(text) => texts.last_mut().unwrap().push_str(text),
            Token::Open(name, _) | Token::Close(name) if name == "bdi" => {}
            _ => texts.push(String::new()),
        }
    }
    texts.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

#[test]
fn every_word_of_the_notice_is_shown_and_nothing_else() {
    let policy = varied();
    for setting in settings() {
        let view = View { setting, ..VIEW };
        let mut shown = shown(&fragment(&policy, &view));
        let mut declared = BTreeSet::new();
        words(&serde_json::to_value(notice(&policy, &view.setting).text).unwrap(), "", &mut declared);
        assert!(shown.remove("\u{d7}"), "the sign on the close button");
        assert_eq!(shown, declared, "{:?}", view.setting);
    }
}

#[test]
fn the_page_does_what_the_dialog_does() {
    let html = page(&sample::policy(), &VIEW);
    assert!(html.starts_with("<!doctype html><html lang=\"en\" dir=\"ltr\""), "{html}");
    assert!(html.contains("<link rel=\"stylesheet\" href=\"/.consentry/a/c.0.css\">"), "{html}");
    assert!(html.contains("<a href=\"/shop?a=1&amp;b=2\">Back to Fern &amp; Clay</a>"), "{html}");
    assert!(html.contains("name=\"layer\" value=\"page\""), "{html}");
    assert!(!html.contains("<dialog") && !html.contains("consentry-close"), "{html}");
    let tokens = tokens(&html);
    let actions: Vec<_> = tokens.iter().filter_map(|token| token.attr("action")).collect();
    assert_eq!(actions, ["/.consentry/consent", "/.consentry/me/exports", "/.consentry/me/erasure"]);
}

#[test]
fn direction_follows_the_locale() {
    let mut json = sample::json();
    json["locales"]["default"] = json!("ar");
    for purpose in json["purposes"].as_array_mut().unwrap() {
        purpose["name"] = json!({"ar": "\u{627}\u{633}\u{645}"});
        purpose["description"] = json!({"ar": "\u{648}\u{635}\u{641}"});
    }
    let policy: Policy = serde_json::from_value(json).unwrap();
    let html = fragment(&policy, &VIEW);
    assert_eq!(html.matches("lang=\"ar\" dir=\"rtl\"").count(), 3);
    assert!(html.contains("&#x627;&#x633;&#x645;"));
    assert!(
        html.contains("<bdi>pm_*</bdi>") && html.contains("<bdi>Plain Metrics GmbH</bdi>"),
        "names keep theirs"
    );
}

#[test]
fn a_return_path_never_leads_elsewhere() {
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""] {
        let html = page(&sample::policy(), &View { return_path: elsewhere, ..VIEW });
        assert!(
            html.contains("name=\"return\" value=\"/\"") && html.contains("<a href=\"/\">Back"),
            "{elsewhere}"
        );
    }
}
