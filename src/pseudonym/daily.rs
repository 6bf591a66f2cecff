//! Pseudonyms that last a day, for counting visits without following visitors.
//!
//! Each day's key follows from the day's before by HMAC-SHA-256, and only the present one is kept. Nobody can compute
//! the pseudonyms of a day that is over, not even with everything that is still there: keys that are derived from a
//! lasting secret and the date can always be derived again, these cannot. What was written down of an earlier state
//! counts as kept, so whoever stores the state overwrites it and keeps no copies; to be safe from copies nobody thought
//! of, start anew from random bytes now and then.
//!
//! Today's pseudonyms are personal data for whoever has today's key: addresses are few enough to try them all.

use super::{Domain, Pseudonym, key::Secret};
use crate::clock::Timestamp;
use std::fmt;
use zeroize::Zeroizing;

const LABEL: &str = "consentry/pseudonym/next-day/v1";

/// Days that are caught up with at once. Who was away for longer starts anew from random bytes.
const MAX_CATCH_UP: u32 = 400;

/// A day: how many were over since 1 January 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

impl Day {
    /// The day of a time.
    pub fn of(time: Timestamp) -> Self {
        Self(u32::try_from(time.day()).unwrap_or(u32::MAX))
    }
}

/// The key of one day, and which day that is. Its bytes are overwritten when it is dropped; what computing with them may
/// have left on the stack is not. It is neither copied nor cloned, so that there is one.
pub struct DayKey {
    day: Day,
    secret: Secret,
}

impl fmt::Debug for DayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DayKey").field("day", &self.day).finish_non_exhaustive()
    }
}

/// Why a key cannot become that of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// The day is over, and its key destroyed.
    Over,
    /// It is more than 400 days ahead.
    TooFar,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Over => "the day is over and its key destroyed",
            Self::TooFar => "the day is more than 400 days ahead; start anew from random bytes",
        })
    }
}

impl std::error::Error for Unreachable {}

/// A refusal: why, and the key as it was, so that a wrong clock destroys nothing.
#[derive(Debug)]
pub struct NotAdvanced {
    /// Why.
    pub reason: Unreachable,
    /// The key, unchanged.
    pub key: DayKey,
}

impl DayKey {
    /// Starts a chain from 32 fresh random bytes; `None` where they are all zero.
    pub fn start(day: Day, random: [u8; 32]) -> Option<Self> {
        let random = Zeroizing::new(random);
        Some(Self { day, secret: Secret::new(*random)? })
    }

    /// The day whose key this is.
    pub const fn day(&self) -> Day {
        self.day
    }

    /// The key of a later day, or of the same. This one is destroyed.
    pub fn advance_to(self, day: Day) -> Result<Self, NotAdvanced> {
        let reason = match day.0.checked_sub(self.day.0) {
            None => Unreachable::Over,
            Some(days) if days > MAX_CATCH_UP => Unreachable::TooFar,
            Some(days) => return Ok((0..days).fold(self, |key, _| key.next())),
        };
        Err(NotAdvanced { reason, key: self })
    }

    fn next(self) -> Self {
        let day = self.day.0.saturating_add(1);
        Self { day: Day(day), secret: self.secret.next(LABEL, &day.to_be_bytes()) }
    }

    /// The pseudonym of something on this day, in a domain. Its key id is `d` and the day's number: `d20779.…`. Visitors
    /// are usually named by site, address and user agent.
    pub fn name(&self, domain: Domain, parts: &[&[u8]]) -> Pseudonym {
        Pseudonym::new(format!("d{}", self.day.0), self.secret.code(domain.label(), parts))
    }

