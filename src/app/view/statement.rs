//! One statement taken apart: every step of its check, what it is about, its certificate, its proof in the log, and what the
//! check says when one bit is changed.

use leptos::prelude::*;

use super::trust::look;
use crate::app::engine;
use crate::app::state::App;
use crate::app::text::{count, dotted, number, short_hash, visible};
use crate::app::ui::record::{evidence, record};
use crate::app::ui::{awaited, chip, digest, pair, panel, refused, text_pair};
use crate::model::{CertificateFacts, CheckedStep, EntryFacts, Flipped, SignatureState};
use crate::protocol::{Reply, StatementDetail, StatementRow, SubjectRow};
use crate::query::route::{Route, View};

/// The screen.
pub fn statement(app: App) -> AnyView {
    let wanted = Memo::new(move |_| app.route.with(|route| route.change.clone()));
    (move || {
        let wanted = wanted.get();
        app.statement.with(|slot| match slot.as_deref() {
            Some(Reply::Statement(detail)) if detail.row.id.starts_with(&wanted) => shown(app, detail),
            Some(Reply::Failed(fact)) => {
                view! { {crumbs()}<h1 tabindex="-1">"Statement"</h1>{refused(fact)} }.into_any()
            }
            _ => view! { <h1 tabindex="-1">"Statement"</h1>{awaited()} }.into_any(),
        })
    })
    .into_any()
}

fn crumbs() -> AnyView {
    let trust = Route::to(View::Trust).fragment();
    view! { <nav class="crumbs" aria-label="Where this is"><a class="door" href=trust>"Trust"</a></nav> }
        .into_any()
}

fn shown(app: App, detail: &StatementDetail) -> AnyView {
    let row = &detail.row;
    let title = if row.predicate.is_empty() { &row.envelope } else { &row.predicate };
    let sub = dotted(&[visible(&row.envelope), visible(&row.signer), visible(&row.signed_at)]);
    let is_beside = move || app.route.with(|route| route.record.is_some());
    view! {
        {crumbs()}
        <div class="head">
            <div>
                <h1 tabindex="-1" class="long"><bdi>{visible(title)}</bdi></h1>
                <p class="sub">{sub}</p>
            </div>
            {chip(look(row.state), row.state.word())}
        </div>
        <div class=if is_beside() { "split" } else { "" }>
            <div class="grid">
                {panel("Steps of the check", "each on its own, never one badge", "", checked(row.state, &detail.steps))}
                {about(app, detail)}
                {flip(app, detail)}
                {detail.material.certificates.iter().enumerate().map(certificate).collect_view()}
                {detail.material.entries.iter().map(entry).collect_view()}
            </div>
            {is_beside().then(|| record(app))}
        </div>
    }
    .into_any()
}

fn checked(state: SignatureState, all: &[CheckedStep]) -> AnyView {
    if state == SignatureState::Pending {
        return view! { <p class="muted">"The check has not come to it yet. Until then it counts for nothing."</p> }
            .into_any();
    }
    steps(all)
}

