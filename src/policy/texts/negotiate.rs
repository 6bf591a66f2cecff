//! Which language to show: a lookup as RFC 4647 section 3.4 has it, in tags as RFC 5646 writes them.

use crate::policy::Locale;
use std::fmt;

/// The most language ranges of a header that are looked at.
const RANGES: usize = 20;

/// Codes that browsers still send, with the ones in use (IANA's registry of language subtags). `no` is the
/// macrolanguage of Bokmål, which nearly all who send it read.
const ALIASES: [(&str, &str); 5] = [("in", "id"), ("iw", "he"), ("ji", "yi"), ("mo", "ro"), ("no", "nb")];

/// Where Chinese is written in traditional characters (CLDR, likely subtags).
const TRADITIONAL: [&str; 3] = ["HK", "MO", "TW"];

/// A tag as far as texts differ by it, spelled as RFC 5646 section 2.1.1 recommends, old codes replaced.
/// Chinese has a script always, since no reader of one is helped with the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    language: String,
    script: Option<String>,
    region: Option<String>,
}

impl Tag {
    /// Reads a tag in any case; variants and extensions make no difference to us. None if it is malformed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is = |part: &str, length: std::ops::RangeInclusive<usize>| {
            length.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
        };
        let well_formed = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if !text.split('-').all(well_formed) {
            return None;
        }
        let mut parts = text.split('-').peekable();
        let language = parts.next().filter(|part| is(part, 2..=3))?.to_ascii_lowercase();
        while parts.next_if(|part| is(part, 3..=3)).is_some() {}
        let script = parts.next_if(|part| is(part, 4..=4)).map(|part| {
            let (first, rest) = part.split_at(1);
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        });
        let digits = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        let region = parts.next_if(|part| is(part, 2..=2) || digits(part)).map(str::to_ascii_uppercase);
        let alias = ALIASES.iter().find(|(old, _)| *old == language);
        let language = alias.map_or(language, |(_, new)| (*new).to_owned());
        let script = script.or_else(|| {
            let traditional = region.as_deref().is_some_and(|region| TRADITIONAL.contains(&region));
            (language == "zh").then(|| if traditional { "Hant" } else { "Hans" }.to_owned())
        });
        Some(Self { language, script, region })
    }

    /// The tag, then the same with less and less detail.
    pub(super) fn forms(&self) -> impl Iterator<Item = Self> {
        let without_region = Self { region: None, ..self.clone() };
        let language = Self { script: None, ..without_region.clone() };
        [self.clone(), without_region, language].into_iter()
    }

    /// Whether it is another form of the same language, in the same script as far as that is known.
    fn is_sibling(&self, other: &Self) -> bool {
        let script = match (&self.script, &other.script) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        script && self.language == other.language
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.language)?;
        [&self.script, &self.region].into_iter().flatten().try_for_each(|part| write!(f, "-{part}"))
    }
}

/// The best of the locales for one tag: that one, else the same with less detail, else another form of the
/// language.
pub(super) fn nearest<'a>(wanted: &Tag, offered: impl IntoIterator<Item = &'a Locale>) -> Option<&'a Locale> {
    best(wanted, &tagged(offered))
}

fn tagged<'a>(offered: impl IntoIterator<Item = &'a Locale>) -> Vec<(Tag, &'a Locale)> {
    offered.into_iter().filter_map(|locale| Some((Tag::parse(locale.as_str())?, locale))).collect()
}

fn best<'a>(wanted: &Tag, offered: &[(Tag, &'a Locale)]) -> Option<&'a Locale> {
    let with_less = wanted.forms().find_map(|form| offered.iter().find(|(tag, _)| *tag == form));
    let found = with_less.or_else(|| offered.iter().find(|(tag, _)| tag.is_sibling(wanted)));
    found.map(|(_, locale)| *locale)
}

/// The best of the locales for an `Accept-Language` header (RFC 9110 section 12.5.4). What is malformed is
/// passed over, and so is `*`, which asks for the default; a locale with the quality 0 is not chosen.
pub(super) fn accepted<'a>(
    header: &str,
    offered: impl IntoIterator<Item = &'a Locale>,
) -> Option<&'a Locale> {
    let parts = header.split(',').map(trimmed).filter(|part| !part.is_empty());
    let mut ranges: Vec<_> = parts.take(RANGES).filter_map(range).collect();
    // Stable: of equals, the first goes first.
    ranges.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
    let (wanted, refused): (Vec<_>, Vec<_>) = ranges.iter().partition(|(_, quality)| *quality > 0);
    let mut open = tagged(offered);
    open.retain(|(tag, _)| !refused.iter().any(|(refused, _)| refused == tag));
    wanted.iter().find_map(|(tag, _)| best(tag, &open))
}

/// A language range and its quality in thousandths.
fn range(part: &str) -> Option<(Tag, u16)> {
    let (tag, quality) = match part.split_once(';') {
        Some((tag, weight)) => (tag, thousandths(trimmed(weight))?),
        None => (part, 1_000),
    };
    Some((Tag::parse(trimmed(tag))?, quality))
}

