//! Tags of services that are not permitted are made inert: their address is taken away, and left where the loader finds
//! it once they are.

use crate::enforce::{Gate, Holder};
use lol_html::{HandlerResult, html_content::Element};

/// How an attribute is read.
#[derive(Clone, Copy)]
enum Read {
    Address,
    Set,
    Code,
}

/// How an attribute is read that loads something by itself; `None` for any other. The loader revives what has its
/// address in `src`, `srcset` or `href`; the rest comes back with the next page.
fn read(tag: &str, attribute: &str) -> Option<Read> {
    let (tags, read): (&[&str], Read) = match attribute {
        "src" => (
            &[
                "script", "iframe", "frame", "img", "image", "embed", "video", "audio", "source", "track",
                "input",
            ],
            Read::Address,
        ),
        "href" => (&["link", "script", "image", "use", "feimage", "base"], Read::Address),
        "xlink:href" => (&["script", "image", "use", "feimage"], Read::Address),
        "srcset" => (&["img", "image", "source"], Read::Set),
        "imagesrcset" => (&["link"], Read::Set),
        "data" => (&["object"], Read::Address),
        "poster" => (&["video"], Read::Address),
        "background" => (&["body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"], Read::Address),
        "ping" => (&["a", "area"], Read::Set),
        "srcdoc" => (&["iframe"], Read::Code),
        // An animation may give an image another address.
        "to" | "from" | "by" | "values" => (&["set", "animate"], Read::Code),
        "style" => return Some(Read::Code),
        _ => return None,
    };
    tags.contains(&tag).then_some(read)
}

/// Takes away the addresses of a tag that are held.
pub(super) fn hold(element: &mut Element<'_, '_>, tag: &str, gate: &Gate) -> HandlerResult {
    let found = element.attributes().iter().filter_map(|attribute| {
        let name = attribute.name();
        let read = read(tag, &name)?;
        let value = attribute.value();
        let holder = match read {
            Read::Address => gate.address(&value),
            Read::Set => gate.address_set(&value),
            Read::Code => gate.code(&value),
        }?;
        Some((name, value, holder))
    });
    let found: Vec<_> = found.collect();
    for (name, value, holder) in found {
        element.remove_attribute(&name);
        // The loader knows the address of an `object` by the name all others have.
        let kept = if name == "data" { "src" } else { &name };
        element.set_attribute(&format!("data-{}", kept.replace(':', "-")), &value)?;
        for (name, value) in marks(holder) {
            element.set_attribute(name, value)?;
        }
        // Done once, however many addresses are taken.
        if element.get_attribute("data-type").is_none()
            && let Some(kind) = element.get_attribute("type").filter(|kind| kind != "text/plain")
        {
            element.set_attribute("data-type", &kind)?;
        }
        element.set_attribute("type", "text/plain")?;
    }
    Ok(())
}

/// What says of an inert tag whose it is. What nobody is known for waits for a service that does not exist.
pub(super) fn marks(holder: &Holder) -> impl Iterator<Item = (&'static str, &str)> {
    let purpose = holder.purpose.as_deref().map(|purpose| ("data-category", purpose));
    purpose.into_iter().chain([("data-service", holder.service.as_deref().unwrap_or("-"))])
}
