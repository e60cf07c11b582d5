//! A signed payload must say one thing to every reader: JSON with a member twice says two (RFC 8259 §4).

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Any JSON in which no object has a member twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!(
                    "the member {} stands twice",
                    crate::problem::quote(&name)
                )));
            }
            names.insert(name);
            members.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

/// Returns what is wrong with a payload that says that it is JSON; `None` for one that does not say so.
pub fn payload(payload_type: &str, payload: &[u8]) -> Option<Result<String, String>> {
    payload_type.ends_with("json").then(|| {
        // Real payloads hold more than one document in places; each of them is looked at.
        serde_json::Deserializer::from_slice(payload)
            .into_iter::<Unique>()
            .find_map(Result::err)
            .map_or_else(|| Ok("JSON without a member twice".to_owned()), |error| Err(error.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_twice_is_refused_at_any_depth_and_under_any_spelling() {
        let of = |text: &str| payload("application/vnd.in-toto+json", text.as_bytes()).expect("JSON").is_ok();
        assert!(of(r#"{"a": [{"b": 1}, {"b": 2}], "b": 1.5, "c": null, "d": true, "e": -1}"#));
        assert!(!of(r#"{"a": 1, "a": 1}"#));
        assert!(!of(r#"{"a": [{"b": 1, "\u0062": 2}]}"#));
        assert!(of("{\"a\": 1}\n{\"a\": 1}"));
        assert!(!of("{\"a\": 1}\n{\"a\": 1, \"a\": 2}"));
        assert!(payload("text/plain", b"{\"a\":1,\"a\":1}").is_none());
    }
}
