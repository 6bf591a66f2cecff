//! The pages that stand in for the dialogs where there is no script.

use super::*;

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
