//! The few files the Worker serves itself, under names that carry their hash. The build puts them into the bundle.

use crate::{
    problem::{Answer, Problem},
    response,
};
use wasm_bindgen::prelude::*;
use worker::Response;

#[wasm_bindgen(raw_module = "consentry/assets")]
extern "C" {
    #[wasm_bindgen(js_name = assetUrl)]
    fn asset_url(name: &str) -> Option<String>;

    #[wasm_bindgen(js_name = assetBody)]
    fn asset_body(path: &str) -> Option<AssetBody>;

    type AssetBody;

    #[wasm_bindgen(method, getter)]
    fn body(this: &AssetBody) -> JsValue;

    #[wasm_bindgen(method, getter, js_name = type)]
    fn media_type(this: &AssetBody) -> String;
}

/// The address of the loader.
pub const LOADER: &str = "c.js";
/// The loader for pages that carry nothing but its tag.
pub const TAG: &str = "t.js";
/// The address of the stylesheet.
pub const STYLES: &str = "c.css";
/// The loader's second stage.
pub const DECIDE: &str = "d.js";
/// What tells vendors, first of all, what is denied.
pub const STUB: &str = "s.js";
/// The address of the SDK.
pub const SDK: &str = "sdk.js";

/// Where an asset is; empty if this build has none by the name.
pub fn url(name: &str) -> String {
    asset_url(name).unwrap_or_default()
}

/// The text of a script or stylesheet; empty if this build has none by the name.
pub fn text(name: &str) -> String {
    let body = asset_url(name).and_then(|url| asset_body(&url)).and_then(|asset| asset.body().as_string());
    body.unwrap_or_default()
}

/// Serves an asset by its path.
pub fn serve(path: &str) -> Answer<Response> {
    let asset = asset_body(path)
        .ok_or_else(|| Problem::not_found("No such file. A newer version may be deployed."))?;
    let body = asset.body();
    let bytes = match body.as_string() {
        Some(text) => text.into_bytes(),
        None => js_sys::Uint8Array::new(&body).to_vec(),
    };
    let cache = [("cache-control", "public, max-age=31536000, immutable")];
    response::public(response::bytes(200, &asset.media_type(), bytes, &cache)?)
}
