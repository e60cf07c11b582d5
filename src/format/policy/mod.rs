//! `lacuna.toml`: the policy, from TOML 1.0 to [`Policy`], with the line of everything that means nothing.
//!
//! A file that is no TOML gives the default policy and its errors. In a file that is, each key that is unknown or of a
//! wrong type is an error of its own, its default stands, and the rest is read. `docs/policy.md` describes every key.

mod edit;
mod explain;
mod form;
mod person;
mod propose;
mod table;
#[cfg(test)]
mod tests;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Context, Format, Head, Whole};
use crate::assess::exceptions;
use crate::assess::registry::{CRITERIA, CriterionIndex};
use crate::model::{At, Base, Record, Records, Zone};
use crate::policy::{
    ApprovedTool, Demands, DepthThresholds, DutyRules, Effective, Exception, FunnelStep, PersonRule, Policy,
    SensitivePaths, System, TrustedBuilder, TrustedIdentity,
};
use crate::problem::{Kind, Problem, Severity, Spot, quote};
pub use edit::edit;
pub use explain::{explain, locate};
pub use form::{SCHEMA, tables};
pub use person::person;
pub use propose::{TEMPLATE, propose};
use table::Table;

/// The policy file.
pub static FORMAT: Format =
    Format { id: "policy", title: "Lacuna policy (lacuna.toml)", recognise, open: || Box::new(Whole(read)) };

/// The tables of a policy file.
pub const TABLES: [&str; 14] = [
    "period",
    "scope",
    "review-depth",
    "demands",
    "ai",
    "accounts",
    "person",
    "duties",
    "identity",
    "builder",
    "sensitive",
    "system",
    "exception",
    "funnel",
];

/// How many accounts the policy may join and keep apart.
const PERSON_ACCOUNTS: usize = 2000;

/// How many errors of syntax are listed.
const ERRORS: usize = 20;

/// Returns why the start of a file is a policy: its tables are those of one, or it has its name.
fn recognise(head: &Head<'_>) -> Option<String> {
    if head.json.is_some() {
        return None;
    }
    if head.name() == "lacuna.toml" {
        return Some("it has the name of the policy file".to_owned());
    }
    let mut first = None;
    for line in head.text().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(name) = line.strip_prefix('[') else {
            // A policy has no keys outside its tables.
            first?;
            continue;
        };
        let name = name.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
        let is_table = line.split('#').next().unwrap_or_default().trim_end().ends_with(']');
        if TABLES.contains(&name) || name == "ai.tool" {
            first = first.or(Some(name));
        } else if first.is_none()
            || (is_table && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
        {
            return None;
        }
    }
    first.map(|name| format!("it has the table [{name}], and no others than those of a policy"))
}

fn read(bytes: &[u8], context: &Context<'_>, out: &mut dyn Records) -> Result<(), Problem> {
    let most = context.limits.record_bytes;
    if bytes.len() as u64 > most {
        let problem = Problem::error(Kind::OverLimit, format!("a policy of {} bytes", bytes.len()));
        return Err(problem.expected(format!("at most {most} bytes (record-bytes)")));
    }
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bare).map_err(|error| {
        let offset = bytes.len() - bare.len() + error.valid_up_to();
        let at = Spot { offset: offset as u64, ..Spot::file() };
        Problem::error(Kind::InvalidUtf8, "bytes that are not UTF-8").at(at).expected("TOML in UTF-8")
    })?;
    let (policy, problems) = parse(text, context.path);
    let is_broken = problems.iter().any(|problem| matches!(problem.kind, Kind::Malformed | Kind::OverLimit));
    for problem in problems {
        out.problem(problem);
    }
    // What could not be read is no policy; putting out the default would say that somebody chose it.
    if !is_broken {
        out.record(At::new(Base::Whole, 0, bytes.len() as u64), Record::Policy(Box::new(policy)));
    }
    Ok(())
}

