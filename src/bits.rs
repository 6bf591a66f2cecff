//! Flags as the bits of a number: how plan and cookie write which purposes and services are meant.

use std::ops::{BitOr, Shl};

/// The first flag is the lowest bit. Those for which the number has no bit are left out.
pub(crate) fn bits<T>(flags: impl IntoIterator<Item = bool>) -> T
where
    T: Default + From<u8> + Shl<usize, Output = T> + BitOr<Output = T>,
{
    let set = flags.into_iter().take(8 * size_of::<T>()).enumerate().filter(|(_, is_set)| *is_set);
    set.fold(T::default(), |bits, (at, _)| bits | (T::from(1) << at))
}

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn the_first_is_the_lowest_and_the_last_fits() {
        assert_eq!(bits::<u32>([]), 0);
        assert_eq!(bits::<u32>([true, false, true]), 0b101);
        assert_eq!(bits::<u32>([true; 40]), u32::MAX);
        assert_eq!(bits::<u128>((0..200).map(|at| at == 127)), 1 << 127);
    }
}