/// The steps of a check, each with its state, reason and clause.
pub fn steps(steps: &[CheckedStep]) -> AnyView {
    if steps.is_empty() {
        return view! { <p class="muted">"There is no signature to check: anybody could have written this."</p> }
            .into_any();
    }
    let rows = steps
        .iter()
        .map(|step| {
            view! {
                <li>
                    {chip(look(step.state), step.state.word())}
                    <div>
                        <p class="name">{visible(&step.step)}</p>
                        <p class="reason">{visible(&step.reason)}</p>
                        <p class="note">{visible(&step.clause)}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="crit">{rows}</ol> }.into_any()
}

fn about(app: App, detail: &StatementDetail) -> AnyView {
    let subjects = detail.subjects.iter().map(subject).collect_view();
    let changes = detail
        .changes
        .iter()
        .map(|(id, number)| {
            let route = Route { change: id.clone(), ..Route::to(View::Change) };
            view! { <li><a class="door" href=route.fragment()>{visible(number)}</a></li> }
        })
        .collect_view();
    let changes = if detail.changes.is_empty() {
        "no change of this bundle".into_any()
    } else {
        view! { <ul class="ids">{changes}</ul> }.into_any()
    };
    let subjects = if detail.subjects.is_empty() {
        "nothing that could be read".into_any()
    } else {
        view! { <ul class="subjects">{subjects}</ul> }.into_any()
    };
    let row = &detail.row;
    let some = |term, text: &str| (!text.is_empty()).then(|| text_pair(term, text));
    let payload = (!detail.material.payload_sha256.is_empty()).then(|| {
        let words =
            [&number(detail.material.payload_bytes), " bytes of ", &visible(&detail.material.payload_type)]
                .concat();
        pair("Payload", view! { {words} <br/> {digest(&detail.material.payload_sha256)} }.into_any())
    });
    let place = detail.evidence.as_ref().map(|row| pair("Record", evidence(app, row)));
    let body = view! {
        <dl class="kv wide">
            {pair("About", subjects)} {pair("Evidence for", changes)} {some("Signer", &row.signer)}
            {some("SLSA", &row.level)} {some("Because", &detail.level.0)} {some("For the next level", &detail.level.1)}
            {some("Vouched by", &detail.issuer)} {some("Root", &row.root)} {some("Signed", &row.signed_at)} {payload}
            {pair("Its own SHA-256", digest(&row.id))} {place}
        </dl>
    };
    panel("What it is about, and who says so", "", "", body.into_any())
}

fn subject(row: &SubjectRow) -> AnyView {
    let is = if row.is.is_empty() {
        view! { <b>"nothing in this bundle has this digest"</b> }.into_any()
    } else {
        visible(&row.is.join(", ")).into_any()
    };
    view! { <li><span class="mono hash">{visible(&row.algorithm)} ":" {visible(&row.digest)}</span> <br/> {is}</li> }
        .into_any()
}

/// The demonstration: change one bit of a part, and see what the check says.
fn flip(app: App, detail: &StatementDetail) -> AnyView {
    if detail.can_flip.is_empty() {
        return ().into_any();
    }
    let id = detail.row.id.clone();
    let buttons = detail
        .can_flip
        .iter()
        .map(|&part| {
            let id = id.clone();
            let is_on = detail.flipped.as_ref().is_some_and(|(flipped, ..)| flipped.part == part);
            view! {
                <button
                    type="button"
                    aria-pressed=is_on.to_string()
                    on:click=move |_| engine::flip(app, id.clone(), (!is_on).then_some(part))
                >
                    {part.words()}
                </button>
            }
        })
        .collect_view();
    let outcome = detail.flipped.as_ref().map(|(flipped, state, changed)| {
        let told = words(flipped, *state);
        view! {
            <p role="status">{chip(look(*state), state.word())} " " {told}</p>
            {steps(changed)}
        }
    });
    let body = view! {
        <p>"Change the lowest bit of one byte in:"</p>
        <div class="buttons">{buttons}</div>
        {outcome}
    };
    panel("Flip one byte", "a copy is changed; the evidence stays as it is", "", body.into_any())
}

fn words(flipped: &Flipped, state: SignatureState) -> String {
    let hex = |byte: u8| {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('?');
        [digit(byte >> 4), digit(byte & 15)].iter().collect::<String>()
    };
    let what = match state {
        SignatureState::Valid => "and the check did not notice: please report this.",
        _ => "and the check no longer holds:",
    };
    [
        "byte ",
        &number(flipped.at),
        " of the ",
        flipped.part.words(),
        ": ",
        &hex(flipped.before),
        " is now ",
        &hex(flipped.after),
        ", ",
        what,
    ]
    .concat()
}

fn certificate((at, row): (usize, &CertificateFacts)) -> AnyView {
    let facts = facts(&row.facts);
    let body = view! { <dl class="kv wide">{facts} {pair("SHA-256", digest(&row.sha256))}</dl> };
    let title = if at == 0 { "Certificate of the signer" } else { "Certificate between" };
    panel(title, "what it says; whether it holds is in the steps", "", body.into_any())
}

fn facts(facts: &[(String, String)]) -> AnyView {
    facts
        .iter()
        .map(|(label, value)| view! { <div><dt>{visible(label)}</dt><dd>{visible(value)}</dd></div> })
        .collect_view()
        .into_any()
}

fn entry(row: &EntryFacts) -> AnyView {
    let path = row
        .path
        .iter()
        .map(|step| {
            let side = if step.is_left { "left" } else { "right" };
            view! {
                <li>
                    <span class="muted">"with "</span>
                    <span class="mono" title=step.sibling.clone()>{short_hash(&step.sibling)}</span>
                    <span class="muted">" on its " {side} ": "</span>
                    <span class="mono" title=step.digest.clone()>{short_hash(&step.digest)}</span>
                </li>
            }
        })
        .collect_view();
    let ends_at = row.path.last().map_or(&row.leaf, |step| &step.digest);
    let end = if row.root.is_empty() {
        "There is no checkpoint to compare the root with."
    } else if *ends_at == row.root {
        "This is the root that the checkpoint signs."
    } else {
        "This is not the root that the checkpoint signs."
    };
    let proof = (!row.checkpoint.is_empty()).then(|| {
        let summary = [&count(row.path.len() as u64, "step"), " from the leaf to the root"].concat();
        view! {
            <details>
                <summary>{summary}</summary>
                <ol class="proof">
                    <li><span class="muted">"leaf "</span> <span class="mono" title=row.leaf.clone()>{short_hash(&row.leaf)}</span></li>
                    {path}
                </ol>
                <p>{end}</p>
            </details>
            <details><summary>"Checkpoint"</summary><pre class="said">{visible_lines(&row.checkpoint)}</pre></details>
        }
    });
    let body =
        view! { <dl class="kv wide">{facts(&row.facts)} {pair("Root", digest(&row.root))}</dl> {proof} };
    panel("Entry of a transparency log", "", "", body.into_any())
}

/// Text of several lines without anything that hides or reorders; each line by itself.
fn visible_lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// The statements about a change, with their states.
pub fn of_change(rows: &[StatementRow]) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let shown = rows
        .iter()
        .map(|row| {
            let href = Route::statement(row.id.clone()).fragment();
            let what = if row.predicate.is_empty() { &row.envelope } else { &row.predicate };
            let signer = if row.signer.is_empty() { "no signer shown" } else { &row.signer };
            view! {
                <li>
                    {chip(look(row.state), row.state.word())}
                    <div>
                        <p class="name"><a class="door" href=href>{visible(what)}</a></p>
                        <p class="reason">{dotted(&[visible(&row.level), visible(signer)])}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    panel(
        "Statements about it",
        &count(rows.len() as u64, "statement"),
        "",
        view! { <ol class="crit">{shown}</ol> }.into_any(),
    )
}
