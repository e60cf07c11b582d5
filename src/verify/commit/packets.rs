//! Packets of OpenPGP: keys and signatures of version 4, with every length checked against what is there (RFC 9580 §4, §5).

use data_encoding::HEXUPPER;
use sigstore_crypto::{KeyAlgorithm, SigningScheme};
use sigstore_types::{DerPublicKey, SignatureBytes};

use crate::verify::key::{Kind, Scheme};
use crate::verify::provider;

/// A packet without its header.
pub(super) struct Packet<'a> {
    pub tag: u8,
    pub body: &'a [u8],
}

/// Reads packets, at most `most`.
///
/// # Errors
/// What is wrong with their lengths, in words.
pub(super) fn read(mut bytes: &[u8], most: usize) -> Result<Vec<Packet<'_>>, String> {
    let mut out = Vec::new();
    while let Some((&head, rest)) = bytes.split_first() {
        if head & 0x80 == 0 || out.len() >= most {
            return Err("no packets of OpenPGP, or too many".to_owned());
        }
        let (tag, length, rest) = if head & 0x40 == 0 {
            let width = match head & 3 {
                0 => 1,
                1 => 2,
                2 => 4,
                _ => return Err("a packet of unknown length".to_owned()),
            };
            let (length, rest) = rest.split_at_checked(width).ok_or("a packet that is cut short")?;
            (head >> 2 & 15, number(length), rest)
        } else {
            let (length, rest) = new_length(rest).ok_or("a packet of a length in parts")?;
            (head & 63, length, rest)
        };
        let (body, rest) = rest.split_at_checked(length).ok_or("a packet that is cut short")?;
        out.push(Packet { tag, body });
        bytes = rest;
    }
    Ok(out)
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

/// Reads a length of the newer form (RFC 9580 §4.2.1), which subpackets share but for lengths in parts.
fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0..=191 => Some((first.into(), rest)),
        192..=223 => {
            let (&second, rest) = rest.split_first()?;
            Some((((usize::from(first) - 192) << 8) + usize::from(second) + 192, rest))
        }
        255 => {
            let (length, rest) = rest.split_at_checked(4)?;
            Some((number(length), rest))
        }
        _ => None,
    }
}

/// Takes a number with its count of bits before it (RFC 9580 §3.2).
fn integer<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (bits, rest) = bytes.split_at_checked(2)?;
    let (value, rest) = rest.split_at_checked(number(bits).div_ceil(8))?;
    *bytes = rest;
    Some(value)
}

/// A public key of a known algorithm, as SubjectPublicKeyInfo.
#[derive(Clone)]
pub(super) struct Material {
    spki: DerPublicKey,
    kind: Kind,
}

impl Material {
    /// Returns its algorithm in words.
    pub const fn words(&self) -> &'static str {
        self.kind.words()
    }
}

/// A key packet.
pub(super) struct PublicKey {
    pub created: i64,
    pub fingerprint: [u8; 20],
    pub material: Material,
}

/// `SubjectPublicKeyInfo` of each curve up to the point, with the curve's object identifier in OpenPGP (RFC 9580 §9.2).
const CURVES: [(&[u8], &[u8]); 3] = [
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
        &[
            0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
            0x3d, 3, 1, 7, 3, 0x42, 0,
        ],
    ),
    (
        &[0x2b, 0x81, 4, 0, 0x22],
        &[
            0x30, 0x76, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22,
            3, 0x62, 0,
        ],
    ),
    (
        &[0x2b, 0x81, 4, 0, 0x23],
        &[
            0x30, 0x81, 0x9b, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0,
            0x23, 3, 0x81, 0x86, 0,
        ],
    ),
];
/// The curve of EdDSA in its older form.
const ED25519: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];

