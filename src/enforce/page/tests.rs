use super::{Page, Unreadable, Writing, code};
use crate::{
    consent::Permissions,
    enforce::Gate,
    policy::{Policy, Setting, resolve, sample},
};
use proptest::prelude::*;
use std::rc::Rc;

const VENDOR: &str = "127.0.0.1:9101";

/// What is written in for somebody who decided nothing.
fn writing() -> Writing {
    let policy: Policy = serde_json::from_value(sample::json()).unwrap();
    let permissions = Permissions::of(&policy, &resolve(&policy, &Setting::of("en")), None);
    Writing {
        gate: Rc::new(Gate::of(&policy, &permissions)),
        banner: "<b>banner</b>".to_owned(),
        stub: Some("<b>stub</b>".to_owned()),
        place: "https://a.example/.consentry/".to_owned(),
        hashes: String::new(),
    }
}

/// A page, taken in pieces.
fn passed<'a>(
    charset: Option<&str>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, Unreadable> {
    let mut pieces = pieces.into_iter().peekable();
    let mut page = Page::new(charset, pieces.peek().copied().unwrap_or_default(), writing())?;
    let mut out = Vec::new();
    for piece in pieces {
        out.extend(page.write(piece)?);
    }
    out.extend(page.end()?);
    Ok(out)
}

fn whole(page: &str) -> String {
    String::from_utf8(passed(None, [page.as_bytes()]).unwrap()).unwrap()
}

#[test]
fn the_banner_comes_first_in_whatever_body_there_is() {
    for (before, after) in [
        (
            "<!doctype html><html><head><title>x</title></head><body><p>x</body></html>",
            "<!doctype html><html><head><b>stub</b><title>x</title></head><body><b>banner</b><p>x</body></html>",
        ),
        ("<!doctype html><title>x</title><p>x", "<!doctype html><title>x</title><p>x<b>banner</b>"),
        ("<body>a<body>b", "<body><b>banner</b>a<body>b"),
        ("<li>part of a page</li>", "<li>part of a page</li>"),
        ("", ""),
    ] {
        assert_eq!(whole(before), after);
    }
}

#[test]
fn what_a_browser_reads_as_a_tag_is_read_as_one() {
    for (before, held) in [
        (format!("<svg><script href=//{VENDOR}/x /></svg>"), true),
        (format!("<svg><set attributeName=href to=//{VENDOR}/x.png></svg>"), true),
        (format!("<svg><style><![CDATA[ a {{ background: url(//{VENDOR}/x) }} ]]></style></svg>"), true),
        (format!("<image src=//{VENDOR}/x.png>"), true),
        (format!("<!--><img src=//{VENDOR}/x>-->"), true),
        (format!("<!-- <img src=//{VENDOR}/x> -->"), false),
        (format!("<svg><![CDATA[<img src=//{VENDOR}/x>]]></svg>"), false),
        (format!("<plaintext><img src=//{VENDOR}/x>"), false),
        (format!("<xmp><img src=//{VENDOR}/x></xmp>"), false),
    ] {
        let after = whole(&before);
        assert_eq!(after.contains("data-service=\"metrics\""), held, "{after}");
    }
}

#[test]
fn a_policy_in_the_page_admits_what_is_written() {
    let meta = r#"<meta http-equiv="Content-Security-Policy" content="script-src 'none'">"#;
    assert!(whole(meta).contains("script-src https://a.example/.consentry/"), "{}", whole(meta));
    let other = r#"<meta name="description" content="script-src 'none'">"#;
    assert_eq!(whole(other), other);
}

#[test]
fn encodings_are_kept() {
    let latin = b"<meta charset=windows-1252><script>f('\xe9')</script><p title=\xe9>\xe9";
    let passed_on = passed(None, [latin.as_slice()]).unwrap();
    assert_eq!(passed_on.split(|byte| *byte == 0xe9).count(), 4, "three letters");
    assert_eq!(
        passed(Some("shift_jis"), [b"\x83\x5c<p>".as_slice()]).unwrap(),
        b"\x83\x5c<p>",
        "the second byte of a letter is no backslash"
    );
    for (charset, start) in [
        (Some("utf-16le"), b"<p>".as_slice()),
        (Some("iso-2022-jp"), b"<p>"),
        (Some("nosuch"), b"<p>"),
        (Some("utf-8"), b"\xff\xfe<\0"),
        (None, b"\xfe\xff\0<"),
    ] {
        assert_eq!(passed(charset, [start]), Err(Unreadable::Encoding), "{charset:?}");
    }
}

#[test]
fn what_is_gigantic_is_held_or_refused() {
    let long = "x".repeat(code::MOST + 1);
    assert!(whole(&format!("<script>{long}</script>")).starts_with("<script type=\"text/plain\""));
    assert_eq!(whole(&format!("<noscript>{long}</noscript>")), "");
    let pieces = std::iter::once("<p title=\"").chain(std::iter::repeat_n(long.as_str(), 9));
    assert_eq!(passed(None, pieces.map(str::as_bytes)), Err(Unreadable::Markup));
}

#[test]
fn code_without_an_end_does_not_run() {
    assert!(!whole("<p>x<script>f()").contains("f()"));
}

/// Pieces of pages: what is held, what is not, and what is broken.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "<p>", "</p>", "<body>", "<head>", "<!doctype html>", "<table><tr>", "<svg>", "</svg>", "<math>",
            "<select>", "</select>", "<template>", "<!--", "-->", "<![CDATA[", "]]>", "<script>", "</script>",
            "<script type=module>", "<style>", "</style>", "<noscript>", "</noscript>", "<textarea>", "</textarea>",
            "<title>", "</title>", "<iframe srcdoc='", "'", "\"", ">", "<", "</", "&quot;", "\0", "é", "<!", "<?",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![
            "<script src=//V/x></script>", "<img src='//V/x'>", "f('//V/x')", "<img srcset=\"/a, //V/x 2x\">",
            "<a style='background:url(//V/x)'>", "<object data=//V/x>", "<link href=//V/x>", "//V/x",
        ]).prop_map(|text| text.replace('V', VENDOR)),
        1 => ".{0,6}",
    ]
}

proptest! {
    #[test]
    fn it_makes_no_difference_where_a_page_is_cut(
        pieces in prop::collection::vec(piece(), 0..24),
        cuts in prop::collection::vec(1usize..9, 1..40),
    ) {
        let page = pieces.concat();
        let at_once = passed(None, [page.as_bytes()]);
        let mut rest = page.as_bytes();
        let mut cut = Vec::new();
        for length in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, more) = rest.split_at((*length).min(rest.len()));
            cut.push(piece);
            rest = more;
        }
        prop_assert_eq!(passed(None, cut), at_once);
    }

    #[test]
    fn nothing_a_page_may_hold_is_too_much(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = passed(None, [bytes.as_slice()]);
    }
}
