//! Whose law a request's terms come from.

use crate::{
    clock::{Calendar, Law},
    policy::{Policy, Region},
};

/// The law for a person who is somewhere. Who is established in the Union owes everybody what the GDPR says, who is not owes
/// it to those in the Union (Articles 3(1) and 3(2)); the same holds for the United Kingdom. Where either place is not known
/// it may be in the Union, so the strictest terms hold.
pub fn law(policy: &Policy, region: Option<&Region>) -> Law {
    let home = policy.rights.country.as_ref().and_then(|country| country.as_str().parse::<Region>().ok());
    let (Some(home), Some(region)) = (&home, region) else { return Law::Gdpr };
    let any = |country: &str| [home, region].iter().any(|place| place.country() == country);
    if home.is_in_eea() || region.is_in_eea() {
        Law::Gdpr
    } else if any("GB") {
        Law::UkGdpr
    } else if any("US") {
        Law::Ccpa
    } else {
        Law::Gdpr
    }
}

/// The working days that move a term's end.
pub fn calendar(policy: &Policy) -> Calendar {
    let country = policy.rights.country.as_ref().map_or("", |country| country.as_str());
    Calendar::of(country, &policy.rights.holidays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample;
    use serde_json::json;

    #[test]
    fn the_strictest_of_both_ends_holds() {
        for (home, region, expected) in [
            (None, None, Law::Gdpr),
            (Some("IE"), Some("US-CA"), Law::Gdpr),
            (Some("US"), Some("FR"), Law::Gdpr),
            (Some("GB"), Some("US-CA"), Law::UkGdpr),
            (Some("US"), Some("GB"), Law::UkGdpr),
            (Some("US"), Some("US-TX"), Law::Ccpa),
            (None, Some("US-CA"), Law::Gdpr),
            (None, Some("GB"), Law::Gdpr),
            (Some("US"), None, Law::Gdpr),
            (Some("GB"), None, Law::Gdpr),
            (Some("GB"), Some("GB"), Law::UkGdpr),
            (Some("JP"), Some("BR"), Law::Gdpr),
        ] {
            let mut json = sample::json();
            if let Some(home) = home {
                json["rights"] = json!({"country": home});
            }
            let region = region.map(|region| region.parse().unwrap());
            assert_eq!(law(&sample::parsed(json), region.as_ref()), expected, "{home:?} {region:?}");
        }
    }

    #[test]
    fn the_days_off_are_those_of_the_country_and_what_is_declared() {
        let mut json = sample::json();
        json["rights"] = json!({"country": "IE", "holidays": ["2026-12-24"]});
        let calendar = calendar(&sample::parsed(json));
        for day in ["2026-12-24", "2026-12-25", "2026-03-17"] {
            assert!(!calendar.is_working(day.parse().unwrap()), "{day}");
        }
        assert!(calendar.is_working("2026-12-23".parse().unwrap()));
    }
}