/// Reads a key packet of version 4; `None` for other versions and algorithms.
pub(super) fn key(body: &[u8]) -> Option<PublicKey> {
    let (head, mut rest) = body.split_at_checked(6)?;
    if head[0] != 4 {
        return None;
    }
    let spki = match head[5] {
        1 | 3 => {
            use rsa::pkcs8::EncodePublicKey as _;
            let (n, e) = (integer(&mut rest)?, integer(&mut rest)?);
            let number = rsa::BigUint::from_bytes_be;
            rsa::RsaPublicKey::new(number(n), number(e)).ok()?.to_public_key_der().ok()?.into_vec()
        }
        19 | 22 => {
            let (&length, after) = rest.split_first()?;
            let (curve, mut after) = after.split_at_checked(length.into())?;
            let point = integer(&mut after)?;
            if head[5] == 22 {
                let key = (curve == ED25519).then(|| point.strip_prefix(&[0x40])).flatten()?;
                [&super::super::manifest::SPKI_PREFIX[..], key].concat()
            } else {
                let (_, prefix) = CURVES.iter().find(|(known, _)| *known == curve)?;
                [*prefix, point].concat()
            }
        }
        27 => [&super::super::manifest::SPKI_PREFIX[..], rest.get(..32)?].concat(),
        _ => return None,
    };
    let spki = DerPublicKey::new(spki);
    let kind = Kind::of(&spki).ok()?;
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&hashed_key(body));
    let fingerprint = hasher.try_finalize().ok()?.as_slice().try_into().ok()?;
    let created = i64::try_from(number(&head[1..5])).ok()?;
    Some(PublicKey { created, fingerprint, material: Material { spki, kind } })
}

/// Returns a key packet as signatures over keys hash it (RFC 9580 §5.2.4).
pub(super) fn hashed_key(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[0x99][..], &length, body].concat()
}

/// Returns a user id as certifications hash it (RFC 9580 §5.2.4).
pub(super) fn hashed_user(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0xb4][..], &length, body].concat()
}

/// A signature packet of version 4.
pub(super) struct Signature<'a> {
    /// What it is over (RFC 9580 §5.2.1).
    pub kind: u8,
    algorithm: u8,
    hash: u8,
    /// From the version to the end of the hashed subpackets.
    trailer: &'a [u8],
    hashed: Vec<(u8, &'a [u8])>,
    unhashed: Vec<(u8, &'a [u8])>,
    value: &'a [u8],
}

/// Reads a signature packet; `None` for other versions and for one that is cut short.
pub(super) fn signature(body: &[u8]) -> Option<Signature<'_>> {
    let (head, rest) = body.split_at_checked(6)?;
    if head[0] != 4 {
        return None;
    }
    let (hashed, rest) = rest.split_at_checked(number(&head[4..6]))?;
    let trailer = body.get(..6 + hashed.len())?;
    let (length, rest) = rest.split_at_checked(2)?;
    let (unhashed, rest) = rest.split_at_checked(number(length))?;
    // The first two bytes of the digest are a hint for whoever has many keys.
    let value = rest.get(2..)?;
    Some(Signature {
        kind: head[1],
        algorithm: head[2],
        hash: head[3],
        trailer,
        hashed: subpackets(hashed)?,
        unhashed: subpackets(unhashed)?,
        value,
    })
}

fn subpackets(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = new_length(bytes)?;
        let (own, rest) = rest.split_at_checked(length)?;
        let (&kind, value) = own.split_first()?;
        // The highest bit says that a reader must know it; none that matters here is passed over.
        out.push((kind & 0x7f, value));
        bytes = rest;
    }
    Some(out)
}

