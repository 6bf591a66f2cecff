//! Consent: given, refused, withdrawn, expired; per purpose; each decision proved.

mod answer;
mod choices;
mod compare;
mod cookie;
mod examine;
mod import;
mod process;
mod receipt;
mod record;
mod renewal;
mod verification;
mod wanted;

pub use answer::{Recorded, Reply};
pub use choices::{Choices, Permissions};
pub use compare::{Comparison, Consistency};
pub use cookie::{CookieFault, DecisionCookie, Lifetimes};
pub use examine::{Examination, ReceiptParts, SignatureClaim};
pub use import::{ImportedChoice, imported};
pub use process::{
    Choice, Command, Consent, Decision, Imported, Layer, Offer, Offered, OfferedService, Outcome, Refusal,
    Selection, ServiceOutcome, Shown, Standing, Standings, Status,
};
pub use receipt::{Evidence, PublicKeys, Receipt, ReceiptKey, Signature};
pub use record::{Controller, Import, Notice, PurposeRecord, Recipient, Record, Rules, ServiceRecord};
pub use renewal::{Renewal, Standpoint};
pub use verification::Verification;
