//! Records out of JSON files of any size: one pass, typed, borrowed, bounded.
//!
//! Read alike: an array at the root, an array of pages (`gh api --paginate --slurp`), objects or arrays behind each
//! other (`gh api --paginate`), JSON Lines, and one single object. A record is parsed straight from the window's bytes;
//! only one that fails is framed and looked at again:
//!
//! - a field of another type than the format gives it costs the field (`repair`), not the record;
//! - a record that cannot be read costs the record, and the next one goes on;
//! - a file that ends in the middle of a record keeps all records before it;
//! - a record over `record-bytes` is passed over without being held.
//!
//! A format implements [`TakeRecord`] and opens a [`JsonReader`].

mod elements;
mod frame;
mod repair;
mod types;

use serde::Deserialize;

use super::{Context, Reader, Step};
use crate::model::{At, Records};
use crate::problem::Problem;
use crate::source::Window;

pub use elements::Elements;
pub use types::{Text, Time, present};

/// What a format does with the records of a JSON file.
pub trait TakeRecord {
    /// The shape of one record. Every field has a default and may be null, so that a broken one can be left out.
    type Value<'de>: Deserialize<'de>;

    /// Takes one record, at its place.
    fn take(&mut self, at: At, value: Self::Value<'_>, context: &Context<'_>, out: &mut dyn Records);

    /// Called once, behind the last record.
    fn finish(&mut self, _end: &End, _context: &Context<'_>, _out: &mut dyn Records) {}
}

/// How a file ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Count of records in the file, those that could not be read included.
    pub count: u64,
    /// Whether the file is one object and nothing else.
    pub is_single: bool,
    /// Whether the file ended before its last record or list did, or could not be read further.
    pub is_cut_short: bool,
}

/// Reads a JSON file record by record.
pub struct JsonReader<T> {
    elements: Elements,
    take: T,
}

impl<T> JsonReader<T> {
    /// Returns a reader at the start of a file.
    pub fn new(take: T) -> Self {
        Self { elements: Elements::default(), take }
    }
}

impl<T: TakeRecord> Reader for JsonReader<T> {
    fn step(
        &mut self,
        window: &mut Window,
        context: &Context<'_>,
        out: &mut dyn Records,
        budget: u64,
    ) -> Result<Step, Problem> {
        let step = self.elements.step(window, context, out, budget, &mut self.take);
        if !matches!(step, Ok(Step::More)) {
            let mut end = self.elements.end();
            end.is_cut_short |= step.is_err();
            self.take.finish(&end, context, out);
        }
        step
    }
}

#[cfg(test)]
mod tests;