/// Parses a policy; `path` is the file that problems name.
///
/// Returns the default policy and errors of kind [`Kind::Malformed`] where the text is no TOML; otherwise the policy,
/// and an error for each key or value that means nothing, in the order of the lines.
pub fn parse(text: &str, path: &str) -> (Policy, Vec<Problem>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut policy = Policy::default();
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reading = Reading { lines: table::line_starts(text), zone: Zone::UTC, problems: Vec::new() };
    for error in errors.iter().take(ERRORS) {
        let at = error.span().map_or(0, |span| span.start);
        let found = format!("broken TOML: {}", error.message().trim().replace('\n', ", "));
        reading.problem(Problem::error(Kind::Malformed, found), at, "TOML 1.0; none of the policy was read");
    }
    if errors.is_empty() {
        reading.policy(&mut policy, root.get_ref());
    }
    let mut problems = reading.problems;
    crate::order::sort_by_key(&mut problems, |problem| problem.at.offset);
    let problems = problems.into_iter().map(|problem| problem.in_file(path)).collect();
    (policy, problems)
}

/// A policy being read.
struct Reading {
    /// Offset of the start of each line.
    lines: Vec<usize>,
    /// The zone of dates that state none.
    zone: Zone,
    problems: Vec<Problem>,
}

impl Reading {
    fn policy(&mut self, policy: &mut Policy, root: &DeTable<'_>) {
        let root = Table { name: String::new(), table: root, at: 0 };
        self.known(&root, &TABLES);
        if let Some(period) = self.table(&root, "period")
            && let Some(zone) = self.text(&period, "zone")
        {
            // It is read before all others, because every date of the file is read in it.
            match Zone::parse(&zone) {
                Some(zone) => (self.zone, policy.zone) = (zone, zone),
                None => {
                    let problem = Problem::error(Kind::Unrecognised, format!("the zone {}", quote(&zone)));
                    self.problem(problem, period.at_key("zone"), "UTC, or an offset such as \"+02:00\"");
                }
            }
        }
        if let Some(period) = self.table(&root, "period") {
            self.period(policy, &period);
        }
        if let Some(scope) = self.table(&root, "scope") {
            self.known(&scope, &["repositories", "branches", "production", "tickets"]);
            self.texts_into(&scope, "repositories", &mut policy.repositories);
            self.texts_into(&scope, "branches", &mut policy.branches);
            self.texts_into(&scope, "production", &mut policy.production);
            self.texts_into(&scope, "tickets", &mut policy.ticket_prefixes);
        }
        if let Some(depth) = self.table(&root, "review-depth") {
            self.depth(&mut policy.depth, &depth);
        }
        if let Some(demands) = self.table(&root, "demands") {
            self.demands(&mut policy.demands, &demands);
        }
        if let Some(ai) = self.table(&root, "ai") {
            self.known(&ai, &["tool"]);
            let tools = self.tables(&ai, "tool");
            // A table [ai] without any tool is an inventory in which nothing is approved.
            policy.ai_inventory = Some(tools.iter().filter_map(|tool| self.tool(tool)).collect());
        }
        if let Some(accounts) = self.table(&root, "accounts") {
            self.accounts(policy, &accounts);
        }
        for table in self.tables(&root, "person") {
            self.person(policy, &table);
        }
        if let Some(duties) = self.table(&root, "duties") {
            self.duties(&mut policy.duties, &duties);
        }
        let identities = self.tables(&root, "identity");
        policy.identities = identities.iter().filter_map(|table| self.identity(table)).collect();
        let builders = self.tables(&root, "builder");
        policy.builders = builders.iter().filter_map(|table| self.builder(table)).collect();
        let sensitive = self.tables(&root, "sensitive");
        policy.sensitive = sensitive.iter().filter_map(|paths| self.sensitive(paths)).collect();
        let systems = self.tables(&root, "system");
        policy.systems = systems.iter().filter_map(|table| self.system(table)).collect();
        for table in self.tables(&root, "exception") {
            self.exception(policy, &table);
        }
        let steps = self.tables(&root, "funnel");
        if !steps.is_empty() {
            let mut funnel: Vec<FunnelStep> = Vec::new();
            for table in &steps {
                self.step(&mut funnel, table);
            }
            policy.funnel = funnel;
        }
    }

