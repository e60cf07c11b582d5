//! SARIF 2.1.0: the runs of scanners, with the revision that they ran on and their findings.
//!
//! Read of a run: the tool, `versionControlProvenance` (the revision), `invocations` (whether it ended well, when), and of
//! each result its rule, level, `security-severity` (its own or its rule's, as GitHub defines it), place, `baselineState`
//! and `suppressions`. A level that a result leaves out is its rule's default, and without that `warning` (§3.27.10).

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::document::{Document, MOST_ITEMS};
use super::raw_json::{each, get, members, path, path_text, text};
use super::{Context, Format, Head, Whole};
use crate::model::record::{EntryRecord, FindingState, ItemRecord, Level, Record, Register, Str};
use crate::model::{Base, Capture, Moment, Records};
use crate::problem::{Kind, Problem};

/// SARIF logs.
pub static FORMAT: Format =
    Format { id: "sarif", title: "SARIF (results of scanners)", recognise, open: || Box::new(Whole(read)) };

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let is_schema = peek.text("$schema").is_some_and(|schema| schema.contains("sarif"));
    let is_log = peek.has_all(&["version", "runs"]) && (is_schema || peek.has("runs/0/tool"));
    is_log.then(|| "object with version, runs and a tool or the schema of SARIF".to_owned())
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let document = Document::new(bytes, context)?;
    let version = path_text(document.root, &["version"]).unwrap_or_default();
    if !version.starts_with("2.1") {
        let found = format!("SARIF of version {}", crate::problem::quote(&version));
        return Err(Problem::error(Kind::Unrecognised, found).expected("version 2.1.0"));
    }
    let Some(runs) = get(document.root, "runs") else {
        return Err(Problem::error(Kind::MissingField, "SARIF without runs").expected("runs, a list"));
    };
    let mut left = MOST_ITEMS;
    let seen = each(runs, &mut |index, run| {
        let at = document.at(Base::Member("runs", index), run);
        let entry = entry(run, &mut left);
        if entry.is_cut {
            out.problem(document.too_many(&at, "findings"));
        }
        out.record(at, Record::Entry(Box::new(entry)));
        true
    });
    match seen {
        Some(_) => Ok(()),
        None => Err(Problem::error(Kind::WrongType, "runs that are no list").expected("a list")),
    }
}

/// What a rule says of the findings that it gives.
#[derive(Clone, Copy, Default)]
struct Rule {
    level: Option<Level>,
    severity: Option<u8>,
}

/// The rules of a tool, by position and by id.
#[derive(Default)]
struct Rules<'a> {
    listed: Vec<Rule>,
    by_id: BTreeMap<Str<'a>, Rule>,
}

impl<'a> Rules<'a> {
    fn of(run: &'a RawValue) -> Self {
        let mut rules = Self::default();
        let mut take = |_: u32, raw: &'a RawValue| {
            let level = path_text(raw, &["defaultConfiguration", "level"]).map(|word| level(&word));
            let rule = Rule { level, severity: severity(raw) };
            if rules.listed.len() >= MOST_ITEMS {
                return false;
            }
            rules.listed.push(rule);
            if let Some(id) = path_text(raw, &["id"]) {
                rules.by_id.entry(id).or_insert(rule);
            }
            true
        };
        if let Some(list) = path(run, &["tool", "driver", "rules"]) {
            each(list, &mut take);
        }
        rules
    }

    /// Rules of extensions are found by id alone: positions count within one component.
    fn find(&self, id: &str, index: Option<usize>) -> Rule {
        let by_index = || index.and_then(|index| self.listed.get(index));
        // `rule/sub` refers to the rule `rule` (§3.27.5).
        let by_id =
            self.by_id.get(id).or_else(|| self.by_id.get(id.rsplit_once('/').map_or(id, |(id, _)| id)));
        by_id.or_else(by_index).copied().unwrap_or_default()
    }
}

fn entry<'a>(run: &'a RawValue, left: &mut usize) -> EntryRecord<'a> {
    let rules = Rules::of(run);
    let mut entry = EntryRecord {
        register: Register::Scan,
        subject: path_text(run, &["tool", "driver", "name"]).unwrap_or_default(),
        revision: revision(run),
        detail: path_text(run, &["automationDetails", "id"]).unwrap_or_default(),
        capture: Capture::SystemObserved,
        ..EntryRecord::default()
    };
    if let Some(invocations) = get(run, "invocations") {
        each(invocations, &mut |_, invocation| {
            if get(invocation, "executionSuccessful").is_some_and(|value| value.get() == "false") {
                entry.state = "failed".into();
            }
            let ended = ["endTimeUtc", "startTimeUtc"].iter().find_map(|key| path_text(invocation, &[key]));
            entry.at = entry.at.max(ended.and_then(|time| Moment::parse(&time)));
            true
        });
    }
    match get(run, "results") {
        Some(results) => {
            each(results, &mut |_, result| {
                entry.is_cut = *left == 0;
                if !entry.is_cut {
                    *left -= 1;
                    entry.items.push(finding(result, &rules));
                }
                !entry.is_cut
            });
        }
        // Without a list of results a run says nothing of findings (§3.14.23).
        None if entry.state.is_empty() => entry.state = "without results".into(),
        None => {}
    }
    entry
}

