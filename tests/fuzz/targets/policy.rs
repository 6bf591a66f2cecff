//! Policy documents: what is read can be written, and reads the same.
#![no_main]

use consentry::{
    banner::Banner,
    policy::{self, Setting},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(policy) = policy::parse(text) {
        let written = serde_json::to_string(&policy).expect("a policy can be written");
        let again = policy::parse(&written).expect("what is written can be read");
        assert_eq!(policy::hash(&again), policy::hash(&policy));
        let _ = Banner::new(&policy, &Setting::of("de"));
    }
});
