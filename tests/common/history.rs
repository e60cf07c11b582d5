//! A history in which everything is shown, to put violations into.

use std::borrow::Cow;

use lacuna::assess::{Assessment, Assessor};
use lacuna::model::record::{
    AccountRecord, AttestationRecord, AttributionRecord, ChangeKey, ChangeRecord, ChangeState, CommitRecord,
    DeploymentRecord, EntryRecord, Envelope, Facts, Field, FileRecord, ItemRecord, ListingRecord, Outcome,
    PersonRecord, PromptRecord, PushRecord, ReferenceRecord, Register, ReviewRecord, ReviewState,
    SessionRecord, SessionSource, TestRunRecord, TicketDetailRecord, TicketRecord, Totals,
};
use lacuna::model::{
    ActorKind, At, Base, Capture, Moment, Part, Record, Records, SignatureState, Verification,
};
use lacuna::policy::{ApprovedTool, Demands, Policy, SensitivePaths};
use lacuna::store::{Builder, File};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Returns an account of a person, or of a bot by its mark.
pub fn account(login: &str) -> AccountRecord<'static> {
    AccountRecord { association: Cow::Borrowed("MEMBER"), ..AccountRecord::login(login.to_owned()) }
}

/// One change with everything that shows it.
pub struct Case {
    pub day: i64,
    pub change: ChangeRecord<'static>,
    pub session: SessionRecord<'static>,
    pub more_sessions: Vec<SessionRecord<'static>>,
    pub statement: AttestationRecord<'static>,
    pub verification: Verification,
    pub deployment: DeploymentRecord<'static>,
    /// Scans, tickets in detail and entries of registers.
    pub entries: Vec<EntryRecord<'static>>,
    pub ticket: TicketDetailRecord<'static>,
    pub left_out: bool,
}

/// A history of such changes.
pub struct History {
    pub cases: Vec<Case>,
    pub line: Vec<CommitRecord<'static>>,
    pub people: Vec<PersonRecord<'static>>,
    /// Entries of registers that are about no change.
    pub entries: Vec<EntryRecord<'static>>,
    /// Registers that are there, with or without entries.
    pub registers: Vec<Register>,
    pub cut_at: Option<u64>,
    pub pushes: Vec<PushRecord<'static>>,
    pub issues: Vec<u64>,
    /// Whether they come as a list, and if so, whether closed ones are among them.
    pub issues_listed: Option<bool>,
    /// Neither a list of changes nor a history is there.
    pub is_bare: bool,
    pub policy: Policy,
}

impl Case {
    fn new(number: u64) -> Self {
        let day = i64::try_from(number).unwrap();
        let at = |hours: i64| Some(Moment::from_millis(History::start(day).millis() + hours * HOUR));
        let (head, merge) = (object(number, 'a'), object(number, 'c'));
        let review = |id: &str, state, hours, body: &str| ReviewRecord {
            id: format!("{id}{number}").into(),
            author: Some(account("leila")),
            state,
            submitted: at(hours),
            commit: head.clone().into(),
            body: body.to_owned().into(),
            part: Some(Part::element("reviews", 0)),
            ..ReviewRecord::default()
        };
        let change = ChangeRecord {
            key: ChangeKey { repository: "acme/pay".into(), number },
            title: format!("Change {number}").into(),
            state: ChangeState::Merged,
            author: Some(account("ana")),
            created: at(0),
            merged: at(5),
            merged_by: Field::Value(account("noor")),
            merge_commit: merge.clone().into(),
            head: head.clone().into(),
            base_branch: "main".into(),
            head_branch: "feature".into(),
            labels: Some(vec!["risk:high".into()]),
            tickets: Some(vec![TicketRecord { id: format!("#{}", 9000 + number).into(), created: at(-24) }]),
            reviews: Some(vec![
                review(
                    "c",
                    ReviewState::Commented,
                    2,
                    "Which tests cover the retry after a timeout of the bank?",
                ),
                review("a", ReviewState::Approved, 4, "Thanks, the new test shows it."),
            ]),
            commits: Some(vec![CommitRecord {
                id: head.clone().into(),
                author: Some(account("ana")),
                authored: at(0),
                committed: at(0),
                subject: "Retry captures".into(),
                // The agent committed it under an account of its own.
                committer: Some(account("claude-agent")),
                ..CommitRecord::default()
            }]),
            files: Some(vec![
                file("src/capture.rs", 30, 5),
                file("tests/capture.rs", 10, 0),
                file("Cargo.toml", 0, 0),
            ]),
            checks: Some(vec![TestRunRecord {
                name: "unit tests".into(),
                commit: head.clone().into(),
                outcome: Outcome::Passed,
                ended: at(1),
                is_test: true,
                ..TestRunRecord::default()
            }]),
            totals: Totals { additions: Some(40), deletions: Some(5), files: Some(2), commits: Some(1) },
            ..ChangeRecord::default()
        };
        let session = SessionRecord {
            source: SessionSource::GitAiNote,
            commit: head.into(),
            tool: "claude".into(),
            model: "claude-opus-4-1".into(),
            initiator: Some(account("ana")),
            prompt: PromptRecord::Text,
            reproducible: Some(false),
            at: at(0),
            files: vec![AttributionRecord { path: "src/capture.rs".into(), ranges: vec![(1, 20)] }],
            ..SessionRecord::default()
        };
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        let statement = AttestationRecord {
            digest,
            envelope: Envelope::Sigstore,
            predicate_type: "https://example.org/source-provenance/v1".into(),
            subjects: vec![("gitCommit".into(), merge.clone().into())],
            signatures: 1,
            facts: Facts {
                controls: Some(vec![("REVIEW_ENFORCED".into(), at(-240))]),
                previous: if number == 1 { Cow::Borrowed("") } else { object(number - 1, 'c').into() },
                at: at(6),
                ..Facts::default()
            },
            ..AttestationRecord::default()
        };
        let deployment = DeploymentRecord {
            repository: "acme/pay".into(),
            id: format!("deploy-{number}").into(),
            commit: merge.into(),
            environment: "production".into(),
            creator: Some(account("noor")),
            at: at(7),
            outcome: Outcome::Passed,
            ..DeploymentRecord::default()
        };
        let verification = Verification {
            state: SignatureState::Valid,
            identity: "https://example.org/attest".into(),
            signed_at: at(6),
            ..Verification::default()
        };
        let entries = entries(number, &statement.subjects[0].1, &at);
        let ticket = TicketDetailRecord {
            repository: "acme/pay".into(),
            id: format!("#{}", 9000 + number).into(),
            created: at(-24),
            author: Some(account("rita")),
        };
        let more_sessions = Vec::new();
        Self {
            more_sessions,
            day,
            change,
            session,
            statement,
            verification,
            deployment,
            entries,
            ticket,
            left_out: false,
        }
    }

