//! What the object knows of its person, opened: keys, names, history.

use super::super::{
    audit_log::{LogName, NewEntry, SiteEntry},
    db::{Db, Param, Row, number, text},
    outbox::Task,
};
use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world::random,
};
use consentry::{
    audit::{Action, Entry, Outcome},
    consent::{self, Decision, Record, Signature, Standings},
    decider::{Context, Decider as _},
    encoding::to_base64url,
    id::{EventId, LogHandle, SubjectId},
    pseudonym::Domain,
    vault::{Binding, DataKey, WrappedKey, open, seal},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// What identifies and seals.
pub struct Person {
    /// The name of their object.
    pub subject: Option<SubjectId>,
    /// The log's random name for them.
    pub handle: LogHandle,
    /// The prefix of their keys in KV.
    pub store: SubjectId,
    /// Their data key.
    pub key: DataKey,
    /// Their data key, wrapped for the log.
    pub log_key: WrappedKey,
    /// The name of their object, sealed for the log.
    pub log_owner: Option<String>,
    /// Whether their data key cannot be opened any more, and `key` is another that opens nothing: see [`Person::load_or_lost`].
    pub is_lost: bool,
}

/// A decision with its record, as it is sealed in the object and in KV.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConsentEvent {
    /// The event.
    pub decision: Decision,
    /// The record of it.
    pub record: Record,
    /// The site's signature over the record.
    pub signature: Signature,
    /// The entry the log's leaf commits to.
    pub entry: String,
    /// The commitment's salt.
    #[serde(with = "consentry::encoding::base64url")]
    pub salt: [u8; 16],
}

impl Person {
    /// The person, if anything was ever recorded about them and not erased.
    pub fn load(db: &Db<'_>, config: &Config) -> Answer<Option<Self>> {
        if !db.exists()? {
            return Ok(None);
        }
        let (Some(handle), Some(store), Some(key), Some(log_key)) =
            (db.meta("handle")?, db.meta("store")?, db.meta("data_key")?, db.meta("log_key")?)
        else {
            return Ok(None);
        };
        let wrapped: WrappedKey = serde_json::from_str(&key).or_internal("person.key")?;
        let is_old = wrapped.key != config.keyring.active();
        let mut person = Self {
            key: DataKey::unwrap(&wrapped, &config.keyring, &config.site, &store)
                .or_internal("person.unwrap")?,
            handle: handle.parse().or_internal("person.handle")?,
            subject: db.meta("subject")?.and_then(|text| text.parse().ok()),
            store: store.parse().or_internal("person.store")?,
            log_key: serde_json::from_str(&log_key).or_internal("person.log-key")?,
            log_owner: db.meta("log_owner")?,
            is_lost: false,
        };
        if is_old {
            person.rewrap(db, config)?;
        }
        Ok(Some(person))
    }

    /// The same, for what only deletes: whose key cannot be opened any more is to be deleted all the same, and has lost what is
    /// sealed under it.
    pub fn load_or_lost(db: &Db<'_>, config: &Config) -> Answer<Option<Self>> {
        let problem = match Self::load(db, config) {
            Ok(known) => return Ok(known),
            Err(problem) => problem,
        };
        let (Some(handle), Some(store)) = (db.meta("handle")?, db.meta("store")?) else {
            return Err(problem);
        };
        let (handle, key): (LogHandle, _) =
            (handle.parse().or_internal("person.handle")?, DataKey::from_random(random()?));
        let log_key = key.wrap(&config.keyring, &random()?, &config.site, &handle.to_string());
        Ok(Some(Self {
            log_key: log_key.or_internal("person.wrap")?,
            subject: db.meta("subject")?.and_then(|text| text.parse().ok()),
            store: store.parse().or_internal("person.store")?,
            log_owner: db.meta("log_owner")?,
            is_lost: true,
            handle,
            key,
        }))
    }

    /// What the log is to know of them.
    pub fn log_name(&self) -> LogName {
        LogName { handle: self.handle, key: self.log_key.clone(), owner: self.log_owner.clone() }
    }

    /// Puts the key, for here and for the log, under the active one of the site.
    fn rewrap(&mut self, db: &Db<'_>, config: &Config) -> Answer<()> {
        let wrap = |owner: &str| {
            self.key.wrap(&config.keyring, &random()?, &config.site, owner).or_internal("person.rewrap")
        };
        let (own, log) = (wrap(&self.store.to_string())?, wrap(&self.handle.to_string())?);
        let json = |key: &WrappedKey| serde_json::to_string(key).or_internal("person.encode");
        db.transaction(|| {
            db.set_meta("data_key", &json(&own)?)?;
            db.set_meta("log_key", &json(&log)?)
        })?;
        self.log_key = log;
        Ok(())
    }

