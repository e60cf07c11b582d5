//! The state of the view as text: what is shown, by which query and in which order, in the fragment of the address.
//!
//! ```text
//! #/v1/changes?q=verdict%3Aunmet&sort=-merged
//!   version view  parameters, defaults left out
//! ```
//!
//! The text holds ids, sort orders and what the reader typed, never what evidence says.

use crate::compare::Difference;
use crate::protocol::{Address, Columns, DifferenceOf, Sort, SortBy};

/// Reads `criteria` or `criteria/regressed`.
fn rows_of(text: &str) -> (DifferenceOf, Option<Difference>) {
    let (of, difference) = text.split_once('/').unwrap_or((text, ""));
    let of = DifferenceOf::ALL.into_iter().find(|known| known.slug() == of).unwrap_or_default();
    (of, Difference::ALL.into_iter().find(|known| known.slug() == difference))
}

/// Returns what [`rows_of`] reads; empty for the default.
fn rows_word((of, difference): (DifferenceOf, Option<Difference>)) -> String {
    match (of, difference) {
        (of, None) if of == DifferenceOf::default() => String::new(),
        (of, None) => of.slug().to_owned(),
        (of, Some(difference)) => [of.slug(), "/", difference.slug()].concat(),
    }
}

/// The version of the text; another one reads as the overview.
const VERSION: &str = "v1";

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// The attestation gap.
    #[default]
    Overview,
    /// Controls against months, repositories or verdicts.
    Matrix,
    /// The list of changes.
    Changes,
    /// One change.
    Change,
    /// Verdicts on the population, and its holes.
    Population,
    /// Persons, and who does what.
    Duties,
    /// The files of the bundle.
    Files,
    /// Roots, keys, signers and statements.
    Trust,
    /// One statement.
    Statement,
    /// What is wrong with the input.
    Problems,
    /// What the user decides, and what a change of it would do.
    Policy,
    /// Two sides beside each other.
    Compare,
    /// What people do with it: sample, test, find, conclude.
    Workpaper,
    /// Files to save.
    Export,
    /// What shows that nothing leaves the machine.
    Privacy,
}

impl View {
    /// All views, in the order of the navigation.
    pub const ALL: [Self; 15] = [
        Self::Overview,
        Self::Matrix,
        Self::Changes,
        Self::Change,
        Self::Population,
        Self::Duties,
        Self::Files,
        Self::Trust,
        Self::Statement,
        Self::Problems,
        Self::Policy,
        Self::Compare,
        Self::Workpaper,
        Self::Export,
        Self::Privacy,
    ];

    /// Returns the word in the address.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Matrix => "matrix",
            Self::Changes => "changes",
            Self::Change => "change",
            Self::Population => "population",
            Self::Duties => "duties",
            Self::Files => "files",
            Self::Trust => "trust",
            Self::Statement => "statement",
            Self::Problems => "problems",
            Self::Policy => "policy",
            Self::Compare => "compare",
            Self::Workpaper => "workpaper",
            Self::Export => "export",
            Self::Privacy => "privacy",
        }
    }

    /// Returns the name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Matrix => "Matrix",
            Self::Changes => "Changes",
            Self::Change => "Change",
            Self::Population => "Population",
            Self::Duties => "Persons",
            Self::Files => "Files",
            Self::Trust => "Trust",
            Self::Statement => "Statement",
            Self::Problems => "Problems",
            Self::Policy => "Policy",
            Self::Compare => "Compare",
            Self::Workpaper => "Workpaper",
            Self::Export => "Export",
            Self::Privacy => "Privacy",
        }
    }

    fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.slug() == slug)
    }
}

/// The state of the view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What is shown.
    pub view: View,
    /// Framework id of the matrix; empty for the first.
    pub framework: String,
    /// The columns of the matrix.
    pub columns: Columns,
    /// Control id whose details are open in the matrix; empty for none.
    pub control: String,
    /// Query of the changes.
    pub query: String,
    /// Sort order of the changes.
    pub sort: Sort,
    /// Id of the change, statement or item of the workpaper.
    pub change: String,
    /// Text that files, statements or problems must contain.
    pub filter: String,
    /// Which rows of a comparison.
    pub rows: (DifferenceOf, Option<Difference>),
    /// The raw record that is open.
    pub record: Option<Address>,
}

impl Route {
    /// Returns the start of a view: everything else as by default.
    pub fn to(view: View) -> Self {
        Self { view, ..Self::default() }
    }

