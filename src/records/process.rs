//! The life of one record.

use super::{Freeze, Record, RecordName};
use crate::{
    clock::{Period, Timestamp},
    decider::{Context, Decider},
    id::{CategoryId, EventId},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What may be asked about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Store it, in place of what it was before.
    Store {
        /// The event's id; storing again under the same changes nothing.
        id: EventId,
        /// Its category.
        category: CategoryId,
        /// Its name.
        name: RecordName,
        /// The media type of its content.
        media_type: String,
        /// Bytes of its content.
        size: u64,
        /// How long its category is kept.
        retention: Period,
        /// What of it is not handed out with a copy.
        withheld: Vec<String>,
        /// What keeps the person's records from being changed.
        freeze: Freeze,
    },
    /// Put it right, as the person it is about wants it (GDPR Article 16).
    Rectify {
        /// The event's id.
        id: EventId,
        /// Bytes of its content.
        size: u64,
        /// What keeps the person's records from being changed.
        freeze: Freeze,
    },
    /// Bring its date forward, should its category be kept for less time now than when it was stored (GDPR Article 5(1)(e)).
    Shorten {
        /// How long its category is kept now; nothing if the policy declares it no longer.
        retention: Option<Period>,
    },
    /// Delete it.
    Delete {
        /// Why.
        why: Why,
        /// What keeps the person's records from being changed.
        freeze: Freeze,
    },
}

/// Why a record is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The site does not need it any more.
    Site,
    /// It has been kept for as long as its category is.
    Retention,
    /// Nothing that it was kept for is permitted any more.
    Purpose,
    /// The person asked for it (GDPR Article 17).
    Erasure,
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// It was stored.
    Stored(Record),
    /// Its date was brought forward.
    Shortened {
        /// When it is deleted now, unless something keeps it.
        retain_until: Timestamp,
    },
    /// It was deleted.
    Deleted {
        /// The event that had stored it.
        event: EventId,
        /// When.
        at: Timestamp,
        /// Why.
        why: Why,
    },
}

/// Why nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such record.
    Missing,
    /// It was stored by this very event already.
    AlreadyStored,
    /// It is kept as it is.
    Frozen(Freeze),
    /// Its time is not over.
    NotDue,
    /// It is kept no longer than its category is.
    NotLonger,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no such record",
            Self::AlreadyStored => "it was stored already",
            Self::Frozen(Freeze::LegalHold) => "the person's data is kept as it is for legal claims",
            Self::Frozen(_) => "the person asked that their data only be stored (GDPR Article 18)",
            Self::NotDue => "it is still to be kept",
            Self::NotLonger => "it is kept no longer than its category is",
        })
    }
}

impl std::error::Error for Refusal {}

/// The process.
#[derive(Debug)]
pub enum Records {}

impl Decider for Records {
    type Command = Command;
    type Event = Event;
    type State = Option<Record>;
    type Refusal = Refusal;

