//! The gate: everything that is held for one visitor, made once for all who are permitted the same.

use super::{
    address::{host_of, hosts_of_set},
    code::names_host,
};
use crate::{
    consent::Permissions,
    policy::{COOKIE, Cookie, Policy, Undeclared, catalogue},
};
use std::collections::BTreeMap;

/// Why something is held: whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The purpose it serves; `None` for what the policy does not declare.
    pub purpose: Option<String>,
    /// The service, by its id in the policy or the catalogue; `None` where that is in doubt.
    pub service: Option<String>,
}

/// What becomes of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieVerdict {
    /// It passes.
    Pass,
    /// It passes, though no service declares it.
    PassUndeclared,
    /// It is stopped.
    Stop,
    /// It is stopped, since no service declares it.
    StopUndeclared,
    /// It is one of our own: others neither see nor set it.
    Own,
}

impl CookieVerdict {
    /// Whether the cookie goes on its way.
    pub const fn passes(self) -> bool {
        matches!(self, Self::Pass | Self::PassUndeclared)
    }

    /// Whether no service declares it.
    pub const fn is_undeclared(self) -> bool {
        matches!(self, Self::PassUndeclared | Self::StopUndeclared)
    }
}

/// What is held.
#[derive(Debug)]
pub struct Gate {
    held: Vec<Holder>,
    /// Places in `held`, by host.
    hosts: BTreeMap<String, usize>,
    /// The same by what a host ends in, with the dot before it.
    suffixes: Vec<(String, usize)>,
    stopped: Vec<Cookie>,
    passing: Vec<Cookie>,
    undeclared: Undeclared,
    /// Whoever no place is known for.
    doubt: Holder,
}

impl Gate {
    /// Everything that is not permitted under a policy.
    pub fn of(policy: &Policy, permissions: &Permissions) -> Self {
        let mut gate = Self {
            held: Vec::new(),
            hosts: BTreeMap::new(),
            suffixes: Vec::new(),
            stopped: Vec::new(),
            passing: Vec::new(),
            undeclared: policy.edge.undeclared_cookies,
            doubt: Holder { purpose: None, service: None },
        };
        for service in &policy.services {
            if permissions.service(service) {
                gate.passing.extend(service.cookies.iter().cloned());
                continue;
            }
            gate.stopped.extend(service.cookies.iter().cloned());
            let purpose = Some(service.purpose.to_string());
            gate.hold(
                Holder { purpose, service: Some(service.id.to_string()) },
                service.hosts.iter().map(String::as_str),
            );
        }
        if policy.edge.stop_known_services {
            gate.hold_known(policy);
        }
        gate
    }

    /// Well-known services that the policy says nothing of. What it declares, it decides.
    fn hold_known(&mut self, policy: &Policy) {
        let optional =
            catalogue::catalogue().iter().filter(|known| known.purpose != catalogue::Category::Necessary);
        for known in optional {
            let undeclared =
                known.hosts.iter().filter(|host| policy.services_for_host(host).next().is_none());
            let hosts: Vec<_> = undeclared.map(String::as_str).collect();
            if !hosts.is_empty() {
                self.hold(Holder { purpose: None, service: Some(known.id.to_string()) }, hosts.into_iter());
            }
        }
    }

