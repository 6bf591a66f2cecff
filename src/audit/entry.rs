//! What is logged: an entry, its commitment, and the leaf that the tree takes.

use super::LogError;
use crate::{
    canonical::{self, Json},
    clock::Timestamp,
    decider::Caller,
    encoding::to_base64url,
    id::{EventId, LogHandle},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The class of what happened. It is public, in the leaf, so it never says about whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// A person gave consent to at least one purpose.
    #[serde(rename = "consent.given")]
    ConsentGiven,
    /// A person refused, having given nothing before.
    #[serde(rename = "consent.refused")]
    ConsentRefused,
    /// A person withdrew at least one consent and gave none.
    #[serde(rename = "consent.withdrawn")]
    ConsentWithdrawn,
    /// A person objected to a use of data that needs no consent where they are.
    #[serde(rename = "objection.made")]
    ObjectionMade,
    /// A person asked for a copy of what is held about them.
    #[serde(rename = "export.requested")]
    ExportRequested,
    /// The copy was handed over.
    #[serde(rename = "export.delivered")]
    ExportDelivered,
    /// A person asked for erasure.
    #[serde(rename = "erasure.requested")]
    ErasureRequested,
    /// An operator looked at the ledger of erasures.
    #[serde(rename = "erasures.listed")]
    ErasuresListed,
    /// An operator had erased once more what earlier erasures had taken.
    #[serde(rename = "erasures.replayed")]
    ErasuresReplayed,
    /// Every step of an erasure is done.
    #[serde(rename = "erasure.completed")]
    ErasureCompleted,
    /// A person asked for something about their data.
    #[serde(rename = "request.received")]
    RequestReceived,
    /// It was shown who asks.
    #[serde(rename = "request.identified")]
    RequestIdentified,
    /// A request was begun, or a part of it is done.
    #[serde(rename = "request.advanced")]
    RequestAdvanced,
    /// The person was told that a request takes longer, and why.
    #[serde(rename = "request.extended")]
    RequestExtended,
    /// A request is done, or as much of it as can be.
    #[serde(rename = "request.completed")]
    RequestCompleted,
    /// A request was refused, and the person was told why.
    #[serde(rename = "request.refused")]
    RequestRefused,
    /// The person took a request back.
    #[serde(rename = "request.revoked")]
    RequestRevoked,
    /// An operator looked at a person's request.
    #[serde(rename = "request.viewed")]
    RequestViewed,
    /// An operator looked at the requests that are open.
    #[serde(rename = "requests.listed")]
    RequestsListed,
    /// The end of a request's term is near, or past.
    #[serde(rename = "request.due")]
    RequestDue,
    /// Another system of the site was asked to do its part of a request.
    #[serde(rename = "request.forwarded")]
    RequestForwarded,
    /// Another system of the site handed over a part of what it holds.
    #[serde(rename = "request.supplied")]
    RequestSupplied,
    /// The site's own system was told something.
    #[serde(rename = "notice.delivered")]
    NoticeDelivered,
    /// The site's own system could not be told, however often it was tried.
    #[serde(rename = "notice.failed")]
    NoticeFailed,
    /// An operator looked at what the site's own system was told.
    #[serde(rename = "notices.listed")]
    NoticesListed,
    /// An operator had a notice delivered again.
    #[serde(rename = "notice.retried")]
    NoticeRetried,
    /// Something in the store was put right: it was overdue, not kept account of, its own expiry was wrong, or it was kept for
    /// longer than its category is now.
    #[serde(rename = "retention.repaired")]
    RetentionRepaired,
    /// What was under earlier keys was put under the active one.
    #[serde(rename = "keys.rewrapped")]
    KeysRewrapped,
    /// The whole store was gone through.
    #[serde(rename = "retention.swept")]
    RetentionSwept,
    /// A person's data is kept as it is, for legal claims.
    #[serde(rename = "hold.placed")]
    HoldPlaced,
    /// It need not be any more.
    #[serde(rename = "hold.released")]
    HoldReleased,
    /// A code was sent to an address, of which the log does not say whose it is.
    #[serde(rename = "contact.code-sent")]
    CodeSent,
    /// A code came back from the address that it was sent to.
    #[serde(rename = "contact.proved")]
    ContactProved,
    /// An agent that acts for people got a token.
    #[serde(rename = "agent.registered")]
    AgentRegistered,
    /// An agent asked for something in a person's name.
    #[serde(rename = "agent.requested")]
    AgentRequested,
    /// The person confirmed it.
    #[serde(rename = "agent.confirmed")]
    AgentConfirmed,
    /// The person denied it, or the agent took it back.
    #[serde(rename = "agent.refused")]
    AgentRefused,
    /// A token was made for a payment card.
    #[serde(rename = "card.tokenised")]
    CardTokenised,
    /// A device was linked to an account.
    #[serde(rename = "device.linked")]
    DeviceLinked,
    /// It is not any more.
    #[serde(rename = "device.unlinked")]
    DeviceUnlinked,
    /// An operator looked at what is kept for legal claims.
    #[serde(rename = "holds.listed")]
    HoldsListed,
    /// An operator looked whom records of a category are about.
    #[serde(rename = "concerned.listed")]
    ConcernedListed,
    /// A person's data may only be stored from now on.
    #[serde(rename = "restriction.placed")]
    RestrictionPlaced,
    /// The person was informed that the restriction will be lifted.
    #[serde(rename = "restriction.announced")]
    RestrictionAnnounced,
    /// The restriction was lifted.
    #[serde(rename = "restriction.lifted")]
    RestrictionLifted,
    /// A person put a record right.
    #[serde(rename = "record.rectified")]
    RecordRectified,
    /// The site stored a record about a person.
    #[serde(rename = "record.stored")]
    RecordStored,
    /// The site read a record.
    #[serde(rename = "record.read")]
    RecordRead,
    /// The site listed a person's records.
    #[serde(rename = "records.listed")]
    RecordsListed,
    /// A record was deleted.
    #[serde(rename = "record.deleted")]
    RecordDeleted,
    /// What the store held was not the record that had been stored.
    #[serde(rename = "record.damaged")]
    RecordDamaged,
    /// A policy came into force.
    #[serde(rename = "policy.adopted")]
    PolicyAdopted,
    /// An operator read the audit trail.
    #[serde(rename = "trail.read")]
    TrailRead,
    /// An operator took a copy of the audit trail, with its proofs.
    #[serde(rename = "trail.exported")]
    TrailExported,
    /// An operator read leaves of the log.
    #[serde(rename = "entries.read")]
    EntriesRead,
    /// An operator read the lines of recent requests.
    #[serde(rename = "lines.read")]
    LinesRead,
    /// The log's keys or witnesses are others than before.
    #[serde(rename = "log.configured")]
    LogConfigured,
    /// The payloads of entries went, their time being over.
    #[serde(rename = "payloads.dropped")]
    PayloadsDropped,
    /// Access was denied.
    #[serde(rename = "access.denied")]
    AccessDenied,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was denied.
    Denied,
}

