//! What a panic may say. Its message can quote anything, so only its place is logged.

use std::{panic, sync::Once};

static QUIET: Once = Once::new();

/// Replaces the runtime's panic hook, which would log the message. A panic fails its own request, nothing else.
pub fn keep_quiet() {
    QUIET.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
            worker::console_error!("{}", serde_json::json!({"t": "panic", "place": place}));
        }));
    });
}
