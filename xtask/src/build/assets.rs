//! What the Worker serves itself, under names that carry a hash of the content.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::package;
use crate::hash::hex;
use crate::processes::quietly;
use crate::report::Step;

/// Where they are served.
const PREFIX: &str = "/.consentry/a/";

/// One file.
struct Asset {
    name: &'static str,
    url: String,
    /// A JavaScript expression: a string, or the name of an imported module.
    body: String,
    media_type: &'static str,
}

impl Asset {
    /// `sdk.js` of some content has the file name `sdk.1a2b3c4d5e6f.js`.
    fn file_name(name: &str, content: &[u8]) -> String {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        format!("{stem}.{}.{extension}", hex(content).get(..12).unwrap_or_default())
    }

    fn text(name: &'static str, media_type: &'static str, content: &str) -> Self {
        let url = format!("{PREFIX}{}", Self::file_name(name, content.as_bytes()));
        Self { name, url, body: json!(content).to_string(), media_type }
    }
}

/// Writes `assets.gen.js`, the module behind `consentry:assets`, into `work`, and the data modules into `product`.
pub(super) fn generate(step: &Step, work: &Path, product: &Path) -> Result<()> {
    let wasm = fs::read(super::browser::folder().join("consentry_bg.wasm"))
        .context("the core for browsers is not built")?;
    let wasm_name = Asset::file_name("sdk.wasm", &wasm);
    fs::create_dir_all(product.join("assets"))?;
    fs::write(product.join("assets/sdk.wasm.bin"), &wasm)?;

    // The package once more, with an SDK that knows its wasm by the hashed name.
    let folder = work.join("package");
    let mut build = package::script(&folder);
    quietly(step, build.args(["--no-types", "--wasm-url", &format!("./{wasm_name}")]))?;
    let read = |file: &str| {
        fs::read_to_string(folder.join(file)).with_context(|| format!("the package has no {file}"))
    };

    let assets = [
        Asset::text("c.js", "text/javascript; charset=utf-8", &read("loader.js")?),
        Asset::text("c.css", "text/css; charset=utf-8", &package::stylesheet()?),
        Asset::text("sdk.js", "text/javascript; charset=utf-8", &read("sdk.js")?),
        Asset {
            name: "sdk.wasm",
            url: format!("{PREFIX}{wasm_name}"),
            body: "sdkWasm".to_owned(),
            media_type: "application/wasm",
        },
    ];
    fs::write(work.join("assets.gen.js"), module(&assets)).context("cannot write the module of the assets")
}

fn module(assets: &[Asset]) -> String {
    let map = |row: &dyn Fn(&Asset) -> String| assets.iter().map(row).collect::<Vec<_>>().join(",\n  ");
    let urls = map(&|Asset { name, url, .. }| format!("[{name:?}, {url:?}]"));
    let bodies = map(&|Asset { url, body, media_type, .. }| {
        format!("[{url:?}, {{ body: {body}, type: {media_type:?} }}]")
    });
    format!(
        "import sdkWasm from \"./assets/sdk.wasm.bin\";\n\n\
         const urls = new Map([\n  {urls},\n]);\n\
         const bodies = new Map([\n  {bodies},\n]);\n\n\
         export const assetUrl = (name) => urls.get(name);\n\
         export const assetBody = (url) => bodies.get(url);\n"
    )
}

#[cfg(test)]
mod tests {
    use super::Asset;

    #[test]
    fn names_carry_a_hash_before_the_extension() {
        let asset = Asset::text("c.js", "text/javascript", "void 0;\"\n\"");
        assert_eq!(asset.url, "/.consentry/a/c.64ef16071bdb.js");
        assert_eq!(asset.body, r#""void 0;\"\n\"""#);
    }
}
