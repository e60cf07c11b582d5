use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::model::{Record, Records};
use crate::problem::Kind;
use crate::source::{Bytes, Limits};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Item<'a> {
    id: Option<u64>,
    #[serde(borrow)]
    name: Text<'a>,
    at: Time,
    tags: Option<Vec<Tag<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tag<'a> {
    #[serde(borrow)]
    word: Text<'a>,
}

#[derive(Default)]
struct Items {
    seen: Vec<String>,
    end: Option<End>,
}

impl TakeRecord for &mut Items {
    type Value<'de> = Item<'de>;

    fn take(&mut self, at: At, item: Item<'_>, _: &Context<'_>, _: &mut dyn Records) {
        let tags = item.tags.map(|tags| tags.iter().map(|tag| tag.word.0.to_string()).collect::<Vec<_>>());
        let id = item.id.map(|id| id.to_string()).unwrap_or_default();
        let tags = tags.map(|tags| tags.join("+")).unwrap_or_default();
        let at_time = item.at.0.map(|at| at.to_string()).unwrap_or_default();
        let line = format!("{} {id} {} {at_time} {tags}", at.pointer(None), item.name.as_str());
        self.seen.push(line.trim().to_owned());
    }

    fn finish(&mut self, end: &End, _: &Context<'_>, _: &mut dyn Records) {
        self.end = Some(*end);
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Records for Problems {
    fn record(&mut self, _: At, _: Record<'_>) {}
    fn problem(&mut self, problem: Problem) {
        self.0.push(problem);
    }
}

/// Reads to the end and returns what was seen, how it ended, and all problems, the last of them the reader's own error.
fn read_with(bytes: &[u8], limits: &Limits, budget: u64) -> (Items, Vec<Problem>) {
    let mut items = Items::default();
    let mut problems = Problems::default();
    let mut window = Window::new(Box::new(Bytes::new(bytes.to_vec())));
    let context = Context { path: "x.json", limits };
    let mut reader = JsonReader::new(&mut items);
    loop {
        match reader.step(&mut window, &context, &mut problems, budget) {
            Ok(Step::More) => {}
            Ok(Step::Done) => break,
            Err(problem) => {
                problems.0.push(problem);
                break;
            }
        }
    }
    (items, problems.0)
}

fn read(text: &str) -> (Items, Vec<Problem>) {
    read_with(text.as_bytes(), &Limits::default(), u64::MAX)
}

fn seen(text: &str) -> Vec<String> {
    let (items, problems) = read(text);
    assert_eq!(problems, [], "{text}");
    items.seen
}

fn kinds(problems: &[Problem]) -> Vec<(Kind, &str)> {
    problems.iter().map(|problem| (problem.kind, problem.at.pointer.as_str())).collect()
}

#[test]
fn arrays_pages_lines_documents_and_one_object_are_read_alike() {
    assert_eq!(seen(r#"[{"id":1},{"id":2}]"#), ["/0 1", "/1 2"]);
    assert_eq!(seen("[{\"id\":1}]\n[{\"id\":2},{\"id\":3}][]"), ["/0 1", "/1 2", "/2 3"]);
    assert_eq!(seen(r#"[[{"id":1}],[],[{"id":2}]]"#), ["/0 1", "/1 2"]);
    assert_eq!(seen("{\"id\":1}\n\n{\"id\":2}\n"), ["line 1 1", "line 3 2"]);
    assert_eq!(seen("{\n\"id\":1}{\"id\":2}"), ["line 1 1", "line 2 2"]);
    assert_eq!(seen("\u{feff} {\"id\":1} \n"), ["1"]);
    assert_eq!(seen(" [ ] "), [""; 0]);
    assert_eq!(seen(""), [""; 0]);
}

#[test]
fn a_single_object_is_told_from_a_list() {
    let single = |text: &str| read(text).0.end.map(|end| (end.is_single, end.count));
    assert_eq!(single("{}\n"), Some((true, 1)));
    assert_eq!(single("{}\n{}"), Some((false, 2)));
    assert_eq!(single("[{}]"), Some((false, 1)));
}

#[test]
fn a_field_of_another_type_costs_the_field() {
    let text = r#"[{"id":"12","name":5,"at":"soon","tags":{"a":1}},{"id":2,"tags":[{"word":"a"},"x",{"word":[1]}]}]"#;
    let (items, problems) = read(text);
    assert_eq!(items.seen, ["/0 12 5", "/1 2   a++"]);
    let expected = ["/0/id", "/0/name", "/0/at", "/0/tags", "/1/tags/1", "/1/tags/2/word"];
    assert_eq!(kinds(&problems), expected.map(|pointer| (Kind::WrongType, pointer)));
    for problem in &problems {
        let offset = usize::try_from(problem.at.offset).unwrap();
        assert!(text[offset..].starts_with(['"', '5', '{', '[']), "{problem:?}");
    }
    assert_eq!(problems[0].found, "“\"12\"”; read as “12”");
    assert_eq!(problems[0].expected, "u64");
}

#[test]
fn null_is_not_said_and_no_problem() {
    assert_eq!(seen(r#"[{"id":null,"name":null,"at":null,"tags":null}]"#), ["/0"]);
    assert_eq!(seen(r#"[{"at":"0001-01-01T00:00:00Z"}]"#), ["/0"]);
}

#[test]
fn a_record_that_is_malformed_costs_the_record() {
    let (items, problems) = read(r#"[{"id":1},{"id":+2},{"id":3}]"#);
    assert_eq!(items.seen, ["/0 1", "/2 3"]);
    assert_eq!(kinds(&problems), [(Kind::Malformed, "/1/id")]);
    assert_eq!(problems[0].at.offset, 16);

    let (items, problems) = read("{\"id\":1}\n{\"id\":2,\n{\"id\":3}\n{\"name\":\"x\n{\"id\":4}\n");
    assert_eq!(items.seen, ["line 1 1", "line 3 3", "line 5 4"]);
    assert_eq!(kinds(&problems).iter().map(|kind| kind.0).collect::<Vec<_>>(), [Kind::Malformed; 2]);
}

#[test]
fn a_key_that_is_there_twice_is_no_proof_of_either_value() {
    let (items, problems) = read(r#"[{"id":1,"id":2},{"id":3}]"#);
    assert_eq!(items.seen, ["/1 3"]);
    assert_eq!(problems[0].kind, Kind::Malformed);
    assert!(problems[0].found.contains("duplicate field"), "{problems:?}");
}

#[test]
fn text_that_is_no_unicode_costs_the_field_or_the_record() {
    let (items, problems) = read(r#"[{"id":1,"name":"\ud800"},{"id":2}]"#);
    assert_eq!(items.seen, ["/0 1", "/1 2"]);
    assert_eq!(kinds(&problems), [(Kind::WrongType, "/0/name")]);

    let (items, problems) =
        read_with(b"[{\"id\":1,\"name\":\"\xff\"},{\"id\":2}]", &Limits::default(), u64::MAX);
    assert_eq!(items.seen, ["/1 2"]);
    assert_eq!(kinds(&problems), [(Kind::InvalidUtf8, "/0")]);
    assert_eq!(problems[0].at.offset, 17);
}

#[test]
fn an_element_that_is_no_object_costs_itself() {
    let (items, problems) = read(r#"[1,"a,]",{"id":3},null]"#);
    assert_eq!(items.seen, ["/2 3"]);
    assert_eq!(kinds(&problems), [(Kind::WrongType, "/0"), (Kind::WrongType, "/1"), (Kind::WrongType, "/3")]);
}

#[test]
fn elements_that_are_no_objects_are_passed_over_without_holding_the_file() {
    let text = format!("[{}{{\"id\":1}}]", "7,".repeat(3 << 20));
    let mut items = Items::default();
    let mut problems = Problems::default();
    let mut window = Window::new(Box::new(Bytes::new(text.into_bytes())));
    let limits = Limits::default();
    let mut reader = JsonReader::new(&mut items);
    let context = Context { path: "x.json", limits: &limits };
    assert_eq!(reader.step(&mut window, &context, &mut problems, 1 << 20), Ok(Step::More));
    assert!(window.bytes().len() <= 4 << 20, "{}", window.bytes().len());
}

#[test]
fn a_file_cut_short_keeps_the_records_before_it() {
    let (items, problems) = read(r#"[{"id":1},{"id":2,"na"#);
    assert_eq!(items.seen, ["/0 1"]);
    assert_eq!(kinds(&problems), [(Kind::CutShort, "/1")]);
    assert_eq!(items.end, Some(End { count: 2, is_single: false, is_cut_short: true }));
    assert_eq!(kinds(&read(r#"[{"id":1},"#).1), [(Kind::CutShort, "/1")]);
}

#[test]
fn rubbish_between_records_ends_the_reading_with_a_place() {
    let (items, problems) = read(r#"[{"id":1} oops {"id":2}]"#);
    assert_eq!(items.seen, ["/0 1"]);
    assert_eq!((problems[0].kind, problems[0].at.offset), (Kind::Malformed, 10));
    assert!(items.end.is_some_and(|end| end.is_cut_short));
}

#[test]
fn a_record_over_the_bound_is_passed_over_wherever_the_window_ends() {
    let limits = Limits { record_bytes: 100, ..Limits::default() };
    for filler in [200, 5 << 20, 9 << 20] {
        let text = format!(r#"[{{"id":1}},{{"name":"{}]}}\""}},{{"id":3}}]"#, "x".repeat(filler));
        let (items, problems) = read_with(text.as_bytes(), &limits, u64::MAX);
        assert_eq!(items.seen, ["/0 1", "/2 3"], "{filler}");
        assert_eq!(kinds(&problems), [(Kind::OverLimit, "/1")]);
    }
}

#[test]
fn hostile_nesting_is_passed_over() {
    for key in ["tags", "ignored"] {
        let (open, close) = (r#"[{"word":"#.repeat(100_000), "}]".repeat(100_000));
        let (items, problems) = read(&format!(r#"[{{"id":1}},{{"{key}":{open}1{close}}},{{"id":3}}]"#));
        assert_eq!(
            (items.seen.first().unwrap().as_str(), items.seen.last().unwrap().as_str()),
            ("/0 1", "/2 3")
        );
        assert_eq!(problems.len(), usize::from(key == "tags"));
    }
}

#[test]
fn records_across_slices_are_whole() {
    let name = "y".repeat(700_000);
    let list: Vec<String> = (0..20).map(|id| format!(r#"{{"id":{id},"name":"{name}"}}"#)).collect();
    for text in [format!("[{}]", list.join(",\n")), list.join("\n")] {
        let (items, problems) = read_with(text.as_bytes(), &Limits::default(), 1);
        assert_eq!(problems, []);
        assert_eq!(items.seen.len(), 20);
        assert!(items.seen.iter().all(|line| line.len() > 700_000));
    }
}

proptest! {
    #[test]
    fn a_cut_anywhere_keeps_every_whole_record(cut in 0usize..220, shape in 0usize..3, step in 1u64..50) {
        let list: Vec<String> = (0..6).map(|id| format!(r#"{{"id":{id},"name":"a\"é{{","tags":[{{}}]}}"#)).collect();
        let (text, joint) = match shape {
            0 => (format!("[{}]", list.join(",")), 1),
            1 => (list.join("\n"), 1),
            _ => (list.join("\n\n"), 2),
        };
        let cut = cut.min(text.len());
        let (items, problems) = read_with(&text.as_bytes()[..cut], &Limits::default(), step);
        let lead = usize::from(shape == 0);
        let whole = (1..=6).filter(|n| lead + n * list[0].len() + (n - 1) * joint <= cut).count();
        prop_assert_eq!(items.seen.len(), whole);
        let is_clean = shape > 0 && problems.is_empty() || cut == 0 || cut == text.len();
        prop_assert!(is_clean || problems.iter().any(|p| matches!(p.kind, Kind::CutShort | Kind::InvalidUtf8)), "{:?}", problems);
    }

    #[test]
    fn rubbish_never_panics(text in "[\\[\\]{}\",:\\\\ a1\n]{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = read(&text);
        let _ = read_with(&bytes, &Limits::default(), 3);
        let _ = read_with(&[b"[{\"id\":1},{\"name\":\"".as_slice(), &bytes, b"\"},{\"id\":3}]"].concat(), &Limits::default(), 3);
    }
}
