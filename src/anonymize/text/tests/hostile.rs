//! Inputs made to take time, room, or the program down.

use super::{Options, Scrubber, scrub};
use crate::anonymize::{
    Kind,
    text::scan::{AHEAD, BACK},
};

/// What is repeated, each hostile in its own way.
const HOSTILE: &[&str] = &[
    "@",
    "a@",
    "a.b@",
    "1",
    "1 ",
    "1-",
    "1.",
    "12:",
    "1:",
    ":",
    "::",
    "a:",
    "=",
    "token=",
    "token=\"",
    "\"token\":\"",
    "\\\"",
    "\"",
    "'",
    "[",
    "{",
    "token=[",
    "token:{\"",
    "eyJ",
    "eyJ.",
    "eyJhbGciOiJIUzI1NiJ9.",
    "-",
    "-----BEGIN",
    "-----BEGIN A-----",
    "-----BEGIN A-----\n",
    "://",
    "a://",
    "http://a:b",
    "http://a@",
    "+1 ",
    "(1) ",
    "4111 ",
    "4111-",
    "DE89 ",
    "DE89",
    "a1",
    "a1-",
    "a1_",
    "a1.",
    "AKIA",
    "sk-",
    "%40",
    "%",
    "a%40b",
    "%3D",
    "0.",
    "1.2.3.",
    "phone 1234567 ",
    "ssn 123456789",
    "abcdefgh",
    "ABCDEFGHabcdefgh_",
    "Authorization: Bearer ",
    "Cookie: a\n",
    "<token>",
    "\u{200b}",
    "\u{fffd}",
    "\u{ff11}",
    "\u{6771}",
    "x=",
    "\0",
    "fe80::",
    "00:1b:",
    "aa-",
    "2024-",
    "[secret]",
    "a+b=",
    "\"a@",
];

#[test]
fn nothing_takes_more_than_its_share_of_room_or_time() {
    for hostile in HOSTILE {
        let (mut scrubber, mut out) = (Scrubber::new(Options::default()), Vec::new());
        let chunk = hostile.repeat(10_000 / hostile.len());
        let mut held = 0;
        for _ in 0..6 {
            scrubber.push(chunk.as_bytes(), &mut out);
            held = held.max(scrubber.held());
        }
        scrubber.finish(&mut out);
        assert!(held < 200 * (AHEAD + BACK), "{hostile:?} holds {held} bytes");
        assert!(String::from_utf8(out).is_ok());
    }
}

#[test]
fn bytes_that_are_no_text_hide_nothing() {
    let scrubbed = |bytes: &[u8]| {
        let (mut scrubber, mut out) = (Scrubber::new(Options::default()), Vec::new());
        scrubber.push(bytes, &mut out);
        scrubber.finish(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(scrubbed(b"to alice@exa\xffmple.com now"), "to [email] now");
    assert_eq!(scrubbed(b"to alice\xc1\x80example.com now"), "to [email] now");
    assert_eq!(scrubbed(b"4111\xfe1111 1111\xe2\x82 1111"), "[card]");
    assert_eq!(scrubbed(b"\xff and \xe2\x82"), "\u{fffd} and \u{fffd}");
    assert_eq!(scrubbed(b"\xf0\x9f\x98"), "\u{fffd}");
}

#[test]
fn what_something_unseen_parts_is_found_apart() {
    for (text, scrubbed) in [
        ("602-272-9781\u{200b}00:1b:44:11:3a:b7", "[phone][mac]"),
        ("203.0.113.77\u{200b}00:1b:44:11:3a:b7", "[ip][mac]"),
        ("123-45\u{200b}-6789\u{200b}2001:db8::1", "[ssn][ip]"),
    ] {
        super::to(text, scrubbed);
    }
}

#[test]
fn neighbours_do_not_hide_each_other() {
    for (text, scrubbed) in [
        ("123-45-6789-12345678Z", "[ssn]-[national-id]"),
        ("123-45-6789-203.0.113.77", "[ssn]-[ip]"),
        ("+49-30-123456-203.0.113.77", "[phone]-[ip]"),
        ("602-272-9781-00:1b:44:11:3a:b7", "[phone]-[mac]"),
        ("fe80::1alice@example.com", "fe80::[email]"),
        ("203.0.113.77.00:1b:44:11:3a:b7", "[ip].[mac]"),
        ("123-45-6789-1111::", "[ssn]-[ip]"),
        ("fe80::112:34:56alice@example.com", "[ip]:[email]"),
        ("+49 30 123456(602-272-9781alice@example.com", "[phone][email]"),
        ("Chrome/120.0.0.0:::alice@example.com", "Chrome/120.0.0.0:::[email]"),
        ("phone 0494 92 82 32_-alice@example.com", "phone [phone] [email]"),
        ("+49 30 123456(4111111111111111_alice@example.com", "[phone]([email]"),
    ] {
        super::to(text, scrubbed);
    }
}

#[test]
fn a_word_beyond_bounds_is_not_given_back() {
    for word in ["a".repeat(5000), "1".repeat(5000), "x9".repeat(5000), "\u{e9}".repeat(5000)] {
        for text in [word.clone(), format!("see {word}@example.com now"), format!("see {word}")] {
            let scrubbed = scrub(&text);
            assert!(scrubbed.text.len() < 40, "{}", scrubbed.text.len());
            assert_eq!(scrubbed.found.of(Kind::Oversize), 1);
        }
    }
    let near = format!("{}@example.com", "a".repeat(1000));
    assert_eq!(scrub(&near).text, "[email]");
    let sentence = "a long text of ordinary words, ".repeat(500);
    assert_eq!(scrub(&sentence).text, sentence);
}

#[test]
fn what_ends_beyond_bounds_is_taken_whole() {
    let long = "x1Yz".repeat(2000);
    for (text, scrubbed) in [
        (format!("password={long} b"), "password=[secret] b"),
        (format!("{{\"token\":\"{}\"}}", "a b ".repeat(3000)), "{\"token\":\"[secret]\"}"),
        (format!("Cookie: {}\nb", "a=b; ".repeat(2000)), "Cookie: [secret]\nb"),
        (format!("https://a:{}@h/ b", "p:".repeat(2000)), "https://[userinfo]/ b"),
        (
            format!("-----BEGIN X-----\n{}-----END X----- b", "MIIEvQIBADANBgkqhkiG9w0B\n".repeat(1000)),
            "[pem] b",
        ),
    ] {
        assert_eq!(scrub(&text).text, scrubbed);
    }
}
