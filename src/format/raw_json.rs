//! JSON read by need: known keys of an object, elements of a list, short texts; everything else is passed over.
//!
//! Nothing is materialised that was not asked for, and nothing recurses, so neither a million keys nor deep nesting
//! cost more than the pass over their bytes.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::record::Str;

/// The values of some keys of an object, in the order of the keys asked for.
pub(super) struct Picked<'a, const N: usize> {
    /// The first value of each key.
    pub values: [Option<&'a RawValue>; N],
    /// The first key that is there twice.
    pub twice: Option<&'static str>,
}

impl<'a, const N: usize> Picked<'a, N> {
    /// Returns the text at a position; `None` where it is absent or no text.
    pub fn text(&self, at: usize) -> Option<Str<'a>> {
        self.values.get(at).copied().flatten().and_then(text)
    }
}

/// Returns the values of `keys`; `None` where `raw` is no object.
pub(super) fn pick<'a, const N: usize>(raw: &'a RawValue, keys: &[&'static str; N]) -> Option<Picked<'a, N>> {
    if !raw.get().starts_with('{') {
        return None;
    }
    Pick(keys).deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()
}

/// Returns the value of one key, where `raw` is an object that has it and it is not null.
pub(super) fn get<'a>(raw: &'a RawValue, key: &'static str) -> Option<&'a RawValue> {
    let [value] = pick(raw, &[key])?.values;
    value.filter(|value| value.get() != "null")
}

/// Returns the value under a chain of keys.
pub(super) fn path<'a>(raw: &'a RawValue, keys: &[&'static str]) -> Option<&'a RawValue> {
    keys.iter().try_fold(raw, |raw, key| get(raw, key))
}

/// Returns the text under a chain of keys.
pub(super) fn path_text<'a>(raw: &'a RawValue, keys: &[&'static str]) -> Option<Str<'a>> {
    path(raw, keys).and_then(text)
}

/// Returns the text of a value; `None` where it is no text.
pub(super) fn text(raw: &RawValue) -> Option<Str<'_>> {
    serde_json::from_str::<Text<'_>>(raw.get()).ok().map(|text| text.0)
}

/// Calls `take` with each element of a list, in order, until it returns `false`; returns the count of elements seen,
/// or `None` where `raw` is no list.
pub(super) fn each<'a>(raw: &'a RawValue, take: &mut dyn FnMut(u32, &'a RawValue) -> bool) -> Option<u32> {
    if !raw.get().starts_with('[') {
        return None;
    }
    Each(take).deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()
}

/// Calls `take` with each member of an object, in order, until it returns `false`; `None` where `raw` is no object.
pub(super) fn members<'a>(
    raw: &'a RawValue,
    take: &mut dyn FnMut(Str<'a>, &'a RawValue) -> bool,
) -> Option<u32> {
    if !raw.get().starts_with('{') {
        return None;
    }
    Members(take).deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()
}

/// Returns the count of elements of a list; 0 for anything else.
pub(super) fn count(raw: &RawValue) -> u32 {
    each(raw, &mut |_, _| true).unwrap_or(0)
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Pick<'k, const N: usize>(&'k [&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Pick<'_, N> {
    type Value = Picked<'de, N>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Pick<'_, N> {
    type Value = Picked<'de, N>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut picked = Picked { values: [None; N], twice: None };
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            match self.0.iter().position(|&known| known == key) {
                Some(at) => {
                    let value = map.next_value::<&'de RawValue>()?;
                    if picked.values[at].is_none() {
                        picked.values[at] = Some(value);
                    } else if picked.twice.is_none() {
                        picked.twice = Some(self.0[at]);
                    }
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(picked)
    }
}

struct Each<'f, 'a>(&'f mut dyn FnMut(u32, &'a RawValue) -> bool);

impl<'de> DeserializeSeed<'de> for Each<'_, 'de> {
    type Value = u32;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Each<'_, 'de> {
    type Value = u32;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u32, A::Error> {
        let mut seen: u32 = 0;
        let mut wanted = true;
        while let Some(value) = list.next_element::<&'de RawValue>()? {
            wanted = wanted && (self.0)(seen, value);
            seen = seen.saturating_add(1);
        }
        Ok(seen)
    }
}

struct Members<'f, 'a>(&'f mut dyn FnMut(Str<'a>, &'a RawValue) -> bool);

impl<'de> DeserializeSeed<'de> for Members<'_, 'de> {
    type Value = u32;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = u32;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u32, A::Error> {
        let mut seen: u32 = 0;
        let mut wanted = true;
        while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
            wanted = wanted && (self.0)(key, value);
            seen = seen.saturating_add(1);
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn only_known_keys_are_kept_and_the_first_of_two_stands() {
        let picked = pick(raw(r#"{"x":{"a":1},"\u0061":"one","a":"two"}"#), &["a", "b"]).unwrap();
        assert_eq!(picked.text(0).as_deref(), Some("one"));
        assert!(picked.values[1].is_none());
        assert_eq!(picked.twice, Some("a"));
    }

    #[test]
    fn deep_nesting_is_passed_over_without_recursion() {
        let deep = format!("{{\"x\":{}{},\"a\":1}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(get(raw(&deep), "a").is_some());
        assert!(get(raw(&deep), "x").is_some());
    }

    #[test]
    fn what_is_no_list_has_no_elements() {
        assert_eq!(each(raw("{}"), &mut |_, _| true), None);
        assert_eq!(count(raw("[1,[2],{}]")), 3);
        assert_eq!(path_text(raw(r#"{"a":{"b":"c"}}"#), &["a", "b"]).as_deref(), Some("c"));
    }
}
