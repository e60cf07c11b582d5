//! Issues of Jira, as its REST API gives them: a page of a search, a list of issues, or one issue.
//!
//! Read are key, `created`, `priority`, `labels`, the type, and those fields of a change process that the page's own
//! `names` (`expand=names`) call risk, impact, back-out or emergency; custom fields have no other names. A list of objects
//! with `approvers` is an approval of Jira Service Management. A field that is null is there and empty.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::document::{Document, MOST_ITEMS};
use super::raw_json::{each, get, members, path, path_text, text};
use super::{Context, Format, Head, Whole};
use crate::model::record::{
    AccountRecord, EntryRecord, ItemRecord, ListingRecord, Record, Register, Str, TicketDetailRecord,
};
use crate::model::{At, Base, Capture, Moment, Records};
use crate::problem::{Kind, Problem, Spot};

/// Issues of Jira.
pub static FORMAT: Format =
    Format { id: "jira-issues", title: "Jira issues (REST)", recognise, open: || Box::new(Whole(read)) };

fn recognise(head: &Head<'_>) -> Option<String> {
    let peek = head.json.as_ref()?;
    let is_page = peek.has("issues")
        && (peek.has_all(&["issues/0/key", "issues/0/fields"])
            || peek.has_any(&["maxResults", "isLast", "nextPageToken"]));
    if is_page {
        return Some("object with issues: page of a Jira search".to_owned());
    }
    let is_issue =
        peek.has_all(&["key", "fields", "id"]) && peek.has_any(&["fields/created", "fields/issuetype"]);
    is_issue.then(|| "key, id and fields with created: Jira issues".to_owned())
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let document = Document::new(bytes, context)?;
    let root = document.root;
    let names = get(root, "names").map(names).unwrap_or_default();
    let mut reading = Reading { document: &document, names, left: MOST_ITEMS, out };
    let number = |key| path(root, &[key]).and_then(|raw| raw.get().parse::<u64>().ok());
    let count = if let Some(issues) = get(root, "issues") {
        each(issues, &mut |index, issue| reading.issue(Base::Member("issues", index), issue))
    } else if get(root, "fields").is_some() {
        reading.issue(Base::Whole, root);
        return Ok(());
    } else {
        each(root, &mut |index, issue| reading.issue(Base::Element(index), issue))
    };
    let Some(count) = count.map(u64::from) else {
        return Err(Problem::error(Kind::WrongType, "issues that are no list").expected("a list"));
    };
    let total = number("total").map(|total| total.saturating_sub(number("startAt").unwrap_or(0)));
    let is_last = get(root, "isLast").is_none_or(|last| last.get() != "false");
    let is_cut = total.is_some_and(|total| total > count) || !is_last;
    if is_cut {
        let found = format!("{count} issues of a search that found more");
        out.problem(Problem::warning(Kind::Truncated, found).expected("all pages of the search"));
    }
    let listing = ListingRecord {
        of: "tickets",
        source: "Jira search",
        count,
        cut_at: is_cut.then_some(count),
        ..ListingRecord::default()
    };
    out.record(At::new(Base::Whole, 0, 0), Record::Listing(listing));
    Ok(())
}

/// Returns what the page calls each field.
fn names(raw: &RawValue) -> BTreeMap<Str<'_>, Str<'_>> {
    let mut names = BTreeMap::new();
    members(raw, &mut |id, name| {
        names.extend(text(name).map(|name| (id, name)));
        names.len() < MOST_ITEMS
    });
    names
}

struct Reading<'r, 'a> {
    document: &'r Document<'a>,
    names: BTreeMap<Str<'a>, Str<'a>>,
    left: usize,
    out: &'r mut dyn Records,
}

