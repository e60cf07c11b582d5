//! SPDX 2.2 and 2.3 in JSON, and SPDX 3.0 in JSON-LD: the packages of a release, with their licences.
//!
//! A document is bound to a revision by the download location of what it describes, or by its namespace, where a whole
//! object id stands in it. The concluded licence counts before the declared one; `NOASSERTION` says nothing.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::cyclonedx::object_in;
use super::document::{Document, MOST_ITEMS};
use super::raw_json::{each, get, path_text, text};
use super::{Context, Format, Head, Whole};
use crate::model::record::{EntryRecord, ItemRecord, Record, Register, Str};
use crate::model::{Base, Capture, Moment, Records};
use crate::problem::{Kind, Problem};

/// Inventories in SPDX.
pub static FORMAT: Format =
    Format { id: "spdx", title: "SPDX (packages)", recognise, open: || Box::new(Whole(read)) };

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    if peek.text("spdxVersion").is_some_and(|version| version.starts_with("SPDX-2")) {
        return Some("object whose spdxVersion is SPDX-2".to_owned());
    }
    let is_third = peek.has_all(&["@context", "@graph"])
        && peek.text("@context").is_some_and(|context| context.contains("spdx.org/rdf/3"));
    is_third.then(|| "object with @graph and the context of SPDX 3".to_owned())
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let document = Document::new(bytes, context)?;
    let root = document.root;
    let mut entry = EntryRecord {
        register: Register::Inventory,
        capture: Capture::SystemObserved,
        ..EntryRecord::default()
    };
    match get(root, "@graph") {
        Some(graph) => third(graph, &mut entry),
        None => second(root, &mut entry)?,
    }
    let at = document.at(Base::Whole, root);
    if entry.is_cut {
        out.problem(document.too_many(&at, "packages"));
    }
    out.record(at, Record::Entry(Box::new(entry)));
    Ok(())
}

/// Takes a package in, unless there are too many; returns whether to go on.
fn take<'a>(entry: &mut EntryRecord<'a>, name: Str<'a>, licence: Str<'a>) -> bool {
    entry.is_cut = entry.items.len() >= MOST_ITEMS;
    if !entry.is_cut {
        entry.items.push(ItemRecord { name, detail: licence, ..ItemRecord::default() });
    }
    !entry.is_cut
}

/// Returns a name with its version.
fn versioned<'a>(name: Str<'a>, version: &str) -> Str<'a> {
    if version.is_empty() { name } else { format!("{name}@{version}").into() }
}

fn second<'a>(root: &'a RawValue, entry: &mut EntryRecord<'a>) -> Result<(), Problem> {
    let Some(packages) = get(root, "packages") else {
        let problem = Problem::error(Kind::MissingField, "SPDX without packages");
        return Err(problem.expected("packages, a list"));
    };
    let mut described = Vec::new();
    if let Some(list) = get(root, "documentDescribes") {
        each(list, &mut |_, id| {
            described.extend(text(id));
            described.len() < 100
        });
    }
    if let Some(list) = get(root, "relationships") {
        each(list, &mut |_, relation| {
            let field = |key| path_text(relation, &[key]).unwrap_or_default();
            if field("relationshipType") == "DESCRIBES" {
                described.push(field("relatedSpdxElement"));
            }
            described.len() < 100
        });
    }
    entry.subject = path_text(root, &["name"]).unwrap_or_default();
    entry.at = path_text(root, &["creationInfo", "created"]).and_then(|time| Moment::parse(&time));
    each(packages, &mut |_, package| {
        let field = |key| path_text(package, &[key]).unwrap_or_default();
        if described.contains(&field("SPDXID")) {
            if let Some(revision) = object_in(&field("downloadLocation")) {
                entry.revision = revision;
            }
            // What the document describes is no component of itself.
            return true;
        }
        let licence = match field("licenseConcluded") {
            concluded if matches!(concluded.as_ref(), "" | "NOASSERTION") => field("licenseDeclared"),
            concluded => concluded,
        };
        let name = purl(package).unwrap_or_else(|| versioned(field("name"), &field("versionInfo")));
        take(entry, name, licence)
    });
    if entry.revision.is_empty() {
        let namespace = path_text(root, &["documentNamespace"]).unwrap_or_default();
        entry.revision = object_in(&namespace).unwrap_or_default();
    }
    Ok(())
}

/// Returns the package URL of a package.
fn purl(package: &RawValue) -> Option<Str<'_>> {
    let mut found = None;
    each(get(package, "externalRefs")?, &mut |_, reference| {
        let is_purl = path_text(reference, &["referenceType"]).is_some_and(|kind| kind == "purl");
        found = path_text(reference, &["referenceLocator"]).filter(|_| is_purl);
        found.is_none()
    });
    found
}

