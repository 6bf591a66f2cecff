//! Which names say that their value is a secret.

use super::{
    pairs::{Pairs, is_listed, list, words},
    triples::Triples,
};

/// What the value of a secret's name looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    /// One word.
    Word,
    /// One word, which is a number of a kind that has a mark of its own.
    Number,
    /// One long word: the name has other uses.
    Long,
    /// Credentials of HTTP, which name their scheme first.
    Credentials,
    /// A whole line, as headers are: cookies.
    Line,
}

/// Whether the value under a name is a secret: `password`, `userPassword`, `x-api-key`, `session_id`, `set-cookie`, but
/// not `author`, `authenticated`, `token_count` or `primary_key`.
///
/// Names are read as words, parted by case, `_`, `-`, `.` or spaces; what matters is what the last of them say.
pub fn names_secret(name: &str) -> bool {
    secret(name.as_bytes()).is_some()
}

/// Words that name a secret by themselves, last in a name.
const NOUNS: &[u8] = &list(
    *b" password passwords passwd passwort pwd pass passphrase passcode secret secrets token \
    authorization auth oauth bearer cookie cookies session sessionid sessid sid csrf xsrf \
    csrftoken csrfmiddlewaretoken jwt credential credentials creds otp totp pin cvv cvv2 cvc cvc2 \
    csc ssn apikey secretkey accesskey privatekey sig salt pgpass kennwort passkey authkey \
    signingkey encryptionkey",
);

/// Ends of words that are written as one: `accesstoken`, `dbpassword`.
const ENDS: &[u8] = &list(
    *b" password passwd passphrase secret token apikey secretkey accesskey privatekey sessionid sessid \
    pwd",
);

/// What makes a secret of the `key` or `code` after it.
const KEYS: &[u8] = &list(
    *b" api access secret private signing encryption master account shared session auth app client \
    consumer service storage deploy subscription ssh pgp gpg webhook jwt hmac root admin license \
    verification security recovery backup otp confirmation pin activation host",
);

/// What may follow a secret's name without making it the name of something else.
const AFTER: &[u8] = &list(
    *b" hash value data header string text base64 b64 enc encrypted old new confirm confirmation again \
    repeat plain raw current digest salt hashed",
);

/// Words that are looked at in a name, with what stands before them.
const LAST: &[u8] = &list(*b" key keys code id number security");

/// What the name of a secret ends in, before any digits; almost every other name is told apart by it.
const ENDINGS: Triples = Triples::new()
    .with_ends(NOUNS)
    .with_ends(ENDS)
    .with_ends(AFTER)
    .with_ends(LAST)
    .with_ends(&list(*b" signature"));

/// Whether the name of a secret may end in three bytes, the last of which is a letter.
#[inline]
pub(super) const fn may_end(third: u8, second: u8, last: u8) -> bool {
    if !second.is_ascii_alphabetic() {
        // `b64`.
        last | 32 == b'b'
    } else if !third.is_ascii_alphabetic() {
        second | 32 == b'i' && last | 32 == b'd'
    } else {
        ENDINGS.may_have(third, second, last)
    }
}

/// Longer names are read from here on.
const LONGEST: usize = 64;

/// What a name says of its value, if that is a secret.
pub(super) fn secret(name: &[u8]) -> Option<Secret> {
    let name = name.get(name.len().saturating_sub(LONGEST)..).unwrap_or(name);
    // `password2`, and what brackets are left of a form field.
    let end = name.iter().rposition(u8::is_ascii_alphabetic)? + 1;
    let mut ends = name.get(..end)?.iter().rev().copied().chain([0, 0]);
    let (last, second, third) = (ends.next()?, ends.next()?, ends.next()?);
    if !may_end(third, second, last) {
        return None;
    }
    let mut parts = Words { rest: name };
    let mut last = parts.next()?;
    loop {
        let first = parts.rest.is_empty();
        let after = may_begin(&AFTER_STARTS, last) && is_listed(AFTER, last);
        if !(last.iter().all(u8::is_ascii_digit) || after && !(first && is(last, b"salt"))) {
            break;
        }
        last = parts.next()?;
    }
    let word = trimmed(last);
    let before = parts.clone().next().unwrap_or_default();
    let of = |known: &[u8]| is_listed(known, before);
    let found = match word.len() {
        2 if is(word, b"id") => of(const { &list(*b" session sess") }).then_some(Secret::Word)?,
        3 if is(word, b"key") => of(KEYS).then_some(Secret::Word)?,
        3 if is(word, b"ssn") => Secret::Number,
        3 if is(word, b"sig") => Secret::Long,
        4 if is(word, b"keys") || is(word, b"code") => of(KEYS).then_some(Secret::Word)?,
        6 if is(word, b"number") => of(const { &list(*b" security card") }).then_some(Secret::Number)?,
        8 if is(word, b"security") => of(const { &list(*b" social") }).then_some(Secret::Number)?,
        9 if is(word, b"signature") => of(const { &list(*b" amz") }).then_some(Secret::Word)?,
        6 | 7 if is_listed(const { &list(*b" cookie cookies") }, word) => Secret::Line,
        4..=13 if is_listed(const { &list(*b" authorization auth token bearer") }, word) => {
            Secret::Credentials
        }
        _ if may_begin(&NOUN_STARTS, last) && (is_listed(NOUNS, word) || is_listed(NOUNS, last)) => {
            Secret::Word
        }
        _ => words(ENDS).any(|end| ends_with(word, end)).then_some(Secret::Word)?,
    };
    Some(found)
}