impl<'a> Signature<'a> {
    fn find(&self, kind: u8) -> Option<&'a [u8]> {
        self.hashed.iter().rev().find(|(own, _)| *own == kind).map(|(_, value)| *value)
    }

    /// Returns when it was made, as it states itself.
    pub fn created(&self) -> Option<i64> {
        self.find(2).and_then(|value| i64::try_from(number(value)).ok())
    }

    /// Returns the seconds for which the key counts from its making on.
    pub fn key_lifetime(&self) -> Option<i64> {
        self.find(9).and_then(|value| i64::try_from(number(value)).ok())
    }

    /// Returns what the key may do.
    pub fn flags(&self) -> Option<u8> {
        self.find(27).map(|value| value.first().copied().unwrap_or(0))
    }

    /// Returns the signature that a binding carries in itself.
    pub fn embedded(&self) -> Option<Self> {
        let own = self.hashed.iter().chain(&self.unhashed).find(|(kind, _)| *kind == 32)?;
        signature(own.1)
    }

    /// Returns whether it names a key, by its fingerprint or the end of it.
    pub fn names(&self, fingerprint: &[u8; 20]) -> bool {
        let all = || self.hashed.iter().chain(&self.unhashed);
        match all().find(|(kind, _)| *kind == 33) {
            Some((_, value)) => value.strip_prefix(&[4]) == Some(&fingerprint[..]),
            None => all().any(|(kind, value)| *kind == 16 && *value == &fingerprint[12..]),
        }
    }

    /// Returns the key that it names, for people.
    pub fn issuer_words(&self) -> String {
        let mut all = self.hashed.iter().chain(&self.unhashed);
        let own = all.find(|(kind, _)| matches!(kind, 16 | 33));
        own.map_or_else(
            || "that it does not name".to_owned(),
            |(kind, value)| {
                HEXUPPER.encode(if *kind == 33 { value.get(1..).unwrap_or_default() } else { value })
            },
        )
    }

    /// Returns whether its digest can be made to collide, or is of an algorithm that is not known.
    pub const fn is_weak(&self) -> bool {
        !matches!(self.hash, 8..=10)
    }

    /// Returns whether a key made it over data.
    pub fn holds(&self, key: &Material, data: &[u8]) -> bool {
        self.fits(key, data).unwrap_or(false)
    }

    fn fits(&self, key: &Material, data: &[u8]) -> Option<bool> {
        let length = u32::try_from(self.trailer.len()).ok()?.to_be_bytes();
        let all = [data, self.trailer, &[4, 0xff], &length].concat();
        let mut value = self.value;
        let check = |scheme: Scheme, data: &[u8], signature: Vec<u8>| {
            scheme.check(&key.spki, data, &SignatureBytes::new(signature)).is_ok()
        };
        let is_right = match (self.algorithm, key.kind) {
            (1 | 3, Kind::Known(KeyAlgorithm::Rsa)) => {
                let scheme = match self.hash {
                    8 => SigningScheme::RsaPkcs1Sha256,
                    9 => SigningScheme::RsaPkcs1Sha384,
                    10 => SigningScheme::RsaPkcs1Sha512,
                    _ => return None,
                };
                let number = integer(&mut value)?;
                // As long as the modulus, whatever zeros it starts with (RFC 8017 §8.2.2).
                let padded =
                    |width: usize| [vec![0; width.saturating_sub(number.len())], number.to_vec()].concat();
                [256, 384, 512]
                    .into_iter()
                    .any(|width| number.len() <= width && check(Scheme::Known(scheme), &all, padded(width)))
            }
            (22, Kind::Known(KeyAlgorithm::Ed25519)) => {
                let (r, s) = (integer(&mut value)?, integer(&mut value)?);
                let signature = [wide(r, 32)?, wide(s, 32)?].concat();
                check(key.kind.scheme(), &provider::sha2(self.hash, &all)?, signature)
            }
            (27, Kind::Known(KeyAlgorithm::Ed25519)) => {
                check(key.kind.scheme(), &provider::sha2(self.hash, &all)?, value.get(..64)?.to_vec())
            }
            (19, kind) => {
                let width = match kind {
                    Kind::Known(KeyAlgorithm::EcdsaP256) => 32,
                    Kind::Known(KeyAlgorithm::EcdsaP384) => 48,
                    Kind::P521 => 66,
                    Kind::Known(_) => return None,
                };
                let (r, s) = (integer(&mut value)?, integer(&mut value)?);
                let der = provider::as_der(kind, &[wide(r, width)?, wide(s, width)?].concat())?;
                let digest = provider::sha2(self.hash, &all)?;
                provider::ecdsa(kind, &key.spki, &digest, &der)
            }
            _ => return None,
        };
        Some(is_right)
    }
}

/// Returns a number with zeros before it, to a width; `None` for one that is wider.
fn wide(number: &[u8], width: usize) -> Option<Vec<u8>> {
    let zeros = width.checked_sub(number.len())?;
    Some([vec![0; zeros], number.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_of_both_forms_are_read() {
        let old = [0x88, 2, 7, 7];
        assert_eq!(read(&old, 9).expect("one")[0].tag, 2);
        let new = [0xc2, 2, 7, 7, 0xc2, 255, 0, 0, 0, 1, 9];
        let packets = read(&new, 9).expect("two");
        assert_eq!(packets.iter().map(|packet| packet.body.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(read(&[0xc2, 3, 1], 9).is_err());
        assert!(read(&[0xc2, 224, 1], 9).is_err(), "a length in parts");
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for packet in read(&bytes, 100).unwrap_or_default() {
                key(packet.body);
                signature(packet.body);
            }
            key(&bytes);
            signature(&bytes);
        }
    }
}
