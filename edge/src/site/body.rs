//! Bodies that are read and written here, piece by piece: as fast as they are taken, and no faster.

use crate::problem::{Answer, OrInternal as _};
use consentry::enforce::page::{Page, Unreadable};
use js_sys::{Object, Promise, Reflect, Uint8Array, futures::JsFuture};
use std::{cell::RefCell, panic::AssertUnwindSafe, rc::Rc};
use wasm_bindgen::{JsCast as _, prelude::*};
use web_sys::{ReadableStream, ReadableStreamDefaultReader};

#[wasm_bindgen]
extern "C" {
    /// What a reader gives.
    type Read;

    #[wasm_bindgen(method, getter)]
    fn value(this: &Read) -> Option<Uint8Array>;

    /// What fills a stream.
    type Controller;

    #[wasm_bindgen(method, catch)]
    fn enqueue(this: &Controller, piece: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    fn close(this: &Controller) -> Result<(), JsValue>;

    /// The platform's stream over a source of its user's.
    #[wasm_bindgen(js_name = ReadableStream)]
    type Sourced;

    #[wasm_bindgen(constructor, js_class = "ReadableStream", catch)]
    fn new(source: &Object, strategy: &Object) -> Result<Sourced, JsValue>;
}

/// A body that is read.
#[derive(Clone)]
pub struct Body(ReadableStreamDefaultReader);

impl Body {
    /// Begins to read.
    pub fn of(stream: &ReadableStream) -> Self {
        Self(stream.get_reader().unchecked_into())
    }

    /// The next piece; nothing after the last.
    pub async fn next(&self) -> Result<Option<Vec<u8>>, JsValue> {
        let read = JsFuture::from(self.0.read()).await?;
        Ok(read.unchecked_ref::<Read>().value().map(|piece| piece.to_vec()))
    }

    /// The first bytes, two at least if it has them: one piece or more.
    pub async fn start(&self) -> Answer<Vec<u8>> {
        let mut start = Vec::new();
        while start.len() < 2 {
            match self.next().await.or_internal("body.start")? {
                Some(piece) => start.extend(piece),
                None => break,
            }
        }
        Ok(start)
    }

    fn stop(&self) {
        // Whoever sends it hears of it, or is gone already.
        drop(self.0.cancel());
    }
}

/// A stream of `begun` and of the rest of a body, as it is or written into. It breaks off where the body does, or cannot
/// be read.
pub fn stream(begun: Vec<u8>, page: Option<Page>, body: &Body) -> Answer<JsValue> {
    let state = Rc::new(RefCell::new((begun, page)));
    let on = body.clone();
    let pull = move |controller: Controller| {
        let (state, body) = (Rc::clone(&state), on.clone());
        js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
            pull(&controller, &state, &body).await.map(|()| JsValue::UNDEFINED)
        }))
    };
    let pull: Box<dyn FnMut(Controller) -> Promise> = Box::new(pull);
    let body = body.clone();
    let cancel: Box<dyn FnMut()> = Box::new(move || body.stop());
    let source = Object::new();
    let strategy = Object::new();
    for (object, member, value) in [
        (&source, "pull", Closure::wrap_assert_unwind_safe(pull).into_js_value()),
        (&source, "cancel", Closure::wrap_assert_unwind_safe(cancel).into_js_value()),
        (&strategy, "highWaterMark", JsValue::from(0)),
    ] {
        Reflect::set(object, &member.into(), &value).or_internal("body.stream")?;
    }
    Sourced::new(&source, &strategy).map(JsValue::from).or_internal("body.stream")
}

/// Fills the stream with one piece, or ends it.
async fn pull(
    controller: &Controller,
    state: &RefCell<(Vec<u8>, Option<Page>)>,
    body: &Body,
) -> Result<(), JsValue> {
    let put = |piece: &[u8]| controller.enqueue(&Uint8Array::from(piece));
    let unreadable = |error: Unreadable| {
        body.stop();
        JsValue::from(js_sys::Error::new(&error.to_string()))
    };
    let begun = std::mem::take(&mut state.borrow_mut().0);
    if !begun.is_empty() {
        return put(&begun);
    }
    while let Some(piece) = body.next().await? {
        let ready = match &mut state.borrow_mut().1 {
            Some(page) => page.write(&piece).map_err(unreadable)?,
            None => piece,
        };
        if !ready.is_empty() {
            return put(&ready);
        }
    }
    let page = state.borrow_mut().1.take();
    let rest = page.map_or_else(|| Ok(Vec::new()), Page::end).map_err(unreadable)?;
    if !rest.is_empty() {
        put(&rest)?;
    }
    controller.close()
}
