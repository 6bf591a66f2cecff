//! Who is asking, by what proves it: accounts by tokens that the site signs, its backend by keys that are handed out.

mod account;
mod api_key;
mod code;
mod contact;
mod proof;

pub use account::{AccountKey, AccountKeys, Algorithm, Claim, InvalidKeys, InvalidToken};
pub use api_key::{ApiKey, ApiKeys, InvalidApiKeys, Operation, Scope};
pub use code::{CODE_ATTEMPTS, CODE_LIFETIME, CODES_AN_HOUR, Codes, TooMany};
pub use contact::{Contact, InvalidContact, SiteName};
pub use proof::Proof;