    /// Returns a time of this change's day.
    pub fn at(&self, hours: i64) -> Option<Moment> {
        Some(Moment::from_millis(History::start(self.day).millis() + hours * HOUR))
    }

    /// Returns the entry of a register.
    pub fn entry(&mut self, register: Register) -> &mut EntryRecord<'static> {
        self.entries.iter_mut().find(|entry| entry.register == register).unwrap()
    }

    /// Returns a field of its ticket.
    pub fn items(&mut self, name: &str) -> &mut ItemRecord<'static> {
        self.entry(Register::Ticket).items.iter_mut().find(|item| item.name == name).unwrap()
    }

    /// Leaves nothing but number, times and revisions.
    pub fn leave_out_everything(&mut self) {
        let change = &self.change;
        self.change = ChangeRecord {
            key: change.key.clone(),
            title: change.title.clone(),
            state: change.state,
            author: change.author.clone(),
            created: change.created,
            merged: change.merged,
            merge_commit: change.merge_commit.clone(),
            head: change.head.clone(),
            base_branch: change.base_branch.clone(),
            ..ChangeRecord::default()
        };
        self.left_out = true;
    }
}

impl History {
    /// Returns a history of `count` changes, numbered from 1.
    pub fn of(count: usize) -> Self {
        let cases: Vec<Case> = (1..=count as u64).map(Case::new).collect();
        let line = cases
            .iter()
            .map(|case| CommitRecord {
                id: case.change.merge_commit.clone(),
                parents: Some(if case.day == 1 {
                    Vec::new()
                } else {
                    vec![object(case.day as u64 - 1, 'c').into()]
                }),
                author: Some(account("ana")),
                committer: Some(AccountRecord::identity("GitHub", "noreply@github.com")),
                authored: case.at(5),
                committed: case.at(5),
                subject: format!("Change {} (#{})", case.day, case.day).into(),
                ..CommitRecord::default()
            })
            .collect();
        let demands =
            Demands { retention_days: Some(365), licences: vec!["MIT".into()], ..Demands::default() };
        let policy = Policy {
            demands,
            agents: vec!["claude-agent".into()],
            sensitive: vec![SensitivePaths {
                label: "cardholder data".into(),
                paths: vec!["src/capture.rs".into()],
                roles: vec!["senior engineer".into()],
            }],
            ai_inventory: Some(vec![ApprovedTool { tool: "claude".into(), ..ApprovedTool::default() }]),
            ..Policy::default()
        };
        let people = vec![
            person("leila", &["senior engineer"]),
            person("mara", &["Release Manager"]),
            person("noor", &["engineer"]),
            person("senta", &["senior engineer"]),
        ];
        let entries = registers(count);
        Self {
            cases,
            line,
            people,
            entries,
            registers: Vec::new(),
            cut_at: None,
            pushes: Vec::new(),
            issues: Vec::new(),
            issues_listed: None,
            is_bare: false,
            policy,
        }
    }

