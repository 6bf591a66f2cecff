//! By when a person's request is to be answered.

use super::{Calendar, Day, Timestamp};
use serde::{Deserialize, Serialize};

/// The law a term comes from.
// The strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// GDPR Article 12(3), counted as Regulation (EEC, Euratom) 1182/71 says.
    Gdpr,
    /// UK GDPR Articles 12(3) and 12A: the same, but the clock stands still while the person is asked who they are.
    UkGdpr,
    /// California: 11 CCR sections 7021 and 7026.
    Ccpa,
}

/// The last day of a term, twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Term {
    /// The day to aim at: weekends and holidays win nothing.
    pub target: Day,
    /// The last day on which an answer is in time.
    pub latest: Day,
}

impl Term {
    const fn on(day: Day) -> Self {
        Self { target: day, latest: day }
    }

    /// A day at which the term ends on the next working day (Regulation 1182/71, Article 3(4)).
    fn rolled(day: Day, calendar: &Calendar) -> Self {
        Self { target: day, latest: calendar.working_from(day) }
    }
}

impl Law {
    /// The answer to a request that came in on a day: within a month (GDPR), or 45 days (CCPA).
    pub fn answer(self, received: Day, calendar: &Calendar) -> Term {
        self.answer_within(received, calendar, 1)
    }

    /// The same extended, which the person is told, with the reasons, within the first term: by two further months, or 45
    /// further days. Both count from receipt, not from where the first term was rolled to.
    pub fn answer_extended(self, received: Day, calendar: &Calendar) -> Term {
        self.answer_within(received, calendar, 3)
    }

    fn answer_within(self, received: Day, calendar: &Calendar, months: u8) -> Term {
        match self {
            Self::Gdpr | Self::UkGdpr => Term::rolled(received.plus_months(months), calendar),
            Self::Ccpa => Term::on(received.plus_days(if months > 1 { 90 } else { 45 })),
        }
    }

    /// By when an opt-out or an objection to direct marketing is to take effect: 15 business days (11 CCR section 7026(f)),
    /// or at once (GDPR Article 21(3)).
    pub fn opt_out(self, received: Day, calendar: &Calendar) -> Term {
        match self {
            Self::Gdpr | Self::UkGdpr => Term::on(received),
            Self::Ccpa => Term::on(calendar.plus_working_days(received, 15)),
        }
    }

    /// How many hours the day of receipt is away from Greenwich's: no moment falls on a later day there than it does
    /// where the law holds, so a term may end a day early by this, and never late.
    pub const fn hours(self) -> i8 {
        match self {
            Self::Gdpr | Self::UkGdpr => 0,
            Self::Ccpa => -8,
        }
    }

    /// The same for the day on which a term is over, in summer: nowhere where the law holds does it end earlier. That is
    /// in Réunion, in the United Kingdom, and in California.
    const fn hours_at_end(self) -> i8 {
        match self {
            Self::Gdpr => 4,
            Self::UkGdpr => 1,
            Self::Ccpa => -7,
        }
    }

    /// When a term is over whose last day is `latest`: where that day ends first, so that an answer just in time is never
    /// late. What comes in when it is the next day there already has that day, and is not late as it comes.
    pub fn ends(self, latest: Day, received: Timestamp) -> Timestamp {
        let hours = self.hours_at_end();
        latest.max(Day::of(received, hours)).ends(hours)
    }

    /// Whether the clock stands still while the person is asked to show who they are (UK GDPR Article 12A). The GDPR
    /// itself is silent, and California's clock runs on (11 CCR section 7021(b)).
    pub fn waits_for_identity(self) -> bool {
        self == Self::UkGdpr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Received; to be answered by; the same extended; 45 and 90 days. With the holidays that most of the Union shares.
    const VECTORS: [[&str; 5]; 8] = [
        ["2026-01-15", "2026-02-16", "2026-04-15", "2026-03-01", "2026-04-15"],
        ["2026-01-31", "2026-03-02", "2026-04-30", "2026-03-17", "2026-05-01"],
        ["2026-03-05", "2026-04-07", "2026-06-05", "2026-04-19", "2026-06-03"],
        ["2026-08-31", "2026-09-30", "2026-11-30", "2026-10-15", "2026-11-29"],
        ["2026-11-25", "2026-12-28", "2027-02-25", "2027-01-09", "2027-02-23"],
        ["2026-11-30", "2026-12-30", "2027-03-01", "2027-01-14", "2027-02-28"],
        ["2026-12-01", "2027-01-04", "2027-03-01", "2027-01-15", "2027-03-01"],
        ["2028-01-31", "2028-02-29", "2028-05-02", "2028-03-16", "2028-04-30"],
    ];

    #[test]
    fn terms_end_when_the_regulation_says() {
        let calendar = Calendar::of("DE", &[]);
        for [received, due, extended, days, days_extended] in VECTORS {
            let received = day(received);
            for law in [Law::Gdpr, Law::UkGdpr] {
                assert_eq!(law.answer(received, &calendar).latest, day(due), "{received}");
                assert_eq!(law.answer_extended(received, &calendar).latest, day(extended), "{received}");
            }
            assert_eq!(Law::Ccpa.answer(received, &calendar), Term::on(day(days)), "{received}");
            assert_eq!(Law::Ccpa.answer_extended(received, &calendar), Term::on(day(days_extended)));
        }
    }

    #[test]
    fn what_to_aim_at_is_never_rolled() {
        let term = Law::Gdpr.answer(day("2026-03-05"), &Calendar::of("DE", &[]));
        assert_eq!(term, Term { target: day("2026-04-05"), latest: day("2026-04-07") });
    }

    #[test]
    fn a_term_is_over_where_its_last_day_ends_first() {
        let at = |text: &str| -> Timestamp { serde_json::from_value(text.into()).unwrap() };
        let (received, latest) = (at("2026-06-05T12:00:00Z"), day("2026-07-06"));
        for (law, end) in [
            (Law::Gdpr, "2026-07-06T20:00:00Z"),
            (Law::UkGdpr, "2026-07-06T23:00:00Z"),
            (Law::Ccpa, "2026-07-07T07:00:00Z"),
        ] {
            assert_eq!(law.ends(latest, received), at(end), "{law:?}");
        }
        // An objection in the evening, when it is tomorrow in the east, still has a day.
        let evening = at("2026-07-06T22:00:00Z");
        assert_eq!(Law::Gdpr.ends(latest, evening), at("2026-07-07T20:00:00Z"));
    }

    #[test]
    fn opting_out_takes_effect_at_once_or_within_business_days() {
        let calendar = Calendar::default();
        let friday = day("2026-11-20");
        assert_eq!(Law::Gdpr.opt_out(friday, &calendar), Term::on(friday));
        assert_eq!(Law::Ccpa.opt_out(friday, &calendar), Term::on(day("2026-12-11")));
    }
}
