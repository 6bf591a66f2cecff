//! From text to a policy that can be relied on.

use super::{Policy, Problem, check};
use serde::Deserialize as _;
use serde_json::Value;

/// The most bytes a policy document may have.
pub const MAX_BYTES: usize = 256 * 1024;

/// Reads and checks a document. A document that has the right shape gets all its errors reported at once; what
/// [`super::warnings`] says does not keep it out.
pub fn parse(text: &str) -> Result<Policy, Vec<Problem>> {
    if text.len() > MAX_BYTES {
        let message = format!("{} bytes are more than the {MAX_BYTES} a policy may have", text.len());
        return Err(vec![Problem::error(
            "",
            message,
            "It is read for every page that is shown.",
            "Shorten its texts, or leave out locales that are not used.",
        )]);
    }
    let policy = read(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(|problem| vec![problem])?;
    let mut errors = check(&policy);
    errors.retain(Problem::is_error);
    if errors.is_empty() { Ok(policy) } else { Err(errors) }
}

fn read(text: &str) -> Result<Policy, Problem> {
    let mut input = serde_json::Deserializer::from_str(text);
    let policy = serde_path_to_error::deserialize(&mut input).map_err(|error| {
        let path = error.path().to_string();
        // The document as a whole, or no document at all.
        let path = if path == "." || path == "?" { String::new() } else { path };
        shape_problem(text, path, error.inner())
    })?;
    input.end().map_err(|error| shape_problem(text, String::new(), &error))?;
    if let Some(path) = unnamed(text, &policy) {
        return Err(Problem::error(
            path,
            "invalid type: a list, expected an object",
            "Values that nobody named would be taken in order.",
            "Name each value: `{\"id\": \"...\"}`.",
        ));
    }
    Ok(policy)
}

/// Where a list stands for an object. The deserializer takes a list's items for fields in order, which would let
/// values in that nobody named.
fn unnamed(text: &str, policy: &Policy) -> Option<String> {
    fn walk(written: &Value, read: &Value, path: &str) -> Option<String> {
        match (written, read) {
            (Value::Array(_), Value::Object(_)) => Some(path.to_owned()),
            (Value::Array(written), Value::Array(read)) => (0..)
                .zip(written.iter().zip(read))
                .find_map(|(i, (a, b))| walk(a, b, &format!("{path}[{i}]"))),
            (Value::Object(written), Value::Object(read)) => written.iter().find_map(|(key, a)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(a, read.get(key)?, &path)
            }),
            _ => None,
        }
    }
    walk(&serde_json::from_str(text).ok()?, &serde_json::to_value(policy).ok()?, "")
}

fn shape_problem(text: &str, path: String, error: &serde_json::Error) -> Problem {
    // Fields a later version added would be reported as unknown; the version is what is really wrong.
    if let Some(version) = stated_version(text).filter(|version| *version != 1) {
        return version_problem(version);
    }
    let (why, remedy) = if error.is_data() {
        (
            "What is not understood cannot be obeyed.",
            "Write what the format asks for; pkg/policy.schema.json describes every field.",
        )
    } else {
        (
            "The document cannot be read.",
            "Make it valid JSON: double quotes, no comments, no comma after the last item.",
        )
    };
    Problem::error(path, error.to_string(), why, remedy)
}

fn stated_version(text: &str) -> Option<u64> {
    let mut input = serde_json::Deserializer::from_str(text);
    Value::deserialize(&mut input).ok()?.get("version")?.as_u64()
}

