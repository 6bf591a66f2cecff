//! The core.

use super::entries::Entry;
use consentry::{
    anonymize::{Entries, EntryRules, IpMask, UrlRules, reduce_url_into, reduce_user_agent},
    pseudonym::PseudonymKey,
};

pub struct Ours {
    pub mask: IpMask,
    pub rules: UrlRules,
}

impl Ours {
    pub fn new() -> Self {
        Self { mask: IpMask::DEFAULT, rules: UrlRules::default() }
    }

    pub fn anonymise(&self, entry: &Entry, line: &mut String) {
        line.clear();
        line.push_str("ip=");
        if !self.mask.reduce_into(entry.ip, line) {
            line.push('-');
        }
        line.push_str(" ua=\"");
        reduce_user_agent(entry.user_agent).write_into(line);
        line.push_str("\" url=");
        if !reduce_url_into(&entry.url, &self.rules, line) {
            line.push('-');
        }
    }
}

/// What anonymises whole entries as JSON, and names whoever is identified.
pub fn entries() -> Entries {
    let key = PseudonymKey::parse("k1", &"E".repeat(43)).expect("a key");
    Entries::new(EntryRules { key: Some(key), ..EntryRules::default() })
}
