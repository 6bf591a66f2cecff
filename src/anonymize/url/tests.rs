//! Whole addresses, and the host held against another reader of them.

use super::*;
use proptest::prelude::*;

fn reduced(text: &str) -> Option<String> {
    reduce_url(text, &UrlRules::default())
}

fn assert_all(rules: &UrlRules, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(reduce_url(text, rules).as_deref(), Some(*expected), "{text}");
    }
}

#[test]
fn what_was_asked_for_stays() {
    assert_all(
        &UrlRules::default(),
        &[
            ("https://shop.example", "https://shop.example/"),
            ("https://shop.example/", "https://shop.example/"),
            (" HTTPS://Shop.EXAMPLE:443/A/b.html ", "https://shop.example/A/b.html"),
            ("http://shop.example:8080/a?", "http://shop.example:8080/a"),
            ("https://alice:secret@shop.example/a", "https://shop.example/a"),
            ("https://a@b@shop.example/a", "https://shop.example/a"),
            ("https://shop.example/a#alice", "https://shop.example/a"),
            ("https://shop.example./a", "https://shop.example./a"),
            ("//shop.example/a", "//shop.example/a"),
            ("/a/b/c", "/a/b/c"),
            ("a/b", "a/b"),
            ("?page=2", "?page="),
            ("wss://shop.example/socket", "wss://shop.example/socket"),
            ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
            ("/\u{fc}ber/uns", "/%C3%BCber/uns"),
        ],
    );
}