    /// Returns the start of a day of the history.
    pub fn start(day: i64) -> Moment {
        Moment::from_millis(Moment::parse("2026-03-01T08:00:00Z").unwrap().millis() + day * DAY)
    }

    /// Puts a commit that names no change on the branch.
    pub fn push_directly(&mut self, id: String) {
        let last = self.cases.last().unwrap();
        self.line.push(CommitRecord {
            id: id.into(),
            parents: Some(vec![last.change.merge_commit.clone()]),
            author: Some(account("otto")),
            authored: last.at(9),
            committed: last.at(9),
            subject: "Hot fix".into(),
            ..CommitRecord::default()
        });
    }

    /// Links and assesses it.
    pub fn assess(&self) -> Assessment {
        self.assess_with(Vec::new())
    }

    /// Links it and assesses it against frameworks.
    pub fn assess_with(&self, packs: Vec<lacuna::framework::Pack>) -> Assessment {
        let (builder, _) = self.read(None);
        Assessor::new(builder.link(&self.policy), self.policy.clone(), packs).finish()
    }

    /// Returns how many records it has.
    pub fn count(&self) -> u32 {
        self.read(None).1
    }

    /// Links and assesses it without one of its records.
    pub fn assess_without(&self, record: u32) -> Assessment {
        let (builder, _) = self.read(Some(record));
        Assessor::new(builder.link(&self.policy), self.policy.clone(), Vec::new()).finish()
    }

    /// Takes its records in, all but one; returns how many there are.
    fn read(&self, without: Option<u32>) -> (Builder, u32) {
        let mut builder = Builder::new();
        builder.start_file(File { path: "history".into(), ..File::default() });
        let mut next = 0u32;
        let mut put = |builder: &mut Builder, record: Record<'_>| {
            if without != Some(next) {
                builder.record(At::new(Base::Element(next), 0, 0), record);
            }
            next += 1;
        };
        for case in &self.cases {
            put(&mut builder, Record::Change(Box::new(case.change.clone())));
            if !case.left_out {
                put(&mut builder, Record::Session(case.session.clone()));
                for session in &case.more_sessions {
                    put(&mut builder, Record::Session(session.clone()));
                }
                put(&mut builder, Record::Attestation(Box::new(case.statement.clone())));
                put(&mut builder, Record::Deployment(case.deployment.clone()));
                put(&mut builder, Record::Ticket(case.ticket.clone()));
                builder.signed().set(case.statement.digest, case.verification.clone());
                for entry in &case.entries {
                    put(&mut builder, Record::Entry(Box::new(entry.clone())));
                }
            }
        }
        for person in &self.people {
            put(&mut builder, Record::Person(person.clone()));
        }
        for entry in &self.entries {
            put(&mut builder, Record::Entry(Box::new(entry.clone())));
        }
        for register in &self.registers {
            let of = register.noun();
            put(
                &mut builder,
                Record::Listing(ListingRecord { of, source: "register", ..Default::default() }),
            );
        }
        for commit in &self.line {
            put(&mut builder, Record::Commit(Box::new(commit.clone())));
        }
        let line: Vec<_> = self.line.iter().rev().map(|commit| commit.id.clone()).collect();
        let reference = ReferenceRecord {
            name: "refs/heads/main".into(),
            target: line[0].clone(),
            first_parents: line,
            reaches_root: true,
            ..ReferenceRecord::default()
        };
        if !self.is_bare {
            put(&mut builder, Record::Reference(reference));
        }
        let listing = ListingRecord {
            repository: "acme/pay".into(),
            of: "changes",
            source: "gh pr list",
            count: self.cases.len() as u64,
            cut_at: self.cut_at,
            ..ListingRecord::default()
        };
        if !self.is_bare {
            put(&mut builder, Record::Listing(listing));
        }
        for push in &self.pushes {
            put(&mut builder, Record::Push(push.clone()));
        }
        if let Some(has_closed) = self.issues_listed {
            let listing = ListingRecord {
                repository: "acme/pay".into(),
                of: "tickets",
                source: "GitHub issues",
                count: self.issues.len() as u64,
                has_closed,
                ..ListingRecord::default()
            };
            put(&mut builder, Record::Listing(listing));
        }
        for number in &self.issues {
            let ticket = TicketDetailRecord {
                repository: "acme/pay".into(),
                id: format!("#{number}").into(),
                ..TicketDetailRecord::default()
            };
            put(&mut builder, Record::Ticket(ticket));
        }
        (builder, next)
    }
}