pub(super) fn version_problem(version: u64) -> Problem {
    Problem::error(
        "version",
        format!("version {version} of the format is not known here"),
        "Fields that are not known here could not be obeyed.",
        "Write 1.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::json;

    fn only_problem(text: &str) -> Problem {
        let mut problems = parse(text).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    }

    #[test]
    fn accepts_the_sample_with_and_without_a_byte_order_mark() {
        let text = sample::json().to_string();
        assert_eq!(parse(&text), parse(&format!("\u{feff}{text}")));
        assert!(parse(&text).is_ok());
    }

    #[test]
    fn what_is_not_json_says_where() {
        assert!(only_problem("").message.starts_with("EOF while parsing"), "{}", only_problem(""));
        let problem = only_problem("{\"version\": 1,}");
        assert!(problem.message.contains("line 1 column 15"), "{problem}");
        assert!(problem.remedy.contains("no comma after the last item"), "{problem}");
        assert!(only_problem(&format!("{} x", sample::json())).message.contains("trailing characters"));
        assert!(parse(&"[".repeat(100_000)).is_err(), "depth is bounded too");
    }

    #[test]
    fn oversize_documents_are_not_even_read() {
        let problem = only_problem(&" ".repeat(MAX_BYTES + 1));
        assert!(problem.message.contains("262145 bytes"), "{problem}");
        let padding = MAX_BYTES - sample::json().to_string().len();
        assert!(parse(&format!("{}{}", sample::json(), " ".repeat(padding))).is_ok());
    }

    #[test]
    fn shape_errors_name_their_path() {
        let with = |pointer: &str, key: &str, value: Value| {
            let mut json = sample::json();
            json.pointer_mut(pointer).unwrap()[key] = value;
            let problem = only_problem(&json.to_string());
            (problem.path.clone(), problem.message)
        };
        let (path, message) = with("/purposes/1", "id", json!("Analytics!"));
        assert_eq!(path, "purposes[1].id");
        assert!(message.starts_with("expected a lower-case letter"), "{message}");

        let (path, message) = with("/purposes/1", "colour", json!("red"));
        assert_eq!(path, "purposes[1].colour");
        assert!(
            message.starts_with("unknown field `colour`, expected one of `id`, `essential`"),
            "{message}"
        );

        let (path, message) = with("/services/0/cookies/0", "lifetime", json!("forever"));
        assert_eq!(path, "services[0].cookies[0].lifetime");
        assert!(message.contains("such as P6M, P30D or PT24H, or `session`"), "{message}");

        let (path, _) = with("/services/0/recipient", "country", json!("UK"));
        assert_eq!(path, "services[0].recipient.country");
        let (path, _) = with("/purposes/0/name", "EN", json!("x"));
        assert!(path.starts_with("purposes[0].name"), "{path}");
    }

    #[test]
    fn a_list_is_no_object() {
        for (pointer, path, list) in [
            ("/site", "site", json!(["fern-clay", "Fern & Clay"])),
            ("/services/1/cookies/0", "services[1].cookies[0]", json!(["ad_id", "P3M"])),
            ("/consent/proof", "consent.proof", json!(["P3Y", "claims"])),
        ] {
            let mut json = sample::json();
            *json.pointer_mut(pointer).unwrap() = list;
            let problem = only_problem(&json.to_string());
            assert_eq!(problem.path, path, "{problem}");
        }
    }

    #[test]
    fn every_object_refuses_unknown_fields() {
        // Each object of a document in which every optional part is present.
        fn objects(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(members) => {
                    found.push(at.to_owned());
                    members.iter().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
                }
                serde_json::Value::Array(items) => {
                    (0..).zip(items).for_each(|(i, item)| objects(item, &format!("{at}/{i}"), found));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        objects(&sample::full(), "", &mut found);
        assert!(found.len() > 20, "{found:?}");
        for pointer in found {
            let mut json = sample::full();
            json.pointer_mut(&pointer).unwrap()["unheard_of"] = json!("x");
            assert!(parse(&json.to_string()).is_err(), "{pointer} lets an unknown field in");
        }
    }

    #[test]
    fn a_later_version_is_named_as_such() {
        let mut json = sample::json();
        json["version"] = json!(2);
        json["regimes"] = json!([]);
        assert_eq!(only_problem(&json.to_string()), version_problem(2));
        json.as_object_mut().unwrap().remove("regimes");
        assert_eq!(only_problem(&json.to_string()), version_problem(2));
    }
}
