//! Lacuna's own manifest (`lacuna.manifest/v1`) and the DSSE envelope that signs it.

use serde::{Deserialize, Serialize};

use crate::format::{Context, Format, Whole};
use crate::model::record::{Algorithm, DigestList, ListKind, Listed, ManifestRecord, Origins};
use crate::model::{At, Base, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// The schema's name.
pub const SCHEMA: &str = "lacuna.manifest/v1";
/// Payload type of the envelope that signs a manifest.
pub const SEAL_TYPE: &str = "application/vnd.lacuna.manifest+json";

/// The manifest.
pub static FORMAT: Format = Format {
    id: "lacuna-manifest",
    title: "Lacuna manifest",
    recognise: |head| {
        let is_one = head.json.as_ref()?.text("schema") == Some(SCHEMA);
        is_one.then(|| format!("its schema is {SCHEMA}"))
    },
    open: || Box::new(Whole(read)),
};

/// The envelope over it.
pub static SEAL: Format = Format {
    id: "lacuna-seal",
    title: "Seal of a Lacuna manifest (DSSE)",
    recognise: |head| {
        let is_one = head.json.as_ref()?.text("payloadType") == Some(SEAL_TYPE);
        is_one.then(|| format!("its payloadType is {SEAL_TYPE}"))
    },
    open: || Box::new(Whole(seal)),
};

/// A manifest as it is written; the keys stand in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// [`SCHEMA`].
    pub schema: String,
    /// System that the files were exported from.
    #[serde(default)]
    pub source: String,
    /// Query that selected them.
    #[serde(default)]
    pub query: String,
    /// Tool that exported them.
    #[serde(default)]
    pub tool: String,
    /// When they were exported, RFC 3339; empty where it was not said.
    #[serde(default)]
    pub time: String,
    /// Count of `files`.
    pub count: u64,
    /// The files, sorted by path.
    pub files: Vec<SealedFile>,
}

/// One file of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFile {
    /// Path relative to the manifest, parts joined by `/`.
    pub path: String,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Count of bytes.
    pub bytes: u64,
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let sealed: Sealed = serde_json::from_slice(bytes).map_err(|error| {
        let kind = if error.is_eof() { Kind::CutShort } else { Kind::Malformed };
        Problem::error(kind, format!("a manifest that cannot be read: {error}"))
            .expected("lacuna.manifest/v1 (docs/sealed-bundles.md)")
            .at(Spot::line(error.line() as u64, 0))
    })?;
    if sealed.files.len() as u64 > context.limits.entries {
        let found = format!("a manifest of {} files", sealed.files.len());
        return Err(Problem::error(Kind::OverLimit, found)
            .expected(format!("at most {} (entries)", context.limits.entries)));
    }
    if sealed.count != sealed.files.len() as u64 {
        let found = format!("a count of {} over {} files", sealed.count, sealed.files.len());
        let problem = Problem::error(Kind::Conflict, found).expected("the count of its files");
        out.problem(problem.at(Spot::pointer("/count", 0)));
    }
    let mut files = Vec::with_capacity(sealed.files.len());
    for (index, file) in sealed.files.into_iter().enumerate() {
        let at = Spot::pointer(format!("/files/{index}"), 0);
        let digest = data_encoding::HEXLOWER.decode(file.sha256.as_bytes()).ok();
        let Some(digest) = digest.filter(|digest| digest.len() == 32) else {
            let found = format!("a sha256 of {} for {}", quote(&file.sha256), quote(&file.path));
            let problem = Problem::error(Kind::Malformed, found).expected("64 lower-case hexadecimal digits");
            out.problem(problem.at(at));
            continue;
        };
        let (path, bytes) = (file.path, Some(file.bytes));
        files.push(Listed { path, algorithm: Algorithm::Sha256, digest: digest.into(), bytes, at });
    }
    let origins =
        Origins { source: sealed.source, query: sealed.query, tool: sealed.tool, time: sealed.time };
    let list = DigestList { kind: ListKind::Sealed, files, origins: Some(origins), signed: None };
    out.record(
        At::new(Base::Whole, 0, bytes.len() as u64),
        Record::Manifest(Box::new(ManifestRecord::List(list))),
    );
    Ok(())
}

fn seal(bytes: &[u8], _: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::error(Kind::InvalidUtf8, error.to_string()).expected("JSON in UTF-8"))?;
    out.record(
        At::new(Base::Whole, 0, bytes.len() as u64),
        Record::Manifest(Box::new(ManifestRecord::Seal(text.into()))),
    );
    Ok(())
}
