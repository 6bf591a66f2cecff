//! One-time codes: how many are sent, how long each is good, and how often one may be tried. What proves a contact is the
//! code that was sent to it, given back together with the name of the challenge that only who asked for it knows.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// How long a code is good, in seconds.
pub const CODE_LIFETIME: u64 = 600;

/// How often one code may be tried (NIST SP 800-63B-4, section 3.2.2, allows a hundred).
pub const CODE_ATTEMPTS: u32 = 5;

/// The most codes that are sent to one contact within an hour.
pub const CODES_AN_HOUR: usize = 3;

const HOUR: u64 = 3600;

/// What is kept of the codes sent to one contact. It holds no code, and nothing that one can be found from without the key
/// of the codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Codes {
    /// When codes were sent, within the last hour.
    sent: Vec<Timestamp>,
    open: Vec<Open>,
}

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    challenge: String,
    /// Its keyed hash.
    #[serde(with = "crate::encoding::base64url")]
    mac: [u8; 16],
    expires: Timestamp,
    attempts: u32,
}

/// So many were sent that no more are for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// When the next can be.
    pub again: Timestamp,
}

impl Codes {
    /// Eight digits of random bytes.
    pub fn digits(random: [u8; 16]) -> String {
        format!("{:08}", u128::from_be_bytes(random) % 100_000_000)
    }

    /// A code is sent; until when it is good.
    pub fn send(&mut self, challenge: &str, mac: [u8; 16], now: Timestamp) -> Result<Timestamp, TooMany> {
        self.forget(now);
        if self.sent.len() >= CODES_AN_HOUR {
            let again = self.sent.first().map_or(now, |first| first.plus_seconds(HOUR));
            return Err(TooMany { again });
        }
        let expires = now.plus_seconds(CODE_LIFETIME);
        self.sent.push(now);
        self.open.push(Open { challenge: challenge.to_owned(), mac, expires, attempts: 0 });
        Ok(expires)
    }

    /// Whether this is the code of the challenge. It is used up if it is; if it is not, that counts.
    pub fn check(&mut self, challenge: &str, mac: &[u8; 16], now: Timestamp) -> bool {
        self.forget(now);
        let Some(at) = self.open.iter().position(|open| open.challenge == challenge) else { return false };
        let Some(open) = self.open.get_mut(at) else { return false };
        open.attempts += 1;
        let is_right = bool::from(open.mac.ct_eq(mac));
        if is_right || open.attempts >= CODE_ATTEMPTS {
            self.open.remove(at);
        }
        is_right
    }

    /// When there is nothing left to remember, if there is something now.
    pub fn due(&self) -> Option<Timestamp> {
        self.sent.last().map(|last| last.plus_seconds(HOUR))
    }

    /// Until when one that was sent is good, if one is.
    pub fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.open.iter().map(|open| open.expires).filter(|expires| *expires > now).max()
    }

    fn forget(&mut self, now: Timestamp) {
        self.sent.retain(|sent| sent.plus_seconds(HOUR) > now);
        self.open.retain(|open| open.expires > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    #[test]
    fn a_code_is_good_once_and_for_its_time() {
        let mut codes = Codes::default();
        codes.send("a", [1; 16], at(0)).unwrap();
        assert!(!codes.clone().check("a", &[1; 16], at(CODE_LIFETIME)), "too late");
        assert!(codes.check("a", &[1; 16], at(CODE_LIFETIME - 1)));
        assert!(!codes.check("a", &[1; 16], at(CODE_LIFETIME - 1)), "again");
    }

    #[test]
    fn guesses_are_counted_and_then_the_right_code_is_wrong_too() {
        for wrong in 0..8 {
            let mut codes = Codes::default();
            codes.send("a", [1; 16], at(0)).unwrap();
            codes.send("b", [2; 16], at(0)).unwrap();
            for _ in 0..wrong {
                assert!(!codes.check("a", &[9; 16], at(1)));
                assert!(!codes.check("unknown", &[1; 16], at(1)));
            }
            assert_eq!(codes.check("a", &[1; 16], at(1)), wrong < CODE_ATTEMPTS, "{wrong}");
            assert!(codes.check("b", &[2; 16], at(1)), "another challenge is not touched");
        }
    }

    #[test]
    fn so_many_an_hour_and_no_more() {
        let mut codes = Codes::default();
        for n in 0..CODES_AN_HOUR as u64 {
            assert!(codes.send("a", [1; 16], at(n * 10)).is_ok());
        }
        assert_eq!(codes.send("a", [1; 16], at(100)), Err(TooMany { again: at(HOUR) }));
        assert!(codes.send("a", [1; 16], at(HOUR)).is_ok());
        assert_eq!(codes.due(), Some(at(2 * HOUR)));
        assert_eq!(codes.open_until(at(HOUR)), Some(at(HOUR + CODE_LIFETIME)));
        assert_eq!(codes.open_until(at(HOUR + CODE_LIFETIME)), None);
    }

    #[test]
    fn codes_have_eight_digits() {
        for random in [[0; 16], [255; 16], [7; 16]] {
            let code = Codes::digits(random);
            assert!(code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
        }
    }
}
