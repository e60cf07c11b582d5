//! CycloneDX 1.4 to 1.7 in JSON: the components of a release, with their licences.
//!
//! A document is bound to a revision by the commits in the pedigree of the component that it describes, by a property
//! whose name ends in `commit`, `revision` or `sha`, by a version that is an object id, or by `vcs_url` in its package URL.
//! Documents without a list of components (attestations, standards) hold no inventory.

use serde_json::value::RawValue;

use super::document::{Document, MOST_ITEMS};
use super::raw_json::{each, get, path, path_text, text};
use super::{Context, Format, Head, Whole};
use crate::model::record::{EntryRecord, ItemRecord, Record, Register, Str};
use crate::model::{Base, Capture, Moment, Records};
use crate::problem::Problem;

/// Inventories in CycloneDX.
pub static FORMAT: Format =
    Format { id: "cyclonedx", title: "CycloneDX (components)", recognise, open: || Box::new(Whole(read)) };

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    (peek.text("bomFormat") == Some("CycloneDX")).then(|| "object whose bomFormat is CycloneDX".to_owned())
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let document = Document::new(bytes, context)?;
    let root = document.root;
    let Some(list) = get(root, "components") else { return Ok(()) };
    let described = path(root, &["metadata", "component"]);
    let mut entry = EntryRecord {
        register: Register::Inventory,
        subject: described.map(named).unwrap_or_default(),
        revision: described
            .and_then(revision)
            .or_else(|| path(root, &["metadata", "properties"]).and_then(property))
            .unwrap_or_default(),
        at: path_text(root, &["metadata", "timestamp"]).and_then(|time| Moment::parse(&time)),
        capture: Capture::SystemObserved,
        ..EntryRecord::default()
    };
    components(list, 0, &mut entry);
    let at = document.at(Base::Whole, root);
    if entry.is_cut {
        out.problem(document.too_many(&at, "components"));
    }
    out.record(at, Record::Entry(Box::new(entry)));
    Ok(())
}

/// Takes in a list of components, and those inside them.
fn components<'a>(list: &'a RawValue, depth: u32, entry: &mut EntryRecord<'a>) {
    each(list, &mut |_, component| {
        if entry.items.len() >= MOST_ITEMS {
            entry.is_cut = true;
            return false;
        }
        let detail = get(component, "licenses").map(licences).unwrap_or_default();
        entry.items.push(ItemRecord {
            name: named(component),
            detail: detail.into(),
            ..ItemRecord::default()
        });
        if let Some(inner) = get(component, "components").filter(|_| depth < 8) {
            components(inner, depth + 1, entry);
        }
        true
    });
}

/// Returns the package URL of a component, or its name and version.
fn named(component: &RawValue) -> Str<'_> {
    let field = |key| path_text(component, &[key]).unwrap_or_default();
    let purl = field("purl");
    if !purl.is_empty() {
        return purl;
    }
    match (field("name"), field("version")) {
        (name, version) if version.is_empty() => name,
        (name, version) => format!("{name}@{version}").into(),
    }
}

/// Returns the licences of a component as one expression: several licences bind together.
fn licences(list: &RawValue) -> String {
    let mut found: Vec<String> = Vec::new();
    each(list, &mut |_, choice| {
        let keys: [&[&'static str]; 3] = [&["expression"], &["license", "id"], &["license", "name"]];
        if let Some(text) = keys.iter().find_map(|keys| path_text(choice, keys)) {
            let is_compound = text.contains(" OR ");
            found.push(if is_compound { format!("({text})") } else { text.into_owned() });
        }
        found.len() < 50
    });
    match found.as_slice() {
        [one] => one.trim_matches(['(', ')']).to_owned(),
        _ => found.join(" AND "),
    }
}

/// Returns the revision that a described component names.
fn revision(component: &RawValue) -> Option<Str<'_>> {
    let of_pedigree = || {
        let mut found = None;
        each(path(component, &["pedigree", "commits"])?, &mut |_, commit| {
            found = path_text(commit, &["uid"]);
            found.is_none()
        });
        found
    };
    let of_version = || path_text(component, &["version"]).filter(|version| is_object(version));
    let of_url = || {
        let purl = path_text(component, &["purl"])?;
        let (_, url) = purl.split_once("vcs_url=")?;
        object_in(url)
    };
    of_pedigree()
        .or_else(|| get(component, "properties").and_then(property))
        .or_else(of_version)
        .or_else(of_url)
}

/// Returns the value of the property that names a revision.
fn property(list: &RawValue) -> Option<Str<'_>> {
    let mut found = None;
    each(list, &mut |_, property| {
        let name = path_text(property, &["name"]).unwrap_or_default().to_ascii_lowercase();
        if ["commit", "revision", "sha"].iter().any(|end| name.ends_with(end)) {
            found = get(property, "value").and_then(text).filter(|value| is_object(value));
        }
        found.is_none()
    });
    found
}

