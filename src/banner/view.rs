//! Who looks at the banner, and from where.

use crate::{
    consent::Choices,
    policy::{BASE, Setting, is_local_path},
};

/// The circumstances in which markup is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View<'a> {
    /// The language asked for, and which rules hold. A banner that was prepared before keeps its own.
    pub setting: Setting<'a>,
    /// What the visitor decided, or `None` while that is nothing. Where it has lapsed, they are asked again.
    pub choices: Option<&'a Choices>,
    /// The number of decisions of this device that the page was made with.
    pub seen: u32,
    /// The path a form leads back to.
    pub return_path: &'a str,
    /// The path of the site's privacy routes, ending in `/`.
    pub base: &'a str,
    /// The address of the stylesheet; only whole pages link to it.
    pub stylesheet: &'a str,
    /// Whether this is made before it is known who looks: then the first layer waits for the page's script.
    pub prerendered: bool,
}

impl Default for View<'_> {
    fn default() -> Self {
        Self {
            setting: Setting::default(),
            choices: None,
            seen: 0,
            return_path: "/",
            base: BASE,
            stylesheet: "",
            prerendered: false,
        }
    }
}

impl View<'_> {
    /// The path to return to; the site's first page when it could lead elsewhere.
    pub(super) fn return_path(&self) -> &str {
        local(self.return_path)
    }

    /// A path under the privacy routes.
    pub(super) fn route(&self, name: &str) -> String {
        format!("{}{name}", self.base)
    }
}

/// A path on this site; its first page when it could lead elsewhere.
pub(super) fn local(path: &str) -> &str {
    if is_local_path(path) { path } else { "/" }
}
