//! Reads markup back, for tests: the part of HTML's tokenizer that our output needs, strict about all else.

use std::collections::BTreeMap;

/// A tag or a run of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open(String, BTreeMap<String, String>),
    Close(String),
    Text(String),
}

impl Token {
    pub(super) fn attr(&self, name: &str) -> Option<&str> {
        if let Self::Open(_, attrs) = self { attrs.get(name).map(String::as_str) } else { None }
    }
}

const VOID: [&str; 4] = ["input", "link", "meta", "!doctype"];

/// The tokens of a piece of markup; panics where it is not well formed.
pub(super) fn tokens(html: &str) -> Vec<Token> {
    assert!(html.is_ascii(), "not ASCII: {html}");
    let mut tokens = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let (text, from_tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        if !text.is_empty() {
            tokens.push(Token::Text(decoded(text)));
        }
        if from_tag.is_empty() {
            break;
        }
        let (tag, after) = tag(from_tag);
        match &tag {
            Token::Open(name, _) if !VOID.contains(&name.as_str()) => open.push(name.clone()),
            Token::Close(name) => assert_eq!(open.pop().as_ref(), Some(name), "crossed tags"),
            _ => {}
        }
        tokens.push(tag);
        rest = after;
    }
    assert_eq!(open, Vec::<String>::new(), "left open");
    tokens
}

/// Reads one tag, at its `<`, and gives what follows it.
fn tag(html: &str) -> (Token, &str) {
    let inside = &html[1..];
    if let Some(end) = inside.strip_prefix('/') {
        let (name, after) = end.split_once('>').expect("an end tag that ends");
        assert!(is_name(name), "</{name}>");
        return (Token::Close(name.to_owned()), after);
    }
    let end = inside.find([' ', '>']).expect("a tag that ends");
    let (name, mut rest) = inside.split_at(end);
    assert!(is_name(name) || name == "!doctype", "<{name}>");
    let mut attrs = BTreeMap::new();
    while let Some(attr) = rest.strip_prefix(' ') {
        let end = attr.find(['=', ' ', '>']).expect("an attribute that ends");
        let (name, after) = attr.split_at(end);
        assert!(is_name(name), "{name}=");
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a value that ends"),
            None => ("", after),
        };
        assert!(!value.contains(['<', '>']), "{name}={value}");
        assert_eq!(attrs.insert(name.to_owned(), decoded(value)), None, "{name} twice");
        rest = after;
    }
    (Token::Open(name.to_owned(), attrs), rest.strip_prefix('>').expect("the end of a tag"))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Text with its character references resolved; only those our builder writes are known.
fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, after) = part.split_once(';').expect("a reference that ends");
        let number =
            |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).unwrap()).unwrap();
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            _ => match name.strip_prefix("#x") {
                Some(digits) => number(digits, 16),
                None => number(name.strip_prefix('#').expect("a known reference"), 10),
            },
        });
        out.push_str(after);
    }
    out
}
