//! Language tags, and text in several languages.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{collections::BTreeMap, fmt, marker::PhantomData, str::FromStr};

/// Why a text is not a locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidLocale;

impl fmt::Display for InvalidLocale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a language tag such as en, pt-BR or zh-Hant")
    }
}

impl std::error::Error for InvalidLocale {}

/// A language, with a script and a region where they matter (BCP 47): `en`, `pt-BR`, `zh-Hant`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Locale(
    #[cfg_attr(
        feature = "schema",
        schemars(regex(pattern = "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"))
    )]
    String,
);

impl Locale {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language alone.
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The direction of its script, as HTML's `dir` has it.
    pub fn direction(&self) -> &'static str {
        const RIGHT_TO_LEFT: [&str; 10] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
        let script = self.0.split('-').nth(1).filter(|part| part.len() == 4);
        match script {
            Some("Arab" | "Hebr" | "Thaa") => "rtl",
            None if RIGHT_TO_LEFT.contains(&self.language()) => "rtl",
            _ => "ltr",
        }
    }
}

impl FromStr for Locale {
    type Err = InvalidLocale;

    fn from_str(text: &str) -> Result<Self, InvalidLocale> {
        if is_tag(text) { Ok(Self(text.to_owned())) } else { Err(InvalidLocale) }
    }
}

fn is_tag(text: &str) -> bool {
    let lower = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    let upper = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    let script =
        |part: &str| part.len() == 4 && part.get(..1).is_some_and(upper) && part.get(1..).is_some_and(lower);
    let region = |part: &str| match part.len() {
        2 => upper(part),
        3 => part.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    let mut parts = text.split('-').peekable();
    let language = parts.next().is_some_and(|part| matches!(part.len(), 2 | 3) && lower(part));
    parts.next_if(|part| script(part));
    parts.next_if(|part| region(part));
    language && parts.next().is_none()
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Locale {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

/// A text in each language it exists in. Plain text: markup is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct LocalText(#[serde(deserialize_with = "unique_map")] BTreeMap<Locale, String>);

impl LocalText {
    /// The text in a locale, or in that locale's language.
    pub fn get(&self, locale: &Locale) -> Option<&str> {
        let in_language = || self.0.iter().find(|(own, _)| own.as_str() == locale.language());
        self.0.get_key_value(locale).or_else(in_language).map(|(_, text)| text.as_str())
    }

    /// Every locale with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&Locale, &str)> {
        self.0.iter().map(|(locale, text)| (locale, text.as_str()))
    }
}

/// Reads a JSON object into a map and refuses a member that is there twice, of which one would silently be lost.
pub(super) fn unique_map<'de, D, K, V>(input: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    struct Members<K, V>(PhantomData<(K, V)>);

    impl<'de, K, V> de::Visitor<'de> for Members<K, V>
    where
        K: Deserialize<'de> + Ord + fmt::Display,
        V: Deserialize<'de>,
    {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut input: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some(key) = input.next_key::<K>()? {
                if members.contains_key(&key) {
                    return Err(de::Error::custom(format_args!("`{key}` is there twice")));
                }
                members.insert(key, input.next_value()?);
            }
            Ok(members)
        }
    }

    input.deserialize_map(Members(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_allow_listed() {
        for good in ["en", "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "ckb"] {
            assert!(good.parse::<Locale>().is_ok(), "{good}");
        }
        for bad in ["", "e", "EN", "en-", "en-gb", "en_GB", "en-GB-x", "en-GB-Latn", "engl", "en\"", "é"] {
            assert_eq!(bad.parse::<Locale>(), Err(InvalidLocale), "{bad:?}");
        }
    }

    #[test]
    fn direction_follows_script_then_language() {
        let direction = |tag: &str| tag.parse::<Locale>().unwrap().direction();
        assert_eq!((direction("en"), direction("ar"), direction("he-IL")), ("ltr", "rtl", "rtl"));
        assert_eq!((direction("az-Arab"), direction("ar-Latn"), direction("ur-419")), ("rtl", "ltr", "rtl"));
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused() {
        let error = serde_json::from_str::<LocalText>(r#"{"en":"a","en":"b"}"#).unwrap_err();
        assert!(error.to_string().starts_with("`en` is there twice"), "{error}");
        assert!(serde_json::from_str::<LocalText>(r#"{"en":"a","de":"b"}"#).is_ok());
    }
}
