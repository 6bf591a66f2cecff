//! Walks of the sweep: where the one under way is, what the last whole one found, and what becomes of one that breaks off.

use super::sweep::Tally;
use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a part may take before another begins it anew, in seconds.
const PATIENCE: u64 = 180;

/// After so many seconds in which no part came to its end, a walk has broken off.
const STUCK: u64 = 86_400;

/// How soon after one that broke off the next begins at the latest, in seconds.
const AGAIN: u64 = 3_600;

/// One walk over the whole store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// When it began.
    pub started: Timestamp,
    /// When it was done, or broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Whether it broke off: what it found is not all there is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub broke_off: bool,
    /// Whether what is wrong is put right, or only counted.
    pub repairs: bool,
    /// What it found.
    #[serde(flatten)]
    pub tally: Tally,
}

/// How the sweep stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweeps {
    /// The walk under way.
    pub running: Option<Sweep>,
    /// The last one that went through the whole store.
    pub last: Option<Sweep>,
    /// The last one that broke off, unless a whole one has come after it.
    #[serde(default)]
    pub broken: Option<Sweep>,
    /// Where the walk under way is.
    #[serde(default)]
    cursor: Option<String>,
    /// Until when somebody is at it.
    #[serde(default)]
    busy: Timestamp,
    /// When it last got further.
    #[serde(default)]
    moved: Timestamp,
}

/// A part of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// When the walk began: its name.
    pub started: Timestamp,
    /// Where the part begins.
    pub cursor: Option<String>,
    /// Whether what is wrong is put right.
    pub repairs: bool,
}

/// What comes after a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// The part that begins here.
    At(String),
    /// Nothing: the whole store has been gone through.
    Done,
    /// Nobody knows: the store does not know the place in its list any more.
    Lost,
}

/// What a part that ended did for its walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: somebody else had done it.
    Stale,
    /// It goes on.
    GoesOn,
    /// The walk is done, or broke off.
    Ended(Box<Sweep>),
}

impl Sweeps {
    /// Hands out the next part, if one is to be done and nobody is at it. Walks are `every` so many seconds apart.
    pub fn begin(&mut self, now: Timestamp, repairs: bool, every: u64) -> Option<Slice> {
        if self.busy > now || (self.running.is_none() && self.due(every).is_some_and(|due| due > now)) {
            return None;
        }
        if self.running.is_none() {
            self.moved = now;
        }
        let running = self.running.get_or_insert_with(|| Sweep { started: now, repairs, ..Sweep::default() });
        self.busy = now.plus_seconds(PATIENCE);
        Some(Slice { started: running.started, cursor: self.cursor.clone(), repairs: running.repairs })
    }

    /// When the next walk begins, if there was one before.
    fn due(&self, every: u64) -> Option<Timestamp> {
        let after = |sweep: &Option<Sweep>, wait| Some(sweep.as_ref()?.ended?.plus_seconds(wait));
        // Where one broke off there is more to find.
        after(&self.broken, every.min(AGAIN)).or_else(|| after(&self.last, every))
    }

    /// Takes in what a part found, and what comes after it.
    pub fn end(&mut self, slice: &Slice, tally: &Tally, next: Next, now: Timestamp) -> Progress {
        let is_same = |running: &&mut Sweep| running.started == slice.started && self.cursor == slice.cursor;
        let Some(running) = self.running.as_mut().filter(is_same) else { return Progress::Stale };
        running.tally.add(tally);
        (self.busy, self.moved) = (Timestamp::default(), now);
        let ended = match next {
            Next::At(cursor) => {
                self.cursor = Some(cursor);
                None
            }
            Next::Done => self.close(false, now),
            Next::Lost => self.close(true, now),
        };
        ended.map_or(Progress::GoesOn, |ended| Progress::Ended(Box::new(ended)))
    }

    /// Breaks the walk off that is under way, if it does not get further: a place in the list may be one that the store fails at.
    pub fn break_off(&mut self, now: Timestamp) -> Option<Sweep> {
        if self.moved.plus_seconds(STUCK) > now {
            return None;
        }
        self.close(true, now)
    }

