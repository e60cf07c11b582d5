//! The bytes that an entry's hash is over: its members but `hash`, sorted by name, as compact JSON without any float.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{MOST_DEPTH, MOST_TEXT};
use crate::model::place::hex;

/// What stands before the bytes, so that no other digest can be taken for one of an entry.
const DOMAIN: &[u8] = b"lacuna.workpaper/entry\n";

/// Returns the hash of an entry: SHA-256, lower-case hexadecimal, over the domain line and the canonical bytes.
pub(super) fn hash(entry: &Map<String, Value>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    hasher.update(text(entry).as_bytes());
    hex(&hasher.finalize())
}

/// Returns the canonical text of an entry.
pub(super) fn text(entry: &Map<String, Value>) -> String {
    // A map is sorted by the bytes of its names here, and compact text has one way to write each value.
    let members: Map<String, Value> = entry
        .iter()
        .filter(|(name, _)| *name != "hash")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(members).to_string()
}

/// Returns what in a value has no canonical form or is over a bound; `None` where it is fine.
pub(super) fn fault(value: &Value, depth: usize) -> Option<String> {
    if depth > MOST_DEPTH {
        return Some(format!("nesting deeper than {MOST_DEPTH}"));
    }
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => number.is_f64().then(|| format!("the number {number}, which is not whole")),
        Value::String(text) => {
            (text.len() > MOST_TEXT).then(|| format!("a text of {} bytes; at most {MOST_TEXT}", text.len()))
        }
        Value::Array(items) => items.iter().find_map(|item| fault(item, depth + 1)),
        Value::Object(members) => members.values().find_map(|value| fault(value, depth + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_text_is_sorted_compact_and_without_the_hash() {
        let entry =
            serde_json::from_str(r#"{ "b": "é\u0001\"/", "hash": "x", "a": [1, {"d": null, "c": true}] }"#);
        let entry: Map<String, Value> = entry.expect("JSON");
        assert_eq!(text(&entry), "{\"a\":[1,{\"c\":true,\"d\":null}],\"b\":\"é\\u0001\\\"/\"}");
        // printf 'lacuna.workpaper/entry\n{"a":1}' | sha256sum
        let one: Map<String, Value> = serde_json::from_str(r#"{"a":1}"#).expect("JSON");
        assert_eq!(hash(&one), "b00bd6c51c4793e196bcef985c19482f7b0505c232838305a231b7c553a56a90");
    }

    #[test]
    fn what_has_no_canonical_form_is_named() {
        assert!(fault(&serde_json::json!({"a": [1.5]}), 0).is_some_and(|fact| fact.contains("1.5")));
        assert!(fault(&serde_json::json!({"a": [-1, 18_446_744_073_709_551_615_u64]}), 0).is_none());
        let deep = (0..MOST_DEPTH + 2).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert!(fault(&deep, 0).is_some());
    }
}