/// An audit entry, the payload that is sealed. Its canonical bytes are what the leaf commits to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The event this entry is of; appending the same event twice makes one leaf.
    pub event: EventId,
    /// What happened.
    pub action: Action,
    /// When, by the server's clock.
    pub time: Timestamp,
    /// Who did it.
    pub actor: Caller,
    /// The log's random name for the person it is about; absent when it is about nobody known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<LogHandle>,
    /// How it ended.
    pub outcome: Outcome,
    /// More, by kind of action.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

/// A salted hash: `SHA-256("consentry/commitment/v1" ‖ LF ‖ salt ‖ canonical entry)`. The salt's 16 random bytes keep
/// a guessed entry from being confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commitment(#[serde(with = "crate::encoding::base64url")] [u8; 32]);

impl Commitment {
    /// Commits to an entry's canonical text.
    pub fn of(salt: &[u8; 16], entry: &str) -> Self {
        let hash =
            Sha256::new().chain_update(b"consentry/commitment/v1\n").chain_update(salt).chain_update(entry);
        Self(hash.finalize().into())
    }
}

/// The public leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// The format, 1.
    pub v: u8,
    /// What happened.
    pub action: Action,
    /// When, by the server's clock.
    pub time: Timestamp,
    /// The commitment to the sealed entry.
    pub commitment: Commitment,
}

impl Entry {
    /// The canonical text that is sealed and committed to.
    pub fn to_text(&self) -> Result<String, LogError> {
        canonical::to_string(self).map_err(|e| LogError::new(e.to_string()))
    }

    /// The leaf for this entry under a salt.
    pub fn leaf(&self, salt: &[u8; 16]) -> Result<Leaf, LogError> {
        let commitment = Commitment::of(salt, &self.to_text()?);
        Ok(Leaf { v: 1, action: self.action, time: self.time, commitment })
    }
}

impl Leaf {
    /// The bytes that the tree hashes.
    pub fn to_text(&self) -> Result<String, LogError> {
        canonical::to_string(self).map_err(|e| LogError::new(e.to_string()))
    }

    /// Reads a leaf; only the canonical spelling is one.
    pub fn parse(text: &str) -> Result<Self, LogError> {
        let leaf: Self = serde_json::from_str(text).map_err(|_| LogError::new("not a leaf of this log"))?;
        if leaf.v != 1 || leaf.to_text()? != text {
            return Err(LogError::new("not a leaf of this log in its canonical spelling"));
        }
        Ok(leaf)
    }
}

