//! Keys and tokens in the forms their issuers publish, and JSON Web Tokens (RFC 7515 section 3.1).

use super::{
    super::pairs::Pairs,
    card,
    class::{ALNUM, ALPHA, DIGIT, HEX, SPACE, TOKEN, is},
    context,
    hold::Hold,
    iban, ids,
    kind::Kind,
    network,
    scan::{Found, Step, View},
};

/// What may follow a prefix.
#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits, at least so many.
    Letters(usize),
    /// Letters, digits, `_` and `-`, at least so many.
    Token(usize),
    /// The same, and `.`.
    Dotted(usize),
    /// Exactly so many capital letters and digits.
    Capitals(usize),
    /// Exactly so many hexadecimal digits.
    Hex(usize),
}

use Body::{Capitals, Dotted, Hex, Letters, Token};

/// Prefixes of keys, in the order of bytes.
const ISSUED: &[(&[u8], Body)] = &[
    (b"A3T", Capitals(17)),
    (b"ABIA", Capitals(16)),
    (b"ACCA", Capitals(16)),
    (b"AGE-SECRET-KEY-1", Letters(50)),
    (b"AGPA", Capitals(16)),
    (b"AIDA", Capitals(16)),
    (b"AIPA", Capitals(16)),
    (b"AIza", Token(30)),
    (b"AKIA", Capitals(16)),
    (b"ANPA", Capitals(16)),
    (b"ANVA", Capitals(16)),
    (b"APKA", Capitals(16)),
    (b"AROA", Capitals(16)),
    (b"ASIA", Capitals(16)),
    (b"ATATT3", Token(40)),
    (b"ATCTT3", Token(40)),
    (b"CFPAT-", Token(40)),
    (b"EAACEdEose0cBA", Letters(10)),
    (b"EAAA", Token(56)),
    (b"GOCSPX-", Token(20)),
    (b"GR1348941", Token(20)),
    (b"NRAK-", Letters(20)),
    (b"PMAK-", Token(40)),
    (b"SG.", Dotted(40)),
    (b"SK", Hex(32)),
    (b"dapi", Hex(32)),
    (b"dckr_pat_", Token(20)),
    (b"do", Token(0)),
    (b"dp.pt.", Letters(40)),
    (b"figd_", Token(30)),
    (b"ghp_", Letters(30)),
    (b"gho_", Letters(30)),
    (b"ghs_", Letters(30)),
    (b"ghu_", Letters(30)),
    (b"ghr_", Letters(30)),
    (b"github_pat_", Token(22)),
    (b"glagent-", Token(20)),
    (b"glc_", Letters(30)),
    (b"glcbt-", Token(20)),
    (b"gldt-", Token(20)),
    (b"glft-", Token(20)),
    (b"gloas-", Token(20)),
    (b"glpat-", Dotted(20)),
    (b"glptt-", Token(20)),
    (b"glrt-", Dotted(20)),
    (b"glsa_", Token(32)),
    (b"gsk_", Letters(40)),
    (b"hf_", Letters(30)),
    (b"hvb.", Token(60)),
    (b"hvs.", Token(20)),
    (b"key-", Hex(32)),
    (b"lin_api_", Letters(30)),
    (b"npm_", Letters(30)),
    (b"ntn_", Letters(40)),
    (b"pplx-", Letters(40)),
    (b"pscale_", Dotted(30)),
    (b"pul-", Hex(40)),
    (b"pypi-", Token(40)),
    (b"r8_", Letters(30)),
    (b"rk_live_", Letters(16)),
    (b"rk_test_", Letters(16)),
    (b"rubygems_", Hex(48)),
    (b"sk-", Token(20)),
    (b"sk_live_", Letters(16)),
    (b"sk_test_", Letters(16)),
    (b"secret_", Letters(40)),
    (b"shpat_", Hex(32)),
    (b"shpca_", Hex(32)),
    (b"shppa_", Hex(32)),
    (b"shpss_", Hex(32)),
    (b"sntrys_", Token(40)),
    (b"sntryu_", Letters(40)),
    (b"sq0atp-", Token(20)),
    (b"sq0csp-", Token(40)),
    (b"tfp_", Token(40)),
    (b"whsec_", Letters(20)),
    (b"xai-", Letters(40)),
    (b"xapp-", Token(20)),
    (b"xox", Token(0)),
    (b"ya29.", Token(40)),
];

/// With what a key or a web token may begin.
const STARTS: Pairs = {
    let (mut pairs, mut issued) = (Pairs::new().with(b'e', b'y').with(b'e', b'w'), ISSUED);
    while let [(prefix, _), rest @ ..] = issued {
        if let [one, other, ..] = prefix {
            pairs = pairs.with(*one, *other);
        }
        issued = rest;
    }
    pairs
};

