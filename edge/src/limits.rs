//! How often something may be asked for from one place: as the platform counts it, where the deployment binds a counter.

use crate::{
    problem::{Answer, Problem},
    request::Incoming,
};
use consentry::anonymize::reduce_ip;
use worker::Env;

/// The binding that counts codes. How many are too many is the deployment's to say, in its configuration.
const CODES: &str = "CODES";
/// The longest period that the platform counts over, in seconds.
const PERIOD: u64 = 60;

/// What is counted, each by itself.
#[derive(Debug, Clone, Copy)]
pub enum Counted {
    /// Codes that somebody has sent.
    Codes,
    /// Codes that somebody gives back.
    Proofs,
}

/// Refuses one more for somebody in a network that has had too many. Each address, and each code, has limits of its own besides,
/// which hold wherever it is asked from; this one keeps a stranger from having codes sent to many addresses, or trying them at
/// many. Networks are shared, by a household or by all behind one carrier's address: who is refused can ask again after a minute.
pub async fn count(counted: Counted, request: &Incoming, env: &Env) -> Answer<()> {
    let Ok(limiter) = env.rate_limiter(CODES) else { return Ok(()) };
    // The platform is told the network that an address lies in, not the address.
    let place = request.header("cf-connecting-ip").and_then(reduce_ip).unwrap_or_default();
    let key = match counted {
        Counted::Codes => place,
        Counted::Proofs => format!("proofs {place}"),
    };
    // What cannot be counted is let through: nobody is kept from their rights because a counter is down.
    match limiter.limit(key).await {
        Ok(outcome) if !outcome.success => Err(Problem::too_many(PERIOD)),
        _ => Ok(()),
    }
}
