//! The sweep: goes through the store, a part each minute, and asks about each value whose it is. Nothing is opened.

use crate::{
    config::{Config, config},
    kv::{Retention, backstop},
    objects::{
        audit_log, registry,
        subject::{self, Call, Retentions, repair_entry},
    },
    policies,
    problem::{Answer, Problem, sentence},
    rekey::rekeyed,
    world::now,
};
use consentry::{
    clock::Timestamp,
    encoding::from_base64url,
    id::SubjectId,
    pseudonym::Domain,
    records::{
        sweep::{Account, Finding, Judged, Kind, Remedy, Seen, Tally, judge, remedy, unowned_until},
        sweeps::{Next, Slice},
    },
    store::{Listed, Metadata, Store as _, StoreError},
    vault::{Binding, open},
};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use worker::Env;

/// The most values of one part: of each, somebody may have to be asked, and the platform limits how many requests one makes.
const PART: usize = 400;

/// How many requests a part makes besides one for each value: to put right what nobody can be asked about. The platform's limit
/// is 1,000. What is too much for one walk is left to the next.
const BESIDES: usize = 500;

/// How many are asked at a time, as the platform has it.
const AT_ONCE: usize = 6;

/// Does a part, if one is to be done.
pub async fn sweep(env: &Env) -> Answer<()> {
    let config = config(env)?;
    let Some(slice) = registry::begin_sweep(env).await? else { return Ok(()) };
    let store = Retention::bound(env)?;
    let page = match store.list("", slice.cursor.as_deref(), PART).await {
        Ok(page) => page,
        // A place in the list that is not known any more: the walk breaks off here, and the next begins anew.
        Err(StoreError::Invalid(_)) => {
            return registry::end_sweep(env, slice, Tally::default(), Next::Lost).await;
        }
        Err(e) => return Err(unavailable(&e)),
    };
    let mut part = Part {
        env,
        config: &config,
        store: &store,
        slice: &slice,
        // While no policy can be had, every date stands, and is looked at by the next walk.
        retentions: policies::exact(env).await.map(|held| held.policy.retentions()).unwrap_or_default(),
        left: BESIDES,
        tally: Tally::default(),
    };
    let mut people: BTreeMap<SubjectId, Vec<Seen>> = BTreeMap::new();
    for listed in page.keys {
        let value = Value { metadata: listed.metadata.clone().unwrap_or_default(), listed };
        let (kind, name) = Kind::of(&value.listed.key);
        part.tally.saw(name, value.metadata.size);
        match kind {
            Kind::Owned => match owner(&value, &config) {
                Some(subject) => people.entry(subject).or_default().push(value.seen()),
                None => part.unowned(&value).await,
            },
            Kind::Alone => part.alone(&value).await,
            // Whoever put it there knows what it is.
            Kind::Foreign => part.tally.count(Finding::Unaccounted, false),
            Kind::Public => {}
        }
    }
    let people: Vec<_> = people.into_iter().collect();
    part.ask(&people).await;
    let tally = part.tally;
    registry::end_sweep(env, slice, tally, page.cursor.map_or(Next::Done, Next::At)).await
}

/// A value as it is listed, with what stands beside it.
struct Value {
    listed: Listed,
    metadata: Metadata,
}

impl Value {
    fn seen(&self) -> Seen {
        Seen { key: self.listed.key.clone(), expires: self.listed.expires }
    }
}

/// Whom to ask about a value.
fn owner(value: &Value, config: &Config) -> Option<SubjectId> {
    let opening = config.subject_key.sealing(Domain::Store);
    let binding = Binding { site: &config.site, kind: "owner", name: &value.listed.key };
    let subject = open(&opening, binding, &from_base64url(value.metadata.owner.as_deref()?)?).ok()?;
    Some(SubjectId::from_bytes(subject.try_into().ok()?))
}

/// A part of a walk that is being done.
struct Part<'a> {
    env: &'a Env,
    config: &'a Config,
    store: &'a Retention,
    slice: &'a Slice,
    retentions: Retentions,
    /// How many requests it may still make besides one for each value.
    left: usize,
    tally: Tally,
}

