//! What can be found in a text, and how often it was.

use serde::{Serialize, Serializer};

/// A kind of personal data or secret, with the mark that takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// An e-mail address (RFC 5321, RFC 6531), also percent-encoded.
    Email,
    /// The number of a payment card (ISO/IEC 7812).
    Card,
    /// A bank account (ISO 13616).
    Iban,
    /// A telephone number (E.164, or as a country writes its own).
    Phone,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A social security number of the United States.
    Ssn,
    /// The number another state gives a person.
    NationalId,
    /// A JSON Web Token (RFC 7519).
    Jwt,
    /// A PEM block (RFC 7468).
    Pem,
    /// A key or token in a form that its issuer publishes.
    ApiKey,
    /// The value of something named as a secret: `password=…`, `Authorization: …`.
    Secret,
    /// Name and password in an address: `scheme://name:password@host`.
    Userinfo,
    /// The hardware address of a network card.
    Mac,
    /// A word too long to be judged, and therefore not given back.
    Oversize,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; KINDS] = [
        Self::Email,
        Self::Card,
        Self::Iban,
        Self::Phone,
        Self::Ip,
        Self::Ssn,
        Self::NationalId,
        Self::Jwt,
        Self::Pem,
        Self::ApiKey,
        Self::Secret,
        Self::Userinfo,
        Self::Mac,
        Self::Oversize,
    ];

    /// Its name, as in [`Counts`].
    pub fn name(self) -> &'static str {
        let mark = self.mark();
        mark.get(1..mark.len() - 1).unwrap_or(mark)
    }

    /// What takes the place of a value: the name in square brackets.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Card => "[card]",
            Self::Iban => "[iban]",
            Self::Phone => "[phone]",
            Self::Ip => "[ip]",
            Self::Ssn => "[ssn]",
            Self::NationalId => "[national-id]",
            Self::Jwt => "[jwt]",
            Self::Pem => "[pem]",
            Self::ApiKey => "[api-key]",
            Self::Secret => "[secret]",
            Self::Userinfo => "[userinfo]",
            Self::Mac => "[mac]",
            Self::Oversize => "[oversize]",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

const KINDS: usize = 14;

/// How often each kind was found. As JSON an object of those that were: `{"email":3,"ip":1}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts([u32; KINDS]);

impl Counts {
    /// How often this kind was found.
    pub fn of(&self, kind: Kind) -> u32 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    /// How much was found at all.
    pub fn total(&self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    /// The kinds that were found, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u32)> {
        Kind::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    pub(in crate::anonymize) fn note(&mut self, kind: Kind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count = count.saturating_add(1);
        }
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(kind, count)| (kind.name(), count)))
    }
}

/// Which kinds are looked for; all, unless some are switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    off: u16,
}

impl Options {
    /// Without this kind: what is of it stays in the text.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        Self { off: self.off | kind.bit() }
    }

    /// Whether this kind is looked for.
    pub const fn looks_for(self, kind: Kind) -> bool {
        self.off & kind.bit() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_an_object_of_what_was_found() {
        let mut counts = Counts::default();
        assert_eq!(serde_json::to_string(&counts).unwrap(), "{}");
        counts.note(Kind::NationalId);
        let mut more = Counts::default();
        more.note(Kind::Email);
        more.note(Kind::Email);
        counts.add(&more);
        assert_eq!(serde_json::to_string(&counts).unwrap(), r#"{"email":2,"national-id":1}"#);
        assert_eq!((counts.of(Kind::Email), counts.of(Kind::Card), counts.total()), (2, 0, 3));
    }

    #[test]
    fn each_kind_has_its_own_place_and_mark() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
            assert_eq!(kind.mark(), format!("[{}]", kind.name()));
            let options = Options::default().without(kind);
            assert_eq!(Kind::ALL.iter().filter(|other| !options.looks_for(**other)).count(), 1);
        }
    }
}
