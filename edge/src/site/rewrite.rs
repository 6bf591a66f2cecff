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
    consent::{Choices, Permissions},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast as _, convert::FromWasmAbi, prelude::*};
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

    type Doctype;

    type DocumentEnd;

    #[wasm_bindgen(method, catch)]
    fn append(this: &DocumentEnd, content: &str, options: &JsValue) -> Result<JsValue, JsValue>;
}

/// Rewrites a page for its visitor.
pub fn page(response: Response, incoming: &Incoming, held: Rc<Held>, visitor: &Visitor) -> Answer<Response> {
    let headers = response.headers();
    for name in ["etag", "last-modified", "content-length", "accept-ranges", "content-md5", "digest"] {
        headers.delete(name).or_internal("rewrite.headers")?;
    }
    headers.set("cache-control", "private, no-store").or_internal("rewrite.cache")?;
    let nonce = headers.get("content-security-policy").ok().flatten().and_then(|csp| nonce_of(&csp));
    let stub = stub(&held, visitor, nonce.as_deref());
    // Written once: at the start of the body, or at the end of a page that does not say where its body starts. What
    // has neither doctype nor `html` is a part of a page, fetched by a script, and no place for a banner.
    let first = Rc::new(RefCell::new(Some(insertion(&held, visitor, incoming, nonce.as_deref()))));
    let last = Rc::clone(&first);
    let whole = Rc::new(Cell::new(false));
    let (by_doctype, by_element, is_whole) = (Rc::clone(&whole), Rc::clone(&whole), whole);
    let permissions = visitor.permissions.clone();
    let rewriter = HTMLRewriter::new()
        .on(
            "script[src], iframe[src], img[src], link[href]",
            &handler("element", move |element: &Element| make_inert(element, &held, &permissions)),
        )
        .on(
            "body",
            &handler("element", move |body: &Element| match first.borrow_mut().take() {
                Some(banner) => body.prepend(&banner, &html()).map(drop),
                None => Ok(()),
            }),
        )
        .on(
            "html, head",
            &handler("element", move |_: &Element| {
                by_element.set(true);
                Ok(())
            }),
        )
        .on_document(&handler("doctype", move |_: &Doctype| {
            by_doctype.set(true);
            Ok(())
        }))
        .on_document(&handler("end", move |end: &DocumentEnd| match last.borrow_mut().take() {
            Some(banner) if is_whole.get() => end.append(&banner, &html()).map(drop),
            _ => Ok(()),
        }));
    let rewriter = match stub {
        Some(stub) => rewriter
            .on("head", &handler("element", move |head: &Element| head.prepend(&stub, &html()).map(drop))),
        None => rewriter,
    };
    let inner = web_sys::Response::from(response);
    let transformed = rewriter.transform(&inner).or_internal("rewrite.transform")?;
    Ok(Response::from(transformed.unchecked_into::<web_sys::Response>()))
}

/// What is written into the page: ASCII, whatever its charset. The stylesheet comes first, so that the banner is never
/// seen without it. Who has nothing to be asked gets the way back to the choices alone. The second layer comes when it is
/// used; without JavaScript it is a page.
fn insertion(held: &Held, visitor: &Visitor, incoming: &Incoming, nonce: Option<&str>) -> String {
    let view = View {
        setting: visitor.setting(),
        choices: visitor.choices.as_ref(),
        seen: visitor.seen,
        return_path: &incoming.path,
        ..View::default()
    };
    let prepared = held.prepared(&view.setting);
    let plan = prepared.plan_at("", visitor.seen);
    let asked = prepared.regime.asks && Choices::ask_again(visitor.choices.as_ref());
    let dialogs = if asked { prepared.banner.first(&view) } else { prepared.banner.reopen(&view) };
    format!(
        "<link rel=\"stylesheet\" href=\"{}\">{dialogs}{}<script async src=\"{}\"{}></script>",
        held.styles.url,
        plan_script(&plan),
        assets::url(assets::LOADER),
        nonce_attribute(nonce),
    )
}

/// What tells vendors that wait for it what is denied, before anything else in the page can run.
fn stub(held: &Held, visitor: &Visitor, nonce: Option<&str>) -> Option<String> {
    let plan = &held.prepared(&visitor.setting()).plan;
    let tells =
        plan.signals.google.is_some() || plan.signals.uet.is_some() || !plan.signals.clarity.is_empty();
    tells.then(|| {
        let (url, bits) = (assets::url(assets::STUB), visitor.permissions.bits(&held.policy));
        // Names of Google's and Microsoft's and numbers, nothing of the site's own.
        let signals = serde_json::to_string(&plan.signals).unwrap_or_default().replace('"', "&quot;");
        let nonce = nonce_attribute(nonce);
        format!("<script src=\"{url}\" data-signals=\"{signals}\" data-state=\"{bits}\"{nonce}></script>")
    })
}

fn nonce_attribute(nonce: Option<&str>) -> String {
    nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default()
}

/// The nonce that a page's policy lets scripts run with (CSP, section 2.3.1).
fn nonce_of(csp: &str) -> Option<String> {
    let directive = |name: &str| {
        let mut directives = csp.split([';', ',']).map(str::trim);
        directives.find(|own| own.split_whitespace().next().is_some_and(|own| own.eq_ignore_ascii_case(name)))
    };
    let scripts = directive("script-src-elem")
        .or_else(|| directive("script-src"))
        .or_else(|| directive("default-src"))?;
    let source =
        scripts.split_whitespace().find_map(|source| source.strip_prefix("'nonce-")?.strip_suffix('\''))?;
    let good = source.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b));
    (good && !source.is_empty()).then(|| source.to_owned())
}

/// Takes the address away from a tag whose host belongs to a service that is not permitted, and leaves it where the
/// loader finds it once it is.
fn make_inert(element: &Element, held: &Held, permissions: &Permissions) -> Result<(), JsValue> {
    for name in ["src", "href"] {
        let Some(address) = element.get_attribute(name)? else { continue };
        let Some(host) = host_of(&address) else { continue };
        // Several services may share a host. It is open only if all of them are permitted.
        let mut services = held.policy.services_for_host(&host);
        let Some(service) = services.find(|service| !permissions.service(service)) else { continue };
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

/// A handler of one event for the rewriter. The closure lives as long as the rewriter's reference to it.
fn handler<T: FromWasmAbi + 'static>(
    event: &str,
    handle: impl Fn(&T) -> Result<(), JsValue> + 'static,
) -> JsValue {
    let handle = move |subject: T| handle(&subject);
    let closure = Closure::wrap_assert_unwind_safe(Box::new(handle) as Box<dyn Fn(T) -> Result<(), JsValue>>);
    let handlers = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&handlers, &event.into(), &closure.into_js_value());
    handlers.into()
}
