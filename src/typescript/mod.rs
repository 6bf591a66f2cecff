//! The types of the core's JSON, for TypeScript. They come from the derives that the policy's JSON Schema comes from,
//! so they are what is written and read, and say what the types here say of themselves.

mod comment;
mod write;

use crate::{
    banner::Dialogs,
    consent::{Consistency, PublicKeys, Receipt, Recorded, Reply, Verification},
    policy::{Plan, schema},
    rights::{ErasureReply, RequestReply, restriction::Restriction},
};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;
use write::Module;

/// What pages and their SDK are given. The package carries it as `shapes.d.ts`.
pub fn shapes() -> String {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let types = [
        name::<Plan>(&mut generator),
        name::<Dialogs<'_>>(&mut generator),
        name::<Reply>(&mut generator),
        name::<Recorded>(&mut generator),
        name::<Receipt>(&mut generator),
        name::<PublicKeys>(&mut generator),
        name::<Verification>(&mut generator),
        name::<Consistency>(&mut generator),
        name::<ErasureReply>(&mut generator),
        name::<RequestReply>(&mut generator),
        name::<Restriction>(&mut generator),
    ];
    let definitions = generator.take_definitions(true);
    let mut module = Module::new(&definitions);
    for name in &types {
        module.declare(name);
    }
    module.finish()
}

fn name<T: JsonSchema>(generator: &mut SchemaGenerator) -> String {
    generator.subschema_for::<T>();
    T::schema_name().into_owned()
}

/// The policy document, as it may be written. The package carries it as `policy.d.ts`.
pub fn policy() -> String {
    let schema = schema();
    let mut definitions = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    definitions.insert("Policy".to_owned(), schema);
    let mut module = Module::new(&definitions);
    module.declare("Policy");
    module.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_package_carries_these_types() {
        for (name, text) in [("shapes", shapes()), ("policy", policy())] {
            let file = format!("{}/pkg/src/{name}.d.ts", env!("CARGO_MANIFEST_DIR"));
            let carried = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(
                carried, text,
                "pkg/src/{name}.d.ts is out of date: run `cargo xtask schema` to write it"
            );
        }
    }

    #[test]
    fn everything_has_a_type_and_a_word_of_what_it_is() {
        for text in [shapes(), policy()] {
            assert!(![": unknown", ", unknown", "unknown["].iter().any(|none| text.contains(none)), "{text}");
            let mut before = "";
            for line in text.lines() {
                let declares = line.starts_with("export") || line.starts_with("  ") && line.ends_with(';');
                assert!(!declares || before.ends_with("*/"), "{line}");
                before = line;
            }
            assert!(!text.contains("[`") && !text.contains("]("));
            assert!(text.lines().all(|line| line.chars().count() <= 120));
        }
    }
}
