//! Working days: which days a country's public holidays and weekends are.

use super::Day;
use jiff::{ToSpan as _, civil::Date, civil::Weekday};
use serde::{Deserialize, Serialize};

const HOLIDAYS: &str = include_str!("holidays.txt");

/// The working days of a country (Regulation (EEC, Euratom) 1182/71, Article 2). JSON carries what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Declared")]
pub struct Calendar {
    country: String,
    #[serde(skip_serializing)]
    rules: Vec<Rule>,
    /// Further holidays that are declared: of a part of the country, or set anew each year.
    declared: Vec<Day>,
}

/// A calendar as it is written down.
#[derive(Deserialize)]
struct Declared {
    country: String,
    declared: Vec<Day>,
}

impl From<Declared> for Calendar {
    fn from(Declared { country, declared }: Declared) -> Self {
        Self::of(&country, &declared)
    }
}

/// When a holiday is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The same day every year: month and day.
    Fixed(i8, i8),
    /// Days after Easter Sunday.
    Easter(Church, i16),
    /// A weekday of a month: the first on or after a day.
    From(i8, Weekday, i8),
    /// The last such weekday of a month.
    Last(i8, Weekday),
}

/// Whose Easter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Church {
    Western,
    Orthodox,
}

impl Calendar {
    /// That of a country by its ISO 3166-1 code, with further holidays. Of a country that is not known here only the
    /// weekends are no working days: terms end earlier then, never later.
    pub fn of(country: &str, declared: &[Day]) -> Self {
        let line =
            HOLIDAYS.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == country);
        let rules = line.map_or(Vec::new(), |(_, rules)| rules.split(' ').filter_map(Rule::read).collect());
        Self { country: country.to_owned(), rules, declared: declared.to_vec() }
    }

    /// Whether people work on a day.
    pub fn is_working(&self, day: Day) -> bool {
        !(day.is_weekend() || self.declared.contains(&day) || self.is_holiday(day.date()))
    }

    fn is_holiday(&self, date: Date) -> bool {
        self.rules.iter().any(|rule| rule.day_in(date.year()) == Some(date))
    }

    /// The day itself if it is a working day, else the next that is (Article 3(4)).
    pub fn working_from(&self, day: Day) -> Day {
        // No country has as many days off in a row; a calendar that is declared to have stays where it is.
        (0..60).map(|days| day.plus_days(days)).find(|day| self.is_working(*day)).unwrap_or(day)
    }

    /// The day after so many working days, not counting the first.
    pub fn plus_working_days(&self, day: Day, days: u16) -> Day {
        (0..days).fold(day, |day, _| self.working_from(day.plus_days(1)))
    }
}

impl Rule {
    fn read(text: &str) -> Option<Self> {
        if let Some(days) = text.strip_prefix('W') {
            return days.parse().ok().map(|days| Self::Easter(Church::Western, days));
        }
        if let Some(days) = text.strip_prefix('O') {
            return days.parse().ok().map(|days| Self::Easter(Church::Orthodox, days));
        }
        let (month, rest) = text.split_once('-')?;
        let month = month.parse().ok()?;
        let Some((weekday, which)) = rest.split_once('-') else {
            return Some(Self::Fixed(month, rest.parse().ok()?));
        };
        let weekday = match weekday {
            "mon" => Weekday::Monday,
            "thu" => Weekday::Thursday,
            "fri" => Weekday::Friday,
            _ => return None,
        };
        match which {
            "first" => Some(Self::From(month, weekday, 1)),
            "last" => Some(Self::Last(month, weekday)),
            day => Some(Self::From(month, weekday, day.parse().ok()?)),
        }
    }

    fn day_in(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Easter(church, days) => easter(year, church)?.checked_add(i64::from(days).days()).ok(),
            Self::From(month, weekday, day) => {
                let first = Date::new(year, month, day).ok()?;
                first.checked_add(i64::from(weekday.since(first.weekday())).days()).ok()
            }
            Self::Last(month, weekday) => {
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(-1, weekday).ok()
            }
        }
    }
}

