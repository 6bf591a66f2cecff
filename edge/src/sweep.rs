//! The sweep: goes through the store, a part each minute, and asks about each value whose it is. Nothing is opened.

use crate::{
    config::{Config, config},
    kv::{Retention, backstop},
    objects::{
        audit_log,
        registry::{self, Slice},
        subject::{self, Call, repair_entry},
    },
    problem::{Answer, OrInternal as _, Problem, sentence},
    world::{now, random},
};
use consentry::{
    encoding::from_base64url,
    id::SubjectId,
    pseudonym::Domain,
    records::sweep::{Account, Finding, Seen, Tally, judge},
    store::{Listed, Metadata, Store as _, StoreError},
    vault::{Binding, KeyUse, open, seal},
};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use worker::Env;

/// The most values of one part: of each, somebody may have to be asked, and the platform limits how many requests one makes.
const PART: usize = 400;

/// How many are asked at a time, as the platform has it.
const AT_ONCE: usize = 6;

/// Does a part, if one is to be done.
pub async fn sweep(env: &Env) -> Answer<()> {
    let config = config(env)?;
    let Some(slice) = registry::begin_sweep(env).await? else { return Ok(()) };
    let store = Retention::bound(env)?;
    let page = match store.list("", slice.cursor.as_deref(), PART).await {
        Ok(page) => page,
        // A place in the list that is not known any more: the walk ends here, and the next begins anew.
        Err(StoreError::Invalid(_)) => {
            let tally = Tally { failed: 1, ..Tally::default() };
            return registry::end_sweep(env, slice, tally, None).await;
        }
        Err(e) => return Err(Problem::unavailable(sentence(&e))),
    };
    let mut tally = Tally::default();
    let mut people: BTreeMap<SubjectId, Vec<Seen>> = BTreeMap::new();
    for listed in page.keys {
        let kind = listed.key.split('/').next().unwrap_or_default().to_owned();
        let metadata = listed.metadata.clone().unwrap_or_default();
        *tally.values.entry(kind.clone()).or_default() += 1;
        tally.bytes += u64::try_from(metadata.size).unwrap_or(0);
        match kind.as_str() {
            "consent" | "record" => match owner(&listed.key, &metadata, &config) {
                Some(subject) => {
                    let seen = Seen { key: listed.key, expires: listed.expires };
                    people.entry(subject).or_default().push(seen);
                }
                None => tally.unowned += 1,
            },
            "proof" | "refusal" => alone(&store, env, &listed, &metadata, &slice, &config, &mut tally).await,
            // The policy and the log are about nobody.
            _ => {}
        }
    }
    let people: Vec<_> = people.into_iter().collect();
    for some in people.chunks(AT_ONCE) {
        let asked = some.iter().map(|(subject, seen)| {
            let call = Call::Swept { seen: seen.clone(), repair: slice.repairs };
            async move { subject::call::<Vec<Option<Finding>>>(env, *subject, &call).await }
        });
        for ((_, seen), judged) in some.iter().zip(join_all(asked).await) {
            match judged {
                Ok(judged) => {
                    judged.into_iter().flatten().for_each(|found| tally.count(found, slice.repairs));
                }
                Err(_) => tally.failed += u64::try_from(seen.len()).unwrap_or(0),
            }
        }
    }
    registry::end_sweep(env, slice, tally, page.cursor).await
}

/// Whom to ask about a value.
fn owner(key: &str, metadata: &Metadata, config: &Config) -> Option<SubjectId> {
    let opening = config.subject_key.sealing(Domain::Store);
    let binding = Binding { site: &config.site, kind: "owner", name: key };
    let subject = open(&opening, binding, &from_base64url(metadata.owner.as_deref()?)?).ok()?;
    Some(SubjectId::from_bytes(subject.try_into().ok()?))
}

/// A value about nobody that could be asked: what stands beside it says how long it is kept.
async fn alone(
    store: &Retention,
    env: &Env,
    listed: &Listed,
    metadata: &Metadata,
    slice: &Slice,
    config: &Config,
    tally: &mut Tally,
) {
    let seen = Seen { key: listed.key.clone(), expires: listed.expires };
    let account = match metadata.retain_until {
        Some(until) => Account::Kept { until, frozen: false },
        None => Account::Unknown,
    };
    let Some(found) = judge(&seen, account, now()) else {
        let is_old = metadata.key != config.keyring.active();
        if is_old && slice.repairs {
            match rekeyed(store, listed, metadata, config).await {
                Ok(()) => tally.rekeyed += 1,
                Err(_) => tally.failed += 1,
            }
        }
        let key = if is_old && slice.repairs { config.keyring.active() } else { &metadata.key };
        *tally.keys.entry(key.to_owned()).or_default() += 1;
        return;
    };
    let mut is_repaired = false;
    if slice.repairs {
        is_repaired = put_right(store, &seen.key, found, env, config).await.is_ok();
        tally.failed += u64::from(!is_repaired);
    }
    tally.count(found, is_repaired);
}

/// Puts a value under the active key of the site.
async fn rekeyed(store: &Retention, listed: &Listed, metadata: &Metadata, config: &Config) -> Answer<()> {
    let unavailable = |e: StoreError| Problem::unavailable(sentence(&e));
    let (key_use, kind) =
        if listed.key.starts_with("proof/") { (KeyUse::Proof, "proof") } else { (KeyUse::Site, "one-off") };
    let Some(stored) = store.get(&listed.key).await.map_err(unavailable)? else { return Ok(()) };
    let binding = Binding { site: &config.site, kind, name: &listed.key };
    let active = config.keyring.active();
    let old = config.keyring.key(&metadata.key, key_use).or_internal("sweep.key")?;
    let new = config.keyring.key(active, key_use).or_internal("sweep.key")?;
    let plain = open(&old, binding, &stored.value).or_internal("sweep.open")?;
    let sealed = seal(&new, &random()?, binding, &plain).or_internal("sweep.seal")?;
    let metadata = Metadata { key: active.to_owned(), size: sealed.len(), ..metadata.clone() };
    store.put(&listed.key, &sealed, &metadata, listed.expires).await.map_err(unavailable)
}

async fn put_right(store: &Retention, key: &str, found: Finding, env: &Env, config: &Config) -> Answer<()> {
    let unavailable = |e: StoreError| Problem::unavailable(sentence(&e));
    match found {
        Finding::Overdue | Finding::Unaccounted => store.delete(key).await.map_err(unavailable)?,
        Finding::Lasting | Finding::Early => {
            if let Some(stored) = store.get(key).await.map_err(unavailable)? {
                let expires = stored.metadata.retain_until.map(backstop);
                store.put(key, &stored.value, &stored.metadata, expires).await.map_err(unavailable)?;
            }
        }
    }
    audit_log::append(env, &repair_entry(key, found, config)?).await.map(drop)
}