    /// Ends the walk under way. What one that broke off found is not put in the place of what a whole one did.
    fn close(&mut self, broke_off: bool, now: Timestamp) -> Option<Sweep> {
        let ended = Sweep { ended: Some(now), broke_off, ..self.running.take()? };
        (self.cursor, self.busy) = (None, Timestamp::default());
        if broke_off {
            self.broken = Some(ended.clone());
        } else {
            self.last = Some(ended.clone());
            self.broken = None;
        }
        Some(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    fn under(key: &str) -> Tally {
        Tally { keys: [(key.to_owned(), 1)].into(), ..Tally::default() }
    }

    /// A store that was gone through once, in two parts.
    fn walked() -> Sweeps {
        let mut sweeps = Sweeps::default();
        let first = sweeps.begin(at(0), true, DAY).unwrap();
        assert_eq!((first.started, first.cursor.as_deref(), first.repairs), (at(0), None, true));
        assert_eq!(sweeps.end(&first, &under("k1"), Next::At("b".to_owned()), at(1)), Progress::GoesOn);
        assert_eq!(sweeps.last, None, "half of it is not all of it");
        let second = sweeps.begin(at(2), true, DAY).unwrap();
        assert_eq!(second.cursor.as_deref(), Some("b"));
        assert!(matches!(sweeps.end(&second, &under("k2"), Next::Done, at(3)), Progress::Ended(_)));
        sweeps
    }

    #[test]
    fn a_walk_is_done_a_part_at_a_time_and_begun_again_later() {
        let mut sweeps = walked();
        let last = sweeps.last.clone().unwrap();
        assert_eq!((last.ended, last.broke_off, last.tally.keys.len()), (Some(at(3)), false, 2));
        assert_eq!(sweeps.begin(at(DAY), true, DAY), None);
        assert!(sweeps.begin(at(3 + DAY), true, DAY).is_some());
        assert!(walked().begin(at(3), true, 0).is_some());
    }

    #[test]
    fn one_part_is_one_persons_and_counts_once() {
        let mut sweeps = Sweeps::default();
        let slow = sweeps.begin(at(0), true, DAY).unwrap();
        assert_eq!(sweeps.begin(at(1), true, DAY), None, "somebody is at it");
        let other = sweeps.begin(at(PATIENCE), true, DAY).unwrap();
        assert_eq!(other, slow);
        let next = || Next::At("b".to_owned());
        assert_eq!(sweeps.end(&other, &under("k1"), next(), at(200)), Progress::GoesOn);
        assert_eq!(sweeps.end(&slow, &under("k1"), next(), at(201)), Progress::Stale);
        assert_eq!(sweeps.running.unwrap().tally.keys["k1"], 1);
    }

    #[test]
    fn what_a_walk_found_that_broke_off_is_not_taken_for_all_there_is() {
        let mut sweeps = walked();
        let whole = sweeps.last.clone();
        let later = 3 + DAY;
        let part = sweeps.begin(at(later), true, DAY).unwrap();
        sweeps.end(&part, &under("k2"), Next::At("b".to_owned()), at(later + 1));
        let part = sweeps.begin(at(later + 2), true, DAY).unwrap();
        let Progress::Ended(ended) = sweeps.end(&part, &Tally::default(), Next::Lost, at(later + 3)) else {
            panic!("it goes on");
        };
        assert!(ended.broke_off);
        assert_eq!((sweeps.last.clone(), sweeps.broken.as_ref()), (whole, Some(&*ended)));
        assert_eq!(serde_json::to_value(&ended).unwrap()["broke_off"], true);
        // The next begins soon, at the beginning, and a whole one puts an end to it.
        assert_eq!(sweeps.begin(at(later + AGAIN), true, DAY), None);
        let anew = sweeps.begin(at(later + 3 + AGAIN), true, DAY).unwrap();
        assert_eq!(anew.cursor, None);
        sweeps.end(&anew, &under("k2"), Next::Done, at(later + 4 + AGAIN));
        assert_eq!((sweeps.broken.as_ref(), sweeps.last.unwrap().tally), (None, under("k2")));
    }

    #[test]
    fn a_walk_that_gets_no_further_is_begun_anew() {
        let mut sweeps = walked();
        assert_eq!(sweeps.break_off(at(9 * DAY)), None, "none is under way");
        let part = sweeps.begin(at(9 * DAY), true, DAY).unwrap();
        assert_eq!(sweeps.break_off(at(9 * DAY + PATIENCE)), None);
        sweeps.end(&part, &under("k2"), Next::At("b".to_owned()), at(9 * DAY + 60));
        assert_eq!(sweeps.break_off(at(10 * DAY)), None);
        assert!(sweeps.break_off(at(10 * DAY + 60)).unwrap().broke_off);
        assert_eq!((sweeps.running.as_ref(), sweeps.last), (None, walked().last));
    }

    #[test]
    fn how_it_stands_is_read_as_it_was_written() {
        let mut sweeps = walked();
        sweeps.begin(at(9 * DAY), false, DAY).unwrap();
        let json = serde_json::to_string(&sweeps).unwrap();
        assert_eq!(serde_json::from_str::<Sweeps>(&json).unwrap(), sweeps);
        let next = serde_json::to_value(Next::At("b".to_owned())).unwrap();
        assert_eq!(next, serde_json::json!({"at": "b"}));
    }
}
