//! Addresses, sets of them, code, cookies and content security policies.
#![no_main]

use consentry::enforce::{Gate, amended, ends, host_of, is_code, is_dynamic, nonce_of, shape};
use libfuzzer_sys::fuzz_target;
use std::cell::LazyCell;

thread_local! {
    static GATE: LazyCell<Gate> = LazyCell::new(consentry_fuzz::gate);
}

fuzz_target!(|text: &str| {
    if let Some(host) = host_of(text) {
        assert!(!host.contains(['/', '?', '#']), "{host}");
    }
    GATE.with(|gate| {
        let _ = (gate.address(text), gate.address_set(text), gate.code(text), gate.cookie(text));
    });
    let _ = (is_code(Some(text)), is_dynamic(text), shape(text), ends(text, "www.example.com"));
    if let Some(nonce) = nonce_of(text) {
        assert!(!nonce.contains(['"', '<', '>', '\'']), "{nonce}");
    }
    // Amending twice adds nothing more.
    let once = amended(text, "https://a.example/.consentry/", "'sha256-x'");
    assert_eq!(amended(&once, "https://a.example/.consentry/", "'sha256-x'").matches("a.example").count(), once.matches("a.example").count());
});
