//! The core in the browser, through wasm-bindgen: loaded on idle or on use, never before first paint.

mod verify;

pub use verify::verify_receipt;

use wasm_bindgen::prelude::*;

/// The types of what goes in and out, for TypeScript.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    /// A receipt, as JSON.
    #[wasm_bindgen(typescript_type = "Receipt")]
    pub type ReceiptValue;

    /// The site's public keys, as JSON.
    #[wasm_bindgen(typescript_type = "PublicKeys")]
    pub type PublicKeysValue;

    /// What verification found.
    #[wasm_bindgen(typescript_type = "Verification")]
    pub type VerificationValue;
}
