//! How well it is proved who somebody is.

use serde::{Deserialize, Serialize};

/// How well it is proved who somebody is. More proves all that less does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Not at all.
    #[default]
    None,
    /// By the secret of a device: what was recorded of that device is theirs.
    Device,
    /// By a code sent to an address that the site knew before.
    Contact,
    /// By the site, which the person is logged in to.
    Account,
    /// By the site, which asked for the password or the like a moment ago.
    Recent,
}
