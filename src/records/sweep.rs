//! What a walk over the store finds: values whose time is over, that the store would never drop by itself or would drop too
//! early, or that nobody accounts for. What is well is in the store for a reason, and leaves it twice over: by the object
//! that knows of it, and should that fail, by the store.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How late a deletion may be, in seconds, before it counts: an alarm may be put off.
pub const GRACE: u64 = 3_600;

/// A value as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its key.
    pub key: String,
    /// When the store drops it by itself.
    pub expires: Option<Timestamp>,
}

/// What is known of a value where its person's data is kept account of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// It is to be there.
    Kept {
        /// Until when.
        until: Timestamp,
        /// Whether something keeps it beyond that.
        frozen: bool,
    },
    /// It has just been deleted; the store may list it a while longer.
    Leaving,
    /// Nothing.
    Unknown,
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Its time is over, and it is still there (GDPR Article 5(1)(e)).
    Overdue,
    /// The store would never drop it by itself.
    Lasting,
    /// The store would drop it before its time, or although something keeps it.
    Early,
    /// Nobody accounts for it.
    Unaccounted,
}

/// Judges a value.
pub fn judge(seen: &Seen, account: Account, now: Timestamp) -> Option<Finding> {
    match account {
        Account::Leaving => None,
        Account::Unknown => Some(Finding::Unaccounted),
        Account::Kept { frozen: true, .. } => seen.expires.map(|_| Finding::Early),
        Account::Kept { until, .. } if until.plus_seconds(GRACE) <= now => Some(Finding::Overdue),
        Account::Kept { until, .. } => match seen.expires {
            None => Some(Finding::Lasting),
            Some(expires) if expires < until => Some(Finding::Early),
            Some(_) => None,
        },
    }
}

/// What a walk has found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Values that were looked at, by the first part of their key.
    pub values: BTreeMap<String, u64>,
    /// Their bytes.
    pub bytes: u64,
    /// What was wrong.
    pub found: BTreeMap<Finding, u64>,
    /// How much of it has been put right, or is being.
    pub repaired: BTreeMap<Finding, u64>,
    /// Values that no person's key seals, by the site's key that does.
    #[serde(default)]
    pub keys: BTreeMap<String, u64>,
    /// How many of these were put under the active key.
    #[serde(default)]
    pub rekeyed: u64,
    /// Values about people of which it is not known whom to ask.
    pub unowned: u64,
    /// Values that could not be asked about.
    pub failed: u64,
}

impl Tally {
    /// Counts a finding.
    pub fn count(&mut self, finding: Finding, is_repaired: bool) {
        *self.found.entry(finding).or_default() += 1;
        if is_repaired {
            *self.repaired.entry(finding).or_default() += 1;
        }
    }

    /// Adds what another part of the walk found.
    pub fn add(&mut self, other: &Self) {
        let sum = |into: &mut BTreeMap<Finding, u64>, from: &BTreeMap<Finding, u64>| {
            for (finding, count) in from {
                *into.entry(*finding).or_default() += count;
            }
        };
        sum(&mut self.found, &other.found);
        sum(&mut self.repaired, &other.repaired);
        let named = |into: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>| {
            for (name, count) in from {
                *into.entry(name.clone()).or_default() += count;
            }
        };
        named(&mut self.values, &other.values);
        named(&mut self.keys, &other.keys);
        self.rekeyed += other.rekeyed;
        self.bytes += other.bytes;
        self.unowned += other.unowned;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn at(day: u64) -> Timestamp {
        Timestamp::from_seconds(day * DAY)
    }

    #[test]
    fn a_value_is_kept_for_its_time_and_dropped_twice_over() {
        let judged = |expires: Option<u64>, until, frozen, now| {
            let seen = Seen { key: "record/x/y".to_owned(), expires: expires.map(at) };
            judge(&seen, Account::Kept { until: at(until), frozen }, at(now))
        };
        assert_eq!(judged(Some(11), 10, false, 5), None);
        assert_eq!(judged(Some(10), 10, false, 5), None);
        assert_eq!(judged(Some(9), 10, false, 5), Some(Finding::Early));
        assert_eq!(judged(None, 10, false, 5), Some(Finding::Lasting));
        assert_eq!(judged(Some(11), 10, false, 10), None, "an alarm may be late");
        assert_eq!(judged(Some(12), 10, false, 11), Some(Finding::Overdue));
        // What is restricted or held outlasts its time, and the store must not drop it.
        assert_eq!(judged(None, 10, true, 20), None);
        assert_eq!(judged(Some(30), 10, true, 20), Some(Finding::Early));
    }

    #[test]
    fn what_nobody_accounts_for_is_found_unless_it_is_just_going() {
        let seen = Seen { key: "record/x/y".to_owned(), expires: Some(at(9)) };
        assert_eq!(judge(&seen, Account::Unknown, at(1)), Some(Finding::Unaccounted));
        assert_eq!(judge(&seen, Account::Leaving, at(99)), None);
    }

    #[test]
    fn tallies_add_up() {
        let mut one = Tally { bytes: 5, failed: 1, ..Tally::default() };
        one.count(Finding::Overdue, true);
        one.values.insert("record".to_owned(), 2);
        let mut sum = one.clone();
        sum.count(Finding::Early, false);
        sum.add(&one);
        assert_eq!((sum.bytes, sum.failed, sum.values["record"]), (10, 2, 4));
        assert_eq!((sum.found[&Finding::Overdue], sum.repaired[&Finding::Overdue]), (2, 2));
        assert_eq!((sum.found[&Finding::Early], sum.repaired.get(&Finding::Early)), (1, None));
        let json = serde_json::to_value(&sum).unwrap();
        assert_eq!(json["found"]["overdue"], 2);
        assert_eq!(serde_json::from_value::<Tally>(json).unwrap(), sum);
    }
}
