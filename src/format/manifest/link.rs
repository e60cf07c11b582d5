//! in-toto links in their first form: a signed list of the files that a step found and made (in-toto specification 0.9,
//! §4.4). Newer links are statements in envelopes, which `format::attestation` reads.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::format::{Context, Format, Whole};
use crate::model::record::{Algorithm, DigestList, ListKind, Listed, ManifestRecord};
use crate::model::{At, Base, Record, Records};
use crate::problem::{Kind, Problem, Spot, quote};

/// Links.
pub static FORMAT: Format = Format {
    id: "in-toto-link",
    title: "in-toto link",
    recognise: |head| {
        let peek = head.json.as_ref()?;
        let is_one =
            peek.has("signed") && peek.has("signatures") && peek.text("signed/_type") == Some("link");
        is_one.then(|| "it has signatures over a document of the type link".to_owned())
    },
    open: || Box::new(Whole(read)),
};

#[derive(Deserialize)]
struct Metablock {
    signed: Link,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    materials: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    products: BTreeMap<String, BTreeMap<String, String>>,
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Problem::error(Kind::InvalidUtf8, error.to_string()).expected("JSON in UTF-8"))?;
    let block: Metablock = serde_json::from_str(text).map_err(|error| {
        let kind = if error.is_eof() { Kind::CutShort } else { Kind::Malformed };
        Problem::error(kind, format!("a link that cannot be read: {error}"))
            .expected("materials and products with digests (in-toto 0.9, §4.4)")
            .at(Spot::line(error.line() as u64, 0))
    })?;
    let Link { materials, products } = block.signed;
    let count = materials.len() + products.len();
    if count as u64 > context.limits.entries {
        return Err(Problem::error(Kind::OverLimit, format!("a link of {count} files"))
            .expected(format!("at most {} (entries)", context.limits.entries)));
    }
    let mut files = Vec::with_capacity(count);
    // A file that the step made is what the step left, whatever it had been before.
    let before = materials.into_iter().filter(|(path, _)| !products.contains_key(path)).collect::<Vec<_>>();
    for (key, list) in [("materials", before), ("products", products.clone().into_iter().collect())] {
        for (path, digests) in list {
            let at =
                Spot::pointer(format!("/signed/{key}/{}", path.replace('~', "~0").replace('/', "~1")), 0);
            match best(&digests) {
                Some((algorithm, digest)) => files.push(Listed { path, algorithm, digest, bytes: None, at }),
                None => {
                    let found = format!("{} without a digest that is known", quote(&path));
                    let problem = Problem::warning(Kind::Malformed, found);
                    out.problem(problem.expected("a digest by sha256 or sha512, hexadecimal").at(at));
                }
            }
        }
    }
    let list = DigestList { kind: ListKind::Link, files, origins: None, signed: Some(text.into()) };
    let record = Record::Manifest(Box::new(ManifestRecord::List(list)));
    out.record(At::new(Base::Whole, 0, bytes.len() as u64), record);
    Ok(())
}

/// Returns the best of several digests of one file: SHA-256, which is known of every file, before the others.
fn best(digests: &BTreeMap<String, String>) -> Option<(Algorithm, Box<[u8]>)> {
    let known = digests.iter().filter_map(|(name, hex)| {
        let algorithm = Algorithm::of_name(name)?;
        let digest = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
        (digest.len() == algorithm.length()).then(|| (algorithm, digest.into_boxed_slice()))
    });
    known.max_by_key(|(algorithm, _)| (*algorithm == Algorithm::Sha256, algorithm.length()))
}