#[test]
fn identifiers_in_the_path_are_masked() {
    assert_all(
        &UrlRules::default(),
        &[
            ("/orders/1234567", "/orders/:id"),
            ("/orders/2024/11/a", "/orders/2024/11/a"),
            ("/o/123e4567-e89b-12d3-a456-426614174000/x", "/o/:id/x"),
            ("/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "/reset/:token"),
            ("/f/507f1f77bcf86cd799439011", "/f/:token"),
            ("/mail/alice@example.org/inbox", "/mail/:email/inbox"),
            ("/mail/alice%40example.org", "/mail/:email"),
            ("/mail/alice%2540example.org", "/mail/:email"),
            ("/mail/alice%252540example.org", "/mail/:email"),
            ("/mail/alice%25252540example.org", "/mail/:token"),
            ("/call/+49-170-1234567", "/call/:id"),
            ("/users/alice", "/users/:id"),
            ("/Users/alice/orders", "/Users/:id/orders"),
            ("/users/", "/users/"),
            ("/users//alice", "/users//:id"),
            ("/users/x/../alice", "/users/:id"),
            ("/users//x/../alice", "/users//:id"),
            ("/a/x/../b", "/a/b"),
            ("/users/../alice", "/alice"),
            ("/a//../b", "/a/b"),
            ("/u\\0aaaAAA0", "/u/:token"),
            ("/u/:token", "/u/:token"),
            ("/account/login", "/account/login"),
            ("/p?a=1#b?c", "/p?a="),
            ("/p#b?c=d", "/p"),
            ("/@alice", "/:id"),
            ("/cart;jsessionid=0123456789ABCDEF/pay;x=y", "/cart/pay"),
            ("/a/../b/./c", "/b/c"),
            ("/a/%2e%2E/b", "/b"),
            ("/../../etc/passwd", "/etc/passwd"),
            ("/a\\b\\alice@example.org", "/a/b/:email"),
            ("/a%2Falice@example.org", "/:email"),
            ("/%ff%fe", "/:token"),
            ("/to/https%3A%2F%2Fshop.example%2F%3Fq=alice", "/to/:token"),
            ("/cart%3Bname=alice/pay", "/:token/pay"),
            ("/name=alice", "/:token"),
            ("/a%00b", "/:token"),
            ("/100%", "/100%25"),
            ("/a%20b", "/a%20b"),
            ("/ip/203.0.113.77", "/ip/:id"),
            ("alice@example.org", "./:email"),
            ("javascript%3Aalert(1)", "./javascript:alert(1)"),
            ("/.//evil.example", "/.//evil.example"),
        ],
    );
}

#[test]
fn values_go_unless_they_are_listed() {
    assert_all(
        &UrlRules::default(),
        &[
            ("/s?q=alice&page=2", "/s?q=&page="),
            ("/s?utm_source=x&utm_medium=y&gclid=z&fbclid=z&_hsenc=z&mc_eid=z", "/s"),
            ("/s?GCLID=1&q=", "/s?q="),
            ("/s?alice", "/s"),
            ("/s?alice&q=x", "/s?q="),
            ("/s?alice@example.org", "/s"),
            ("/s?1234567=x&a=b", "/s?a="),
            ("/s?%71=1", "/s?q="),
            ("/s?a=1;b=2", "/s?a=&b="),
            ("/s?=x&&", "/s"),
        ],
    );
    let rules = UrlRules { values: vec!["page".into(), "q".into()], campaign: true, ..UrlRules::default() };
    assert_all(
        &rules,
        &[
            ("/s?page=2&sort=asc", "/s?page=2&sort="),
            ("/s?page&sort", "/s?page="),
            ("/s?q=alice%40example.org&page=1234567", "/s?q=:email&page=:id"),
            ("/s?q=alice%2540example.org", "/s?q=:email"),
            ("/s?q=two+words", "/s?q=two%20words"),
            ("/s?q=%ff", "/s?q="),
            (
                "/s?utm_source=letter&utm_campaign=spring&utm_content=alice&utm_id=7",
                "/s?utm_source=letter&utm_campaign=spring",
            ),
            ("/s?Page=2", "/s?Page="),
        ],
    );
    let rules = UrlRules { values: vec!["gclid".into()], ..UrlRules::default() };
    assert_all(&rules, &[("/s?gclid=abc", "/s")]);
}

#[test]
fn less_of_it_where_less_is_asked() {
    let path = UrlRules { parts: UrlParts::Path, ..UrlRules::default() };
    assert_all(&path, &[("https://shop.example/orders/1234567?a=b", "https://shop.example/orders/:id")]);
    assert_all(&UrlRules::origin(), &[("https://a@shop.example:444/x?y#z", "https://shop.example:444")]);
    assert_eq!(reduce_url("/a/b", &UrlRules::origin()), None);
}

#[test]
fn a_host_that_is_an_address_is_masked() {
    assert_all(
        &UrlRules::default(),
        &[
            ("http://203.0.113.77:8080/a", "http://203.0.113.0:8080/a"),
            ("http://[2001:db8:1:2::3]/a", "http://[2001:db8:1::]/a"),
            ("http://[::ffff:203.0.113.77]:81/a", "http://203.0.113.0:81/a"),
            ("http://203-0-113-77.dsl.isp.example/a", "http://_id.dsl.isp.example/a"),
            ("http://a1b2c3d4e5.cdn.example/a", "http://_token.cdn.example/a"),
        ],
    );
}

#[test]
fn of_other_schemes_only_the_scheme() {
    for scheme in ["data", "blob", "javascript", "mailto", "tel", "file", "about", "sms"] {
        let text = format!("{}:alice@example.org,x", scheme.to_uppercase());
        assert_eq!(reduced(&text), Some(format!("{scheme}:")), "{text}");
    }
}

#[test]
fn what_is_not_understood_gives_nothing() {
    for text in [
        "",
        "   ",
        "http:",
        "http:/shop.example",
        "http:shop.example",
        "http://",
        "http:///",
        "http://?",
        "http://:80/",
        "http://a b/",
        "http://shop.example:port/",
        "http://shop.example:65536/",
        "http://shop.example:80:80/",
        "http://[::1",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://[alice]/",
        "http://0x7f.1/",
        "http://0313.0.0161.0115/",
        "http://3405803853/",
        "http://1.2.3.4.5/",
        "http://b\u{fc}cher.example/",
        "http://alice%40shop.example/",
        "http://sh\u{ad}op.example/",
        "http://a..b/",
        "shop.example:8080/a",
        "alice:secret",
        "/a\nb",
        "/a\tb",
        "/a\0",
        ";!",
        "\u{7f}",
        "://x",
        "1http://x",
    ] {
        assert_eq!(reduced(text), None, "{text:?}");
    }
    assert_eq!(reduced(&"/a".repeat(5000)), None);
}

#[test]
fn many_dots_take_no_longer() {
    for text in [
        "/".repeat(4000) + &"x/../".repeat(800),
        "/x".repeat(1600) + &"/..".repeat(1600),
        "/%2525".repeat(1300),
    ] {
        let start = std::time::Instant::now();
        assert!(reduced(&text).is_some());
        assert!(start.elapsed().as_millis() < 500, "{} ms", start.elapsed().as_millis());
    }
}

proptest! {
    #[test]
    fn the_host_is_the_one_that_browsers_take(
        text in "(https?|HTTP|ws|ftp):(//|//|//|[/\\\\]{0,4})(|||[a-zA-Z0-9.:%@-]{0,8}@)(([a-zA-Z0-9-]{1,8}\\.){0,3}[a-zA-Z]{2,5}\\.?|[0-9]{1,3}(\\.[0-9]{1,3}){3}|([a-zA-Z0-9-]{1,8}\\.|\\.|xn--|0x|%41){0,3}([a-zA-Z]{2,5}|[0-9]{1,3}(\\.[0-9]{1,3}){0,3}|\\[[0-9a-f:.]{2,20}\\]|\u{fc}|))(|:80|:443|:[0-9]{0,6})(|[/\\\\?#;@:][!-~]{0,16})",
    ) {
        let Some(ours) = reduced(&text) else { return Ok(()) };
        match ::url::Url::parse(&text) {
            Ok(theirs) => {
                let ours = url_of(&ours);
                // An IP address is masked, a subdomain may be.
                let host = theirs.host();
                match host {
                    Some(::url::Host::Ipv4(v4)) => {
                        let mut masked = String::new();
                        IpMask::DEFAULT.write_network(v4.into(), &mut masked);
                        prop_assert_eq!(ours.host_str(), Some(&*masked), "{}", text);
                    }
                    Some(::url::Host::Ipv6(v6)) => {
                        let mut masked = String::new();
                        IpMask::DEFAULT.write_network(v6.into(), &mut masked);
                        let host = ours.host_str().map(|host| host.trim_matches(['[', ']']));
                        prop_assert_eq!(host, Some(&*masked), "{}", text);
                    }
                    _ => {
                        let (ours, theirs) = (labels(&ours), labels(&theirs));
                        let is_alike = |(ours, theirs): (&String, &String)| {
                            ours == theirs || matches!(&**ours, "_id" | "_token")
                        };
                        let are_alike = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(is_alike);
                        prop_assert!(are_alike, "{}: {:?} and {:?}", text, ours, theirs);
                    }
                }
                prop_assert_eq!(ours.port_or_known_default(), theirs.port_or_known_default(), "{}", text);
                prop_assert_eq!(ours.scheme(), theirs.scheme());
            }
            // It refuses labels that are no Punycode; they are passed on as they came.
            Err(error) => prop_assert!(text.to_ascii_lowercase().contains("xn--"), "{}: {}", text, error),
        }
    }

    #[test]
    fn what_was_reduced_stays_as_it_is(text in "(https?://|//|/|)[a-z0-9.:@\\[\\]\\\\-]{0,16}[!-~]{0,30}") {
        for rules in [UrlRules::default(), UrlRules { values: vec!["a".into()], ..UrlRules::default() }] {
            if let Some(once) = reduce_url(&text, &rules) {
                prop_assert_eq!(reduce_url(&once, &rules), Some(once), "{}", text);
            }
        }
    }

    #[test]
    fn nobodys_address_comes_through(
        start in "(https://shop\\.example/|/|a/|\\?a=|/x\\?q=|#|//|https://)",
        name in "[a-z]{3,9}",
        at in "(@|%40|%2540|%252540|%25252540|\u{ff20})",
        end in "[!-~]{0,12}",
    ) {
        let text = format!("{start}{name}{at}alice.invalid{end}");
        let rules = UrlRules { values: vec!["a".into(), "q".into()], ..UrlRules::default() };
        if let Some(reduced) = reduce_url(&text, &rules) {
            prop_assert!(!reduced.contains(&format!("{name}{at}")), "{} gave {}", text, reduced);
            prop_assert!(!reduced.contains('@'), "{} gave {}", text, reduced);
        }
    }

    #[test]
    fn any_text_gives_plain_letters_or_nothing(text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            if let Some(reduced) = reduced(&text) {
                prop_assert!(reduced.bytes().all(|b| (b'!'..=b'~').contains(&b)), "{}", reduced);
            }
        }
    }
}

fn labels(url: &::url::Url) -> Vec<String> {
    url.host_str().unwrap_or_default().split('.').map(str::to_owned).collect()
}

/// The reduced address as the other reader sees it.
fn url_of(reduced: &str) -> ::url::Url {
    let masked = reduced.replace("/:", "/");
    ::url::Url::parse(&masked).unwrap_or_else(|error| panic!("{reduced}: {error}"))
}
