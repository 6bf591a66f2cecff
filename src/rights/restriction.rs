//! The restriction of processing (Article 18): from when it holds until it is lifted.

use super::RestrictionGround;
use crate::{
    clock::Timestamp,
    decider::{CallerClass, Context, Decider},
    id::EventId,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What may be asked about a restriction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// It begins.
    Place {
        /// The request it follows from.
        request: EventId,
        /// Why.
        ground: RestrictionGround,
    },
    /// The person is informed that it will be lifted, and why (Article 18(3)).
    Announce {
        /// Why.
        reason: String,
        /// When.
        lift_at: Timestamp,
    },
    /// It ends: when the person wants it to, or at the time that was announced to them.
    Lift,
}

/// What happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// It began.
    Placed {
        /// The request it follows from.
        request: EventId,
        /// Why.
        ground: RestrictionGround,
        /// When.
        at: Timestamp,
    },
    /// The person was informed that it will be lifted.
    Announced {
        /// Why.
        reason: String,
        /// When it will be.
        lift_at: Timestamp,
        /// When they were informed.
        at: Timestamp,
    },
    /// It ended.
    Lifted {
        /// When.
        at: Timestamp,
    },
}

/// A restriction that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Restriction {
    /// The request it follows from.
    pub request: EventId,
    /// Why it was asked for.
    pub ground: RestrictionGround,
    /// Since when it holds.
    pub since: Timestamp,
    /// When and why it will be lifted, once the person was informed of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifting: Option<Lifting>,
}

/// How a restriction will end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lifting {
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Why nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The data is restricted already.
    AlreadyRestricted,
    /// It is not restricted.
    NotRestricted,
    /// No reason was given.
    NoReason,
    /// The time is over already.
    InThePast,
    /// The person has to be informed first.
    NotAnnounced,
    /// The person was told that it holds until later.
    TooEarly,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyRestricted => "the data is restricted already",
            Self::NotRestricted => "the data is not restricted",
            Self::NoReason => "the person has to be told why the restriction is lifted",
            Self::InThePast => {
                "a restriction can only be lifted after the person was informed (GDPR Article 18(3))"
            }
            Self::NotAnnounced => {
                "the person has to be informed before the restriction is lifted (GDPR Article 18(3))"
            }
            Self::TooEarly => "the person was told that the restriction holds until later",
        })
    }
}

impl std::error::Error for Refusal {}

/// The process.
#[derive(Debug)]
pub enum Restrictions {}

impl Decider for Restrictions {
    type Command = Command;
    type Event = Event;
    type State = Option<Restriction>;
    type Refusal = Refusal;

    fn decide(
        state: &Option<Restriction>,
        command: Command,
        context: &Context,
    ) -> Result<Vec<Event>, Refusal> {
        let at = context.now;
        match (state, command) {
            (None, Command::Place { request, ground }) => Ok(vec![Event::Placed { request, ground, at }]),
            (Some(_), Command::Place { .. }) => Err(Refusal::AlreadyRestricted),
            (None, _) => Err(Refusal::NotRestricted),
            (Some(_), Command::Announce { reason, .. }) if reason.trim().is_empty() => Err(Refusal::NoReason),
            (Some(_), Command::Announce { lift_at, .. }) if lift_at <= at => Err(Refusal::InThePast),
            (Some(_), Command::Announce { reason, lift_at }) => {
                Ok(vec![Event::Announced { reason, lift_at, at }])
            }
            (Some(restriction), Command::Lift) => {
                let own = matches!(
                    context.caller.class,
                    CallerClass::Device | CallerClass::Account | CallerClass::Contact
                );
                match &restriction.lifting {
                    _ if own => Ok(vec![Event::Lifted { at }]),
                    None => Err(Refusal::NotAnnounced),
                    Some(lifting) if at < lifting.at => Err(Refusal::TooEarly),
                    Some(_) => Ok(vec![Event::Lifted { at }]),
                }
            }
        }
    }

    fn evolve(state: Option<Restriction>, event: &Event) -> Option<Restriction> {
        match event {
            Event::Placed { request, ground, at } => {
                Some(Restriction { request: *request, ground: *ground, since: *at, lifting: None })
            }
            Event::Announced { reason, lift_at, .. } => {
                let lifting = Some(Lifting { reason: reason.clone(), at: *lift_at });
                state.map(|restriction| Restriction { lifting, ..restriction })
            }
            Event::Lifted { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(seconds: u64, class: CallerClass) -> Context {
        Context { now: Timestamp::from_seconds(seconds), random: [0; 32], caller: class.into() }
    }

    fn done(state: Option<Restriction>, command: Command, context: &Context) -> Option<Restriction> {
        Restrictions::decide(&state, command, context).unwrap().iter().fold(state, Restrictions::evolve)
    }

    const REQUEST: EventId = EventId::from_bytes([1; 16]);

    fn placed() -> Option<Restriction> {
        let place = Command::Place { request: REQUEST, ground: RestrictionGround::Accuracy };
        done(None, place, &context(100, CallerClass::Device))
    }

    fn announce(lift_at: u64) -> Command {
        Command::Announce { reason: "it was right".to_owned(), lift_at: Timestamp::from_seconds(lift_at) }
    }

    #[test]
    fn it_is_lifted_only_after_the_person_was_informed() {
        for class in [CallerClass::Operator, CallerClass::System, CallerClass::Backend, CallerClass::Anyone] {
            let early = Restrictions::decide(&placed(), Command::Lift, &context(900, class));
            assert_eq!(early, Err(Refusal::NotAnnounced), "{class:?}");
        }
        let operator = |seconds| context(seconds, CallerClass::Operator);
        assert_eq!(Restrictions::decide(&placed(), announce(200), &operator(200)), Err(Refusal::InThePast));
        let announced = done(placed(), announce(300), &operator(200));
        assert_eq!(announced.as_ref().unwrap().lifting.as_ref().unwrap().at.seconds(), 300);
        let early = Restrictions::decide(&announced, Command::Lift, &operator(299));
        assert_eq!(early, Err(Refusal::TooEarly));
        assert_eq!(done(announced, Command::Lift, &context(300, CallerClass::System)), None);
    }

    #[test]
    fn the_person_lifts_it_at_any_time() {
        for class in [CallerClass::Device, CallerClass::Account, CallerClass::Contact] {
            assert_eq!(done(placed(), Command::Lift, &context(101, class)), None);
        }
        let lift = Restrictions::decide(&None, Command::Lift, &context(1, CallerClass::Device));
        assert_eq!(lift, Err(Refusal::NotRestricted));
    }

    #[test]
    fn it_is_placed_once_and_lifted_for_a_reason() {
        let again = Command::Place { request: REQUEST, ground: RestrictionGround::Claims };
        let again = Restrictions::decide(&placed(), again, &context(200, CallerClass::Device));
        assert_eq!(again, Err(Refusal::AlreadyRestricted));
        let silent = Command::Announce { reason: " ".to_owned(), lift_at: Timestamp::from_seconds(900) };
        let silent = Restrictions::decide(&placed(), silent, &context(200, CallerClass::Operator));
        assert_eq!(silent, Err(Refusal::NoReason));
    }
}