    /// A person about whom nothing is known yet. Nothing is written; see [`Person::save`].
    pub fn new(subject: SubjectId, config: &Config, context: &Context) -> Answer<Self> {
        let handle = LogHandle::from_bytes(context.derive16("log handle"));
        let key = DataKey::from_random(context.derive("data key"));
        let nonce = context.derive16("log key nonce");
        let log_key = key.wrap(&config.keyring, &nonce, &config.site, &handle.to_string());
        let mut person = Self {
            store: config.subject_key.name(Domain::Store, subject.as_bytes()),
            log_key: log_key.or_internal("person.wrap")?,
            subject: Some(subject),
            log_owner: None,
            is_lost: false,
            handle,
            key,
        };
        person.log_owner = person.owner(&handle.to_string(), config)?;
        Ok(person)
    }

    /// Writes a new person's names and keys, the key wrapped.
    pub fn save(&self, db: &Db<'_>, config: &Config, context: &Context) -> Answer<()> {
        let nonce = context.derive16("data key nonce");
        let wrapped = self.key.wrap(&config.keyring, &nonce, &config.site, &self.store.to_string());
        let json = |key: &WrappedKey| serde_json::to_string(key).or_internal("person.encode");
        let [since, handle, store] =
            [context.now.seconds().to_string(), self.handle.to_string(), self.store.to_string()];
        let (data_key, log_key) = (json(&wrapped.or_internal("person.wrap")?)?, json(&self.log_key)?);
        let subject = self.subject.map(|subject| subject.to_string());
        let known = [
            (super::replay::SINCE, Some(&since)),
            ("handle", Some(&handle)),
            ("log_owner", self.log_owner.as_ref()),
            ("subject", subject.as_ref()),
            ("store", Some(&store)),
            ("data_key", Some(&data_key)),
            ("log_key", Some(&log_key)),
        ];
        db.set_metas(known.into_iter().filter_map(|(name, value)| Some((name, value?.as_str()))))
    }

    /// Whom to ask about a value in the store, sealed to stand beside it.
    pub fn owner(&self, key: &str, config: &Config) -> Answer<Option<String>> {
        let Some(subject) = self.subject else { return Ok(None) };
        let sealing = config.subject_key.sealing(Domain::Store);
        let binding = Binding { site: &config.site, kind: "owner", name: key };
        let sealed = seal(&sealing, &random()?, binding, subject.as_bytes()).or_internal("person.owner")?;
        Ok(Some(to_base64url(&sealed)))
    }

    /// Adds an entry about them to what is to be logged. What else is to be done goes by the same event, which `label` keeps
    /// apart from others of the same decision.
    pub fn log(
        &self,
        db: &Db<'_>,
        action: Action,
        details: serde_json::Value,
        label: &str,
        config: &Config,
        context: &Context,
    ) -> Answer<EventId> {
        let entry = Entry {
            event: EventId::from_bytes(context.derive16(&format!("event {label}"))),
            action,
            time: context.now,
            actor: context.caller,
            subject: Some(self.handle),
            outcome: Outcome::Done,
            details,
        };
        let (entry, _) = NewEntry::about(&entry, self.log_name(), &self.key, config, context)?;
        db.enqueue(entry.event, &Task::Append { entry: entry.clone() }).map(|()| entry.event)
    }

    /// Has the log know of them though nothing is to be logged yet, and perhaps never will be.
    pub fn introduce(&self, db: &Db<'_>, context: &Context) -> Answer<()> {
        let event = EventId::from_bytes(context.derive16("event known"));
        db.enqueue(event, &Task::Know { name: self.log_name() })
    }

    /// Something of theirs that is kept under a name, if it is.
    pub fn sealed<T: DeserializeOwned>(&self, db: &Db<'_>, name: &str, config: &Config) -> Answer<Option<T>> {
        if self.is_lost {
            return Ok(None);
        }
        let row = db.row("SELECT body FROM sealed WHERE name = ?", [text(name)])?;
        let binding = Binding { site: &config.site, kind: "sealed", name };
        row.map(|row| {
            // What does not open in its place has been changed: an incident.
            let plain = open(self.key.as_bytes(), binding, row.bytes(0)?).or_internal("sealed.integrity")?;
            serde_json::from_slice(&plain).or_internal("sealed.decode")
        })
        .transpose()
    }

    /// Keeps it.
    pub fn set_sealed(
        &self,
        db: &Db<'_>,
        name: &str,
        value: &impl Serialize,
        config: &Config,
        context: &Context,
    ) -> Answer<()> {
        let plain = serde_json::to_vec(value).or_internal("sealed.encode")?;
        let binding = Binding { site: &config.site, kind: "sealed", name };
        let nonce = context.derive16(&format!("sealed nonce {name}"));
        let body = seal(self.key.as_bytes(), &nonce, binding, &plain).or_internal("sealed.seal")?;
        db.run("INSERT OR REPLACE INTO sealed (name, body) VALUES (?, ?)", [text(name), Param::Blob(body)])
    }

    /// The key of a consent event in KV.
    pub fn consent_key(&self, event: EventId) -> String {
        format!("consent/{}/{event}", self.store)
    }

