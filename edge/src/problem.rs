//! Errors as RFC 9457 `application/problem+json`, naming the field and saying what to do.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where the types of problem are named; the last part is the slug.
const TYPES: &str = "/.consentry/problems/";

/// The member by which objects say that they go on.
const GOES_ON: &str = "goes_on";

/// A problem, ready to be shown. It never holds what a person sent or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A relative URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here and what to do.
    pub detail: String,
    /// The field it is about, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Further members of the kind.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What every handler returns.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    fn new(status: u16, slug: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{TYPES}{slug}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            field: None,
            more: Map::new(),
        }
    }

    /// 400 or 422: a field is missing, of the wrong type or not allowed.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let problem = Self::new(422, "invalid-field", "A field is not valid", detail);
        Self { field: Some(field.to_owned()), ..problem }
    }

    /// 400: the body as a whole cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(400, "malformed-body", "The body cannot be read", detail)
    }

    /// 401: an operator's token is missing or wrong.
    pub fn unauthorized() -> Self {
        Self::new(
            401,
            "unauthorized",
            "An operator's token is needed",
            "Send the token as \"Authorization: Bearer …\".",
        )
    }

    /// 401: a key of the site's backend is missing or not known.
    pub fn key_needed() -> Self {
        let detail = "Send a key that is deployed in API_KEYS as \"Authorization: Bearer csk_…\".";
        Self::new(401, "key-needed", "A key of the site's backend is needed", detail)
    }

    /// 403: the key may not do this.
    pub fn not_in_scope() -> Self {
        let detail = "The key has no scope for this: records:read or records:write, for this category or for all; or cards:tokenise.";
        Self::new(403, "not-in-scope", "The key may not do this", detail)
    }

    /// 401: an account's token is missing or counts for nothing.
    pub fn token_refused(detail: impl Into<String>) -> Self {
        Self::new(401, "token-refused", "The account's token is not accepted", detail)
    }

    /// 401: an account's token is needed.
    pub fn account_needed() -> Self {
        Self::token_refused("Send the account's token as \"Authorization: Bearer …\".")
    }

    /// 403: it has to be shown better who asks.
    pub fn step_up(needs: impl Serialize) -> Self {
        let detail = "This cannot be undone, so the site has to have asked for the password or the like within the last \
                      five minutes. Log in again, and send a token with auth_time (OpenID Connect Core, section 2).";
        Self::new(403, "step-up-needed", "It has to be shown anew who asks", detail).with("needs", needs)
    }

    /// 401: an address has to be proved first, or again.
    pub fn code_needed() -> Self {
        let detail = "Have a code sent with POST contact/codes, and give it back with POST contact/proofs.";
        Self::new(401, "code-needed", "It has to be shown whose address it is", detail)
    }

    /// 403: a code is not the one that was sent.
    pub fn code_refused(detail: impl Into<String>) -> Self {
        Self::new(403, "code-refused", "The code is not accepted", detail)
    }

    /// An object was named a policy that it does not know: the Worker sends it along then.
    pub fn policy_needed() -> Self {
        Self::new(428, "policy-needed", "The policy is needed", "Send the policy's document along.")
    }

    /// 429: too often.
    pub fn too_many(seconds: u64) -> Self {
        let detail = format!("This was asked for too often. Try again in {seconds} seconds.");
        Self::new(429, "too-many", "Too often", detail).with("retry_after", seconds)
    }

    /// 411: the length is not said beforehand.
    pub fn length_required() -> Self {
        let detail =
            "Say with Content-Length how many bytes follow, so that they can be stored as they come.";
        Self::new(411, "length-required", "The length of the body is needed", detail)
    }

    /// 500: what is stored is not what was stored. The log has an entry of it.
    pub fn damaged() -> Self {
        let detail =
            "What is stored there is not what was stored. The operator can see it in the audit trail.";
        Self::new(500, "damaged", "The record is damaged", detail)
    }

    /// 423: the person's data may only be stored.
    pub fn frozen(detail: impl Into<String>) -> Self {
        Self::new(423, "frozen", "The person's data may only be stored", detail)
    }

    /// 401: a signature is missing or does not hold. `now` is the server's time, which a wrong clock can be
    /// set by.
    pub fn not_signed(detail: impl Into<String>, now: u64) -> Self {
        let title = "The request is not signed";
        Self::new(401, "not-signed", title, detail).with("now", now)
    }

    /// 403: who asks may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", "This is not for who asks", detail)
    }

    /// 403: the request comes from another site.
    pub fn cross_origin() -> Self {
        let detail = "Requests are taken from the site's own pages, and from those of the origins that the policy names \
                      under site.origins.";
        Self::new(403, "cross-origin", "The request comes from another origin", detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not-found", "Nothing is here", detail)
    }

    /// 405; the router adds the `Allow` header.
    pub fn method_not_allowed(allowed: &str) -> Self {
        let detail = format!("This address takes {allowed}.");
        let mut problem = Self::new(405, "method-not-allowed", "The method is not allowed here", detail);
        problem.more.insert("allow".into(), allowed.into());
        problem
    }

    /// 409: the world has moved on since the page was shown.
    pub fn conflict(slug: &str, title: &str, detail: impl Into<String>) -> Self {
        Self::new(409, slug, title, detail)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            413,
            "body-too-large",
            "The body is too large",
            format!("At most {limit} bytes are taken here."),
        )
    }

    /// 415.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(
            415,
            "unsupported-media-type",
            "The content type is not taken here",
            format!("Send {expected}."),
        )
    }

    /// 503: a part the answer needs is not available now; the same request can be sent again.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", "Not available at the moment", detail)
    }

    /// Whether the same may be had later.
    pub const fn is_unavailable(&self) -> bool {
        self.status == 503
    }

    /// 503: as much was done as can be at once, and the rest follows by itself.
    pub fn goes_on() -> Self {
        let detail =
            "There is more to do than can be done at once. It goes on by itself; ask again in a while.";
        Self::unavailable(detail).with(GOES_ON, true)
    }

    /// Whether it is that.
    pub fn is_goes_on(&self) -> bool {
        self.more.contains_key(GOES_ON)
    }

    /// 503: the deployment itself is incomplete. The detail names a secret or binding, never its value.
    pub fn misconfigured(detail: impl Into<String>) -> Self {
        Self::new(503, "misconfigured", "The service is not configured", detail)
    }

    /// 500, for what should not happen. `place` is a fixed name for the log; nothing of the cause is shown or
    /// logged, since causes may quote values.
    pub fn internal(place: &'static str) -> Self {
        worker::console_error!("{}", serde_json::json!({"t": "fault", "place": place}));
        Self::new(
            500,
            "internal",
            "Internal error",
            "The request failed here. Sending it again does no harm.",
        )
    }

    /// The last part of the type.
    pub fn slug(&self) -> &str {
        self.kind.rsplit('/').next().unwrap_or_default()
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.more.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }
}

/// An error's message as a sentence.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let message = error.to_string();
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// Names the place where something failed that should not.
pub trait OrInternal<T> {
    /// Turns any error into a 500 that is logged under a fixed name.
    fn or_internal(self, place: &'static str) -> Answer<T>;
}

impl<T, E> OrInternal<T> for Result<T, E> {
    fn or_internal(self, place: &'static str) -> Answer<T> {
        self.map_err(|_| Problem::internal(place))
    }
}

impl<T> OrInternal<T> for Option<T> {
    fn or_internal(self, place: &'static str) -> Answer<T> {
        self.ok_or_else(|| Problem::internal(place))
    }
}