/// A weight: `q=0.8`, at most 1, with at most three decimals (RFC 9110 section 12.4.2).
fn thousandths(weight: &str) -> Option<u16> {
    let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1_000),
        _ => None,
    }
}

/// Without the optional white space of HTTP.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locales(tags: &[&str]) -> Vec<Locale> {
        tags.iter().map(|tag| tag.parse().unwrap()).collect()
    }

    #[track_caller]
    fn shows(header: &str, offered: &[&str], expected: Option<&str>) {
        let offered = locales(offered);
        assert_eq!(accepted(header, offered.iter()).map(Locale::as_str), expected, "{header}");
    }

    #[test]
    fn a_tag_is_written_as_recommended() {
        let written = |text: &str| Tag::parse(text).unwrap().to_string();
        assert_eq!(written("PT-br-x-private"), "pt-BR");
        assert_eq!(written("sr-LATN-rs"), "sr-Latn-RS");
        assert_eq!((&*written("zh"), &*written("zh-tw")), ("zh-Hans", "zh-Hant-TW"));
        assert_eq!((&*written("es-419"), &*written("iw")), ("es-419", "he"));
    }

    #[test]
    fn ranges_are_tried_by_quality_then_order() {
        let offered = ["de", "en", "fr"];
        shows("fr;q=0.3, de;q=0.9, en;q=0.901", &offered, Some("en"));
        shows("de;q=0.5,fr;q=0.5", &offered, Some("de"));
        shows("ja, fr;q=0.1", &offered, Some("fr"));
        shows("fr ;\tq=0.001 , de;Q=1.000", &offered, Some("de"));
        shows("FR-ca", &offered, Some("fr"));
        shows("", &offered, None);
        shows("ja", &offered, None);
    }

    #[test]
    fn what_is_malformed_is_passed_over() {
        let offered = ["de", "en"];
        for header in [
            "de;q=2, en;q=0.1",
            "de;q=0.1234, en;q=0.1",
            "de;q=, en",
            "de;q=.5, en",
            "de;q=1.001, en",
            "de;level=1, en",
            "de;q=1;q=1, en",
            "de;q=-1, en",
            "de;q=\u{661}, en",
            "d, en",
            "de_DE, en",
            "de-, en",
            "-de, en",
            "de-abcdefghi, en",
            "d\u{e9}, en",
            ", ,;q=1, en",
            "<script>, en",
        ] {
            shows(header, &offered, Some("en"));
        }
    }

    #[test]
    fn a_star_asks_for_nothing_and_zero_refuses() {
        shows("*", &["de", "en"], None);
        shows("*, de;q=0.1", &["de", "en"], Some("de"));
        shows("de;q=0, de-AT", &["de", "en"], None);
        shows("de;q=0.000, *;q=0, en;q=0.1", &["de", "en"], Some("en"));
    }

    #[test]
    fn no_more_than_twenty_ranges_are_looked_at() {
        let many = |count| "ja,".repeat(count) + "de";
        shows(&many(19), &["de"], Some("de"));
        shows(&many(20), &["de"], None);
        shows(&format!("{}de", ",".repeat(40)), &["de"], Some("de"));
    }

    #[test]
    fn detail_is_dropped_from_the_end() {
        let offered = ["az", "az-Latn", "pt", "pt-BR"];
        shows("pt-BR", &offered, Some("pt-BR"));
        shows("pt-PT", &offered, Some("pt"));
        shows("az-latn-az", &offered, Some("az-Latn"));
        shows("az-Cyrl-AZ", &offered, Some("az"));
        shows("pt-br-abl1943-u-nu-latn", &offered, Some("pt-BR"));
    }

    #[test]
    fn another_form_of_the_language_is_better_than_another_language() {
        shows("pt, en;q=0.9", &["en", "pt-BR"], Some("pt-BR"));
        shows("en-AU", &["en-GB", "fr"], Some("en-GB"));
        shows("sr-Latn", &["sr-Cyrl"], None);
    }

    #[test]
    fn chinese_goes_by_script() {
        for wanted in ["zh", "zh-CN", "zh-SG", "zh-Hans", "zh-hans-CN", "ZH-cn", "zh-cmn-Hans"] {
            shows(wanted, &["zh-Hans"], Some("zh-Hans"));
            shows(wanted, &["zh-Hant", "zh-TW"], None);
        }
        for wanted in ["zh-TW", "zh-HK", "zh-MO", "zh-Hant"] {
            shows(wanted, &["zh-Hans", "zh"], None);
            shows(wanted, &["zh-Hans", "zh-Hant"], Some("zh-Hant"));
            shows(wanted, &["zh", "zh-TW"], Some("zh-TW"));
        }
        shows("zh-Hans", &["zh"], Some("zh"));
    }

    #[test]
    fn old_codes_are_understood_on_either_side() {
        shows("no", &["nb"], Some("nb"));
        shows("nb-NO", &["no"], Some("no"));
        shows("iw-IL", &["he"], Some("he"));
    }
}
