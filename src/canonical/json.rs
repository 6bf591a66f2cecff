//! A reader of JSON text that keeps what it reads as text, small enough for the browser.
//!
//! It takes the spelling without space between tokens, as canonical JSON has it and as ECMAScript's `JSON.stringify`
//! writes. Numbers stay as they are spelled. That of `JSON.stringify` is the spelling RFC 8785 asks for, so what was
//! written by it is canonical once [written again](Json::write).

/// Deeper nesting is refused: a record has four levels.
const MAX_DEPTH: u8 = 32;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// A number, `true`, `false` or `null`, as spelled.
    Plain(&'a str),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object, its members sorted by the UTF-16 code units of their names. No name occurs twice.
    Object(Vec<(String, Self)>),
}

impl<'a> Json<'a> {
    /// Reads a text. What is not JSON, has space between tokens, a name twice in one object or half a surrogate pair,
    /// or nests deeper than 32 levels, is `None`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(MAX_DEPTH)?;
        (reader.at == text.len()).then_some(value)
    }

    /// A member of an object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find_map(|(own, value)| (own == name).then_some(value))
    }

    /// The string that a member of an object is.
    pub fn text(&self, name: &str) -> Option<&str> {
        if let Self::Text(text) = self.member(name)? { Some(text) } else { None }
    }

    /// The array that a member of an object is.
    pub fn list(&self, name: &str) -> Option<&[Self]> {
        if let Self::List(values) = self.member(name)? { Some(values) } else { None }
    }

    /// The number of an object's members.
    pub fn members(&self) -> usize {
        if let Self::Object(members) = self { members.len() } else { 0 }
    }

    /// Writes the value in its canonical form (RFC 8785), given that its numbers are spelled as ECMAScript does.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Plain(text) => out.push_str(text),
            Self::Text(text) => quote(text, out),
            Self::List(values) => {
                let mut before = '[';
                for value in values {
                    out.push(before);
                    value.write(out);
                    before = ',';
                }
                close(before, '[', ']', out);
            }
            Self::Object(members) => {
                let mut before = '{';
                for (name, value) in members {
                    out.push(before);
                    quote(name, out);
                    out.push(':');
                    value.write(out);
                    before = ',';
                }
                close(before, '{', '}', out);
            }
        }
    }
}

fn close(before: char, open: char, close: char, out: &mut String) {
    if before == open {
        out.push(open);
    }
    out.push(close);
}

