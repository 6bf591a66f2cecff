//! Tiles (c2sp.org/tlog-tiles): the tree's hashes as static files of 256.

use super::{
    LogError,
    checkpoint::decimal,
    merkle::{Hash, HashReader},
};
use std::fmt;

/// The address of a hash tile, `<L>/<N>[.p/<W>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    /// The tile's level; its hashes stand at tree level `8 * level`.
    pub level: u8,
    /// The tile's index within its level.
    pub index: u64,
    /// The number of hashes: 256, or fewer for a partial tile.
    pub width: u16,
}

/// The number of hashes in a whole tile.
pub(super) const WIDTH: u16 = 256;

impl TilePath {
    /// The number of hashes in a whole tile.
    pub const WHOLE: u16 = WIDTH;

    /// Reads the part of the path after `tile/`.
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let level = decimal(level).and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 64)?;
        let (name, width) = match rest.split_once(".p/") {
            Some((name, width)) => {
                (name, u16::try_from(decimal(width)?).ok().filter(|w| (1..WIDTH).contains(w))?)
            }
            None => (rest, WIDTH),
        };
        let mut index: u64 = 0;
        let mut parts = name.split('/').peekable();
        let mut first = true;
        while let Some(part) = parts.next() {
            let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
            if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            // "x000/…" would be a second spelling of the same index.
            if first && digits == "000" && parts.peek().is_some() {
                return None;
            }
            first = false;
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        Some(Self { level, index, width })
    }

    /// Whether the tile is whole: it never changes any more.
    pub const fn is_whole(&self) -> bool {
        self.width == WIDTH
    }

    /// Whether a log of `size` leaves has this tile, whole or in this width.
    pub const fn is_in(&self, size: u64) -> bool {
        let shift = 8 * self.level as u32;
        let hashes = if shift < 64 { size >> shift } else { 0 };
        match self.index.checked_mul(WIDTH as u64) {
            Some(start) => match start.checked_add(self.width as u64) {
                Some(end) => end <= hashes,
                None => false,
            },
            None => false,
        }
    }

    /// The tile's bytes: `width` hashes of 32 bytes.
    pub fn read(&self, reader: &impl HashReader) -> Result<Vec<u8>, LogError> {
        let level = self.level.checked_mul(8).ok_or_else(|| LogError::new("no such tile level"))?;
        let start = self.index.saturating_mul(u64::from(WIDTH));
        let hashes: Vec<Hash> = (start..start.saturating_add(u64::from(self.width)))
            .map(|i| reader.hash(level, i))
            .collect::<Result<_, _>>()?;
        Ok(hashes.concat())
    }
}

/// `0/x001/x234/067.p/12`.
impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        write!(f, "{}", self.level)?;
        for (left, group) in groups.iter().enumerate().rev() {
            write!(f, "/{}{group:03}", if left > 0 { "x" } else { "" })?;
        }
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        let path = |level, index, width| Some(TilePath { level, index, width });
        assert_eq!(TilePath::parse("0/000"), path(0, 0, 256));
        assert_eq!(TilePath::parse("1/x001/x234/067"), path(1, 1_234_067, 256));
        assert_eq!(TilePath::parse("0/273.p/112"), path(0, 273, 112));
        for text in ["0/000", "0/273.p/112", "1/x001/x234/067", "2/x012/000.p/1"] {
            assert_eq!(TilePath::parse(text).map(|path| path.to_string()).as_deref(), Some(text));
        }
        for bad in [
            "",
            "0",
            "0/",
            "0/0",
            "00/000",
            "64/000",
            "0/x000/001",
            "0/x001",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "a/000",
        ] {
            assert_eq!(TilePath::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_log_of_70000_has_the_tiles_of_the_specification() {
        let has = |level, index, width| TilePath { level, index, width }.is_in(70_000);
        assert!(has(0, 272, 256) && !has(0, 273, 256) && has(0, 273, 112) && !has(0, 273, 113));
        assert!(has(1, 0, 256) && has(1, 1, 17) && !has(1, 1, 18));
        assert!(has(2, 0, 1) && !has(2, 0, 2));
        assert!(!has(63, 0, 1) && !has(0, u64::MAX, 1));
    }
}
