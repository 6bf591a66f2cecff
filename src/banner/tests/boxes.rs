//! What may be ticked and pressed, and what is ticked already.

use super::*;

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
