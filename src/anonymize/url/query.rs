//! The query of an address: values only of the parameters that are listed, and nothing that follows people.

use super::{
    UrlRules,
    bytes::{EQUALS, SEPARATOR, is_word, take},
    percent::{decoded, push_encoded},
};
use crate::anonymize::identifier::identifier;
use std::borrow::Cow;

/// More parameters are left away.
const MAX_PARAMETERS: usize = 64;
/// Longer names are no names.
const MAX_NAME: usize = 32;

/// Beginnings of the names of parameters that follow people or name the click that brought them.
const FOLLOWING_FAMILIES: &[&str] =
    &["utm_", "mtm_", "pk_", "hsa_", "_hs", "vero_", "mc_", "oly_", "ml_sub", "trk_"];

/// Names of such parameters, the shortest first. Vendors publish theirs; lists such as Mozilla's query stripping and
/// Brave's collect them.
const FOLLOWING: &[&str] = &[
    "__s",
    "_ga",
    "_gl",
    "_ke",
    "_kx",
    "awc",
    "cvid",
    "epik",
    "igsh",
    "ncid",
    "xtor",
    "dclid",
    "dicbo",
    "ef_id",
    "fb_id",
    "gclid",
    "irgwc",
    "mkwid",
    "pcrid",
    "s_cid",
    "sccid",
    "sscid",
    "tblci",
    "tduid",
    "yclid",
    "_bta_c",
    "fbclid",
    "gbraid",
    "gclsrc",
    "igshid",
    "obclid",
    "ttclid",
    "twclid",
    "wbraid",
    "ysclid",
    "zanpid",
    "cjevent",
    "mkt_tok",
    "msclkid",
    "rdt_cid",
    "s_kwcid",
    "srsltid",
    "_bta_tid",
    "wickedid",
    "_openstat",
    "fb_source",
    "irclickid",
    "li_fat_id",
    "gad_source",
    "guccounter",
    "rb_clickid",
    "fb_action_ids",
    "guce_referrer",
    "hsctatracking",
    "gad_campaignid",
    "fb_action_types",
    "_branch_match_id",
    "guce_referrer_sig",
];

/// Those of them that name a campaign, and not a person.
const CAMPAIGN: &[&str] = &["utm_source", "utm_medium", "utm_campaign"];

/// For each length, how many of the names above are shorter.
static SHORTER: [usize; MAX_NAME + 2] = shorter();

#[expect(clippy::indexing_slicing, reason = "computed when compiled: what does not fit stops the build")]
const fn shorter() -> [usize; MAX_NAME + 2] {
    let mut shorter = [0; MAX_NAME + 2];
    let (mut length, mut at) = (0, 0);
    while length < shorter.len() {
        while at < FOLLOWING.len() && FOLLOWING[at].len() < length {
            at += 1;
            assert!(at == FOLLOWING.len() || FOLLOWING[at - 1].len() <= FOLLOWING[at].len(), "not by length");
        }
        shorter[length] = at;
        length += 1;
    }
    assert!(at == FOLLOWING.len(), "a name is too long");
    shorter
}

/// Whether a parameter follows people, by its name in small letters.
fn is_following(name: &str) -> bool {
    let first = name.bytes().next().unwrap_or_default();
    let in_family = matches!(first, b'u' | b'm' | b'p' | b'h' | b'v' | b'o' | b't' | b'_')
        && FOLLOWING_FAMILIES.iter().any(|start| name.starts_with(start));
    let as_long = match (SHORTER.get(name.len()), SHORTER.get(name.len() + 1)) {
        (Some(from), Some(to)) => FOLLOWING.get(*from..*to).unwrap_or_default(),
        _ => &[],
    };
    in_family || as_long.iter().any(|known| known.bytes().next() == Some(first) && *known == name)
}

fn in_small_letters(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Writes a query with its question mark, or nothing.
pub(super) fn write(query: &str, rules: &UrlRules, out: &mut String) {
    let mut separator = '?';
    let mut rest = Some(query);
    for _ in 0..MAX_PARAMETERS {
        let Some(query) = rest else { return };
        let (name, seen, after) = take(query, SEPARATOR | EQUALS);
        let (value, _, after) = take(after, SEPARATOR);
        rest = after.get(1..);
        let value = value.strip_prefix('=');
        let is_word = is_word(name, seen);
        let name = if is_word { Some(Cow::Borrowed(name)) } else { decoded(name, true) };
        let is_name = |name: &Cow<'_, str>| if is_word { !name.is_empty() } else { is_name(name) };
        let Some(name) = name.filter(is_name) else { continue };
        let small = if seen == 0 { Cow::Borrowed(&*name) } else { in_small_letters(&name) };
        let is_listed = rules.values.iter().any(|listed| *listed == name);
        let stays = if is_following(&small) {
            if !rules.campaign || !CAMPAIGN.contains(&&*small) {
                continue;
            }
            true
        } else if value.is_none() && !is_listed {
            // By itself it may as well be a value: `?alice`.
            continue;
        } else {
            is_listed
        };
        out.push(separator);
        separator = '&';
        if is_word {
            out.push_str(&name);
        } else {
            push_encoded(&name, out);
        }
        out.push('=');
        if !stays {
            continue;
        }
        // What is not understood leaves no value, as if it were not listed.
        if let Some(value) = decoded(value.unwrap_or_default(), true) {
            match identifier(&value) {
                Some(mask) => out.push_str(mask.text()),
                None => push_encoded(&value, out),
            }
        }
    }
}

/// Whether a name is one: short, of letters and digits, and no identifier.
fn is_name(name: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_plain) && identifier(name).is_none()
}
