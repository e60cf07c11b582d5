//! `lacuna pack`: a folder as a sealed bundle, the same bytes on every machine.
//!
//! The archive holds `lacuna-manifest.json`, its seal where a key is given, and the files in the order of their paths, all
//! with one fixed time and mode. Nothing of this machine goes in: not its clock, user, or the folder's name.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek, Write};
use std::path::Path;
use std::process::ExitCode;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

use super::args::{Pack, Shape};
use super::failure::Failure;
use crate::format::manifest::{SCHEMA, SEAL_NAME, SEAL_TYPE, SEALED_NAME, Sealed, SealedFile};
use crate::source::{Limits, disk};
use crate::verify::manifest::{Envelope, EnvelopeSignature, fingerprint};

/// How much of a file is held in memory at once.
const SLICE: usize = 1 << 20;
/// Files over this size need the 64-bit form of zip.
const LARGE: u64 = 4_000_000_000;

/// What was packed: `lacuna.pack/v1`.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    bundle: String,
    sha256: String,
    count: u64,
    key: Option<String>,
}

/// A file to pack: its path in the bundle and on disk.
struct Source {
    path: String,
    on_disk: std::path::PathBuf,
}

/// Packs a folder; 0 when the bundle is written.
pub(super) fn run(pack: &Pack) -> Result<ExitCode, Failure> {
    let key = pack.key.as_deref().map(read_key).transpose()?;
    let sources = sources(&pack.folder)?;
    let mut files = Vec::with_capacity(sources.len());
    for source in &sources {
        let (sha256, bytes) = digest(&source.on_disk)?;
        files.push(SealedFile { path: source.path.clone(), sha256, bytes });
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let sealed = Sealed {
        schema: SCHEMA.to_owned(),
        source: text(&pack.source),
        query: text(&pack.query),
        tool: text(&pack.tool),
        time: pack.time.map_or_else(String::new, |time| time.to_string()),
        count: files.len() as u64,
        files,
    };
    let mut manifest = serde_json::to_vec_pretty(&sealed).map_err(io::Error::from)?;
    manifest.push(b'\n');
    let told = |error: io::Error| Failure::output(&pack.output, &error);
    let file = File::create(&pack.output).map_err(told)?;
    let mut archive = zip::ZipWriter::new(BufWriter::new(file));
    put(&mut archive, SEALED_NAME, &manifest).map_err(told)?;
    let sealed_by = match &key {
        Some(key) => {
            let (envelope, name) = envelope(key, &manifest)?;
            put(&mut archive, SEAL_NAME, &envelope).map_err(told)?;
            Some(name)
        }
        None => None,
    };
    for (source, listed) in sources.iter().zip(&sealed.files) {
        copy(&mut archive, source, listed)?;
    }
    let mut file = archive.finish().map_err(|error| told(error.into()))?;
    file.flush().map_err(told)?;
    tell(pack, sealed.count, sealed_by)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(pack: &Pack, count: u64, key: Option<String>) -> Result<(), Failure> {
    let (sha256, _) = digest(&pack.output)?;
    let bundle = pack.output.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut out = io::stdout().lock();
    match pack.format {
        Shape::Json => {
            let report = Report { schema: "lacuna.pack/v1", bundle, sha256, count, key };
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Shape::Table => {
            writeln!(out, "{sha256}  {bundle}")?;
            match key {
                Some(key) => writeln!(out, "{count} files, sealed by the key sha256:{key}")?,
                None => writeln!(out, "{count} files, listed but not sealed: no key was given")?,
            }
        }
    }
    Ok(out.flush()?)
}

/// Lists the files of a folder by their paths in the bundle.
fn sources(folder: &Path) -> Result<Vec<Source>, Failure> {
    let told =
        |fact: String, hint: &str| Failure::new(format!("{}: {fact}", folder.display()), hint.to_owned());
    if !folder.is_dir() {
        return Err(told("it is no folder".into(), "Name the folder that holds the exports."));
    }
    let found = disk::find(&[folder.to_path_buf()], &Limits::default());
    if let Some(problem) = found.problems.first() {
        let fact = format!("{}: {}", problem.file, problem.found);
        return Err(told(
            fact,
            "A sealed bundle holds plain files alone: take it out, or copy what it stands for.",
        ));
    }
    let mut sources = Vec::with_capacity(found.roots.len());
    for root in &found.roots {
        // The folder's own name is of this machine, and is left out.
        let Some((_, path)) = root.path.split_once('/') else { continue };
        if path == SEALED_NAME || path == SEAL_NAME {
            let hint = "Take it out: the manifest and the seal are made anew.";
            return Err(told(format!("it holds {path} already"), hint));
        }
        if crate::source::archive::clean_name(path).as_deref() != Ok(path) {
            return Err(told(format!("{path}: a name that no archive may hold"), "Rename the file."));
        }
        sources.push(Source { path: path.to_owned(), on_disk: folder.join(path) });
    }
    if sources.is_empty() {
        return Err(told("it holds no file".into(), "Name the folder that holds the exports."));
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()), "Name files that can be read.".into())
}

/// Returns the SHA-256 of a file in lower-case hexadecimal, and its bytes.
fn digest(path: &Path) -> Result<(String, u64), Failure> {
    let told = |error: io::Error| unread(path, &error);
    let mut file = File::open(path).map_err(told)?;
    let (mut hasher, mut total, mut buffer) = (Sha256::new(), 0, vec![0; SLICE]);
    loop {
        let count = file.read(&mut buffer).map_err(told)?;
        if count == 0 {
            return Ok((HEXLOWER.encode(&hasher.finalize()), total));
        }
        hasher.update(&buffer[..count]);
        total += count as u64;
    }
}

/// One time and mode for everything: what differs between machines is not evidence.
fn options(bytes: u64) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes > LARGE)
}

