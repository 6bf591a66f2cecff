//! What of a site's pages may load, run and be stored for a visitor: judged by host, by code and by a cookie's name.
//!
//! What is not permitted is *held*: it is made inert, or left out. Doubt counts as held.

mod address;
mod code;
mod cookies;
mod csp;
mod gate;
#[cfg(feature = "pages")]
pub mod page;
mod references;

pub use address::host_of;
pub use code::is_code;
pub use cookies::{ends, shape};
pub use csp::{amended, is_dynamic, nonce_of, restricting};
pub use gate::{CookieVerdict, Gate, Holder};
