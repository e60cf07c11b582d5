//! Signatures of in-toto's first form: over the canonical JSON of `signed`, by keys that the user gave (in-toto
//! specification 0.9, §4.2; canonical JSON as OLPC defines it).

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use serde_json::Value;
use sigstore_types::SignatureBytes;

use crate::model::SignatureState;
use crate::store::Seal;

use super::TrustSet;
use super::key::fits;

/// How many signatures of one document are looked at.
const MOST: usize = 16;

#[derive(Deserialize)]
struct Metablock {
    signed: Value,
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// Checks the signatures of a document; one that fits a key that was given decides, and one that claims such a key and does
/// not fit it spoils the document.
pub fn check(text: &str, trust: &TrustSet) -> Seal {
    let unsigned = |state, reason: &str| Seal { state, reason: reason.to_owned(), ..Seal::default() };
    let block: Metablock = match serde_json::from_str(text) {
        Ok(block) => block,
        Err(error) => return unsigned(SignatureState::Invalid, &error.to_string()),
    };
    if block.signatures.is_empty() {
        return unsigned(SignatureState::NotSigned, "it holds no signature");
    }
    let Some(signed) = canonical(&block.signed) else {
        return unsigned(SignatureState::Invalid, "a number with a fraction has no canonical form");
    };
    let mut open = unsigned(SignatureState::NotChecked, "none of the keys given fits a signature of it");
    for signature in block.signatures.iter().take(MOST) {
        let bytes = HEXLOWER_PERMISSIVE.decode(signature.sig.as_bytes()).ok().map(SignatureBytes::new);
        let own =
            bytes.and_then(|bytes| trust.keys.iter().find(|key| fits(&key.key, signed.as_bytes(), &bytes)));
        if let Some(key) = own {
            open = Seal {
                state: SignatureState::Valid,
                fingerprint: key.fingerprint.clone(),
                is_trusted: true,
                reason: format!("by the key {}", key.name),
            };
        } else if trust
            .keys
            .iter()
            .any(|key| key.fingerprint == signature.keyid || key.name == signature.keyid)
        {
            return unsigned(SignatureState::Invalid, "a signature does not fit the key that it names");
        }
    }
    open
}

/// Writes canonical JSON: members sorted by name, no spaces, in strings only quote and backslash escaped, no fractions.
fn canonical(value: &Value) -> Option<String> {
    let mut out = String::new();
    write(value, &mut out)?;
    Some(out)
}

fn write(value: &Value, out: &mut String) -> Option<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        Value::Number(number) => {
            (number.is_i64() || number.is_u64()).then_some(())?;
            out.push_str(&number.to_string());
        }
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            crate::order::sort(&mut names);
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                string(name, out);
                out.push(':');
                write(members.get(name)?, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn trust() -> TrustSet {
        let der = [&super::super::manifest::SPKI_PREFIX[..], key().verifying_key().as_bytes()].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            data_encoding::BASE64.encode(&der)
        );
        let mut trust = TrustSet::default();
        trust.add("step.pub", pem.as_bytes()).expect("a key");
        trust
    }

    fn link(name: &str, signature: &str) -> String {
        format!(
            r#"{{"signatures": [{{"keyid": "step.pub", "sig": "{signature}"}}], "signed": {{"name": "{name}", "_type": "link", "products": {{}}}}}}"#
        )
    }

    #[test]
    fn the_canonical_form_is_sorted_and_without_spaces() {
        let value: Value =
            serde_json::from_str("{\"b\": [1, true, null], \"a\": \"x\\n\\\"\\\\\"}").expect("JSON");
        assert_eq!(canonical(&value).as_deref(), Some("{\"a\":\"x\n\\\"\\\\\",\"b\":[1,true,null]}"));
        assert_eq!(canonical(&serde_json::json!({"a": 1.5})), None);
    }

    #[test]
    fn a_link_by_a_given_key_is_valid_and_a_changed_one_is_not() {
        let signed = r#"{"_type":"link","name":"build","products":{}}"#;
        let signature = data_encoding::HEXLOWER.encode(&key().sign(signed.as_bytes()).to_bytes());
        let seal = check(&link("build", &signature), &trust());
        assert_eq!((seal.state, seal.is_trusted), (SignatureState::Valid, true));
        assert_eq!(check(&link("test", &signature), &trust()).state, SignatureState::Invalid);
        assert_eq!(check(&link("build", &signature), &TrustSet::default()).state, SignatureState::NotChecked);
    }
}
