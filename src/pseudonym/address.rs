//! Reversible pseudonyms of IP addresses by the ipcrypt specification (draft-denis-ipcrypt), for teams that have to get
//! back to an address, as when an attack is followed. **Whoever has the key has the address**: these are encrypted, not
//! reduced, and the log they stand in is personal data. Where nobody has to get back, reduce instead
//! ([`reduce_ip`](crate::anonymize::reduce_ip)).
//!
//! | Kind | Same address, same pseudonym | Bytes | What it shows without the key |
//! |---|---|---|---|
//! | [`AddressKey`] | yes | 16, as an IPv6 address | that two entries are of one address |
//! | [`PrefixKey`] | yes | as the address | that too, and which addresses share a network |
//! | [`AddressKey::encrypt_random`] | no | 24 | nothing (random values of 8 bytes repeat after some billion entries) |
//! | [`WideAddressKey::encrypt_random`] | no | 32 | nothing |

use ipcrypt_rs::{Ipcrypt, IpcryptNd, IpcryptNdx, IpcryptPfx};
use std::{fmt, net::IpAddr};
use zeroize::Zeroizing;

/// Why bytes are no key. It never says anything about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidAddressKey {
    /// Not as many bytes as the kind of key has.
    Length {
        /// How many it has.
        expected: usize,
    },
    /// Every byte is zero: no key was ever put there.
    Zero,
    /// Both halves of a key of 32 bytes are the same.
    SameHalves,
}

impl fmt::Display for InvalidAddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected } => write!(f, "a key must be {expected} random bytes"),
            Self::Zero => f.write_str("a key must be random bytes; this one is all zero"),
            Self::SameHalves => f.write_str("the two halves of the key must differ"),
        }
    }
}

impl std::error::Error for InvalidAddressKey {}

fn key<const N: usize>(bytes: &[u8]) -> Result<Zeroizing<[u8; N]>, InvalidAddressKey> {
    let mut key = Zeroizing::new([0; N]);
    if bytes.len() != N {
        return Err(InvalidAddressKey::Length { expected: N });
    }
    key.copy_from_slice(bytes);
    let (left, right) = key.split_at(N / 2);
    if key.iter().all(|byte| *byte == 0) {
        Err(InvalidAddressKey::Zero)
    } else if N == 32 && left == right {
        Err(InvalidAddressKey::SameHalves)
    } else {
        Ok(key)
    }
}

