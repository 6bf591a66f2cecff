//! The dialogs by themselves, for a page that has them not.

use crate::policy::Plan;
use serde::Serialize;
use std::collections::BTreeMap;

/// Both dialogs and the reopen control, for a page that has them not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dialogs<'a> {
    /// Their markup.
    pub html: String,
    /// The phrases that a page's own dialogs carry as `data-*`, where the markup does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<&'a BTreeMap<&'static str, String>>,
    /// The address of their stylesheet.
    pub css: String,
    /// The stylesheet itself, for a page that is to wait for no other file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<&'a str>,
    /// The plan they belong to.
    pub plan: Plan,
}