/// A leaf as text, for who verifies it and has to understand no more of it than its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafText<'a> {
    action: &'a str,
    commitment: &'a str,
    time: &'a str,
}

impl<'a> LeafText<'a> {
    /// Reads a leaf's text; only the canonical spelling is one. Which actions and which days there are is not asked.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (action, rest) = text.strip_prefix("{\"action\":\"")?.split_once('"')?;
        let (commitment, rest) = rest.strip_prefix(",\"commitment\":\"")?.split_once('"')?;
        let (time, rest) = rest.strip_prefix(",\"time\":\"")?.split_once('"')?;
        // Neither can hold an escape, so that text and value are the same.
        let named = |c: u8| c.is_ascii_lowercase() || c == b'.' || c == b'-';
        let timed = time.bytes().zip(b"0000-00-00T00:00:00Z").all(|(own, like)| match like {
            b'0' => own.is_ascii_digit(),
            _ => own == *like,
        });
        (rest == ",\"v\":1}" && action.bytes().all(named) && time.len() == 20 && timed).then_some(Self {
            action,
            commitment,
            time,
        })
    }

    /// Whether this leaf is that of an entry's text under a salt, and tells the same action and time.
    pub fn commits_to(&self, salt: &[u8; 16], text: &str, entry: &Json<'_>) -> bool {
        to_base64url(&Commitment::of(salt, text).0) == self.commitment
            && entry.text("action") == Some(self.action)
            && entry.text("time") == Some(self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Entry {
        Entry {
            event: EventId::from_bytes([1; 16]),
            action: Action::ConsentGiven,
            time: Timestamp::from_seconds(1_795_255_200),
            actor: crate::decider::CallerClass::Device.into(),
            subject: Some(LogHandle::from_bytes([2; 16])),
            outcome: Outcome::Done,
            details: json!({"seq": 1}),
        }
    }

    #[test]
    fn a_leaf_says_what_and_when_but_not_who() {
        let leaf = entry().leaf(&[3; 16]).unwrap();
        let text = leaf.to_text().unwrap();
        assert!(text.starts_with("{\"action\":\"consent.given\",\"commitment\":\""), "{text}");
        assert!(text.ends_with("\",\"time\":\"2026-11-21T10:00:00Z\",\"v\":1}"), "{text}");
        assert!(!text.contains(&entry().subject.unwrap().to_string()));
        assert_eq!(Leaf::parse(&text), Ok(leaf));
        assert!(Leaf::parse(&text.replace(",\"v\"", ", \"v\"")).is_err(), "one spelling");
        assert!(Leaf::parse(&text.replace("\"v\":1", "\"v\":2")).is_err());
    }

    fn commits_to(leaf: &str, salt: [u8; 16], entry: &str) -> bool {
        LeafText::parse(leaf).unwrap().commits_to(&salt, entry, &Json::parse(entry).unwrap())
    }

    #[test]
    fn commits_to_one_entry_and_salt() {
        let text = entry().to_text().unwrap();
        let leaf = entry().leaf(&[3; 16]).unwrap();
        let spelled = leaf.to_text().unwrap();
        assert!(commits_to(&spelled, [3; 16], &text));
        assert!(!commits_to(&spelled, [4; 16], &text));
        assert!(!commits_to(&spelled, [3; 16], &text.replace("\"seq\":1", "\"seq\":2")));
        let lying = Leaf { action: Action::ConsentRefused, ..leaf };
        assert!(!commits_to(&lying.to_text().unwrap(), [3; 16], &text), "a leaf that tells another action");
        let lying = Leaf { time: Timestamp::from_seconds(0), ..leaf };
        assert!(!commits_to(&lying.to_text().unwrap(), [3; 16], &text), "a leaf that tells another time");
    }

    #[test]
    fn the_text_of_a_leaf_has_one_spelling() {
        let text = entry().leaf(&[3; 16]).unwrap().to_text().unwrap();
        assert!(LeafText::parse(&text).is_some());
        let spellings = [
            ("{", " {"),
            ("}", "} "),
            (",\"v\"", ", \"v\""),
            ("\"v\":1", "\"v\":2"),
            ("\"v\":1", "\"v\":1,\"w\":1"),
            ("\"action\":\"c", "\"action\":\"\\u0063"),
            ("consent.given", "consent.given\\"),
            ("consent.given", "Consent.given"),
            ("2026-11", "2026:11"),
            ("2026-11-21", "2026-11-2"),
            ("00Z", "00z"),
            ("00Z", "00ZZ"),
        ];
        for (from, to) in spellings {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            assert_eq!(LeafText::parse(&changed), None, "{changed}");
            assert!(Leaf::parse(&changed).is_err(), "{changed}");
        }
    }
}
