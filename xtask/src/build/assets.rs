//! What the Worker serves itself, under names that carry a hash of the content.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use serde_json::json;

use super::package;
use crate::hash::hex;
use crate::processes::quietly;
use crate::report::Step;

/// Where they are served.
const PREFIX: &str = "/.consentry/a/";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Scripts, by the names the edge asks for and the package's.
const SCRIPTS: [(&str, &str); 4] =
    [("c.js", "loader.js"), ("t.js", "tag.js"), ("d.js", "d.js"), ("s.js", "stub.js")];
/// The loader's stages that a script imports by name: the script, and what it imports.
const STAGES: [(&str, &str); 3] = [("c.js", "g.js"), ("t.js", "g.js"), ("d.js", "e.js")];
/// What the SDK loads when it needs it: scripts, and binary files with the names of what gives their bytes.
const SCRIPTS_OF_THE_SDK: [&str; 3] = ["sdk-plain.js", "ed25519.js", "ed25519-plain.js"];
const BINARIES: [(&str, &str); 2] = [("sdk.wasm", "sdkWasm"), ("ed25519.wasm", "ed25519Wasm")];

/// What makes bytes of their text.
const BYTES: &str = "const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));\n";

/// One file.
struct Asset {
    name: &'static str,
    url: String,
    /// A JavaScript expression: a string, or a call that gives bytes.
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

/// Writes `assets.gen.js`, the module behind `consentry/assets`, into `work`, and the data modules into `product`; and
/// the same in one piece, `alone`, for bundlers that know nothing of data modules.
pub(super) fn generate(step: &Step, work: &Path, product: &Path, alone: &Path) -> Result<()> {
    // The package once more, for the hashed names that its SDK is given below.
    let folder = work.join("package");
    quietly(step, package::script(&folder).arg("--no-types"))?;
    let read = |file: &str| {
        fs::read_to_string(folder.join(file)).with_context(|| format!("the package has no {file}"))
    };

    fs::create_dir_all(product.join("assets"))?;
    let mut parts = Vec::new();
    let (mut imported, mut written) = (Vec::new(), vec![BYTES.to_owned()]);
    for (name, import) in BINARIES {
        let bytes = fs::read(folder.join(name)).with_context(|| format!("the package has no {name}"))?;
        fs::write(product.join(format!("assets/{name}.bin")), &bytes)?;
        let text = BASE64.encode(&bytes);
        written.push(format!("const {import} = () => bytes({text:?});\n"));
        imported.push(format!(
            "import {import}Data from \"./assets/{name}.bin\";\nconst {import} = () => {import}Data;\n"
        ));
        parts.push(Asset {
            name,
            url: format!("{PREFIX}{}", Asset::file_name(name, &bytes)),
            body: format!("{import}()"),
            media_type: "application/wasm",
        });
    }
    for name in SCRIPTS_OF_THE_SDK {
        parts.push(Asset::text(name, JAVASCRIPT, &read(name)?));
    }
    let sdk = with_hashed_names(read("sdk.js")?, &parts)?;
    let mut assets = vec![
        Asset::text("c.css", "text/css; charset=utf-8", &package::stylesheet()?),
        Asset::text("sdk.js", JAVASCRIPT, &sdk),
    ];
    for (name, file) in SCRIPTS {
        let mut text = read(file)?;
        for (_, stage) in STAGES.into_iter().filter(|(script, _)| *script == name) {
            let part = Asset::text(stage, JAVASCRIPT, &read(stage)?);
            text = with_hashed_names(text, std::slice::from_ref(&part))?;
            if !assets.iter().any(|asset| asset.url == part.url) {
                assets.push(part);
            }
        }
        assets.push(Asset::text(name, JAVASCRIPT, &text));
    }
    assets.extend(parts);
    fs::write(work.join("assets.gen.js"), module(&imported.concat(), &assets))
        .and_then(|()| fs::write(alone, module(&written.concat(), &assets)))
        .context("cannot write the module of the assets")
}

/// A script, looking for its parts under their hashed names, beside itself.
fn with_hashed_names(script: String, parts: &[Asset]) -> Result<String> {
    parts.iter().try_fold(script, |text, Asset { name, url, .. }| {
        let (plain, hashed) = (format!("\"./{name}\""), url.replace(PREFIX, "./"));
        if !text.contains(&plain) {
            bail!("no script names its part {name}");
        }
        Ok(text.replace(&plain, &format!("{hashed:?}")))
    })
}

fn module(binaries: &str, assets: &[Asset]) -> String {
    let map = |row: &dyn Fn(&Asset) -> String| assets.iter().map(row).collect::<Vec<_>>().join(",\n  ");
    let urls = map(&|Asset { name, url, .. }| format!("[{name:?}, {url:?}]"));
    let bodies = map(&|Asset { url, body, media_type, .. }| {
        format!("[{url:?}, {{ get body() {{ return {body}; }}, type: {media_type:?} }}]")
    });
    format!(
        "{binaries}\n\
         const urls = new Map([\n  {urls},\n]);\n\
         const bodies = new Map([\n  {bodies},\n]);\n\n\
         export const assetUrl = (name) => urls.get(name);\n\
         export const assetBody = (url) => bodies.get(url);\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{Asset, JAVASCRIPT, with_hashed_names};

    #[test]
    fn the_sdk_finds_its_parts_by_their_hashed_names() {
        let parts = [Asset::text("sdk-plain.js", JAVASCRIPT, "1"), Asset::text("sdk.wasm", "", "2")];
        let sdk = "import(\"./sdk-plain.js\");new URL(\"./sdk.wasm\",import.meta.url)";
        let named = with_hashed_names(sdk.to_owned(), &parts).unwrap_or_default();
        assert_eq!(
            named,
            "import(\"./sdk-plain.6b86b273ff34.js\");new URL(\"./sdk.d4735e3a265e.wasm\",import.meta.url)"
        );
        assert!(with_hashed_names("import(\"./other.js\")".to_owned(), &parts).is_err());
    }

    #[test]
    fn names_carry_a_hash_before_the_extension() {
        let asset = Asset::text("c.js", "text/javascript", "void 0;\"\n\"");
        assert_eq!(asset.url, "/.consentry/a/c.64ef16071bdb.js");
        assert_eq!(asset.body, r#""void 0;\"\n\"""#);
    }
}
