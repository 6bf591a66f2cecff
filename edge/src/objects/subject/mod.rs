//! The `Subject` object, one a person: their decisions in order, the exact index of what KV holds about them, and
//! the key under which it is sealed.
//!
//! A few further objects of this class carry decisions of nobody known, see [`one_off`].

pub mod contact;
mod decide;
mod ended;
mod erase;
pub mod export;
pub mod hold;
pub mod linked;
mod object;
mod one_off;
mod person;
mod policy;
pub mod records;
mod rectify;
mod replay;
pub mod requests;
mod restriction;
mod schema;
mod seen;
mod shortened;
mod swept;
mod systems;
mod tell;

pub use object::Subject;
pub use replay::Replayed;
pub use shortened::Retentions;
pub use swept::entry as repair_entry;

use super::rpc;
use crate::problem::{Answer, Problem};
use consentry::{
    clock::Timestamp,
    consent::{Choice, Choices, Imported, Layer, Receipt, Standing},
    decider::Caller,
    id::{EventId, NoticeHash, PolicyHash, SubjectId},
    policy::{Age, Locale, Region, Setting},
    records::sweep::Seen,
    rights::{Kept, request::Right},
};
use serde::{Deserialize, Serialize};
use web_sys::ReadableStream;
use worker::{Env, ResponseBody};

/// What the object is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
pub enum Call {
    /// Decide about the optional purposes.
    Decide(Decide),
    /// Record a refusal by nobody known.
    Refuse(Decide),
    /// How the person's consent stands.
    Consent {
        /// The document of the policy in force.
        policy: String,
    },
    /// The newest receipt, with a proof against the newest tree.
    Receipt,
    /// Begin the copy for its token.
    BeginCopy {
        /// SHA-256 of the token, in URL-safe base64.
        token: String,
        /// Who asks.
        by: Caller,
    },
    /// Hand over a page of a copy that was begun.
    Copy {
        /// Its id.
        id: String,
        /// Which page; the first, if none is named.
        cursor: Option<export::Cursor>,
        /// The policy in force, which declares what may be taken along and what is withheld.
        policy: String,
        /// The language of what is for reading.
        locale: Locale,
    },
    /// Hand over contents of records that a page of a copy named, one after the other, as [`crate::parcel`] has it.
    Contents {
        /// The copy's id.
        id: String,
        /// The places of the records in the index.
        places: Vec<String>,
    },
    /// Something about the person's requests.
    Requests {
        /// What.
        ask: requests::Ask,
        /// The policy in force.
        policy: String,
        /// Who asks.
        by: Caller,
    },
    /// Erase what was erased before, should it be back.
    Replay {
        /// The person.
        subject: SubjectId,
        /// When the erasure was asked for.
        at: Timestamp,
        /// Whether to erase, or only to say what would be.
        carry_out: bool,
        /// The policy in force.
        policy: String,
        /// Who asks.
        by: Caller,
    },
    /// Something about the records that the site keeps.
    Records {
        /// What.
        ask: records::Ask,
        /// Who asks.
        by: Caller,
    },
    /// Put the person's key under the active one of the site.
    Rewrap,
    /// Something about codes that are sent to an address.
    Contact {
        /// What.
        ask: contact::Ask,
        /// Who asks.
        by: Caller,
    },
    /// Do what was asked of the account that this device is linked to, if anything is kept about it.
    Also {
        /// What, as [`linked::Following`] has it.
        ask: serde_json::Value,
        /// The policy in force.
        policy: String,
        /// Who asks.
        by: Caller,
    },
    /// Begin the copy of a device for the account that it is linked to.
    CopyLinked {
        /// The account.
        account: SubjectId,
        /// Everything, or what may be taken along.
        scope: Right,
        /// Who asks.
        by: Caller,
    },
    /// Something about the link between a device and an account.
    Linked {
        /// What.
        ask: linked::Ask,
        /// Who asks.
        by: Caller,
    },
    /// Something about legal holds.
    Hold {
        /// What.
        ask: hold::Ask,
        /// Who asks.
        by: Caller,
    },
    /// Judge values of the person that the store holds.
    Swept {
        /// The values.
        seen: Vec<Seen>,
        /// How long each category is kept by the policy in force.
        #[serde(default)]
        retentions: Retentions,
        /// Whether to put right what is wrong.
        repair: bool,
    },
    /// What the object and its index hold, for tests.
    #[cfg(feature = "testing")]
    Inspect,
}

