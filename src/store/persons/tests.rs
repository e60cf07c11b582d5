use super::*;
use crate::model::record::{AccountRecord, CommitRecord};
use crate::model::record::{
    AliasRecord, AttestationRecord, ChangeKey, ChangeRecord, Facts, PersonRecord, ReviewRecord,
};
use crate::model::{At, Record, Records};
use crate::policy::PersonRule;
use crate::store::{Builder, File};

/// A bundle of accounts, lists and statements, resolved.
struct Case {
    builder: Builder,
    policy: Policy,
    next: u32,
}

impl Case {
    fn new() -> Self {
        let mut builder = Builder::new();
        builder.start_file(File { path: "evidence".into(), ..File::default() });
        Self { builder, policy: Policy::default(), next: 0 }
    }

    fn put(mut self, record: Record<'_>) -> Self {
        self.next += 1;
        let base = match &record {
            Record::Person(_) => Base::Row(self.next),
            Record::Alias(_) => Base::Line(self.next),
            _ => Base::Element(self.next),
        };
        self.builder.record(At::new(base, 0, 0), record);
        self
    }

    fn named(self, account: AccountRecord<'_>) -> Self {
        let review = ReviewRecord {
            change: Some(ChangeKey { repository: "acme/pay".into(), number: 1 }),
            author: Some(account),
            ..ReviewRecord::default()
        };
        self.put(Record::Review(review))
    }

    fn both(self, login: &str, email: &str) -> Self {
        let account = AccountRecord { login: login.into(), email: email.into(), ..AccountRecord::default() };
        self.named(account)
    }

    fn person(self, name: &str, accounts: &[&str], kind: ActorKind) -> Self {
        self.put(Record::Person(PersonRecord {
            name: name.into(),
            accounts: accounts.iter().map(|&text| text.into()).collect(),
            kind,
            ..PersonRecord::default()
        }))
    }

    fn alias(self, to: &str, from: &str) -> Self {
        let alias = AliasRecord {
            name: "Name".into(),
            email: to.into(),
            commit_email: from.into(),
            ..AliasRecord::default()
        };
        self.put(Record::Alias(alias))
    }

    fn rule(mut self, name: &str, accounts: &[&str], apart: &[&str]) -> Self {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        self.policy.persons.push(PersonRule {
            name: name.into(),
            accounts: own(accounts),
            apart: own(apart),
            line: 7,
        });
        self
    }

    fn store(self) -> Store {
        self.builder.link(&self.policy)
    }
}

fn id(store: &Store, label: &str) -> AccountId {
    let at = (0..store.accounts.len()).find(|&at| store.account_label(AccountId::at(at)) == label);
    AccountId::at(at.unwrap_or_else(|| panic!("no account {label}")))
}

fn is_one(store: &Store, a: &str, b: &str) -> bool {
    store.person(id(store, a)) == store.person(id(store, b))
}

fn account(store: &Store, label: &str) -> Account {
    store.accounts[id(store, label).index()]
}

/// What the problems of a kind say, and where.
fn conflicts(store: &Store) -> Vec<String> {
    let conflicts = store.problems.iter().filter(|problem| problem.kind == Kind::Conflict);
    conflicts.map(|p| format!("{} {}: {}; {}", p.file, p.at.pointer, p.found, p.expected)).collect()
}

#[test]
fn one_record_with_login_and_address_joins_them_by_the_systems_word() {
    let store = Case::new().both("ana", "ana@x.example").store();
    assert!(is_one(&store, "ana", "ana@x.example"));
    let link = store.links[0];
    assert_eq!((link.source, link.capture, link.holds), (LinkSource::Record, Capture::SystemObserved, true));
    assert_eq!(store.locate(link.place.unwrap()).unwrap().1, "/1");
}

