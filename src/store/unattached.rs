//! AI records about commits that the bundle does not hold: told, because nothing else would show them.

use std::collections::BTreeMap;

use crate::model::record::SessionSource;
use crate::problem::{Kind, Problem};

use super::Store;

/// Adds a problem to each file with records of tools about commits that are not in the bundle.
pub(super) fn tell(store: &mut Store) {
    let mut is_attached = vec![false; store.sessions.len()];
    for id in &store.sessions_of {
        if let Some(slot) = is_attached.get_mut(id.index()) {
            *slot = true;
        }
    }
    let is_of_tool =
        |source: SessionSource| matches!(source, SessionSource::GitAiNote | SessionSource::AgentTrace);
    let mut files: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for (session, is_attached) in store.sessions.iter().zip(is_attached) {
        let is_unknown = !session.commit.is_empty() && store.commit(session.commit).is_none();
        if is_attached || !is_unknown || !is_of_tool(session.source) {
            continue;
        }
        let path = store.locate(session.place).map_or_else(String::new, |(file, ..)| file.path.clone());
        let first = || store.text(session.commit).to_owned();
        files.entry(path).or_insert_with(|| (0, first())).0 += 1;
    }
    for (path, (count, first)) in files {
        let first = first.get(..7).unwrap_or(&first);
        let found = format!("{count} AI records about commits that are not in the bundle, {first} for one");
        store.problems.push(
            Problem::note(Kind::Dangling, found).in_file(path).expected("the commits that they are about"),
        );
    }
}
