//! The texts that are scrubbed.

use serde::Deserialize;
use std::{fmt::Write, path::Path};

/// Numbers that look random and are the same in every run (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Log lines of several kinds, with about one personal datum in 700 bytes.
pub fn sparse(bytes: usize) -> String {
    let (mut text, mut random, mut lines) = (String::new(), Random(7), 0_u64);
    let levels = ["INFO", "DEBUG", "WARN", "ERROR"];
    let paths = ["/api/v1/orders", "/static/app.js", "/health", "/products/shoes", "/cart/checkout"];
    let words = ["cache", "payment", "session store", "worker", "queue", "renderer", "index", "scheduler"];
    while text.len() < bytes {
        let (level, path) = (levels[random.below(4) as usize], paths[random.below(5) as usize]);
        let (one, other) = (words[random.below(8) as usize], words[random.below(8) as usize]);
        let (small, large) = (random.below(1000), random.next());
        let (minute, second) = (random.below(60), random.below(60));
        let line = match lines % 6 {
            0 => format!(
                "2026-11-22T10:{minute:02}:{second:02}.{small:03}Z {level} [worker-{}] {one} took {small} ms, {other} still has {} entries and goes on",
                small % 16,
                small * 7
            ),
            1 => format!(
                "Nov 22 10:{minute:02}:{second:02} web-{} nginx[{small}]: GET {path}?page={} HTTP/1.1 status=200 bytes={} request_id={large:016x}",
                small % 9,
                small % 50,
                small * 31
            ),
            2 => format!(
                "{{\"ts\":\"2026-11-22T10:{minute:02}:{second:02}Z\",\"level\":\"{level}\",\"msg\":\"{one} was rebuilt by the {other}\",\"order\":\"A-{small}\",\"ms\":{small}}}"
            ),
            3 => format!(
                "\tat com.example.shop.{}.Handler.process(Handler.java:{small}) ~[shop-{}.{}.{}.jar:na]",
                one.replace(' ', ""),
                small % 9,
                small % 20,
                small % 7
            ),
            4 => format!(
                "{level} {one}: deployment shop-frontend-{:010x}-{:05x} is ready after {}.{small:03}s, price 49.{:02} EUR, build {:040x}",
                large >> 24,
                large & 0xf_ffff,
                small % 60,
                small % 100,
                u128::from(large) << 40
            ),
            _ => format!(
                "the {one} has told the {other} to wait until everything that was begun before has ended, and to try again after that"
            ),
        };
        writeln!(text, "{line}").unwrap();
        lines += 1;
        if lines % 6 == 0 {
            let octet = small % 250 + 1;
            let line = match lines / 6 % 4 {
                0 => format!("{level} login of user{small}@example.com failed, {one} says no"),
                1 => format!(
                    "203.0.113.{octet} - - [22/Nov/2026:10:{minute:02}:{second:02} +0000] \"GET {path} HTTP/1.1\" 200 {small}"
                ),
                2 => format!("{level} {one} refused: password=hunter{small} is known"),
                _ => format!("{level} callback to +49 30 {small:03}45{small:03} from {other}"),
            };
            writeln!(text, "{line}").unwrap();
        }
    }
    let end = (bytes..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    text.truncate(end);
    text
}

/// A text of a corpus, with what is in it.
#[derive(Deserialize)]
pub struct Text {
    pub full_text: String,
    pub spans: Vec<Span>,
}

/// Something personal in a text.
#[derive(Deserialize)]
pub struct Span {
    pub entity_type: String,
    pub entity_value: String,
}

/// The texts of presidio-research, from the folder that `CONSENTRY_CORPORA` names.
pub fn corpus() -> Option<Vec<Text>> {
    let folder = std::env::var_os("CONSENTRY_CORPORA")?;
    let file = std::fs::read_to_string(Path::new(&folder).join("pii-texts.json")).ok()?;
    serde_json::from_str(&file).ok()
}

/// Sentences with much in them: those of the corpus, or else some made up.
pub fn dense(bytes: usize, corpus: Option<&[Text]>) -> String {
    let mut text = String::new();
    if let Some(texts) = corpus {
        for entry in texts.iter().cycle() {
            text.push_str(&entry.full_text);
            text.push('\n');
            if text.len() >= bytes {
                break;
            }
        }
    }
    let mut random = Random(11);
    while text.len() < bytes {
        let number = random.below(10_000);
        let sentence = match number % 5 {
            0 => format!("My card 4111 1111 1111 1111 does not work, said customer {number}."),
            1 => format!("Please write to person{number}@example.org about the parcel."),
            2 => format!("You can reach me under 602-272-{number:04} after six."),
            3 => format!("The account is DE89 3704 0044 0532 0130 00, of Mrs Example in {number} Sometown."),
            _ => format!("He lives in {number} Long Street, and his number is 123-45-{number:04}."),
        };
        writeln!(text, "{sentence}").unwrap();
    }
    let end = (bytes..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    text.truncate(end);
    text
}
