//! What runs alike in Node and in Chromium.

use consentry::{
    browser::verify_receipt,
    vectors::{expected, run},
};
use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

const FILE: &str = include_str!("../vectors.json");

#[wasm_bindgen_test]
fn answers_are_the_recorded_ones() {
    assert_eq!(run(FILE), expected(FILE));
}

/// The first vector of a name, parsed in JavaScript, as a page would have it.
fn input(name: &str) -> JsValue {
    let vectors = JSON::parse(FILE).expect("JSON").unchecked_into::<js_sys::Array>();
    let get = |value: &JsValue, member: &str| Reflect::get(value, &member.into()).expect("a member");
    let vector = vectors.iter().find(|vector| get(vector, "name").as_string().as_deref() == Some(name));
    get(&vector.expect("a vector of that name"), "input")
}

async fn verify(receipt: JsValue, keys: JsValue) -> JsValue {
    verify_receipt(receipt.unchecked_into(), keys.unchecked_into())
        .await
        .map(JsValue::from)
        .expect("an answer")
}

fn member(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).expect("a member")
}

#[wasm_bindgen_test]
async fn a_receipt_verifies_with_the_platforms_ed25519() {
    let input = input("receipt");
    let found = verify(member(&input, "receipt"), member(&input, "keys")).await;
    let text = JSON::stringify(&found).map(String::from).expect("JSON");
    for leg in ["ok", "signature", "inclusion", "checkpoint"] {
        assert_eq!(member(&found, leg), JsValue::TRUE, "{leg} in {text}");
    }
    assert_eq!(member(&found, "size").as_f64(), Some(5.0));
}

#[wasm_bindgen_test]
async fn forged_and_foreign_receipts_do_not() {
    for name in ["receipt-forged-signature", "receipt-forged-checkpoint", "receipt-other-keys"] {
        let input = input(name);
        let found = verify(member(&input, "receipt"), member(&input, "keys")).await;
        assert_eq!(member(&found, "ok"), JsValue::FALSE, "{name}");
        assert_ne!(js_sys::Array::from(&member(&found, "problems")).length(), 0, "{name} says why");
    }
    let found = verify(JsValue::from_str("no receipt"), JsValue::NULL).await;
    assert_eq!(member(&found, "ok"), JsValue::FALSE);
}
