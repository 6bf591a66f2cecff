//! Putting a JSON record right: members by pointer, with what they were before.

use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};

/// A record put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rectified {
    /// What it is now.
    pub content: Value,
    /// What the members were before; `null` for those that were not there.
    pub before: BTreeMap<String, Value>,
}

/// Why it was not put right. Nothing of it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The record has nothing that this points to.
    NoSuchMember(String),
    /// Everything is as it should be already.
    Unchanged,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchMember(pointer) => write!(f, "the record has no place for {pointer}"),
            Self::Unchanged => f.write_str("the record says this already"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Sets members to what is right. A member may be new, what it is in has to be there.
pub fn rectify(content: &Value, changes: &BTreeMap<String, Value>) -> Result<Rectified, Refusal> {
    let (mut after, mut before) = (content.clone(), BTreeMap::new());
    for (pointer, right) in changes {
        let missing = || Refusal::NoSuchMember(pointer.clone());
        let was = if let Some(member) = after.pointer_mut(pointer) {
            std::mem::replace(member, right.clone())
        } else {
            let (parent, name) = pointer.rsplit_once('/').ok_or_else(missing)?;
            let parent = after.pointer_mut(parent).and_then(Value::as_object_mut).ok_or_else(missing)?;
            add(parent, name, right.clone())
        };
        before.insert(pointer.clone(), was);
    }
    if after == *content { Err(Refusal::Unchanged) } else { Ok(Rectified { content: after, before }) }
}

fn add(parent: &mut Map<String, Value>, name: &str, right: Value) -> Value {
    parent.insert(name.replace("~1", "/").replace("~0", "~"), right).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changes(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        pairs.iter().map(|(pointer, value)| ((*pointer).to_owned(), value.clone())).collect()
    }

    #[test]
    fn members_are_set_and_what_they_were_is_kept() {
        let record = json!({"city": "Crok", "address": {"street": "1 Lane"}, "a/b": 1});
        let right = changes(&[
            ("/city", json!("Cork")),
            ("/address/zip", json!("T12")),
            ("/a~1b", json!(2)),
            ("/x~1~0", json!(true)),
        ]);
        let Rectified { content, before } = rectify(&record, &right).unwrap();
        let address = json!({"street": "1 Lane", "zip": "T12"});
        assert_eq!(content, json!({"city": "Cork", "address": address, "a/b": 2, "x/~": true}));
        assert_eq!(before["/city"], "Crok");
        assert_eq!(before["/address/zip"], Value::Null);
        assert_eq!(before["/a~1b"], 1);
    }

    #[test]
    fn what_is_not_there_or_the_same_changes_nothing() {
        let record = json!({"city": "Cork", "tags": ["a"]});
        for pointer in ["/address/zip", "/city/name", "/tags/3", "city"] {
            let refused = rectify(&record, &changes(&[(pointer, json!("x"))]));
            assert_eq!(refused, Err(Refusal::NoSuchMember(pointer.to_owned())));
        }
        assert_eq!(rectify(&record, &changes(&[("/city", json!("Cork"))])), Err(Refusal::Unchanged));
        assert_eq!(rectify(&record, &BTreeMap::new()), Err(Refusal::Unchanged));
    }
}
