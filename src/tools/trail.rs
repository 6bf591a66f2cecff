//! Verifying an audit trail here.

use crate::audit::{NoteKey, trail::TrailCheck};

/// Begins to check a trail with the log's verifier lines; without any, the trail's own are believed.
pub(super) fn begin(keys: &[String]) -> Result<TrailCheck, String> {
    let keys = keys.iter().map(|line| NoteKey::parse(line)).collect::<Result<_, _>>();
    keys.map(TrailCheck::new).map_err(|problem| problem.to_string())
}