    /// Returns the list of changes of a query, in the default order.
    pub fn changes(query: impl Into<String>) -> Self {
        Self { query: query.into(), ..Self::to(View::Changes) }
    }

    /// Returns one item of the workpaper.
    pub fn item(id: impl Into<String>) -> Self {
        Self { change: id.into(), ..Self::to(View::Workpaper) }
    }

    /// Returns one statement.
    pub fn statement(id: impl Into<String>) -> Self {
        Self { change: id.into(), ..Self::to(View::Statement) }
    }

    /// Reads the fragment of an address, with or without its `#`. Whatever cannot be read is as by default.
    pub fn parse(fragment: &str) -> Self {
        let text = fragment.strip_prefix('#').unwrap_or(fragment);
        let text = text.strip_prefix('/').unwrap_or(text);
        let (path, parameters) = text.split_once('?').unwrap_or((text, ""));
        let mut steps = path.split('/');
        if steps.next() != Some(VERSION) {
            return Self::default();
        }
        let Some(view) = steps.next().and_then(View::from_slug) else { return Self::default() };
        let mut route = Self::to(view);
        for parameter in parameters.split('&') {
            if let Some((name, value)) = parameter.split_once('=') {
                route.set(name, decode(value));
            }
        }
        route
    }

    fn set(&mut self, name: &str, value: String) {
        match name {
            "framework" => self.framework = value,
            "columns" => self.columns = columns_of(&value),
            "control" => self.control = value,
            "q" => self.query = value,
            "sort" => self.sort = sort_of(&value),
            "id" => self.change = value,
            "filter" => self.filter = value,
            "rows" => self.rows = rows_of(&value),
            "record" => self.record = record_of(&value),
            _ => {}
        }
    }

    /// Returns the fragment with its `#`.
    pub fn fragment(&self) -> String {
        let mut out = String::with_capacity(64);
        out.push_str("#/");
        out.push_str(VERSION);
        out.push('/');
        out.push_str(self.view.slug());
        let mut separator = '?';
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() {
                out.push(separator);
                separator = '&';
                out.push_str(name);
                out.push('=');
                encode(value, &mut out);
            }
        };
        put("framework", &self.framework);
        put("columns", columns_word(self.columns));
        put("control", &self.control);
        put("id", &self.change);
        put("q", &self.query);
        put("sort", &sort_word(self.sort));
        put("filter", &self.filter);
        put("rows", &rows_word(self.rows));
        if let Some(address) = &self.record {
            put("record", &record_word(address));
        }
        out
    }
}

/// The sort orders and their words.
const SORTS: [(SortBy, &str); 6] = [
    (SortBy::Merged, "merged"),
    (SortBy::Number, "number"),
    (SortBy::Title, "title"),
    (SortBy::Author, "author"),
    (SortBy::Lines, "lines"),
    (SortBy::Gaps, "gaps"),
];

/// Returns the word of a sort order, with `-` before it when the greatest comes first; empty for the default.
pub fn sort_word(sort: Sort) -> String {
    if sort == Sort::default() {
        return String::new();
    }
    let word = SORTS.iter().find(|(by, _)| *by == sort.by).map_or("", |(_, word)| word);
    [if sort.descending { "-" } else { "" }, word].concat()
}

/// Returns the sort order of a word; the default when there is none of that name.
pub fn sort_of(text: &str) -> Sort {
    let (descending, word) = match text.strip_prefix('-') {
        Some(word) => (true, word),
        None => (false, text),
    };
    SORTS
        .iter()
        .find(|(_, name)| *name == word)
        .map_or_else(Sort::default, |(by, _)| Sort { by: *by, descending })
}

const fn columns_word(columns: Columns) -> &'static str {
    match columns {
        Columns::Month => "",
        Columns::Repository => "repository",
        Columns::Status => "status",
    }
}

fn columns_of(text: &str) -> Columns {
    match text {
        "repository" => Columns::Repository,
        "status" => Columns::Status,
        _ => Columns::Month,
    }
}

/// `RECORD`, `RECORD.KEY` or `RECORD.KEY.INDEX`; a key holds no point.
fn record_word(address: &Address) -> String {
    let mut out = address.record.to_string();
    if !address.key.is_empty() || address.index.is_some() {
        out.push('.');
        out.push_str(&address.key);
    }
    if let Some(index) = address.index {
        out.push('.');
        out.push_str(&index.to_string());
    }
    out
}

