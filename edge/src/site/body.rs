//! The body of what a site answers, on its way to the visitor.

use crate::{
    problem::Answer,
    stream::{Body, Out, made},
};
use consentry::enforce::page::{Page, Unreadable};
use wasm_bindgen::JsValue;
use web_sys::ReadableStream;

/// A stream of `begun` and of the rest of a body, as it is or written into. It breaks off where the body does, or cannot
/// be read.
pub fn stream(begun: Vec<u8>, page: Option<Page>, body: Body) -> Answer<ReadableStream> {
    made(None, |out| async move {
        let stop = body.stop();
        let pumped = pump(begun, page, body, &out).await;
        if pumped.is_err() {
            stop.now().await;
        }
        pumped
    })
}

async fn pump(begun: Vec<u8>, page: Option<Page>, mut body: Body, out: &Out) -> Result<(), JsValue> {
    let unreadable = |error: Unreadable| JsValue::from(js_sys::Error::new(&error.to_string()));
    out.put(&begun).await?;
    drop(begun);
    let Some(mut page) = page else {
        while let Some(piece) = body.next().await? {
            out.put(&piece).await?;
        }
        return out.end().await;
    };
    while let Some(piece) = body.next().await? {
        out.put(&page.write(&piece).map_err(unreadable)?).await?;
    }
    out.put(&page.end().map_err(unreadable)?).await?;
    out.end().await
}