#[test]
fn no_reply_addresses_of_github_and_gitlab_are_their_logins() {
    for address in
        ["7+ana@users.noreply.github.com", "7-ana@users.noreply.gitlab.com", "ana@noreply.codeberg.org"]
    {
        let store = Case::new()
            .named(AccountRecord::login("ana"))
            .named(AccountRecord::identity("Somebody", address))
            .store();
        assert_eq!(store.accounts.len(), 1, "{address}");
        let link = store.links[0];
        assert_eq!((link.source, link.capture), (LinkSource::NoReply, Capture::Inferred));
        assert_eq!(store.text(link.address), address);
    }
}

#[test]
fn equal_names_join_nothing() {
    let store = Case::new()
        .named(AccountRecord::identity("Ana", "ana@x.example"))
        .named(AccountRecord::identity("Ana", "ana@y.example"))
        .store();
    assert!(!is_one(&store, "ana@x.example", "ana@y.example"));
    assert!(store.links.is_empty());
}

#[test]
fn people_and_mailmap_join_and_each_link_keeps_its_source() {
    let store = Case::new()
        .named(AccountRecord::login("ana"))
        .alias("ana@new.example", "ana@old.example")
        .person("Ana Prado", &["@ana", "ana@new.example"], ActorKind::Human)
        .store();
    assert!(is_one(&store, "ana", "ana@old.example"));
    assert_eq!(store.name(id(&store, "ana@old.example")), "Ana Prado");
    let said: Vec<_> = store.links.iter().map(|link| (link.source, link.capture)).collect();
    let expected = [(LinkSource::People, Capture::HumanAttested), (LinkSource::Mailmap, Capture::SelfTyped)];
    assert_eq!(said, expected);
    assert!(conflicts(&store).is_empty());
}

#[test]
fn rows_of_one_name_and_kind_are_one_person() {
    let store = Case::new()
        .person("Ana", &["ana"], ActorKind::Human)
        .person("ana", &["ana-2"], ActorKind::Human)
        .store();
    assert!(is_one(&store, "ana", "ana-2"));
    assert!(conflicts(&store).is_empty());
}

#[test]
fn rows_of_one_name_with_two_kinds_are_a_problem_and_two_persons() {
    let store = Case::new()
        .person("Ana", &["ana"], ActorKind::Human)
        .person("Ana", &["ana-ci"], ActorKind::Bot)
        .store();
    assert!(!is_one(&store, "ana", "ana-ci"));
    assert_eq!(account(&store, "ana-ci").kind, ActorKind::Bot);
    assert_eq!(
        conflicts(&store),
        [
            "evidence row 2: “Ana” of kind bot, who is of kind human in row 1; one kind for one person; until then the rows are two"
        ]
    );
}

#[test]
fn an_account_that_two_persons_claim_is_a_problem() {
    let store = Case::new()
        .person("Ana", &["ana", "shared"], ActorKind::Human)
        .person("Otto", &["otto", "shared"], ActorKind::Human)
        .store();
    let told = conflicts(&store);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("evidence row 2: the account “shared” of “Otto”, which row 1 gives to “Ana”")
    );
    // Two that may be one approve nothing for each other.
    assert!(is_one(&store, "ana", "otto"));
}

#[test]
fn mailmap_does_not_join_whom_people_csv_lists_as_two() {
    let store = Case::new()
        .person("Ana", &["ana@x.example"], ActorKind::Human)
        .person("Otto", &["otto@x.example"], ActorKind::Human)
        .alias("ana@x.example", "otto@x.example")
        .store();
    assert!(!is_one(&store, "ana@x.example", "otto@x.example"));
    let told = conflicts(&store);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("evidence line 3: “ana@x.example” and “otto@x.example” as one person"));
    assert!(told[0].ends_with("they stay two persons"), "{told:?}");
}