/// With what those words begin.
const NOUN_STARTS: Pairs = Pairs::new().with_starts(NOUNS);
const AFTER_STARTS: Pairs = Pairs::new().with_starts(AFTER);

fn may_begin(pairs: &Pairs, word: &[u8]) -> bool {
    matches!(word, [one, other, ..] if pairs.may_have(*one, *other))
}

fn is(word: &[u8], known: &[u8]) -> bool {
    word.eq_ignore_ascii_case(known)
}

/// Whether a word has something before this end.
fn ends_with(word: &[u8], end: &[u8]) -> bool {
    let start = word.len().checked_sub(end.len()).filter(|start| *start > 0);
    start.and_then(|start| word.get(start..)).is_some_and(|last| is(last, end))
}

/// Without digits at the end.
fn trimmed(word: &[u8]) -> &[u8] {
    let end = word.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |place| place + 1);
    word.get(..end).unwrap_or_default()
}

/// The words of a name, last first.
#[derive(Clone)]
struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while let Some((last, rest)) = self.rest.split_last()
            && !last.is_ascii_alphanumeric()
        {
            self.rest = rest;
        }
        let (name, mut after) = (self.rest, 0_u8);
        while let Some((byte, rest)) = self.rest.split_last() {
            // Words part before a capital letter that a small one follows, and after a small letter before a capital.
            let parts = byte.is_ascii_lowercase() && after.is_ascii_uppercase();
            if !byte.is_ascii_alphanumeric() || parts {
                break;
            }
            self.rest = rest;
            if byte.is_ascii_uppercase() && after.is_ascii_lowercase() {
                break;
            }
            after = *byte;
        }
        name.get(self.rest.len()..).filter(|word| !word.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "Password",
            "PASSWORD",
            "userPassword",
            "user_password",
            "user-password",
            "user[password",
            "passwd",
            "pwd",
            "db.password",
            "DB_PASSWORD",
            "dbpassword",
            "password2",
            "password_confirmation",
            "new_password",
            "password_hash",
            "oldPassword",
            "passphrase",
            "secret",
            "client_secret",
            "clientSecret",
            "secretKey",
            "AWS_SECRET_ACCESS_KEY",
            "token",
            "access_token",
            "accessToken",
            "accesstoken",
            "refresh_token",
            "id_token",
            "authToken",
            "X-Auth-Token",
            "api_key",
            "apiKey",
            "apikey",
            "x-api-key",
            "API key",
            "private_key",
            "privateKey",
            "AccountKey",
            "SharedAccessKey",
            "authorization",
            "Authorization",
            "Proxy-Authorization",
            "auth",
            "cookie",
            "Cookie",
            "set-cookie",
            "Set-Cookie",
            "session",
            "session_id",
            "sessionId",
            "PHPSESSID",
            "JSESSIONID",
            "connect.sid",
            "csrf",
            "_csrf",
            "csrfToken",
            "X-CSRF-Token",
            "XSRF-TOKEN",
            "csrfmiddlewaretoken",
            "authenticity_token",
            "jwt",
            "credentials",
            "otp",
            "cvv",
            "cvc",
            "cvv2",
            "security_code",
            "ssn",
            "SSN",
            "social_security_number",
            "card_number",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "sig",
            "otpCode",
            "JWTSecret",
            "mysql_pwd",
            "pin",
            "passwordHash",
        ] {
            assert!(names_secret(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "",
            "author",
            "authors",
            "authenticated",
            "authority",
            "authentication_method",
            "token_count",
            "max_tokens",
            "tokens",
            "token_type",
            "expires_in",
            "key",
            "primary_key",
            "public_key",
            "cache_key",
            "keyboard",
            "monkey",
            "secretary",
            "passenger",
            "compass",
            "bypass",
            "session_count",
            "session_duration",
            "cookie_consent",
            "cookiebanner",
            "password_changed_at",
            "password_reset_url",
            "passing",
            "user_id",
            "id",
            "code",
            "status_code",
            "error_code",
            "zip_code",
            "country_code",
            "version",
            "duration",
            "level",
            "message",
            "spin",
            "email",
            "description",
            "1",
            "_",
            "äöü",
        ] {
            assert!(!names_secret(name), "{name}");
        }
        assert!(!names_secret(&"a".repeat(10_000)));
    }
}
