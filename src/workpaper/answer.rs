//! The app's requests: reads the file, goes on with it, and says what it is now. Nothing is kept between two requests, so a
//! worker that dies loses nothing.

use super::{Attachment, Desk, Paper, State, controls_of, item_of, merge};
use crate::engine::Bundle;
use crate::protocol::{PaperChoices, PaperReply, PaperRequest, Reply};
use crate::report;

/// Answers for a paper, beside a bundle where one is open.
pub fn answer(bundle: Option<&Bundle>, request: PaperRequest) -> Reply {
    match answered(bundle, request) {
        Ok(reply) => Reply::Paper(Box::new(reply)),
        Err(fact) => Reply::Failed(fact),
    }
}

fn answered(bundle: Option<&Bundle>, request: PaperRequest) -> Result<PaperReply, String> {
    let desk = bundle.map(Desk::new);
    let mut reply = PaperReply::default();
    if !request.inside.is_empty() {
        let bundle = bundle.ok_or("no bundle is open")?;
        reply.text = bundle.paper_text(&request.inside)?;
    }
    let text = if request.inside.is_empty() { &request.text } else { &reply.text };
    let mut paper = if text.is_empty() { Paper::new() } else { Paper::read(text)? };
    let count = paper.entries().len();
    if !request.merge.is_empty() {
        let other = Paper::read(&request.merge)?;
        paper = merge(&paper, &other, &request.by).map_err(|error| error.fact())?;
        reply.text = paper.write();
    }
    for body in request.add {
        if let Err(fact) = paper.enter(desk.as_ref(), &request.at, &request.by, body) {
            reply.refused = fact;
            break;
        }
    }
    if paper.entries().is_empty() {
        return Err(reply.refused);
    }
    if paper.entries().len() > count && !request.is_trial {
        reply.text = paper.write();
    }
    let mut state = paper.state();
    reply.attachment = desk.as_ref().map(|desk| desk.attachment(&state));
    reply.item = desk.as_ref().and_then(|desk| item_of(desk, &state, &request.item));
    strip(&mut state, &request.item);
    reply.state = state;
    Ok(reply)
}

/// Takes out what no screen shows: the results of all items but the one in sight.
fn strip(state: &mut State, item: &str) {
    for other in state.items.iter_mut().filter(|other| other.item.id != item) {
        other.steps.clear();
    }
}

/// Returns what a sample can be drawn from and for.
pub fn choices(bundle: &Bundle) -> PaperChoices {
    let population = crate::audit::population(&bundle.assessment);
    PaperChoices {
        size: population.items.len() as u64,
        population: population.sha256,
        controls: controls_of(bundle),
    }
}

/// Returns the paper as a page to print.
pub fn page(bundle: Option<&Bundle>, text: &str) -> Reply {
    match Paper::read(text) {
        Ok(paper) => {
            let state = paper.state();
            let attachment: Option<Attachment> = bundle.map(|bundle| Desk::new(bundle).attachment(&state));
            let text = report::html::paper::write(&state, attachment.as_ref());
            Reply::Export { name: "workpaper.html".into(), media: "text/html;charset=utf-8".into(), text }
        }
        Err(fact) => Reply::Failed(fact),
    }
}
