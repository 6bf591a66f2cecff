//! Reducing what a request says about the person behind it, before anything is logged or passed on.
//!
//! What cannot be understood is dropped: no function here ever gives its input back unreduced.

mod ip;
mod user_agent;

pub use ip::reduce_ip;
pub use user_agent::{UserAgent, reduce_user_agent};
