//! `supply.*`: whether what a change brings in is in an inventory of components, and whether its licences are cleared.

use crate::model::record::Register;
use crate::model::{Capture, Verdict};
use crate::policy::wildcard;
use crate::store::{Entry, Item, Text, same_object};

use super::finding::Finding;
use super::review::{listed, short};
use super::subject::Subject;

/// Decides a criterion of this family.
pub fn decide(id: &str, subject: &Subject<'_>, explain: bool) -> Finding {
    match id {
        "supply.inventoried" => inventoried(subject, explain),
        _ => licensed(subject, explain),
    }
}

/// Returns the files that name dependencies among those it touches; `None` where its files are not known.
fn touched<'a>(subject: &Subject<'a>) -> Option<Vec<&'a str>> {
    let store = subject.store;
    subject.has_all_files().then(|| {
        let manifests = subject.files().iter().filter(|file| store.paths.is_manifest(file.path));
        manifests.map(|file| store.text(file.path)).collect()
    })
}

/// Returns the inventories of the merged revision.
fn inventories<'a>(subject: &Subject<'a>) -> Vec<&'a Entry> {
    subject.entries(Register::Inventory).filter(|entry| subject.is_merged(entry.revision)).collect()
}

/// Returns the components that are new against the inventory of the revision before, or all where there is none.
fn components<'a>(subject: &Subject<'a>) -> (Vec<&'a Item>, bool) {
    let store = subject.store;
    let of = |entry: &Entry| store.registers.items(entry);
    let before = subject.change.merge_row.map_or(Text::EMPTY, |row| store.commits[row.index()].parent);
    let before = store.text(before);
    let inventories_before = store
        .registers
        .all(Register::Inventory)
        .iter()
        .filter(|entry| same_object(store.text(entry.revision), before));
    let known =
        crate::order::set(inventories_before.flat_map(|entry| of(entry).iter().map(|item| item.name)));
    let all = inventories(subject).into_iter().flat_map(of);
    (all.filter(|item| !known.contains(&item.name)).collect(), !known.is_empty())
}

fn label(subject: &Subject<'_>, entry: &Entry) -> (String, crate::store::Place) {
    (format!("inventory {}", subject.store.text(entry.subject)), entry.place)
}

fn inventoried(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    let touched = touched(subject);
    if touched.as_ref().is_some_and(Vec::is_empty) {
        return Finding::not_applicable(explain, "It touches no file that names dependencies.");
    }
    let own = inventories(subject);
    let capture = own.iter().map(|entry| entry.capture).max().unwrap_or_default();
    if own.iter().any(|entry| !store.registers.items(entry).is_empty()) {
        let (new, has_before) = components(subject);
        return Finding::new(Verdict::Met, capture, explain, || {
            let names = || listed(new.iter().map(|item| store.text(item.name)).collect());
            match (has_before, new.len()) {
                (false, count) => format!("The inventory of the merged revision lists {count} components; which of them are new cannot be told without one of the revision before."),
                (true, 0) => "The inventory of the merged revision lists no component that the revision before had not.".into(),
                (true, count) => format!("The inventory of the merged revision lists {count} new components: {}.", names()),
            }
        })
        .with_all(own.iter(), |entry| label(subject, entry));
    }
    if !own.is_empty() {
        return Finding::new(Verdict::Unmet, capture, explain, || {
            let files = listed(touched.clone().unwrap_or_default());
            format!("It touches {files}, and the inventory of the merged revision lists no component.")
        })
        .with_all(own.iter(), |entry| label(subject, entry));
    }
    let elsewhere: Vec<&Entry> = subject.entries(Register::Inventory).collect();
    if let Some(first) = elsewhere.first() {
        return Finding::new(Verdict::Unmet, first.capture, explain, || {
            format!(
                "Its inventory is of {}, which is not the merged revision.",
                short(store.text(first.revision))
            )
        })
        .with_all(elsewhere.iter(), |entry| label(subject, entry));
    }
    Finding::unproven(explain, "The bundle holds no inventory of components of the merged revision.")
}

