//! The others.

use super::entries::Entry;
use dd_sds::{MatchAction, RegexRuleConfig, RootRuleConfig, Scanner, SecondaryValidator};
use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Eight rules for what is personal in a URL. The scanner brings none of its own.
const RULES: [(&str, Option<SecondaryValidator>); 8] = [
    (r"[a-zA-Z0-9._+-]{1,64}(@|%40)[a-zA-Z0-9-]{1,63}(\.[a-zA-Z0-9-]{1,63}){1,4}", None),
    (r"\b[0-9](?:[ -]?[0-9]){12,18}\b", Some(SecondaryValidator::LuhnChecksum)),
    (r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\b", None),
    (r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b", Some(SecondaryValidator::IbanChecker)),
    (r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", None),
    (r"(\+|%2B)[0-9]{8,15}\b", None),
    (r"\beyJ[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]+", None),
    (r"\b[0-9a-f]{16,64}\b", None),
];

pub struct Peer {
    scanner: Scanner,
    user_agents: woothee::parser::Parser,
}

impl Peer {
    pub fn new() -> Self {
        let rules = RULES.map(|(pattern, validator)| {
            let mut rule = RegexRuleConfig::new(pattern);
            rule.validator = validator;
            RootRuleConfig::new(rule.build()).match_action(MatchAction::redact("[x]"))
        });
        Self {
            scanner: Scanner::builder(&rules).build().expect("rules that compile"),
            user_agents: woothee::parser::Parser::new(),
        }
    }

    pub fn anonymise(&mut self, entry: &Entry, line: &mut String) {
        line.clear();
        line.push_str("ip=");
        line.push_str(&mask(entry.ip).unwrap_or_else(|| "-".into()));
        line.push_str(" ua=\"");
        match self.user_agents.parse(entry.user_agent) {
            Some(agent) => {
                let major = agent.version.split('.').next().unwrap_or_default();
                let _ = write!(line, "{} {major}; {}; {}", agent.name, agent.os, agent.category);
            }
            None => line.push_str("Other"),
        }
        line.push_str("\" url=");
        // It scans and redacts a text that is its own.
        let mut url = entry.url.clone();
        match self.scanner.scan(&mut url) {
            Ok(_) => line.push_str(&url),
            Err(_) => line.push('-'),
        }
    }
}

pub fn mask(text: &str) -> Option<String> {
    let address =
        text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(match address {
        IpAddr::V4(v4) => format!("{}/24", Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(v6) => format!("{}/48", Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80))),
    })
}