/// Where in the list those with a first letter begin.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const FIRSTS: [u8; 129] = {
    let (mut firsts, mut first) = ([0; 129], 0);
    while first < 129 {
        let (mut before, mut issued) = (0, ISSUED);
        while let [([one, ..], _), rest @ ..] = issued {
            before += ((*one as usize) < first) as u8;
            issued = rest;
        }
        firsts[first] = before;
        first += 1;
    }
    firsts
};

/// How far back from a trigger its token may begin.
const REACH: usize = 160;

/// Whether two letters are those with which a key or a web token may begin.
#[inline]
fn may_begin(first: u8, second: u8) -> bool {
    is(first, ALPHA) && STARTS.may_have(first, second)
}

/// A key or a JSON Web Token that begins at a place.
pub(super) fn at_start(view: &View<'_>, start: usize) -> Option<Found> {
    let (first, second) = (view.at(start), view.at(start + 1));
    if !may_begin(first, second) {
        return None;
    }
    if first == b'e'
        && let Some(found) = web_token(view, start)
    {
        return Some(found);
    }
    let place = |first: u8| FIRSTS.get(usize::from(first)).copied().map_or(0, usize::from);
    ISSUED.get(place(first)..place(first + 1)).unwrap_or_default().iter().find_map(|(prefix, body)| {
        let may = prefix.get(1) == Some(&second) && view.starts_with(start, prefix);
        may.then(|| issued(view, start, start + prefix.len(), *body)).flatten()
    })
}

fn issued(view: &View<'_>, start: usize, from: usize, body: Body) -> Option<Found> {
    // Two families with many members.
    let (from, body) = match view.slice(start, from) {
        b"do" => {
            let member = view.is(from, ALPHA) && view.starts_with(from + 1, b"_v1_");
            (from + 5, member.then_some(Hex(64))?)
        }
        b"xox" => {
            let member = view.is(from, ALPHA) && matches!(view.at(from + 1), b'-' | b'.');
            (from + 2, member.then_some(Token(10))?)
        }
        _ => (from, body),
    };
    let (classes, least) = match body {
        Letters(least) => (ALNUM, least),
        Token(least) | Dotted(least) => (TOKEN, least),
        Capitals(exactly) => (ALNUM, exactly),
        Hex(exactly) => (HEX, exactly),
    };
    let mut end = view.run(from, classes);
    if matches!(body, Dotted(_)) {
        while view.at(end) == b'.' && view.is(end + 1, TOKEN) {
            end = view.run(end + 1, TOKEN);
        }
    }
    let key = view.slice(from, end);
    let exact = match body {
        Capitals(exactly) => key.len() == exactly && !key.iter().any(u8::is_ascii_lowercase),
        Hex(exactly) => key.len() == exactly && !view.is_joined_right(end),
        _ => true,
    };
    if !exact || key.len() < least || !is_random(key) {
        return None;
    }
    let hold = (end == view.end()).then_some(Hold::Compact);
    Some(Found { kind: Kind::ApiKey, start, end, hold })
}

/// Whether letters look drawn at random: many different ones, and not words in lower case.
fn is_random(key: &[u8]) -> bool {
    let (mut seen, mut digits, mut capitals, mut small) = (0_u128, false, false, false);
    for byte in key {
        seen |= 1_u128.checked_shl(u32::from(*byte)).unwrap_or_default();
        digits |= byte.is_ascii_digit();
        capitals |= byte.is_ascii_uppercase();
        small |= byte.is_ascii_lowercase();
    }
    seen.count_ones() >= 6 && (digits || capitals && (small || key.len() <= 17))
}

/// A token in compact form, `header.payload.signature`, whose header decodes to the start of a JSON object.
fn web_token(view: &View<'_>, start: usize) -> Option<Found> {
    let object = [&b"eyI"[..], b"eyJ", b"eyA", b"eyB", b"ewo", b"ewk", b"ew0"];
    if !object.iter().any(|bytes| view.starts_with(start, bytes)) {
        return None;
    }
    let header = view.run(start, TOKEN);
    if header < start + 10 || view.at(header) != b'.' {
        return None;
    }
    let payload = view.run(header + 1, TOKEN);
    let more = payload == view.end() || view.at(payload) == b'.';
    // A token encrypted to a shared key has nothing in second place (RFC 7516).
    (more && (payload > header + 2 || payload == header + 1 && view.is(payload + 1, TOKEN)))
        .then(|| Found::held(Kind::Jwt, start, payload, Hold::Compact))
}

/// At the last of many letters in a row.
pub(super) fn letters(view: &View<'_>, at: usize) -> Step {
    let next = Step::Skip(at + 1);
    let right = view.run(at, TOKEN);
    if right - view.run_back(at, TOKEN, 24) < 18 {
        return next;
    }
    within(view, at, right).map_or(next, Step::Found)
}

