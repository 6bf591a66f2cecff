//! What a page view knows of its visitor: the decision cookie and the language, nothing else.

use crate::{config::Config, policies::Held, request::Incoming, world};
use consentry::{consent::DecisionCookie, id::PurposeId, policy::COOKIE};
use std::collections::BTreeSet;

/// A visitor, as their page is made.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The purposes given; `None` while nothing valid was decided.
    pub given: Option<BTreeSet<PurposeId>>,
    /// The number of decisions their device made, as far as the cookie can be believed.
    pub seen: u32,
    /// The language they prefer.
    pub locale: String,
}

impl Visitor {
    /// Reads a request. A cookie that is malformed, forged, of another policy or too old is no choice at all.
    pub fn of(incoming: &Incoming, held: &Held, config: &Config) -> Self {
        let locale = preferred_language(incoming);
        let cookie = incoming.cookie(COOKIE);
        let cookie =
            cookie.and_then(|value| DecisionCookie::open(&value, &config.keyring, &config.site).ok());
        let Some(cookie) = cookie else { return Self { locale, ..Self::default() } };
        let prepared = held.prepared(&locale);
        let plan = &prepared.plan;
        let stands = cookie.stands(&held.hash, world::now().day(), plan.days);
        let given = stands.then(|| {
            let bit = |at: usize| {
                u32::try_from(at).ok().and_then(|at| cookie.given.checked_shr(at)).unwrap_or(0) & 1
            };
            plan.purposes
                .iter()
                .enumerate()
                .filter(|(at, _)| bit(*at) == 1)
                .map(|(_, id)| id.clone())
                .collect()
        });
        Self { given, seen: cookie.seq, locale }
    }

    /// The purposes given; none while nothing was decided.
    pub fn permitted(&self) -> BTreeSet<PurposeId> {
        self.given.clone().unwrap_or_default()
    }
}

/// The first language of the `Accept-Language` header; browsers list the best first.
pub fn preferred_language(incoming: &Incoming) -> String {
    let header = incoming.header("accept-language").unwrap_or_default();
    let first = header.split(',').next().unwrap_or_default();
    let tag = first.split(';').next().unwrap_or_default().trim();
    if tag.len() <= 35 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        tag.to_owned()
    } else {
        String::new()
    }
}