#[test]
fn the_policy_joins_and_splits() {
    let store = Case::new()
        .named(AccountRecord::login("ana"))
        .alias("ana@new.example", "ana@old.example")
        .rule("Ana", &["ana", "ana@new.example"], &["ana@old.example"])
        .store();
    assert!(is_one(&store, "ana", "ana@new.example"));
    assert!(!is_one(&store, "ana", "ana@old.example"), "a split beats a mailmap");
    let set_aside: Vec<_> = store.links.iter().filter(|link| !link.holds).map(|link| link.source).collect();
    assert_eq!(set_aside, [LinkSource::Mailmap]);
    let told = conflicts(&store);
    assert!(told[0].contains("[[person]] “Ana” in line 7 of the policy keeps apart"), "{told:?}");
}

#[test]
fn a_split_beats_people_csv_and_the_contradiction_is_told() {
    let store = Case::new()
        .person("Ana", &["ana", "ana-2", "ana-3"], ActorKind::Human)
        .rule("Ana", &["ana", "ana-3"], &["ana-2"])
        .store();
    assert!(is_one(&store, "ana", "ana-3"));
    assert!(!is_one(&store, "ana", "ana-2"));
    assert_eq!(conflicts(&store).len(), 1);
}

#[test]
fn a_split_does_not_beat_one_record_of_a_system() {
    let store = Case::new().both("ana", "ana@x.example").rule("Ana", &["ana"], &["ana@x.example"]).store();
    assert!(is_one(&store, "ana", "ana@x.example"));
    let told = conflicts(&store);
    assert!(told[0].ends_with("they stay one person, because this is stronger"), "{told:?}");
    assert!(told[0].starts_with("evidence /1:"), "{told:?}");
}

#[test]
fn a_split_that_contradicts_a_join_of_the_policy_is_told_with_its_line() {
    let store = Case::new().rule("Ana", &["ana", "ana-2"], &[]).rule("Other", &["ana"], &["ana-2"]).store();
    assert!(is_one(&store, "ana", "ana-2"));
    let told = conflicts(&store);
    assert!(told[0].starts_with("the policy in force line 7:"), "{told:?}");
}

#[test]
fn a_bot_by_the_forges_mark_is_no_person_by_any_list() {
    let mark = AccountRecord { kind: ActorKind::Bot, ..AccountRecord::login("helper") };
    let mut case = Case::new().named(mark).person("Helper", &["helper", "h@x.example"], ActorKind::Human);
    case.policy.humans = vec!["helper".into()];
    let store = case.store();
    let account = account(&store, "helper");
    assert_eq!((account.kind, account.kind_rule), (ActorKind::Bot, KindRule::ForgeMark));
    let told = conflicts(&store);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0]
            .contains("the account “helper”, a bot by the forge's mark, which the policy lists as a person")
    );
    assert!(
        told[1].contains(
            "one person with the account “helper” of a bot and the account “h@x.example” of a human"
        )
    );
}

#[test]
fn an_address_of_a_bots_record_is_the_bots() {
    let store = Case::new().both("deploy[bot]", "deploy@x.example").store();
    let account = account(&store, "deploy@x.example");
    assert_eq!((account.kind, account.kind_rule), (ActorKind::Bot, KindRule::OfPerson));
    assert!(conflicts(&store).is_empty(), "what is a person's by inference alone contradicts nothing");
}

#[test]
fn the_rule_that_decided_a_kind_is_kept() {
    let member = AccountRecord { association: "MEMBER".into(), ..AccountRecord::login("leila") };
    let none = AccountRecord { association: "NONE".into(), ..AccountRecord::login("workflow-agent") };
    let mut case = Case::new()
        .named(member)
        .named(none)
        .named(AccountRecord::login("app/github-actions"))
        .named(AccountRecord::login("some-company-app[bot]"))
        .named(AccountRecord::identity("Claude Code", "ana@x.example"))
        .named(AccountRecord::identity("Ana", "otto@x.example"))
        .named(AccountRecord::login("queue"));
    case.policy.services = vec!["que*".into()];
    let store = case.store();
    let of = |label: &str| {
        let account = account(&store, label);
        (account.kind, account.kind_rule)
    };
    assert_eq!(of("leila"), (ActorKind::Human, KindRule::Affiliation));
    assert_eq!(of("workflow-agent"), (ActorKind::Unknown, KindRule::None));
    assert_eq!(of("github-actions[bot]"), (ActorKind::Bot, KindRule::KnownAgent));
    assert_eq!(of("some-company-app[bot]"), (ActorKind::Bot, KindRule::LoginMark));
    // A display name makes no kind: neither a machine's nor, without any other word, a person's.
    assert_eq!(of("ana@x.example"), (ActorKind::Unknown, KindRule::None));
    assert_eq!(of("otto@x.example"), (ActorKind::Human, KindRule::Unmarked));
    assert_eq!(of("queue"), (ActorKind::Service, KindRule::Policy));
}

