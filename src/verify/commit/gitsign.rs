//! Signatures by gitsign: CMS with a certificate of Fulcio (RFC 5652). The log's entry is not in the commit, so nothing in
//! it proves when it was signed, and a certificate that lived ten minutes proves nothing without that.

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use sigstore_types::{DerCertificate, SignatureBytes};
use x509_cert::der::asn1::{ObjectIdentifier, OctetStringRef};
use x509_cert::der::{Decode as _, Encode as _};

use super::Signed;
use crate::verify::key::Kind;
use crate::verify::steps::Steps;

const CLAUSE: &str = "RFC 5652 §5.4";
/// `id-messageDigest` (RFC 5652 §11.2).
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");

/// Checks what can be checked without the log, and says what is missing.
pub(super) fn check(armor: &str, signed: &Signed, steps: &mut Steps) {
    match told(armor, signed) {
        Ok((identity, issuer)) => {
            let why = format!("it fits its own certificate ({identity}, vouched by {issuer})");
            steps.pass("Signature", crate::model::SignatureState::Valid, why, CLAUSE);
            let why = "the entry of the log is not in the commit: nothing here proves when it was signed";
            steps.open("Time of signing", why, "Sigstore client specification, Verification");
            steps.outcome.identity = identity;
            steps.outcome.issuer = issuer;
        }
        Err(why) => {
            steps.need("Signature", Err(why), CLAUSE);
        }
    }
}

/// Returns whom the certificate of a fitting signature names, and who vouched.
fn told(armor: &str, signed: &Signed) -> Result<(String, String), String> {
    crate::verify::provider::install();
    let body: String = armor.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = data_encoding::BASE64.decode(body.as_bytes()).map_err(|error| error.to_string())?;
    let unread = |error: x509_cert::der::Error| format!("it cannot be read: {error}");
    let outer = ContentInfo::from_der(&der).map_err(unread)?;
    let data: SignedData = outer.content.decode_as().map_err(unread)?;
    let [signer] = data.signer_infos.0.as_slice() else {
        return Err(format!("{} signers; one is expected", data.signer_infos.0.len()));
    };
    let attributes = signer.signed_attrs.as_ref().ok_or("no signed attributes")?;
    let digest = attributes
        .iter()
        .find(|attribute| attribute.oid == MESSAGE_DIGEST)
        .and_then(|attribute| attribute.values.iter().next())
        .and_then(|value| {
            value.decode_as::<OctetStringRef<'_>>().ok().map(|digest| digest.as_bytes().to_vec())
        })
        .ok_or("no digest of the message")?;
    if digest != sigstore_crypto::sha256(&signed.payload).as_bytes() {
        return Err("it is over another commit".to_owned());
    }
    // Signed as a SET, whatever tag they stand under (RFC 5652 §5.4).
    let attributes = attributes.to_der().map_err(unread)?;
    let signature = SignatureBytes::new(signer.signature.as_bytes().to_vec());
    let certificates = data.certificates.iter().flat_map(|set| set.0.iter());
    for certificate in certificates {
        let CertificateChoices::Certificate(certificate) = certificate else { continue };
        let der = DerCertificate::new(certificate.to_der().map_err(unread)?);
        let Ok(info) = sigstore_crypto::parse_certificate_info(&der) else { continue };
        let kind = Kind::Known(info.key_algorithm);
        if kind.scheme().check(&info.public_key, &attributes, &signature).is_ok() {
            let identity = info.identity.map(|name| name.as_str().to_owned()).unwrap_or_default();
            return Ok((identity, info.issuer.unwrap_or_default()));
        }
    }
    Err("it fits none of the certificates in it".to_owned())
}
