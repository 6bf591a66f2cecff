//! Where lines go beside the console: some to the registry, for the operator to look at, and each as a data point to
//! Analytics Engine, where either is switched on. Both happen after the answer.

use crate::{config::Config, log_line::Written, objects::registry, problem::OrInternal as _, world};
use std::cell::RefCell;
use worker::{AnalyticsEngineDataPointBuilder, Context, Env};

/// The most lines that wait in an isolate, and how long they wait while others come, in milliseconds.
const MOST_WAITING: usize = 20;
const LONGEST_WAIT: u64 = 1_000;

/// The binding that data points go to.
const ANALYTICS: &str = "ANALYTICS";

thread_local! {
    /// What waits, and when something was last handed over.
    static WAITING: RefCell<(Vec<String>, u64)> = const { RefCell::new((Vec::new(), 0)) };
}

/// Hands over a line, where that is wanted.
pub fn hand_over(line: &Written<'_>, text: String, config: &Config, env: &Env, ctx: &Context) {
    if config.analytics {
        let point = AnalyticsEngineDataPointBuilder::new()
            .indexes([config.site.as_str()])
            .blobs(line.blobs())
            .doubles(line.doubles());
        // A point that is lost is lost.
        let _ = env
            .analytics_engine(ANALYTICS)
            .and_then(|dataset| point.write_to(&dataset))
            .or_internal("analytics");
    }
    if line.lot() < config.keep_lines {
        keep(text, env, ctx);
    }
}

/// Whether data points are wanted.
pub fn has_analytics(env: &Env) -> bool {
    env.analytics_engine(ANALYTICS).is_ok()
}

fn keep(line: String, env: &Env, ctx: &Context) {
    let now = world::milliseconds();
    let ready = WAITING.with_borrow_mut(|(waiting, since)| {
        waiting.push(line);
        if waiting.len() < MOST_WAITING && now.saturating_sub(*since) < LONGEST_WAIT {
            return None;
        }
        *since = now;
        Some(std::mem::take(waiting))
    });
    if let Some(lines) = ready {
        let env = env.clone();
        ctx.wait_until(async move { registry::keep_lines(&env, lines).await });
    }
}
