//! Log files, one entry a line, as they arrive in pieces.

use super::{Entries, EntryReport, EntryRules};
use serde::Serialize;
use std::io::BufRead as _;

/// Longer lines are left out.
const LONGEST: usize = 1 << 20;

/// What became of the lines of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LinesReport {
    /// How many entries there were.
    pub entries: u64,
    /// How many lines were left out: no JSON, no UTF-8, or too long. Nobody knows what they hold.
    pub left_out: u64,
    /// What became of the entries together.
    #[serde(flatten)]
    pub sum: EntryReport,
}

/// Anonymises a log of one JSON value a line, in pieces that are cut anywhere. Empty lines are left away.
///
/// ```
/// use consentry::anonymize::{EntryLines, EntryRules};
///
/// let (mut lines, mut out) = (EntryLines::new(EntryRules::default()), String::new());
/// lines.push(b"{\"ip\":\"203.0.1", &mut out);
/// lines.push(b"13.77\"}\nalice@example.com\n", &mut out);
/// let report = lines.finish(&mut out);
/// assert_eq!(out, "{\"ip\":\"203.0.113.0/24\"}\n");
/// assert_eq!((report.entries, report.left_out), (1, 1));
/// ```
#[derive(Debug)]
pub struct EntryLines {
    entries: Entries,
    /// The line whose end has not come yet. Of one that is too long nothing is kept but its length.
    begun: Vec<u8>,
    length: usize,
    report: LinesReport,
}

impl EntryLines {
    /// At the start of a log.
    pub fn new(rules: EntryRules) -> Self {
        Self { entries: Entries::new(rules), begun: Vec::new(), length: 0, report: LinesReport::default() }
    }

    /// Takes a piece, and adds the lines that end in it.
    pub fn push(&mut self, piece: &[u8], out: &mut String) {
        let mut rest = piece;
        while !rest.is_empty() {
            let from = rest;
            // Reading from memory, this cannot fail.
            let length = rest.skip_until(b'\n').unwrap_or(from.len());
            let part = from.get(..length).unwrap_or_default();
            let Some(line) = part.strip_suffix(b"\n") else {
                self.keep(part);
                return;
            };
            if self.length == 0 {
                self.line(line, out);
            } else {
                self.keep(line);
                self.end(out);
            }
        }
    }

    /// Adds the last line, if it has no end, and says what became of all.
    pub fn finish(&mut self, out: &mut String) -> LinesReport {
        if self.length > 0 {
            self.end(out);
        }
        self.report
    }

    /// Keeps a part of a line until the rest is there.
    fn keep(&mut self, part: &[u8]) {
        self.length += part.len();
        if self.length <= LONGEST {
            self.begun.extend_from_slice(part);
        }
    }

    /// Takes the line that was kept.
    fn end(&mut self, out: &mut String) {
        let mut line = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.length) > LONGEST {
            self.report.left_out += 1;
        } else {
            self.line(&line, out);
        }
        line.clear();
        self.begun = line;
    }

    fn line(&mut self, line: &[u8], out: &mut String) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // A mark of byte order, as some programs put before UTF-8.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        let report = if line.len() > LONGEST { None } else { self.entries.anonymize_json(line, out) };
        let Some(report) = report else {
            self.report.left_out += 1;
            return;
        };
        out.push('\n');
        self.report.entries += 1;
        self.report.sum.add(&report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(pieces: &[&[u8]]) -> (String, LinesReport) {
        let (mut lines, mut out) = (EntryLines::new(EntryRules::default()), String::new());
        for piece in pieces {
            lines.push(piece, &mut out);
        }
        let report = lines.finish(&mut out);
        (out, report)
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_counted() {
        let long = [b"{\"a\":\"".as_slice(), &vec![b'x'; LONGEST], b"\"}"].concat();
        let text = [
            b"\xef\xbb\xbf{\"a\":1}\r\n\n\r\n{\"a\"\n{\"a\":\"\xe9\"}\n".as_slice(),
            &long,
            b"\nalice@example.com\n[{\"ip\":\"203.0.113.77\"},2]\n{\"a\":1} {}\n\"\\ud800\"\n{\"a\":2}",
        ]
        .concat();
        let (out, report) = whole(&[&text]);
        assert_eq!(out, "{\"a\":1}\n[{\"ip\":\"203.0.113.0/24\"},2]\n{\"a\":2}\n");
        assert_eq!((report.entries, report.left_out, report.sum.reduced), (3, 6, 1));
        for size in [1_000, 700_000] {
            assert_eq!(whole(&text.chunks(size).collect::<Vec<_>>()), (out.clone(), report));
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_it_is_cut(
            lines in prop::collection::vec("(\\{\"[a-z]{1,3}\":\"[a-z0-9@.]{0,9}\"\\}|[a-z\"]{0,3})\r?", 0..6), size in 1_usize..9,
        ) {
            let text = lines.join("\n");
            let once = whole(&[text.as_bytes()]);
            prop_assert_eq!(whole(&text.as_bytes().chunks(size).collect::<Vec<_>>()), once);
        }
    }
}
