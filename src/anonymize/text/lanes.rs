//! Sixteen bytes at once, in a register where the machine has one that wide, and what holds of each of them as a bit.

#![expect(clippy::inline_always, reason = "single instructions, also in a build for size")]

pub(super) use machine::Lanes;

/// With the registers that every x86-64 has.
#[cfg(target_arch = "x86_64")]
mod machine {
    use safe_arch::{
        bitor_m128i, cmp_eq_mask_i8_m128i, cmp_gt_mask_i8_m128i, load_unaligned_m128i, m128i,
        move_mask_i8_m128i, set_splat_i8_m128i,
    };

    /// Sixteen bytes, or whether something holds of each.
    #[derive(Clone, Copy)]
    pub(in crate::anonymize::text) struct Lanes(m128i);

    #[inline(always)]
    fn each(byte: u8) -> m128i {
        set_splat_i8_m128i(byte.cast_signed())
    }

    impl Lanes {
        /// Bytes of a text.
        #[inline(always)]
        pub(in crate::anonymize::text) fn new(bytes: &[u8; 16]) -> Self {
            Self(load_unaligned_m128i(bytes))
        }

        /// Which of them are this one.
        #[inline(always)]
        pub(in crate::anonymize::text) fn is(self, byte: u8) -> Self {
            Self(cmp_eq_mask_i8_m128i(self.0, each(byte)))
        }

        /// Which of them are ASCII, and this one or after it.
        #[inline(always)]
        pub(in crate::anonymize::text) fn from(self, byte: u8) -> Self {
            // What is not ASCII is less than zero.
            Self(cmp_gt_mask_i8_m128i(self.0, each(byte - 1)))
        }

        /// Where one or the other holds.
        #[inline(always)]
        pub(in crate::anonymize::text) fn or(self, other: Self) -> Self {
            Self(bitor_m128i(self.0, other.0))
        }

        /// A bit for each, that of the first byte lowest.
        #[inline(always)]
        pub(in crate::anonymize::text) fn bits(self) -> u64 {
            u64::from(move_mask_i8_m128i(self.0).cast_unsigned())
        }
    }
}

/// With the registers of WebAssembly, where they are switched on.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod machine {
    use core::arch::wasm32::{i8x16_bitmask, i8x16_eq, i8x16_ge, u8x16_splat, u64x2, v128, v128_or};

    /// Sixteen bytes, or whether something holds of each.
    #[derive(Clone, Copy)]
    pub(in crate::anonymize::text) struct Lanes(v128);

    impl Lanes {
        /// Bytes of a text.
        #[inline(always)]
        pub(in crate::anonymize::text) fn new(bytes: &[u8; 16]) -> Self {
            let [low, high] = super::halves(bytes);
            Self(u64x2(low, high))
        }

        /// Which of them are this one.
        #[inline(always)]
        pub(in crate::anonymize::text) fn is(self, byte: u8) -> Self {
            Self(i8x16_eq(self.0, u8x16_splat(byte)))
        }

        /// Which of them are ASCII, and this one or after it.
        #[inline(always)]
        pub(in crate::anonymize::text) fn from(self, byte: u8) -> Self {
            // What is not ASCII is less than zero.
            Self(i8x16_ge(self.0, u8x16_splat(byte)))
        }

        /// Where one or the other holds.
        #[inline(always)]
        pub(in crate::anonymize::text) fn or(self, other: Self) -> Self {
            Self(v128_or(self.0, other.0))
        }

        /// A bit for each, that of the first byte lowest.
        #[inline(always)]
        pub(in crate::anonymize::text) fn bits(self) -> u64 {
            u64::from(i8x16_bitmask(self.0))
        }
    }
}

/// Elsewhere, in two registers of eight bytes (SWAR).
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128"))))]
mod machine {
    pub(in crate::anonymize::text) use super::pair::Lanes;
}

#[cfg(any(test, not(any(target_arch = "x86_64", all(target_arch = "wasm32", target_feature = "simd128")))))]
mod pair {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = 0x80 * EACH;

    /// Sixteen bytes, or in the top bit of each whether something holds.
    #[derive(Clone, Copy)]
    pub(in crate::anonymize::text) struct Lanes([u64; 2]);

    impl Lanes {
        /// Bytes of a text.
        #[inline(always)]
        pub(in crate::anonymize::text) fn new(bytes: &[u8; 16]) -> Self {
            Self(super::halves(bytes))
        }

        /// Which of them are this one.
        #[inline(always)]
        pub(in crate::anonymize::text) fn is(self, byte: u8) -> Self {
            Self(self.0.map(|eight| {
                let other = eight ^ (u64::from(byte) * EACH);
                !(((other & !TOP) + !TOP) | other) & TOP
            }))
        }

        /// Which of them are ASCII, and this one or after it.
        #[inline(always)]
        pub(in crate::anonymize::text) fn from(self, byte: u8) -> Self {
            // No sum carries into the next byte: 0x7f + 0x7f is below 0x100.
            Self(self.0.map(|eight| ((eight & !TOP) + u64::from(0x80 - byte) * EACH) & !eight & TOP))
        }

        /// Where one or the other holds.
        #[inline(always)]
        pub(in crate::anonymize::text) fn or(self, other: Self) -> Self {
            let ([one, two], [other_one, other_two]) = (self.0, other.0);
            Self([one | other_one, two | other_two])
        }

        /// A bit for each, that of the first byte lowest.
        #[inline(always)]
        pub(in crate::anonymize::text) fn bits(self) -> u64 {
            // Each top bit comes to its place in the highest byte, and no two to the same place.
            let [low, high] = self.0.map(|eight| eight.wrapping_mul(0x0002_0408_1020_4081) >> 56);
            low | high << 8
        }
    }
}

/// The bytes in two numbers, the first one lowest.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn halves(bytes: &[u8; 16]) -> [u64; 2] {
    let (eights, _) = bytes.as_chunks::<8>();
    let [low, high] = eights else { return [0; 2] };
    [u64::from_le_bytes(*low), u64::from_le_bytes(*high)]
}

#[cfg(test)]
mod tests {
    /// Says the same of each byte in each place as a comparison does.
    macro_rules! says_what_is {
        ($name:ident, $lanes:ty) => {
            #[test]
            fn $name() {
                for byte in 0..=255_u8 {
                    for other in [0, b'a', b'0', 0x7f, 0x80, 0xff] {
                        for place in 0..16 {
                            let mut bytes = [other; 16];
                            bytes[place] = byte;
                            let lanes = <$lanes>::new(&bytes);
                            let holds = |bits: u64, what: &dyn Fn(u8) -> bool| {
                                let expected: u64 = (0..16).map(|at| u64::from(what(bytes[at])) << at).sum();
                                assert_eq!(bits, expected, "{bytes:?}");
                            };
                            holds(lanes.is(b':').bits(), &|byte| byte == b':');
                            holds(lanes.from(b'0').bits(), &|byte| (b'0'..0x80).contains(&byte));
                            let either = lanes.is(b'0').or(lanes.from(b'A'));
                            holds(either.bits(), &|byte| byte == b'0' || (b'A'..0x80).contains(&byte));
                        }
                    }
                }
            }
        };
    }

    says_what_is!(of_each_byte, super::Lanes);
    says_what_is!(of_each_byte_in_two_numbers, super::pair::Lanes);
}
