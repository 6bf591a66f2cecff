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
    AesSalt, CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

/// The shortest passphrase, in characters. The format stretches it by a thousand rounds only, so that its length has to do.
pub const SHORTEST_PASSPHRASE: usize = 12;

/// The longest, in bytes.
pub const LONGEST_PASSPHRASE: usize = 1_024;

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
    /// The archive that this one is the only file of, encrypted, so that not even names are seen.
    cover: Option<Box<Self>>,
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
        let zip = ZipWriter::new_stream(written.clone());
        Self { zip, written, modified: modified.unwrap_or_default(), cover: None }
    }

    /// Begins one that a passphrase opens: within another archive, whose only file, `name`, it is, encrypted with AES-256 as
    /// the tools that people have understand it (AE-2 of the WinZip specification: PBKDF2 with HMAC-SHA-1, 1,000 rounds;
    /// counter mode; HMAC-SHA-1).
    pub fn encrypted(
        at: Timestamp,
        name: &str,
        passphrase: &str,
        salt: [u8; 16],
    ) -> Result<Self, ArchiveError> {
        let mut cover = Self::begun(at);
        let options = cover
            .options()
            .large_file(true)
            .with_aes_encryption_and_salt(passphrase.as_bytes(), AesSalt::Aes256(salt));
        cover.zip.start_file(name, options).map_err(ArchiveError)?;
        Ok(Self { cover: Some(Box::new(cover)), ..Self::begun(at) })
    }

    fn options(&self) -> SimpleFileOptions {
        SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(self.modified)
    }

    /// Begins a file under a fixed name.
    pub fn begin(&mut self, name: &str) -> Result<(), ArchiveError> {
        self.zip.start_file(name, self.options()).map_err(ArchiveError)
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
    pub fn take(&mut self) -> Result<Vec<u8>, ArchiveError> {
        let written = std::mem::take(&mut *self.written.0.borrow_mut());
        match &mut self.cover {
            None => Ok(written),
            Some(cover) => {
                cover.write(&written)?;
                cover.take()
            }
        }
    }

    /// Ends the archive, and gives the rest of it.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        let Self { zip, written, cover, .. } = self;
        zip.finish().map_err(ArchiveError)?;
        let rest = std::mem::take(&mut *written.0.borrow_mut());
        match cover {
            None => Ok(rest),
            Some(mut cover) => {
                cover.write(&rest)?;
                cover.finish()
            }
        }
    }
}

/// One line of a CSV file for people (RFC 4180): quoted, and a cell that a spreadsheet would take for a formula is
/// led by an apostrophe (OWASP, "CSV Injection").
pub fn csv_line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells
        .into_iter()
        .map(|cell| {
            let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
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
        bytes.extend(archive.take().unwrap());
        archive.begin("records/photos/1.png").unwrap();
        for part in [b"abc".as_slice(), b"", b"def"] {
            archive.write(part).unwrap();
            bytes.extend(archive.take().unwrap());
            assert!(archive.take().unwrap().is_empty());
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
    fn an_encrypted_archive_shows_no_name_and_opens_with_its_passphrase_alone() {
        let passphrase = "violin-marble-oct\u{f6}pus";
        let mut archive = Archive::encrypted(moment(), "my-data.zip", passphrase, [7; 16]).unwrap();
        let mut bytes = Vec::new();
        for part in [[b'a'; 1000], [b'b'; 1000]] {
            archive.file(&format!("records/{}.txt", char::from(part[0])), &part).unwrap();
            bytes.extend(archive.take().unwrap());
        }
        bytes.extend(archive.finish().unwrap());
        let contains = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(contains(b"my-data.zip") && !contains(b"records") && !contains(b"aaaa"));
        let mut outer = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        assert!(outer.by_index_decrypt(0, b"violin-marble-octopus").is_err());
        let mut inner = Vec::new();
        outer.by_index_decrypt(0, passphrase.as_bytes()).unwrap().read_to_end(&mut inner).unwrap();
        let mut inner = zip::ZipArchive::new(Cursor::new(inner)).unwrap();
        let mut text = String::new();
        inner.by_name("records/b.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "b".repeat(1000));
    }

    #[test]
    fn cells_cannot_become_formulas_or_break_out() {
        assert_eq!(csv_line(["a", "b\"c", "=1+1", "-2"]), "\"a\",\"b\"\"c\",\"'=1+1\",\"'-2\"\r\n");
        for start in ["=", "+", "-", "@", "\t", "\r", "\n"] {
            let cell = format!("{start}cmd|' /C calc'!A0");
            assert_eq!(csv_line([&*cell]), format!("\"'{cell}\"\r\n"), "{start:?}");
        }
    }
}
