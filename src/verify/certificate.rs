//! Signing certificates: the chain to an authority that counted at the time of signing, their use, and the promise of the
//! certificate log.

use rustls_pki_types::{CertificateDer, UnixTime};
use sigstore_crypto::{CertificateInfo, SigningScheme, WEBPKI_VERIFICATION_ALGS};
use sigstore_types::{DerCertificate, Sha256Hash, SignatureBytes};
use webpki::{EndEntityCert, KeyUsage};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Any, Decode as _, Encode as _, Tag};
use x509_cert::ext::pkix::SignedCertificateTimestampList;

use super::Timestamp;
use super::roots::Root;

/// DER of the object identifier of code signing (RFC 5280 §4.2.1.12), without tag and length.
const CODE_SIGNING: [u8; 8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
/// The extension that holds the promises of certificate logs (RFC 6962 §3.3).
const PROMISES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");

/// A chain that holds.
pub struct Chain {
    /// SubjectPublicKeyInfo of the leaf's issuer.
    pub issuer: Vec<u8>,
    /// The anchor's, as the root has it, where the leaf hangs on the anchor itself.
    direct: Option<Vec<u8>>,
}

impl Chain {
    /// Returns whether the chain holds at another time, too, without any signature to be checked again: it has nothing
    /// between leaf and anchor, and the anchor counted then. The leaf's own window is for [`outside`].
    pub fn holds_at(&self, at: Timestamp, root: &Root) -> bool {
        let Some(anchor) = &self.direct else { return false };
        root.authorities.iter().any(|authority| {
            authority.anchor.subject_public_key_info.as_ref() == anchor.as_slice()
                && authority.window.is_none_or(|window| window.contains(at))
        })
    }
}

/// Checks the chain of a certificate against one root at a time of signing.
///
/// # Errors
/// Why no chain holds, in words.
pub fn chain(
    leaf: &DerCertificate,
    between: &[&DerCertificate],
    at: Timestamp,
    root: &Root,
) -> Result<Chain, String> {
    let anchors: Vec<_> = root
        .authorities
        .iter()
        .filter(|authority| authority.window.is_none_or(|window| window.contains(at)))
        .map(|authority| authority.anchor.clone())
        .collect();
    if anchors.is_empty() {
        return Err(format!("no authority of {} counted at {at}", root.name));
    }
    let between: Vec<_> = between.iter().map(|der| CertificateDer::from(der.as_bytes())).collect();
    let der = CertificateDer::from(leaf.as_bytes());
    let leaf =
        EndEntityCert::try_from(&der).map_err(|error| format!("the certificate cannot be read: {error}"))?;
    let seconds = u64::try_from(at.as_second()).map_err(|error| format!("{at}: {error}"))?;
    let path = leaf
        .verify_for_usage(
            WEBPKI_VERIFICATION_ALGS,
            &anchors,
            &between,
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
            KeyUsage::required(&CODE_SIGNING),
            None,
            None,
        )
        .map_err(|error| format!("against {} at {at}: {error}", root.name))?;
    let anchor = path.anchor().subject_public_key_info.as_ref();
    match path.intermediate_certificates().next() {
        Some(issuer) => {
            Ok(Chain { issuer: issuer.subject_public_key_info().as_ref().to_vec(), direct: None })
        }
        // An anchor keeps the content of its SubjectPublicKeyInfo without the sequence around it.
        None => Any::new(Tag::Sequence, anchor)
            .and_then(|any| any.to_der())
            .map(|issuer| Chain { issuer, direct: Some(anchor.to_vec()) })
            .map_err(|error| format!("the issuer's key cannot be written: {error}")),
    }
}

/// Returns why a time is outside a certificate's own window, if it is.
pub fn outside(info: &CertificateInfo, at: Timestamp) -> Option<String> {
    let (from, until) = (info.not_before, info.not_after);
    (at < from || at > until)
        .then(|| format!("signed at {at}; the certificate counts from {from} to {until}"))
}

/// Checks the one promise of a certificate log in a certificate against one root; returns when it was given.
///
/// # Errors
/// Why the promise does not hold, in words.
pub fn promise(leaf: &DerCertificate, issuer: &[u8], root: &Root) -> Result<Timestamp, String> {
    let certificate = Certificate::from_der(leaf.as_bytes())
        .map_err(|error| format!("the certificate cannot be read: {error}"))?;
    let list = certificate
        .tbs_certificate
        .get::<SignedCertificateTimestampList>()
        .map_err(|error| format!("its promises cannot be read: {error}"))?
        .ok_or("the certificate holds no promise of a certificate log")?
        .1;
    let promises =
        list.parse_timestamps().map_err(|error| format!("its promises cannot be read: {error:?}"))?;
    let [promise] = promises.as_slice() else {
        return Err(format!("{} promises of certificate logs; one is expected", promises.len()));
    };
    let promise =
        promise.parse_timestamp().map_err(|error| format!("its promise cannot be read: {error:?}"))?;
    let algorithm = (promise.signature.algorithm.hash as u8, promise.signature.algorithm.signature as u8);
    let scheme = match algorithm {
        (4, 3) => SigningScheme::EcdsaP256Sha256,
        (5, 3) => SigningScheme::EcdsaP384Sha384,
        (4, 1) => SigningScheme::RsaPkcs1Sha256,
        (5, 1) => SigningScheme::RsaPkcs1Sha384,
        (6, 1) => SigningScheme::RsaPkcs1Sha512,
        (hash, signature) => return Err(format!("a promise signed with algorithm {hash}/{signature}")),
    };
    let millis = i64::try_from(promise.timestamp).map_err(|error| format!("its time: {error}"))?;
    let at = Timestamp::from_millisecond(millis).map_err(|error| format!("its time: {error}"))?;
    let signed = promised(&certificate, promise.timestamp, issuer, promise.extensions.as_slice())?;
    let id = Sha256Hash::new(promise.log_id.key_id);
    let keys = root.ct.iter().find(|(known, _)| *known == scheme).map(|(_, keys)| keys);
    let signature = SignatureBytes::new(promise.signature.signature.as_slice().to_vec());
    match keys {
        Some(keys) => keys
            .verify_with_key_id_at(&id, at, &signed, &signature)
            .map(|()| at)
            .map_err(|error| format!("against {}: {error}", root.name)),
        None => Err(format!("{} has no certificate log that signs so", root.name)),
    }
}

/// Returns what a certificate log signs: the certificate as it was before the promise came into it (RFC 6962 §3.2).
fn promised(certificate: &Certificate, at: u64, issuer: &[u8], extensions: &[u8]) -> Result<Vec<u8>, String> {
    let mut before = certificate.tbs_certificate.clone();
    if let Some(extensions) = &mut before.extensions {
        extensions.retain(|extension| extension.extn_id != PROMISES);
    }
    let der = before.to_der().map_err(|error| format!("the certificate cannot be written: {error}"))?;
    let length = u32::try_from(der.len()).ok().filter(|length| *length < 1 << 24);
    let length = length.ok_or("the certificate is too long for a certificate log")?.to_be_bytes();
    let own =
        u16::try_from(extensions.len()).map_err(|error| format!("its extensions: {error}"))?.to_be_bytes();
    let mut out = Vec::with_capacity(der.len() + 64);
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&at.to_be_bytes());
    out.extend_from_slice(&1_u16.to_be_bytes());
    out.extend_from_slice(sigstore_crypto::sha256(issuer).as_bytes());
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&der);
    out.extend_from_slice(&own);
    out.extend_from_slice(extensions);
    Ok(out)
}
