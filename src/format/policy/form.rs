//! The policy as fields, made from its published schema: what the schema describes can be edited, and nothing else.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::protocol::{FieldKind, PolicyField, PolicyTable};

/// The JSON Schema of a policy file (`docs/schema/policy-v1.json`).
pub const SCHEMA: &str = include_str!("../../../docs/schema/policy-v1.json");

/// A part of the schema, as far as fields need it.
#[derive(Deserialize, Default)]
struct Node {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default, rename = "$ref")]
    reference: String,
    default: Option<serde_json::Value>,
    items: Option<Box<Self>>,
    #[serde(default)]
    properties: Ordered,
}

/// Properties in the order of the file.
#[derive(Default)]
struct Ordered(Vec<(String, Node)>);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = map.next_entry()? {
            list.push(entry);
        }
        Ok(Ordered(list))
    }
}

/// Returns the fields of a text, filled with what is there. A text that is no TOML has none filled.
pub fn tables(text: &str) -> Vec<PolicyTable> {
    let (root, _) = DeTable::parse_recoverable(text.strip_prefix('\u{feff}').unwrap_or(text));
    // The schema is part of the program, and its tests read it.
    let schema: Node = serde_json::from_str(SCHEMA).unwrap_or_default();
    let mut found = Vec::new();
    for (name, node) in &schema.properties.0 {
        let value = root.get_ref().get(name.as_str()).map(Spanned::get_ref);
        if node.kind == "array" {
            found.push(list(name, node, value));
            continue;
        }
        let inner = match value {
            Some(DeValue::Table(table)) => Some(table),
            _ => None,
        };
        let (lists, plain): (Vec<_>, Vec<_>) =
            node.properties.0.iter().partition(|(_, node)| is_list_of_tables(node));
        if !plain.is_empty() {
            let fields = plain.iter().map(|(key, node)| field(key, node, inner)).collect();
            found.push(PolicyTable { items: vec![fields], ..described(name, node) });
        }
        for (key, node) in lists {
            let value = inner.and_then(|table| table.get(key.as_str())).map(Spanned::get_ref);
            found.push(list(&format!("{name}.{key}"), node, value));
        }
    }
    found
}

/// Returns the kind of a key of a table, and whether the table is one of several; `None` for what the schema has not.
pub(super) fn kind_of(table: &str, key: &str) -> Option<(FieldKind, bool)> {
    let table = tables("").into_iter().find(|known| known.name == table)?;
    let schema: Node = serde_json::from_str(SCHEMA).unwrap_or_default();
    let mut node = &schema;
    for step in table.name.split('.') {
        let properties = node.items.as_deref().unwrap_or(node);
        node = &properties.properties.0.iter().find(|(name, _)| name == step)?.1;
    }
    let of = node.items.as_deref().unwrap_or(node);
    let (_, found) = of.properties.0.iter().find(|(name, _)| name == key)?;
    Some((kind(found), table.is_list))
}

fn is_list_of_tables(node: &Node) -> bool {
    node.items.as_ref().is_some_and(|items| !items.properties.0.is_empty())
}

fn described(name: &str, node: &Node) -> PolicyTable {
    PolicyTable {
        name: name.to_owned(),
        title: node.title.clone(),
        meaning: node.description.clone(),
        ..PolicyTable::default()
    }
}

fn list(name: &str, node: &Node, value: Option<&DeValue<'_>>) -> PolicyTable {
    let rows = match value {
        Some(DeValue::Array(rows)) => rows.iter().map(Spanned::get_ref).collect(),
        _ => Vec::new(),
    };
    let keys = node.items.iter().flat_map(|items| &items.properties.0);
    let fields = |table| keys.clone().map(|(key, node)| field(key, node, table)).collect();
    let items = rows
        .into_iter()
        .map(|row| match row {
            DeValue::Table(table) => fields(Some(table)),
            _ => fields(None),
        })
        .collect();
    PolicyTable { is_list: true, items, ..described(name, node) }
}

fn field(key: &str, node: &Node, table: Option<&DeTable<'_>>) -> PolicyField {
    let value = table.and_then(|table| table.get(key)).map(|value| typed(value.get_ref()));
    PolicyField {
        key: key.to_owned(),
        meaning: node.description.clone(),
        kind: kind(node),
        default: node.default.as_ref().map(default).unwrap_or_default(),
        value: value.unwrap_or_default(),
    }
}

fn kind(node: &Node) -> FieldKind {
    match (node.kind.as_str(), node.reference.as_str()) {
        (_, "#/$defs/date") => FieldKind::Date,
        (_, reference) if reference.ends_with("exts") || reference.ends_with("criteria") => FieldKind::Texts,
        ("array", _) => FieldKind::Texts,
        ("integer", _) => FieldKind::Count,
        ("number", _) => FieldKind::Number,
        ("boolean", _) => FieldKind::Flag,
        _ => FieldKind::Text,
    }
}

fn default(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(default).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Returns a value as a person types it in a field.
fn typed(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(list) => {
            list.iter().map(|element| typed(element.get_ref())).collect::<Vec<_>>().join("\n")
        }
        DeValue::Table(_) => String::new(),
    }
}
