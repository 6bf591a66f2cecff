//! The policies that the Worker sends along, read once.

use super::Decide;
use crate::problem::{Answer, OrInternal as _, Problem};
use consentry::{
    id::PolicyHash,
    policy::{self, Material, Policy},
};
use std::{cell::RefCell, ops::Deref, rc::Rc};

/// A policy that was read.
pub struct Read {
    policy: Policy,
    hash: PolicyHash,
    document: String,
    /// What people decide about in it.
    pub material: Material,
}

impl Deref for Read {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

thread_local! {
    /// The policy that was read last: nearly always the one that comes next.
    static LAST: RefCell<Option<Rc<Read>>> = const { RefCell::new(None) };
}

/// Reads a policy that the Worker sent along.
pub fn read(document: &str) -> Answer<Rc<Read>> {
    let last = LAST.with(|slot| slot.borrow().clone());
    if let Some(last) = last.filter(|last| last.document == document) {
        return Ok(last);
    }
    let policy = policy::parse(document).or_internal("subject.policy")?;
    let (hash, material) = (policy::hash(&policy), policy::material(&policy));
    let read = Rc::new(Read { policy, hash, document: document.to_owned(), material });
    LAST.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&read)));
    Ok(read)
}

/// The policy that a decision is held to.
pub fn of(ask: &Decide) -> Answer<Rc<Read>> {
    if let Some(document) = &ask.document {
        return read(document);
    }
    let last = LAST.with(|slot| slot.borrow().clone());
    last.filter(|last| last.hash == ask.held).ok_or_else(Problem::policy_needed)
}
