//! Reading bodies: JSON or a form, into one shape, with problems that name the field and never quote a value.

use crate::{
    problem::{Answer, Problem},
    request::{Incoming, MAX_BODY},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A body in either form.
pub enum Body {
    /// `application/json`.
    Json(Vec<u8>),
    /// `application/x-www-form-urlencoded`, pairs in order.
    Form(Vec<(String, String)>),
    /// Nothing.
    Empty,
}

impl Body {
    /// Reads a request's body.
    pub async fn read(request: &mut Incoming) -> Answer<Self> {
        let media_type = request.media_type();
        let bytes = request.body(MAX_BODY).await?;
        match media_type.as_str() {
            "application/json" => Ok(Self::Json(bytes)),
            // A browser shows the answer to a form, and another origin's pages have nothing to show.
            "application/x-www-form-urlencoded" if request.declared.is_none() => {
                Ok(Self::Form(form_urlencoded::parse(&bytes).into_owned().collect()))
            }
            _ if bytes.is_empty() => Ok(Self::Empty),
            _ if request.declared.is_some() => Err(Problem::unsupported_media_type("application/json")),
            _ => {
                Err(Problem::unsupported_media_type("application/json or application/x-www-form-urlencoded"))
            }
        }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Whether it is a form, which a browser without JavaScript sent and shows the answer of.
    pub const fn is_form(&self) -> bool {
        matches!(self, Self::Form(_))
    }

    /// The bytes of what is JSON.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Json(bytes) => bytes,
            Self::Form(_) | Self::Empty => &[],
        }
    }

    /// A form's pairs, in order; nothing of a body that is no form.
    pub fn fields(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Form(pairs) => pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            Self::Json(_) | Self::Empty => Vec::new(),
        }
    }

    /// The body as a typed value. `of_form` turns a form's pair into a member; repeated pairs are joined there.
    pub fn parse<T: DeserializeOwned>(
        &self,
        of_form: impl Fn(&mut Map<String, Value>, &str, &str),
    ) -> Answer<T> {
        let object = match self {
            Self::Json(bytes) => serde_json::from_slice(bytes).map_err(|e| {
                Problem::malformed(format!("Not JSON: line {}, column {}.", e.line(), e.column()))
            })?,
            Self::Form(pairs) => {
                let mut object = Map::new();
                for (name, value) in pairs {
                    of_form(&mut object, name, value);
                }
                Value::Object(object)
            }
            Self::Empty => return Err(Problem::malformed("The body is empty.")),
        };
        if !object.is_object() {
            return Err(Problem::malformed("Expected a JSON object."));
        }
        serde_path_to_error::deserialize(&object).map_err(|e| {
            let path = e.path().to_string();
            field_problem(&path, &e.into_inner().to_string())
        })
    }
}

/// Turns the parser's message into a problem. Its messages quote what was sent; only what was expected, which comes
/// last, is kept.
fn field_problem(path: &str, message: &str) -> Problem {
    let expected = message.rsplit_once(", expected ").map(|(_, expected)| expected);
    if message.starts_with("missing field") {
        let name = message.split('`').nth(1).unwrap_or_default();
        return Problem::invalid(name, format!("The field {name} is missing."));
    }
    if message.starts_with("unknown field") {
        return Problem::invalid(
            path,
            format!("There is no such field; known are {}.", expected.unwrap_or("others")),
        );
    }
    // The core's own messages start with what they expect and quote nothing.
    let expected = expected.or_else(|| message.strip_prefix("expected ")).unwrap_or("another value");
    Problem::invalid(path, format!("Expected {expected}."))
}