impl Part<'_> {
    /// Has people's objects judge their values.
    async fn ask(&mut self, people: &[(SubjectId, Vec<Seen>)]) {
        let (env, repair, retentions) = (self.env, self.slice.repairs, &self.retentions);
        for some in people.chunks(AT_ONCE) {
            let asked = some.iter().map(|(subject, seen)| {
                let call = Call::Swept { seen: seen.clone(), retentions: retentions.clone(), repair };
                async move { subject::call::<Vec<Judged>>(env, *subject, &call).await }
            });
            for ((_, seen), judged) in some.iter().zip(join_all(asked).await) {
                match judged {
                    Ok(judged) => {
                        for (found, is_repaired) in judged.into_iter().flatten() {
                            self.tally.count(found, is_repaired);
                        }
                    }
                    Err(_) => self.tally.failed += u64::try_from(seen.len()).unwrap_or(0),
                }
            }
        }
    }

    /// A value about nobody that could be asked: what stands beside it says how long it is kept, and under which key it is.
    async fn alone(&mut self, value: &Value) {
        let account = match value.metadata.retain_until {
            Some(until) => Account::Kept { until, frozen: false },
            None => Account::Unknown,
        };
        let found = judge(&value.seen(), account, now());
        let active = self.config.keyring.active();
        let remedy = remedy(found, value.metadata.key == active);
        let expires = match found {
            Some(_) => value.metadata.retain_until.map(backstop),
            None => value.listed.expires,
        };
        let is_done = self.carried_out(value, found, remedy, expires).await;
        self.tally.sealed(found, (remedy, is_done), (&value.metadata.key, active));
    }

    /// A value about a person of whom it cannot be read who it is.
    async fn unowned(&mut self, value: &Value) {
        self.tally.unowned += 1;
        let Some(until) = value.metadata.retain_until else { return };
        let Some(found) = judge(&value.seen(), Account::Unowned, now()) else { return };
        let expires = Some(unowned_until(backstop(until), now()));
        let is_done = self.carried_out(value, Some(found), Remedy::Date, expires).await;
        self.tally.count(found, is_done);
    }

    /// Does what is to be done about a value, if that is wanted and not too much for this part. Whether it was done.
    async fn carried_out(
        &mut self,
        value: &Value,
        found: Option<Finding>,
        remedy: Remedy,
        expires: Option<Timestamp>,
    ) -> bool {
        if !self.slice.repairs || remedy == Remedy::Leave {
            return false;
        }
        // One to read and one to write it, and one for its entry.
        let done = match self.left.checked_sub(1 + usize::from(found.is_some())) {
            Some(left) => {
                self.left = left;
                self.carry_out(value, found, remedy, expires).await.is_ok()
            }
            None => false,
        };
        self.tally.failed += u64::from(!done);
        done
    }

    async fn carry_out(
        &self,
        value: &Value,
        found: Option<Finding>,
        remedy: Remedy,
        expires: Option<Timestamp>,
    ) -> Answer<()> {
        let key = &value.listed.key;
        // What the log does not take does not happen.
        if let Some(found) = found {
            audit_log::append(self.env, &repair_entry(key, found, self.config)?).await?;
        }
        match remedy {
            Remedy::Leave => Ok(()),
            Remedy::Delete => self.store.delete(key).await.map_err(|e| unavailable(&e)),
            Remedy::Date => {
                let is_there =
                    Retention::set_expiry(self.env, key, expires).await.map_err(|e| unavailable(&e))?;
                is_there.then_some(()).ok_or_else(|| unavailable(&StoreError::Unavailable))
            }
            Remedy::Rekey => self.rekey(value, expires).await,
        }
    }

    /// Puts a value under the active key of the site. What the store lists and does not show is not under it yet.
    async fn rekey(&self, value: &Value, expires: Option<Timestamp>) -> Answer<()> {
        let key = &value.listed.key;
        let stored = self.store.get(key).await.map_err(|e| unavailable(&e))?;
        let stored = stored.ok_or_else(|| unavailable(&StoreError::Unavailable))?;
        let sealed = rekeyed(key, &stored.value, &stored.metadata.key, self.config)?;
        let active = self.config.keyring.active().to_owned();
        let metadata = Metadata { key: active, size: sealed.len(), ..stored.metadata };
        self.store.put(key, &sealed, &metadata, expires).await.map_err(|e| unavailable(&e))
    }
}

fn unavailable(problem: &StoreError) -> Problem {
    Problem::unavailable(sentence(problem))
}
