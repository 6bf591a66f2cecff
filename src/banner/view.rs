//! Who looks at the banner, and from where.

use crate::{
    id::PurposeId,
    policy::{BASE, is_local_path},
};

/// The circumstances in which markup is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'a> {
    /// The language asked for; the nearest one that the policy has is shown.
    pub locale: &'a str,
    /// The purposes consent is given for, or `None` while nothing has been decided.
    pub given: Option<&'a [PurposeId]>,
    /// The number of decisions of this device that the page was made with.
    pub seen: u32,
    /// The path a form leads back to.
    pub return_path: &'a str,
    /// The path of the site's privacy routes, ending in `/`.
    pub base: &'a str,
    /// The address of the stylesheet; only whole pages link to it.
    pub stylesheet: &'a str,
}

impl Default for View<'_> {
    fn default() -> Self {
        Self { locale: "", given: None, seen: 0, return_path: "/", base: BASE, stylesheet: "" }
    }
}

impl View<'_> {
    /// Whether consent is given for a purpose. What is undecided is not given.
    pub(super) fn is_given(&self, purpose: &PurposeId) -> bool {
        self.given.is_some_and(|given| given.contains(purpose))
    }

    /// The path to return to; the site's first page when it could lead elsewhere.
    pub(super) fn return_path(&self) -> &str {
        if is_local_path(self.return_path) { self.return_path } else { "/" }
    }

    /// A path under the privacy routes.
    pub(super) fn route(&self, name: &str) -> String {
        format!("{}{name}", self.base)
    }
}