    fn period(&mut self, policy: &mut Policy, period: &Table<'_>) {
        self.known(period, &["from", "to", "now", "zone", "effective"]);
        if let Some(effective) = self.text(period, "effective") {
            match Effective::from_word(&effective) {
                Some(effective) => policy.effective = effective,
                None => {
                    let found = format!("the effective date {}", quote(&effective));
                    let problem = Problem::error(Kind::Unrecognised, found);
                    self.problem(problem, period.at_key("effective"), "\"merge\" or \"deployment\"");
                }
            }
        }
        policy.from = self.moment(period, "from");
        policy.to = self.moment(period, "to");
        policy.now = self.moment(period, "now");
        if let (Some(from), Some(to)) = (policy.from, policy.to)
            && from >= to
        {
            let found = format!("a period from {from} to {to}");
            self.problem(Problem::error(Kind::Conflict, found), period.at_key("to"), "a from before its to");
        }
    }

    fn demands(&mut self, demands: &mut Demands, table: &Table<'_>) {
        const LISTS: [&str; 6] =
            ["low-tiers", "tier-labels", "management-roles", "emergency-labels", "documents", "licences"];
        const COUNTS: [&str; 3] = ["emergency-review-days", "retention-days", "valid-days"];
        let known: Vec<&str> = [&["serious-severity"][..], &LISTS, &COUNTS].concat();
        self.known(table, &known);
        let severity = self.number(table, "serious-severity");
        if let Some(severity) = severity {
            if severity > 10.0 {
                let problem = Problem::error(Kind::WrongType, format!("a severity of {severity}"));
                self.problem(problem, table.at_key("serious-severity"), "a number of 0 to 10");
            } else {
                demands.serious_severity = severity;
            }
        }
        let lists = [
            &mut demands.low_tiers,
            &mut demands.tier_labels,
            &mut demands.management_roles,
            &mut demands.emergency_labels,
            &mut demands.documents,
            &mut demands.licences,
        ];
        for (key, list) in LISTS.into_iter().zip(lists) {
            self.texts_into(table, key, list);
        }
        demands.retention_days = self.count(table, COUNTS[1]).or(demands.retention_days);
        demands.emergency_review_days = self.count(table, COUNTS[0]).unwrap_or(demands.emergency_review_days);
        demands.valid_days = self.count(table, COUNTS[2]).unwrap_or(demands.valid_days);
    }

    fn depth(&mut self, depth: &mut DepthThresholds, table: &Table<'_>) {
        const KEYS: [&str; 6] = [
            "lines-per-hour",
            "lines-per-sitting",
            "seconds-per-line",
            "instant-seconds",
            "risky-lines",
            "substance-words",
        ];
        self.known(table, &KEYS);
        depth.lines_per_hour = self.number(table, KEYS[0]).unwrap_or(depth.lines_per_hour);
        depth.lines_per_sitting = self.count(table, KEYS[1]).unwrap_or(depth.lines_per_sitting);
        depth.seconds_per_line = self.number(table, KEYS[2]).unwrap_or(depth.seconds_per_line);
        depth.instant_seconds = self.count(table, KEYS[3]).unwrap_or(depth.instant_seconds);
        depth.risky_lines = self.count(table, KEYS[4]).unwrap_or(depth.risky_lines);
        depth.substance_words = self.count(table, KEYS[5]).unwrap_or(depth.substance_words);
    }

    fn tool(&mut self, table: &Table<'_>) -> Option<ApprovedTool> {
        self.known(table, &["tool", "models", "from", "until"]);
        let tool = self.needed(table, "tool")?.to_lowercase();
        let mut models = Vec::new();
        self.texts_into(table, "models", &mut models);
        Some(ApprovedTool {
            tool,
            models,
            from: self.moment(table, "from"),
            until: self.moment(table, "until"),
        })
    }

    fn accounts(&mut self, policy: &mut Policy, table: &Table<'_>) {
        const KEYS: [&str; 4] = ["humans", "bots", "agents", "services"];
        self.known(table, &KEYS);
        self.texts_into(table, KEYS[0], &mut policy.humans);
        self.texts_into(table, KEYS[1], &mut policy.bots);
        self.texts_into(table, KEYS[2], &mut policy.agents);
        self.texts_into(table, KEYS[3], &mut policy.services);
        let lists = [&policy.humans, &policy.bots, &policy.agents, &policy.services];
        for (first, accounts) in lists.iter().enumerate() {
            for account in *accounts {
                for second in first + 1..lists.len() {
                    if lists[second].iter().any(|other| other.eq_ignore_ascii_case(account)) {
                        let found = format!("{} in {} and in {}", quote(account), KEYS[first], KEYS[second]);
                        let problem = Problem::error(Kind::Conflict, found);
                        self.problem(problem, table.at_key(KEYS[second]), "each account in one list");
                    }
                }
            }
        }
    }