/// Returns the revision of a run: what it was made from, or a whole object id in its automation id.
fn revision(run: &RawValue) -> Str<'_> {
    let mut found = None;
    if let Some(list) = get(run, "versionControlProvenance") {
        each(list, &mut |_, provenance| {
            found = path_text(provenance, &["revisionId"]).filter(|id| !id.is_empty());
            found.is_none()
        });
    }
    if let Some(found) = found {
        return found;
    }
    let id = path_text(run, &["automationDetails", "id"]).unwrap_or_default();
    let part = id.split(|c: char| !c.is_ascii_hexdigit()).find(|part| matches!(part.len(), 40 | 64));
    part.map_or(Str::Borrowed(""), |part| Str::Owned(part.to_owned()))
}

fn finding<'a>(raw: &'a RawValue, rules: &Rules<'a>) -> ItemRecord<'a> {
    let (mut id, mut index, mut own_level, mut kind) = (Str::Borrowed(""), None, None, Str::Borrowed(""));
    let (mut baseline, mut state, mut place) = (Str::Borrowed(""), FindingState::Open, Str::Borrowed(""));
    members(raw, &mut |key, value| {
        match key.as_ref() {
            "ruleId" => id = text(value).unwrap_or_default(),
            "ruleIndex" => index = value.get().parse().ok(),
            "rule" => {
                if let Some(named) = path_text(value, &["id"]) {
                    id = named;
                }
            }
            "level" => own_level = text(value).map(|word| level(&word)),
            "kind" => kind = text(value).unwrap_or_default(),
            "baselineState" => baseline = text(value).unwrap_or_default(),
            "suppressions" => state = suppressed(value),
            "locations" => place = location(value),
            _ => {}
        }
        true
    });
    let rule = rules.find(&id, index);
    // Only a failure is a finding (§3.27.9); one that is gone since the baseline is none any more.
    if !matches!(kind.as_ref(), "" | "fail" | "open" | "review") || baseline == "absent" {
        state = FindingState::Closed;
    }
    ItemRecord {
        name: id,
        detail: place,
        state,
        severity: severity(raw).or(rule.severity),
        level: own_level.or(rule.level).unwrap_or(Level::Warning),
        ..ItemRecord::default()
    }
}

/// Returns how a list of suppressions leaves a finding: accepted only where each one says so.
fn suppressed(list: &RawValue) -> FindingState {
    let (mut count, mut accepted, mut refused) = (0, 0, 0);
    each(list, &mut |_, suppression| {
        count += 1;
        match path_text(suppression, &["status"]).as_deref() {
            Some("accepted") => accepted += 1,
            Some("underReview" | "rejected") => refused += 1,
            _ => {}
        }
        true
    });
    match (count, refused) {
        (0, _) => FindingState::Open,
        (_, 1..) => FindingState::Open,
        _ if count == accepted => FindingState::Accepted,
        _ => FindingState::Suppressed,
    }
}

fn location(list: &RawValue) -> Str<'_> {
    let mut found = Str::Borrowed("");
    each(list, &mut |_, location| {
        let physical = get(location, "physicalLocation");
        let uri =
            physical.and_then(|place| path_text(place, &["artifactLocation", "uri"])).unwrap_or_default();
        let line = physical.and_then(|place| path(place, &["region", "startLine"]));
        found = match line {
            Some(line) if !uri.is_empty() => Str::Owned(format!("{uri}:{}", line.get())),
            _ => uri,
        };
        false
    });
    found
}

/// Returns `properties.security-severity` in tenths: a number, or a number as text, of 0 to 10.
fn severity(raw: &RawValue) -> Option<u8> {
    let value = path(raw, &["properties", "security-severity"])?;
    let score: f64 = value.get().trim_matches('"').parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    (0.0..=10.0).contains(&score).then(|| (score * 10.0).round() as u8)
}