/// A key or token in the word that is seen at a place, and of which no trigger has been looked at before.
fn within(view: &View<'_>, at: usize, right: usize) -> Option<Found> {
    let start = view.run_back(at, TOKEN, REACH);
    if right - start >= 16 {
        let mut begins = true;
        for (offset, two) in view.slice(start, at + 1).windows(2).enumerate() {
            let [first, second] = *two else { break };
            if begins
                && may_begin(first, second)
                && let Some(found) = at_start(view, start + offset)
            {
                return Some(found);
            }
            begins = matches!(first, b'_' | b'-');
        }
    }
    if view.before(start) == b'.' && start > view.floor {
        // A later part of what has dots.
        let word = dotted_start(view, start);
        if let Some(found) = at_start(view, word).filter(|found| found.end > at) {
            return Some(found);
        }
    }
    if view.before(start) == b'/' && right - start >= 20 && is_webhook(view, start - 1) {
        return Some(Found::new(Kind::ApiKey, start, right));
    }
    if right - start >= 16 && start > view.floor && view.is(start - 1, SPACE) && is_scheme(view, start - 1) {
        return Some(Found::held(Kind::Secret, start, right, Hold::Compact));
    }
    None
}

/// Whether what ends at a slash leads to the secret in the address of a Slack webhook: `/T…/B…`.
fn is_webhook(view: &View<'_>, slash: usize) -> bool {
    let channel = view.run_back(slash, ALNUM, 16);
    let team = view.run_back(channel.saturating_sub(1), ALNUM, 16);
    slash - channel >= 9
        && view.at(channel) == b'B'
        && view.before(channel) == b'/'
        && channel - team >= 10
        && view.at(team) == b'T'
}

fn dotted_start(view: &View<'_>, start: usize) -> usize {
    let mut word = start;
    while view.before(word) == b'.' && start - word < REACH {
        let part = view.run_back(word - 1, TOKEN, REACH);
        if part == word - 1 {
            break;
        }
        word = part;
    }
    word
}

/// Whether the word before is a scheme of HTTP authentication.
fn is_scheme(view: &View<'_>, space: usize) -> bool {
    let word = view.slice(view.run_back(space, ALPHA, 8), space);
    word.eq_ignore_ascii_case(b"bearer") || word.eq_ignore_ascii_case(b"basic")
}

/// A word of letters and digits, at its first digit.
pub(super) fn word(view: &View<'_>, at: usize) -> Step {
    let start = view.run_back(at, ALNUM, REACH);
    let end = view.run(at, ALNUM);
    // `v1/`, `5s`, `x86`.
    if end - start < 4
        && !matches!(view.at(end), b'-' | b'_' | b'~')
        && !matches!(view.before(start), b'-' | b'_' | b'.')
    {
        return Step::Skip(end);
    }
    if let Some(found) = named(view, start, at, end) {
        return Step::Found(found);
    }
    let right = view.run(end, TOKEN);
    if right - start >= 16 || view.before(start) == b'.' || matches!(view.before(start), b'-' | b'_') {
        if let Some(after) = uuid_end(view, start) {
            return Step::Skip(after);
        }
        if let Some(found) = within(view, at, right) {
            return Step::Found(found);
        }
    }
    Step::Skip(end)
}

/// What is known by the form of one word.
fn named(view: &View<'_>, start: usize, at: usize, end: usize) -> Option<Found> {
    let digits = view.run(at, DIGIT);
    let country = at.wrapping_sub(2);
    if (at - start == 2 || at - start == 6 && view.slice(start, country).eq_ignore_ascii_case(b"iban"))
        && let Some(found) = iban::at(view, country)
    {
        return Some(found);
    }
    if matches!(end - start, 4 | 8 | 9 | 11 | 16 | 18)
        && let Some(found) = ids::lettered(view, start, end)
    {
        return Some(found);
    }
    if end - start == 4
        && (view.at(end) == b'.' || view.before(start) == b'.')
        && let Some(found) = network::mac_of_three(view, start)
    {
        return Some(found);
    }
    // Keys of Microsoft Entra: three characters, a digit, `Q~`.
    if view.at(digits) == b'Q' && view.at(digits + 1) == b'~' {
        let from = digits.saturating_sub(4).max(view.floor);
        let after = |place: &usize| view.is(*place, TOKEN) || matches!(view.at(*place), b'~' | b'.');
        let length = (digits + 2..digits + 50).take_while(after).count();
        let length = length - usize::from(view.at(digits + 1 + length) == b'.');
        if (30..=40).contains(&length) {
            return Some(Found::new(Kind::ApiKey, from, digits + 2 + length));
        }
    }
    // A number that a word or something unseen is joined to: `card4111…`.
    let hex = view.slice(start, at).iter().all(|byte| is(*byte, HEX));
    if at > start && digits - at >= 12 && !view.is_joined_right(digits) && (!hex || view.is_parted(at)) {
        let number = view.slice(at, digits);
        let mut values = [0; 19];
        if number.len() <= values.len() {
            values.iter_mut().zip(number).for_each(|(value, byte)| *value = byte - b'0');
            if card::is_card(
                values.get(..number.len()).unwrap_or_default(),
                context::says(view.slice(start, at)) & context::CARD != 0,
            ) {
                return Some(Found::new(Kind::Card, at, digits));
            }
        }
    }
    None
}