    fn decide(state: &Option<Record>, command: Command, context: &Context) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Store { id, category, name, media_type, size, retention, withheld, freeze } => {
                if state.as_ref().is_some_and(|record| record.event == id) {
                    return Err(Refusal::AlreadyStored);
                }
                // To store is all that a restriction permits; to change what is stored is more.
                if state.is_some() && freeze > Freeze::None {
                    return Err(Refusal::Frozen(freeze));
                }
                let (at, retain_until) = (context.now, retention.after(context.now));
                Ok(vec![Event::Stored(Record {
                    event: id,
                    category,
                    name,
                    media_type,
                    size,
                    at,
                    retain_until,
                    corrected: None,
                    withheld,
                })])
            }
            Command::Rectify { id, size, freeze } => {
                let record = state.as_ref().ok_or(Refusal::Missing)?;
                // What is restricted may be changed as the person agrees to (Article 18(2)), and it is they who ask.
                if freeze == Freeze::LegalHold {
                    return Err(Refusal::Frozen(freeze));
                }
                // It is not kept any longer for having been wrong, and stays of the decision it was stored under.
                let corrected = Some(context.now);
                Ok(vec![Event::Stored(Record { event: id, size, corrected, ..record.clone() })])
            }
            Command::Shorten { retention } => {
                let record = state.as_ref().ok_or(Refusal::Missing)?;
                // From when the site stored it, as before. A date is brought forward whatever keeps the record, since that
                // deletes nothing; it is never put off, for what was said when the data was collected stands.
                let retain_until = retention.map(|retention| retention.after(record.at));
                let retain_until = retain_until.filter(|until| *until < record.retain_until);
                Ok(vec![Event::Shortened { retain_until: retain_until.ok_or(Refusal::NotLonger)? }])
            }
            Command::Delete { why, freeze } => {
                let record = state.as_ref().ok_or(Refusal::Missing)?;
                let waits = match why {
                    // It is the person's own wish, which ends the restriction with the data; claims go on.
                    Why::Erasure => freeze == Freeze::LegalHold,
                    Why::Site | Why::Retention | Why::Purpose => freeze > Freeze::None,
                };
                if waits {
                    return Err(Refusal::Frozen(freeze));
                }
                if why == Why::Retention && context.now < record.retain_until {
                    return Err(Refusal::NotDue);
                }
                Ok(vec![Event::Deleted { event: record.event, at: context.now, why }])
            }
        }
    }

    fn evolve(state: Option<Record>, event: &Event) -> Option<Record> {
        match event {
            Event::Stored(record) => Some(record.clone()),
            Event::Shortened { retain_until } => {
                state.map(|record| Record { retain_until: *retain_until, ..record })
            }
            Event::Deleted { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::CallerClass;

    fn context(seconds: u64) -> Context {
        Context { now: Timestamp::from_seconds(seconds), random: [0; 32], caller: CallerClass::System.into() }
    }

    fn store(n: u8, freeze: Freeze) -> Command {
        Command::Store {
            id: EventId::from_bytes([n; 16]),
            category: "orders".parse().unwrap(),
            name: "1".parse().unwrap(),
            media_type: "application/json".to_owned(),
            size: 2,
            retention: "PT24H".parse().unwrap(),
            withheld: Vec::new(),
            freeze,
        }
    }

    fn stored() -> Option<Record> {
        Records::replay(&Records::decide(&None, store(1, Freeze::None), &context(0)).unwrap())
    }

    #[test]
    fn a_record_stays_until_its_time_is_over() {
        let state = stored();
        assert_eq!(state.as_ref().unwrap().retain_until, Timestamp::from_seconds(86_400));
        let expire = |freeze| Command::Delete { why: Why::Retention, freeze };
        assert_eq!(Records::decide(&state, expire(Freeze::None), &context(86_399)), Err(Refusal::NotDue));
        let deleted = Records::decide(&state, expire(Freeze::None), &context(86_400)).unwrap();
        assert_eq!(deleted.iter().fold(state, Records::evolve), None);
        assert_eq!(Records::decide(&None, expire(Freeze::None), &context(86_400)), Err(Refusal::Missing));
    }

    #[test]
    fn the_same_event_stores_once() {
        let again = Records::decide(&stored(), store(1, Freeze::None), &context(5));
        assert_eq!(again, Err(Refusal::AlreadyStored));
        assert!(Records::decide(&stored(), store(2, Freeze::None), &context(5)).is_ok());
    }

    #[test]
    fn a_hold_outweighs_a_restriction_and_that_the_end_of_retention() {
        let (late, state) = (context(100_000), stored());
        let delete = |why, freeze| Records::decide(&state, Command::Delete { why, freeze }, &late);
        for why in [Why::Site, Why::Retention, Why::Purpose, Why::Erasure] {
            assert!(delete(why, Freeze::None).is_ok());
            assert_eq!(delete(why, Freeze::LegalHold), Err(Refusal::Frozen(Freeze::LegalHold)));
            let restricted = delete(why, Freeze::Restricted);
            if why == Why::Erasure {
                assert!(restricted.is_ok(), "the person's own wish");
            } else {
                assert_eq!(restricted, Err(Refusal::Frozen(Freeze::Restricted)));
            }
        }
    }

    #[test]
    fn people_put_right_what_is_restricted_but_not_what_is_held() {
        let rectify = |freeze| Command::Rectify { id: EventId::from_bytes([2; 16]), size: 7, freeze };
        for freeze in [Freeze::None, Freeze::Restricted] {
            let events = Records::decide(&stored(), rectify(freeze), &context(5)).unwrap();
            let (was, is) = (stored().unwrap(), Records::replay(&events).unwrap());
            assert_eq!((is.size, is.at, is.retain_until), (7, was.at, was.retain_until));
            assert_eq!(is.written(), Timestamp::from_seconds(5));
        }
        let held = Records::decide(&stored(), rectify(Freeze::LegalHold), &context(5));
        assert_eq!(held, Err(Refusal::Frozen(Freeze::LegalHold)));
        assert_eq!(Records::decide(&None, rectify(Freeze::None), &context(5)), Err(Refusal::Missing));
    }

    fn at(text: &str) -> Timestamp {
        serde_json::from_value(text.into()).unwrap()
    }

    /// The date of a record that was stored under one retention, once it is held against another.
    fn shortened(stored: &str, before: &str, after: Option<&str>) -> Result<Timestamp, Refusal> {
        let (mut store, now) = (store(1, Freeze::None), Context { now: at(stored), ..context(0) });
        if let Command::Store { retention, .. } = &mut store {
            *retention = before.parse().unwrap();
        }
        let state = Records::replay(&Records::decide(&None, store, &now).unwrap());
        let shorten = Command::Shorten { retention: after.map(|after| after.parse().unwrap()) };
        let events = Records::decide(&state, shorten.clone(), &context(0))?;
        let state = events.iter().fold(state, Records::evolve);
        assert_eq!(Records::decide(&state, shorten, &context(0)), Err(Refusal::NotLonger), "done once");
        Ok(state.unwrap().retain_until)
    }

    #[test]
    fn what_is_stored_follows_a_shorter_retention_and_no_other() {
        let stored = "2026-08-31T10:00:00Z";
        for (before, after, until) in [
            ("P1Y", "P6M", "2027-02-28T10:00:00Z"),
            ("P6M", "P1M", "2026-09-30T10:00:00Z"),
            ("P1M", "P29D", "2026-09-29T10:00:00Z"),
            ("P1M", "PT1S", "2026-08-31T10:00:01Z"),
            ("P100Y", "P99Y", "2125-08-31T10:00:00Z"),
        ] {
            assert_eq!(shortened(stored, before, Some(after)), Ok(at(until)), "{before} {after}");
        }
        for (before, after) in
            [("P1Y", "P1Y"), ("P1Y", "P12M"), ("P1M", "P30D"), ("P1M", "P31D"), ("P1M", "P9Y")]
        {
            assert_eq!(shortened(stored, before, Some(after)), Err(Refusal::NotLonger), "{before} {after}");
        }
        assert_eq!(shortened(stored, "P1Y", None), Err(Refusal::NotLonger), "its category is gone");
        // Which of these is longer turns on the month.
        assert_eq!(shortened("2027-01-31T00:00:00Z", "P1M", Some("P29D")), Err(Refusal::NotLonger));
        assert_eq!(
            shortened("2027-01-31T00:00:00Z", "P29D", Some("P1M")),
            Ok(at("2027-02-28T00:00:00Z")),
            "the end of February"
        );
    }

    #[test]
    fn a_date_follows_from_when_the_site_stored_it() {
        let retention: Option<Period> = Some("PT1H".parse().unwrap());
        let shorten = || Command::Shorten { retention: retention.clone() };
        assert_eq!(Records::decide(&None, shorten(), &context(5)), Err(Refusal::Missing));
        // Put right since, it is not kept any longer.
        let rectify = Command::Rectify { id: EventId::from_bytes([2; 16]), size: 7, freeze: Freeze::None };
        let right = Records::replay(&Records::decide(&stored(), rectify, &context(5_000)).unwrap());
        let events = Records::decide(&right, shorten(), &context(6_000)).unwrap();
        let short = events.iter().fold(right.clone(), Records::evolve);
        let date = Timestamp::from_seconds(3_600);
        assert_eq!(
            short,
            right.map(|record| Record { retain_until: date, ..record }),
            "nothing else changes"
        );
        // Its time is over then, and it goes as any other, or once nothing keeps it.
        let expire = |freeze| Command::Delete { why: Why::Retention, freeze };
        assert!(Records::decide(&short, expire(Freeze::None), &context(6_000)).is_ok());
        for freeze in [Freeze::Restricted, Freeze::LegalHold] {
            assert_eq!(
                Records::decide(&short, expire(freeze), &context(6_000)),
                Err(Refusal::Frozen(freeze))
            );
        }
        // Stored again, it is kept for as long as its category is then.
        let again =
            Records::replay(&Records::decide(&short, store(3, Freeze::None), &context(6_000)).unwrap());
        assert_eq!(again.unwrap().retain_until, Timestamp::from_seconds(6_000 + 86_400));
    }

    #[test]
    fn what_is_restricted_can_be_stored_and_not_changed() {
        assert!(Records::decide(&None, store(2, Freeze::Restricted), &context(5)).is_ok());
        let change = Records::decide(&stored(), store(2, Freeze::Restricted), &context(5));
        assert_eq!(change, Err(Refusal::Frozen(Freeze::Restricted)));
    }
}
