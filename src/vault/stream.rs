//! Sealing in segments, for values that are not to be held whole: AES-GCM-HKDF streaming AEAD as Tink defines it, with the
//! parameters of `AES256_GCM_HKDF_1MB`. Each value has a key of its own, derived from its salt; segments can neither be
//! changed, moved, left out nor cut off at the end.
//!
//! `header (1 ‖ salt 32 ‖ nonce prefix 7) ‖ segment 0 ‖ segment 1 ‖ …`, where header and segment 0 together, and each
//! further segment but the last, have 1 MiB.

use super::{Binding, VaultError};
use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Aead as _};
use hkdf::Hkdf;
use sha2::Sha256;
use std::fmt;

/// Bytes of a sealed segment.
const SEGMENT: usize = 1 << 20;
const SALT: usize = 32;
const PREFIX: usize = 7;
const TAG: usize = 16;

/// Bytes of the header.
pub const HEADER: usize = 1 + SALT + PREFIX;

/// The key of one value, and what its segments are numbered with.
#[derive(Clone)]
pub struct Segments {
    key: [u8; 32],
    prefix: [u8; PREFIX],
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Segments(..)")
    }
}

impl Segments {
    /// Of a new value. `random` must be fresh.
    pub fn new(
        data_key: &[u8; 32],
        random: &[u8; HEADER - 1],
        binding: Binding<'_>,
    ) -> Result<(Self, [u8; HEADER]), VaultError> {
        let mut header = [0; HEADER];
        let parts = [u8::try_from(HEADER).unwrap_or_default()].into_iter().chain(*random);
        header.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        Ok((Self::of(data_key, &header, binding)?, header))
    }

    /// Of a value that begins with this header.
    pub fn of(data_key: &[u8; 32], header: &[u8], binding: Binding<'_>) -> Result<Self, VaultError> {
        let Some((&length, rest)) = header.split_first() else { return Err(VaultError::Unopenable) };
        let Some((salt, prefix)) = rest.split_first_chunk::<SALT>() else {
            return Err(VaultError::Unopenable);
        };
        let prefix = prefix.try_into().map_err(|_| VaultError::Unopenable)?;
        if usize::from(length) != HEADER {
            return Err(VaultError::Unopenable);
        }
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(salt), data_key)
            .expand(&binding.bytes(), &mut key)
            .map_err(|_| VaultError::Unopenable)?;
        Ok(Self { key, prefix })
    }

    /// Of a value whose own key is known, with this header.
    pub fn with_key(key: [u8; 32], header: &[u8]) -> Result<Self, VaultError> {
        let prefix = header.get(1 + SALT..HEADER).and_then(|prefix| prefix.try_into().ok());
        Ok(Self { key, prefix: prefix.ok_or(VaultError::Unopenable)? })
    }

    /// The key, for an implementation of AES-256-GCM other than [`Segments::seal`]'s: each segment under its
    /// [nonce](Self::nonce), without associated data, with a tag of 128 bits.
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The nonce of a segment.
    pub fn nonce(&self, index: u32, is_last: bool) -> [u8; 12] {
        let mut nonce = [0; 12];
        let parts = self.prefix.into_iter().chain(index.to_be_bytes()).chain([u8::from(is_last)]);
        nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        nonce
    }

    /// Seals a segment. All but the last must have [`plain_len`] bytes.
    pub fn seal(&self, index: u32, is_last: bool, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = self.nonce(index, is_last);
        let sealed = Aes256Gcm::new((&self.key).into()).encrypt(&nonce.into(), plain);
        sealed.map_err(|_| VaultError::Unopenable)
    }

    /// Opens a segment at its place.
    pub fn open(&self, index: u32, is_last: bool, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = self.nonce(index, is_last);
        let plain = Aes256Gcm::new((&self.key).into()).decrypt(&nonce.into(), sealed);
        plain.map_err(|_| VaultError::Unopenable)
    }
}

/// Bytes in a segment that is not the last, in the clear.
pub const fn plain_len(index: u32) -> usize {
    sealed_len(index) - TAG
}

/// The same, sealed.
pub const fn sealed_len(index: u32) -> usize {
    if index == 0 { SEGMENT - HEADER } else { SEGMENT }
}

