//! A calendar period as a policy writes it: `P6M`, `P13M`, `P30D`, `PT1H`.

use super::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// Why a text is not a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPeriod;

impl fmt::Display for InvalidPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a positive ISO 8601 period of at most 100 years, such as P6M, P30D or PT24H")
    }
}

impl std::error::Error for InvalidPeriod {}

/// A positive ISO 8601 period. Months and years are calendar months and years: six months after 31 August is the
/// last day of February.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent))]
pub struct Period(#[cfg_attr(feature = "schema", schemars(regex(pattern = "^P[0-9TYMWDHS]+$")))] String);

impl Period {
    /// The moment this period after `start`. What lies past the year 9999 becomes its end.
    pub fn after(&self, start: Timestamp) -> Timestamp {
        let end = parse(&self.0)
            .and_then(|span| start.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).ok())
            .map(|end| Timestamp::from_jiff(end.timestamp()));
        end.unwrap_or(Timestamp::from_seconds(u64::MAX))
    }

    /// The text, as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse(text: &str) -> Option<jiff::Span> {
    let span: jiff::Span = text.parse().ok()?;
    let relative = jiff::civil::date(2000, 1, 1);
    let days = span.total((jiff::Unit::Day, relative)).ok()?;
    (text.starts_with('P') && days > 0.0 && days <= 36_525.0).then_some(span)
}

impl FromStr for Period {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, InvalidPeriod> {
        parse(text).map(|_| Self(text.to_owned())).ok_or(InvalidPeriod)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn months_are_calendar_months() {
        let six_months: Period = "P6M".parse().unwrap();
        assert_eq!(six_months.after(at("2026-08-31T10:00:00Z")), at("2027-02-28T10:00:00Z"));
        assert_eq!(six_months.after(at("2026-11-21T10:00:00Z")), at("2027-05-21T10:00:00Z"));
        assert_eq!(
            "PT24H".parse::<Period>().unwrap().after(at("2026-11-21T10:00:00Z")),
            at("2026-11-22T10:00:00Z")
        );
    }

    #[test]
    fn refuses_what_is_no_positive_period() {
        for bad in ["", "6 months", "P0D", "-P1D", "P", "1D", "P1000Y", "P6M\n"] {
            assert_eq!(bad.parse::<Period>(), Err(InvalidPeriod), "{bad:?}");
        }
    }
}
