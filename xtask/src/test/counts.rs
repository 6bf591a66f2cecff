//! How many tests passed, read from the runners' own words.

use std::iter::Sum;
use std::ops::Add;

/// Outcomes of one or more runs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Counts {
    pub(super) passed: u32,
    pub(super) failed: u32,
    pub(super) skipped: u32,
}

impl Counts {
    /// A check that went well.
    pub(super) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// A check, or a whole run, that did not.
    pub(super) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// Whether nothing ran. What is only skipped did not run.
    pub(super) fn is_empty(self) -> bool {
        self.passed == 0 && self.failed == 0
    }

    /// A run that ended badly has failed, even where it died before it could say so.
    pub(super) fn ended(self, success: bool) -> Self {
        if success || self.failed > 0 { self } else { self + Self::FAILED }
    }

    /// Adds up cargo's `test result: ok. 3 passed; 0 failed; 1 ignored; …` lines.
    pub(super) fn of_cargo(output: &str) -> Self {
        output
            .lines()
            .filter_map(|line| line.trim().strip_prefix("test result: "))
            .flat_map(|line| line.split(['.', ';']))
            .map(|part| match part.trim().split_once(' ') {
                Some((n, "passed")) => Self { passed: n.parse().unwrap_or(0), ..Self::default() },
                Some((n, "failed")) => Self { failed: n.parse().unwrap_or(0), ..Self::default() },
                Some((n, "ignored")) => Self { skipped: n.parse().unwrap_or(0), ..Self::default() },
                _ => Self::default(),
            })
            .sum()
    }

    /// Reads the summary at the end of a TAP stream of `node --test`.
    pub(super) fn of_tap(tap: &str) -> Self {
        let count = |what: &str| {
            let lines = tap.lines().filter_map(|line| line.strip_prefix("# ")?.strip_prefix(what));
            lines.filter_map(|rest| rest.trim().parse::<u32>().ok()).next_back().unwrap_or(0)
        };
        Self {
            passed: count("pass "),
            failed: count("fail ") + count("cancelled "),
            skipped: count("skipped ") + count("todo "),
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn cargo_lines_add_up() {
        let output = "running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.0s\n\
            test a ... FAILED\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 0.1s\n";
        assert_eq!(Counts::of_cargo(output), Counts { passed: 15, failed: 2, skipped: 1 });
    }

    #[test]
    fn tap_summary_is_read() {
        let tap = "TAP version 13\nok 1 - a\n1..1\n# tests 9\n# suites 0\n# pass 4\n# fail 1\n# cancelled 1\n\
            # skipped 2\n# todo 1\n# duration_ms 12.5\n";
        assert_eq!(Counts::of_tap(tap), Counts { passed: 4, failed: 2, skipped: 3 });
    }

    #[test]
    fn a_run_that_died_has_failed() {
        assert_eq!(Counts::of_cargo("error: could not compile").ended(false), Counts::FAILED);
        assert!(Counts::of_cargo("").ended(true).is_empty());
        assert!(Counts { skipped: 1, ..Counts::default() }.is_empty());
    }
}
