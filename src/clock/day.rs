//! A day of the calendar.

use super::Timestamp;
use jiff::{ToSpan as _, civil::Date, civil::Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A day, without a time or a zone. JSON carries it as `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
pub struct Day(#[cfg_attr(feature = "schema", schemars(with = "String"))] Date);

/// Why a text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDay;

impl fmt::Display for InvalidDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a day such as 2026-11-22")
    }
}

impl std::error::Error for InvalidDay {}

impl Day {
    /// The day a moment falls on, `hours` east of Greenwich (negative: west).
    pub fn of(moment: Timestamp, hours: i8) -> Self {
        let offset = jiff::tz::Offset::from_hours(hours.clamp(-25, 25)).unwrap_or(jiff::tz::Offset::UTC);
        Self(offset.to_datetime(moment.to_jiff()).date())
    }

    /// Its first moment in UTC.
    pub fn begins(self) -> Timestamp {
        let midnight = self.0.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
        midnight.map_or(Timestamp::from_seconds(u64::MAX), |time| Timestamp::from_jiff(time.timestamp()))
    }

    /// The first moment after it, `hours` east of Greenwich (negative: west).
    pub fn ends(self, hours: i8) -> Timestamp {
        let (midnight, east) = (self.plus_days(1).begins().seconds(), 3_600 * i64::from(hours));
        Timestamp::from_seconds(midnight.saturating_add_signed(-east))
    }

    /// Some days later.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        Self(self.0.saturating_add(i64::from(days).days()))
    }

    /// The day of the same number some months later; where that month has none, its last day.
    #[must_use]
    pub fn plus_months(self, months: u8) -> Self {
        Self(self.0.saturating_add(i64::from(months).months()))
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    pub(super) const fn date(self) -> Date {
        self.0
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        // The library also reads times and other spellings.
        let date: Date = text.parse().map_err(|_| InvalidDay)?;
        if date.to_string() == text { Ok(Self(date)) } else { Err(InvalidDay) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn reads_one_spelling_only() {
        assert_eq!(serde_json::from_str::<Day>("\"2028-02-29\"").unwrap(), day("2028-02-29"));
        for bad in ["2027-02-29", "2026-11-22T10:00", "20261122", "22.11.2026", "", "2026-1-2"] {
            assert_eq!(bad.parse::<Day>(), Err(InvalidDay), "{bad}");
        }
    }

    #[test]
    fn months_end_on_their_last_day() {
        assert_eq!(day("2026-01-31").plus_months(1), day("2026-02-28"));
        assert_eq!(day("2028-01-31").plus_months(1), day("2028-02-29"));
        assert_eq!(day("2026-11-30").plus_months(3), day("2027-02-28"));
        assert_eq!(day("9999-12-31").plus_months(1), day("9999-12-31"));
    }

    #[test]
    fn a_moment_is_on_the_day_of_its_place() {
        let late: Timestamp = serde_json::from_str("\"2026-11-30T23:30:00Z\"").unwrap();
        assert_eq!(Day::of(late, 0), day("2026-11-30"));
        assert_eq!(Day::of(late, 1), day("2026-12-01"));
        let early: Timestamp = serde_json::from_str("\"2026-12-01T04:00:00Z\"").unwrap();
        assert_eq!(Day::of(early, -8), day("2026-11-30"));
        assert_eq!(day("2026-12-01").begins(), serde_json::from_str("\"2026-12-01T00:00:00Z\"").unwrap());
    }

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        for hours in [-8, -7, 0, 1, 3] {
            let end = day("2026-11-30").ends(hours);
            let before = Timestamp::from_seconds(end.seconds() - 1);
            assert_eq!(Day::of(end, hours), day("2026-12-01"), "{hours}");
            assert_eq!(Day::of(before, hours), day("2026-11-30"), "{hours}");
        }
    }
}
