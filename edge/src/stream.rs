//! Bodies that are read and written here, piece by piece: as fast as they are taken, and no faster. All pieces of a body
//! lie in the same two places, one after the other, so that a page of any length takes no more memory than a short one.

use crate::problem::{Answer, OrInternal as _};
use consentry::enforce::page::{Page, Unreadable};
use js_sys::{ArrayBuffer, Promise, Uint8Array, futures::JsFuture};
use std::panic::AssertUnwindSafe;
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::ReadableStream;

/// The longest piece, in bytes.
const PIECE: u32 = 64 << 10;

#[wasm_bindgen]
extern "C" {
    /// A stream that can be asked for either kind of reader.
    type Source;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Source) -> Result<Reader, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader_with(this: &Source, options: &JsValue) -> Result<Reader, JsValue>;

    /// Reads a body.
    #[derive(Clone)]
    type Reader;

    #[wasm_bindgen(method)]
    fn read(this: &Reader) -> Promise;

    #[wasm_bindgen(method, js_name = read)]
    fn read_into(this: &Reader, place: &Uint8Array) -> Promise;

    #[wasm_bindgen(method)]
    fn cancel(this: &Reader) -> Promise;

    /// What a reader gives.
    type Read;

    #[wasm_bindgen(method, getter)]
    fn done(this: &Read) -> bool;

    #[wasm_bindgen(method, getter)]
    fn value(this: &Read) -> Option<Uint8Array>;

    /// The platform's pipe. What is written to it is taken out by the platform itself.
    #[wasm_bindgen(js_name = IdentityTransformStream)]
    type Pipe;

    #[wasm_bindgen(constructor, js_class = "IdentityTransformStream", catch)]
    fn new() -> Result<Pipe, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn readable(this: &Pipe) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn writable(this: &Pipe) -> Sink;

    /// Its end that is written to.
    type Sink;

    #[wasm_bindgen(method, catch, js_name = getWriter)]
    fn writer(this: &Sink) -> Result<Writer, JsValue>;

    /// Writes to it.
    #[derive(Clone)]
    type Writer;

    /// The promise is kept once the bytes have been taken.
    #[wasm_bindgen(method)]
    fn write(this: &Writer, piece: &Uint8Array) -> Promise;

    #[wasm_bindgen(method)]
    fn close(this: &Writer) -> Promise;

    #[wasm_bindgen(method)]
    fn abort(this: &Writer, reason: &JsValue) -> Promise;
}

/// A body that is read.
pub struct Body {
    reader: Reader,
    /// Where pieces are put, if the body's sender can put them anywhere: a script's own stream may not.
    place: Option<ArrayBuffer>,
}

impl Body {
    /// Begins to read.
    pub fn of(stream: &ReadableStream) -> Answer<Self> {
        let source: &Source = stream.unchecked_ref();
        let into_place = serde_json::json!({"mode": "byob"}).to_string();
        let into_place = js_sys::JSON::parse(&into_place).or_internal("body.mode")?;
        if let Ok(reader) = source.reader_with(&into_place) {
            return Ok(Self { reader, place: Some(ArrayBuffer::new(PIECE)) });
        }
        Ok(Self { reader: source.reader().or_internal("body.reader")?, place: None })
    }

    /// The next piece; nothing after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let read = match &self.place {
            Some(place) => self.reader.read_into(&Uint8Array::new(place)),
            None => self.reader.read(),
        };
        let read: Read = JsFuture::from(read).await?.unchecked_into();
        let Some(piece) = read.value().filter(|_| !read.done()) else { return Ok(None) };
        // The place itself went to the sender, and comes back by another name.
        if let Some(place) = &mut self.place {
            *place = piece.buffer();
        }
        Ok(Some(piece.to_vec()))
    }

    /// The first bytes, two at least if it has them: one piece or more.
    pub async fn start(&mut self) -> Answer<Vec<u8>> {
        let mut start = Vec::new();
        while start.len() < 2 {
            match self.next().await.or_internal("body.start")? {
                Some(piece) => start.extend(piece),
                None => break,
            }
        }
        Ok(start)
    }
}

/// A stream of `begun` and of the rest of a body, as it is or written into. It breaks off where the body does, or cannot
/// be read.
pub fn stream(begun: Vec<u8>, page: Option<Page>, body: Body) -> Answer<JsValue> {
    let pipe = Pipe::new().or_internal("body.pipe")?;
    let writer = pipe.writable().writer().or_internal("body.writer")?;
    let (reader, sink) = (body.reader.clone(), writer.clone());
    let pumping = js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
        pump(begun, page, body, &Out::to(sink)).await.map(|()| JsValue::UNDEFINED)
    }));
    js_sys::futures::spawn_local(async move {
        if let Err(reason) = JsFuture::from(pumping).await {
            // Whoever is at the other ends hears of it, or is gone already.
            let _ = JsFuture::from(writer.abort(&reason)).await;
            let _ = JsFuture::from(reader.cancel()).await;
        }
    });
    Ok(pipe.readable())
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

/// Where pieces go.
struct Out {
    writer: Writer,
    place: Uint8Array,
}

impl Out {
    fn to(writer: Writer) -> Self {
        Self { writer, place: Uint8Array::new_with_length(PIECE) }
    }

    /// Puts bytes, and waits until they are taken: only then their place is free again.
    async fn put(&self, bytes: &[u8]) -> Result<(), JsValue> {
        for piece in bytes.chunks(PIECE as usize) {
            let place = self.place.subarray(0, u32::try_from(piece.len()).unwrap_or(PIECE));
            place.copy_from(piece);
            JsFuture::from(self.writer.write(&place)).await?;
        }
        Ok(())
    }

    async fn end(&self) -> Result<(), JsValue> {
        JsFuture::from(self.writer.close()).await.map(drop)
    }
}
