//! Writes the vectors of Project Wycheproof that WebCrypto may be asked, each with what this engine says of it, as JSON for
//! `tests/browser/signatures.spec.ts`: `cargo run --example signature-vectors > FILE`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use lacuna::verify::ahead::Question;
use serde_json::{Value, json};
use sigstore_crypto::SigningScheme as S;
use sigstore_types::DerPublicKey;
use wycheproof::ecdsa::{TestName as T, TestSet};
use x509_cert::der::Decode as _;
use x509_cert::spki::SubjectPublicKeyInfoRef;

fn main() {
    let sets = [
        (T::EcdsaSecp256r1Sha256, S::EcdsaP256Sha256),
        (T::EcdsaSecp384r1Sha384, S::EcdsaP384Sha384),
        (T::EcdsaSecp384r1Sha256, S::EcdsaP384Sha256),
    ];
    let mut vectors: Vec<Value> = Vec::new();
    for (name, scheme) in sets {
        for group in &TestSet::load(name).unwrap().test_groups {
            let key = DerPublicKey::new(group.der.to_vec());
            let info = SubjectPublicKeyInfoRef::from_der(key.as_bytes()).unwrap();
            let point = info.subject_public_key.as_bytes().unwrap();
            for test in &group.tests {
                // What has another form is never asked: the engine refuses it by itself.
                let Some(question) = Question::new(scheme, point, &test.msg, &test.sig) else { continue };
                let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
                let (curve, hash) = question.algorithm();
                vectors.push(json!({
                    "told": format!("{name:?} {} {}", test.tc_id, test.comment),
                    "curve": curve,
                    "hash": hash,
                    "point": hex(&question.point),
                    "data": hex(&question.data),
                    "signature": hex(&question.signature),
                    "holds": question.check(),
                }));
            }
        }
    }
    println!("{}", Value::from(vectors));
}
