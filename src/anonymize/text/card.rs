//! Payment cards (ISO/IEC 7812): the ranges of the schemes with their lengths, and the check digit.

/// A range of issuers: the first six digits from and to, the lengths of its numbers from and to.
type Range = (u32, u32, usize, usize);

/// What is issued under a scheme's own range.
const ISSUED: &[Range] = &[
    // UATP apart, whose range is all that begins with 1: JCB of old with 15 digits.
    (180_000, 180_099, 15, 15),
    (213_100, 213_199, 15, 15),
    // Mir, then Mastercard's second series.
    (220_000, 220_599, 16, 19),
    (222_100, 272_099, 16, 16),
    // Diners Club, American Express, JCB.
    (300_000, 305_999, 14, 19),
    (309_500, 309_599, 14, 19),
    (340_000, 349_999, 15, 15),
    (352_800, 358_999, 16, 19),
    (360_000, 369_999, 14, 19),
    (370_000, 379_999, 15, 15),
    (380_000, 399_999, 14, 14),
    (380_000, 399_999, 16, 19),
    // Visa.
    (400_000, 499_999, 13, 13),
    (400_000, 499_999, 16, 16),
    (400_000, 499_999, 19, 19),
    // Mastercard, Maestro, Verve, Elo, RuPay.
    (510_000, 559_999, 16, 16),
    (500_000, 509_999, 16, 19),
    (560_000, 589_999, 16, 19),
    (501_800, 501_899, 12, 15),
    (502_000, 502_099, 12, 15),
    (503_800, 503_899, 12, 15),
    (589_300, 589_399, 12, 15),
    // Discover, UnionPay, Maestro and others.
    (600_000, 699_999, 16, 19),
    (630_400, 630_499, 12, 15),
    (675_900, 675_999, 12, 15),
    (676_100, 676_399, 12, 15),
    // RuPay, UnionPay, Troy, Humo, Uzcard.
    (810_000, 829_999, 16, 19),
    (860_000, 860_099, 16, 16),
    (979_200, 979_299, 16, 16),
    (986_000, 986_099, 16, 16),
];

/// Whether digits may begin the number of a card. `spoken` says that cards are spoken of.
pub(super) fn is_issuer(digits: &[u8], spoken: bool) -> bool {
    let Some((issuer, _)) = digits.split_at_checked(6) else { return false };
    let issuer = issuer.iter().fold(0, |number, digit| number * 10 + u32::from(*digit));
    spoken && issuer >= 100_000 || ISSUED.iter().any(|(from, to, ..)| (*from..=*to).contains(&issuer))
}

/// Whether digits, as values, are the number of a card. `spoken` says that cards are spoken of.
pub(super) fn is_card(digits: &[u8], spoken: bool) -> bool {
    let Some((issuer, _)) = digits.split_at_checked(6) else { return false };
    let issuer = issuer.iter().fold(0, |number, digit| number * 10 + u32::from(*digit));
    let within = |(from, to, least, most): &Range| {
        (*from..=*to).contains(&issuer) && (*least..=*most).contains(&digits.len())
    };
    // Where the text speaks of cards, any length and issuer that the standard allows is one.
    let known = if spoken {
        (12..=19).contains(&digits.len()) && issuer >= 100_000
    } else {
        ISSUED.iter().any(within)
    };
    known && luhn(digits)
}

pub(super) use crate::vault::luhn;

#[cfg(test)]
mod tests {
    use crate::anonymize::text::tests::{same, to};

    #[test]
    fn finds_cards() {
        for number in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111.1111.1111.1111",
            "4111+1111+1111+1111",
            "4111%201111%201111%201111",
            "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "2720992593319364",
            "378282246310005",
            "3782 822463 10005",
            "30569309025904",
            "6011111111111117",
            "3530111333300000",
            "6200000000000005",
            "6759649826438453",
            "501800000009",
            "４１１１ １１１１ １１１１ １１１１",
            "4111\u{200b}1111\u{ad}1111\u{2011}1111",
            "4111\u{a0}1111\u{2013}1111 1111",
        ] {
            to(number, "[card]");
            to(&format!("paid with {number}, thanks"), "paid with [card], thanks");
            to(&format!("n={number}&x=1"), "n=[card]&x=1");
            to(&format!("{{\"n\":{number}}}"), "{\"n\":[card]}");
        }
        to("12 4111 1111 1111 1111 123", "12 [card] 123");
        to("card4111111111111111", "card[card]");
        to("user_4111111111111111", "user_[card]");
        to("a\u{200b}4111111111111111\u{200b}b", "a[card]\u{200b}b");
        to("Maestro card 587428561654", "Maestro card [card]");
    }

    #[test]
    fn leaves_what_is_none() {
        for text in [
            "4111111111111112",
            "1111111111111117",
            "587428561654",
            "a4111111111111111f",
            "0.4111111111111111",
            "41111111111111111111111",
            "order 1700000000000000",
        ] {
            same(text);
        }
    }
}