fn level(word: &str) -> Level {
    match word {
        "error" => Level::Error,
        "warning" => Level::Warning,
        "note" => Level::Note,
        _ => Level::None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    /// Reads a log; returns tool, revision, state and findings of each run, and the kinds of problems.
    fn runs(bytes: &[u8]) -> (Vec<Run>, Vec<Kind>) {
        let mut runs = Vec::new();
        let read = testing::read("scan.sarif", bytes, |_, record| {
            let Record::Entry(entry) = record else { panic!("{}", record.noun()) };
            let findings = entry
                .items
                .iter()
                .map(|i| (i.name.to_string(), i.detail.to_string(), i.state, i.severity, i.level));
            runs.push((
                entry.subject.to_string(),
                entry.revision.to_string(),
                entry.state.to_string(),
                findings.collect(),
            ));
        });
        (runs, read.problems.iter().map(|problem| problem.kind).collect())
    }

    type Run = (String, String, String, Vec<Found>);
    type Found = (String, String, FindingState, Option<u8>, Level);

    fn one(result: &str) -> Found {
        let text = format!(
            r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"x","rules":[{{"id":"R1","defaultConfiguration":{{"level":"error"}},"properties":{{"security-severity":"8.1"}}}}]}}}},"results":[{result}]}}]}}"#
        );
        let (mut runs, problems) = runs(text.as_bytes());
        assert_eq!(problems, []);
        runs.remove(0).3.remove(0)
    }

    #[test]
    fn level_and_severity_come_from_the_rule_where_the_result_has_none() {
        assert_eq!(one(r#"{"ruleId":"R1"}"#).3, Some(81));
        assert_eq!(one(r#"{"ruleIndex":0}"#).4, Level::Error);
        assert_eq!(one(r#"{"ruleId":"R1/sub","level":"note"}"#).4, Level::Note);
        let unknown = one(r#"{"ruleId":"R2"}"#);
        assert_eq!((unknown.3, unknown.4), (None, Level::Warning));
        assert_eq!(
            one(r#"{"ruleId":"R1","properties":{"security-severity":"11"}}"#).3,
            Some(81),
            "out of bounds"
        );
    }

    #[test]
    fn a_suppression_accepts_only_where_its_status_says_so() {
        let state =
            |suppressions: &str| one(&format!(r#"{{"ruleId":"R1","suppressions":{suppressions}}}"#)).2;
        assert_eq!(state("[]"), FindingState::Open);
        assert_eq!(state(r#"[{"kind":"external","status":"accepted"}]"#), FindingState::Accepted);
        assert_eq!(state(r#"[{"kind":"inSource"}]"#), FindingState::Suppressed);
        assert_eq!(state(r#"[{"status":"accepted"},{"status":"underReview"}]"#), FindingState::Open);
        assert_eq!(state(r#"[{"status":"rejected"}]"#), FindingState::Open);
    }

    #[test]
    fn what_is_gone_or_passed_is_no_open_finding() {
        assert_eq!(one(r#"{"ruleId":"R1","baselineState":"absent"}"#).2, FindingState::Closed);
        assert_eq!(one(r#"{"ruleId":"R1","kind":"pass"}"#).2, FindingState::Closed);
        assert_eq!(one(r#"{"ruleId":"R1","baselineState":"unchanged"}"#).2, FindingState::Open);
    }

    #[test]
    fn a_run_names_its_revision_and_whether_it_failed() {
        let text = br#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"CodeQL"}},
            "versionControlProvenance":[{"repositoryUri":"https://x.test/r","revisionId":"ABCDEF1"}],
            "invocations":[{"executionSuccessful":false,"endTimeUtc":"2026-01-02T03:04:05Z"}],
            "results":[{"ruleId":"a","locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.rs"},"region":{"startLine":7}}}]}]}]}"#;
        let (runs, problems) = runs(text);
        assert_eq!(problems, []);
        assert_eq!(
            (runs[0].0.as_str(), runs[0].1.as_str(), runs[0].2.as_str()),
            ("CodeQL", "ABCDEF1", "failed")
        );
        assert_eq!(runs[0].3[0].1, "src/a.rs:7");
    }

    #[test]
    fn other_versions_and_broken_logs_are_one_problem() {
        assert_eq!(runs(br#"{"version":"2.0.0","runs":[{"tool":{}}]}"#).1, [Kind::Unrecognised]);
        assert_eq!(
            runs(b"{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"a\x01b\"}}}]}").1,
            [Kind::Malformed]
        );
        assert_eq!(runs(b"{\"version\":\"2.1.0\",\"runs\":[{\"tool\":1},\xff]}").1, [Kind::InvalidUtf8]);
        assert_eq!(
            runs(br#"{"version":"2.1.0","runs":{"0":1},"$schema":"x/sarif.json"}"#).1,
            [Kind::WrongType]
        );
    }

    #[test]
    fn the_samples_of_scanners_are_read() {
        for (name, count) in [
            ("report.sarif", 9),
            ("checkmarx.sarif", 3),
            ("sarif_mapper/sample_input_report/sarif_input.sarif", 77),
        ] {
            let Some(bytes) = testing::sample(&format!("sarif/{name}")) else { return };
            let (runs, problems) = runs(&bytes);
            assert_eq!(problems, [], "{name}");
            assert_eq!(runs.iter().map(|run| run.3.len()).sum::<usize>(), count, "{name}");
        }
        let Some(bytes) = testing::sample("sarif/report-control-chars.sarif") else { return };
        assert_eq!(runs(&bytes).1, [Kind::Malformed], "control characters in a string are no JSON");
    }
}
