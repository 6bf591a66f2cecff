//! The ledger of erasures, for operators: a copy to keep elsewhere, and what to do after a restore.

use super::body::Body;
use crate::{
    caller::require_operator,
    config::Config,
    objects::{
        audit_log,
        registry::{self, Erasure},
        subject::{self, Call, Replayed},
    },
    policies,
    problem::{Answer, Problem},
    request::Incoming,
    response,
};
use consentry::{audit::Action, decider::CallerClass};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use worker::{Context, Env, Response};

/// The most erasures that are replayed by one request.
const MOST: usize = 50;

/// `GET erasures?after=`: the ledger.
pub async fn list(request: &Incoming, env: &Env, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let after = request.parameter("after").map(|text| super::audit::whole("after", text)).transpose()?;
    let by = request.caller(CallerClass::Operator);
    audit_log::note(env, Action::ErasuresListed, json!({"after": after}), by).await?;
    response::json(200, &registry::ledger(env, after.unwrap_or(0)).await?, &[])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    erasures: Vec<Erasure>,
    /// Without it, nothing is erased: the answer says what would be.
    #[serde(default)]
    confirm: bool,
}

/// `POST erasures`: erases once more what these erasures had taken, wherever it is back.
pub async fn replay(request: &mut Incoming, env: &Env, ctx: &Context, config: &Config) -> Answer<Response> {
    require_operator(request, config)?;
    let Replay { erasures, confirm } =
        Body::read(request).await?.parse(|_: &mut Map<String, Value>, _, _| {})?;
    if erasures.len() > MOST {
        return Err(Problem::invalid("erasures", format!("At most {MOST} at a time.")));
    }
    let policy = policies::in_force(env, ctx).await?.document.clone();
    let by = request.caller(CallerClass::Operator);
    let foreign = |at: usize| {
        Problem::invalid(
            &format!("erasures[{at}]"),
            "This erasure is not of this site's ledger, or its key is gone.",
        )
    };
    let subjects = erasures.iter().enumerate();
    let subjects = subjects.map(|(at, erasure)| erasure.subject(config).ok_or_else(|| foreign(at)));
    let subjects = subjects.collect::<Answer<Vec<_>>>()?;
    // Of somebody who was erased more than once the last time counts.
    let mut latest = BTreeMap::new();
    for (erasure, subject) in erasures.iter().zip(subjects) {
        let at = latest.entry(subject).or_insert(erasure.at);
        *at = erasure.at.max(*at);
    }
    if confirm {
        // It is in the log before anything goes.
        let details = json!({"erasures": erasures.len()});
        audit_log::note(env, Action::ErasuresReplayed, details, by).await?;
    }
    let (mut people, mut values) = (0_u64, 0_u64);
    for (subject, at) in latest {
        let call = Call::Replay { subject, at, carry_out: confirm, policy: policy.clone(), by };
        let replayed: Replayed = subject::call(env, subject, &call).await?;
        people += u64::from(replayed.person);
        values += replayed.values;
    }
    if confirm {
        // The registry may have been restored as well.
        for erasure in erasures {
            registry::enter_erasure(env, erasure).await?;
        }
    }
    response::json(200, &json!({"people": people, "values": values, "erased": confirm}), &[])
}