/// Where a UUID (RFC 9562) that begins with a word ends.
fn uuid_end(view: &View<'_>, start: usize) -> Option<usize> {
    (view.at(start + 8) == b'-').then_some(())?;
    let mut place = start;
    for (group, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if group > 0 {
            (view.at(place) == b'-').then_some(())?;
            place += 1;
        }
        let end = place + length;
        (place..end).all(|place| view.is(place, HEX)).then_some(())?;
        place = end;
    }
    (!view.is_joined_right(place)).then_some(place)
}

/// Whether a number is one of the parts of a UUID.
pub(super) fn skip_uuid(view: &View<'_>, start: usize) -> Option<usize> {
    (view.at(start + 8) == b'-' && view.at(start + 13) == b'-').then(|| uuid_end(view, start)).flatten()
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    /// Put together here, so that no scanner of repositories takes them for real ones.
    fn keys() -> Vec<String> {
        let letters = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2dE3f";
        let small = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        let capitals = "Q3EXAMPLE7ZKWYHB";
        vec![
            format!("AKIA{capitals}"),
            format!("ASIA{capitals}"),
            format!("ghp_{}", &letters[..36]),
            format!("github_pat_{}_{letters}", &letters[..22]),
            format!("glpat-{}", &letters[..20]),
            format!("xoxb-{}-{}", 123_456_789_012_u64, &letters[..24]),
            format!("sk_live_{}", &letters[..24]),
            format!("rk_live_{}", &letters[..24]),
            format!("sk_test_{}", &letters[..24]),
            format!("AIza{}", &letters[..35]),
            format!("sk-{letters}"),
            format!("sk-proj-{letters}"),
            format!("sk-ant-api03-{letters}"),
            format!("SG.{}.{}", &letters[..22], &format!("{letters}{letters}")[..43]),
            format!("npm_{}", &letters[..36]),
            format!("pypi-AgEIcHlwaS5vcmc{letters}"),
            format!("SK{small}"),
            format!("shpat_{small}"),
            format!("dop_v1_{small}{small}"),
            format!("hf_{}", &letters[..34]),
            format!("abc8Q~{}", &letters[..34]),
            // Drawn at random, without a digit.
            format!("ghp_{}", "QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUiOp"),
            format!("AKIA{}", "QWERTYUIOPASDFGH"),
        ]
    }

    #[test]
    fn finds_keys_of_many_issuers() {
        for key in keys() {
            to(&key, "[api-key]");
            to(&format!("using {key}."), "using [api-key].");
            to(&format!("{{\"v\":\"{key}\"}}"), "{\"v\":\"[api-key]\"}");
            to(&format!("url?x={key}&y=1"), "url?x=[api-key]&y=1");
        }
    }

    #[test]
    fn finds_web_tokens() {
        let token =
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
        to(token, "[jwt]");
        to(&format!("got {token}, ok"), "got [jwt], ok");
        to(&format!("{}.", token.rsplit_once('.').unwrap().0), "[jwt]");
        let long = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "eyJz".repeat(2000), "x1Y2".repeat(20));
        to(&format!("a {long} b"), "a [jwt] b");
    }

    #[test]
    fn leaves_words() {
        for text in [
            "sk-learn-contrib-some-package-name",
            "npm_config_registry",
            "npm_lifecycle_event_something_long",
            "550e8400-e29b-41d4-a716-446655440000",
            "4f5e0a7d9c1b2a3e4d5c6b7a8f9e0d1c2b3a4f5e",
            "xoxo",
            "eyJ",
            "org.apache.catalina.core.StandardWrapperValve",
            "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
            "key-value-store-with-a-long-name",
            "web-7d4b9c6f5-x2x4z",
            "SKU12345",
        ] {
            same(text);
        }
    }

    #[test]
    fn takes_what_follows_a_scheme() {
        to("sent Bearer abc123def456ghi789 to it", "sent Bearer [secret] to it");
        same("Bearer of bad news");
        let key = ["abcDEF", "ghiJKL", "mnoPQR", "stuVWX"].concat();
        to(
            &format!("https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/{key}"),
            "https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/[api-key]",
        );
    }
}