    fn hold<'a>(&mut self, held: Holder, hosts: impl Iterator<Item = &'a str>) {
        let place = self.held.len();
        self.held.push(held);
        for host in hosts {
            match host.strip_prefix('*') {
                Some(suffix) => self.suffixes.push((suffix.to_ascii_lowercase(), place)),
                // A host that several use is held for the first of them; it opens when all are permitted.
                None => {
                    self.hosts.entry(host.to_ascii_lowercase()).or_insert(place);
                }
            }
        }
    }

    /// Whether anything is held by its host.
    pub fn holds_hosts(&self) -> bool {
        !self.hosts.is_empty() || !self.suffixes.is_empty()
    }

    /// Who holds a host, given as [`host_of`] gives it.
    pub fn host(&self, host: &str) -> Option<&Holder> {
        let by_suffix = || {
            self.suffixes
                .iter()
                .find(|(end, _)| host.len() > end.len() && host.ends_with(end))
                .map(|(_, place)| place)
        };
        self.hosts.get(host).or_else(by_suffix).and_then(|place| self.held.get(*place))
    }

    /// Who holds an address, as it stands in an attribute.
    pub fn address(&self, attribute: &str) -> Option<&Holder> {
        let host = host_of(attribute)?;
        // What no host may contain is a spelling that is not understood here, and may be in a browser.
        if self.holds_hosts() && host.contains(['&', '%', '<', '>', ' ']) {
            return Some(&self.doubt);
        }
        self.host(&host)
    }

    /// Who holds any address of a `srcset`.
    pub fn address_set(&self, attribute: &str) -> Option<&Holder> {
        hosts_of_set(attribute).iter().find_map(|host| self.host(host))
    }

    /// Who holds a host that a script, a stylesheet or a piece of markup names.
    pub fn code(&self, code: &str) -> Option<&Holder> {
        if !self.holds_hosts() {
            return None;
        }
        let mut held = None;
        names_host(code, |host| {
            held = self.host(host);
            held.is_some()
        });
        held
    }

    /// Code too long to be read.
    pub fn unread(&self) -> &Holder {
        &self.doubt
    }

    /// What becomes of a cookie of this name, whoever sends it.
    pub fn cookie(&self, name: &str) -> CookieVerdict {
        let named = |cookies: &[Cookie]| cookies.iter().any(|cookie| cookie.matches(name));
        if name == COOKIE || name.starts_with("__Host-consentry") {
            CookieVerdict::Own
        } else if named(&self.stopped) {
            CookieVerdict::Stop
        } else if named(&self.passing) {
            CookieVerdict::Pass
        } else if self.undeclared == Undeclared::Stop {
            CookieVerdict::StopUndeclared
        } else {
            CookieVerdict::PassUndeclared
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consent::Choices,
        policy::{Setting, resolve, sample},
    };
    use serde_json::{Value, json};

    fn gate(edit: impl Fn(&mut Value), given: &[&str]) -> Gate {
        let mut json = sample::json();
        edit(&mut json);
        // Unchecked: the gate holds on its own.
        let policy: Policy = serde_json::from_value(json).unwrap();
        let choices =
            Choices { given: given.iter().map(|id| id.parse().unwrap()).collect(), ..Choices::default() };
        Gate::of(&policy, &Permissions::of(&policy, &resolve(&policy, &Setting::of("en")), Some(&choices)))
    }

    fn service(held: Option<&Holder>) -> Option<&str> {
        held.map(|held| held.service.as_deref().unwrap_or("doubt"))
    }

    #[test]
    fn what_is_not_permitted_is_held_by_host_set_and_code() {
        let gate = gate(|_| (), &["analytics"]);
        assert_eq!(service(gate.address("//127.0.0.1:9102/x.js")), Some("ads"));
        assert_eq!(service(gate.address("//127.0.0.1:9101/x.js")), None);
        assert_eq!(service(gate.address("/x.js")), None);
        assert_eq!(service(gate.address("//ad&nosuch;s.example/x")), Some("doubt"));
        assert_eq!(service(gate.address_set("/a 1x, //127.0.0.1:9102/b 2x")), Some("ads"));
        assert_eq!(service(gate.code("load('http://127.0.0.1:9102/x.js')")), Some("ads"));
        assert_eq!(service(gate.code("load('http://127.0.0.1:9101/x.js')")), None);
    }

    #[test]
    fn a_shared_host_opens_for_all_or_none() {
        let share = |json: &mut Value| json["services"][1]["hosts"] = json["services"][0]["hosts"].clone();
        assert_eq!(service(gate(share, &["analytics"]).address("//127.0.0.1:9101/x")), Some("ads"));
        assert_eq!(service(gate(share, &["analytics", "marketing"]).address("//127.0.0.1:9101/x")), None);
    }

    #[test]
    fn well_known_services_are_held_where_the_site_wants_it() {
        let known = |json: &mut Value| json["edge"] = json!({"stop_known_services": true});
        let all = ["analytics", "marketing"];
        let held = gate(known, &all);
        assert_eq!(
            held.address("https://connect.facebook.net/en_US/fbevents.js").map(|held| &held.purpose),
            Some(&None)
        );
        assert!(gate(|_| (), &all).address("https://connect.facebook.net/x").is_none());
        let declared = |json: &mut Value| {
            known(json);
            json["services"][0]["hosts"] = json!(["connect.facebook.net"]);
        };
        assert!(
            gate(declared, &all).address("https://connect.facebook.net/x").is_none(),
            "what is declared is decided"
        );
    }

    #[test]
    fn cookies_pass_stop_or_are_our_own() {
        use CookieVerdict::{Own, Pass, PassUndeclared, Stop, StopUndeclared};
        let of = |gate: &Gate| {
            ["pm_x", "consentry", "__Host-consentry-device", "basket"].map(|name| gate.cookie(name))
        };
        assert_eq!(of(&gate(|_| (), &["analytics"])), [Pass, Own, Own, PassUndeclared]);
        let strict = |json: &mut Value| json["edge"] = json!({"undeclared_cookies": "stop"});
        assert_eq!(of(&gate(strict, &[])), [Stop, Own, Own, StopUndeclared]);
    }
}
