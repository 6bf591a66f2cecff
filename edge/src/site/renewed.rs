//! The decision cookie, renewed with a page. All that a page view knows is in the cookie; what happened elsewhere since is not: a
//! restriction or an erasure by the account that a device is linked to, a restriction that the site lifted, a withdrawal whose
//! answer was lost. So the device's object is asked how things stand, once an hour in which the device comes.

use super::Visitor;
use crate::{
    caller::Device,
    config::Config,
    cookies,
    objects::subject::{self, Call, Consent},
    policies::Held,
    problem::Answer,
    request::Incoming,
};
use consentry::{
    consent::{DecisionCookie, Permissions, Renewal, Standpoint},
    policy::COOKIE,
};
use worker::{Env, Method};

/// A visitor as their page is to be made, and the `Set-Cookie` values that go with the page.
pub async fn renewed(
    visitor: Visitor,
    incoming: &Incoming,
    held: &Held,
    env: &Env,
    config: &Config,
) -> Answer<(Visitor, Vec<String>)> {
    let wants_page = incoming.header("accept").is_some_and(|types| types.contains("text/html"));
    if incoming.method != Method::Get || !wants_page {
        return Ok((visitor, Vec::new()));
    }
    match Device::met(incoming) {
        Some((device, false)) => {
            let call = Call::Consent { policy: held.document.clone() };
            // Who cannot be asked is asked with the next page. What the cookie says was decided, and is authentic.
            match subject::call::<Consent>(env, device.subject(config), &call).await {
                Ok(kept) => by_what_is_kept(visitor, &device, &kept, incoming, held, config),
                Err(_) => Ok((visitor, Vec::new())),
            }
        }
        _ => under_the_active_key(visitor, incoming, held, config),
    }
}

fn by_what_is_kept(
    visitor: Visitor,
    device: &Device,
    kept: &Consent,
    incoming: &Incoming,
    held: &Held,
    config: &Config,
) -> Answer<(Visitor, Vec<String>)> {
    let regime = held.regime(&visitor.setting());
    let permitted = |choices| Permissions::of(&held.policy, &regime, choices);
    let brought =
        Standpoint { permitted: permitted(visitor.choices.as_ref()), restricted: visitor.restricted };
    let stands = kept.known.then(|| Standpoint {
        permitted: permitted(kept.stand.as_ref().map(|stand| &stand.choices)),
        restricted: kept.restricted,
    });
    let with = |cookie: &str| {
        let value = cookies::value_of(cookie);
        Visitor::with(value, visitor.place.clone(), incoming, held, config)
    };
    match Renewal::of(&brought, stands.as_ref(), held.policy.site.cookie_domain.is_some()) {
        Renewal::Stays => {
            let (visitor, mut set) = under_the_active_key(visitor, incoming, held, config)?;
            set.extend(device.told());
            Ok((visitor, set))
        }
        Renewal::AsKept => {
            let cookie = cookies::standing(kept, held, &regime, incoming, config)?;
            let visitor = with(&cookie);
            Ok((visitor, [Some(cookie), device.told()].into_iter().flatten().collect()))
        }
        Renewal::Forgotten => {
            let cookie = cookies::no_decision(&held.policy);
            let visitor = with(&cookie);
            Ok((visitor, vec![cookie, Device::forget()]))
        }
    }
}

/// Whose cookie is authenticated under another key than the active one is handed the same under that, before the other goes.
fn under_the_active_key(
    visitor: Visitor,
    incoming: &Incoming,
    held: &Held,
    config: &Config,
) -> Answer<(Visitor, Vec<String>)> {
    let is_current =
        || incoming.cookie(COOKIE).is_some_and(|value| DecisionCookie::is_current(&value, &config.keyring));
    let set = match &visitor.cookie {
        Some(cookie) if !is_current() => {
            let regime = held.regime(&visitor.setting());
            vec![cookies::resealed(cookie, held, &regime, incoming, config)?]
        }
        _ => Vec::new(),
    };
    Ok((visitor, set))
}
