//! Denials of nobody known, on their way into the log. They are handed over a second after the first, all at once, so that
//! a flood of them costs a call a second and not one each.

use crate::{
    objects::audit_log::{self, Denials},
    problem::Problem,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};
use worker::{Context, Delay, Env};

/// How long they are gathered.
const GATHERED: Duration = Duration::from_secs(1);

thread_local! {
    /// Whether somebody is about to hand them over.
    static IS_GATHERED: Cell<bool> = const { Cell::new(false) };
    static COUNTS: RefCell<BTreeMap<(&'static str, String), u64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Counts a problem, if it is a denial. Routes and kinds of problems are a few, whatever is sent.
pub fn count(route: &'static str, problem: &Problem, env: &Env, ctx: &Context) {
    // What somebody known may not do has an entry of its own.
    if ![401, 403].contains(&problem.status) || problem.slug() == "not-in-scope" {
        return;
    }
    COUNTS.with_borrow_mut(|counts| *counts.entry((route, problem.slug().to_owned())).or_default() += 1);
    if !IS_GATHERED.replace(true) {
        let env = env.clone();
        ctx.wait_until(async move {
            Delay::from(GATHERED).await;
            hand_over(&env).await;
        });
    }
}

async fn hand_over(env: &Env) {
    IS_GATHERED.set(false);
    let counts = COUNTS.take();
    let denials = counts.iter().map(|((route, reason), count)| Denials {
        route: (*route).to_owned(),
        reason: reason.clone(),
        count: *count,
    });
    if audit_log::denied(env, denials.collect()).await.is_err() {
        // With the next ones, then.
        COUNTS.with_borrow_mut(|kept| {
            for (kind, count) in counts {
                *kept.entry(kind).or_default() += count;
            }
        });
    }
}