    fn person(&mut self, policy: &mut Policy, table: &Table<'_>) {
        self.known(table, &["name", "accounts", "apart"]);
        let Some(name) = self.needed(table, "name") else { return };
        let mut rule = PersonRule { name, line: self.line(table.at), ..PersonRule::default() };
        self.texts_into(table, "accounts", &mut rule.accounts);
        self.texts_into(table, "apart", &mut rule.apart);
        let is_same = |a: &String, b: &String| {
            a.trim_start_matches('@').eq_ignore_ascii_case(b.trim_start_matches('@'))
        };
        if rule.accounts.is_empty() {
            let problem = Problem::error(Kind::MissingField, format!("{} without accounts", table.name));
            self.problem(problem, table.at, "accounts, a list of logins and addresses");
            return;
        }
        if let Some(both) =
            rule.apart.iter().find(|apart| rule.accounts.iter().any(|own| is_same(own, apart)))
        {
            let found = format!("{} in accounts and in apart of {}", quote(both), quote(&rule.name));
            self.problem(
                Problem::error(Kind::Conflict, found),
                table.at_key("apart"),
                "an account in one of the two",
            );
        }
        let claimed = policy.persons.iter().find_map(|other| {
            let account =
                rule.accounts.iter().find(|own| other.accounts.iter().any(|theirs| is_same(own, theirs)))?;
            Some((account.clone(), other.name.clone()))
        });
        if let Some((account, other)) = claimed {
            let found =
                format!("{} of {}, who is also {}", quote(&account), quote(&rule.name), quote(&other));
            self.problem(
                Problem::error(Kind::Conflict, found),
                table.at_key("accounts"),
                "each account with one person",
            );
        }
        let count: usize = policy.persons.iter().map(|own| own.accounts.len() + own.apart.len()).sum();
        if count + rule.accounts.len() + rule.apart.len() > PERSON_ACCOUNTS {
            let problem = Problem::error(
                Kind::OverLimit,
                format!("{} accounts under [[person]]", count + rule.accounts.len() + rule.apart.len()),
            );
            self.problem(
                problem,
                table.at,
                &format!("at most {PERSON_ACCOUNTS}; use people.csv for long lists"),
            );
            return;
        }
        policy.persons.push(rule);
    }

    fn duties(&mut self, duties: &mut DutyRules, table: &Table<'_>) {
        const KEYS: [&str; 7] = [
            "lines-per-day",
            "reviews-per-day",
            "burst-approvals",
            "burst-minutes",
            "reciprocal-changes",
            "reciprocal-share",
            "trusted-robots",
        ];
        self.known(table, &KEYS);
        duties.lines_per_day = self.count(table, KEYS[0]).unwrap_or(duties.lines_per_day);
        duties.reviews_per_day = self.count(table, KEYS[1]).unwrap_or(duties.reviews_per_day);
        duties.burst_approvals = self.count(table, KEYS[2]).unwrap_or(duties.burst_approvals);
        duties.burst_minutes = self.count(table, KEYS[3]).unwrap_or(duties.burst_minutes);
        duties.reciprocal_changes = self.count(table, KEYS[4]).unwrap_or(duties.reciprocal_changes);
        duties.reciprocal_share = self.number(table, KEYS[5]).unwrap_or(duties.reciprocal_share);
        if duties.reciprocal_share > 1.0 {
            let found = format!("a share of {}", duties.reciprocal_share);
            self.problem(Problem::error(Kind::WrongType, found), table.at_key(KEYS[5]), "a share of 0 to 1");
            duties.reciprocal_share = DutyRules::default().reciprocal_share;
        }
        self.texts_into(table, KEYS[6], &mut duties.trusted_robots);
    }

    fn identity(&mut self, table: &Table<'_>) -> Option<TrustedIdentity> {
        self.known(table, &["identity", "issuer", "attests", "from", "until"]);
        let identity = self.needed(table, "identity")?;
        let mut attests = Vec::new();
        self.texts_into(table, "attests", &mut attests);
        Some(TrustedIdentity {
            identity,
            issuer: self.text(table, "issuer").unwrap_or_default(),
            attests,
            from: self.moment(table, "from"),
            until: self.moment(table, "until"),
        })
    }

