//! What several answers need and is dear to find: found once for each bundle, when it is first asked for.

use std::sync::OnceLock;

use crate::assess::{Assessment, FunnelCount};
use crate::framework::Predicates;

/// Answers' shared work over one assessment. Keep it beside the assessment and never use it with another.
#[derive(Default)]
pub struct Index {
    predicates: OnceLock<Vec<Predicates>>,
    funnel: OnceLock<Vec<FunnelCount>>,
    ids: OnceLock<Vec<(String, u32)>>,
}

impl Index {
    /// Returns what decides whether controls apply, by row.
    pub fn predicates(&self, assessment: &Assessment) -> &[Predicates] {
        self.predicates.get_or_init(|| (0..assessment.scope.len()).map(|row| assessment.predicates(row)).collect())
    }

    /// Returns the funnel, from merged changes down.
    pub fn funnel(&self, assessment: &Assessment) -> &[FunnelCount] {
        self.funnel.get_or_init(|| assessment.funnel())
    }

    /// Returns the row of a change id.
    pub fn row_of(&self, assessment: &Assessment, id: &str) -> Option<usize> {
        let ids = self.ids.get_or_init(|| {
            let mut ids: Vec<(String, u32)> = (0u32..).zip(&assessment.scope).map(|(row, &change)| {
                (assessment.store.change_id(&assessment.store.changes[change.index()]), row)
            }).collect();
            ids.sort_unstable();
            ids
        });
        let at = ids.partition_point(|(known, _)| known.as_str() < id);
        ids.get(at).filter(|(known, _)| known == id).map(|(_, row)| *row as usize)
    }
}
