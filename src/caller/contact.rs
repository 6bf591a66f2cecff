//! An address that reaches somebody: what is filed under it is theirs who can read what is sent there.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;
use std::fmt;

/// The longest address of mail, in bytes (RFC 5321, section 4.5.3.1.3).
const LONGEST_MAIL: usize = 254;

/// An address of mail or the number of a telephone, in one form whichever way it was written: as a URI, `mailto:` (RFC 6068)
/// or `tel:` (RFC 3966).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Contact(String);

/// What is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidContact;

impl fmt::Display for InvalidContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected an e-mail address, or a phone number with the country's code, such as +353 1 234 5678",
        )
    }
}

impl std::error::Error for InvalidContact {}

impl Contact {
    /// Reads an address as people write it. Letters lose their case, in front of the @ as well: no provider that matters
    /// tells them apart, and who typed a capital is the same person. Spaces and the like in numbers are left out.
    pub fn parse(text: &str) -> Result<Self, InvalidContact> {
        let text = text.trim();
        if text.contains('@') {
            let text = text.strip_prefix("mailto:").unwrap_or(text).to_lowercase();
            let (name, host) = text.rsplit_once('@').ok_or(InvalidContact)?;
            let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>(),;:\\\"[]?%&#".contains(c);
            let dotted = |part: &str| part.split('.').all(|label| !label.is_empty());
            // What has several spellings beyond ASCII would be several people: hosts are written as xn--.
            let is_host = text.is_ascii()
                && host.contains('.')
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
                && dotted(host);
            let is_name = !name.is_empty() && !name.contains('@') && name.chars().all(plain) && dotted(name);
            return if is_host && is_name && text.len() <= LONGEST_MAIL {
                Ok(Self(format!("mailto:{text}")))
            } else {
                Err(InvalidContact)
            };
        }
        let text = text.strip_prefix("tel:").unwrap_or(text);
        // Some write the zero of calls within the country.
        let number = text.strip_prefix('+').ok_or(InvalidContact)?.replace("(0)", "");
        let digits: String =
            number.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/')).collect();
        // E.164: at most 15 digits, of which the first is not zero.
        let is_number = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if is_number { Ok(Self(format!("tel:+{digits}"))) } else { Err(InvalidContact) }
    }

    /// Reads a subject identifier (RFC 9493, sections 3.2.2 and 3.2.5).
    pub(super) fn of_identifier(identifier: &Value) -> Option<Self> {
        let text = |name: &str| identifier.get(name).and_then(Value::as_str);
        match text("format")? {
            "email" => Self::parse(text("email")?).ok().filter(Self::is_mail),
            "phone_number" => Self::parse(text("phone_number")?).ok().filter(|contact| !contact.is_mail()),
            _ => None,
        }
    }

    /// Whether it is an address of mail.
    pub fn is_mail(&self) -> bool {
        self.0.starts_with("mailto:")
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Contact {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(input)?).map_err(D::Error::custom)
    }
}

/// The site's own name for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteName {
    /// That of their account.
    Account(String),
    /// Where they are reached.
    Contact(Contact),
}

impl SiteName {
    /// Data with the name as a member, `account` or `contact`; of somebody whom the site does not know, `account` is null.
    pub fn tell(name: Option<&Self>, mut data: Value) -> Value {
        let (member, value) = match name {
            Some(Self::Account(name)) => ("account", Value::from(name.as_str())),
            Some(Self::Contact(contact)) => ("contact", Value::from(contact.as_str())),
            None => ("account", Value::Null),
        };
        if let Some(data) = data.as_object_mut() {
            data.insert(member.to_owned(), value);
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_address_has_one_form() {
        for (written, canonical) in [
            (" Ann.O'Neil+shop@Mail.Example ", "mailto:ann.o'neil+shop@mail.example"),
            ("mailto:ann@mail.example", "mailto:ann@mail.example"),
            ("Joerg@xn--bcher-kva.example", "mailto:joerg@xn--bcher-kva.example"),
            ("+44 (0)20 7946 0958", "tel:+442079460958"),
            ("+353 (1) 234-56.78", "tel:+35312345678"),
            ("tel:+35312345678", "tel:+35312345678"),
        ] {
            assert_eq!(Contact::parse(written).unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        let long = format!("{}@mail.example", "a".repeat(250));
        for bad in [
            "",
            "ann",
            "@mail.example",
            "ann@",
            "ann@mail",
            "a@b@mail.example",
            "a b@mail.example",
            "a..b@mail.example",
            "j\u{f6}rg@b\u{fc}cher.example",
            "ann@mail..example",
            "ann@mail.example\nbcc: x@y.example",
            "ann@mail.example?bcc=x",
            "<ann@mail.example>",
            "0353 1 234",
            "+0123456789",
            "+123",
            "+1234567890123456",
            "+353 1 abc 5678",
            &long,
        ] {
            assert_eq!(Contact::parse(bad), Err(InvalidContact), "{bad:?}");
        }
    }

    #[test]
    fn identifiers_say_what_they_hold() {
        let read = |value| Contact::of_identifier(&value).map(|contact| contact.0);
        assert_eq!(
            read(json!({"format": "email", "email": "Ann@mail.example"})).unwrap(),
            "mailto:ann@mail.example"
        );
        assert_eq!(
            read(json!({"format": "phone_number", "phone_number": "+353 1234567"})).unwrap(),
            "tel:+3531234567"
        );
        for bad in [
            json!({"format": "email", "email": "+3531234567"}),
            json!({"format": "phone_number", "phone_number": "ann@mail.example"}),
            json!({"format": "opaque", "id": "7"}),
            json!({"email": "ann@mail.example"}),
            json!("ann@mail.example"),
        ] {
            assert_eq!(read(bad.clone()), None, "{bad}");
        }
    }
}
