//! Values in the store that a key of the site seals, and no person's: put under the active one.

use crate::{
    config::Config,
    problem::{Answer, OrInternal as _},
    world::random,
};
use consentry::vault::{Binding, KeyUse, open, seal};

/// How such a value is sealed, by its name in the store. Nothing where a person's key seals it, or none does.
fn sealing(name: &str) -> Option<(KeyUse, &'static str)> {
    match name.split('/').next()? {
        "proof" => Some((KeyUse::Proof, "proof")),
        "refusal" => Some((KeyUse::Site, "one-off")),
        _ => None,
    }
}

/// Whether a key of the site seals a value.
pub fn is_of_site(name: &str) -> bool {
    sealing(name).is_some()
}

/// The same value under the active key. `key` is the one that it is under.
pub fn rekeyed(name: &str, sealed: &[u8], key: &str, config: &Config) -> Answer<Vec<u8>> {
    let (key_use, kind) = sealing(name).or_internal("rekey.kind")?;
    let binding = Binding { site: &config.site, kind, name };
    let old = config.keyring.key(key, key_use).or_internal("rekey.key")?;
    let new = config.keyring.key(config.keyring.active(), key_use).or_internal("rekey.key")?;
    let plain = open(&old, binding, sealed).or_internal("rekey.open")?;
    seal(&new, &random()?, binding, &plain).or_internal("rekey.seal")
}