/// Easter Sunday. Western: the algorithm of Meeus, Jones and Butcher (Meeus, Astronomical Algorithms, chapter 8).
/// Orthodox: that of Meeus in the Julian calendar, carried over to the Gregorian one.
fn easter(year: i16, church: Church) -> Option<Date> {
    let year = i32::from(year);
    let (golden, of_four, of_seven) = (year % 19, year % 4, year % 7);
    let month_and_day = match church {
        Church::Western => {
            let (century, rest) = (year / 100, year % 100);
            let moon = (century - (century + 8) / 25 + 1) / 3;
            let epact = (19 * golden + century - century / 4 - moon + 15) % 30;
            let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
            let late = (golden + 11 * epact + 22 * weekday) / 451;
            epact + weekday - 7 * late + 114
        }
        Church::Orthodox => {
            let epact = (19 * golden + 15) % 30;
            let weekday = (2 * of_four + 4 * of_seven - epact + 34) % 7;
            epact + weekday + 114
        }
    };
    let month = i8::try_from(month_and_day / 31).ok()?;
    let day = i8::try_from(month_and_day % 31 + 1).ok()?;
    let date = Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    match church {
        Church::Western => Some(date),
        Church::Orthodox => {
            let apart = year / 100 - year / 400 - 2;
            date.checked_add(i64::from(apart).days()).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_when_the_churches_say() {
        for (year, western, orthodox) in [
            (1900, "1900-04-15", "1900-04-22"),
            (2024, "2024-03-31", "2024-05-05"),
            (2025, "2025-04-20", "2025-04-20"),
            (2026, "2026-04-05", "2026-04-12"),
            (2027, "2027-03-28", "2027-05-02"),
            (2028, "2028-04-16", "2028-04-16"),
            (2038, "2038-04-25", "2038-04-25"),
            (2100, "2100-03-28", "2100-05-02"),
        ] {
            assert_eq!(easter(year, Church::Western), Some(day(western).date()), "{year}");
            assert_eq!(easter(year, Church::Orthodox), Some(day(orthodox).date()), "{year}");
        }
    }

    #[test]
    fn every_rule_of_the_table_is_understood() {
        let mut last = "";
        for line in HOLIDAYS.lines().filter(|line| !line.starts_with('#')) {
            let (country, rules) = line.split_once(' ').unwrap();
            assert!(last < country && country.len() == 2, "{line}");
            last = country;
            for rule in rules.split(' ') {
                let days: Vec<_> = (2026..2046).filter_map(|year| Rule::read(rule)?.day_in(year)).collect();
                assert_eq!(days.len(), 20, "{country} {rule}");
                assert!(
                    days.iter().any(|date| date.weekday().to_monday_one_offset() < 6),
                    "{country} {rule}"
                );
            }
        }
    }

    #[test]
    fn terms_go_on_over_holidays_and_weekends() {
        let german = Calendar::of("DE", &[]);
        assert_eq!(german.working_from(day("2026-04-05")), day("2026-04-07"), "Easter Monday");
        assert_eq!(german.working_from(day("2026-12-25")), day("2026-12-28"));
        assert_eq!(german.working_from(day("2026-11-23")), day("2026-11-23"));
        assert_eq!(Calendar::of("GR", &[]).working_from(day("2026-04-10")), day("2026-04-14"));
        assert_eq!(Calendar::of("IE", &[]).working_from(day("2026-10-26")), day("2026-10-27"));
        assert_eq!(Calendar::of("FI", &[]).working_from(day("2026-06-19")), day("2026-06-22"));
        assert_eq!(Calendar::of("IS", &[]).working_from(day("2026-04-23")), day("2026-04-24"));
        assert_eq!(Calendar::of("GB", &[]).working_from(day("2027-05-31")), day("2027-06-01"));
        let own = Calendar::of("DE", &[day("2026-11-23")]);
        assert_eq!(own.working_from(day("2026-11-21")), day("2026-11-24"));
        let json = serde_json::to_string(&own).unwrap();
        assert_eq!(json, r#"{"country":"DE","declared":["2026-11-23"]}"#);
        assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), own);
        let unknown = Calendar::of("ZZ", &[]);
        assert_eq!(unknown.working_from(day("2026-12-25")), day("2026-12-25"), "earlier, never later");
        let never = Calendar::of("ZZ", &(0..99).map(|n| day("2026-11-22").plus_days(n)).collect::<Vec<_>>());
        assert_eq!(never.working_from(day("2026-11-22")), day("2026-11-22"));
    }

    #[test]
    fn working_days_are_counted_from_the_day_after() {
        let plain = Calendar::default();
        assert_eq!(plain.plus_working_days(day("2026-11-20"), 1), day("2026-11-23"));
        assert_eq!(plain.plus_working_days(day("2026-11-22"), 10), day("2026-12-04"));
        assert_eq!(plain.plus_working_days(day("2026-11-22"), 0), day("2026-11-22"));
    }
}
