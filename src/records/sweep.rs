//! What a walk over the store finds: values whose time is over, that the store would never drop by itself or would drop too
//! early, that nobody accounts for, or whose category is kept for less time than it was. What is well is in the store for a
//! reason, and leaves it twice over: by the object that knows of it, and should that fail, by the store.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How late a deletion may be, in seconds, before it counts: an alarm may be put off.
pub const GRACE: u64 = 3_600;

/// How long a value stays at least, in seconds, once it is found that nobody can be asked about it: it may be that only whom to
/// ask cannot be read, by a deployment with another key, and that something keeps it.
pub const NOTICE: u64 = 30 * 86_400;

/// What a value is to the sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// About a person, whose object can be asked.
    Owned,
    /// About nobody who could be asked, and sealed under a key of the site.
    Alone,
    /// About nobody, and for everyone to read.
    Public,
    /// Nothing of ours.
    Foreign,
}

impl Kind {
    /// What the value of a key is, and how it is called in what the sweep tells. What a foreign key says is not told.
    pub fn of(key: &str) -> (Self, &str) {
        match key.split('/').next().unwrap_or_default() {
            name @ ("consent" | "record") => (Self::Owned, name),
            name @ ("proof" | "refusal") => (Self::Alone, name),
            name @ ("policy" | "log") => (Self::Public, name),
            _ => (Self::Foreign, "other"),
        }
    }
}

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
    /// It is about a person, and it cannot be read whom. What stands beside it says until when it is kept.
    Unowned,
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
    /// Its category is kept for less time now than when it was stored.
    Longer,
}

/// What is wrong with a value, if anything is, and whether that has been put right, or is being.
pub type Judged = Option<(Finding, bool)>;

/// Judges a value.
pub fn judge(seen: &Seen, account: Account, now: Timestamp) -> Option<Finding> {
    match account {
        Account::Leaving => None,
        // Something may keep it, or may have: it is not to last for ever, and that is all that can be said.
        Account::Unowned => seen.expires.is_none().then_some(Finding::Lasting),
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

/// When the store is to drop a value that nobody can be asked about, if it is kept until `backstop` by what stands beside it.
pub fn unowned_until(backstop: Timestamp, now: Timestamp) -> Timestamp {
    backstop.max(now.plus_seconds(NOTICE))
}

/// What is done about a value that a key of the site seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing.
    Leave,
    /// It is deleted.
    Delete,
    /// It is given the store's own expiry that it should have.
    Date,
    /// It is put under the active key, with the expiry that it should have.
    Rekey,
}

/// What is to be done about such a value.
pub const fn remedy(found: Option<Finding>, is_under_active: bool) -> Remedy {
    match found {
        Some(Finding::Overdue | Finding::Unaccounted) => Remedy::Delete,
        _ if !is_under_active => Remedy::Rekey,
        Some(Finding::Early | Finding::Lasting) => Remedy::Date,
        // Only records have categories.
        Some(Finding::Longer) | None => Remedy::Leave,
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
    /// Values that no person's key seals, by the site's key that does, as far as that is known to be so.
    #[serde(default)]
    pub keys: BTreeMap<String, u64>,
    /// How many of these were put under the active key.
    #[serde(default)]
    pub rekeyed: u64,
    /// Values about people of which it is not known whom to ask.
    pub unowned: u64,
    /// Values that could not be asked about, or not be put right.
    pub failed: u64,
}

impl Tally {
    /// Counts a value that was looked at.
    pub fn saw(&mut self, kind: &str, size: usize) {
        *self.values.entry(kind.to_owned()).or_default() += 1;
        self.bytes += u64::try_from(size).unwrap_or(0);
    }

    /// Counts how a value came out that a key of the site seals. It is under the active one only if it was put there; what could
    /// not be deleted, or not be written, is still under its own.
    pub fn sealed(
        &mut self,
        found: Option<Finding>,
        (remedy, is_done): (Remedy, bool),
        (under, active): (&str, &str),
    ) {
        if let Some(found) = found {
            self.count(found, is_done);
        }
        let key = match (remedy, is_done) {
            (Remedy::Delete, true) => return,
            (Remedy::Rekey, true) => {
                self.rekeyed += 1;
                active
            }
            _ => under,
        };
        *self.keys.entry(key.to_owned()).or_default() += 1;
    }

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
    fn of_whom_nobody_can_be_asked_a_value_does_not_last_for_ever_and_does_not_go_at_once() {
        let judged = |expires: Option<u64>| {
            let seen = Seen { key: "record/x/y".to_owned(), expires: expires.map(at) };
            judge(&seen, Account::Unowned, at(100))
        };
        assert_eq!(judged(None), Some(Finding::Lasting));
        assert_eq!(judged(Some(1)), None);
        assert_eq!(unowned_until(at(500), at(100)), at(500));
        assert_eq!(unowned_until(at(101), at(100)), at(130), "time to notice a wrong key");
        assert_eq!(unowned_until(at(1), at(100)), at(130));
    }

    #[test]
    fn what_is_not_ours_is_told_from_what_is_and_not_named() {
        assert_eq!(Kind::of("consent/a/b"), (Kind::Owned, "consent"));
        assert_eq!(Kind::of("record/a/b"), (Kind::Owned, "record"));
        assert_eq!(Kind::of("proof/a"), (Kind::Alone, "proof"));
        assert_eq!(Kind::of("refusal/a"), (Kind::Alone, "refusal"));
        assert_eq!(Kind::of("policy/current"), (Kind::Public, "policy"));
        assert_eq!(Kind::of("log/tile/0/000"), (Kind::Public, "log"));
        for foreign in ["", "ann@example.com", "Record/a", "records/a"] {
            assert_eq!(Kind::of(foreign), (Kind::Foreign, "other"));
        }
    }

    #[test]
    fn a_value_is_counted_under_the_key_that_it_is_under() {
        let counted = |found, under: &str, repairs: bool, works: bool| {
            let remedy = if repairs { remedy(found, under == "k2") } else { Remedy::Leave };
            let mut tally = Tally::default();
            tally.sealed(found, (remedy, works && remedy != Remedy::Leave), (under, "k2"));
            let keys: Vec<_> = tally.keys.into_keys().collect();
            (keys.join(" "), tally.rekeyed, tally.found.len(), tally.repaired.len())
        };
        let under = |key: &str, rekeyed, found, repaired| (key.to_owned(), rekeyed, found, repaired);
        assert_eq!(counted(None, "k2", true, true), under("k2", 0, 0, 0));
        assert_eq!(counted(None, "k1", true, true), under("k2", 1, 0, 0));
        assert_eq!(counted(None, "k1", true, false), under("k1", 0, 0, 0), "it failed");
        assert_eq!(counted(None, "k1", false, true), under("k1", 0, 0, 0), "it is only counted");
        let [early, overdue] = [Some(Finding::Early), Some(Finding::Overdue)];
        assert_eq!(counted(early, "k1", true, true), under("k2", 1, 1, 1), "in one go");
        assert_eq!(counted(early, "k2", true, true), under("k2", 0, 1, 1));
        assert_eq!(counted(early, "k1", true, false), under("k1", 0, 1, 0));
        assert_eq!(counted(early, "k1", false, true), under("k1", 0, 1, 0));
        assert_eq!(counted(overdue, "k1", true, true), under("", 0, 1, 1), "it is gone");
        assert_eq!(counted(overdue, "k1", true, false), under("k1", 0, 1, 0));
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