impl<'a> Reading<'_, 'a> {
    /// Reads one issue; always goes on.
    fn issue(&mut self, base: Base, raw: &'a RawValue) -> bool {
        let at = self.document.at(base, raw);
        let (Some(key), Some(fields)) = (path_text(raw, &["key"]), get(raw, "fields")) else {
            let spot = Spot::pointer(at.pointer(None), at.start);
            self.out.problem(Problem::error(Kind::MissingField, "an issue without key or fields").at(spot));
            return true;
        };
        let mut entry = EntryRecord {
            register: Register::Ticket,
            subject: key,
            capture: Capture::SystemObserved,
            ..EntryRecord::default()
        };
        members(fields, &mut |id, value| {
            self.field(&mut entry, &id, value);
            true
        });
        if entry.is_cut {
            self.out.problem(self.document.too_many(&at, "fields"));
        }
        let ticket = TicketDetailRecord {
            id: entry.subject.clone(),
            created: entry.at,
            author: entry.person.take(),
            ..TicketDetailRecord::default()
        };
        self.out.record(at, Record::Ticket(ticket));
        self.out.record(at, Record::Entry(Box::new(entry)));
        true
    }

    fn field(&mut self, entry: &mut EntryRecord<'a>, id: &str, value: &'a RawValue) {
        match id {
            "created" => entry.at = text(value).and_then(|time| Moment::parse(&time)),
            "reporter" => entry.person = person(value),
            "labels" => {
                each(value, &mut |_, label| {
                    self.push(entry, ItemRecord::field("label", text(label).unwrap_or_default()));
                    true
                });
            }
            "priority" => self.push(entry, ItemRecord::field("priority", words(value))),
            "issuetype" => self.push(entry, ItemRecord::field("type", words(value))),
            "status" => entry.state = words(value),
            _ if is_approvals(value) => self.approvals(entry, value),
            _ => {
                let name = self.names.get(id).map_or(id, AsRef::as_ref);
                if let Some(known) = known(name) {
                    let item = ItemRecord::field(known, words(value));
                    self.push(entry, item);
                }
            }
        }
    }

    fn push(&mut self, entry: &mut EntryRecord<'a>, item: ItemRecord<'a>) {
        if self.left == 0 {
            entry.is_cut = true;
        } else {
            self.left -= 1;
            entry.items.push(item);
        }
    }

    /// Reads the approvals of Jira Service Management: each approver's own decision.
    fn approvals(&mut self, entry: &mut EntryRecord<'a>, list: &'a RawValue) {
        self.push(entry, ItemRecord::field("approvals", ""));
        each(list, &mut |_, approval| {
            let at = path_text(approval, &["completedDate", "iso8601"])
                .or_else(|| path_text(approval, &["completedDate"]))
                .and_then(|time| Moment::parse(&time));
            if let Some(approvers) = get(approval, "approvers") {
                each(approvers, &mut |_, one| {
                    let decision = path_text(one, &["approverDecision"]).unwrap_or_default();
                    let item = ItemRecord {
                        person: get(one, "approver").and_then(person),
                        at,
                        ..ItemRecord::field("approval", decision)
                    };
                    self.push(entry, item);
                    true
                });
            }
            true
        });
    }
}

/// Returns whether a value is a list of approvals; an empty list tells nothing of what it is a list of.
fn is_approvals(value: &RawValue) -> bool {
    let mut found = false;
    if value.get().starts_with('[') {
        each(value, &mut |_, element| {
            found = get(element, "approvers").is_some();
            false
        });
    }
    found
}

/// Returns the field of a change process that a name stands for.
fn known(name: &str) -> Option<&'static str> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(match plain.as_str() {
        "risk" | "changerisk" | "risklevel" | "risktier" | "riskrating" => "risk",
        "impact" | "changeimpact" | "securityimpact" | "impactassessment" | "securityimpactassessment" => {
            "impact"
        }
        "backoutplan" | "backout" | "rollbackplan" | "rollback" => "back-out",
        "emergency" | "emergencychange" => "emergency",
        "changetype" => "type",
        _ => return None,
    })
}

fn person(raw: &RawValue) -> Option<AccountRecord<'_>> {
    let field = |key| path_text(raw, &[key]).unwrap_or_default();
    let record = match field("emailAddress") {
        email if !email.is_empty() => AccountRecord::identity(field("displayName"), email),
        // A name of Jira's own is no login of the forge unless people.csv says so; it is kept as a name.
        _ => AccountRecord { name: field("displayName"), ..AccountRecord::default() },
    };
    (!record.is_empty()).then_some(record)
}

/// Returns the words of a value: a text, the value or name of an option, or the texts of a formatted document.
fn words(raw: &RawValue) -> Str<'_> {
    if let Some(text) = text(raw) {
        return text;
    }
    if raw.get() == "true" {
        return "yes".into();
    }
    for key in ["value", "name"] {
        if let Some(text) = path_text(raw, &[key]) {
            return text;
        }
    }
    let mut found = String::new();
    gather(raw, 0, &mut found);
    Str::Owned(found)
}

