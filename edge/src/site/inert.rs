//! Tags of services that are not permitted are made inert: their address is taken away, and left where the loader finds
//! it once they are.

use super::rewriter::{Element, HTMLRewriter, function, handlers};
use consentry::enforce::{Gate, Holder};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// How an attribute is read.
#[derive(Clone, Copy)]
enum Read {
    Address,
    Set,
    Code,
}

/// What loads by itself, by the attribute that says from where. The loader revives what is in the first rows; the rest
/// comes back with the next page.
const LOADS: [(&str, &str, Read); 12] = [
    (
        "script[src], iframe[src], frame[src], img[src], embed[src], video[src], audio[src], source[src], track[src], \
         input[src]",
        "src",
        Read::Address,
    ),
    ("link[href], script[href], image[href], use[href], feImage[href]", "href", Read::Address),
    ("img[srcset], source[srcset]", "srcset", Read::Set),
    ("object[data]", "data", Read::Address),
    ("link[imagesrcset]", "imagesrcset", Read::Set),
    ("video[poster]", "poster", Read::Address),
    (
        "body[background], table[background], tr[background], td[background], th[background]",
        "background",
        Read::Address,
    ),
    (r"script[xlink\:href], image[xlink\:href], use[xlink\:href]", "xlink:href", Read::Address),
    ("base[href]", "href", Read::Address),
    ("a[ping], area[ping]", "ping", Read::Set),
    ("iframe[srcdoc]", "srcdoc", Read::Code),
    // Only a function loads anything.
    ("[style*='(']", "style", Read::Code),
];

/// Adds the handlers.
pub fn hold_tags(rewriter: &HTMLRewriter, gate: &Rc<Gate>) {
    for (selector, attribute, read) in LOADS {
        let gate = Rc::clone(gate);
        let handle = move |element: &Element| {
            let Some(value) = element.get_attribute(attribute)? else { return Ok(()) };
            let holder = match read {
                Read::Address => gate.address(&value),
                Read::Set => gate.address_set(&value),
                Read::Code => gate.code(&value),
            };
            holder.map_or(Ok(()), |holder| hold(element, attribute, &value, holder))
        };
        rewriter.on(selector, &handlers([("element", function(handle))]));
    }
}

fn hold(element: &Element, attribute: &str, value: &str, holder: &Holder) -> Result<(), JsValue> {
    element.remove_attribute(attribute)?;
    // The loader knows the address of an `object` by the name all others have.
    let kept = if attribute == "data" { "src" } else { attribute };
    element.set_attribute(&format!("data-{}", kept.replace(':', "-")), value)?;
    mark(element, holder)?;
    // Done once, however many addresses are taken.
    if element.get_attribute("data-type")?.is_none()
        && let Some(kind) = element.get_attribute("type")?.filter(|kind| kind != "text/plain")
    {
        element.set_attribute("data-type", &kind)?;
    }
    element.set_attribute("type", "text/plain").map(drop)
}

fn mark(element: &Element, holder: &Holder) -> Result<(), JsValue> {
    for (name, value) in marks(holder) {
        element.set_attribute(name, value)?;
    }
    Ok(())
}

/// What says of an inert tag whose it is. What nobody is known for waits for a service that does not exist.
pub fn marks(holder: &Holder) -> impl Iterator<Item = (&'static str, &str)> {
    let purpose = holder.purpose.as_deref().map(|purpose| ("data-category", purpose));
    purpose.into_iter().chain([("data-service", holder.service.as_deref().unwrap_or("-"))])
}