    fn builder(&mut self, table: &Table<'_>) -> Option<TrustedBuilder> {
        self.known(table, &["id", "identity", "issuer", "level"]);
        let id = self.needed(table, "id")?;
        let level = self.count(table, "level").and_then(|level| u8::try_from(level).ok());
        let Some(level) = level.filter(|level| (1..=3).contains(level)) else {
            let problem =
                Problem::error(Kind::MissingField, format!("{} without a level of 1 to 3", table.name));
            self.problem(problem, table.at, "level, the greatest that the builder is trusted for");
            return None;
        };
        let identity = self.text(table, "identity").unwrap_or_default();
        Some(TrustedBuilder { id, identity, issuer: self.text(table, "issuer").unwrap_or_default(), level })
    }

    fn sensitive(&mut self, table: &Table<'_>) -> Option<SensitivePaths> {
        self.known(table, &["label", "paths", "roles"]);
        let (mut paths, mut roles) = (Vec::new(), Vec::new());
        self.texts_into(table, "roles", &mut roles);
        self.texts_into(table, "paths", &mut paths);
        if paths.is_empty() {
            let problem = Problem::error(Kind::MissingField, format!("{} without paths", table.name));
            self.problem(problem, table.at, "paths, a list of patterns such as \"src/payment/**\"");
            return None;
        }
        Some(SensitivePaths { label: self.text(table, "label").unwrap_or_default(), paths, roles })
    }

    fn system(&mut self, table: &Table<'_>) -> Option<System> {
        const KEYS: [&str; 4] = ["repositories", "branches", "paths", "labels"];
        self.known(table, &["tag", KEYS[0], KEYS[1], KEYS[2], KEYS[3]]);
        let mut system = System { tag: self.needed(table, "tag")?, ..System::default() };
        self.texts_into(table, KEYS[0], &mut system.repositories);
        self.texts_into(table, KEYS[1], &mut system.branches);
        self.texts_into(table, KEYS[2], &mut system.paths);
        self.texts_into(table, KEYS[3], &mut system.labels);
        let lists = [&system.repositories, &system.branches, &system.paths, &system.labels];
        if lists.iter().all(|list| list.is_empty()) {
            let found = format!("{} that says nothing of what belongs to it", table.name);
            let expected = "one of repositories, branches, paths and labels";
            self.problem(Problem::error(Kind::MissingField, found), table.at, expected);
            return None;
        }
        Some(system)
    }

    fn exception(&mut self, policy: &mut Policy, table: &Table<'_>) {
        const KEYS: [&str; 8] =
            ["id", "criteria", "changes", "owner", "reason", "compensating-control", "from", "until"];
        self.known(table, &KEYS);
        let line = self.line(table.at);
        let id = self.needed(table, "id").unwrap_or_else(|| format!("line {line}"));
        if policy.exceptions.iter().any(|known| known.id == id) {
            let problem = Problem::error(Kind::Duplicate, format!("a second exception {}", quote(&id)));
            self.problem(problem, table.at_key("id"), "an id of its own");
            return;
        }
        let criteria = self.criteria(table);
        let mut changes = Vec::new();
        self.texts_into(table, "changes", &mut changes);
        let exception = Exception {
            id,
            criteria,
            changes,
            owner: self.text(table, "owner").unwrap_or_default(),
            reason: self.text(table, "reason").unwrap_or_default(),
            compensating_control: self.text(table, "compensating-control").unwrap_or_default(),
            from: self.moment(table, "from"),
            until: self.moment(table, "until"),
            line,
        };
        self.doubts(policy, table, &exception);
        policy.exceptions.push(exception);
    }