/// Bytes of a whole value, sealed.
pub const fn sealed_size(plain: usize) -> usize {
    let more = plain.saturating_sub(plain_len(0)).div_ceil(plain_len(1));
    HEADER + plain + TAG * (1 + more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{from_base64url, to_hex};
    use sha2::Digest as _;

    const HERE: Binding<'_> = Binding { site: "shop", kind: "record", name: "a" };
    const RANDOM: [u8; HEADER - 1] = [7; HEADER - 1];

    fn whole(random: &[u8; HEADER - 1], plain: &[u8]) -> Vec<u8> {
        let (segments, header) = Segments::new(&[1; 32], random, HERE).unwrap();
        let mut out = header.to_vec();
        let (mut index, mut rest) = (0, plain);
        loop {
            let (part, after) = rest.split_at(rest.len().min(plain_len(index)));
            out.extend(segments.seal(index, after.is_empty(), part).unwrap());
            if after.is_empty() {
                return out;
            }
            (index, rest) = (index + 1, after);
        }
    }

    fn opened(sealed: &[u8], binding: Binding<'_>) -> Option<Vec<u8>> {
        let (header, mut rest) = sealed.split_at_checked(HEADER)?;
        let segments = Segments::of(&[1; 32], header, binding).ok()?;
        let (mut out, mut index) = (Vec::new(), 0);
        loop {
            let (part, after) = rest.split_at(rest.len().min(sealed_len(index)));
            out.extend(segments.open(index, after.is_empty(), part).ok()?);
            if after.is_empty() {
                return Some(out);
            }
            (index, rest) = (index + 1, after);
        }
    }

    #[test]
    fn values_of_every_size_open_again() {
        let first = plain_len(0);
        for size in [0, 1, first - 1, first, first + 1, first + plain_len(1), first + plain_len(1) + 1] {
            let plain: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let sealed = whole(&RANDOM, &plain);
            assert_eq!(sealed.len(), sealed_size(size), "{size}");
            assert_eq!(opened(&sealed, HERE).as_deref(), Some(plain.as_slice()), "{size}");
        }
    }

    #[test]
    fn tink_seals_alike() {
        // Made by Tink 1.16 with `AesGcmHkdfStreamingKey`, RAW, the key and associated data of these tests.
        let sealed = from_base64url(
            "KDrS84TYuJWly7llVo0xEd3bEsi1DitK-NhsrQvlCIeu3G9dQpuGipt8hf_yqn6-9xurlkBLaUscWpxh01omiNEkDU5GLw",
        )
        .unwrap();
        assert_eq!(opened(&sealed, HERE).unwrap(), b"a person's own");
        let header = from_base64url("KLPvOI7bGta-bYlOyx0feGE_dNT5FiAM1mWCIHOmwXamqFF0Kj8J0g").unwrap();
        let random = header[1..].try_into().unwrap();
        let long: Vec<u8> =
            (0..=plain_len(0) + plain_len(1)).map(|n| u8::try_from(n % 251).unwrap()).collect();
        assert_eq!(
            to_hex(&Sha256::digest(whole(&random, &long))),
            "66ecc7a2c4b6a602da6ef5780be6e0c59bb57c8e97d5b4d9c6597580d1660011"
        );
    }

    #[test]
    fn nothing_can_be_changed_moved_or_cut() {
        let sealed = whole(&RANDOM, &vec![9; plain_len(0) + 2 * plain_len(1)]);
        assert!(opened(&sealed, Binding { name: "b", ..HERE }).is_none());
        for at in [0, 1, HEADER - 1, HEADER, SEGMENT - 1, SEGMENT, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(opened(&changed, HERE).is_none(), "byte {at}");
        }
        for at in [0, HEADER, SEGMENT, 2 * SEGMENT, sealed.len() - 1] {
            assert!(opened(&sealed[..at], HERE).is_none(), "cut at {at}");
        }
        let swapped = [&sealed[..SEGMENT], &sealed[2 * SEGMENT..], &sealed[SEGMENT..2 * SEGMENT]].concat();
        assert!(opened(&swapped, HERE).is_none());
        assert!(opened(&[&sealed[..SEGMENT], &sealed[2 * SEGMENT..]].concat(), HERE).is_none());
    }
}
