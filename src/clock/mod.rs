//! Time as the core knows it: whole seconds since 1970 in UTC, handed in from outside, and the calendar that turns
//! them into dates. Calendar arithmetic is jiff's; the legal rules on top of it live here.

mod duration;
mod timestamp;

pub use duration::{InvalidPeriod, Period};
pub use timestamp::Timestamp;