impl Call {
    /// Has a decision bring its policy's document along.
    pub fn bring(&mut self, document: &str) {
        if let Self::Decide(ask) | Self::Refuse(ask) = self {
            ask.document = Some(document.to_owned());
        }
    }
}

/// A visitor's decision on its way to the object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decide {
    /// The person, or the carrier of a decision by nobody.
    pub subject: SubjectId,
    /// Who asks.
    pub by: Caller,
    /// The event's id.
    pub id: EventId,
    /// Whether the request brought no device's secret, and a new one goes back with the answer.
    pub introduces: bool,
    /// What was chosen.
    pub choice: Choice,
    /// The number of decisions the page knew of.
    pub seen: u32,
    /// Where it was chosen.
    pub layer: Layer,
    /// Whether the visitor confirmed to allow again what they had opted out of.
    pub confirmed: bool,
    /// The earlier tool's record this is taken over from.
    pub imported: Option<Imported>,
    /// Where the visitor is.
    pub place: Place,
    /// The policy the page showed.
    pub shown: PolicyHash,
    /// How it stands.
    pub standing: Standing,
    /// The words the page showed.
    pub notice: NoticeHash,
    /// Their language.
    pub locale: String,
    /// The policy that is held to it: that one, or the one in force if that is unknown.
    pub held: PolicyHash,
    /// Its document, unless the object may know it.
    pub document: Option<String>,
}

/// Where the visitor is, and what their browser says on its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Place {
    /// The region, as far as it is known.
    pub region: Option<Region>,
    /// How old the visitor is, as far as the site said.
    #[serde(default)]
    pub age: Age,
    /// Whether the browser sends a privacy signal that is honoured.
    pub signal: bool,
}

impl Place {
    /// The setting in a language.
    pub fn setting<'a>(&self, locale: &'a str) -> Setting<'a> {
        Setting { locale, region: self.region.clone(), age: self.age, signal: self.signal }
    }
}

/// How a person's consent stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stand {
    /// The policy of the latest decision.
    pub policy: PolicyHash,
    /// The number of decisions.
    pub seq: u32,
    /// What was decided, as far as it counts.
    pub choices: Choices,
    /// Since when it has been so.
    pub since: Timestamp,
    /// When the latest decision lapses.
    pub until: Timestamp,
    /// Whether the person's data may only be stored, whatever was decided.
    #[serde(default)]
    pub restricted: bool,
}

/// The answer to a decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decided {
    /// How consent stands now.
    pub stand: Stand,
    /// The receipt; a repetition of a refusal by nobody has none, nor has what is not recorded yet.
    pub receipt: Option<Receipt>,
    /// Whether it is recorded and logged. What gives nothing applies without.
    pub recorded: bool,
}

/// The answer to [`Call::Consent`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Consent {
    /// How consent stands; `None` if nothing was decided.
    pub stand: Option<Stand>,
    /// The number of receipts.
    pub receipts: u64,
    /// Whether the person's data may only be stored.
    pub restricted: bool,
    /// Whether anything is kept about the person, who is not being erased either.
    pub known: bool,
}

/// A token for a copy, as it is handed out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportToken {
    /// The token.
    pub token: String,
    /// When it lapses.
    pub expires: Timestamp,
    /// About how many bytes the copy has: those of its records.
    pub bytes: u64,
}

/// What an erasure did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Erased {
    /// Records deleted.
    pub records: u64,
    /// What is kept, on what ground, until when.
    pub kept: Vec<Kept>,
}

/// Sends a call to a person's object.
/// Sends a call whose answer is a stream.
pub async fn stream(env: &Env, subject: SubjectId, call: &Call) -> Answer<ReadableStream> {
    let response = rpc::send(&rpc::stub(env, "SUBJECT", &subject.to_string())?, call).await?;
    match response.body() {
        ResponseBody::Stream(stream) => Ok(stream.clone()),
        _ => Err(Problem::internal("subject.stream")),
    }
}

/// Sends a call and reads its answer.
pub async fn call<A: serde::de::DeserializeOwned>(env: &Env, subject: SubjectId, call: &Call) -> Answer<A> {
    rpc::call(&rpc::stub(env, "SUBJECT", &subject.to_string())?, call).await
}
