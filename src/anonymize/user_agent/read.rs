//! One pass over the header `User-Agent` (RFC 9110, section 10.1.5): words, the numbers after them, and whether they
//! stand in a comment.

use super::{
    MAX_MAJOR, UserAgent, leading_number,
    look_up::look_up,
    names::{Family, System},
    signs::{
        AFTER_OPERA, AFTER_WINDOWS, BOT, ENGINE, INTEL, LIBRARY, MOBILE, Meaning, TABLET, TRIDENT, TV,
        UNKNOWN_BOT, VERSION,
    },
};

/// Longer headers are cut before anything is looked for.
const MAX: usize = 1024;

/// How nearly every header begins, and a comment that nearly every one has; both say nothing.
const START: &[u8] = b"Mozilla/5.0 ";
const IDLE: &[u8] = b"(KHTML, like Gecko)";

/// Reduces a `User-Agent` header. Nothing of the input reaches the output but a number of at most three digits.
pub fn reduce_user_agent(header: &str) -> UserAgent {
    let header = header.as_bytes();
    let header = header.get(..MAX).unwrap_or(header);
    let mut rest = header.strip_prefix(START).unwrap_or(header);
    let mut found = Found::default();
    let mut depth = 0_u32;
    while let Some((first, after)) = rest.split_first() {
        if is_word(*first) {
            let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            found.take(word, after, depth > 0);
            rest = after;
            continue;
        }
        match first {
            b' ' => {}
            b'(' => {
                if let Some(after) = rest.strip_prefix(IDLE) {
                    rest = after;
                    continue;
                }
                depth += 1;
            }
            b')' => depth = depth.saturating_sub(1),
            _ => found.previous = Previous::Other,
        }
        rest = after;
    }
    found.user_agent()
}

/// Whether a byte belongs to a word. Dots do, so that a version is one word, and so do bytes beyond ASCII.
fn is_word(byte: u8) -> bool {
    WORD.get(usize::from(byte)).is_some_and(|is| *is)
}

static WORD: [bool; 256] = {
    let mut is_word = [false; 256];
    let mut byte = 0_u8;
    loop {
        #[expect(clippy::indexing_slicing, reason = "computed when compiled")]
        {
            is_word[byte as usize] =
                byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | 0x80..);
        }
        if byte == u8::MAX {
            break is_word;
        }
        byte += 1;
    }
};

/// The word before, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Previous {
    #[default]
    Other,
    Opera,
    Windows,
}

/// What was found so far.
#[derive(Debug)]
struct Found {
    family: Family,
    rank: u8,
    major: Option<u16>,
    /// The number after `Version`.
    version: Option<u16>,
    system: System,
    flags: u16,
    previous: Previous,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            family: Family::Other,
            rank: 0,
            major: None,
            version: None,
            system: System::Other,
            flags: 0,
            previous: Previous::Other,
        }
    }
}

impl Found {
    fn take(&mut self, word: &[u8], after: &[u8], in_comment: bool) {
        let (Some(first), Some(last)) = (word.first(), word.last()) else { return };
        if first.is_ascii_digit() && !last.is_ascii_alphabetic() {
            return;
        }
        if let Some(sign) = look_up(word) {
            // `Chrome/120`, `MSIE 9.0`.
            let number = match after {
                _ if sign.rank == 0 && sign.flags & VERSION == 0 => None,
                [b'/' | b' ' | b':' | b'=', number @ ..] => leading_number(number),
                _ => None,
            };
            self.believe(sign, number, in_comment);
            return;
        }
        // `UCWEB7.9.0`, `Win95`: the number without anything between.
        let letters = word.iter().position(u8::is_ascii_digit).unwrap_or(0);
        if let Some((name, number)) = word.split_at_checked(letters)
            && let Some(sign) = look_up(name)
        {
            self.believe(sign, leading_number(number), in_comment);
        } else {
            self.previous = Previous::Other;
            if names_a_robot(word) {
                self.flags |= BOT;
                self.name(Family::Other, UNKNOWN_BOT, None);
            }
        }
    }

