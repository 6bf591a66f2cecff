//! The ZIP a person receives, written as it is taken: at no time more of it is held than what was written last. Names are
//! ours, never the person's, so no name can point outside the archive.

use crate::clock::Timestamp;
use std::{
    cell::RefCell,
    fmt,
    io::{self, Write},
    rc::Rc,
};
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

/// Why an archive could not be written.
#[derive(Debug)]
pub struct ArchiveError(zip::result::ZipError);

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the archive could not be written: {}", self.0)
    }
}

impl std::error::Error for ArchiveError {}

/// What has been written and not been taken yet.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive being written. It grows to any size (ZIP64); its names are UTF-8.
pub struct Archive {
    zip: ZipWriter<StreamWriter<Written>>,
    written: Written,
    modified: DateTime,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Archive(..)")
    }
}

impl Archive {
    /// Begins one; all its files are of this moment.
    pub fn begun(at: Timestamp) -> Self {
        let written = Written::default();
        let modified = at.civil().and_then(|(year, month, day, hour, minute, second)| {
            DateTime::from_date_and_time(year, month, day, hour, minute, second).ok()
        });
        Self { zip: ZipWriter::new_stream(written.clone()), written, modified: modified.unwrap_or_default() }
    }

    /// Begins a file under a fixed name.
    pub fn begin(&mut self, name: &str) -> Result<(), ArchiveError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(self.modified);
        self.zip.start_file(name, options).map_err(ArchiveError)
    }

    /// Adds to the file that was begun last.
    pub fn write(&mut self, content: &[u8]) -> Result<(), ArchiveError> {
        self.zip.write_all(content).map_err(|e| ArchiveError(e.into()))
    }

    /// Adds a file whole.
    pub fn file(&mut self, name: &str, content: &[u8]) -> Result<(), ArchiveError> {
        self.begin(name)?;
        self.write(content)
    }

    /// What has been written since this was asked last.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.written.0.borrow_mut())
    }

    /// Ends the archive, and gives the rest of it.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        let Self { zip, written, .. } = self;
        zip.finish().map_err(ArchiveError)?;
        let rest = std::mem::take(&mut *written.0.borrow_mut());
        Ok(rest)
    }
}

/// One line of a CSV file for people (RFC 4180): quoted, and a cell that a spreadsheet would take for a formula is
/// led by an apostrophe.
pub fn csv_line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells
        .into_iter()
        .map(|cell| {
            let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
            format!("\"{guard}{}\"", cell.replace('"', "\"\""))
        })
        .collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Read as _};

    fn moment() -> Timestamp {
        serde_json::from_str("\"2026-11-22T20:15:30Z\"").unwrap()
    }

    #[test]
    fn an_archive_taken_piece_by_piece_reads_back() {
        let mut archive = Archive::begun(moment());
        let mut bytes = Vec::new();
        archive.file("metadata.json", b"{}").unwrap();
        bytes.extend(archive.take());
        archive.begin("records/photos/1.png").unwrap();
        for part in [b"abc".as_slice(), b"", b"def"] {
            archive.write(part).unwrap();
            bytes.extend(archive.take());
            assert!(archive.take().is_empty());
        }
        archive.file("receipts/0001.json", "\u{fc}".as_bytes()).unwrap();
        bytes.extend(archive.finish().unwrap());
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(zip.len(), 3);
        for (name, content) in
            [("metadata.json", "{}"), ("records/photos/1.png", "abcdef"), ("receipts/0001.json", "\u{fc}")]
        {
            let mut file = zip.by_name(name).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, content);
            assert_eq!(file.last_modified().unwrap().to_string(), "2026-11-22 20:15:30");
        }
    }

    #[test]
    fn cells_cannot_become_formulas_or_break_out() {
        assert_eq!(csv_line(["a", "b\"c", "=1+1", "-2"]), "\"a\",\"b\"\"c\",\"'=1+1\",\"'-2\"\r\n");
    }
}
