//! Entries on their way into the log: sealed, so that the log's own rows say no more than its leaves.

use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world,
};
use consentry::{
    audit::{Action, Entry, Outcome},
    decider::{Caller, CallerClass, Context},
    encoding::to_base64url,
    id::{EventId, LogHandle},
    vault::{Binding, DataKey, KeyUse, WrappedKey, open, seal},
};
use serde::{Deserialize, Serialize};

/// What is sealed: the entry's canonical text and the salt of its commitment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Opening {
    /// The entry.
    pub entry: String,
    /// The salt, 16 bytes.
    #[serde(with = "consentry::encoding::base64url")]
    pub salt: [u8; 16],
}

/// An entry, ready to be appended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewEntry {
    /// Its event; the log takes each once.
    pub event: EventId,
    /// The leaf's canonical text.
    pub leaf: String,
    /// The sealed [`Opening`].
    pub payload: String,
    /// How it is sealed.
    pub sealed: SealedBy,
    /// Who did it.
    pub actor: CallerClass,
}

/// Which key opens a payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum SealedBy {
    /// The key of the person it is about, which the log keeps wrapped until it is told to forget them.
    Subject(LogName),
    /// The site's own key.
    Site {
        /// The id of the master key.
        key: String,
    },
}

/// What the log knows of a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogName {
    /// The log's name for them.
    pub handle: LogHandle,
    /// Their key, wrapped for the log.
    pub key: WrappedKey,
    /// The name of their object, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// An entry that is about no person known to the log.
pub struct SiteEntry {
    /// Its event.
    pub event: EventId,
    /// What happened.
    pub action: Action,
    /// More, by kind of action.
    pub details: serde_json::Value,
}

fn binding<'a>(site: &'a str, event: &'a str) -> Binding<'a> {
    Binding { site, kind: "log", name: event }
}

impl NewEntry {
    /// Seals an entry about a person under their key. Returns the opening too, for their receipt.
    pub fn about(
        entry: &Entry,
        name: LogName,
        data_key: &DataKey,
        config: &Config,
        context: &Context,
    ) -> Answer<(Self, Opening)> {
        Self::sealed(entry, data_key.as_bytes(), SealedBy::Subject(name), config, context)
    }

    /// Seals an entry that is about nobody under the site's key.
    pub fn of_site(entry: &Entry, config: &Config, context: &Context) -> Answer<(Self, Opening)> {
        let id = config.keyring.active();
        let key = config.keyring.key(id, KeyUse::Site).or_internal("seal.site-key")?;
        Self::sealed(entry, &key, SealedBy::Site { key: id.to_owned() }, config, context)
    }

    fn sealed(
        entry: &Entry,
        key: &[u8; 32],
        sealed: SealedBy,
        config: &Config,
        context: &Context,
    ) -> Answer<(Self, Opening)> {
        // The event keeps salt and nonce of several entries of one decision apart.
        let event = entry.event.to_string();
        let salt = context.derive16(&format!("salt {event}"));
        let leaf = entry.leaf(&salt).and_then(|leaf| leaf.to_text()).or_internal("seal.leaf")?;
        let opening = Opening { entry: entry.to_text().or_internal("seal.entry")?, salt };
        let plain = serde_json::to_vec(&opening).or_internal("seal.opening")?;
        let nonce = context.derive16(&format!("log nonce {event}"));
        let payload = seal(key, &nonce, binding(&config.site, &event), &plain).or_internal("seal.payload")?;
        Ok((
            Self {
                event: entry.event,
                leaf,
                payload: to_base64url(&payload),
                sealed,
                actor: entry.actor.class,
            },
            opening,
        ))
    }
}

impl SiteEntry {
    /// Writes the entry of something the site did or an operator did to it.
    pub fn seal(self, caller: Caller, config: &Config) -> Answer<NewEntry> {
        self.seal_with(Outcome::Done, caller, config)
    }

    /// The same for what ended in some way.
    pub fn seal_with(self, outcome: Outcome, caller: Caller, config: &Config) -> Answer<NewEntry> {
        self.seal_open(outcome, caller, config).map(|(entry, _)| entry)
    }

    /// The same, with what is sealed.
    pub fn seal_open(self, outcome: Outcome, caller: Caller, config: &Config) -> Answer<(NewEntry, Opening)> {
        let context = world::context(caller)?;
        let entry = Entry {
            event: self.event,
            action: self.action,
            time: context.now,
            actor: caller,
            subject: None,
            outcome,
            details: self.details,
        };
        NewEntry::of_site(&entry, config, &context)
    }
}

/// Seals what a payload says once more, under another key.
pub fn reseal(opening: &Opening, event: &str, key: &[u8; 32], config: &Config) -> Answer<Vec<u8>> {
    let plain = serde_json::to_vec(opening).or_internal("seal.opening")?;
    seal(key, &world::random()?, binding(&config.site, event), &plain).or_internal("seal.payload")
}

/// Opens a payload with its key.
pub fn open_payload(payload: &[u8], event: &str, key: &[u8; 32], config: &Config) -> Option<Opening> {
    let plain = open(key, binding(&config.site, event), payload).ok()?;
    serde_json::from_slice(&plain).ok()
}
