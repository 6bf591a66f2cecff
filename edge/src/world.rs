//! What the core is not allowed to reach for: time and randomness.

use crate::problem::{Answer, OrInternal as _};
use consentry::{
    clock::Timestamp,
    decider::{Caller, Context},
    id::EventId,
};

/// The server's time. In a Worker it stands still between two waits for I/O.
pub fn now() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now())
}

/// The same in milliseconds since 1970.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date of today fits")]
pub fn milliseconds() -> u64 {
    js_sys::Date::now() as u64
}

/// Fresh random bytes of the platform's generator.
pub fn random<const N: usize>() -> Answer<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).or_internal("random")?;
    Ok(bytes)
}

/// The name of an event that nobody else will repeat.
pub fn event() -> Answer<EventId> {
    random().map(EventId::from_bytes)
}

/// A context for a decision made now.
pub fn context(caller: Caller) -> Answer<Context> {
    Ok(Context { now: now(), random: random()?, caller })
}
