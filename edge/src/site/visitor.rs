//! What a page view knows of its visitor: the decision cookie, the region, the language and the browser's signals. No
//! object is asked.

use crate::{config::Config, objects::subject::Place, policies::Held, request::Incoming, world};
use consentry::{
    consent::{Choices, DecisionCookie, Permissions},
    policy::{Age, COOKIE, Dnt, Gpc, Policy, Region, Setting},
};
use worker::worker_sys::ext::RequestExt as _;

/// A visitor, as their page is made.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// What was decided, as far as it counts; `None` while nothing valid was.
    pub choices: Option<Choices>,
    /// What may run.
    pub permissions: Permissions,
    /// The decision cookie that all this is by, as far as it can be believed.
    pub cookie: Option<DecisionCookie>,
    /// Whether their data may only be stored.
    pub restricted: bool,
    /// The language they are shown.
    pub locale: String,
    /// Where they are, and what their browser says.
    pub place: Place,
}

impl Visitor {
    /// Reads a request. A cookie that is malformed, forged, of an unknown policy or too old is no choice at all.
    pub fn of(incoming: &Incoming, held: &Held, config: &Config) -> Self {
        Self::with(incoming.cookie(COOKIE).as_deref(), place(incoming, &held.policy), incoming, held, config)
    }

    /// The same with a decision cookie and whereabouts that are known otherwise.
    pub fn with(
        cookie: Option<&str>,
        place: Place,
        incoming: &Incoming,
        held: &Held,
        config: &Config,
    ) -> Self {
        let cookie = cookie.and_then(|value| DecisionCookie::open(value, &config.keyring, &config.site).ok());
        Self::by(cookie, place, incoming, held)
    }

    fn by(cookie: Option<DecisionCookie>, place: Place, incoming: &Incoming, held: &Held) -> Self {
        let locale = language(incoming, &held.policy);
        let regime = held.regime(&place.setting(&locale));
        let choices = cookie.as_ref().and_then(|cookie| {
            let (earlier, today) = (&held.lineage.earlier, world::now().day());
            cookie.choices(&held.material, earlier, today, held.lifetimes, regime.takes_objections())
        });
        let restricted = cookie.as_ref().is_some_and(|cookie| cookie.restricted);
        let permissions = if restricted {
            Permissions::essential(&held.policy)
        } else {
            Permissions::of(&held.policy, &regime, choices.as_ref())
        };
        Self { choices, permissions, cookie, restricted, locale, place }
    }

    /// The number of decisions their device made, as far as the cookie can be believed.
    pub fn seen(&self) -> u32 {
        self.cookie.as_ref().map_or(0, |cookie| cookie.seq)
    }

    /// The same once the site has said how old they are.
    pub fn aged(self, age: Age, incoming: &Incoming, held: &Held) -> Self {
        if age == self.place.age {
            return self;
        }
        Self::by(self.cookie, Place { age, ..self.place }, incoming, held)
    }

    /// The circumstances their page is made for.
    pub fn setting(&self) -> Setting<'_> {
        self.place.setting(&self.locale)
    }
}

/// The language for a request: the one its address asks for, else the best of its `Accept-Language`.
pub fn language(incoming: &Incoming, policy: &Policy) -> String {
    let locale = match incoming.parameter("locale") {
        Some(wanted) if incoming.is_ours() => policy.locale_for(wanted),
        _ => policy.locale_for_accept(incoming.header("accept-language").unwrap_or_default()),
    };
    locale.to_string()
}

/// Where a request comes from, as the network reports it, and the signals it carries.
pub fn place(incoming: &Incoming, policy: &Policy) -> Place {
    let says = |name: &str| incoming.header(name).is_some_and(|value| value.trim() == "1");
    let gpc = policy.signals.gpc == Gpc::Honour && says("sec-gpc");
    let dnt = policy.signals.dnt == Dnt::Honour && says("dnt");
    let age = if incoming.is_ours() { incoming.parameter("age").map(Age::said) } else { None };
    Place { region: region(incoming), age: age.unwrap_or_default(), signal: gpc || dnt }
}

/// Whether the policy honours any signal of the browser's.
pub fn honours_signals(policy: &Policy) -> bool {
    policy.signals.gpc == Gpc::Honour || policy.signals.dnt == Dnt::Honour
}

fn region(incoming: &Incoming) -> Option<Region> {
    #[cfg(feature = "testing")]
    if let Some(region) = incoming.header("x-testing-region") {
        return region.parse().ok();
    }
    let cf = incoming.inner.cf()?;
    Region::reported(&cf.country().ok()??, cf.region_code().ok()?.as_deref())
}
