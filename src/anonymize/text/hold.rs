//! What has no bound to its length is taken in as it comes, with nothing remembered but these few bytes.

use super::{
    class::{ALNUM, SPACE, is},
    pair::ends_plain,
    pem::Block,
};

/// A replacement that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// While bytes are of these classes.
    Run(u8),
    /// While bytes may be of a token in compact form: letters, digits, `_`, `-`, `.` and `=`.
    Compact,
    /// Up to the quote that ends the string.
    Quoted(Quoted),
    /// Up to the bracket that ends the list or object.
    Bracket {
        /// How many brackets are open.
        depth: u32,
        /// The string in which it is now.
        within: Option<Quoted>,
        /// Whether it may go over lines.
        lines: bool,
    },
    /// Up to the end of the line, or a double quote where those are not part of it.
    Line {
        /// Whether they are.
        quotes: bool,
    },
    /// Up to where a value without quotes ends.
    Plain,
    /// Up to the end of an address's authority.
    Authority,
    /// Up to the next tag.
    Element,
    /// A PEM block.
    Pem(Block),
}

/// A string in quotes, inside so many other strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoted {
    pub(super) quote: u8,
    /// How many backslashes stand before the quotes that delimit it.
    pub(super) level: usize,
    /// How many backslashes have just been read.
    pub(super) slashes: usize,
    /// Whether it may go over lines.
    pub(super) lines: bool,
}

impl Quoted {
    pub(super) const fn new(quote: u8, level: usize) -> Self {
        Self { quote, level, slashes: 0, lines: true }
    }

    /// Reads a byte; if the string ends before or with it, how many backslashes before it are of the end.
    pub(super) fn read(&mut self, byte: u8) -> Option<usize> {
        let slashes = std::mem::take(&mut self.slashes);
        match byte {
            b'\\' => self.slashes = slashes.saturating_add(1),
            b'\n' if !self.lines => return Some(0),
            byte if byte == self.quote => {
                // Each level of nesting doubles what escapes: at level 1, `\"` ends the string and `\\\"` does not.
                if slashes < self.level {
                    return Some(slashes);
                }
                if slashes % (2 * (self.level + 1)) == self.level {
                    return Some(self.level);
                }
            }
            _ => {}
        }
        None
    }
}

impl Hold {
    /// Goes on from `at`, at most to `limit`: up to where, and what is still held there.
    pub(super) fn advance(
        mut self,
        text: &[u8],
        at: usize,
        limit: usize,
        last: bool,
    ) -> (usize, Option<Self>) {
        if let Self::Pem(block) = self {
            return block.advance(text, at, limit, last);
        }
        for (offset, byte) in text.get(at..limit.max(at)).unwrap_or_default().iter().enumerate() {
            let place = at + offset;
            if let Some(back) = self.ends_at(text, place, *byte) {
                return (place.saturating_sub(back), None);
            }
        }
        (limit.max(at), (!last).then_some(self))
    }

    /// Whether it ends before a byte; if so, how many bytes before it.
    fn ends_at(&mut self, text: &[u8], place: usize, byte: u8) -> Option<usize> {
        let ends = match self {
            Self::Run(classes) => !is(byte, *classes),
            Self::Compact => !(is(byte, ALNUM) || matches!(byte, b'_' | b'-' | b'.' | b'=')),
            Self::Quoted(quoted) => return quoted.read(byte),
            Self::Bracket { depth, within, lines } => {
                if *depth == 0 {
                    return Some(0);
                }
                if let Some(quoted) = within {
                    if quoted.read(byte).is_some() {
                        *within = None;
                    }
                    return (byte == b'\n' && !*lines).then_some(0);
                }
                match byte {
                    b'"' => *within = Some(Quoted::new(b'"', 0)),
                    b'[' | b'{' => *depth = depth.saturating_add(1),
                    b']' | b'}' => *depth = depth.saturating_sub(1),
                    b'\n' if !*lines => return Some(0),
                    _ => {}
                }
                false
            }
            Self::Line { quotes } => {
                let quote = Some(b'"').filter(|_| !*quotes);
                matches!(byte, b'\n' | b'\r')
                    || Some(byte) == quote
                    || byte == b'\\'
                        && text
                            .get(place + 1)
                            .is_some_and(|next| matches!(next, b'n' | b'r') || Some(*next) == quote)
            }
            Self::Plain => ends_plain(text, place),
            Self::Authority => {
                is(byte, SPACE) || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
            }
            Self::Element => byte == b'<',
            Self::Pem(_) => true,
        };
        ends.then_some(0)
    }
}
