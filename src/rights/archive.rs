//! The ZIP a person receives. Names are ours, never the person's, so no name can point outside the archive.

use std::{
    fmt,
    io::{Cursor, Write as _},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Why an archive could not be written.
#[derive(Debug)]
pub struct ArchiveError(zip::result::ZipError);

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the archive could not be written: {}", self.0)
    }
}

impl std::error::Error for ArchiveError {}

/// An archive being written, in memory.
pub struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Archive(..)")
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }
}

impl Archive {
    /// Adds a file under a fixed name.
    pub fn file(&mut self, name: &str, content: &[u8]) -> Result<(), ArchiveError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.0.start_file(name, options).map_err(ArchiveError)?;
        self.0.write_all(content).map_err(|e| ArchiveError(e.into()))
    }

    /// Closes the archive and returns its bytes.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        Ok(self.0.finish().map_err(ArchiveError)?.into_inner())
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
    use std::io::Read as _;

    #[test]
    fn an_archive_reads_back() {
        let mut archive = Archive::default();
        archive.file("metadata.json", b"{}").unwrap();
        archive.file("receipts/0001.json", "\u{fc}".as_bytes()).unwrap();
        let bytes = archive.finish().unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        zip.by_name("receipts/0001.json").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "\u{fc}");
        assert_eq!(zip.len(), 2);
    }

    #[test]
    fn cells_cannot_become_formulas_or_break_out() {
        assert_eq!(csv_line(["a", "b\"c", "=1+1", "-2"]), "\"a\",\"b\"\"c\",\"'=1+1\",\"'-2\"\r\n");
    }
}