    /// Day and key as bytes, to be stored sealed, in place of the day before.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 36]> {
        let mut bytes = Zeroizing::new([0; 36]);
        let parts = self.day.0.to_be_bytes();
        bytes.iter_mut().zip(parts.iter().chain(self.secret.as_bytes())).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (day, secret) = bytes.split_first_chunk::<4>()?;
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret).ok()?);
        Self::start(Day(u32::from_be_bytes(*day)), *secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn start(random: [u8; 32]) -> DayKey {
        DayKey::start(Day(20_000), random).unwrap()
    }

    fn on(random: [u8; 32], day: u32) -> DayKey {
        start(random).advance_to(Day(day)).unwrap()
    }

    fn name(key: &DayKey, who: &str) -> Pseudonym {
        key.name(Domain::Analytics, &[b"shop.example", who.as_bytes()])
    }

    #[test]
    fn neither_back_nor_too_far_and_the_key_stays() {
        let before = name(&start([7; 32]), "alice");
        let refused = start([7; 32]).advance_to(Day(19_999)).unwrap_err();
        assert_eq!((refused.reason, name(&refused.key, "alice")), (Unreachable::Over, before.clone()));
        let refused = start([7; 32]).advance_to(Day(20_401)).unwrap_err();
        assert_eq!((refused.reason, name(&refused.key, "alice")), (Unreachable::TooFar, before));
        assert!(start([7; 32]).advance_to(Day(20_400)).is_ok());
        let last = DayKey::start(Day(u32::MAX), [7; 32]).unwrap();
        assert!(last.advance_to(Day(u32::MAX)).is_ok());
    }

    #[test]
    fn no_key_of_zeroes_and_none_printed() {
        assert!(DayKey::start(Day(1), [0; 32]).is_none());
        assert!(DayKey::from_bytes(&[0; 36]).is_none());
        assert!(DayKey::from_bytes(&[7; 35]).is_none());
        assert!(DayKey::from_bytes(&[7; 37]).is_none());
        assert_eq!(format!("{:?}", start([7; 32])), "DayKey { day: Day(20000), .. }");
    }

    #[test]
    fn the_day_is_that_of_universal_time() {
        assert_eq!(Day::of(Timestamp::from_seconds(0)), Day(0));
        assert_eq!(Day::of(Timestamp::from_seconds(86_399)), Day(0));
        assert_eq!(Day::of(Timestamp::from_seconds(86_400)), Day(1));
    }

    proptest! {
        #[test]
        fn the_same_on_one_day_and_unlike_on_others(random: [u8; 32], days in 1_u32..=400, who in "[a-z]{1,8}") {
            prop_assume!(random != [0; 32]);
            let (today, later) = (start(random), on(random, 20_000 + days));
            prop_assert_eq!(name(&today, &who), name(&start(random), &who));
            let (one, other) = (name(&today, &who), name(&later, &who));
            prop_assert_ne!(one.code(), other.code());
            prop_assert_ne!(one, name(&today, "somebody else"));
        }

        #[test]
        fn skipping_days_is_as_many_single_steps(random: [u8; 32], days in 0_u32..40) {
            prop_assume!(random != [0; 32]);
            let stepped = (1..=days).fold(start(random), |key, n| key.advance_to(Day(20_000 + n)).unwrap());
            prop_assert_eq!(stepped.to_bytes(), on(random, 20_000 + days).to_bytes());
        }

        /// What is kept is 4 bytes of day and 32 of key, and nothing of the key before is in it.
        #[test]
        fn nothing_of_the_day_before_is_kept(random: [u8; 32], days in 1_u32..=400) {
            prop_assume!(random != [0; 32]);
            let kept = on(random, 20_000 + days).to_bytes();
            prop_assert!(random.windows(4).all(|part| kept.windows(4).all(|other| part != other)));
            prop_assert_eq!(size_of::<DayKey>(), 36);
        }

        #[test]
        fn stored_and_read_again_it_is_the_same(random: [u8; 32], who in "[a-z]{1,8}") {
            prop_assume!(random != [0; 32]);
            let read = DayKey::from_bytes(&*start(random).to_bytes()).unwrap();
            prop_assert_eq!(name(&read, &who), name(&start(random), &who));
        }
    }
}
