//! What people's rights turn on besides the data.

use super::Country;
use crate::clock::Day;
use serde::{Deserialize, Serialize};

/// How people's requests are answered (GDPR Articles 12 to 22).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// The country the controller is established in: its law sets the terms of an answer, its public holidays move them
    /// (Regulation (EEC, Euratom) 1182/71). Without it, the strictest terms hold and only weekends move them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Further public holidays: of a part of the country, or set anew each year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Day>,
}

impl Rights {
    /// Whether nothing is declared.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
