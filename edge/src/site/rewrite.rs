//! Writing into pages: the banner goes in, and the tags of services that are not permitted become inert.
//!
//! The platform's streaming HTML rewriter does the reading; what happens to an element is decided here.

use super::Visitor;
use crate::{
    assets,
    policies::Held,
    problem::{Answer, OrInternal as _},
    request::Incoming,
};
use consentry::{
    banner::{View, plan_script},
    id::PurposeId,
    policy::Plan,
};
use std::{cell::Cell, collections::BTreeSet, rc::Rc};
use wasm_bindgen::{JsCast as _, prelude::*};
use worker::Response;

#[wasm_bindgen]
extern "C" {
    type HTMLRewriter;

    #[wasm_bindgen(constructor)]
    fn new() -> HTMLRewriter;

    #[wasm_bindgen(method)]
    fn on(this: &HTMLRewriter, selector: &str, handlers: &JsValue) -> HTMLRewriter;

    #[wasm_bindgen(method, js_name = onDocument)]
    fn on_document(this: &HTMLRewriter, handlers: &JsValue) -> HTMLRewriter;

    #[wasm_bindgen(method, catch)]
    fn transform(this: &HTMLRewriter, response: &JsValue) -> Result<JsValue, JsValue>;

    type Element;

    #[wasm_bindgen(method, catch, js_name = getAttribute)]
    fn get_attribute(this: &Element, name: &str) -> Result<Option<String>, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setAttribute)]
    fn set_attribute(this: &Element, name: &str, value: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeAttribute)]
    fn remove_attribute(this: &Element, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn prepend(this: &Element, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn append(this: &Element, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;
}

/// Rewrites a page for its visitor.
pub fn page(response: Response, incoming: &Incoming, held: Rc<Held>, visitor: &Visitor) -> Answer<Response> {
    let headers = response.headers();
    for name in ["etag", "last-modified", "content-length", "accept-ranges", "content-md5", "digest"] {
        headers.delete(name).or_internal("rewrite.headers")?;
    }
    headers.set("cache-control", "private, no-store").or_internal("rewrite.cache")?;
    let (into_head, into_body) = insertions(&held, visitor, incoming);
    let given = visitor.permitted();
    let rewriter = HTMLRewriter::new();
    let gate = element_handler(move |element| make_inert(element, &held, &given));
    let rewriter = rewriter.on("script[src], iframe[src], img[src], link[href]", &gate);
    let written = Rc::new((Cell::new(false), Cell::new(false)));
    let rewriter = rewriter.on("head", &once(&written, |w| &w.0, move |e, html| e.append(&into_head, html)));
    let rewriter = rewriter.on("body", &once(&written, |w| &w.1, move |e, html| e.prepend(&into_body, html)));
    let inner = web_sys::Response::from(response);
    let transformed = rewriter.transform(&inner).or_internal("rewrite.transform")?;
    Ok(Response::from(transformed.unchecked_into::<web_sys::Response>()))
}

/// What is written into the head and at the start of the body: ASCII, whatever the page's charset.
fn insertions(held: &Held, visitor: &Visitor, incoming: &Incoming) -> (String, String) {
    let given: Option<Vec<PurposeId>> = visitor.given.as_ref().map(|given| given.iter().cloned().collect());
    let view = View {
        locale: &visitor.locale,
        given: given.as_deref(),
        seen: visitor.seen,
        return_path: &incoming.path,
        ..View::default()
    };
    let prepared = held.prepared(&visitor.locale);
    let plan = Plan { seen: visitor.seen, ..prepared.plan.clone() };
    let (styles, loader) = (assets::url(assets::STYLES), assets::url(assets::LOADER));
    let into_head = format!(
        "<link rel=\"stylesheet\" href=\"{styles}\">{}<script async src=\"{loader}\"></script>",
        plan_script(&plan)
    );
    (into_head, prepared.banner.fragment(&view))
}

/// Takes the address away from a tag whose host belongs to a service that is not permitted, and leaves it where the
/// loader finds it once the purpose is given.
fn make_inert(element: &Element, held: &Held, given: &BTreeSet<PurposeId>) -> Result<(), JsValue> {
    for name in ["src", "href"] {
        let Some(address) = element.get_attribute(name)? else { continue };
        let Some(service) = host_of(&address).and_then(|host| held.policy.service_for_host(&host)) else {
            continue;
        };
        if held.policy.permits(&service.purpose, given) {
            continue;
        }
        element.remove_attribute(name)?;
        element.set_attribute(&format!("data-{name}"), &address)?;
        element.set_attribute("data-category", service.purpose.as_str())?;
        element.set_attribute("data-service", service.id.as_str())?;
        if let Some(kind) = element.get_attribute("type")? {
            element.set_attribute("data-type", &kind)?;
        }
        element.set_attribute("type", "text/plain")?;
    }
    Ok(())
}

/// The host, and port if it is not the scheme's own, of an absolute address as a browser would read it.
fn host_of(address: &str) -> Option<String> {
    // Browsers drop tabs and line ends anywhere, trim spaces and control characters, and read backslashes as slashes.
    let clean: String = address
        .trim_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .map(|c| if c == '\\' { '/' } else { c })
        .collect();
    let lower = clean.to_ascii_lowercase();
    let (port, rest) = if let Some(rest) = lower.strip_prefix("https:") {
        (":443", rest)
    } else if let Some(rest) = lower.strip_prefix("http:") {
        (":80", rest)
    } else {
        ("", lower.as_str())
    };
    let rest = rest.strip_prefix("//")?.trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if port.is_empty() { host } else { host.strip_suffix(port).unwrap_or(host) };
    Some(host.trim_end_matches('.').to_owned())
}

fn html() -> JsValue {
    let options = js_sys::Object::new();
    // Setting a member of a plain object cannot fail.
    let _ = js_sys::Reflect::set(&options, &"html".into(), &JsValue::TRUE);
    options.into()
}

type Written = (Cell<bool>, Cell<bool>);

/// A handler that writes into the first element it meets, and not into any later one.
fn once(
    written: &Rc<Written>,
    which: impl Fn(&Written) -> &Cell<bool> + 'static,
    write: impl Fn(&Element, &JsValue) -> Result<JsValue, JsValue> + 'static,
) -> JsValue {
    let written = Rc::clone(written);
    element_handler(move |element| {
        if which(&written).replace(true) {
            return Ok(());
        }
        write(element, &html()).map(drop)
    })
}

/// An element handler for the rewriter. The closure lives as long as the rewriter's reference to it.
fn element_handler(handle: impl Fn(&Element) -> Result<(), JsValue> + 'static) -> JsValue {
    let closure = Closure::wrap_assert_unwind_safe(Box::new(move |element: Element| -> Result<(), JsValue> {
        handle(&element)
    }) as Box<dyn Fn(Element) -> Result<(), JsValue>>);
    let handlers = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&handlers, &"element".into(), &closure.into_js_value());
    handlers.into()
}
