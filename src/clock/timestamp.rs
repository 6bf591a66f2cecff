//! A moment in UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// Whole seconds since 1970-01-01T00:00:00Z. JSON carries it as RFC 3339 text, `2026-11-21T10:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
pub struct Timestamp(#[cfg_attr(feature = "schema", schemars(with = "String"))] u64);

/// The last whole second the calendar library can represent, 9999-12-30T22:00:00Z.
const MAX_SECONDS: u64 = 253_402_207_200;

impl Timestamp {
    /// Reads a moment as ISO 8601 has it; without an offset it is in UTC.
    pub fn from_iso8601(text: &str) -> Option<Self> {
        let moment = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            let civil = text.parse::<jiff::civil::DateTime>().ok()?;
            Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        })?;
        (moment.as_second() >= 0).then(|| Self::from_jiff(moment))
    }

    /// From seconds since 1970; what lies past the calendar's end becomes that end.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(if seconds < MAX_SECONDS { seconds } else { MAX_SECONDS })
    }

    /// From milliseconds since 1970, as JavaScript's `Date.now()` gives them; fractions are cut off.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    pub fn from_millis(millis: f64) -> Self {
        Self::from_seconds((millis.max(0.0) / 1000.0) as u64)
    }

    /// Seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Days since 1970, in UTC.
    pub const fn day(self) -> u64 {
        self.0 / 86_400
    }

    /// Later by a number of seconds.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self::from_seconds(self.0.saturating_add(seconds))
    }

    /// Year, month, day, hour, minute and second, in UTC.
    pub(crate) fn civil(self) -> Option<(u16, u8, u8, u8, u8, u8)> {
        let at = jiff::tz::Offset::UTC.to_datetime(self.to_jiff());
        let small = |part: i8| u8::try_from(part).ok();
        let year = u16::try_from(at.year()).ok()?;
        Some((
            year,
            small(at.month())?,
            small(at.day())?,
            small(at.hour())?,
            small(at.minute())?,
            small(at.second())?,
        ))
    }

    pub(super) fn to_jiff(self) -> jiff::Timestamp {
        // The constructor keeps every value in jiff's range, which ends after ours.
        i64::try_from(self.0)
            .ok()
            .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    pub(super) fn from_jiff(time: jiff::Timestamp) -> Self {
        Self::from_seconds(u64::try_from(time.as_second()).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let time: jiff::Timestamp = text.parse().map_err(|_| D::Error::custom("not an RFC 3339 time"))?;
        if time.as_second() < 0 {
            return Err(D::Error::custom("a time before 1970"));
        }
        Ok(Self::from_jiff(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc_3339() {
        let time = Timestamp::from_seconds(1_795_255_200);
        assert_eq!(time.to_string(), "2026-11-21T10:00:00Z");
        assert_eq!(serde_json::from_str::<Timestamp>("\"2026-11-21T11:00:00+01:00\"").unwrap(), time);
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<Timestamp>("\"1969-12-31T23:59:59Z\"").is_err());
        assert_eq!(Timestamp::from_millis(-5.0), Timestamp::default());
        assert_eq!(Timestamp::from_millis(f64::NAN), Timestamp::default());
        assert_eq!(Timestamp::from_seconds(u64::MAX).to_string(), "9999-12-30T22:00:00Z");
        assert_eq!(time.day(), 20_778);
    }
}
