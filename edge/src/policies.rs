//! The policy in force, as this isolate remembers it.

use crate::{
    assets,
    kv::Retention,
    objects::registry::{self, Known, LINEAGE, Lineage},
    problem::{Answer, OrInternal as _},
    world::now,
};
use consentry::{
    banner::{Banner, Dialogs, View, stylesheet},
    clock::Timestamp,
    consent::{Lifetimes, Permissions, Standing},
    encoding::to_base64url,
    enforce::Gate,
    id::PolicyHash,
    policy::{
        self, BASE, Locale, Material, Plan, Policy, Regime, RegimeKey, Setting, Theme, material, regime_key,
        resolve,
    },
    store::Store as _,
};
use sha2::{Digest as _, Sha256};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};
use worker::{Context, Env};

/// How long memory is believed, in seconds. KV itself may be a minute behind; the registry's grace covers both.
const FRESH: u64 = 30;

/// How long the registry's answer is taken for exact, in seconds: no longer than an answer may be on its way.
const EXACT: u64 = 2;

/// The most gates that are kept.
const MOST_GATES: usize = 32;

/// The most paths for which is kept what is written into a page for whoever has decided nothing.
const MOST_PATHS: usize = 64;

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
    /// What people decide about in it.
    pub material: Material,
    /// What came before the policy in force.
    pub lineage: Lineage,
    /// Its stylesheet.
    pub styles: Styles,
    /// For how many days decisions count.
    pub lifetimes: Lifetimes,
    /// When it was read, and when the registry said so.
    read: Cell<Timestamp>,
    asked: Cell<Timestamp>,
    prepared: RefCell<BTreeMap<(Locale, RegimeKey), Rc<Prepared>>>,
    gates: RefCell<Vec<(Permissions, Rc<Gate>)>>,
}

/// What every page in one language and under the same rules shares.
#[derive(Debug)]
pub struct Prepared {
    /// The banner.
    pub banner: Banner,
    /// The plan, but for what is the visitor's own.
    pub plan: Plan,
    /// The rules. Their reason is that of whoever came first, see [`Held::regime`].
    pub regime: Regime,
    /// What is written into pages for whoever has decided nothing, by their paths.
    first: RefCell<Vec<(String, String)>>,
}

impl Held {
    /// The banner and plan for a setting, made once. Only languages the policy has are kept.
    pub fn prepared(&self, setting: &Setting<'_>) -> Rc<Prepared> {
        let locale = self.policy.locale_for(setting.locale);
        let key = (locale.clone(), regime_key(&self.policy, setting));
        let mut prepared = self.prepared.borrow_mut();
        Rc::clone(prepared.entry(key).or_insert_with(|| {
            let setting = Setting { locale: locale.as_str(), ..setting.clone() };
            let regime = resolve(&self.policy, &setting);
            let plan = Plan {
                sdk: assets::url(assets::SDK),
                more: assets::url(assets::DECIDE),
                dialogs: regime.age.added_to(&format!("{BASE}banner?locale={locale}")),
                ..policy::compile(&self.policy, &setting, &self.lineage.earlier)
            };
            Rc::new(Prepared {
                banner: Banner::new(&self.policy, &setting),
                plan,
                regime,
                first: RefCell::default(),
            })
        }))
    }

    /// The gate for those who are permitted this, made once for all of them.
    pub fn gate(&self, permissions: &Permissions) -> Rc<Gate> {
        let mut gates = self.gates.borrow_mut();
        if let Some((_, gate)) = gates.iter().find(|(own, _)| own == permissions) {
            return Rc::clone(gate);
        }
        let gate = Rc::new(Gate::of(&self.policy, permissions));
        // Most visitors permit all or nothing.
        if gates.len() >= MOST_GATES {
            gates.remove(0);
        }
        gates.push((permissions.clone(), Rc::clone(&gate)));
        gate
    }

    /// The rules for a setting, with their reason.
    pub fn regime(&self, setting: &Setting<'_>) -> Regime {
        resolve(&self.policy, setting)
    }

    /// The dialogs by themselves, drawn as `html`, for a page that sees the Worker at `prefix`.
    pub fn dialogs<'a>(
        &self,
        prepared: &'a Prepared,
        view: &View<'_>,
        html: String,
        prefix: &str,
    ) -> Dialogs<'a> {
        Dialogs {
            html,
            words: Some(prepared.banner.words()),
            css: format!("{prefix}{}", self.styles.url),
            style: None,
            plan: prepared.plan_at(prefix, view.seen),
        }
    }
}

