//! A pack as it stands in TOML, with the place of each value, before anything is checked.

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use toml::Spanned;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub framework: Framework,
    #[serde(default)]
    pub control: Vec<Row>,
}

/// `[framework]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    pub id: Spanned<String>,
    pub name: Spanned<String>,
    pub short: Spanned<String>,
    pub publisher: String,
    pub version: String,
    pub note: String,
    #[serde(default)]
    pub effective: String,
    #[serde(default)]
    pub system: String,
}

/// `[[control]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: Spanned<String>,
    #[serde(default)]
    pub own_id: bool,
    #[serde(default)]
    pub formerly: Vec<Spanned<String>>,
    pub group: String,
    pub title: Spanned<String>,
    pub demands: Spanned<String>,
    #[serde(default)]
    pub cites: Vec<String>,
    pub kind: Spanned<String>,
    pub strength: Spanned<String>,
    #[serde(default)]
    pub addressable: bool,
    pub status: Option<Spanned<String>>,
    pub applies_from: Option<Spanned<String>>,
    #[serde(default)]
    pub scope: String,
    #[serde(default)]
    pub note: String,
    pub applies: Spanned<String>,
    pub system: Option<String>,
    pub needs: Option<Spanned<Formula>>,
    pub beyond: Option<Spanned<String>>,
    #[serde(default)]
    pub informs: Vec<Spanned<String>>,
}

/// `needs`, and each entry of its lists: an id, or a table of lists.
pub enum Formula {
    One(String),
    Lists { all: Vec<Spanned<Self>>, any: Vec<Spanned<Self>> },
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FormulaVisitor)
    }
}

struct FormulaVisitor;

impl<'de> Visitor<'de> for FormulaVisitor {
    type Value = Formula;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a criterion id, or a table with `all` or `any`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Formula, E> {
        Ok(Formula::One(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Formula, A::Error> {
        let (mut all, mut any) = (Vec::new(), Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "all" => all = map.next_value()?,
                "any" => any = map.next_value()?,
                other => return Err(de::Error::unknown_field(other, &["all", "any"])),
            }
        }
        Ok(Formula::Lists { all, any })
    }
}