/// A statement of an actor, signed by an identity, with that outcome.
fn signed(state: SignatureState, identity: &str) -> Store {
    let mut case = Case::new();
    let statement = AttestationRecord {
        digest: [1; 32],
        signatures: 1,
        facts: Facts { actor: "ana".into(), ..Facts::default() },
        ..AttestationRecord::default()
    };
    case = case.put(Record::Attestation(Box::new(statement)));
    let outcome = Verification { state, identity: identity.into(), ..Verification::default() };
    case.builder.signed().set([1; 32], outcome);
    case.store()
}

#[test]
fn a_valid_signature_links_its_identity_to_the_actor_of_the_statement() {
    let store = signed(SignatureState::Valid, "ana@corp.example");
    assert!(is_one(&store, "ana", "ana@corp.example"));
    let link = store.links[0];
    assert_eq!((link.source, link.capture), (LinkSource::Signature, Capture::Verified));
    assert!(link.place.is_some());
    let store = signed(SignatureState::Valid, "https://github.com/ana-work");
    assert!(is_one(&store, "ana", "ana-work"));
}

#[test]
fn an_identity_without_a_valid_signature_or_of_a_workflow_links_nothing() {
    for state in [SignatureState::Invalid, SignatureState::NotChecked, SignatureState::NotSigned] {
        assert!(signed(state, "ana@corp.example").links.is_empty(), "{state:?}");
    }
    let workflow = "https://github.com/acme/pay/.github/workflows/attest.yml@refs/heads/main";
    for identity in [workflow, "key sha256:ab", "ci@acme.iam.gserviceaccount.com", "spiffe://acme/ci", ""] {
        assert!(signed(SignatureState::Valid, identity).links.is_empty(), "{identity}");
    }
}

#[test]
fn a_valid_signature_of_a_commit_links_its_identity_to_the_committer() {
    let id = "ab".repeat(20);
    let commit = CommitRecord {
        id: id.clone().into(),
        parents: Some(Vec::new()),
        committer: Some(AccountRecord::identity("Ana", "ana@laptop.example")),
        object: Some(b"tree"),
        ..CommitRecord::default()
    };
    let mut case = Case::new().put(Record::Commit(Box::new(commit)));
    let (text, _) = case.builder.signed().take_commit().unwrap();
    let identity = "ana@corp.example".into();
    let outcome = Verification { state: SignatureState::Valid, identity, ..Verification::default() };
    case.builder.signed().set_commit(text, outcome);
    let store = case.store();
    assert!(is_one(&store, "ana@laptop.example", "ana@corp.example"));
}

#[test]
fn a_ticket_keeps_who_opened_it() {
    let change = ChangeRecord {
        key: ChangeKey { repository: "acme/pay".into(), number: 1 },
        body: "Closes #9".into(),
        ..ChangeRecord::default()
    };
    let ticket = crate::model::record::TicketDetailRecord {
        repository: "Acme/Pay".into(),
        id: "#9".into(),
        author: Some(AccountRecord::login("rita")),
        ..Default::default()
    };
    let store = Case::new().put(Record::Change(Box::new(change))).put(Record::Ticket(ticket)).store();
    let requester = store.tickets[0].requester.map(|(account, _)| store.account_label(account).to_owned());
    assert_eq!(requester.as_deref(), Some("rita"));
}