    /// Seals an event for KV.
    pub fn seal(
        &self,
        key: &str,
        event: &ConsentEvent,
        config: &Config,
        context: &Context,
    ) -> Answer<Vec<u8>> {
        seal_event(self.key.as_bytes(), "consent", key, event, config, &context.derive16("consent nonce"))
    }

    /// Opens an event from KV.
    pub fn open(&self, key: &str, sealed: &[u8], config: &Config) -> Answer<ConsentEvent> {
        open_event(self.key.as_bytes(), "consent", key, sealed, config)
    }

    /// Adds an event to the object's own history.
    pub fn remember(
        &self,
        db: &Db<'_>,
        event: &ConsentEvent,
        config: &Config,
        context: &Context,
    ) -> Answer<()> {
        let Decision { id, seq, .. } = event.decision;
        let nonce = context.derive16("event nonce");
        let body = seal_event(self.key.as_bytes(), "event", &id.to_string(), event, config, &nonce)?;
        db.run(
            "INSERT INTO events (seq, id, body) VALUES (?, ?, ?)",
            [number(u64::from(seq)), text(id), Param::Blob(body)],
        )
    }

    /// Opens a row of the object's own history: its event's id, and its body.
    pub fn open_row(&self, row: &Row, config: &Config) -> Answer<ConsentEvent> {
        open_event(self.key.as_bytes(), "event", row.text(0)?, row.bytes(1)?, config)
    }

    /// Enters into the log that something of theirs is not what was sealed: an incident (GDPR Article 33(5)).
    pub fn damaged(
        &self,
        db: &Db<'_>,
        details: &serde_json::Value,
        config: &Config,
        context: &Context,
    ) -> Answer<EventId> {
        if self.is_lost {
            // Sealed under a key that opens nothing, nobody could ever read it.
            let event = EventId::from_bytes(context.derive16(&format!("event damaged {details}")));
            let entry = SiteEntry { event, action: Action::RecordDamaged, details: details.clone() };
            let entry = entry.seal(context.caller, config)?;
            return db.enqueue(event, &Task::Append { entry }).map(|()| event);
        }
        self.log(db, Action::RecordDamaged, details.clone(), &format!("damaged {details}"), config, context)
    }

    /// As much of the object's own history as can be read, for what only deletes.
    pub fn readable_history(&self, db: &Db<'_>, config: &Config) -> Answer<Vec<ConsentEvent>> {
        let rows = db.rows("SELECT id, body FROM events ORDER BY seq", [])?;
        Ok(rows.iter().filter_map(|row| self.open_row(row, config).ok()).collect())
    }

    /// The object's own history, in order.
    pub fn history(&self, db: &Db<'_>, config: &Config) -> Answer<Vec<ConsentEvent>> {
        let rows = db.rows("SELECT id, body FROM events ORDER BY seq", [])?;
        rows.iter().map(|row| self.open_row(row, config)).collect()
    }
}

/// The state of a history.
pub fn standings(history: &[ConsentEvent]) -> Standings {
    consent::Consent::replay(history.iter().map(|event| &event.decision))
}

fn seal_event(
    key: &[u8; 32],
    kind: &str,
    name: &str,
    event: &ConsentEvent,
    config: &Config,
    nonce: &[u8; 16],
) -> Answer<Vec<u8>> {
    let plain = serde_json::to_vec(event).or_internal("event.encode")?;
    seal(key, nonce, Binding { site: &config.site, kind, name }, &plain).or_internal("event.seal")
}

fn open_event(
    key: &[u8; 32],
    kind: &str,
    name: &str,
    sealed: &[u8],
    config: &Config,
) -> Answer<ConsentEvent> {
    // What does not open in its place has been changed: an incident.
    let plain =
        open(key, Binding { site: &config.site, kind, name }, sealed).or_internal("event.integrity")?;
    serde_json::from_slice(&plain).or_internal("event.decode")
}

/// Seals a decision by nobody known under the site's key.
pub fn seal_one_off(
    key: &[u8; 32],
    name: &str,
    event: &ConsentEvent,
    config: &Config,
    context: &Context,
) -> Answer<Vec<u8>> {
    seal_event(key, "one-off", name, event, config, &context.derive16("one-off nonce"))
}

/// The audit entry's details of a decision: the record by its hash, and what the operator may know of it.
pub fn details(action: Action, record: &Record) -> Answer<serde_json::Value> {
    let hash = record.hash().or_internal("record.hash")?;
    debug_assert!(matches!(
        action,
        Action::ConsentGiven | Action::ConsentRefused | Action::ConsentWithdrawn | Action::ObjectionMade
    ));
    Ok(serde_json::json!({
        "record": to_base64url(&hash),
        "policy": record.privacy_notice.policy,
        "notice": record.privacy_notice.hash,
        "language": record.privacy_notice.language,
        "method": record.collection_method,
        "regime": record.rules.regime,
        "purposes": record.purposes.iter().map(|p| (p.purpose.to_string(), p.status)).collect::<BTreeMap<_, _>>(),
        "services": record.services.iter().map(|s| (s.service.to_string(), s.status)).collect::<BTreeMap<_, _>>(),
    }))
}
