//! What verifying a receipt came to, once both signatures were checked.

use super::Examination;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

/// What verifying a receipt found, leg by leg.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(clippy::struct_excessive_bools, reason = "each leg is shown on its own")]
pub struct Verification {
    /// Everything below holds.
    pub ok: bool,
    /// The site signed the record.
    pub signature: bool,
    /// The log commits to the record, and its entry is in the tree of the checkpoint.
    pub inclusion: bool,
    /// The log signed the checkpoint.
    pub checkpoint: bool,
    /// The entry's index in the log.
    pub index: u32,
    /// The number of entries in the log.
    pub size: u32,
    /// The log's name.
    pub origin: String,
    /// What does not hold, in words.
    pub problems: Vec<String>,
}

impl Verification {
    /// Sums up an examination of which the two signatures are known: the record's and the checkpoint's.
    pub fn of(found: Examination, signature: bool, checkpoint: bool) -> Self {
        Self {
            ok: signature && checkpoint && found.included && found.problems.is_empty(),
            signature,
            inclusion: found.included,
            checkpoint,
            // JavaScript's numbers; a log of over four thousand million entries would still verify, and show the limit.
            index: u32::try_from(found.index).unwrap_or(u32::MAX),
            size: u32::try_from(found.size).unwrap_or(u32::MAX),
            origin: found.origin,
            problems: found.problems,
        }
    }
}

/// As a map. In a browser the serializer keeps a table of the names of a struct's fields, which weighs more than all
/// of this.
impl Serialize for Verification {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        map.serialize_entry("ok", &self.ok)?;
        map.serialize_entry("signature", &self.signature)?;
        map.serialize_entry("inclusion", &self.inclusion)?;
        map.serialize_entry("checkpoint", &self.checkpoint)?;
        map.serialize_entry("index", &self.index)?;
        map.serialize_entry("size", &self.size)?;
        map.serialize_entry("origin", &self.origin)?;
        map.serialize_entry("problems", &self.problems)?;
        map.end()
    }
}

#[cfg(all(test, feature = "schema"))]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_the_members_its_type_has() {
        let written = serde_json::to_value(Verification::of(Examination::default(), false, false)).unwrap();
        let schema = schemars::schema_for!(Verification).to_value();
        let names =
            |object: &serde_json::Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&written), names(&schema["properties"]));
    }
}