/// Returns whether a licence expression is cleared: by all of its licences, or by any of a choice.
fn is_cleared(expression: &str, accepted: &[String]) -> bool {
    let mut words = expression.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','));
    let (mut licences, mut is_choice, mut is_sum) = (Vec::new(), false, false);
    while let Some(word) = words.next() {
        match word.to_ascii_uppercase().as_str() {
            "" => {}
            "OR" => is_choice = true,
            "AND" => is_sum = true,
            // An exception adds rights to the licence before it.
            "WITH" => drop(words.next()),
            _ => licences.push(word),
        }
    }
    let is_accepted = |licence: &&str| accepted.iter().any(|known| wildcard(known, licence));
    match is_choice && !is_sum {
        true => licences.iter().any(is_accepted),
        false => !licences.is_empty() && licences.iter().all(is_accepted),
    }
}

fn licensed(subject: &Subject<'_>, explain: bool) -> Finding {
    let store = subject.store;
    if touched(subject).is_some_and(|touched| touched.is_empty()) {
        return Finding::not_applicable(explain, "It touches no file that names dependencies.");
    }
    let own = inventories(subject);
    if !own.iter().any(|entry| !store.registers.items(entry).is_empty()) {
        return match inventoried(subject, false).verdict {
            Verdict::Unmet => Finding::not_applicable(
                explain,
                "No inventory of the merged revision lists a component; supply.inventoried tells that.",
            ),
            _ => Finding::unproven(
                explain,
                "The bundle holds no inventory of components of the merged revision.",
            ),
        };
    }
    let capture = own.iter().map(|entry| entry.capture).min().unwrap_or_default();
    let (items, _) = components(subject);
    let accepted = &subject.policy.demands.licences;
    let is_unsaid = |item: &&&Item| matches!(store.text(item.detail), "" | "NOASSERTION");
    let is_refused = |item: &&&Item| {
        let licence = store.text(item.detail);
        licence == "NONE" || !accepted.is_empty() && !is_unsaid(item) && !is_cleared(licence, accepted)
    };
    let names = |items: &[&&Item]| {
        let named: Vec<String> = items
            .iter()
            .map(|item| match store.text(item.detail) {
                "" => store.text(item.name).to_owned(),
                licence => format!("{} ({licence})", store.text(item.name)),
            })
            .collect();
        listed(named.iter().map(String::as_str).collect())
    };
    let told = |verdict, capture, words: &dyn Fn() -> String| {
        Finding::new(verdict, capture, explain, words)
            .with_all(own.iter(), |entry| label(subject, entry))
            .input("licences that components may have", || {
                if accepted.is_empty() { "not in the policy".into() } else { accepted.join(", ") }
            })
    };
    let refused: Vec<&&Item> = items.iter().filter(is_refused).collect();
    if !refused.is_empty() {
        return told(Verdict::Unmet, capture, &|| {
            format!("Licences that are not cleared: {}.", names(&refused))
        });
    }
    if accepted.is_empty() {
        return told(Verdict::Unproven, Capture::Inferred, &|| {
            "The policy does not say which licences components may have.".into()
        });
    }
    let unsaid: Vec<&&Item> = items.iter().filter(is_unsaid).collect();
    if !unsaid.is_empty() || own.iter().any(|entry| entry.is_cut) {
        return told(Verdict::Unproven, Capture::Inferred, &|| {
            format!("For {} components no licence is on record: {}.", unsaid.len(), names(&unsaid))
        });
    }
    told(Verdict::Met, capture, &|| format!("The licences of {} components are cleared.", items.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_cleared_by_all_of_it_or_by_any_of_a_choice() {
        let accepted = ["MIT".to_owned(), "Apache-2.0".to_owned()];
        for text in
            ["MIT", "mit", "MIT OR GPL-3.0-only", "(MIT AND Apache-2.0)", "Apache-2.0 WITH LLVM-exception"]
        {
            assert!(is_cleared(text, &accepted), "{text}");
        }
        for text in ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT OR GPL-3.0-only) AND ISC", "MIT-0"] {
            assert!(!is_cleared(text, &accepted), "{text}");
        }
    }
}
