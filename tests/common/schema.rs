//! The part of JSON Schema that our schemas use. An unknown keyword fails, so that none is skipped.

use serde_json::Value;

/// Returns everything in which a value is not what a schema says.
pub fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { root: schema, found: &mut found }.check(schema, value, "");
    found
}

struct Check<'s> {
    root: &'s Value,
    found: &'s mut Vec<String>,
}

impl Check<'_> {
    fn say(&mut self, is_right: bool, at: &str, words: impl FnOnce() -> String) {
        if !is_right {
            self.found.push(format!("{at}: {}", words()));
        }
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        for (keyword, rule) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "$schema" | "$id" | "title" | "description" | "$defs" | "default" | "examples" => {}
                "$ref" => {
                    let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).unwrap();
                    self.check(self.root.pointer(pointer).unwrap(), value, at);
                }
                "const" => self.say(value == rule, at, || format!("{value} is not {rule}")),
                "enum" => self.say(rule.as_array().unwrap().contains(value), at, || {
                    format!("{value} is none of {rule}")
                }),
                "anyOf" => {
                    let fits = rule.as_array().unwrap().iter().any(|one| match one.get("type") {
                        Some(kind) => is_of(kind, value),
                        None => !value.is_null(),
                    });
                    self.say(fits, at, || format!("{value} is none of {rule}"));
                }
                "type" => self.say(is_of(rule, value), at, || format!("{value} is no {rule}")),
                "minimum" | "maximum" => {
                    let bound = rule.as_f64().unwrap();
                    let fits = value
                        .as_f64()
                        .is_none_or(|n| if keyword == "minimum" { n >= bound } else { n <= bound });
                    self.say(fits, at, || format!("{value} is beyond {keyword} {rule}"));
                }
                "minLength" => {
                    let fits = value
                        .as_str()
                        .is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap());
                    self.say(fits, at, || format!("{value} is too short"));
                }
                "minItems" | "maxItems" => {
                    let bound = rule.as_u64().unwrap();
                    let fits = value.as_array().is_none_or(|list| {
                        let length = list.len() as u64;
                        if keyword == "minItems" { length >= bound } else { length <= bound }
                    });
                    self.say(fits, at, || format!("{keyword} {rule}"));
                }
                "pattern" => {
                    let fits = value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text));
                    self.say(fits, at, || format!("{value} is not like {rule}"));
                }
                "required" => {
                    for key in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                        let is_there = !value.is_object() || value.get(key).is_some();
                        self.say(is_there, at, || format!("lacks {key}"));
                    }
                }
                "properties" => {
                    for (key, part) in rule.as_object().unwrap() {
                        if let Some(member) = value.get(key) {
                            self.check(part, member, &format!("{at}/{key}"));
                        }
                    }
                }
                "additionalProperties" => {
                    let known = schema.get("properties").and_then(Value::as_object);
                    for (key, member) in value.as_object().into_iter().flatten() {
                        if known.is_some_and(|known| known.contains_key(key)) {
                            continue;
                        }
                        self.say(rule.is_object(), at, || format!("has {key}"));
                        if rule.is_object() {
                            self.check(rule, member, &format!("{at}/{key}"));
                        }
                    }
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{at}/{index}"));
                    }
                }
                other => panic!("{other} is not checked"),
            }
        }
    }
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("{other}"),
    };
    kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is))
}

/// The patterns that the schemas use.
fn matches(pattern: &str, text: &str) -> bool {
    let moment = |text: &str| lacuna::model::Moment::parse(text).is_some();
    match pattern {
        "^[0-9a-f]{64}$" => {
            text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        }
        "^(UTC|Z|[+-][0-9]{2}(:?[0-9]{2})?)$" => {
            matches!(text, "UTC" | "Z")
                || text.strip_prefix(['+', '-']).is_some_and(|offset| {
                    let digits = offset.replacen(':', "", usize::from(offset.len() == 5));
                    matches!(digits.len(), 2 | 4) && digits.bytes().all(|b| b.is_ascii_digit())
                })
        }
        "[#@]" => text.contains(['#', '@']),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$" => {
            text.len() == 20 && text.ends_with('Z') && moment(text)
        }
        "^([a-z]+\\.[a-z-]+|[a-z]+\\.\\*)$" => text.split_once('.').is_some_and(|(family, claim)| {
            let is_word = |word: &str, more: &str| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || more.contains(c))
            };
            is_word(family, "") && (claim == "*" || is_word(claim, "-"))
        }),
        date if date.starts_with("^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]") => {
            moment(text) || moment(&format!("{text}Z")) || moment(&text.replace(' ', "T"))
        }
        other => panic!("{other} is not known"),
    }
}