    /// Warns of what makes an exception cover nothing; it is kept, and the assessment decides.
    fn doubts(&mut self, policy: &Policy, table: &Table<'_>, exception: &Exception) {
        let id = quote(&exception.id);
        let missing = [
            (exception.criteria.is_empty(), "criteria", "without criteria covers nothing"),
            (exception.changes.is_empty(), "changes", "without changes covers nothing"),
            (exception.owner.is_empty(), "owner", "without an owner is not valid"),
            (exception.reason.is_empty(), "reason", "without a reason is not valid"),
            (
                exception.compensating_control.is_empty(),
                "compensating-control",
                "without a compensating control is not valid",
            ),
            (exception.until.is_none(), "until", "without an end never applies"),
        ];
        for (is_missing, key, what) in missing {
            if is_missing {
                let problem = Problem::warning(Kind::MissingField, format!("exception {id} {what}"));
                self.problem(problem, table.at, key);
            }
        }
        if exceptions::is_too_broad(exception) {
            let found = format!("exception {id} that covers every criterion, or changes by a wildcard");
            let problem = Problem::warning(Kind::OverLimit, found);
            self.problem(
                problem,
                table.at,
                "criteria and changes one by one; as it is, it changes no verdict",
            );
        }
        let Some(until) = exception.until else { return };
        if exception.from.is_some_and(|from| from >= until) {
            let found = format!("exception {id} that ends, on {until}, before it begins");
            self.problem(
                Problem::warning(Kind::Conflict, found),
                table.at_key("until"),
                "an until after its from",
            );
        }
        if let Some(now) = policy.now.filter(|&now| until <= now) {
            let found = format!("exception {id} that expired on {until}, before {now}");
            self.problem(
                Problem::warning(Kind::Conflict, found),
                table.at_key("until"),
                "an until in the future",
            );
        }
    }

    fn step(&mut self, funnel: &mut Vec<FunnelStep>, table: &Table<'_>) {
        self.known(table, &["id", "title", "criteria"]);
        let Some(id) = self.needed(table, "id") else { return };
        let mut criteria: Vec<String> = Vec::new();
        for pattern in self.criteria(table) {
            for criterion in CRITERIA.iter().filter(|criterion| covers(&pattern, criterion.id)) {
                if !criteria.iter().any(|known| known == criterion.id) {
                    criteria.push(criterion.id.to_owned());
                }
            }
        }
        if criteria.is_empty() {
            let problem = Problem::error(Kind::MissingField, format!("step {} without criteria", quote(&id)));
            self.problem(problem, table.at, "criteria, a list of ids");
        } else if funnel.iter().any(|step| step.id == id) {
            let problem = Problem::error(Kind::Duplicate, format!("a second step {}", quote(&id)));
            self.problem(problem, table.at_key("id"), "an id of its own");
        } else {
            let title = self.text(table, "title").unwrap_or_else(|| id.clone());
            funnel.push(FunnelStep { id, title, criteria });
        }
    }

    /// Reads ids of criteria and of families (`review.*`); those that mean nothing are reported and left out.
    fn criteria(&mut self, table: &Table<'_>) -> Vec<String> {
        let mut known = Vec::new();
        for (id, at) in self.texts(table, "criteria").unwrap_or_default() {
            let is_known = match id.strip_suffix('*') {
                // Kept, so that an exception for everything is told as one.
                Some("" | "*.") if table.name == "[[exception]]" => true,
                Some(_) => CRITERIA.iter().any(|criterion| covers(&id, criterion.id)),
                None => CriterionIndex::of(&id).is_some(),
            };
            if is_known {
                known.push(id);
            } else {
                let problem = Problem::error(Kind::Unrecognised, format!("the criterion {}", quote(&id)));
                let expected = nearest_criteria(&id);
                self.problem(problem, at, &expected);
            }
        }
        known
    }
}

/// Returns whether an id of a criterion or family covers a criterion.
fn covers(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix(".*") {
        Some(family) => id.split('.').next() == Some(family),
        None => pattern == id,
    }
}

/// Returns the criteria of the family of an id, or the families.
fn nearest_criteria(id: &str) -> String {
    let family = id.split('.').next().unwrap_or_default();
    let of_family: Vec<_> = CRITERIA
        .iter()
        .map(|criterion| criterion.id)
        .filter(|id| id.split('.').next() == Some(family))
        .collect();
    if !of_family.is_empty() {
        return of_family.join(", ");
    }
    let mut families: Vec<_> =
        CRITERIA.iter().filter_map(|criterion| criterion.id.split('.').next()).collect();
    families.dedup();
    format!("an id of the family {}", families.join(", "))
}
