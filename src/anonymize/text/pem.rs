//! PEM blocks (RFC 7468), with their older relatives: the whole block, also where its end is missing, and where its line
//! ends are written `\n`.

use super::{
    class::{ALNUM, SPACE, is},
    hold::Hold,
    kind::Kind,
    scan::{Found, Step, View},
};

/// At the first of two or more dashes.
pub(super) fn at_dashes(view: &View<'_>, at: usize) -> Step {
    let mut after = at;
    while view.at(after) == b'-' {
        after += 1;
    }
    match begin(view, at, after) {
        Some(end) => Step::Found(Found::held(Kind::Pem, at, end, Hold::Pem(Block::default()))),
        None => Step::Skip(after),
    }
}

/// Where a line `-----BEGIN …-----` ends.
fn begin(view: &View<'_>, at: usize, after: usize) -> Option<usize> {
    let word = if view.at(after) == b' ' { after + 1 } else { after };
    (after >= at + 4 && view.starts_with(word, b"BEGIN")).then_some(())?;
    boundary(|place| view.at(place), word + 5)
}

/// Where the label that begins at a place, and the dashes after it, end.
fn boundary(at: impl Fn(usize) -> u8, start: usize) -> Option<usize> {
    let mut place = start;
    while place < start + 80 && (is(at(place), ALNUM) || matches!(at(place), b' ' | b'.')) {
        place += 1;
    }
    let dashes = (place..place + 5).take_while(|place| at(*place) == b'-').count();
    (dashes >= 4).then_some(place + dashes)
}

/// Where in a block the text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Block {
    /// A word of base64 goes on.
    within: bool,
    /// A header line goes on.
    header: bool,
    /// A long word of base64 has been seen: no headers follow.
    body: bool,
    /// How many short words have been seen. A block ends with two at most, the last line and its checksum.
    short: u8,
    /// How many bytes ago the last word ended.
    gap: usize,
}

/// A word of at least so many letters is no word of a language.
const LONG: usize = 20;

impl Block {
    /// See [`Hold::advance`].
    pub(super) fn advance(
        mut self,
        text: &[u8],
        at: usize,
        limit: usize,
        last: bool,
    ) -> (usize, Option<Hold>) {
        let byte_at = |place: usize| text.get(place).copied().unwrap_or_default();
        let base64 = |place: usize| is(byte_at(place), ALNUM) || matches!(byte_at(place), b'+' | b'/' | b'=');
        let mut place = at;
        while place < limit {
            let byte = byte_at(place);
            let escape = escaped_end(&byte_at, place);
            if self.header {
                self.header = byte != b'\n' && escape.is_none();
                place += 1;
                continue;
            }
            if base64(place) {
                if !self.within {
                    let length = (place..place + LONG).take_while(|place| base64(*place)).count();
                    if !self.body && is_header(&byte_at, place) {
                        self.header = true;
                        self.gap = 0;
                        continue;
                    }
                    if length >= LONG {
                        self.body = true;
                    } else if self.short < 2 {
                        self.short += 1;
                    } else {
                        break;
                    }
                    self.within = true;
                }
                self.gap = 0;
                place += 1;
                continue;
            }
            self.within = false;
            if let Some(end) = escape {
                self.gap = self.gap.saturating_add(end - place);
                place = end;
            } else if is(byte, SPACE) {
                self.gap = self.gap.saturating_add(1);
                place += 1;
            } else if byte == b'-' {
                return (end_line(&byte_at, place).unwrap_or(place - self.gap.min(512)), None);
            } else {
                break;
            }
        }
        if place < limit {
            return (place - self.gap.min(512), None);
        }
        if last { (limit.max(at) - self.gap.min(512), None) } else { (place.max(at), Some(Hold::Pem(self))) }
    }
}

/// Where a line end that is written as `\n`, with any number of backslashes, ends.
fn escaped_end(at: &impl Fn(usize) -> u8, start: usize) -> Option<usize> {
    let slashes = (start..start + 16).take_while(|place| at(*place) == b'\\').count();
    (slashes > 0 && matches!(at(start + slashes), b'n' | b'r' | b't')).then_some(start + slashes + 1)
}

/// Whether a header such as `Proc-Type: 4,ENCRYPTED` begins at a place (RFC 1421 section 4.6).
fn is_header(at: &impl Fn(usize) -> u8, start: usize) -> bool {
    let name = (start..start + 40).take_while(|place| is(at(*place), ALNUM) || at(*place) == b'-').count();
    name > 0 && at(start + name) == b':'
}

/// Where the line `-----END …-----` that begins at a place ends.
fn end_line(at: &impl Fn(usize) -> u8, start: usize) -> Option<usize> {
    let dashes = (start..start + 8).take_while(|place| at(*place) == b'-').count();
    let word = start + dashes + usize::from(at(start + dashes) == b' ');
    let end = [at(word), at(word + 1), at(word + 2)] == *b"END";
    (dashes >= 4 && end).then(|| boundary(at, word + 3).unwrap_or(word + 3))
}

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

    #[test]
    fn takes_the_whole_block() {
        let block =
            format!("-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY}\nMIIEvQ==\n-----END PRIVATE KEY-----");
        to(&format!("key:\n{block}\nnext line"), "key:\n[pem]\nnext line");
        to(&format!("{{\"pem\":\"{}\"}}", block.replace('\n', "\\n")), "{\"pem\":\"[pem]\"}");
        to(&format!("\"{}\"", block.replace('\n', "\\\\r\\\\n")), "\"[pem]\"");
        to(&block.replace('\n', " "), "[pem]");
        let old = format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3F17F5\n\n{BODY}\n-----END RSA PRIVATE KEY-----"
        );
        to(&format!("a {old} b"), "a [pem] b");
        to(&format!("---- BEGIN SSH2 PUBLIC KEY ----\n{BODY}\n---- END SSH2 PUBLIC KEY ----."), "[pem].");
    }

    #[test]
    fn takes_a_block_without_end() {
        to(&format!("-----BEGIN EC PRIVATE KEY-----\n{BODY}\n{BODY}\n"), "[pem]\n");
        to(
            &format!("-----BEGIN EC PRIVATE KEY-----\n{BODY}\nAbc=\n[info] the next line"),
            "[pem]\n[info] the next line",
        );
        to(&format!("-----BEGIN EC PRIVATE KEY-----{BODY}"), "[pem]");
    }

    #[test]
    fn leaves_dashes() {
        for text in
            ["-----", "---------- BEGINNING of the end", "--- BEGIN x ---", "a -- b", "-----END X-----"]
        {
            same(text);
        }
    }
}
