//! What a timestamp token carries beside what it signs.

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use sigstore_types::TsaAuthority;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{AnyRef, Decode as _, Encode as _, Reader as _, SliceReader, Tag, Tagged as _};

/// Digests, and the signature algorithms that go with each: by name with the digest in it, or the bare kind of the key.
const ALGORITHMS: [(&str, [&str; 4]); 3] = [
    (
        "2.16.840.1.101.3.4.2.1",
        ["1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"],
    ),
    (
        "2.16.840.1.101.3.4.2.2",
        ["1.2.840.10045.4.3.3", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"],
    ),
    (
        "2.16.840.1.101.3.4.2.3",
        ["1.2.840.10045.4.3.4", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"],
    ),
];

/// Checks what nothing in a token signs (RFC 5652 §5.1, §5.3): its certificates are its authority's own, and the algorithms
/// that it names go together. Otherwise there would be room to change a token that stays valid.
///
/// # Errors
/// What is not as it must be, or a token that cannot be read, in words.
pub fn only_own(token: &[u8], authority: &TsaAuthority) -> Result<(), String> {
    let unread = |error| format!("the token cannot be read: {error}");
    let signed = signed(token).map_err(unread)?;
    let embedded = certificates(&signed).map_err(unread)?;
    for signer in signed.signer_infos.0.iter() {
        if !go_together(&signer.digest_alg.oid, &signer.signature_algorithm.oid) {
            return Err(format!(
                "the token names a signature algorithm, {}, that does not go with its digest",
                signer.signature_algorithm.oid
            ));
        }
    }
    let chain = [&authority.leaf, &authority.root].into_iter().chain(&authority.intermediates);
    let chain: Vec<&[u8]> = chain.map(|certificate| certificate.as_bytes()).collect();
    if embedded.iter().all(|der| chain.contains(&der.as_slice())) {
        Ok(())
    } else {
        Err("the token holds a certificate that is not its authority's".to_owned())
    }
}

fn go_together(digest: &ObjectIdentifier, signature: &ObjectIdentifier) -> bool {
    let (digest, signature) = (digest.to_string(), signature.to_string());
    ALGORITHMS.iter().any(|(known, with)| *known == digest && with.contains(&signature.as_str()))
}

/// Returns the signed data of a token, which is a `ContentInfo`, or a `TimeStampResp` around one (RFC 3161 §2.4.2).
fn signed(token: &[u8]) -> x509_cert::der::Result<SignedData> {
    let outer = AnyRef::from_der(token)?;
    let mut reader = SliceReader::new(outer.value())?;
    let first = AnyRef::decode(&mut reader)?;
    let info = if first.tag() == Tag::ObjectIdentifier {
        ContentInfo::from_der(token)?
    } else {
        AnyRef::decode(&mut reader)?.to_der().and_then(|der| ContentInfo::from_der(&der))?
    };
    if first.tag() != Tag::ObjectIdentifier && !reader.is_finished() {
        return Err(x509_cert::der::ErrorKind::TrailingData {
            decoded: reader.position(),
            remaining: reader.remaining_len(),
        }
        .into());
    }
    info.content.decode_as()
}

fn certificates(signed: &SignedData) -> x509_cert::der::Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for choice in signed.certificates.iter().flat_map(|set| set.0.iter()) {
        match choice {
            CertificateChoices::Certificate(certificate) => found.push(certificate.to_der()?),
            other => found.push(other.to_der()?),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_an_error() {
        for bytes in [&b""[..], b"\x30\x00", b"\x30\x03\x06\x01\x2a", b"\x02\x01\x01", &[0x30; 64]] {
            assert!(signed(bytes).is_err(), "{bytes:?}");
        }
    }
}
