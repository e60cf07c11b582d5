//! What mutations start from: fixtures of this project, and published samples where they are at hand.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;

fn fixture(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Returns the seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "certificate" => vec![certificate()],
        "pem" => vec![fixture("public/samples/sample-key.pem"), pem().into_bytes()],
        "envelope" => envelopes(),
        "bundle" => bundles(),
        "checkpoint" => parts("/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope"),
        "timestamp" => {
            let place = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
            let tokens = parts(place).into_iter().filter_map(|token| BASE64.decode(&token).ok());
            tokens.chain([message()]).collect()
        }
        "trusted_root" => roots(),
        "commit_keys" => vec![
            fixture("tests/fixtures/signed/allowed_signers"),
            fixture("tests/fixtures/signed/openpgp.asc"),
        ],
        "commit_signature" => ["ssh-ed25519.commit", "ssh-rsa-3072.commit", "openpgp-subkey.commit", "openpgp-rsa3072.commit", "gitsign.cms"]
            .map(|name| fixture(&format!("tests/fixtures/signed/{name}")))
            .to_vec(),
        "bag" => vec![
            b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_vec(),
            b"Source-Organization: Acme\nPayload-Oxum: 279164409832.1198\n".to_vec(),
            b"https://example.org/a - data/a\n".to_vec(),
        ],
        "checksums" => vec![
            b"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945  a.json\n".to_vec(),
            b"SHA256 (a.json) = 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945\n".to_vec(),
        ],
        "manifest" => vec![
            br#"{"schema":"lacuna.manifest/v1","source":"s","query":"q","tool":"t","time":"2026-10-01T00:00:00Z","count":1,"files":[{"path":"a.json","sha256":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945","bytes":2}]}"#.to_vec(),
        ],
        "link" => vec![
            br#"{"signatures":[{"keyid":"k","sig":"00ff"}],"signed":{"_type":"link","name":"build","materials":{},"products":{"a.json":{"sha256":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"}}}}"#.to_vec(),
        ],
        other => panic!("{other}"),
    }
}

/// One part of every bundle that has it.
fn parts(place: &str) -> Vec<Vec<u8>> {
    let documents =
        bundles().into_iter().filter_map(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    documents.filter_map(|own| Some(own.pointer(place)?.as_str()?.as_bytes().to_vec())).collect()
}

/// The CMS message in the fixture that is signed as gitsign signs: what a timestamp token is, too.
fn message() -> Vec<u8> {
    let text = String::from_utf8(fixture("tests/fixtures/signed/gitsign.cms")).unwrap();
    let body: String = text
        .lines()
        .skip_while(|line| !line.contains("BEGIN SIGNED"))
        .skip(1)
        .take_while(|line| !line.contains("END SIGNED"))
        .map(str::trim)
        .collect();
    BASE64.decode(body.as_bytes()).unwrap()
}

/// The certificate in the fixture that is signed as gitsign signs: DER in a CMS message.
fn certificate() -> Vec<u8> {
    let message = message();
    // The certificate is the first long sequence behind the tag [0] of the set of certificates.
    let at = message
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| *pair == [0x30, 0x82])
        .map(|(at, _)| at)
        .nth(2)
        .unwrap();
    let length = 4 + usize::from(message[at + 2]) * 256 + usize::from(message[at + 3]);
    message[at..at + length].to_vec()
}

fn pem() -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(&certificate()))
}

/// The sample's signed envelopes, the first two.
fn envelopes() -> Vec<Vec<u8>> {
    let archive = fixture("public/samples/sample.zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut text = String::new();
    let mut entry = archive.by_name("attestations/source-provenance.jsonl").unwrap();
    std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
    text.lines().take(2).map(|line| line.as_bytes().to_vec()).collect()
}

/// A bundle with every part that a bundle may have, none of it right, and real ones where they are at hand.
fn bundles() -> Vec<Vec<u8>> {
    let zeros = |count| BASE64.encode(&vec![0; count]);
    let checkpoint =
        format!("log.example - 1\\n2\\n{}\\n\\n\u{2014} log.example {}\\n", zeros(32), zeros(76));
    let own = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"certificate":{{"rawBytes":"{}"}},"tlogEntries":[{{"logIndex":"1","logId":{{"keyId":"{}"}},"kindVersion":{{"kind":"dsse","version":"0.0.1"}},"integratedTime":"1700000000","inclusionPromise":{{"signedEntryTimestamp":"{}"}},"inclusionProof":{{"logIndex":"1","rootHash":"{}","treeSize":"2","hashes":["{}"],"checkpoint":{{"envelope":"{checkpoint}"}}}},"canonicalizedBody":"{}"}}],"timestampVerificationData":{{"rfc3161Timestamps":[{{"signedTimestamp":"{}"}}]}}}},"dsseEnvelope":{{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"{}"}}]}}}}"#,
        BASE64.encode(&certificate()),
        zeros(32),
        zeros(70),
        zeros(32),
        zeros(32),
        BASE64.encode(br#"{"apiVersion":"0.0.1","kind":"dsse","spec":{}}"#),
        zeros(90),
        zeros(71),
    );
    let mut all = vec![own.into_bytes()];
    if let Some(folder) = crate::common::sample("sigstore-conformance") {
        let mut cases: Vec<_> =
            walk(&folder).into_iter().filter(|path| path.ends_with("bundle.sigstore.json")).collect();
        cases.sort();
        // One of each kind of log and key is enough: mutations do the rest.
        all.extend(cases.iter().step_by(cases.len().div_ceil(4).max(1)).map(|path| fs::read(path).unwrap()));
    }
    all
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

fn roots() -> Vec<Vec<u8>> {
    let key = BASE64.encode(b"not a key, but as long as one may be, or longer than that");
    let own = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{{"baseUrl":"https://log.example","hashAlgorithm":"SHA2_256","publicKey":{{"rawBytes":"{key}","keyDetails":"PKIX_ECDSA_P256_SHA_256","validFor":{{"start":"2021-01-12T11:53:27Z"}}}},"logId":{{"keyId":"{key}"}}}}],"certificateAuthorities":[{{"subject":{{"organization":"x","commonName":"y"}},"uri":"https://ca.example","certChain":{{"certificates":[{{"rawBytes":"{}"}}]}},"validFor":{{"start":"2021-01-12T11:53:27Z"}}}}],"ctlogs":[],"timestampAuthorities":[]}}"#,
        BASE64.encode(&certificate()),
    );
    vec![own.into_bytes()]
}
