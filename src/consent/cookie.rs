//! The decision cookie: what the visitor decided, readable by the page, believed by the edge only with its MAC.
//!
//! `2.<material>.<given>.<refused>.<services>.<day>[g][r].<seq>.<key id>.<mac>`, at most 120 bytes. It is the same for every
//! visitor who decided the same on the same day, so it identifies nobody. It names the material content of the policy,
//! not the policy, so a change of text or style leaves it as it is.

use super::Choices;
use crate::{
    bits::bits,
    encoding::{from_base64url, to_base64url},
    policy::{Fate, Material},
    vault::{KeyUse, Keyring, Mac},
};
use std::{collections::BTreeSet, fmt, fmt::Write as _};

const MAC_BYTES: usize = 16;
const MAX: usize = 120;

/// A decision as the cookie carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionCookie {
    /// The fingerprint of what was decided about, see [`Material::hash`].
    pub material: String,
    /// Bit `i` is set if the material's purpose number `i` is given.
    pub given: u32,
    /// Bit `i` is set if it was refused, withdrawn or objected to.
    pub refused: u32,
    /// Bit `i` is set if its service number `i` is excepted, see [`Choices::services`].
    pub services: u128,
    /// The day of the decision, in days since 1970, UTC; of several that still count, the earliest.
    pub day: u64,
    /// Whether it was decided while the browser sent a privacy signal.
    pub despite_signal: bool,
    /// Whether the processing of this person's data is restricted (GDPR, article 18): whatever was decided, nothing but
    /// what the site needs may run, and nothing is recorded.
    pub restricted: bool,
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

/// For how many days grants and refusals count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Grants.
    pub given: u64,
    /// Refusals, where consent is asked for. Where people object instead, an objection counts until it is taken back.
    pub refused: u64,
}

impl DecisionCookie {
    /// What was decided under a material content, on a day.
    pub fn new(material: &Material, choices: &Choices, day: u64, seq: u32) -> Self {
        let purposes =
            |chosen: &BTreeSet<_>| bits(material.purposes.iter().map(|(id, _)| chosen.contains(id)));
        Self {
            material: material.hash.clone(),
            given: purposes(&choices.given),
            refused: purposes(&choices.refused),
            services: bits(material.services.iter().map(|(id, _)| choices.services.contains(id))),
            day,
            despite_signal: choices.despite_signal,
            restricted: false,
            seq,
        }
    }

    /// The same for somebody whose data may only be stored. Who knows nothing of restrictions reads it as a refusal.
    #[must_use]
    pub fn restricting(self, material: &Material) -> Self {
        let refused = bits(material.purposes.iter().map(|_| true));
        Self { given: 0, refused, services: 0, restricted: true, ..self }
    }

    /// What counts of it today: what was decided under the material content in force, or under an earlier one that is
    /// still known, as far as neither time nor a material change has ended it. Nothing if nothing does.
    pub fn choices(
        &self,
        current: &Material,
        earlier: &[Material],
        today: u64,
        lifetimes: Lifetimes,
        objections: bool,
    ) -> Option<Choices> {
        if self.day > today {
            return None;
        }
        let then = [current].into_iter().chain(earlier).find(|material| material.hash == self.material)?;
        let age = today.saturating_sub(self.day);
        let (given_counts, refused_counts) = (age < lifetimes.given, objections || age < lifetimes.refused);
        let mut choices = Choices { despite_signal: self.despite_signal, ..Choices::default() };
        let purpose = |at: usize| current.purposes.get(at).map(|(id, _)| id.clone());
        let mut refused_then = BTreeSet::new();
        for (at, fate) in current.fates_of_purposes(then).into_iter().enumerate() {
            let bit =
                |bits: u32| u32::try_from(at).ok().and_then(|at| bits.checked_shr(at)).unwrap_or(0) & 1 == 1;
            let place = match fate {
                Fate::Same(place) | Fate::Changed(place) => purpose(place),
                Fate::Gone => None,
            };
            let Some(id) = place else { continue };
            if bit(self.refused) {
                refused_then.insert(id.clone());
                if refused_counts {
                    choices.refused.insert(id);
                }
            } else if bit(self.given) {
                if given_counts && matches!(fate, Fate::Same(_)) {
                    choices.given.insert(id);
                } else {
                    choices.lapsed = true;
                }
            }
        }
        for (at, fate) in current.fates_of_services(then).into_iter().enumerate() {
            let set =
                u32::try_from(at).ok().and_then(|at| self.services.checked_shr(at)).unwrap_or(0) & 1 == 1;
            let (Fate::Same(place) | Fate::Changed(place)) = fate else { continue };
            let Some((id, mark)) = current.services.get(place).filter(|_| set) else { continue };
            let purpose = current.purposes.iter().find(|(_, scope)| scope.services.contains(mark));
            // Where its purpose was refused, the exception is a grant: it ends with its time, or when it changes. An
            // objection stands.
            let grant = purpose.is_some_and(|(purpose, _)| refused_then.contains(purpose));
            let ended = grant && (age >= lifetimes.given || matches!(fate, Fate::Changed(_)));
            choices.lapsed |= ended;
            if !ended && (grant || objections) {
                choices.services.insert(id.clone());
            }
        }
        let empty = choices.given.is_empty() && choices.refused.is_empty() && choices.services.is_empty();
        (!empty).then_some(choices)
    }