/// Reads the elements of a graph: packages, licences, and which licence is whose.
fn third<'a>(graph: &'a RawValue, entry: &mut EntryRecord<'a>) {
    let mut expressions: BTreeMap<Str<'a>, Str<'a>> = BTreeMap::new();
    // By package: the licence and whether it was concluded.
    let mut licences: BTreeMap<Str<'a>, (bool, Str<'a>)> = BTreeMap::new();
    let kind = |element: &'a RawValue| path_text(element, &["type"]).unwrap_or_default();
    let id = |element: &'a RawValue| path_text(element, &["spdxId"]).unwrap_or_default();
    each(graph, &mut |_, element| {
        let field = |key| path_text(element, &[key]).unwrap_or_default();
        match kind(element).as_ref() {
            "simplelicensing_LicenseExpression" => {
                expressions.insert(id(element), field("simplelicensing_licenseExpression"));
            }
            "Relationship" => {
                let is_concluded = field("relationshipType") == "hasConcludedLicense";
                let to = get(element, "to").and_then(first);
                if let Some(to) =
                    to.filter(|_| is_concluded || field("relationshipType") == "hasDeclaredLicense")
                {
                    let known = licences.entry(field("from")).or_insert((is_concluded, to.clone()));
                    if is_concluded {
                        *known = (true, to);
                    }
                }
            }
            "CreationInfo" => entry.at = Moment::parse(&field("created")),
            "software_Sbom" | "SpdxDocument" if entry.subject.is_empty() => entry.subject = field("name"),
            _ => {}
        }
        expressions.len() < MOST_ITEMS && licences.len() < MOST_ITEMS
    });
    each(graph, &mut |_, element| {
        if !matches!(kind(element).as_ref(), "software_Package" | "ai_AIPackage" | "dataset_DatasetPackage") {
            return true;
        }
        let field = |key| path_text(element, &[key]).unwrap_or_default();
        let licence = licences.get(&id(element)).map(|(_, to)| match expressions.get(to) {
            Some(expression) => expression.clone(),
            // The licence list's own address stands for its id.
            None => to.rsplit('/').next().unwrap_or_default().to_owned().into(),
        });
        let name = versioned(field("name"), &field("software_packageVersion"));
        take(entry, name, licence.unwrap_or_default())
    });
}

/// Returns the first text of a list, or the text itself.
fn first(raw: &RawValue) -> Option<Str<'_>> {
    let mut found = text(raw);
    if found.is_none() {
        each(raw, &mut |_, element| {
            found = text(element);
            false
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    type Found = (String, String, Vec<(String, String)>);

    fn inventories(text: &[u8]) -> (&'static str, Vec<Found>, usize) {
        let mut found = Vec::new();
        let read = testing::read("sbom.spdx.json", text, |_, record| {
            let Record::Entry(entry) = record else { return };
            let items = entry.items.iter().map(|item| (item.name.to_string(), item.detail.to_string()));
            found.push((entry.subject.to_string(), entry.revision.to_string(), items.collect()));
        });
        (read.format, found, read.problems.len())
    }

    #[test]
    fn packages_have_licences_and_what_is_described_is_no_component() {
        let id = "cd".repeat(20);
        let text = format!(
            r#"{{"spdxVersion":"SPDX-2.3","name":"pay","documentNamespace":"https://x.test/1","packages":[
              {{"SPDXID":"SPDXRef-root","name":"pay","downloadLocation":"git+https://x.test/pay@{id}"}},
              {{"SPDXID":"a","name":"a","versionInfo":"1","licenseConcluded":"NOASSERTION","licenseDeclared":"MIT"}},
              {{"SPDXID":"b","name":"b","licenseConcluded":"NONE","externalRefs":[{{"referenceType":"purl","referenceLocator":"pkg:npm/b@2"}}]}}],
              "relationships":[{{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-root"}}]}}"#
        );
        let (format, found, problems) = inventories(text.as_bytes());
        assert_eq!((format, problems), ("spdx", 0));
        assert_eq!(found[0].1, id);
        let items: Vec<(&str, &str)> = found[0].2.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(items, [("a@1", "MIT"), ("pkg:npm/b@2", "NONE")]);
    }

    #[test]
    fn a_document_without_packages_is_one_problem() {
        assert_eq!(inventories(br#"{"spdxVersion":"SPDX-2.3","name":"x"}"#), ("spdx", Vec::new(), 1));
    }

    #[test]
    fn the_samples_of_spdx_3_are_read() {
        for name in ["ai/example02/spdx3.0/sbom.spdx3.json", "ai/example01/spdx3.0/simplehtr-example.json"] {
            let Some(bytes) = testing::sample(&format!("spdx3-ai/{name}")) else { return };
            let (format, found, problems) = inventories(&bytes);
            assert_eq!((format, problems), ("spdx", 0), "{name}");
            let items = &found[0].2;
            assert!(
                !items.is_empty() && items.iter().any(|(_, licence)| !licence.is_empty()),
                "{name}: {items:?}"
            );
        }
    }
}
