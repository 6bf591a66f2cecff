//! What the page says by script while something happens, in the page's language.

use crate::policy::{Interface, Policy, fill};
use std::collections::BTreeMap;

/// The texts by key; the markup has them as `data-` attributes with hyphens for underscores.
pub(super) fn of(policy: &Policy, interface: &Interface) -> BTreeMap<&'static str, String> {
    let (messages, replies) = (&interface.messages, &interface.replies);
    let texts = [
        ("loading", &messages.loading),
        ("working", &messages.working),
        ("failed", &messages.failed),
        ("queued", &messages.queued),
        ("verified", &messages.verified),
        ("unverified", &messages.unverified),
        ("unchecked", &messages.unchecked),
        ("unchanged", &messages.unchanged),
        ("uncompared", &messages.uncompared),
        ("exported", &messages.exported),
        ("blocked", &messages.blocked),
        ("load_once", &messages.load_once),
        ("load_always", &messages.load_always),
        ("erased", &replies.erased_text),
        ("kept", &replies.kept_text),
        ("restore", &replies.restore_text),
        ("confirm", &replies.confirm),
        ("confirm_text", &replies.confirm_text),
        ("changed", &replies.changed_text),
    ];
    texts.into_iter().map(|(key, text)| (key, fill(text, &[("site", &policy.site.name)]))).collect()
}

/// The attribute that carries a text.
pub(super) fn attribute(key: &str) -> Option<&'static str> {
    let attribute = match key {
        "loading" => "data-loading",
        "working" => "data-working",
        "failed" => "data-failed",
        "queued" => "data-queued",
        "verified" => "data-verified",
        "unverified" => "data-unverified",
        "unchecked" => "data-unchecked",
        "unchanged" => "data-unchanged",
        "uncompared" => "data-uncompared",
        "exported" => "data-exported",
        "blocked" => "data-blocked",
        "load_once" => "data-load-once",
        "load_always" => "data-load-always",
        "erased" => "data-erased",
        "kept" => "data-kept",
        "restore" => "data-restore",
        "confirm" => "data-confirm",
        "confirm_text" => "data-confirm-text",
        "changed" => "data-changed",
        _ => return None,
    };
    Some(attribute)
}
