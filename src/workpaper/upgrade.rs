//! Reading entries of older forms. The file is never rewritten: what was hashed stays, and a copy is brought up to the form
//! of this version when it is read.

use serde_json::{Map, Value};

use super::{Body, FORM, MOST_NAME};

/// Brings a body from one form to the next; the kind comes with it.
pub(super) type Upgrader = fn(kind: &mut String, body: &mut Value) -> Result<(), String>;

/// Upgraders, the one at index `n` from form `n + 1` to form `n + 2`. The first form is the only one yet.
pub(super) const UPGRADERS: &[Upgrader] = &[];
const _: () = assert!(UPGRADERS.len() as u64 + 1 == FORM, "a form without its upgrader");

/// Returns the body of an entry in the form of this version.
///
/// # Errors
/// A sentence where the entry has a newer form, a kind that is not known, or no content of that kind.
pub(super) fn body(raw: &Map<String, Value>, upgraders: &[Upgrader]) -> Result<Body, String> {
    let newest = upgraders.len() as u64 + 1;
    let form = raw.get("form").and_then(Value::as_u64).unwrap_or(0);
    if form == 0 {
        return Err("it does not say its form".to_owned());
    }
    if form > newest {
        return Err(format!("it has form {form}; this version reads up to {newest}: a newer one wrote it"));
    }
    let mut kind = raw.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut content = raw.get("body").cloned().unwrap_or(Value::Null);
    for upgrader in upgraders.iter().skip(usize::try_from(form - 1).unwrap_or(usize::MAX)) {
        upgrader(&mut kind, &mut content)?;
    }
    if kind.len() > MOST_NAME {
        return Err("its kind is not one of this version".to_owned());
    }
    // Read from text and not from the value: the reader of texts is there already, and another one is not small.
    let tagged = Map::from_iter([(kind, content)]);
    serde_json::from_str(&Value::Object(tagged).to_string())
        .map_err(|error| format!("its content cannot be read: {}", crate::problem::quote(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workpaper::Noted;

    fn raw(form: u64, kind: &str, body: Value) -> Map<String, Value> {
        let entry = serde_json::json!({"form": form, "kind": kind, "body": body});
        entry.as_object().cloned().expect("an object")
    }

    /// As a second form would have it that calls a remark `noted` and no longer `remark`.
    fn renamed(kind: &mut String, body: &mut Value) -> Result<(), String> {
        if kind == "remark" {
            "noted".clone_into(kind);
            let words = body.get_mut("words").map(Value::take).ok_or("a remark without words")?;
            *body = serde_json::json!({ "text": words });
        }
        Ok(())
    }

    #[test]
    fn an_older_form_is_brought_up_and_the_newest_is_left_alone() {
        let noted = |text: &str| Ok(Body::Noted(Noted { item: String::new(), text: text.to_owned() }));
        let old = raw(1, "remark", serde_json::json!({"words": "seen"}));
        assert_eq!(body(&old, &[renamed]), noted("seen"));
        let new = raw(2, "noted", serde_json::json!({"text": "seen", "later": 1}));
        assert_eq!(body(&new, &[renamed]), noted("seen"));
        // A form that is upgraded is not changed by an upgrader of an older one.
        assert!(body(&raw(2, "remark", serde_json::json!({"words": "seen"})), &[renamed]).is_err());
    }

    #[test]
    fn a_newer_form_and_an_unknown_kind_are_refused_by_name() {
        let newer = body(&raw(FORM + 1, "noted", Value::Null), UPGRADERS).expect_err("newer");
        assert!(newer.contains("form 2"), "{newer}");
        assert!(body(&raw(1, "rumour", Value::Null), UPGRADERS).expect_err("unknown").contains("rumour"));
        assert!(body(&raw(0, "noted", Value::Null), UPGRADERS).is_err());
    }
}
