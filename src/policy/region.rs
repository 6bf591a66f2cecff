//! Where a visitor is, as far as the rules turn on it.

use super::texts::is_country;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{fmt, str::FromStr};

/// A country (ISO 3166-1: `IE`) or a part of one (ISO 3166-2: `US-CA`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Region(String);

/// Why a text is not a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidRegion;

impl fmt::Display for InvalidRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a country such as IE, or a part of one such as US-CA")
    }
}

impl std::error::Error for InvalidRegion {}

impl Region {
    /// The region of what a network reports: a country's code, and the code of its part if that is known. What is
    /// no country, such as `XX` or `T1`, is unknown.
    pub fn reported(country: &str, part: Option<&str>) -> Option<Self> {
        let country: Self = country.parse().ok()?;
        let part = part.and_then(|part| format!("{country}-{part}").parse().ok());
        Some(part.unwrap_or(country))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country's code.
    pub fn country(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Whether it is in the European Economic Area.
    pub fn is_in_eea(&self) -> bool {
        super::regime::EEA.contains(&self.country())
    }

    /// Whether this place is the other one or within it.
    pub fn is_in(&self, place: &Self) -> bool {
        self == place || self.country() == place.as_str()
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    fn from_str(text: &str) -> Result<Self, InvalidRegion> {
        let (country, part) = text.split_once('-').map_or((text, None), |(c, part)| (c, Some(part)));
        let good_part = |part: &str| {
            matches!(part.len(), 1..=3) && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        if is_country(country) && part.is_none_or(good_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRegion)
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(country: &str, part: Option<&str>) -> Option<String> {
        Region::reported(country, part).map(|region| region.to_string())
    }

    #[test]
    fn what_is_no_country_is_unknown() {
        for unknown in ["XX", "T1", "", "ie", "EU", "UK", "IE-", "\u{ff29}E", "A1"] {
            assert_eq!(reported(unknown, None), None, "{unknown:?}");
        }
        assert_eq!(reported("US", Some("CA")).as_deref(), Some("US-CA"));
        assert_eq!(reported("US", Some("California")).as_deref(), Some("US"), "the country is still known");
        assert_eq!(reported("GB", Some("ENG")).as_deref(), Some("GB-ENG"));
    }

    #[test]
    fn a_part_lies_in_its_country() {
        let region = |text: &str| text.parse::<Region>().unwrap();
        assert!(region("US-CA").is_in(&region("US")) && region("US-CA").is_in(&region("US-CA")));
        assert!(!region("US").is_in(&region("US-CA")) && !region("US-CA").is_in(&region("US-CO")));
    }
}
