//! The first bytes of a body, looked at before it goes on.

use crate::problem::{Answer, OrInternal as _};
use js_sys::Uint8Array;
use js_sys::futures::JsFuture;
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::{ReadableStream, ReadableStreamDefaultReader, WritableStream};
use worker::{Context, Response, ResponseBody};

#[wasm_bindgen]
extern "C" {
    /// The platform's stream that gives out what is written into it.
    type IdentityTransformStream;

    #[wasm_bindgen(constructor)]
    fn new() -> IdentityTransformStream;

    #[wasm_bindgen(method, getter)]
    fn readable(this: &IdentityTransformStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    fn writable(this: &IdentityTransformStream) -> WritableStream;
}

/// Whether a page begins with the mark of UTF-16, which goes before whatever its headers say (HTML, section 13.2.3.2).
/// The answer comes back with its body whole.
pub async fn begins_as_utf16(response: Response, ctx: &Context) -> Answer<(Response, bool)> {
    let (builder, body) = response.into_parts();
    let ResponseBody::Stream(body) = body else { return Ok((builder.body(body), false)) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let (mut chunks, mut start) = (Vec::new(), Vec::new());
    while start.len() < 2 {
        let read = JsFuture::from(reader.read()).await.or_internal("peek.read")?;
        let member = |name: &str| js_sys::Reflect::get(&read, &name.into()).unwrap_or_default();
        if member("done").is_truthy() {
            break;
        }
        let chunk: Uint8Array = member("value").unchecked_into();
        start.extend(chunk.subarray(0, 2).to_vec());
        chunks.push(chunk);
    }
    reader.release_lock();
    let joined = IdentityTransformStream::new();
    let (out, into) = (joined.readable(), joined.writable());
    ctx.wait_until(async move {
        // Whoever reads it hears of a failure by the stream's end.
        let Ok(writer) = into.get_writer() else { return };
        for chunk in &chunks {
            if JsFuture::from(writer.write_with_chunk(chunk)).await.is_err() {
                return;
            }
        }
        writer.release_lock();
        let _ = JsFuture::from(body.pipe_to(&into)).await;
    });
    let is_utf16 = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    Ok((builder.body(ResponseBody::Stream(out)), is_utf16))
}