    /// Writes the cookie's value with a MAC under the active key.
    pub fn seal(&self, ring: &Keyring, site: &str) -> Result<String, crate::vault::VaultError> {
        let id = ring.active();
        let Self { material, given, refused, services, day, despite_signal, restricted, seq } = self;
        let mut body = format!("2.{material}.{given:x}.{refused:x}.{services:x}.{day}");
        // Writing to a string cannot fail.
        let (g, r) = (if *despite_signal { "g" } else { "" }, if *restricted { "r" } else { "" });
        let _ = write!(body, "{g}{r}.{seq}.{id}");
        let tag = mac(&ring.key(id, KeyUse::Cookie)?, site, &body).finish16();
        Ok(format!("{body}.{}", to_base64url(&tag)))
    }

    /// Whether a cookie's value is authenticated under the active key, as far as it says.
    pub fn is_current(value: &str, ring: &Keyring) -> bool {
        value.rsplit('.').nth(1).is_some_and(|id| id == ring.active())
    }

    /// Reads a cookie's value and checks its MAC in constant time.
    pub fn open(value: &str, ring: &Keyring, site: &str) -> Result<Self, CookieFault> {
        use CookieFault::{Forged, Malformed};
        if value.len() > MAX {
            return Err(Malformed);
        }
        let (body, tag) = value.rsplit_once('.').ok_or(Malformed)?;
        let tag = from_base64url(tag).filter(|tag| tag.len() == MAC_BYTES).ok_or(Malformed)?;
        let parts: Vec<_> = body.split('.').collect();
        let ["2", material, given, refused, services, day, seq, id] = *parts.as_slice() else {
            return Err(Malformed);
        };
        let key = ring.key(id, KeyUse::Cookie).map_err(|_| Forged)?;
        if !mac(&key, site, body).verifies(&tag) {
            return Err(Forged);
        }
        let (day, restricted) = day.strip_suffix('r').map_or((day, false), |day| (day, true));
        let (day, despite_signal) = day.strip_suffix('g').map_or((day, false), |day| (day, true));
        Ok(Self {
            material: material.to_owned(),
            given: u32::from_str_radix(given, 16).map_err(|_| Malformed)?,
            refused: u32::from_str_radix(refused, 16).map_err(|_| Malformed)?,
            services: u128::from_str_radix(services, 16).map_err(|_| Malformed)?,
            day: day.parse().map_err(|_| Malformed)?,
            despite_signal,
            restricted,
            seq: seq.parse().map_err(|_| Malformed)?,
        })
    }
}

fn mac(key: &[u8; 32], site: &str, body: &str) -> Mac {
    Mac::new(key, "consentry/cookie/v2").chain(site).chain("\n").chain(body)
}

#[cfg(test)]
#[path = "cookie_tests.rs"]
mod tests;
