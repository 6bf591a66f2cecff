//! Timing in rounds that alternate, so that what else the machine does meets all alike.

use std::time::{Duration, Instant};

/// How often something is done in a second.
pub struct Measured {
    pub name: &'static str,
    /// Of time on a processor.
    pub best: f64,
    pub middle: f64,
    /// Of time on the clock, which on a busy machine is longer.
    pub best_on_clock: f64,
}

const ROUND: Duration = Duration::from_millis(300);

/// The time this process has spent on a processor, in nanoseconds, as Linux counts it; zero elsewhere.
fn on_processor() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// Measures each in turn, round by round; one call does as many as `batch`.
pub fn measure(
    rounds: usize,
    batch: usize,
    subjects: &mut [(&'static str, &mut dyn FnMut())],
) -> Vec<Measured> {
    let mut rates = vec![Vec::with_capacity(rounds); subjects.len()];
    let mut on_clock = vec![0.0_f64; subjects.len()];
    for _ in 0..rounds {
        for (at, (_, subject)) in subjects.iter_mut().enumerate() {
            subject();
            let (start, cpu, mut calls) = (Instant::now(), on_processor(), 0_u32);
            while start.elapsed() < ROUND {
                for _ in 0..16 {
                    subject();
                }
                calls += 16;
            }
            let (clock, cpu) = (start.elapsed().as_secs_f64(), (on_processor() - cpu) as f64 / 1e9);
            let done = f64::from(calls) * batch as f64;
            rates[at].push(done / if cpu > 0.0 { cpu } else { clock });
            on_clock[at] = on_clock[at].max(done / clock);
        }
    }
    let named = subjects.iter().map(|(name, _)| *name).zip(rates).zip(on_clock);
    named
        .map(|((name, mut rates), best_on_clock)| {
            rates.sort_by(f64::total_cmp);
            Measured { name, best: rates[rounds - 1], middle: rates[rounds / 2], best_on_clock }
        })
        .collect()
}
