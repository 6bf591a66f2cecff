//! Character references in the value of an attribute, as a page's source has it.

use std::borrow::Cow;

/// The named references of ASCII characters that an address may be written with (HTML, section 13.5).
const NAMED: [(&str, char); 17] = [
    ("amp", '&'),
    ("sol", '/'),
    ("colon", ':'),
    ("period", '.'),
    ("bsol", '\\'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("commat", '@'),
    ("num", '#'),
    ("quest", '?'),
    ("percnt", '%'),
    ("comma", ','),
    ("lowbar", '_'),
    ("quot", '"'),
    ("apos", '\''),
    ("lt", '<'),
    ("gt", '>'),
];

/// The value as a browser reads it, as far as addresses go: numeric references, and named ones of ASCII characters.
pub(super) fn decoded(source: &str) -> Cow<'_, str> {
    let Some((before, _)) = source.split_once('&') else { return Cow::Borrowed(source) };
    let mut out = String::with_capacity(source.len());
    out.push_str(before);
    let mut rest = source.get(before.len()..).unwrap_or_default();
    while let Some(after) = rest.strip_prefix('&') {
        let (c, length) = reference(after).unwrap_or(('&', 0));
        out.push(c);
        let tail = after.get(length..).unwrap_or_default();
        let next = tail.find('&').unwrap_or(tail.len());
        let (text, more) = tail.split_at(next);
        out.push_str(text);
        rest = more;
    }
    Cow::Owned(out)
}

/// The character that a reference stands for, and how many bytes after the `&` belong to it.
fn reference(after: &str) -> Option<(char, usize)> {
    if let Some(number) = after.strip_prefix('#') {
        let (digits, radix, start) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16, 2),
            None => (number, 10, 1),
        };
        let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let value = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
        let end = start + length;
        let semicolon = usize::from(after.get(end..).is_some_and(|rest| rest.starts_with(';')));
        // What is no character is read as the replacement character.
        return Some((char::from_u32(value).unwrap_or('\u{fffd}'), end + semicolon));
    }
    let (name, _) = after.split_once(';')?;
    NAMED.iter().find(|(own, _)| *own == name).map(|(_, c)| (*c, name.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn addresses_are_read_as_browsers_do() {
        for (source, read) in [
            ("plain", "plain"),
            ("https:&#47;&#x2F;a&period;example&sol;x?a=1&amp;b=2", "https://a.example/x?a=1&b=2"),
            ("&#x61;ds.example", "ads.example"),
            ("&#97;ds", "ads"),
            ("a&b&", "a&b&"),
            ("&#;&#x;&nosuch;&#99999999999;&#xd800;", "&#;&#x;&nosuch;&#99999999999;\u{fffd}"),
            ("j&Tab;s&NewLine;", "j\ts\n"),
        ] {
            assert_eq!(decoded(source), read, "{source}");
        }
    }
}