    fn believe(&mut self, sign: Meaning, number: Option<u16>, in_comment: bool) {
        let previous = self.previous;
        self.previous = match (sign.family, sign.system) {
            (Family::Opera, _) => Previous::Opera,
            (_, System::Windows) => Previous::Windows,
            _ => Previous::Other,
        };
        let out_of_place = sign.flags & AFTER_OPERA != 0 && previous != Previous::Opera
            || sign.flags & AFTER_WINDOWS != 0 && previous != Previous::Windows;
        if out_of_place {
            return;
        }
        if sign.flags & VERSION != 0 {
            self.version = self.version.or(number);
            return;
        }
        self.system = self.system.max(sign.system);
        if sign.rank == 0 {
            self.flags |= sign.flags;
            if sign.flags & BOT != 0 {
                self.name(Family::Other, UNKNOWN_BOT, None);
            }
            return;
        }
        // In a comment, which may hold a device's name, only what has a version is a browser, and no script.
        let is_system = sign.system != System::Other;
        let is_meant = if sign.flags & BOT == 0 { number.is_some() || is_system } else { sign.is_crawler() };
        if in_comment && !is_meant {
            return;
        }
        self.flags |= sign.flags;
        let number =
            if sign.flags & TRIDENT == 0 { number } else { number.map(|engine| (engine + 4).min(MAX_MAJOR)) };
        self.name(sign.family, sign.rank, number);
    }

    fn name(&mut self, family: Family, rank: u8, major: Option<u16>) {
        if rank > self.rank {
            (self.family, self.rank, self.major) = (family, rank, major);
        } else if family == self.family && self.major.is_none() {
            self.major = major;
        }
    }

    fn user_agent(mut self) -> UserAgent {
        if self.system == System::Darwin && self.flags & INTEL != 0 {
            self.system = System::MacOs;
        }
        match self.family {
            // Both say their version with a word of its own: Safari, and Opera since its tenth.
            Family::Safari => {
                self.major = self.version;
                match self.system {
                    System::Android => self.family = Family::AndroidBrowser,
                    // A web view of the system.
                    System::Ios => {}
                    _ if self.rank == ENGINE => self.family = Family::Other,
                    _ => {}
                }
            }
            Family::BlackBerry => self.major = self.version,
            Family::Opera if self.major == Some(9) => self.major = self.version.or(self.major),
            Family::Other => self.major = None,
            _ => {}
        }
        UserAgent {
            browser: self.family.text(),
            major: self.major.filter(|_| self.family != Family::Other),
            system: self.system.text(),
            device: self.device(),
        }
    }

    fn device(&self) -> &'static str {
        let is = |flag| self.flags & flag != 0;
        if is(BOT) {
            "bot"
        } else if is(TV) {
            "tv"
        } else if is(TABLET) {
            "tablet"
        } else if is(MOBILE) || matches!(self.system, System::Ios | System::WindowsPhone) {
            "mobile"
        } else {
            match self.system {
                // Android's tablets are those that do not say `Mobile`; apps never do.
                System::Android | System::HarmonyOs if self.rank < LIBRARY => "tablet",
                System::Windows
                | System::MacOs
                | System::Linux
                | System::ChromeOs
                | System::FreeBsd
                | System::NetBsd
                | System::OpenBsd
                | System::Solaris => "desktop",
                _ => "other",
            }
        }
    }
}

/// Whether a word that is not known says that it is a robot's name. One maker of phones is called Cubot.
fn names_a_robot(word: &[u8]) -> bool {
    if word.len() < 3 {
        return false;
    }
    let starts = |at: usize, part: &[u8]| {
        word.get(at..at + part.len()).is_some_and(|found| found.eq_ignore_ascii_case(part))
    };
    let is_named = (0..word.len()).any(|at| match word.get(at).map(u8::to_ascii_lowercase) {
        Some(b'b') => starts(at, b"bot"),
        Some(b'c') => starts(at, b"crawl"),
        Some(b's') => starts(at, b"spider") || starts(at, b"scraper"),
        _ => false,
    });
    is_named && !starts(0, b"cubot")
}
