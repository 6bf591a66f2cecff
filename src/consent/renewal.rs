//! Whether what a browser believes of its choices is replaced by what is kept of them. Both are the same until something is done
//! elsewhere: a right used with an account that the device is linked to, a restriction that the site lifted, an answer that
//! never arrived.

use super::Permissions;

/// How a person's choices stand, by the decision cookie or by what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standpoint {
    /// What may run by the choices alone.
    pub permitted: Permissions,
    /// Whether the person's data may only be stored.
    pub restricted: bool,
}

/// What becomes of the decision cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// It stays.
    Stays,
    /// It says from now on what is kept.
    AsKept,
    /// It goes, and the device's own with it: nothing is kept about the device.
    Forgotten,
}

impl Renewal {
    /// What becomes of it. What is kept never permits what the browser does not believe to be permitted: a refusal may have
    /// been taken that is not recorded yet. Where several hosts share the decision (`shared`), one of them knows only of its
    /// own part, and so it can begin a restriction and end none.
    pub fn of(brought: &Standpoint, kept: Option<&Standpoint>, shared: bool) -> Self {
        let Some(kept) = kept else { return Self::Forgotten };
        let begins = kept.restricted && !brought.restricted;
        let ends = brought.restricted && !kept.restricted;
        let takes_away = !kept.restricted && !brought.permitted.are_within(&kept.permitted);
        if begins || (!shared && (ends || takes_away)) { Self::AsKept } else { Self::Stays }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consent::Choices,
        policy::{Setting, resolve, sample},
    };

    fn standpoint(given: &[&str], services: &[&str], restricted: bool) -> Standpoint {
        let policy = sample::policy();
        let regime = resolve(&policy, &Setting { region: "DE".parse().ok(), ..Setting::of("en") });
        let choices = Choices {
            given: given.iter().map(|id| id.parse().unwrap()).collect(),
            refused: policy
                .optional_purposes()
                .filter(|purpose| !given.contains(&purpose.id.to_string().as_str()))
                .map(|purpose| purpose.id.clone())
                .collect(),
            services: services.iter().map(|id| id.parse().unwrap()).collect(),
            ..Choices::default()
        };
        Standpoint { permitted: Permissions::of(&policy, &regime, Some(&choices)), restricted }
    }

    #[test]
    fn what_is_kept_takes_away_and_never_gives() {
        let both = standpoint(&["analytics", "marketing"], &[], false);
        let one = standpoint(&["analytics"], &[], false);
        let other = standpoint(&["marketing"], &[], false);
        let none = standpoint(&[], &[], false);
        for (brought, kept, becomes) in [
            (&both, &both, Renewal::Stays),
            (&both, &one, Renewal::AsKept),
            (&one, &none, Renewal::AsKept),
            (&one, &both, Renewal::Stays),
            (&none, &both, Renewal::Stays),
            (&one, &other, Renewal::AsKept),
        ] {
            assert_eq!(Renewal::of(brought, Some(kept), false), becomes, "{brought:?} {kept:?}");
        }
    }

    #[test]
    fn a_service_that_is_excepted_counts() {
        let (with, without) = (standpoint(&[], &["ads"], false), standpoint(&[], &[], false));
        assert_eq!(Renewal::of(&with, Some(&without), false), Renewal::AsKept);
        assert_eq!(Renewal::of(&without, Some(&with), false), Renewal::Stays);
    }

    #[test]
    fn restrictions_begin_and_end_with_what_is_kept() {
        let (free, held) = (standpoint(&["analytics"], &[], false), standpoint(&["analytics"], &[], true));
        let stripped = standpoint(&[], &[], true);
        assert_eq!(Renewal::of(&free, Some(&held), false), Renewal::AsKept);
        assert_eq!(Renewal::of(&stripped, Some(&held), false), Renewal::Stays);
        assert_eq!(Renewal::of(&stripped, Some(&free), false), Renewal::AsKept);
    }

    #[test]
    fn one_of_several_hosts_begins_a_restriction_and_ends_nothing() {
        let (free, held) = (standpoint(&["analytics"], &[], false), standpoint(&["analytics"], &[], true));
        let none = standpoint(&[], &[], false);
        assert_eq!(Renewal::of(&free, Some(&held), true), Renewal::AsKept);
        assert_eq!(Renewal::of(&held, Some(&free), true), Renewal::Stays);
        assert_eq!(Renewal::of(&free, Some(&none), true), Renewal::Stays);
    }

    #[test]
    fn of_whom_nothing_is_kept_the_browser_keeps_nothing() {
        assert_eq!(Renewal::of(&standpoint(&["analytics"], &[], false), None, false), Renewal::Forgotten);
    }
}
