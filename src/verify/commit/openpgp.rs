//! OpenPGP signatures of commits (RFC 9580, version 4 packets), under public key blocks.
//!
//! This is the narrow part that a detached binary signature needs: no library that does it is small enough for a document
//! that travels. Keys are RSA, ECDSA over the NIST curves, and Ed25519; digests are of the SHA-2 family. Whatever is of
//! another kind is `not checked`, and told.

use data_encoding::{BASE64, HEXUPPER};

use super::packets::{self, Material, Packet, Signature};
use super::{KeySource, Signed, decided_by};
use crate::verify::steps::Steps;

/// What a block of public keys begins with.
pub(super) const PUBLIC: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

const CLAUSE: &str = "RFC 9580 §5.2";
/// Packets of one block that are read.
const MOST_PACKETS: usize = 20_000;
/// Key flag: may sign data (RFC 9580 §5.2.3.29).
const MAY_SIGN: u8 = 0x02;

/// A key that may sign.
#[derive(Clone)]
pub(super) struct Key {
    pub source: KeySource,
    identity: String,
    fingerprint: [u8; 20],
    material: Material,
    /// Until when it counts, seconds since the epoch.
    until: Option<i64>,
    is_revoked: bool,
}

impl Key {
    /// Returns its name and fingerprint, for people.
    pub fn words(&self) -> (String, String) {
        (self.source.name.clone(), HEXUPPER.encode(&self.fingerprint))
    }
}

/// Returns the bytes of an armored block (RFC 9580 §6); the checksum, which protects nothing, is passed over.
fn dearmor(text: &str) -> Result<Vec<u8>, String> {
    let mut body = String::with_capacity(text.len());
    let mut is_body = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("-----") {
            if is_body {
                break;
            }
            continue;
        }
        if !is_body {
            // Headers have a colon; base64 has none.
            is_body = line.is_empty() || !line.contains(':');
        }
        if is_body && !line.starts_with('=') {
            body.push_str(line);
        }
    }
    BASE64.decode(body.as_bytes()).map_err(|error| format!("its armor: {error}"))
}

/// Reads the keys of a text, which may hold several blocks.
///
/// # Errors
/// Why it holds none, in words.
pub(super) fn keys(source: &KeySource, text: &str) -> Result<Vec<Key>, String> {
    let mut found = Vec::new();
    for block in text.split(PUBLIC).skip(1) {
        let bytes = dearmor(block)?;
        let packets = packets::read(&bytes, MOST_PACKETS)?;
        let mut starts: Vec<usize> =
            packets.iter().enumerate().filter(|(_, packet)| packet.tag == 6).map(|(at, _)| at).collect();
        starts.push(packets.len());
        for range in starts.windows(2) {
            found.extend(of_certificate(source, &packets[range[0]..range[1]]));
        }
    }
    if found.is_empty() {
        Err("it holds no key that may sign and is of a known kind".to_owned())
    } else {
        Ok(found)
    }
}

