//! The erasure process. It has many steps over several stores, each repeatable; it is complete only when none is open.

use crate::{
    clock::Timestamp,
    decider::{Context, Decider},
    id::EventId,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The person asks for erasure.
    Request {
        /// The event's id.
        id: EventId,
    },
    /// The shell reports how many steps are still open; completion is asked for.
    Complete {
        /// Steps that are not done yet.
        open: u64,
        /// Records that were deleted.
        records: u64,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// Erasure was asked for; from here on nothing new is recorded about the person.
    Requested {
        /// The event's id.
        id: EventId,
        /// When.
        at: Timestamp,
    },
    /// Every step is done.
    Completed {
        /// The event's id, derived from the request's.
        id: EventId,
        /// When.
        at: Timestamp,
        /// Records that were deleted.
        records: u64,
    },
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// None was asked for.
    #[default]
    None,
    /// Asked for, not complete.
    Open {
        /// The request.
        id: EventId,
        /// When it was made.
        at: Timestamp,
    },
    /// Complete.
    Complete {
        /// The request.
        id: EventId,
    },
}

/// Why nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An erasure is already on its way, or done.
    AlreadyRequested,
    /// Nobody asked for one.
    NotRequested,
    /// Steps are still open.
    StepsOpen {
        /// How many.
        open: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRequested => f.write_str("an erasure was asked for already"),
            Self::NotRequested => f.write_str("no erasure was asked for"),
            Self::StepsOpen { open } => write!(f, "{open} steps of the erasure are still open"),
        }
    }
}

impl std::error::Error for Refusal {}

/// The erasure process.
#[derive(Debug)]
pub enum Erasure {}

impl Decider for Erasure {
    type Command = Command;
    type Event = Event;
    type State = State;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command, context: &Context) -> Result<Vec<Event>, Refusal> {
        match (state, command) {
            (State::None, Command::Request { id }) => Ok(vec![Event::Requested { id, at: context.now }]),
            (_, Command::Request { .. }) => Err(Refusal::AlreadyRequested),
            (State::Open { id, at }, Command::Complete { open: 0, records }) => Ok(vec![Event::Completed {
                id: id.derive("erasure.completed"),
                at: context.now.max(*at),
                records,
            }]),
            (State::Open { .. }, Command::Complete { open, .. }) => Err(Refusal::StepsOpen { open }),
            (_, Command::Complete { .. }) => Err(Refusal::NotRequested),
        }
    }

    fn evolve(state: State, event: &Event) -> State {
        match (state, event) {
            (_, Event::Requested { id, at }) => State::Open { id: *id, at: *at },
            (State::Open { id, .. }, Event::Completed { .. }) => State::Complete { id },
            (_, Event::Completed { .. }) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::CallerClass;
    use proptest::prelude::*;

    const CONTEXT: Context = Context {
        now: Timestamp::from_seconds(100),
        random: [0; 32],
        caller: crate::decider::Caller { class: CallerClass::Device, request: None },
    };

    proptest! {
        #[test]
        fn never_complete_with_a_step_open(steps in proptest::collection::vec((any::<bool>(), 0_u8..8, 0_u64..3), 0..12)) {
            let (mut state, mut events) = (State::None, Vec::new());
            for (request, n, open) in steps {
                let command = if request {
                    Command::Request { id: EventId::from_bytes([n; 16]) }
                } else {
                    Command::Complete { open, records: 1 }
                };
                let before = state;
                let new = Erasure::decide(&state, command, &CONTEXT).unwrap_or_default();
                if matches!(new.as_slice(), [Event::Completed { .. }]) {
                    prop_assert_eq!(open, 0);
                    let was_open = matches!(before, State::Open { .. });
                    prop_assert!(was_open);
                }
                state = new.iter().fold(state, Erasure::evolve);
                events.extend(new);
                prop_assert_eq!(Erasure::replay(&events), state);
            }
        }
    }
}
