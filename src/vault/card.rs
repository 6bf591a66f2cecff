//! One-way tokens for payment cards: random, so that nothing of the number can be found from one, and the number is not kept.
//!
//! Who has a number pass here has the Worker within the scope of PCI DSS. A payment provider's own token, taken in its own
//! form, keeps it out; this is for who cannot have that.

use crate::encoding::to_base64url;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

/// What stands for a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardToken {
    /// The token, which no number leads to: the same card gets another one each time.
    pub token: String,
    /// The issuer's first six digits: with the last four the most that may be shown (PCI DSS 4.0.1, requirement 3.4.1). Of
    /// a number with fewer than fifteen digits they are left out: too few would be hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// The last four.
    pub last4: String,
}

/// What is no number of a card. It quotes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCard;

impl fmt::Display for InvalidCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected 12 to 19 digits with a right check digit (ISO/IEC 7812-1), spaces and hyphens aside",
        )
    }
}

impl std::error::Error for InvalidCard {}

impl CardToken {
    /// A token for a number, of 16 random bytes.
    pub fn of(number: &str, random: [u8; 16]) -> Result<Self, InvalidCard> {
        let digits: Zeroizing<Vec<u8>> =
            Zeroizing::new(number.bytes().filter(|b| !matches!(b, b' ' | b'-')).collect());
        if !(12..=19).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(InvalidCard);
        }
        let values: Zeroizing<Vec<u8>> = Zeroizing::new(digits.iter().map(|digit| digit - b'0').collect());
        if values.first() == Some(&0) || !luhn(&values) {
            return Err(InvalidCard);
        }
        let text = |digits: Option<&[u8]>| {
            digits.map(|digits| String::from_utf8_lossy(digits).into_owned()).ok_or(InvalidCard)
        };
        Ok(Self {
            token: format!("card_{}", to_base64url(&random)),
            bin: (digits.len() >= 15).then(|| text(digits.get(..6))).transpose()?,
            last4: text(digits.last_chunk::<4>().map(<[u8; 4]>::as_slice))?,
        })
    }
}

/// The check digit of ISO/IEC 7812-1, annex B.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum = digits.iter().rev().enumerate().fold(0_u32, |sum, (place, digit)| {
        let value = u32::from(*digit) << (place % 2);
        sum + value - if value > 9 { 9 } else { 0 }
    });
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_shows_ten_digits_and_no_more() {
        let token = CardToken::of("4111 1111-1111 1111", [7; 16]).unwrap();
        assert_eq!((token.bin.as_deref(), token.last4.as_str()), (Some("411111"), "1111"));
        assert_eq!(token.token, "card_BwcHBwcHBwcHBwcHBwcHBw");
        assert_ne!(CardToken::of("4111111111111111", [8; 16]).unwrap().token, token.token);
        assert_eq!(CardToken::of("501800000009", [7; 16]).unwrap().bin, None, "too few would be hidden");
    }

    #[test]
    fn what_is_no_card_is_none() {
        for bad in [
            "",
            "4111",
            "4111111111111112",
            "41111111111111111111",
            "4111a11111111111",
            "0000000000000000",
            "\u{664}111111111111111",
        ] {
            assert_eq!(CardToken::of(bad, [7; 16]), Err(InvalidCard), "{bad}");
        }
    }
}