/// Returns the keys of one certificate: its primary, and the subkeys that it binds for signing.
fn of_certificate(source: &KeySource, packets: &[Packet<'_>]) -> Vec<Key> {
    let Some((primary, rest)) = packets.split_first() else { return Vec::new() };
    let Some(own) = packets::key(primary.body) else { return Vec::new() };
    let identity = rest.iter().find(|packet| packet.tag == 13);
    let identity =
        identity.map_or_else(String::new, |packet| String::from_utf8_lossy(packet.body).into_owned());
    let key = |material: &packets::PublicKey, seen: &Seen| Key {
        source: source.clone(),
        identity: identity.clone(),
        fingerprint: material.fingerprint,
        material: material.material.clone(),
        until: seen.lifetime.map(|seconds| material.created + seconds),
        is_revoked: seen.is_revoked,
    };
    let mut out = Vec::new();
    let mut parts = rest.split(|packet| packet.tag == 14);
    let about_primary = parts.next().unwrap_or_default();
    let mut user: Option<&[u8]> = None;
    let mut seen = Seen { may_sign: true, ..Seen::default() };
    for packet in about_primary {
        match packet.tag {
            13 => user = Some(packet.body),
            2 => {
                let Some(signature) = packets::signature(packet.body) else { continue };
                let data = match (signature.kind, user) {
                    (0x10..=0x13, Some(user)) => {
                        [&packets::hashed_key(primary.body)[..], &packets::hashed_user(user)].concat()
                    }
                    (0x1f | 0x20, _) => packets::hashed_key(primary.body),
                    _ => continue,
                };
                if signature.holds(&own.material, &data) {
                    seen.take(&signature);
                }
            }
            _ => {}
        }
    }
    let is_primary_revoked = seen.is_revoked;
    if seen.may_sign {
        out.push(key(&own, &seen));
    }
    let subkeys: Vec<&Packet<'_>> = rest.iter().filter(|packet| packet.tag == 14).collect();
    for (subkey, about) in subkeys.into_iter().zip(parts) {
        let Some(material) = packets::key(subkey.body) else { continue };
        let data = [packets::hashed_key(primary.body), packets::hashed_key(subkey.body)].concat();
        let mut seen = Seen { is_revoked: is_primary_revoked, ..Seen::default() };
        for signature in
            about.iter().filter(|packet| packet.tag == 2).filter_map(|p| packets::signature(p.body))
        {
            // A subkey that signs says itself that it belongs to this primary (RFC 9580 §5.2.1.9).
            let is_mutual = || {
                signature
                    .embedded()
                    .is_some_and(|own| own.kind == 0x19 && own.holds(&material.material, &data))
            };
            let is_bound = signature.kind == 0x28
                || signature.kind == 0x18 && (signature.flags().unwrap_or(0) & MAY_SIGN == 0 || is_mutual());
            if is_bound && signature.holds(&own.material, &data) {
                seen.take(&signature);
            }
        }
        if seen.may_sign {
            out.push(key(&material, &seen));
        }
    }
    out
}

/// What the valid signatures over a key say of it; the last one counts, as in key rings.
#[derive(Default)]
struct Seen {
    may_sign: bool,
    lifetime: Option<i64>,
    is_revoked: bool,
}

impl Seen {
    fn take(&mut self, signature: &Signature<'_>) {
        if matches!(signature.kind, 0x20 | 0x28) {
            self.is_revoked = true;
            return;
        }
        if let Some(flags) = signature.flags() {
            self.may_sign = flags & MAY_SIGN != 0;
        }
        self.lifetime = signature.key_lifetime().or(self.lifetime).filter(|seconds| *seconds > 0);
    }
}

/// Checks a signature under the keys.
pub(super) fn check(keys: &[Key], armor: &str, signed: &Signed, steps: &mut Steps) {
    let read = dearmor(armor);
    let packets = match read.as_ref().map_err(Clone::clone).and_then(|bytes| packets::read(bytes, 16)) {
        Ok(packets) => packets,
        Err(error) => {
            steps.need("Signature", Err(format!("it cannot be read: {error}")), CLAUSE);
            return;
        }
    };
    let [packet] = packets.as_slice() else {
        steps.need("Signature", Err(format!("{} packets; one signature is expected", packets.len())), CLAUSE);
        return;
    };
    let Some(signature) = (packet.tag == 2).then(|| packets::signature(packet.body)).flatten() else {
        steps.open("Signature", "a signature that is not of version 4, or is cut short", CLAUSE);
        return;
    };
    if signature.kind != 0 {
        steps.open("Signature", "a signature that is not over binary data", CLAUSE);
        return;
    }
    let mut known: Vec<&Key> = keys.iter().filter(|key| signature.names(&key.fingerprint)).collect();
    crate::order::sort_by_key(&mut known, |key| !key.source.is_given);
    let Some(key) = known.first() else {
        let why = format!("made by the key {}, which was not given", signature.issuer_words());
        steps.open("Key", why, CLAUSE);
        return;
    };
    let words = format!("{} {}", key.material.words(), HEXUPPER.encode(&key.fingerprint));
    decided_by(&key.source, key.identity.clone(), &words, steps);
    if key.is_revoked {
        steps.need("Validity of the key", Err("it was revoked".into()), "RFC 9580 §5.2.1.11");
    } else if let Some(until) = key.until {
        let is_inside = signature.created().is_some_and(|at| at < until);
        let told = if is_inside {
            Ok("signed before it expired, by the signature's own time".to_owned())
        } else {
            Err("signed after it expired".to_owned())
        };
        steps.need("Validity of the key", told, "RFC 9580 §5.2.3.13");
    }
    if signature.is_weak() {
        steps.open(
            "Signature",
            "over a digest that can be made to collide, or that is not known",
            "RFC 9580 §9.5",
        );
        return;
    }
    let told = if signature.holds(&key.material, &signed.payload) {
        Ok("over the commit without its signature".to_owned())
    } else {
        Err("it does not fit the key and the commit".to_owned())
    };
    steps.signature("Signature", told, CLAUSE);
}
