//! The policy in force, as pages need it: from this isolate's memory, else from KV, and only then from its object.

use crate::{
    assets,
    kv::Retention,
    objects::registry::{self, Known},
    problem::{Answer, OrInternal as _},
    world::now,
};
use consentry::{
    banner::Banner,
    clock::Timestamp,
    consent::Standing,
    id::PolicyHash,
    policy::{self, Locale, Plan, Policy},
    store::Store as _,
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use worker::{Context, Env};

/// How long memory is believed, in seconds. KV itself may be a minute behind; the registry's grace covers both.
const FRESH: u64 = 30;

/// A policy with its hash and text.
#[derive(Debug)]
pub struct Held {
    /// The policy.
    pub policy: Policy,
    /// Its hash.
    pub hash: PolicyHash,
    /// Its canonical document.
    pub document: String,
    /// How it stands.
    pub standing: Standing,
    read: Timestamp,
    prepared: RefCell<BTreeMap<Locale, Rc<Prepared>>>,
}

/// What every page in one language shares.
#[derive(Debug)]
pub struct Prepared {
    /// The banner.
    pub banner: Banner,
    /// The plan, but for what is the visitor's own.
    pub plan: Plan,
}

impl Held {
    /// The banner and plan for a language, made once. Only languages the policy has are kept.
    pub fn prepared(&self, wanted: &str) -> Rc<Prepared> {
        let locale = self.policy.locale_for(wanted);
        let mut prepared = self.prepared.borrow_mut();
        Rc::clone(prepared.entry(locale.clone()).or_insert_with(|| {
            let plan = policy::compile(&self.policy, locale.as_str());
            let plan = Plan { sdk: assets::url(assets::SDK), ..plan };
            Rc::new(Prepared { banner: Banner::new(&self.policy, locale.as_str()), plan })
        }))
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Held>>> = const { RefCell::new(None) };
}

fn hold(document: String, standing: Standing) -> Answer<Rc<Held>> {
    let policy = policy::parse(&document).or_internal("policies.parse")?;
    Ok(Rc::new(Held {
        hash: policy::hash(&policy),
        policy,
        document,
        standing,
        read: now(),
        prepared: RefCell::default(),
    }))
}

/// The policy in force, for pages. It may be a minute behind.
pub async fn in_force(env: &Env, ctx: &Context) -> Answer<Rc<Held>> {
    let held = CURRENT.with(|slot| slot.borrow().clone());
    if let Some(held) = &held
        && now() < held.read.plus_seconds(FRESH)
    {
        return Ok(Rc::clone(held));
    }
    if held.is_none() {
        // A fresh isolate may carry a newly deployed policy: its registry is told, and no page waits for that.
        let env = env.clone();
        ctx.wait_until(async move { registry::tick(&env).await });
    }
    let stored = Retention::bound(env)?.get("policy/current").await.ok().flatten();
    let document = match stored.and_then(|stored| String::from_utf8(stored.value).ok()) {
        Some(document) => document,
        None => registry::current(env).await?.document,
    };
    let held = hold(document, Standing::InForce)?;
    CURRENT.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&held)));
    Ok(held)
}

/// The policy in force, exactly: the registry is asked.
pub async fn exact(env: &Env) -> Answer<Rc<Held>> {
    let held = hold(registry::current(env).await?.document, Standing::InForce)?;
    CURRENT.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&held)));
    Ok(held)
}

/// The policy a visitor answers, and how it stands. The registry is asked: its answer is exact.
pub async fn answered(env: &Env, hash: PolicyHash) -> Answer<Rc<Held>> {
    let Known { standing, document, .. } = registry::standing(env, hash).await?;
    hold(document, standing)
}

/// Forgets what this isolate remembers, after a change.
pub fn forget() {
    CURRENT.with(|slot| *slot.borrow_mut() = None);
}
