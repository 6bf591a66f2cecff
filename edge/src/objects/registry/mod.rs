//! The `Registry` object: the policy in force, people's requests and their terms, and the ledger of erasures.

pub mod agents;
mod cases;
mod concerned;
mod erasing;
mod holds;
mod ledger;
mod lines;
mod notices;
mod object;
mod sweeps;

pub use cases::{Case, Cases};
pub use concerned::{Concern, Concerned, hashed};
pub use erasing::{Act, Erasing};
pub use holds::Hold;
pub use ledger::{Erasure, Ledger};
pub use notices::{Notice, Notices};
pub use object::Registry;

use super::{SITE, rpc};
use crate::problem::{Answer, OrInternal as _};
use consentry::{
    clock::Timestamp,
    consent::Standing,
    decider::Caller,
    id::{CategoryId, EventId, PolicyHash, SubjectId},
    policy::Material,
    records::{
        sweep::Tally,
        sweeps::{Next, Slice, Sweeps},
    },
    rights::RequestReply,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use worker::Env;

/// What the object is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
pub enum Call {
    /// Something about agents that act for people.
    Agents {
        /// What.
        ask: agents::Ask,
        /// Who asks.
        by: Caller,
    },
    /// The policy in force.
    Current,
    /// How a policy stands.
    Standing {
        /// Its hash.
        hash: PolicyHash,
    },
    /// Put a policy into force.
    Adopt {
        /// The document.
        document: String,
        /// Who does.
        by: Caller,
    },
    /// Enter an erasure into the ledger, once.
    EnterErasure {
        /// The erasure.
        erasure: Erasure,
    },
    /// The ledger of erasures.
    Ledger {
        /// After the row that the page before ended with.
        after: u64,
    },
    /// Take in how a person's request stands.
    Case {
        /// The request.
        case: Box<Case>,
    },
    /// See to it that other systems carry an erasure out.
    EnterErasing {
        /// The erasure.
        erasing: Box<Erasing>,
    },
    /// Take such an erasure further.
    ActErasing {
        /// The request.
        request: EventId,
        /// What happened.
        act: Act,
        /// Who says so.
        by: Caller,
    },
    /// How such an erasure stands.
    Erasing {
        /// The request.
        request: EventId,
    },
    /// What of a request is to be seen without its person.
    Outline {
        /// The request.
        request: EventId,
    },
    /// Forget whose a request was.
    Forgotten {
        /// The request.
        request: EventId,
    },
    /// Whose a request is that is open.
    SubjectOf {
        /// The request.
        request: EventId,
    },
    /// Requests that are open, or over.
    Cases {
        /// Whether those that are over.
        over: bool,
        /// After the last of the page before.
        after: String,
    },
    /// Take in whether records of a category are about a person.
    Concern {
        /// What.
        concern: Concern,
    },
    /// Whom records of a category are about.
    Concerned {
        /// The category.
        category: CategoryId,
        /// After the last of the page before.
        after: String,
    },
    /// Take in a legal hold.
    Hold {
        /// The hold.
        hold: Hold,
    },
    /// All legal holds.
    Holds,
    /// Whose data a legal hold keeps.
    HeldSubject {
        /// The hold.
        id: EventId,
    },
    /// Hand out the next part of the sweep.
    BeginSweep,
    /// Take in what a part of the sweep found.
    EndSweep {
        /// The part.
        slice: Slice,
        /// What it found.
        tally: Tally,
        /// What comes after it.
        next: Next,
    },
    /// How retention stands.
    Retention,
    /// Tell the site's own systems something.
    Notify {
        /// What.
        notice: Notice,
    },
    /// Notices, latest first.
    Notices {
        /// Whether only those that never arrived.
        failed: bool,
    },
    /// Whether a notice has still to arrive.
    IsUntold {
        /// Which.
        id: EventId,
    },
    /// Deliver a notice that failed once more.
    Retry {
        /// Which.
        id: EventId,
        /// Who wants it.
        by: Caller,
    },
    /// Deliver what is due.
    Tick,
    /// Keep the lines of some requests for a while.
    KeepLines {
        /// The lines, as they were written.
        lines: Vec<String>,
    },
    /// Lines that were kept, latest first.
    Lines {
        /// The most to give.
        limit: u64,
    },
}

/// How retention stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct Retention {
    /// The walks of the sweep.
    pub sweeps: Sweeps,
    /// How many people the records of each category are about.
    pub concerned: BTreeMap<String, u64>,
    /// How much is under which key of the site, by what it is.
    pub uses: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A policy and how it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    /// Its hash.
    pub hash: PolicyHash,
    /// How it stands.
    pub standing: Standing,
    /// The document; of the policy in force, if the one asked for is unknown.
    pub document: String,
    /// What came before it.
    pub lineage: Lineage,
}

/// What came before the policy in force, as far as decisions about it may still count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// Since when the policy in force is.
    pub since: Timestamp,
    /// The material content of earlier ones, latest first.
    pub earlier: Vec<Material>,
}

/// The name of the lineage in KV, beside `policy/current`.
pub const LINEAGE: &str = "policy/lineage";

async fn call<A: serde::de::DeserializeOwned>(env: &Env, call: &Call) -> Answer<A> {
    rpc::call(&rpc::stub(env, "REGISTRY", SITE)?, call).await
}

