//! What the targets share.

use consentry::{
    consent::Permissions,
    enforce::Gate,
    policy::{self, Policy, Setting},
};

/// The demo shop's policy, with hosts for its vendors.
pub fn policy() -> Policy {
    let mut text = include_str!("../../../www/shop/policy.json").to_owned();
    for vendor in ["metrics", "ads", "films", "map"] {
        text = text.replace(&format!("{{{vendor}}}"), &format!("{vendor}.example"));
    }
    policy::parse(&text).expect("the shop's policy is valid")
}

/// What is held for somebody who decided nothing.
pub fn gate() -> Gate {
    let policy = policy();
    let permissions = Permissions::of(&policy, &policy::resolve(&policy, &Setting::of("en")), None);
    Gate::of(&policy, &permissions)
}
