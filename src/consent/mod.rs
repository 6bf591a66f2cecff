//! Consent: given, refused, withdrawn, expired; per purpose; each decision proved.

mod cookie;
mod process;
mod receipt;
mod record;

pub use cookie::{CookieFault, DecisionCookie};
pub use process::{
    Choice, Command, Consent, Decision, Layer, Offer, Outcome, Refusal, Standing, Standings, Status,
};
pub use receipt::{Evidence, Examination, PublicKeys, Receipt, ReceiptKey, Signature, SignatureClaim};
pub use record::{Controller, Notice, PurposeRecord, Recipient, Record};
