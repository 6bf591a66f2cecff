//! What runs alike in Node and in Chromium.

use consentry::{
    browser::{Ed25519Value, verify_ed25519, verify_receipt},
    vectors::{expected, run},
};
use js_sys::{Array, Function, JSON, Object, Reflect};
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
    verify_receipt(receipt.unchecked_into(), keys.unchecked_into(), None)
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

/// The result of a JavaScript function's body, given the receipt and the keys of the first vector.
fn evaluated(body: &str) -> JsValue {
    let input = input("receipt");
    let function = Function::new_with_args("receipt, keys", body);
    function.call2(&JsValue::NULL, &member(&input, "receipt"), &member(&input, "keys")).expect("a value")
}

#[wasm_bindgen_test]
async fn what_is_changed_in_javascript_does_not_verify() {
    let keys = member(&input("receipt"), "keys");
    for change in [
        "receipt.record.sequence = -1",
        "receipt.record.sequence = 1e21",
        "receipt.record.sequence = NaN",
        "receipt.record.sequence = 1n",
        "receipt.record.sequence = '1'",
        "receipt.record.sequence = undefined",
        "receipt.record['se\u{2060}quence'] = 1",
        "Object.defineProperty(receipt.record, '__proto__', { value: {}, enumerable: true })",
        "receipt.__proto__ = null; receipt.more = 1",
        "receipt.record.collection_method += '\\ud83d'",
        "receipt.evidence.leaf += '\\udc00'",
        "receipt.record.self = receipt",
        "let deep = receipt.record; for (let i = 0; i < 1e5; i++) deep = deep.x = {}",
        "let deep = receipt.record; for (let i = 0; i < 40; i++) deep = deep.x = []; deep[0] = 1",
        "Object.defineProperty(receipt.record, 'sequence', { enumerable: true, get() { throw Error('no') } })",
        "receipt.signature = null",
        "receipt = [receipt]",
        "receipt = JSON.stringify(receipt)",
        "receipt = Symbol('receipt')",
        "receipt = new Proxy(receipt, { ownKeys() { throw Error('no') } })",
    ] {
        let receipt = evaluated(&format!("{change}; return receipt"));
        let found = verify(receipt, keys.clone()).await;
        assert_eq!(member(&found, "ok"), JsValue::FALSE, "{change}");
        assert_ne!(Array::from(&member(&found, "problems")).length(), 0, "{change} says why");
    }
}

#[wasm_bindgen_test]
async fn what_is_the_same_as_json_verifies() {
    let keys = member(&input("receipt"), "keys");
    for same in [
        "return receipt",
        "return Object.assign(Object.create(null), receipt)",
        "receipt.record = Object.fromEntries(Object.entries(receipt.record).reverse()); return receipt",
        "receipt.record.nothing = undefined; return receipt",
    ] {
        assert_eq!(member(&verify(evaluated(same), keys.clone()).await, "ok"), JsValue::TRUE, "{same}");
    }
    // What is looked at twice is looked at once: a getter cannot show the record to one check and another to the next.
    let receipt = evaluated(
        "const { record } = receipt; let times = 0;
         return { ...receipt, get record() { return times++ ? { ...record, sequence: 2 } : record } }",
    );
    assert_eq!(member(&verify(receipt, keys).await, "ok"), JsValue::TRUE);
}

/// As a browser is that has WebCrypto, but not the curve: the words are those of the specification.
const WITHOUT_THE_CURVE: &str = "
    const { subtle } = globalThis.crypto;
    const own = Object.getPrototypeOf(subtle).importKey;
    const importKey = () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
    Object.getPrototypeOf(subtle).importKey = importKey;
    return () => { Object.getPrototypeOf(subtle).importKey = own };";

#[wasm_bindgen_test]
async fn the_pages_own_ed25519_is_asked_where_the_platform_has_none() {
    let own = wasm_bindgen::prelude::Closure::<dyn Fn(Vec<u8>, Vec<u8>, Vec<u8>) -> bool>::new(
        |key: Vec<u8>, message: Vec<u8>, signature: Vec<u8>| verify_ed25519(&key, &message, &signature),
    );
    let own = own.into_js_value();
    let ask = async |name: &str, ed25519: Option<Ed25519Value>| {
        let input = input(name);
        let (receipt, keys) = (member(&input, "receipt"), member(&input, "keys"));
        verify_receipt(receipt.unchecked_into(), keys.unchecked_into(), ed25519).await.map(JsValue::from)
    };
    let restore = evaluated(WITHOUT_THE_CURVE).unchecked_into::<Function>();
    let good = ask("receipt", Some(own.clone().unchecked_into())).await;
    let forged = ask("receipt-forged-signature", Some(own.unchecked_into())).await;
    let failing = Function::new_no_args("throw Error('not loaded')").unchecked_into::<Ed25519Value>();
    let failed = ask("receipt", Some(failing)).await;
    let none = ask("receipt", None).await;
    restore.call0(&JsValue::NULL).expect("restored");
    assert_eq!(member(&good.expect("an answer"), "ok"), JsValue::TRUE);
    assert_eq!(member(&forged.expect("an answer"), "signature"), JsValue::FALSE);
    assert!(failed.is_err_and(|problem| problem.is_instance_of::<Object>()));
    assert!(none.is_err());
}

#[wasm_bindgen_test]
fn ed25519_takes_no_other_lengths() {
    assert!(!verify_ed25519(&[], b"", &[]));
    assert!(!verify_ed25519(&[1; 32], b"", &[0; 63]));
    assert!(!verify_ed25519(&[0; 32], b"", &[0; 64]), "a weak key verifies nothing");
}