fn put(archive: &mut zip::ZipWriter<impl Write + Seek>, name: &str, bytes: &[u8]) -> io::Result<()> {
    archive.start_file(name, options(bytes.len() as u64))?;
    archive.write_all(bytes)
}

/// Copies a file in, and holds it against the digest that its manifest has: it may have changed in between.
fn copy(
    archive: &mut zip::ZipWriter<impl Write + Seek>,
    source: &Source,
    listed: &SealedFile,
) -> Result<(), Failure> {
    let told = |error: io::Error| unread(&source.on_disk, &error);
    archive.start_file(&source.path, options(listed.bytes)).map_err(|error| told(error.into()))?;
    let mut file = File::open(&source.on_disk).map_err(told)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; SLICE]);
    loop {
        let count = file.read(&mut buffer).map_err(told)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        archive.write_all(&buffer[..count])?;
    }
    if HEXLOWER.encode(&hasher.finalize()) == listed.sha256 {
        return Ok(());
    }
    let fact = format!("{} changed while it was packed", source.on_disk.display());
    Err(Failure::new(fact, "Pack again once nothing writes to the folder.".into()))
}

fn read_key(path: &Path) -> Result<SigningKey, Failure> {
    let text = String::from_utf8(super::verify::read(path)?).unwrap_or_default();
    SigningKey::from_pkcs8_pem(&text).map_err(|error| {
        let hint =
            "Give an Ed25519 key as PKCS#8 PEM: openssl genpkey -algorithm ed25519 -out key.pem".to_owned();
        Failure::new(format!("{}: no key to sign with: {error}", path.display()), hint)
    })
}

/// Returns the seal of a manifest, and the fingerprint of its key.
fn envelope(key: &SigningKey, manifest: &[u8]) -> Result<(Vec<u8>, String), Failure> {
    let spki = key.verifying_key().to_public_key_der().map_err(|error| {
        Failure::new(format!("the key cannot be written: {error}"), "Make another key.".into())
    })?;
    let name = fingerprint(spki.as_bytes());
    let signed = crate::verify::encoded(SEAL_TYPE, manifest);
    let envelope = Envelope {
        payload: BASE64.encode(manifest).into(),
        payload_type: SEAL_TYPE.into(),
        signatures: vec![EnvelopeSignature {
            keyid: name.clone().into(),
            sig: BASE64.encode(&key.sign(&signed).to_bytes()).into(),
            public_key: BASE64.encode(spki.as_bytes()).into(),
        }],
    };
    let mut bytes = serde_json::to_vec(&envelope).map_err(io::Error::from)?;
    bytes.push(b'\n');
    Ok((bytes, name))
}
