//! Time as the core knows it: whole seconds since 1970 in UTC, handed in from outside, and the calendar that turns
//! them into dates. Calendar arithmetic is jiff's; the legal rules on top of it live here.

mod calendar;
mod day;
mod duration;
mod term;
mod timestamp;

pub use calendar::Calendar;
pub use day::{Day, InvalidDay};
pub use duration::{InvalidPeriod, Period};
pub use term::{Law, Term};
pub use timestamp::Timestamp;