impl Prepared {
    /// What is written into the page at a path for whoever has decided nothing, made once while it is asked for.
    pub fn first_at(&self, path: &str, write: impl FnOnce() -> String) -> String {
        let mut first = self.first.borrow_mut();
        if let Some((_, made)) = first.iter().find(|(own, _)| own == path) {
            return made.clone();
        }
        let made = write();
        if first.len() >= MOST_PATHS {
            first.remove(0);
        }
        first.push((path.to_owned(), made.clone()));
        made
    }

    /// The plan for one visitor, whose decisions have that number, on a page that sees the Worker at `prefix`.
    pub fn plan_at(&self, prefix: &str, seen: u32) -> Plan {
        Plan { seen, ..self.plan.clone() }.with_origin(prefix)
    }
}

/// A stylesheet.
#[derive(Debug)]
pub struct Styles {
    /// Where it is.
    pub url: String,
    /// Its text.
    pub css: String,
}

impl Styles {
    /// The styles of a theme. The built-in one's are a file of this build.
    pub fn of(theme: &Theme) -> Self {
        if *theme == Theme::default() {
            return Self { url: assets::url(assets::STYLES), css: assets::text(assets::STYLES) };
        }
        let css = stylesheet(theme);
        let hash: String = to_base64url(&Sha256::digest(&css)).chars().take(12).collect();
        Self { url: format!("{BASE}style/{hash}.css"), css }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Held>>> = const { RefCell::new(None) };
}

/// What this isolate remembers, if that is it; else it is read anew, and remembered if it is in force.
fn hold(document: String, standing: Standing, lineage: Lineage) -> Answer<Rc<Held>> {
    let held = CURRENT.with(|slot| slot.borrow().clone());
    if let Some(held) = held
        && held.document == document
        && held.standing == standing
        && held.lineage == lineage
    {
        held.read.set(now());
        return Ok(held);
    }
    let policy = policy::parse(&document).or_internal("policies.parse")?;
    let held = Rc::new(Held {
        hash: policy::hash(&policy),
        material: material(&policy),
        styles: Styles::of(&policy.theme),
        lifetimes: Lifetimes { given: policy.consent.days(), refused: policy.consent.refusal_days() },
        lineage,
        policy,
        document,
        standing,
        read: Cell::new(now()),
        asked: Cell::default(),
        prepared: RefCell::default(),
        gates: RefCell::default(),
    });
    if standing == Standing::InForce {
        CURRENT.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&held)));
    }
    Ok(held)
}

/// The policy in force, for pages. It may be a minute behind.
pub async fn in_force(env: &Env, ctx: &Context) -> Answer<Rc<Held>> {
    let held = CURRENT.with(|slot| slot.borrow().clone());
    if let Some(held) = &held
        && now() < held.read.get().plus_seconds(FRESH)
    {
        return Ok(Rc::clone(held));
    }
    if held.is_none() {
        // A fresh isolate may carry a newly deployed policy: its registry is told, and no page waits for that.
        let env = env.clone();
        ctx.wait_until(async move { registry::tick(&env).await });
    }
    let store = Retention::bound(env)?;
    let stored = async |key: &str| {
        let stored = store.get(key).await.ok().flatten();
        stored.and_then(|stored| String::from_utf8(stored.value).ok())
    };
    let lineage = stored(LINEAGE).await.and_then(|text| serde_json::from_str(&text).ok());
    match (stored("policy/current").await, lineage) {
        (Some(document), Some(lineage)) => hold(document, Standing::InForce, lineage),
        _ => exact(env).await,
    }
}

/// The policy in force, exactly: the registry is asked.
pub async fn exact(env: &Env) -> Answer<Rc<Held>> {
    let Known { document, lineage, .. } = registry::current(env).await?;
    hold(document, Standing::InForce, lineage)
}

/// The policy a visitor answers, and how it stands. The registry is asked, unless it just said that it is in force.
pub async fn answered(env: &Env, hash: PolicyHash) -> Answer<Rc<Held>> {
    let held = CURRENT.with(|slot| slot.borrow().clone());
    if let Some(held) = held.filter(|held| held.hash == hash && now() < held.asked.get().plus_seconds(EXACT))
    {
        return Ok(held);
    }
    let Known { standing, document, lineage, .. } = registry::standing(env, hash).await?;
    let held = hold(document, standing, lineage)?;
    held.asked.set(now());
    Ok(held)
}

/// Forgets what this isolate remembers, after a change.
pub fn forget() {
    CURRENT.with(|slot| *slot.borrow_mut() = None);
}