/// Returns a person of `people.csv` with one account.
pub fn person(login: &str, roles: &[&str]) -> PersonRecord<'static> {
    PersonRecord {
        name: login.to_owned().into(),
        accounts: vec![login.to_owned().into()],
        kind: ActorKind::Human,
        roles: roles.iter().map(|role| (*role).to_owned().into()).collect(),
        qualified_until: Moment::parse("2027-01-01"),
    }
}

/// Returns an entry of a register.
pub fn entry(register: Register, subject: &str) -> EntryRecord<'static> {
    EntryRecord {
        register,
        subject: subject.to_owned().into(),
        capture: Capture::HumanAttested,
        ..EntryRecord::default()
    }
}

/// Registers in which everything is in order.
fn registers(count: usize) -> Vec<EntryRecord<'static>> {
    let (begun, until) = (Moment::parse("2026-01-01"), Moment::parse("2027-01-01"));
    let of = |register, subject: &str, login: &str, detail: &str| EntryRecord {
        person: (!login.is_empty()).then(|| account(login)),
        detail: detail.to_owned().into(),
        at: begun,
        until,
        ..entry(register, subject)
    };
    let owners = ItemRecord { name: "/src/".into(), detail: "@leila @noor".into(), ..ItemRecord::default() };
    let mut entries = vec![
        EntryRecord { items: vec![owners], ..entry(Register::CodeOwners, "") },
        of(Register::AgentIdentity, "claude", "claude-agent", "Platform team"),
        of(Register::AiSystem, "Claude Code", "mara", "Anthropic"),
        of(Register::Vendor, "Anthropic", "", "SOC 2 Type II"),
        of(Register::AccessReview, "acme/pay", "mara", ""),
        EntryRecord { until: None, ..of(Register::Retention, "pull requests", "", "400") },
        EntryRecord { target: format!("acme/pay#{count}").into(), ..of(Register::Incident, "INC-1", "", "") },
    ];
    for login in ["ana", "leila"] {
        entries.push(of(Register::Training, "Secure review of generated code", login, ""));
        entries.push(of(Register::Acknowledgement, "AI use", login, "2"));
    }
    entries
}

/// What stands beside a change in which everything is shown.
fn entries(number: u64, merge: &str, at: &dyn Fn(i64) -> Option<Moment>) -> Vec<EntryRecord<'static>> {
    let scan = EntryRecord {
        revision: merge.to_owned().into(),
        capture: Capture::SystemObserved,
        ..entry(Register::Scan, "CodeQL")
    };
    let approval =
        ItemRecord { person: Some(account("mara")), at: at(6), ..ItemRecord::field("approval", "approved") };
    let ticket = EntryRecord {
        at: at(-24),
        capture: Capture::SystemObserved,
        items: vec![
            ItemRecord::field("risk", "High"),
            ItemRecord::field("impact", "Touches how captures are retried"),
            ItemRecord::field("back-out", "Deploy the release before"),
            ItemRecord::field("approvals", ""),
            approval,
        ],
        ..entry(Register::Ticket, &format!("#{}", 9000 + number))
    };
    let component =
        ItemRecord { name: "pkg:cargo/retry@2.0.0".into(), detail: "MIT".into(), ..ItemRecord::default() };
    let inventory = EntryRecord {
        revision: merge.to_owned().into(),
        capture: Capture::SystemObserved,
        items: vec![component],
        ..entry(Register::Inventory, "pay")
    };
    let target = format!("acme/pay#{number}");
    let of_change = |register, subject: &str, detail: &str| EntryRecord {
        target: target.clone().into(),
        detail: detail.to_owned().into(),
        at: at(4),
        ..entry(register, subject)
    };
    let understood = EntryRecord {
        person: Some(account("leila")),
        revision: merge.to_owned().into(),
        ..of_change(
            Register::ReviewStatement,
            "",
            "Captures are retried twice, never after a refusal by the bank",
        )
    };
    let logged = EntryRecord { state: "clean".into(), ..of_change(Register::GatewayLog, "claude", "") };
    vec![
        scan,
        ticket,
        inventory,
        understood,
        logged,
        of_change(Register::Trace, "R-7", "tests/capture.rs"),
        of_change(Register::Document, "docs/capture.md", ""),
    ]
}

fn file(path: &str, additions: u32, deletions: u32) -> FileRecord<'static> {
    FileRecord { path: path.to_owned().into(), additions: Some(additions), deletions: Some(deletions) }
}

/// Returns an object id made of a number and a letter.
fn object(number: u64, letter: char) -> String {
    format!("{letter}{number:039x}")
}

/// The kind of a marked account.
pub const BOT: ActorKind = ActorKind::Bot;