fn record_of(text: &str) -> Option<Address> {
    let mut parts = text.splitn(2, '.');
    let record = parts.next()?.parse().ok()?;
    let rest = parts.next().unwrap_or("");
    // The index is what follows the last point, so that a key with points in it survives.
    match rest.rsplit_once('.') {
        Some((key, index)) => match index.parse() {
            Ok(index) => Some(Address { record, key: key.to_owned(), index: Some(index) }),
            Err(_) => Some(Address { record, key: rest.to_owned(), index: None }),
        },
        None => Some(Address { record, key: rest.to_owned(), index: None }),
    }
}

/// Writes `text` percent-encoded (RFC 3986, section 2.1): all but letters, digits and what reads well and means nothing
/// in a fragment.
fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/,*@!()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Undoes [`encode`]. A `%` without two hexadecimal digits stands for itself; bytes that are not UTF-8 are replaced.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (bytes.get(at + 1).copied().and_then(nibble), bytes.get(at + 2).copied().and_then(nibble));
        match (bytes[at], pair) {
            (b'%', (Some(high), Some(low))) => {
                out.push(high << 4 | low);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

const fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn defaults_are_left_out() {
        assert_eq!(Route::default().fragment(), "#/v1/overview");
        assert_eq!(Route::to(View::Matrix).fragment(), "#/v1/matrix");
    }

    #[test]
    fn a_query_and_its_order_read_well() {
        let mut route = Route::changes("verdict:unmet control:CC8.1");
        route.sort = Sort { by: SortBy::Merged, descending: true };
        assert_eq!(route.fragment(), "#/v1/changes?q=verdict:unmet%20control:CC8.1&sort=-merged");
    }

    #[test]
    fn an_unknown_view_or_version_reads_as_the_overview() {
        for text in ["", "#", "#/", "#/v2/changes?q=a", "#/v1/nothing?q=a", "#changes", "#/v1"] {
            assert_eq!(Route::parse(text), Route::default(), "{text}");
        }
    }

    #[test]
    fn an_unknown_parameter_or_value_changes_nothing() {
        let route = Route::parse("#/v1/changes?x=1&sort=sideways&columns=week&record=first&q=a");
        assert_eq!(route, Route::changes("a"));
    }

    #[test]
    fn a_broken_escape_stands_for_itself() {
        assert_eq!(Route::parse("#/v1/changes?q=50%").query, "50%");
        assert_eq!(Route::parse("#/v1/changes?q=%zz%4").query, "%zz%4");
        assert_eq!(Route::parse("#/v1/changes?q=%FF").query, "\u{fffd}");
    }

    #[test]
    fn the_record_of_an_address_is_found_again() {
        for word in ["7", "7.reviews", "7.reviews.2", "0..3"] {
            assert_eq!(record_of(word).map(|address| record_word(&address)).as_deref(), Some(word));
        }
    }

    fn any_route() -> impl Strategy<Value = Route> {
        let record =
            proptest::option::of((any::<u32>(), "[a-zA-Z_-]{0,8}", proptest::option::of(any::<u32>())));
        (
            0..View::ALL.len(),
            ".{0,12}",
            0..3usize,
            ".{0,12}",
            ".{0,40}",
            (0..SORTS.len(), any::<bool>()),
            ".{0,20}",
            ".{0,20}",
            record,
            (0..DifferenceOf::ALL.len(), 0..=Difference::ALL.len()),
        )
            .prop_map(
                |(
                    view,
                    framework,
                    columns,
                    control,
                    query,
                    (by, descending),
                    change,
                    filter,
                    record,
                    (of, difference),
                )| {
                    Route {
                        view: View::ALL[view],
                        framework,
                        columns: [Columns::Month, Columns::Repository, Columns::Status][columns],
                        control,
                        query,
                        sort: Sort { by: SORTS[by].0, descending },
                        change,
                        filter,
                        rows: (DifferenceOf::ALL[of], Difference::ALL.get(difference).copied()),
                        record: record.map(|(record, key, index)| Address { record, key, index }),
                    }
                },
            )
    }

    proptest! {
        #[test]
        fn every_state_survives_its_address(route in any_route()) {
            prop_assert_eq!(Route::parse(&route.fragment()), route);
        }

        #[test]
        fn any_text_can_be_read(text in ".{0,80}") {
            let route = Route::parse(&text);
            prop_assert_eq!(Route::parse(&route.fragment()), route);
        }
    }
}