/// Gathers the texts of a formatted document (its nodes are lists of `content`) or of a list of options.
fn gather(raw: &RawValue, depth: u32, into: &mut String) {
    if depth > 12 || into.len() > 10_000 {
        return;
    }
    if raw.get().starts_with('[') {
        each(raw, &mut |_, element| {
            gather(element, depth + 1, into);
            into.len() <= 10_000
        });
        return;
    }
    for key in ["text", "value"] {
        if let Some(text) = path_text(raw, &[key]) {
            into.push_str(&text);
            into.push(' ');
        }
    }
    if let Some(content) = get(raw, "content") {
        gather(content, depth + 1, into);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    type Found = (String, String, Option<String>, Vec<(String, String)>);

    fn issues(bytes: &[u8]) -> (&'static str, Vec<Found>, Vec<Kind>) {
        let mut found = Vec::new();
        let read = testing::read("issues.json", bytes, |at, record| {
            if let Record::Entry(entry) = record {
                let fields = entry.items.iter().map(|i| (i.name.to_string(), i.detail.to_string()));
                let created = entry.at.map(|at| at.to_string());
                found.push((at.pointer(None), entry.subject.to_string(), created, fields.collect()));
            }
        });
        (read.format, found, read.problems.iter().map(|problem| problem.kind).collect())
    }

    #[test]
    fn fields_are_known_by_the_names_of_the_page_and_null_is_empty() {
        let text = br#"{"expand":"names","total":1,"startAt":0,"maxResults":50,
          "names":{"customfield_1":"Change risk","customfield_2":"Backout plan","customfield_3":"Approvals","customfield_4":"Colour","customfield_5":"Impact"},
          "issues":[{"id":"1","key":"PAY-1","fields":{"created":"2026-03-01T10:00:00.000+0200","priority":{"name":"P1"},"labels":["hotfix"],
            "customfield_1":{"value":"High"},"customfield_2":null,"customfield_4":"red",
            "customfield_5":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"Touches tokens."}]}]},
            "customfield_3":[{"name":"CAB","finalDecision":"approved","completedDate":{"iso8601":"2026-03-02T10:00:00Z"},
               "approvers":[{"approver":{"displayName":"Ana","emailAddress":"ana@x.test"},"approverDecision":"approved"}]}]}}]}"#;
        let (format, found, problems) = issues(text);
        assert_eq!((format, problems), ("jira-issues", Vec::new()));
        let (pointer, key, created, fields) = &found[0];
        assert_eq!(
            (pointer.as_str(), key.as_str(), created.as_deref()),
            ("/issues/0", "PAY-1", Some("2026-03-01T08:00:00Z"))
        );
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.trim())).collect();
        assert_eq!(
            fields,
            [
                ("priority", "P1"),
                ("label", "hotfix"),
                ("risk", "High"),
                ("back-out", ""),
                ("impact", "Touches tokens."),
                ("approvals", ""),
                ("approval", "approved")
            ]
        );
    }

    #[test]
    fn a_page_of_a_search_that_found_more_is_cut() {
        let (_, found, problems) = issues(
            br#"{"startAt":0,"maxResults":1,"total":2,"issues":[{"id":"1","key":"A-1","fields":{"created":"2026-01-01T00:00:00Z"}}]}"#,
        );
        assert_eq!((found.len(), problems), (1, vec![Kind::Truncated]));
    }

    #[test]
    fn an_issue_that_cannot_be_read_costs_itself() {
        let (_, found, problems) = issues(
            br#"[{"id":"1","key":"A-1","fields":{"created":"2026-01-01T00:00:00Z"}},{"id":"2"},{"id":"3","key":"A-3","fields":{"created":"soon"}}]"#,
        );
        let keys: Vec<(&str, bool)> =
            found.iter().map(|found| (found.1.as_str(), found.2.is_some())).collect();
        assert_eq!(keys, [("A-1", true), ("A-3", false)]);
        assert_eq!(problems, [Kind::MissingField]);
        assert_eq!(issues(br#"{"maxResults":1,"issues":[{"id":"1","key":"A""#).2, [Kind::Malformed]);
    }

    #[test]
    fn the_sample_of_a_sprint_is_read() {
        let Some(bytes) = testing::sample("jira/issues-with-changelog.abridged.json") else { return };
        let (_, found, problems) = issues(&bytes);
        assert_eq!(found[0].1, "AR-86");
        assert_eq!(found[0].2.as_deref(), Some("2015-12-02T15:39:15Z"));
        assert_eq!(problems, [Kind::Truncated], "one of ten");
    }
}