/// Returns whether a text is a whole object id.
pub(super) fn is_object(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the first whole object id in a text.
pub(super) fn object_in(text: &str) -> Option<Str<'static>> {
    let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.find(|part| is_object(part)).map(|part| part.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    type Found = (String, String, Vec<(String, String)>);

    fn inventories(text: &[u8]) -> (&'static str, Vec<Found>, usize) {
        let mut found = Vec::new();
        let read = testing::read("bom.json", text, |_, record| {
            let Record::Entry(entry) = record else { return };
            let items = entry.items.iter().map(|item| (item.name.to_string(), item.detail.to_string()));
            found.push((entry.subject.to_string(), entry.revision.to_string(), items.collect()));
        });
        (read.format, found, read.problems.len())
    }

    #[test]
    fn components_have_names_and_licences_and_inner_ones_count() {
        let (format, found, problems) = inventories(
            br#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"pay","version":"1.2","pedigree":{"commits":[{"uid":"abcdef1234"}]}}},
            "components":[{"name":"a","version":"1","licenses":[{"license":{"id":"MIT"}}],"components":[{"name":"b","purl":"pkg:cargo/b@2","licenses":[{"expression":"MIT OR Apache-2.0"},{"license":{"name":"Own"}}]}]},{"name":"c"}]}"#,
        );
        assert_eq!((format, problems), ("cyclonedx", 0));
        let (subject, revision, items) = &found[0];
        assert_eq!((subject.as_str(), revision.as_str()), ("pay@1.2", "abcdef1234"));
        let items: Vec<(&str, &str)> = items.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(items, [("a@1", "MIT"), ("pkg:cargo/b@2", "(MIT OR Apache-2.0) AND Own"), ("c", "")]);
    }

    #[test]
    fn a_revision_is_found_in_properties_versions_and_addresses() {
        let id = "ab".repeat(20);
        for component in [
            format!(r#"{{"name":"x","version":"{id}"}}"#),
            format!(r#"{{"name":"x","properties":[{{"name":"build:git.commit","value":"{id}"}}]}}"#),
            format!(r#"{{"name":"x","purl":"pkg:generic/x@1?vcs_url=git%2Bhttps://x.test/x%40{id}"}}"#),
        ] {
            let text = format!(
                r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{component}}},"components":[]}}"#
            );
            let found = inventories(text.as_bytes()).1;
            // A percent sign in front of the id leaves two digits before it; such an address is no whole id.
            let expected = if component.contains("%40") { "" } else { id.as_str() };
            assert_eq!(found[0].1, expected, "{component}");
        }
    }

    #[test]
    fn documents_without_components_are_known_and_hold_no_inventory() {
        assert_eq!(
            inventories(br#"{"bomFormat":"CycloneDX","specVersion":"1.6","declarations":{}}"#),
            ("cyclonedx", Vec::new(), 0)
        );
        assert_eq!(inventories(br#"{"bomFormat":"CycloneDX","components":[{"name":"a""#).2, 1);
        let Some(bytes) = testing::sample("cyclonedx-standards/standards/OWASP/SCVS/scvs-1.0.0.cdx.json")
        else {
            return;
        };
        assert_eq!(inventories(&bytes), ("cyclonedx", Vec::new(), 0));
    }

    #[test]
    fn the_samples_of_the_specification_are_read() {
        let Some(bytes) = testing::sample("cyclonedx-cdxa-mlbom/1.7/valid-machine-learning-1.7.json") else {
            return;
        };
        let (_, found, problems) = inventories(&bytes);
        assert_eq!((found.len(), problems), (1, 0));
        assert!(!found[0].2.is_empty());
    }
}
