//! The decision cookie: what the visitor decided, readable by the page, believed by the edge only with its MAC.
//!
//! `1.<policy>.<bits>.<day>.<seq>.<key id>.<mac>`, at most 120 bytes. It is the same for every visitor who decided
//! the same on the same day, so it identifies nobody.

use crate::{
    encoding::{from_base64url, to_base64url},
    id::PolicyHash,
    vault::{KeyUse, Keyring, Mac},
};
use std::fmt;

/// Characters of the policy hash's text that the cookie repeats: 66 bits.
const POLICY_CHARS: usize = 11;
const MAC_BYTES: usize = 16;
const MAX: usize = 120;

/// A decision as the cookie carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionCookie {
    policy: String,
    /// Bit `i` is set if the policy's optional purpose number `i` is given.
    pub given: u32,
    /// The day of the decision, in days since 1970, UTC.
    pub day: u64,
    /// The number of decisions this device has made; 0 for a refusal by nobody known.
    pub seq: u32,
}

/// Why a cookie is taken as no choice at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieFault {
    /// It is not in the format.
    Malformed,
    /// Its MAC is missing or of another site, or its key is retired.
    Forged,
}

impl fmt::Display for CookieFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the decision cookie is malformed",
            Self::Forged => "the decision cookie's authentication fails",
        })
    }
}

impl std::error::Error for CookieFault {}

impl DecisionCookie {
    /// A decision under a policy.
    pub fn new(policy: &PolicyHash, given: u32, day: u64, seq: u32) -> Self {
        Self { policy: short(policy), given, day, seq }
    }

    /// Whether it answers a policy and is not older than `lifetime_days`, nor from the future.
    pub fn stands(&self, policy: &PolicyHash, today: u64, lifetime_days: u64) -> bool {
        self.policy == short(policy) && self.day <= today && today < self.day.saturating_add(lifetime_days)
    }

    /// Writes the cookie's value with a MAC under the active key.
    pub fn seal(&self, ring: &Keyring, site: &str) -> Result<String, crate::vault::VaultError> {
        let id = ring.active();
        let body = format!("1.{}.{:x}.{}.{}.{id}", self.policy, self.given, self.day, self.seq);
        let tag = mac(&ring.key(id, KeyUse::Cookie)?, site, &body).finish16();
        Ok(format!("{body}.{}", to_base64url(&tag)))
    }

    /// Reads a cookie's value and checks its MAC in constant time.
    pub fn open(value: &str, ring: &Keyring, site: &str) -> Result<Self, CookieFault> {
        if value.len() > MAX {
            return Err(CookieFault::Malformed);
        }
        let (body, tag) = value.rsplit_once('.').ok_or(CookieFault::Malformed)?;
        let tag = from_base64url(tag).filter(|tag| tag.len() == MAC_BYTES).ok_or(CookieFault::Malformed)?;
        let mut parts = body.split('.');
        let mut next = || parts.next().ok_or(CookieFault::Malformed);
        let (version, policy, given, day, seq, id) = (next()?, next()?, next()?, next()?, next()?, next()?);
        if version != "1" || policy.len() != POLICY_CHARS || next().is_ok() {
            return Err(CookieFault::Malformed);
        }
        let key = ring.key(id, KeyUse::Cookie).map_err(|_| CookieFault::Forged)?;
        if !mac(&key, site, body).verifies(&tag) {
            return Err(CookieFault::Forged);
        }
        Ok(Self {
            policy: policy.to_owned(),
            given: u32::from_str_radix(given, 16).map_err(|_| CookieFault::Malformed)?,
            day: day.parse().map_err(|_| CookieFault::Malformed)?,
            seq: seq.parse().map_err(|_| CookieFault::Malformed)?,
        })
    }
}

fn short(policy: &PolicyHash) -> String {
    policy.to_string().chars().take(POLICY_CHARS).collect()
}

fn mac(key: &[u8; 32], site: &str, body: &str) -> Mac {
    Mac::new(key, "consentry/cookie/v1").chain(site).chain("\n").chain(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(active: &str) -> Keyring {
        let (a, b) = ("A".repeat(43), "E".repeat(43));
        Keyring::parse(&format!(r#"{{"active":"{active}","keys":{{"k1":"{a}","k2":"{b}"}}}}"#)).unwrap()
    }

    #[test]
    fn short_same_for_all_and_readable_across_key_rotation() {
        let policy = PolicyHash::from_bytes([9; 32]);
        let cookie = DecisionCookie::new(&policy, 0x3fff_ffff, 20_778, u32::MAX);
        let value = cookie.seal(&ring("k1"), "shop").unwrap();
        assert!(value.len() <= MAX, "{} bytes", value.len());
        assert_eq!(value, cookie.seal(&ring("k1"), "shop").unwrap(), "nothing in it is unique");
        assert_eq!(DecisionCookie::open(&value, &ring("k2"), "shop"), Ok(cookie.clone()));
        assert!(cookie.stands(&policy, 20_778, 180) && cookie.stands(&policy, 20_957, 180));
        assert!(!cookie.stands(&policy, 20_958, 180), "its time is over");
        assert!(!cookie.stands(&policy, 20_777, 180), "from the future");
        assert!(!cookie.stands(&PolicyHash::from_bytes([8; 32]), 20_778, 180), "another policy");
    }

    #[test]
    fn any_change_is_no_choice() {
        let value = DecisionCookie::new(&PolicyHash::from_bytes([9; 32]), 1, 20_778, 1)
            .seal(&ring("k1"), "shop")
            .unwrap();
        for at in 0..value.len() {
            for with in ["0", "A", ".", "~"] {
                if &value[at..=at] == with {
                    continue;
                }
                let changed = format!("{}{with}{}", &value[..at], &value[at + 1..]);
                assert!(DecisionCookie::open(&changed, &ring("k1"), "shop").is_err(), "{changed}");
            }
            assert!(DecisionCookie::open(&value[..at], &ring("k1"), "shop").is_err());
        }
        assert_eq!(DecisionCookie::open(&value, &ring("k1"), "stall"), Err(CookieFault::Forged));
        assert_eq!(DecisionCookie::open(&"1.".repeat(100), &ring("k1"), "shop"), Err(CookieFault::Malformed));
    }
}
