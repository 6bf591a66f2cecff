//! The built-in languages: for each a file of texts (`de.json`) and one of country names
//! (`countries.de.txt`). A language is read when it is first asked for.

use super::{Interface, negotiate::Tag, plural, tables::Table};
use crate::policy::Locale;
use serde_json::Value;
use std::{borrow::Cow, sync::OnceLock};

/// A language as it is compiled in.
pub(super) struct Language {
    /// Its tag.
    pub(super) tag: &'static str,
    /// Its texts, by table and key.
    pub(super) json: &'static str,
    /// ISO 3166-1 codes with names, one a line.
    pub(super) countries: &'static str,
    read: OnceLock<Interface>,
}

macro_rules! languages {
    ($first:literal $($tag:literal)*) => {
        static ENGLISH: Language = languages!(@one $first);
        static OTHERS: [Language; [$($tag),*].len()] = [$(languages!(@one $tag)),*];
    };
    (@one $tag:literal) => {
        Language {
            tag: $tag,
            json: include_str!(concat!($tag, ".json")),
            countries: include_str!(concat!("countries.", $tag, ".txt")),
            read: OnceLock::new(),
        }
    };
}

languages!(
    "en" "ar" "bg" "cs" "da" "de" "el" "es" "et" "fi" "fr" "ga" "he" "hr" "hu" "is" "it" "ja"
    "ko" "lt" "lv" "mt" "nb" "nl" "pl" "pt" "pt-BR" "ro" "sk" "sl" "sv" "tr" "uk" "zh-Hans"
);

/// Every built-in language.
pub(super) fn all() -> impl Iterator<Item = &'static Language> {
    [&ENGLISH].into_iter().chain(&OTHERS)
}

/// English, which is there always; its country names are also the list of codes there are.
pub(super) fn english() -> &'static Language {
    &ENGLISH
}

/// The built-in language a locale is shown in: its own, else the same with less detail.
pub(super) fn find(locale: &Locale) -> Option<&'static Language> {
    let wanted = Tag::parse(locale.as_str())?;
    let mut forms = wanted.forms().map(|form| form.to_string());
    forms.find_map(|form| all().find(|language| language.tag == form))
}

impl Language {
    /// The texts, for a locale of this language.
    pub(super) fn interface(&'static self, locale: &Locale) -> Interface {
        let read = self.read.get_or_init(|| self.read());
        Interface {
            words: read.words.lend(),
            terms: read.terms.lend(),
            replies: read.replies.lend(),
            messages: read.messages.lend(),
            rights: read.rights.lend(),
            copies: read.copies.lend(),
            countries: self.countries,
            locale: locale.clone(),
        }
    }

    #[expect(clippy::expect_used, reason = "files of our own, each of which a test reads")]
    fn read(&self) -> Interface {
        let locale: Locale = self.tag.parse().expect("a language tag");
        let tables: Value = serde_json::from_str(self.json).expect("a language file is JSON");
        Interface {
            words: table(&tables, "words", &locale),
            terms: table(&tables, "terms", &locale),
            replies: table(&tables, "replies", &locale),
            messages: table(&tables, "messages", &locale),
            rights: table(&tables, "rights", &locale),
            copies: table(&tables, "copies", &locale),
            countries: self.countries,
            locale,
        }
    }
}

/// One table of a file. What a file leaves out would stay empty; a test has none leave out any.
fn table<T: Table>(tables: &Value, name: &str, locale: &Locale) -> T {
    let mut table = T::default();
    for (key, text) in tables.get(name).and_then(Value::as_object).into_iter().flatten() {
        if let (Some(slot), Some(text)) = (table.slot(key), text_of(text, locale)) {
            *slot = Cow::Owned(text);
        }
    }
    table
}

/// A text, or the plural forms of one joined as a site writes them.
fn text_of(value: &Value, locale: &Locale) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(forms) => {
            Some(plural::join(locale, |category| forms.get(category).and_then(Value::as_str)))
        }
        _ => None,
    }
}
