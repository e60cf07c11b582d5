//! Every algorithm against the vectors of Project Wycheproof (C2SP): signatures that careless code accepts, and rare ones
//! that it refuses.
//!
//! What is `acceptable` there may go either way; what is `valid` must pass and what is `invalid` must not.

use sigstore_crypto::SigningScheme as S;
use sigstore_types::{DerPublicKey, SignatureBytes};
use wycheproof::TestResult;

use super::key::{Kind, Scheme, fits};
use super::provider;

/// One vector: whether it must pass, its number and comment, and whether it did.
struct Outcome {
    expected: TestResult,
    told: String,
    passed: bool,
}

fn hold(name: &str, outcomes: &[Outcome], at_least: usize) {
    let wrong: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| match outcome.expected {
            TestResult::Valid => !outcome.passed,
            TestResult::Invalid => outcome.passed,
            TestResult::Acceptable => false,
        })
        .map(|outcome| outcome.told.as_str())
        .collect();
    assert!(
        wrong.is_empty(),
        "{name}: {} of {} are wrong:\n{}",
        wrong.len(),
        outcomes.len(),
        wrong.join("\n")
    );
    assert!(outcomes.len() >= at_least, "{name}: {} vectors", outcomes.len());
}

fn ecdsa(name: wycheproof::ecdsa::TestName, scheme: Scheme, is_raw: bool) {
    provider::install();
    let set = wycheproof::ecdsa::TestSet::load(name).expect("the vectors");
    let mut outcomes = Vec::new();
    for group in &set.test_groups {
        let key = DerPublicKey::new(group.der.to_vec());
        for test in &group.tests {
            let mut signature = Some(test.sig.to_vec());
            if is_raw {
                signature = Kind::of(&key).ok().and_then(|kind| provider::as_der(kind, &test.sig));
            }
            let passed =
                signature.is_some_and(|own| scheme.check(&key, &test.msg, &SignatureBytes::new(own)).is_ok());
            let told = format!("{} {} {:?}", test.tc_id, test.comment, test.result);
            outcomes.push(Outcome { expected: test.result, told, passed });
        }
    }
    hold(&format!("{name:?}"), &outcomes, 100);
}

#[test]
fn ecdsa_over_p256_holds() {
    use wycheproof::ecdsa::TestName as T;
    ecdsa(T::EcdsaSecp256r1Sha256, Scheme::Known(S::EcdsaP256Sha256), false);
    ecdsa(T::EcdsaSecp256r1Sha256P1363, Scheme::Known(S::EcdsaP256Sha256), true);
}

#[test]
fn ecdsa_over_p384_holds() {
    use wycheproof::ecdsa::TestName as T;
    ecdsa(T::EcdsaSecp384r1Sha384, Scheme::Known(S::EcdsaP384Sha384), false);
    ecdsa(T::EcdsaSecp384r1Sha256, Scheme::Known(S::EcdsaP384Sha256), false);
    ecdsa(T::EcdsaSecp384r1Sha384P1363, Scheme::Known(S::EcdsaP384Sha384), true);
}

#[test]
fn ecdsa_over_p521_holds() {
    use wycheproof::ecdsa::TestName as T;
    ecdsa(T::EcdsaSecp521r1Sha512, Scheme::P521Sha512, false);
    ecdsa(T::EcdsaSecp521r1Sha512P1363, Scheme::P521Sha512, true);
}

#[test]
fn ed25519_holds() {
    provider::install();
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).expect("the vectors");
    let mut outcomes = Vec::new();
    for group in &set.test_groups {
        let key = DerPublicKey::new(group.der.to_vec());
        for test in &group.tests {
            let passed = fits(&key, &test.msg, &SignatureBytes::new(test.sig.to_vec()));
            let told = format!("{} {} {:?}", test.tc_id, test.comment, test.result);
            outcomes.push(Outcome { expected: test.result, told, passed });
        }
    }
    hold("Ed25519", &outcomes, 100);
}

#[test]
fn rsa_with_pkcs1_padding_holds() {
    use wycheproof::rsa_pkcs1_verify::{TestName as T, TestSet};
    provider::install();
    let sets = [
        (T::Rsa2048Sha256, S::RsaPkcs1Sha256),
        (T::Rsa2048Sha384, S::RsaPkcs1Sha384),
        (T::Rsa2048Sha512, S::RsaPkcs1Sha512),
        (T::Rsa3072Sha256, S::RsaPkcs1Sha256),
        (T::Rsa3072Sha384, S::RsaPkcs1Sha384),
        (T::Rsa3072Sha512, S::RsaPkcs1Sha512),
        (T::Rsa4096Sha256, S::RsaPkcs1Sha256),
        (T::Rsa4096Sha384, S::RsaPkcs1Sha384),
        (T::Rsa4096Sha512, S::RsaPkcs1Sha512),
    ];
    for (name, scheme) in sets {
        let set = TestSet::load(name).expect("the vectors");
        let mut outcomes = Vec::new();
        for group in &set.test_groups {
            let key = DerPublicKey::new(group.der.to_vec());
            for test in &group.tests {
                let signature = SignatureBytes::new(test.sig.to_vec());
                let passed = Scheme::Known(scheme).check(&key, &test.msg, &signature).is_ok();
                let told = format!("{} {} {:?}", test.tc_id, test.comment, test.result);
                outcomes.push(Outcome { expected: test.result, told, passed });
            }
        }
        hold(&format!("{name:?}"), &outcomes, 100);
    }
}

#[test]
fn rsa_with_pss_padding_holds() {
    use wycheproof::rsa_pss_verify::{TestName as T, TestSet};
    provider::install();
    let sets = [
        (T::RsaPss2048Sha256Mgf1SaltLen32, S::RsaPssSha256),
        (T::RsaPss2048Sha384Mgf1SaltLen48, S::RsaPssSha384),
        (T::RsaPss3072Sha256Mgf1SaltLen32, S::RsaPssSha256),
        (T::RsaPss4096Sha256Mgf1SaltLen32, S::RsaPssSha256),
        (T::RsaPss4096Sha384Mgf1SaltLen48, S::RsaPssSha384),
        (T::RsaPss4096Sha512Mgf1SaltLen64, S::RsaPssSha512),
    ];
    for (name, scheme) in sets {
        let set = TestSet::load(name).expect("the vectors");
        let mut outcomes = Vec::new();
        for group in &set.test_groups {
            let key = DerPublicKey::new(group.der.to_vec());
            for test in &group.tests {
                let signature = SignatureBytes::new(test.sig.to_vec());
                let passed = Scheme::Known(scheme).check(&key, &test.msg, &signature).is_ok();
                let told = format!("{} {} {:?}", test.tc_id, test.comment, test.result);
                outcomes.push(Outcome { expected: test.result, told, passed });
            }
        }
        hold(&format!("{name:?}"), &outcomes, 60);
    }
}
