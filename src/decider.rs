//! The one shape of every process here: two pure functions, `decide` and `evolve`.
//!
//! A process is rebuilt by folding its events; nothing else is state. Time, randomness and identity arrive in the
//! [`Context`], so the same history and the same command always give the same events.

use crate::{clock::Timestamp, id::RequestId};
use serde::{Deserialize, Serialize};

/// Who asks, as far as the request proved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerClass {
    /// Proved nothing. May refuse, withdraw and object.
    Anyone,
    /// Holds a device secret whose keyed hash names a `Subject`.
    Device,
    /// Holds a token that the site signed about one of its accounts.
    Account,
    /// Gave back a code that was sent to an address.
    Contact,
    /// Acts for people, by a token of its own.
    Agent,
    /// The site's own backend, by a key handed out to it.
    Backend,
    /// Holds the operator's token.
    Operator,
    /// The system itself: an alarm or a scheduled sweep.
    System,
}

/// Who asks, and in which request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// What the request proved.
    pub class: CallerClass,
    /// The request's correlation id, which its log line has as well; nothing where no request asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
}

impl From<CallerClass> for Caller {
    fn from(class: CallerClass) -> Self {
        Self { class, request: None }
    }
}

/// What the world contributes to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The server's time.
    pub now: Timestamp,
    /// 32 fresh random bytes; everything random in a decision is derived from them.
    pub random: [u8; 32],
    /// Who asks.
    pub caller: Caller,
}

/// A process as two pure functions.
pub trait Decider {
    /// What may be asked.
    type Command;
    /// What has happened.
    type Event;
    /// The fold of events.
    type State: Default;
    /// Why nothing happened.
    type Refusal;

    /// Decides a command. A refusal means that nothing happened at all.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        context: &Context,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Takes one event into the state. It never fails: what has happened has happened.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// Rebuilds a state from its history.
    fn replay<'a>(events: impl IntoIterator<Item = &'a Self::Event>) -> Self::State
    where
        Self::Event: 'a,
    {
        events.into_iter().fold(Self::State::default(), Self::evolve)
    }
}

impl Context {
    /// Fresh bytes for one use within this decision: `SHA-256(label ‖ random)`, so that a salt is never also a nonce.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        use sha2::{Digest as _, Sha256};
        Sha256::new()
            .chain_update(b"consentry/random/v1\n")
            .chain_update(label)
            .chain_update(b"\n")
            .chain_update(self.random)
            .finalize()
            .into()
    }

    /// The first 16 of such bytes.
    pub fn derive16(&self, label: &str) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(self.derive(label)).for_each(|(to, from)| *to = from);
        bytes
    }
}
