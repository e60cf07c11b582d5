//! A host that reads ahead: the engine never asks for bytes that it said are not there yet, and says in the end what it says
//! of the same bytes read at once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "bench/generate.rs"]
#[allow(dead_code, reason = "the benchmark uses the rest")]
mod generate;

use std::cell::Cell;
use std::rc::Rc;

use lacuna::engine::{Bundle, Engine, Options};
use lacuna::protocol::Phase;
use lacuna::report::json;
use lacuna::source::intake::Root;
use lacuna::source::{ByteSource, Bytes, ReadError};

/// Bytes of work in a step.
const BUDGET: u64 = 3 << 20;
/// Bytes that come at once.
const SLICE: u64 = 1 << 20;

/// A file that comes slice by slice, one each time somebody asks how much of it is there.
#[derive(Clone)]
struct Arriving {
    bytes: Bytes,
    at_hand: Rc<Cell<u64>>,
    /// Whether anything was read that was not there.
    was_late: Rc<Cell<bool>>,
}

impl ByteSource for Arriving {
    fn length(&self) -> u64 {
        self.bytes.length()
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, ReadError> {
        let until = self.length().min(offset + into.len() as u64);
        self.was_late.set(self.was_late.get() || until > self.at_hand.get());
        self.bytes.read_at(offset, into)
    }

    fn at_hand(&mut self) -> u64 {
        self.at_hand.set(self.at_hand.get() + SLICE);
        self.at_hand.get()
    }

    fn reopen(&self) -> Box<dyn ByteSource> {
        Box::new(self.clone())
    }
}

/// Opens a bundle as the worker does; returns it, and how often it waited.
fn open(source: Box<dyn ByteSource>) -> (Bundle, usize) {
    let roots = vec![Root { path: "pulls.json".into(), source }];
    let mut engine = Engine::new(roots, Options::default());
    let mut waits = 0;
    loop {
        match engine.at_hand(BUDGET) {
            0 => waits += 1,
            budget => {
                if engine.step(budget).phase == Phase::Done {
                    return (engine.finish(), waits);
                }
            }
        }
    }
}

#[test]
fn what_is_read_ahead_is_read_when_it_is_there_and_says_the_same() {
    let mut text = Vec::new();
    generate::pull_requests(&mut text, 2200, 7).unwrap();
    let bytes = Bytes::new(text);
    assert!(bytes.length() > 10 << 20, "more than a long record reads at once");
    let was_late = Rc::new(Cell::new(false));
    let arriving = Arriving { bytes: bytes.clone(), at_hand: Rc::default(), was_late: Rc::clone(&was_late) };
    let (slow, waits) = open(Box::new(arriving));
    assert!(waits > 0, "it never waited");
    assert!(!was_late.get(), "it read what was not there yet");
    let (fast, waits) = open(Box::new(bytes));
    assert_eq!(waits, 0);
    assert!(json::write(&slow) == json::write(&fast));
}
