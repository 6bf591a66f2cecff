//! Bodies that are read and written here, piece by piece: as fast as they are taken, and no faster. All pieces of a body
//! lie in the same two places, one after the other, so that a body of any length takes no more memory than a short one.

use crate::problem::{Answer, OrInternal as _};
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

    /// The same for so many bytes, neither more nor fewer.
    #[wasm_bindgen(js_name = FixedLengthStream)]
    type FixedPipe;

    #[wasm_bindgen(constructor, js_class = "FixedLengthStream", catch)]
    fn new(length: f64) -> Result<FixedPipe, JsValue>;

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
    /// Whether the last piece has come. The place is gone with it.
    is_over: bool,
}

impl Body {
    /// Begins to read.
    pub fn of(stream: &ReadableStream) -> Answer<Self> {
        let source: &Source = stream.unchecked_ref();
        let into_place = serde_json::json!({"mode": "byob"}).to_string();
        let into_place = js_sys::JSON::parse(&into_place).or_internal("body.mode")?;
        if let Ok(reader) = source.reader_with(&into_place) {
            return Ok(Self { reader, place: Some(ArrayBuffer::new(PIECE)), is_over: false });
        }
        Ok(Self { reader: source.reader().or_internal("body.reader")?, place: None, is_over: false })
    }

    /// The next piece; nothing after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        if self.is_over {
            return Ok(None);
        }
        let read = match &self.place {
            Some(place) => self.reader.read_into(&Uint8Array::new(place)),
            None => self.reader.read(),
        };
        let read: Read = JsFuture::from(read).await?.unchecked_into();
        let Some(piece) = read.value().filter(|_| !read.done()) else {
            self.is_over = true;
            return Ok(None);
        };
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

/// Stops a body that nobody goes on reading.
pub struct Stop(Reader);

impl Body {
    /// What stops it.
    pub fn stop(&self) -> Stop {
        Stop(self.reader.clone())
    }
}

impl Stop {
    /// Stops it; whoever sends hears of it, or is gone already.
    pub async fn now(self) {
        let _ = JsFuture::from(self.0.cancel()).await;
    }
}

/// A stream of what some work puts out, of a length that is known or not. It breaks off where the work fails.
pub fn made<W>(length: Option<u64>, work: impl FnOnce(Out) -> W) -> Answer<ReadableStream>
where
    W: Future<Output = Result<(), JsValue>> + 'static,
{
    let pipe = match length {
        #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
        Some(length) => FixedPipe::new(length as f64).or_internal("stream.pipe")?.unchecked_into(),
        None => Pipe::new().or_internal("stream.pipe")?,
    };
    let writer = pipe.writable().writer().or_internal("stream.writer")?;
    let work = work(Out::to(writer.clone()));
    let working = js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
        work.await.map(|()| JsValue::UNDEFINED)
    }));
    js_sys::futures::spawn_local(async move {
        if let Err(reason) = JsFuture::from(working).await {
            let _ = JsFuture::from(writer.abort(&reason)).await;
        }
    });
    Ok(pipe.readable().unchecked_into())
}

/// Where pieces go.
pub struct Out {
    writer: Writer,
    place: Uint8Array,
}

impl Out {
    fn to(writer: Writer) -> Self {
        Self { writer, place: Uint8Array::new_with_length(PIECE) }
    }

    /// Puts bytes, and waits until they are taken: only then their place is free again.
    pub async fn put(&self, bytes: &[u8]) -> Result<(), JsValue> {
        for piece in bytes.chunks(PIECE as usize) {
            let place = self.place.subarray(0, u32::try_from(piece.len()).unwrap_or(PIECE));
            place.copy_from(piece);
            JsFuture::from(self.writer.write(&place)).await?;
        }
        Ok(())
    }

    /// Ends the stream.
    pub async fn end(&self) -> Result<(), JsValue> {
        JsFuture::from(self.writer.close()).await.map(drop)
    }
}
