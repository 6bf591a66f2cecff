//! Sealing: AES-256-GCM with the value bound to its place.

use super::VaultError;
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};

/// Where a sealed value belongs. Moved to another place, it does not open.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The site it belongs to.
    pub site: &'a str,
    /// What kind of value it is, such as `consent`.
    pub kind: &'a str,
    /// Its own name: a storage key or an event id.
    pub name: &'a str,
}

impl Binding<'_> {
    /// Associated data: length-prefixed parts, so that no two places share their bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = b"consentry/seal/v1".to_vec();
        for part in [self.site, self.kind, self.name] {
            out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend(part.as_bytes());
        }
        out
    }
}

const VERSION: u8 = 1;
const NONCE: usize = 12;

/// Seals a value: `version (1) ‖ nonce (12) ‖ ciphertext and tag`.
///
/// The nonce must be fresh random bytes. A key here belongs to one person or one purpose and seals far fewer than
/// the 2^32 messages that SP 800-38D section 8.3 allows with random nonces.
pub fn seal(
    key: &[u8; 32],
    nonce: &[u8; 16],
    binding: Binding<'_>,
    plain: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let nonce: [u8; NONCE] = nonce.first_chunk().copied().unwrap_or_default();
    let aad = binding.bytes();
    let sealed = Aes256Gcm::new(key.into())
        .encrypt(&nonce.into(), Payload { msg: plain, aad: &aad })
        .map_err(|_| VaultError::Unopenable)?;
    let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
    out.push(VERSION);
    out.extend(nonce);
    out.extend(sealed);
    Ok(out)
}

/// Opens a sealed value at its place.
pub fn open(key: &[u8; 32], binding: Binding<'_>, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let Some((&VERSION, rest)) = sealed.split_first() else { return Err(VaultError::Unopenable) };
    let Some((nonce, body)) = rest.split_first_chunk::<NONCE>() else { return Err(VaultError::Unopenable) };
    let aad = binding.bytes();
    Aes256Gcm::new(key.into())
        .decrypt(&(*nonce).into(), Payload { msg: body, aad: &aad })
        .map_err(|_| VaultError::Unopenable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [1; 32];
    const HERE: Binding<'_> = Binding { site: "shop", kind: "consent", name: "a" };

    #[test]
    fn opens_only_whole_and_in_its_place() {
        let sealed = seal(&KEY, &[2; 16], HERE, b"secret").unwrap();
        assert_eq!(open(&KEY, HERE, &sealed).unwrap(), b"secret");
        assert!(open(&[3; 32], HERE, &sealed).is_err(), "another key");
        for elsewhere in [
            Binding { name: "b", ..HERE },
            Binding { kind: "record", ..HERE },
            Binding { site: "shopc", kind: "onsent", ..HERE },
        ] {
            assert!(open(&KEY, elsewhere, &sealed).is_err(), "{elsewhere:?}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&KEY, HERE, &changed).is_err(), "byte {at} changed");
            assert!(open(&KEY, HERE, &sealed[..at]).is_err(), "cut at {at}");
        }
    }
}