/// The policy in force.
pub async fn current(env: &Env) -> Answer<Known> {
    call(env, &Call::Current).await
}

/// How a policy stands.
pub async fn standing(env: &Env, hash: PolicyHash) -> Answer<Known> {
    call(env, &Call::Standing { hash }).await
}

/// Puts a policy into force.
pub async fn adopt(env: &Env, document: String, by: Caller) -> Answer<Known> {
    call(env, &Call::Adopt { document, by }).await
}

/// Enters an erasure into the ledger.
pub async fn enter_erasure(env: &Env, erasure: Erasure) -> Answer<()> {
    call(env, &Call::EnterErasure { erasure }).await
}

/// The ledger of erasures.
pub async fn ledger(env: &Env, after: u64) -> Answer<Ledger> {
    call(env, &Call::Ledger { after }).await
}

/// Tells how a person's request stands.
pub async fn agents<A: serde::de::DeserializeOwned>(env: &Env, ask: agents::Ask, by: Caller) -> Answer<A> {
    call(env, &Call::Agents { ask, by }).await
}

/// Tells how a request stands.
pub async fn case(env: &Env, case: &Case) -> Answer<()> {
    call(env, &Call::Case { case: Box::new(case.clone()) }).await
}

/// Has it seen to that other systems carry an erasure out.
pub async fn enter_erasing(env: &Env, erasing: &Erasing) -> Answer<()> {
    call(env, &Call::EnterErasing { erasing: Box::new(erasing.clone()) }).await
}

/// Takes such an erasure further; nothing where there is none by this id.
pub async fn act_erasing(env: &Env, request: EventId, act: Act, by: Caller) -> Answer<Option<RequestReply>> {
    call(env, &Call::ActErasing { request, act, by }).await
}

/// How such an erasure stands.
pub async fn erasing(env: &Env, request: EventId) -> Answer<Option<RequestReply>> {
    call(env, &Call::Erasing { request }).await
}

/// What of a request is to be seen without its person.
pub async fn outline(env: &Env, request: EventId) -> Answer<Option<Value>> {
    call(env, &Call::Outline { request }).await
}

/// Forgets whose a request was.
pub async fn forgotten(env: &Env, request: EventId) -> Answer<()> {
    call(env, &Call::Forgotten { request }).await
}

/// Whose a request is that is open.
pub async fn subject_of(env: &Env, request: EventId) -> Answer<SubjectId> {
    call(env, &Call::SubjectOf { request }).await
}

/// Requests that are open, or over.
pub async fn cases(env: &Env, over: bool, after: String) -> Answer<Cases> {
    call(env, &Call::Cases { over, after }).await
}

/// Tells whether records of a category are about a person.
pub async fn concern(env: &Env, concern: &Concern) -> Answer<()> {
    call(env, &Call::Concern { concern: concern.clone() }).await
}

/// Whom records of a category are about.
pub async fn concerned(env: &Env, category: CategoryId, after: String) -> Answer<Concerned> {
    call(env, &Call::Concerned { category, after }).await
}

/// Tells of a legal hold.
pub async fn hold(env: &Env, hold: &Hold) -> Answer<()> {
    call(env, &Call::Hold { hold: hold.clone() }).await
}

/// All legal holds.
pub async fn holds(env: &Env) -> Answer<Vec<Hold>> {
    call(env, &Call::Holds).await
}

/// Whose data a legal hold keeps.
pub async fn held_subject(env: &Env, id: EventId) -> Answer<SubjectId> {
    call(env, &Call::HeldSubject { id }).await
}

/// The next part of the sweep, if one is to be done.
pub async fn begin_sweep(env: &Env) -> Answer<Option<Slice>> {
    call(env, &Call::BeginSweep).await
}

/// What a part of the sweep found, and what comes after it.
pub async fn end_sweep(env: &Env, slice: Slice, tally: Tally, next: Next) -> Answer<()> {
    call(env, &Call::EndSweep { slice, tally, next }).await
}

/// How retention stands.
pub async fn retention(env: &Env) -> Answer<Retention> {
    call(env, &Call::Retention).await
}

/// Has the site's own systems told something.
pub async fn notify(env: &Env, notice: &Notice) -> Answer<()> {
    call(env, &Call::Notify { notice: notice.clone() }).await
}

/// Notices, latest first.
pub async fn notices(env: &Env, failed: bool) -> Answer<Notices> {
    call(env, &Call::Notices { failed }).await
}

/// Whether a notice has still to arrive.
pub async fn is_untold(env: &Env, id: EventId) -> Answer<bool> {
    call(env, &Call::IsUntold { id }).await
}

/// Delivers a notice that failed once more.
pub async fn retry(env: &Env, id: EventId, by: Caller) -> Answer<()> {
    call(env, &Call::Retry { id, by }).await
}

/// Keeps lines for operators. Those of a failed call are lost; the console has them.
pub async fn keep_lines(env: &Env, lines: Vec<String>) {
    let _: Answer<()> = call(env, &Call::KeepLines { lines }).await.or_internal("registry.lines");
}

/// Lines that were kept, latest first.
pub async fn lines(env: &Env, limit: u64) -> Answer<Vec<String>> {
    call(env, &Call::Lines { limit }).await
}

/// Wakes the object. What fails is left to its alarm.
pub async fn tick(env: &Env) {
    let _: Answer<()> = call(env, &Call::Tick).await.or_internal("registry.tick");
}
