//! The platform's streaming HTML rewriter, as far as it is used here.

use wasm_bindgen::{convert::FromWasmAbi, prelude::*};

#[wasm_bindgen]
extern "C" {
    /// Reads a page as it passes, and calls handlers.
    pub type HTMLRewriter;

    #[wasm_bindgen(constructor)]
    pub fn new() -> HTMLRewriter;

    #[wasm_bindgen(method)]
    pub fn on(this: &HTMLRewriter, selector: &str, handlers: &js_sys::Object) -> HTMLRewriter;

    #[wasm_bindgen(method, js_name = onDocument)]
    pub fn on_document(this: &HTMLRewriter, handlers: &js_sys::Object) -> HTMLRewriter;

    #[wasm_bindgen(method, catch)]
    pub fn transform(this: &HTMLRewriter, response: &JsValue) -> Result<JsValue, JsValue>;

    /// A start tag.
    pub type Element;

    #[wasm_bindgen(method, getter, js_name = tagName)]
    pub fn tag_name(this: &Element) -> String;

    /// Pairs of name and value, the value as it stands in the source.
    #[wasm_bindgen(method, getter)]
    pub fn attributes(this: &Element) -> JsValue;

    #[wasm_bindgen(method, catch, js_name = getAttribute)]
    pub fn get_attribute(this: &Element, name: &str) -> Result<Option<String>, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setAttribute)]
    pub fn set_attribute(this: &Element, name: &str, value: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeAttribute)]
    pub fn remove_attribute(this: &Element, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn prepend(this: &Element, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeAndKeepContent)]
    pub fn remove_and_keep_content(this: &Element) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = onEndTag)]
    pub fn on_end_tag(this: &Element, handler: &JsValue) -> Result<JsValue, JsValue>;

    /// An end tag.
    pub type EndTag;

    #[wasm_bindgen(method, catch)]
    pub fn before(this: &EndTag, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    /// A piece of text.
    pub type Text;

    #[wasm_bindgen(method, getter)]
    pub fn text(this: &Text) -> String;

    #[wasm_bindgen(method, catch)]
    pub fn remove(this: &Text) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = before)]
    pub fn before_text(this: &Text, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    /// What comes before `html`.
    pub type Doctype;

    /// The end of the page.
    pub type DocumentEnd;

    #[wasm_bindgen(method, catch)]
    pub fn append(this: &DocumentEnd, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;
}

/// Says of content that it is markup.
pub fn html() -> JsValue {
    let options = js_sys::Object::new();
    // Setting a member of a plain object cannot fail.
    let _ = js_sys::Reflect::set(&options, &"html".into(), &JsValue::TRUE);
    options.into()
}

/// A function for the rewriter. The closure lives as long as the rewriter's reference to it.
pub fn function<T: FromWasmAbi + 'static>(handle: impl Fn(&T) -> Result<(), JsValue> + 'static) -> JsValue {
    let handle = move |subject: T| handle(&subject);
    let closure = Closure::wrap_assert_unwind_safe(Box::new(handle) as Box<dyn Fn(T) -> Result<(), JsValue>>);
    closure.into_js_value()
}

/// Handlers, each by the event it is for.
pub fn handlers<const N: usize>(events: [(&str, JsValue); N]) -> js_sys::Object {
    let handlers = js_sys::Object::new();
    for (event, handler) in events {
        let _ = js_sys::Reflect::set(&handlers, &event.into(), &handler);
    }
    handlers
}