macro_rules! address_key {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        pub struct $name(Zeroizing<[u8; $length]>);

        impl $name {
            /// From random bytes.
            pub fn new(bytes: &[u8]) -> Result<Self, InvalidAddressKey> {
                key(bytes).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

address_key!(
    /// A key of 16 bytes: ipcrypt-deterministic, and ipcrypt-nd.
    AddressKey,
    16
);
address_key!(
    /// A key of 32 bytes that keeps networks together: ipcrypt-pfx.
    PrefixKey,
    32
);
address_key!(
    /// A key of 32 bytes for pseudonyms that never repeat: ipcrypt-ndx.
    WideAddressKey,
    32
);

impl AddressKey {
    /// The pseudonym of an address, always the same.
    pub fn encrypt(&self, address: IpAddr) -> IpAddr {
        Ipcrypt::new(*self.0).encrypt_ipaddr(address)
    }

    /// The address of a pseudonym. A pseudonym of another key gives some other address.
    pub fn decrypt(&self, pseudonym: IpAddr) -> IpAddr {
        Ipcrypt::new(*self.0).decrypt_ipaddr(pseudonym)
    }
}

impl PrefixKey {
    /// The pseudonym of an address: of the same version, and with as many leading bits in common with others as the
    /// addresses have.
    pub fn encrypt(&self, address: IpAddr) -> IpAddr {
        IpcryptPfx::new(*self.0).encrypt_ipaddr(address)
    }

    /// The address of a pseudonym. A pseudonym of another key gives some other address.
    pub fn decrypt(&self, pseudonym: IpAddr) -> IpAddr {
        IpcryptPfx::new(*self.0).decrypt_ipaddr(pseudonym)
    }
}

impl AddressKey {
    /// A pseudonym that differs each time: 8 bytes that the caller drew at random, and 16 that follow from them.
    pub fn encrypt_random(&self, address: IpAddr, random: [u8; 8]) -> [u8; 24] {
        IpcryptNd::new(*self.0).encrypt_ipaddr(address, Some(random))
    }

    /// The address of such a pseudonym.
    pub fn decrypt_random(&self, pseudonym: &[u8; 24]) -> IpAddr {
        IpcryptNd::new(*self.0).decrypt_ipaddr(pseudonym)
    }
}

impl WideAddressKey {
    /// A pseudonym that differs each time: 16 bytes that the caller drew at random, and 16 that follow from them.
    pub fn encrypt_random(&self, address: IpAddr, random: [u8; 16]) -> [u8; 32] {
        IpcryptNdx::new(*self.0).encrypt_ipaddr(address, Some(random))
    }

    /// The address of such a pseudonym.
    pub fn decrypt_random(&self, pseudonym: &[u8; 32]) -> IpAddr {
        IpcryptNdx::new(*self.0).decrypt_ipaddr(pseudonym)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::encoding::to_hex;
    use proptest::prelude::*;
    use serde::Deserialize;

    /// A vector as the specification publishes it.
    #[derive(Deserialize)]
    struct Vector {
        variant: String,
        key: String,
        ip: IpAddr,
        #[serde(default)]
        encrypted_ip: Option<IpAddr>,
        #[serde(default)]
        tweak: String,
        #[serde(default)]
        output: String,
    }

    /// Some of those in the specification's own list, at least one of each kind and version.
    const PUBLISHED: &str = r#"[
        {"variant": "ipcrypt-deterministic", "key": "0123456789abcdeffedcba9876543210",
         "ip": "0.0.0.0", "encrypted_ip": "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb"},
        {"variant": "ipcrypt-deterministic", "key": "0123456789abcdeffedcba9876543210",
         "ip": "2001:db8:85a3::8a2e:370:7334", "encrypted_ip": "1eef:2352:64c8:18e6:6456:1373:f615:5032"},
        {"variant": "ipcrypt-pfx", "key": "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
         "ip": "192.0.2.1", "encrypted_ip": "100.115.72.131"},
        {"variant": "ipcrypt-pfx", "key": "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
         "ip": "2001:db8::1", "encrypted_ip": "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88"},
        {"variant": "ipcrypt-nd", "key": "0123456789abcdeffedcba9876543210", "ip": "0.0.0.0",
         "tweak": "08e0c289bff23b7c", "output": "08e0c289bff23b7cb349aadfe3bcef56221c384c7c217b16"},
        {"variant": "ipcrypt-ndx", "key": "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
         "ip": "0.0.0.0", "tweak": "21bd1834bc088cd2b4ecbe30b70898d7",
         "output": "21bd1834bc088cd2b4ecbe30b70898d782db0d4125fdace61db35b8339f20ee5"}
    ]"#;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        assert_eq!(hex.len(), 2 * N);
        std::array::from_fn(byte)
    }

    fn holds(vector: &Vector) {
        match vector.variant.as_str() {
            "ipcrypt-deterministic" => {
                let key = AddressKey::new(&bytes::<16>(&vector.key)).unwrap();
                assert_eq!(Some(key.encrypt(vector.ip)), vector.encrypted_ip);
                assert_eq!(key.decrypt(key.encrypt(vector.ip)), vector.ip);
            }
            "ipcrypt-pfx" => {
                let key = PrefixKey::new(&bytes::<32>(&vector.key)).unwrap();
                assert_eq!(Some(key.encrypt(vector.ip)), vector.encrypted_ip);
                assert_eq!(key.decrypt(key.encrypt(vector.ip)), vector.ip);
            }
            "ipcrypt-nd" => {
                let key = AddressKey::new(&bytes::<16>(&vector.key)).unwrap();
                let pseudonym = key.encrypt_random(vector.ip, bytes(&vector.tweak));
                assert_eq!(to_hex(&pseudonym), vector.output);
                assert_eq!(key.decrypt_random(&pseudonym), vector.ip);
            }
            "ipcrypt-ndx" => {
                let key = WideAddressKey::new(&bytes::<32>(&vector.key)).unwrap();
                let pseudonym = key.encrypt_random(vector.ip, bytes(&vector.tweak));
                assert_eq!(to_hex(&pseudonym), vector.output);
                assert_eq!(key.decrypt_random(&pseudonym), vector.ip);
            }
            other => panic!("a vector of an unknown kind, {other}"),
        }
    }

    #[test]
    fn the_published_vectors_hold() {
        let vectors: Vec<Vector> = serde_json::from_str(PUBLISHED).unwrap();
        assert_eq!(vectors.len(), 6);
        vectors.iter().for_each(holds);
    }

    #[test]
    fn all_official_vectors_hold() {
        let Some(folder) = std::env::var_os("CONSENTRY_CORPORA") else {
            println!("skipped: CONSENTRY_CORPORA is not set, so only the vectors above are held");
            return;
        };
        let text =
            std::fs::read_to_string(std::path::Path::new(&folder).join("ipcrypt-vectors.json")).unwrap();
        let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
        assert!(vectors.len() >= 31, "only {} vectors", vectors.len());
        vectors.iter().for_each(holds);
        println!("{} vectors hold", vectors.len());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        assert_eq!(AddressKey::new(&[7; 15]).unwrap_err(), InvalidAddressKey::Length { expected: 16 });
        assert_eq!(AddressKey::new(&[0; 16]).unwrap_err(), InvalidAddressKey::Zero);
        assert_eq!(PrefixKey::new(&[7; 16]).unwrap_err(), InvalidAddressKey::Length { expected: 32 });
        assert_eq!(PrefixKey::new(&[7; 32]).unwrap_err(), InvalidAddressKey::SameHalves);
        assert_eq!(WideAddressKey::new(&[0; 32]).unwrap_err(), InvalidAddressKey::Zero);
        assert_eq!(WideAddressKey::new(&[7; 32]).unwrap_err(), InvalidAddressKey::SameHalves);
        assert_eq!(format!("{:?}", AddressKey::new(&[7; 16]).unwrap()), "AddressKey(..)");
    }

    proptest! {
        #[test]
        fn back_with_the_key_and_not_with_another(bits: u32, six: u128, key: [u8; 16], random: [u8; 8]) {
            prop_assume!(key != [0; 16] && key != [7; 16]);
            // An IPv4 address written as an IPv6 address comes back as the IPv4 address.
            prop_assume!(six >> 32 != 0xffff);
            let (key, other) = (AddressKey::new(&key).unwrap(), AddressKey::new(&[7; 16]).unwrap());
            for address in [IpAddr::from(bits.to_be_bytes()), IpAddr::from(six.to_be_bytes())] {
                prop_assert_eq!(key.decrypt(key.encrypt(address)), address);
                prop_assert_ne!(other.decrypt(key.encrypt(address)), address);
                prop_assert_eq!(key.decrypt_random(&key.encrypt_random(address, random)), address);
            }
        }
    }
}
