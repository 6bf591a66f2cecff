//! Periods of a policy, in days and in words.

use super::texts::Interface;
use crate::clock::{Period, Timestamp};

/// The first of each month of 2025, the year after a leap year, as days since 1970.
const MONTH_STARTS: [u64; 12] =
    [20_089, 20_120, 20_148, 20_179, 20_209, 20_240, 20_270, 20_301, 20_332, 20_362, 20_393, 20_423];

/// The whole days of a period that starts on a given day.
fn days_from(period: &Period, day: u64) -> u64 {
    let start = Timestamp::from_seconds(day * 86_400);
    period.after(start).day().saturating_sub(day)
}

/// The fewest whole days the period can be, for periods up to three years: six calendar months are never fewer than
/// 181 days. A page that counts days thus never keeps a choice longer than a server that counts months.
///
/// A period of months is shortest from the first of a month (a later start only clamps the end to the same last
/// day), and from some month of 2025 on no leap day lies within the next three years.
pub(super) fn fewest_days(period: &Period) -> u64 {
    MONTH_STARTS.iter().map(|start| days_from(period, *start)).min().unwrap_or(0)
}

/// Whether `period` is longer than `limit`, both counted from a long month, where a period in days that just equals
/// one in months is not yet longer.
pub(super) fn is_longer(period: &Period, limit: &Period) -> bool {
    let start = Timestamp::from_seconds(MONTH_STARTS.iter().min().map_or(0, |day| day * 86_400));
    period.after(start) > limit.after(start)
}

/// A period in words: "13 months". One written with fractions is left as it is.
pub(crate) fn in_words(period: &Period, interface: &Interface) -> String {
    let parts = period.as_str().strip_prefix('P').and_then(|text| parts(text, interface));
    parts.map_or_else(|| period.as_str().to_owned(), |parts| parts.join(&interface.terms.list_separator))
}

fn parts(text: &str, interface: &Interface) -> Option<Vec<String>> {
    let terms = &interface.terms;
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let date_units = [('Y', &*terms.years), ('M', &*terms.months), ('W', &*terms.weeks), ('D', &*terms.days)];
    let time_units = [('H', &*terms.hours), ('M', &*terms.minutes), ('S', &*terms.seconds)];
    let mut parts = Vec::new();
    for (text, units) in [(date, &date_units[..]), (time, &time_units[..])] {
        let mut rest = text;
        while !rest.is_empty() {
            let (number, unit) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
            let mut after = unit.chars();
            let letter = after.next()?;
            let forms = units.iter().find(|(own, _)| *own == letter)?.1;
            parts.push(interface.count(forms, number.parse().ok()?));
            rest = after.as_str();
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::super::texts::built_in;
    use super::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn month_starts_are_the_firsts_of_2025() {
        for (month, day) in (1..).zip(MONTH_STARTS) {
            assert_eq!(
                Timestamp::from_seconds(day * 86_400).to_string(),
                format!("2025-{month:02}-01T00:00:00Z")
            );
        }
    }

    #[test]
    fn no_start_gives_fewer_days() {
        for text in
            ["P1M", "P3M", "P6M", "P12M", "P13M", "P1Y", "P2Y", "P3Y", "P1M15D", "P26W", "P180D", "PT36H"]
        {
            let period = period(text);
            // 1 March 2023 to 28 February 2029, every day.
            let fewest = (19_417..21_609).map(|day| days_from(&period, day)).min();
            assert_eq!(Some(fewest_days(&period)), fewest, "{text}");
        }
        assert_eq!(fewest_days(&period("P6M")), 181);
    }

    #[test]
    fn limits_are_kind_at_the_edge() {
        assert!(!is_longer(&period("P13M"), &period("P13M")));
        assert!(!is_longer(&period("P395D"), &period("P13M")));
        assert!(is_longer(&period("P400D"), &period("P13M")));
        assert!(is_longer(&period("P14M"), &period("P13M")));
        assert!(!is_longer(&period("P90D"), &period("P3M")));
    }

    #[test]
    fn says_a_period_in_words() {
        let english = built_in(&"en".parse().unwrap()).unwrap();
        let words = |text: &str| in_words(&period(text), &english);
        assert_eq!(words("P6M"), "6 months");
        assert_eq!(words("P1Y1M"), "1 year, 1 month");
        assert_eq!(words("P2W"), "2 weeks");
        assert_eq!(words("P1DT12H30M1S"), "1 day, 12 hours, 30 minutes, 1 second");
        assert_eq!(words("PT1.5H"), "PT1.5H");
    }
}
