//! Every answer survives the way to the app.

use super::*;
use crate::engine::{Bundle, Engine, Options};
use crate::source::Bytes;
use crate::source::intake::Root;
use crate::workpaper::{Basis, Body};

const SAMPLE: &[u8] = include_bytes!("../../public/samples/sample.zip");

fn sample() -> Bundle {
    let roots = vec![Root { path: "sample.zip".into(), source: Box::new(Bytes::new(SAMPLE.to_vec())) }];
    Engine::new(roots, Options { keep: true, ..Options::default() }).run()
}

/// Asks as the app would, over the wire in both directions.
fn ask(bundle: &mut Bundle, request: Request) -> Reply {
    let message = Message { id: 7, generation: 2, request };
    let received: Message = read(&write(&message).expect("written")).expect("read");
    assert_eq!(received, message);
    let answer = Answer { id: 7, generation: 2, reply: bundle.act(received.request) };
    let bytes = write(&answer).expect("written");
    let received: Answer = read(&bytes).expect("read");
    assert_eq!(received, answer);
    assert!(read::<Answer>(&bytes[..bytes.len() - 1]).is_none(), "cut short");
    received.reply
}

#[test]
fn every_request_and_answer_is_the_same_on_the_other_side() {
    let mut bundle = sample();
    let (offset, limit) = (0, 200);
    let none = String::new;
    let Reply::Changes(changes) =
        ask(&mut bundle, Request::Changes { query: none(), sort: Sort::default(), offset, limit })
    else {
        panic!("changes")
    };
    for row in &changes.page.rows {
        let request = Request::Change { id: row.id.clone(), query: none(), sort: Sort::default() };
        let Reply::Change(detail) = ask(&mut bundle, request) else { panic!("a change") };
        for evidence in detail.verdicts.iter().flat_map(|row| &row.evidence).take(3) {
            assert!(matches!(
                ask(&mut bundle, Request::Raw { address: evidence.address.clone() }),
                Reply::Raw(_)
            ));
        }
    }
    let Reply::Statements(statements) =
        ask(&mut bundle, Request::Statements { filter: none(), offset, limit })
    else {
        panic!("statements")
    };
    for row in &statements.rows {
        let whole = ask(&mut bundle, Request::Statement { id: row.id.clone(), flip: None });
        let Reply::Statement(detail) = whole else { panic!("a statement") };
        for part in &detail.can_flip {
            ask(&mut bundle, Request::Statement { id: row.id.clone(), flip: Some(*part) });
        }
    }
    let basis = PaperRequest {
        at: "2026-01-01T00:00:00Z".into(),
        by: "Ada".into(),
        add: vec![Body::Opened(Box::new(Basis { title: "Paper".into(), ..Basis::default() }))],
        ..PaperRequest::default()
    };
    let with = CompareWith::Periods {
        before: ["2000-01-01".into(), "2026-02-01".into()],
        after: ["2026-02-01".into(), "2100-01-01".into()],
    };
    for request in [
        Request::Overview,
        Request::Population,
        Request::Matrix { framework: none(), columns: Columns::Month },
        Request::Files { filter: none(), offset, limit },
        Request::Problems { filter: none(), offset, limit },
        Request::Trust,
        Request::Duties { filter: none() },
        Request::PaperChoices,
        Request::Paper(Box::new(basis)),
        Request::Policy { text: None, edit: None, action: PolicyAction::Preview },
        Request::Compare { with },
        Request::Differences { of: DifferenceOf::Controls, difference: None, filter: none(), offset, limit },
        Request::Export { format: ExportFormat::Json },
    ] {
        let reply = ask(&mut bundle, request.clone());
        assert!(!matches!(reply, Reply::Failed(_)), "{request:?}: {reply:?}");
    }
    let summary = Answer { id: 1, generation: 1, reply: Reply::Opened(Box::new(bundle.summary())) };
    assert_eq!(read::<Answer>(&write(&summary).expect("written")), Some(summary));
}

#[test]
fn bytes_of_another_build_are_refused_and_not_misread_without_bound() {
    assert!(read::<Answer>(b"").is_none());
    assert!(read::<Answer>(&[0xff; 64]).is_none());
    // A length that nothing could hold.
    assert!(read::<Vec<String>>(&[0xff, 0xff, 0xff, 0xff, 0x0f]).is_none());
}