/// Writes a string as ECMAScript's `QuoteJSONString` does.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        let escape = match c {
            '"' | '\\' => c,
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\0'..='\u{1f}' => {
                out.push_str(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                out.push(char::from_digit(u32::from(c) & 15, 16).unwrap_or_default());
                continue;
            }
            _ => {
                out.push(c);
                continue;
            }
        };
        out.push('\\');
        out.push(escape);
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    /// A byte offset, always at the beginning of a character.
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over this byte, if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: u8) -> Option<Json<'a>> {
        Some(match self.peek()? {
            b'{' => {
                let mut members = Vec::new();
                self.sequence(b'}', |reader| {
                    let name = reader.string()?;
                    if !reader.take(b':') {
                        return None;
                    }
                    members.push((name, reader.value(depth.checked_sub(1)?)?));
                    Some(())
                })?;
                members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                if members.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
                    return None;
                }
                Json::Object(members)
            }
            b'[' => {
                let mut values = Vec::new();
                self.sequence(b']', |reader| {
                    values.push(reader.value(depth.checked_sub(1)?)?);
                    Some(())
                })?;
                Json::List(values)
            }
            b'"' => Json::Text(self.string()?),
            _ => Json::Plain(self.plain()?),
        })
    }

    /// What stands between brackets, divided by commas.
    fn sequence(&mut self, end: u8, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        if self.take(end) {
            return Some(());
        }
        loop {
            each(self)?;
            if self.take(end) {
                return Some(());
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut out = String::new();
        if !self.take(b'"') {
            return None;
        }
        loop {
            let start = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at)?);
            if self.take(b'"') {
                return Some(out);
            }
            if !self.take(b'\\') {
                return None;
            }
            let escape = self.peek()?;
            self.at += 1;
            out.push(match escape {
                b'"' | b'\\' | b'/' => escape.into(),
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.escaped()?,
                _ => return None,
            });
        }
    }

    /// The character that four hexadecimal digits are. Characters that need two of them are never escaped in the
    /// spelling that is read here, so half a pair is half a character.
    fn escaped(&mut self) -> Option<char> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let code = digits.chars().try_fold(0, |code, digit| Some(code << 4 | digit.to_digit(16)?))?;
        char::from_u32(code)
    }

    /// A number or a name.
    fn plain(&mut self) -> Option<&'a str> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        for name in ["true", "false", "null"] {
            if rest.starts_with(name) {
                self.at += name.len();
                return Some(name);
            }
        }
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.text.get(start..self.at)
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> Option<String> {
        let mut out = String::new();
        Json::parse(text)?.write(&mut out);
        Some(out)
    }

    #[test]
    fn sorts_by_utf16_and_keeps_numbers() {
        // RFC 8785 section 3.2.3.
        let text =
            "{\"\u{fb33}\":1,\"\u{1f600}\":-0.5,\"\u{20ac}\":1e+21,\"\\r\":[],\"1\":{},\"\u{80}\":null}";
        let sorted =
            "{\"\\r\":[],\"1\":{},\"\u{80}\":null,\"\u{20ac}\":1e+21,\"\u{1f600}\":-0.5,\"\u{fb33}\":1}";
        assert_eq!(rewritten(text).as_deref(), Some(sorted));
    }

    #[test]
    fn strings_have_one_spelling() {
        let text = r#""\u0041\/\u0007\b\f\n\r\t\"\\\u001F""#;
        assert_eq!(rewritten(text).as_deref(), Some(r#""A/\u0007\b\f\n\r\t\"\\\u001f""#));
    }

    #[test]
    fn names_are_only_names() {
        let text = "{\"__proto__\":{\"a\":\"b\"},\"constructor\":\"c\",\"\u{e9}\":\"1\",\"e\u{301}\":\"2\"}";
        let object = Json::parse(text).unwrap();
        assert_eq!(object.member("__proto__").and_then(|inner| inner.text("a")), Some("b"));
        assert_eq!((object.text("a"), object.members()), (None, 4));
    }

    #[test]
    fn refuses_what_is_not_json() {
        let bad = [
            "",
            " 1",
            "1 ",
            "{",
            "}",
            "[1",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "'a'",
            "\"a",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\u+123\"",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "NaN",
            "Infinity",
            "undefined",
            "truex",
            "nul",
            "1 2",
            "[] []",
            "{\"a\": 1}",
            "\u{feff}1",
            "\"\\",
            // Half a surrogate pair, and the same name in two spellings.
            "\"\\ud800\"",
            "\"\\udc00\"",
            "{\"a\":1,\"a\":1}",
            "{\"a\":1,\"\\u0061\":1}",
        ];
        for text in bad {
            assert_eq!(Json::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(&nested(33)).is_some());
        assert!(Json::parse(&nested(34)).is_none());
        assert!(Json::parse(&nested(1_000_000)).is_none());
        assert!(Json::parse(&"{\"a\":".repeat(1_000_000)).is_none());
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod compared {
        use super::*;
        use proptest::prelude::*;
        use serde_json::Value;

        fn values() -> impl Strategy<Value = Value> {
            let leaf = prop_oneof![
                Just(Value::Null),
                any::<bool>().prop_map(Value::from),
                any::<i32>().prop_map(Value::from),
                any::<String>().prop_map(Value::from),
                "[\u{0}-\u{20}\"\\\\\u{d7ff}\u{e000}\u{fffd}\u{1f600}]{0,4}".prop_map(Value::from),
            ];
            leaf.prop_recursive(4, 64, 8, |inner| {
                let name = "[a-c\u{80}\u{20ac}\u{fb33}\u{1f600}\"\\\\\n]{0,3}";
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                    prop::collection::vec((name, inner), 0..6)
                        .prop_map(|members| Value::Object(members.into_iter().collect())),
                ]
            })
        }

        proptest! {
            #[test]
            fn canonical_as_another_implementation_writes_it(value in values()) {
                let canonical = crate::canonical::to_string(&value).unwrap();
                prop_assert_eq!(rewritten(&value.to_string()), Some(canonical.clone()));
                prop_assert_eq!(rewritten(&canonical), Some(canonical));
            }

            #[test]
            fn reads_nothing_that_another_reader_refuses(text in "[\\[\\]{}:,\"\\\\a\\-+.0-2eEtrufalsn]{0,12}") {
                if Json::parse(&text).is_some() {
                    prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
                }
            }
        }
    }
}
